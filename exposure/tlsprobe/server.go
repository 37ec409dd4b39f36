package tlsprobe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// Connect opens a connection on which the next bytes are TLS, STARTTLS done.
type Connect func(ctx context.Context) (net.Conn, error)

// Server asks one server. Make one with NewServer.
type Server struct {
	connect  Connect
	name     string
	timeout  time.Duration
	parallel int

	mu    sync.Mutex
	asked int
	bytes int
}

// NewServer prepares questions to a server. name is the server name that is sent;
// "" for a bare address. parallel is how many connections may be open at a time.
func NewServer(connect Connect, name string, timeout time.Duration, parallel int) *Server {
	if net.ParseIP(name) != nil {
		name = "" // RFC 6066 section 3: addresses are not names
	}
	return &Server{connect: connect, name: name, timeout: timeout, parallel: max(1, parallel)}
}

// Connections is how many connections were made so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// errRefused is the answer of a server that knows the protocol and does not want
// what was offered.
var errRefused = errors.New("refused")

// ask sends a question and reads the flight. errRefused is a clear no: an alert,
// or another version than asked for. Anything else is no answer; it is asked once
// more.
func (s *Server) ask(ctx context.Context, q question) (f Flight, err error) {
	if q.name == "" {
		q.name = s.name
	}
	hello, err := q.bytes()
	if err != nil {
		return Flight{}, fmt.Errorf("make a hello: %w", err)
	}
	for range 2 {
		f, err = s.exchange(ctx, hello, readFlight)
		switch {
		case f.Alert.Set && f.Alert.Level == 2 || errors.Is(err, error(f.Alert)) && f.Alert.Set:
			return f, fmt.Errorf("%w: %w", errRefused, f.Alert)
		case f.Version != 0 && f.Version != q.version:
			return f, fmt.Errorf("%w: %s instead of %s", errRefused, VersionName(f.Version), VersionName(q.version))
		case f.Version == q.version:
			return f, nil // what was read before an end without manners counts
		case errors.Is(err, errMalformed), errors.Is(err, errTooLong), ctx.Err() != nil:
			return f, err
		}
	}
	return f, err
}

// ask2 sends the hello of SSL 2.
func (s *Server) ask2(ctx context.Context) (Flight, error) {
	return s.exchange(ctx, hello2(), readFlight2)
}

func (s *Server) exchange(ctx context.Context, hello []byte, read func(io.Reader) (Flight, error)) (Flight, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return Flight{}, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(s.timeout)); err != nil {
		return Flight{}, err
	}
	s.mu.Lock()
	s.asked++
	s.mu.Unlock()
	if _, err := c.Write(hello); err != nil {
		return Flight{}, err
	}
	f, err := read(c)
	s.mu.Lock()
	s.bytes += len(f.Raw)
	s.mu.Unlock()
	return f, err
}

// silent reports whether a server without TLS 1.x closes the connection instead of
// sending an alert, which many do for old versions.
func silent(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isReset(err) || errors.Is(err, os.ErrDeadlineExceeded)
}

// Support is what is known of one version.
type Support struct {
	Version uint16
	Offered bool
	Err     error // why it is not known; nil when it is
	Suites  []uint16
	Ciphers []string // of SSL 2
	Flights []Flight // one per accepted suite
	Better  Answer   // a good suite wins, although the client names worse ones first
}

// Versions asks for every version and every suite of each. A version that could
// not be asked has an Err: it is neither offered nor refused.
func (s *Server) Versions(ctx context.Context) []Support {
	versions := []uint16{TLS13, TLS12, TLS11, TLS10, SSL3, SSL2}
	out := make([]Support, len(versions))
	var wait sync.WaitGroup
	places := make(chan struct{}, s.parallel)
	for i, v := range versions {
		wait.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			out[i] = s.version(ctx, v)
		})
	}
	wait.Wait()
	s.settle(out)
	return out
}

