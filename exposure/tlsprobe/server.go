package tlsprobe

import (
	"cmp"
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

// closed reports whether a server closes the connection instead of sending an alert,
// which many do when they want nothing of what was offered.
func closed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isReset(err)
}

// silent reports whether a server closes the connection or says nothing.
func silent(err error) bool { return closed(err) || errors.Is(err, os.ErrDeadlineExceeded) }

// Support is what is known of one version.
type Support struct {
	Version uint16
	Offered bool
	Err     error    // why it is not known; nil when it is
	Suites  []uint16 // accepted ones, the best first
	Rest    error    // why there may be more of them; nil when all are known
	Ciphers []string // of SSL 2
	Flights []Flight // one per accepted suite, in their order
	Better  Answer   // a good suite wins, although the client names worse ones first
}

// allVersions lists every version, highest first.
var allVersions = []uint16{TLS13, TLS12, TLS11, TLS10, SSL3, SSL2}

// Versions asks for every version and every suite of each. A version that could
// not be asked has an Err: it is neither offered nor refused.
func (s *Server) Versions(ctx context.Context) []Support {
	c := newCrew(s.parallel)
	out := s.versions(ctx, c, func(uint16) {})
	c.finish()
	settle(out)
	return out
}

// versions lets a crew ask for every version. offers is called as soon as a version is
// known to be offered.
func (s *Server) versions(ctx context.Context, c *crew, offers func(uint16)) []Support {
	out := make([]Support, len(allVersions))
	var list []*harvest
	var parts [][][]uint16
	for i, v := range allVersions {
		out[i].Version = v
		if v == SSL2 {
			c.add(func() { out[i] = s.version2(ctx) })
			continue
		}
		h := &harvest{crew: c, chosen: func(f Flight) uint16 { return f.Suite }, absent: isVersionRefused, first: func() { offers(v) },
			ask: func(offer []uint16) (Flight, error) {
				return s.ask(ctx, question{version: v, suites: offer, plain: v == SSL3})
			}}
		h.done = func() {
			out[i].take(h)
			out[i].Better = unsure(errNotOffered)
			if out[i].Offered {
				c.add(func() { out[i].Better = s.better(ctx, v, out[i].Suites) })
			}
		}
		list, parts = append(list, h), append(parts, spread(offered(v)))
	}
	for i, h := range list {
		h.begin(parts[i])
	}
	return out
}

// isVersionRefused reports whether a server said that it does not have the version,
// not just none of the suites: by an alert, or by choosing another one.
func isVersionRefused(err error) bool {
	const protocolVersion = 70
	var a Alert
	return errors.Is(err, errRefused) && (!errors.As(err, &a) || a.Description == protocolVersion)
}

// take reads what was found out about a version.
func (v *Support) take(h *harvest) {
	for id := range h.found {
		v.Suites = append(v.Suites, id)
	}
	slices.SortFunc(v.Suites, func(a, b uint16) int {
		return cmp.Or(cmp.Compare(rank(SuiteOf(a)), rank(SuiteOf(b))), cmp.Compare(a, b))
	})
	for _, id := range v.Suites {
		v.Flights = append(v.Flights, h.found[id])
	}
	v.Offered = len(v.Suites) > 0
	for _, err := range h.errs {
		switch {
		case errors.Is(err, errRefused):
		case !v.Offered:
			v.Err = err
		case !closed(err): // the server answers when it wants something
			v.Rest = err
		}
	}
}

// rank orders suites as a client would: good ones, those with a key for each
// connection, others, and those without a certificate or encryption.
func rank(s Suite) int {
	switch {
	case s.Anonymous(), s.Null(), s.Export(), s.Key == "PSK", s.Key == "KRB5", s.Key == "SRP":
		return 3
	case good(s):
		return 0
	case s.Ephemeral():
		return 1
	}
	return 2
}

// settle decides about versions on which the server just closed the connection: a
// no, when it answered properly to another version.
func settle(all []Support) {
	if !slices.ContainsFunc(all, func(v Support) bool { return v.Offered }) {
		return
	}
	for i := range all {
		if all[i].Err != nil && closed(all[i].Err) {
			all[i].Err = nil
		}
	}
}

// chunk is how many suites are offered at a time: servers mishandle more.
const chunk = 64

// spread deals suites out to parts that can be offered, the usual ones over all of
// them.
func spread(list []uint16) [][]uint16 {
	parts := make([][]uint16, (len(list)+chunk-1)/chunk)
	for i, id := range list {
		parts[i%len(parts)] = append(parts[i%len(parts)], id)
	}
	return parts
}

func (s *Server) version2(ctx context.Context) Support {
	out := Support{Version: SSL2}
	f, err := s.ask2(ctx)
	switch {
	case err == nil:
		out.Offered, out.Ciphers, out.Flights = true, f.Ciphers2, []Flight{f}
	case !errors.Is(err, errMalformed):
		out.Err = err
	}
	return out
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

// Groups lists the groups that a version accepts. Suites are those that were accepted.
func (s *Server) Groups(ctx context.Context, v uint16, suites []uint16) (out []uint16, err error) {
	c := newCrew(s.parallel)
	s.groups(ctx, c, v, suites, func(list []uint16, failed error) { out, err = list, failed })
	c.finish()
	return out, err
}

// groups lets a crew ask for the groups of a version.
func (s *Server) groups(ctx context.Context, c *crew, v uint16, suites []uint16, done func([]uint16, error)) {
	if v < TLS13 {
		suites = slices.DeleteFunc(slices.Clone(suites), func(id uint16) bool {
			k := SuiteOf(id).Key
			return len(k) < 4 || k[:4] != "ECDH"
		})
	}
	if len(suites) == 0 {
		done(nil, nil)
		return
	}
	suites = suites[:min(len(suites), chunk)]
	h := &harvest{crew: c, chosen: func(f Flight) uint16 { return f.Group },
		ask: func(offer []uint16) (Flight, error) {
			return s.ask(ctx, question{version: v, suites: suites, groups: offer})
		}}
	h.done = func() {
		var out []uint16
		for _, g := range commonGroups {
			if _, ok := h.found[g]; ok {
				out = append(out, g)
			}
		}
		var failed error
		for _, err := range h.errs {
			// A server that found no group goes on without one, or is silent.
			if !errors.Is(err, errRefused) && !errors.Is(err, errNotAmong) && !(len(out) > 0 && silent(err)) {
				failed = err
			}
		}
		done(out, failed)
	}
	h.begin([][]uint16{commonGroups})
}
