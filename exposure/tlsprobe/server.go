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

	mu     sync.Mutex
	opened int
	bytes  int
	trying bool  // the next connection decides whether others are tried
	lost   error // why none is
	most   int   // suites that were offered and answered
	whole  bool  // who ends their half of a connection gets no answer
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
	return s.opened
}

// dial makes a connection.
func (s *Server) dial(ctx context.Context) (net.Conn, error) {
	s.mu.Lock()
	first, lost := s.trying, s.lost
	s.trying = false
	s.mu.Unlock()
	if lost != nil {
		return nil, lost
	}
	c, err := s.connect(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.opened++
		s.lost = nil
	case first && s.opened == 0:
		s.lost = err
	}
	return c, err
}

// decide makes the next connection be the one that decides: when it cannot be made, and
// no other was, none is tried any more.
func (s *Server) decide() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trying = true
}

// unreachable is the error of the connection that decided; nil when there was one.
func (s *Server) unreachable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// errRefused is the answer of a server that knows the protocol and does not want
// what was offered.
var errRefused = errors.New("refused")

// ask sends a question and reads the flight. errRefused is a clear no: an alert,
// or another version than asked for. Anything else is no answer; it is asked once
// more.
//
// The first time it says with the question that nothing will follow: a server that
// serves one connection after the other turns to the next one at once, not when it
// hears that its answer has arrived. Some servers hang up on whoever does so; what one
// of them says, or leaves out, does not count.
func (s *Server) ask(ctx context.Context, q question) (f Flight, err error) {
	if q.name == "" {
		q.name = s.name
	}
	hello, err := q.bytes()
	if err != nil {
		return Flight{}, fmt.Errorf("make a hello: %w", err)
	}
	hasty := false
	for again := range 2 {
		s.mu.Lock()
		end := again == 0 && !s.whole
		s.mu.Unlock()
		f, end, err = s.exchange(ctx, hello, readFlight, end)
		if end && !q.settled(f) && ctx.Err() == nil {
			hasty = true
			continue
		}
		if hasty && q.settled(f) {
			s.mu.Lock()
			s.whole = true
			s.mu.Unlock()
		}
		switch {
		case f.Alert.Set && f.Alert.Level == 2 || errors.Is(err, error(f.Alert)) && f.Alert.Set, f.Alert == nameUnknown && f.Version == 0 && closed(err):
			return f, fmt.Errorf("%w: %w", errRefused, f.Alert)
		case f.Version != 0 && f.Version != q.version:
			return f, fmt.Errorf("%w: %s instead of %s", errRefused, VersionName(f.Version), VersionName(q.version))
		case f.Version == q.version:
			s.answers(len(q.suites))
			return f, nil // what was read before an end without manners counts
		case errors.Is(err, errMalformed), errors.Is(err, errTooLong), ctx.Err() != nil:
			return f, err
		}
	}
	return f, err
}

// answers keeps that the server answered who offered so many suites.
func (s *Server) answers(suites int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most = max(s.most, suites)
}

// bears is how many suites may be offered: as many as were answered, or as few as any
// server bears.
func (s *Server) bears() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(chunk, s.most)
}

// heavy reports whether a server that hung up may do so because many suites were
// offered, which it never answered.
func (s *Server) heavy(part []uint16, err error) bool {
	return err != nil && closed(err) && len(part) > s.bears()
}

// settled reports whether an answer is one to what the hello offers, and nothing else:
// whole, with another version, or an alert that says what the server misses.
func (q question) settled(f Flight) bool {
	const handshakeFailure, illegalParameter, protocolVersion, insufficientSecurity, inappropriateFallback, unrecognizedName, noApplicationProtocol = 40, 47, 70, 71, 86, 112, 120
	if f.Alert.Set && f.Alert.Level == 2 {
		return slices.Contains([]byte{handshakeFailure, illegalParameter, protocolVersion, insufficientSecurity, inappropriateFallback, unrecognizedName, noApplicationProtocol}, f.Alert.Description)
	}
	return f.Version != 0 && f.Version != q.version || f.Version == q.version && f.Done
}

// ask2 sends the hello of SSL 2.
func (s *Server) ask2(ctx context.Context) (Flight, error) {
	f, _, err := s.exchange(ctx, hello2(), readFlight2, false)
	return f, err
}

// exchange asks in a connection of its own. end: nothing will follow; ended says
// whether the connection could say so.
func (s *Server) exchange(ctx context.Context, hello []byte, read func(io.Reader) (Flight, error), end bool) (f Flight, ended bool, err error) {
	c, err := s.dial(ctx)
	if err != nil {
		return Flight{}, false, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(s.timeout)); err != nil {
		return Flight{}, false, err
	}
	if _, err := c.Write(hello); err != nil {
		return Flight{}, false, err
	}
	if half, ok := c.(interface{ CloseWrite() error }); end && ok {
		ended = half.CloseWrite() == nil
	}
	f, err = read(c)
	s.mu.Lock()
	s.bytes += len(f.Raw)
	s.mu.Unlock()
	return f, ended, err
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
	slices.SortFunc(v.Suites, byRank)
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

// byRank compares suites.
func byRank(a, b uint16) int {
	return cmp.Or(cmp.Compare(rank(SuiteOf(a)), rank(SuiteOf(b))), cmp.Compare(a, b))
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

// How many suites are offered at a time: servers mishandle more. SChannel of Windows
// Server 2003 looks at 64 of them; who speaks TLS 1.2 has outgrown that, and some of
// those that do end at 127.
const (
	chunk       = 64
	modernChunk = 127
)

// spread deals suites out to parts of a size that can be offered, the usual ones over
// all of them.
func spread(list []uint16, size int) [][]uint16 {
	parts := make([][]uint16, (len(list)+size-1)/size)
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
	s.groups(ctx, c, v, suites, 0, func(list []uint16, failed error) { out, err = list, failed })
	c.finish()
	return out, err
}

// groups lets a crew ask for the groups of a version. seen is one that the server took
// already; 0: none.
func (s *Server) groups(ctx context.Context, c *crew, v uint16, suites []uint16, seen uint16, done func([]uint16, error)) {
	if v < TLS13 {
		suites = slices.DeleteFunc(slices.Clone(suites), func(id uint16) bool { return !curved(SuiteOf(id)) })
	}
	if len(suites) == 0 {
		done(nil, nil)
		return
	}
	suites = suites[:min(len(suites), s.bears())]
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
	rest := slices.Clone(commonGroups)
	if i := slices.Index(rest, seen); i >= 0 {
		h.found, rest = map[uint16]Flight{seen: {}}, slices.Delete(rest, i, i+1)
	}
	c.add(h.begin([][]uint16{rest})...)
}