// settle decides about versions on which the server just closed the connection: a
// no, when it answered properly to another version.
func (s *Server) settle(all []Support) {
	if !slices.ContainsFunc(all, func(v Support) bool { return v.Offered }) {
		return
	}
	for i := range all {
		if all[i].Err != nil && silent(all[i].Err) && !errors.Is(all[i].Err, os.ErrDeadlineExceeded) {
			all[i].Err = nil
		}
	}
}

// chunk is how many suites are offered at a time: servers mishandle more.
const chunk = 64

func (s *Server) version(ctx context.Context, v uint16) Support {
	out := Support{Version: v}
	if v == SSL2 {
		f, err := s.ask2(ctx)
		switch {
		case err == nil:
			out.Offered, out.Ciphers, out.Flights = true, f.Ciphers2, []Flight{f}
		case !errors.Is(err, errMalformed):
			out.Err = err
		}
		return out
	}
	todo := offered(v)
	parts := (len(todo) + chunk - 1) / chunk
	for p := range parts {
		var part []uint16 // interleaved, so that the usual suites are spread over the parts
		for i := p; i < len(todo); i += parts {
			part = append(part, todo[i])
		}
		if err := s.drain(ctx, &out, part); err != nil && !errors.Is(err, errRefused) {
			out.Err = err
			if !out.Offered {
				return out
			}
		}
	}
	if out.Offered {
		out.Err = nil
	}
	out.Better = s.better(ctx, v, out.Suites)
	return out
}

// drain offers a list of suites, takes the chosen one off, and offers the rest
// until none is chosen.
func (s *Server) drain(ctx context.Context, out *Support, part []uint16) error {
	for len(part) > 0 {
		f, err := s.ask(ctx, question{version: out.Version, suites: part, plain: out.Version == SSL3})
		if err != nil {
			return err
		}
		at := slices.Index(part, f.Suite)
		if at < 0 {
			return fmt.Errorf("%w: a suite that was not offered", errMalformed)
		}
		out.Offered = true
		out.Suites, out.Flights = append(out.Suites, f.Suite), append(out.Flights, f)
		part = slices.Delete(slices.Clone(part), at, at+1)
	}
	return nil
}

// better names the worse suites first, and sees whether the server takes a good one
// all the same. What is asked does not apply when all suites are alike.
func (s *Server) better(ctx context.Context, v uint16, suites []uint16) Answer {
	var strong, weak []uint16
	for _, id := range suites {
		if good(SuiteOf(id)) {
			strong = append(strong, id)
		} else {
			weak = append(weak, id)
		}
	}
	if len(strong) == 0 || len(weak) == 0 {
		return unsure(errNotOffered)
	}
	both := slices.Concat(weak[:min(len(weak), chunk/2)], strong[:min(len(strong), chunk/2)])
	f, err := s.ask(ctx, question{version: v, suites: both, plain: v == SSL3})
	if err != nil {
		return unsure(err)
	}
	return yes(good(SuiteOf(f.Suite)))
}

// Groups lists the groups that a version accepts, in the order of the server's
// choice. Suites are those that were accepted.
func (s *Server) Groups(ctx context.Context, v uint16, suites []uint16) ([]uint16, error) {
	if v < TLS13 {
		suites = slices.DeleteFunc(slices.Clone(suites), func(id uint16) bool {
			k := SuiteOf(id).Key
			return len(k) < 4 || k[:4] != "ECDH"
		})
	}
	if len(suites) == 0 {
		return nil, nil
	}
	todo, out := slices.Clone(commonGroups), []uint16(nil)
	for len(todo) > 0 {
		f, err := s.ask(ctx, question{version: v, suites: suites, groups: todo})
		if errors.Is(err, errRefused) || err != nil && silent(err) && len(out) > 0 {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		at := slices.Index(todo, f.Group)
		if at < 0 {
			return out, nil
		}
		out = append(out, f.Group)
		todo = slices.Delete(todo, at, at+1)
	}
	return out, nil
}
