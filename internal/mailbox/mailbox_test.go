package mailbox_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/mailbox"
)

// receiver knows the token "open", and keeps what it is given. Its disk is full for the
// token "full".
type receiver struct {
	mu    sync.Mutex
	mails []string
}

func (r *receiver) KnowsMailToken(_ context.Context, token string) error {
	if token != "open" && token != "full" {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such address"}
	}
	return nil
}

func (r *receiver) ReceiveMail(_ context.Context, token string, raw []byte) (incidents.Taken, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if token == "full" {
		return incidents.Taken{}, errors.New("write /var/lib/nisaba: no space left")
	}
	r.mails = append(r.mails, string(raw))
	return incidents.Taken{}, nil
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.mails...)
}

// door is a listener in memory: its connections know the clock of the test.
type door struct {
	arrivals chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.arrivals:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}
func (d *door) Close() error   { d.once.Do(func() { close(d.closed) }); return nil }
func (d *door) Addr() net.Addr { return place("door:25") }

type place string

func (place) Network() string  { return "tcp" }
func (p place) String() string { return string(p) }

type arrival struct {
	net.Conn
	from place
}

func (a arrival) RemoteAddr() net.Addr { return a.from }

// street is a mail server with its clients, in a clock of its own.
type street struct {
	*testing.T
	*receiver
	*door
	folder string
	stop   func()
}

// open starts a server; the test ends it with stop.
func open(t *testing.T, o mailbox.Options) *street {
	t.Helper()
	s := &street{T: t, receiver: &receiver{}, door: &door{arrivals: make(chan net.Conn), closed: make(chan struct{})}, folder: t.TempDir()}
	o.Domain, o.Receiver, o.Folder = "alarms.example.org", s.receiver, s.folder
	if o.Wait == nil {
		o.Wait = func(string) time.Duration { return 0 }
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- mailbox.New(o).Serve(ctx, s.door) }()
	s.stop = func() {
		t.Helper()
		cancel()
		began := time.Now()
		if err := <-ended; err != nil || time.Since(began) > 10*time.Second {
			t.Errorf("the server ended after %v: %v", time.Since(began), err)
		}
		if left, err := os.ReadDir(s.folder); err != nil || len(left) != 0 {
			t.Errorf("%d copies of mails are left: %v", len(left), err)
		}
	}
	return s
}

// client is one connection as its sender sees it.
type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

// dial connects from an address. The greeting is read by the caller.
func (s *street) dial(from place) *client {
	near, far := net.Pipe()
	s.arrivals <- arrival{far, from}
	return &client{t: s.T, Conn: near, r: bufio.NewReader(near)}
}

// answer reads one answer, "" when the server has hung up.
func (c *client) answer() string {
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return ""
		}
		if len(line) > 3 && line[3] == ' ' {
			return strings.TrimSpace(line)
		}
	}
}

// say sends lines and reads an answer to each; it returns the last one.
func (c *client) say(lines ...string) (last string) {
	for _, line := range lines {
		if _, err := c.Write([]byte(line + "\r\n")); err != nil {
			return ""
		}
		last = c.answer()
	}
	return last
}

// begun is a connection on which a mail to a local part may begin.
func (s *street) begun(from place, to string) *client {
	s.Helper()
	c := s.dial(from)
	if got := c.answer(); !strings.HasPrefix(got, "220 ") {
		s.Fatalf("greeted with %q", got)
	}
	if got := c.say("EHLO watch", "MAIL FROM:<a@example.org>", "RCPT TO:<"+to+"@alarms.example.org>", "DATA"); !strings.HasPrefix(got, "354") {
		s.Fatalf("before the mail: %q", got)
	}
	return c
}

// gone waits until the server hangs up, and says how long that took.
func (c *client) gone() time.Duration {
	began := time.Now()
	_, _ = io.Copy(io.Discard, c.r) // ends when the server hangs up
	return time.Since(began)
}

const alarm = "From: a@example.org\r\nSubject: x\r\n\r\nStrange.\r\n."

// TestSlow: senders who drip keep nobody waiting, however many they are; each has a
// limited time, for a command, for a mail and for all of them.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, mailbox.Options{})
		var drips sync.WaitGroup
		for n := range 20 { // from two places
			c := s.begun(place(fmt.Sprintf("192.0.2.%d:%d", n/10, 1000+n)), "open")
			drips.Go(func() {
				began := time.Now()
				for range 1000 {
					if _, err := c.Write([]byte("x")); err != nil {
						break
					}
					time.Sleep(5 * time.Second)
				}
				if took := time.Since(began); took > 3*time.Minute {
					t.Errorf("a mail that drips was listened to for %v", took)
				}
			})
		}
		time.Sleep(time.Second)
		began := time.Now()
		if got := s.begun("198.51.100.1:1", "open").say(alarm); !strings.HasPrefix(got, "250") || time.Since(began) > time.Second {
			t.Errorf("another mail meanwhile: %q after %v", got, time.Since(began))
		}
		drips.Wait()
		if n := len(s.got()); n != 1 {
			t.Errorf("%d mails were taken in", n)
		}

		mute := s.dial("192.0.2.1:1")
		mute.answer()
		if took := mute.gone(); took > 3*time.Minute {
			t.Errorf("one who says nothing may stay for %v", took)
		}
		deaf := s.dial("192.0.2.1:2") // never reads
		time.Sleep(11 * time.Minute)
		if _, err := deaf.Write([]byte("NOOP\r\n")); err == nil {
			t.Error("one who does not listen is still there after 11 minutes")
		}
		busy := s.dial("192.0.2.1:3")
		busy.answer()
		began = time.Now()
		for busy.say("NOOP") != "" {
			time.Sleep(time.Minute)
		}
		if took := time.Since(began); took < 5*time.Minute || took > 12*time.Minute {
			t.Errorf("one who talks for ever may stay for %v", took)
		}
		chunks := s.dial("192.0.2.1:4") // the same with BDAT, whose chunks need no end
		chunks.answer()
		chunks.say("EHLO watch", "MAIL FROM:<a@example.org>", "RCPT TO:<open@alarms.example.org>")
		for began = time.Now(); chunks.say("BDAT 1\r\nx") != ""; {
			time.Sleep(time.Minute)
		}
		if took := time.Since(began); took > 12*time.Minute {
			t.Errorf("a mail in pieces was listened to for %v", took)
		}
		s.begun("192.0.2.1:5", "open") // goes on while the server is stopped
		s.stop()
		if n := len(s.got()); n != 1 {
			t.Errorf("%d mails were taken in", n)
		}
	})
}

// TestEndless: a line, a mail and a list of addresses without an end are refused, and
// what is wrong with this machine is said to nobody.
func TestEndless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, mailbox.Options{})
		flood := func(c *client, piece string, most int) (written int) {
			go func() { _, _ = io.Copy(io.Discard, c.r) }() // listens, so that it is not for this that it is cut off
			for written < most {
				n, err := c.Write([]byte(piece))
				if written += n; err != nil {
					return written
				}
			}
			return written
		}
		c := s.dial("192.0.2.1:1")
		c.answer()
		if n := flood(c, strings.Repeat("x", 4096), 10<<20); n > 1<<20 {
			t.Errorf("a command of %d bytes was listened to", n)
		}
		if n := flood(s.begun("192.0.2.1:2", "open"), strings.Repeat("x", 4096), 10<<20); n > 1<<20 {
			t.Errorf("a line of %d bytes of a mail was listened to", n)
		}
		large := s.begun("192.0.2.1:3", "open")
		line := strings.Repeat("x", 998) + "\r\n"
		for n := 0; n <= incidents.LargestMail; n += 100 * len(line) {
			if _, err := large.Write([]byte(strings.Repeat(line, 100))); err != nil {
				t.Fatal(err)
			}
		}
		if got := large.say("."); !strings.HasPrefix(got, "552") {
			t.Errorf("a mail that is too large: %q", got)
		}
		many := s.dial("192.0.2.1:4")
		many.answer()
		many.say("EHLO watch", "MAIL FROM:<a@example.org>")
		for n := range 6 {
			got := many.say("RCPT TO:<open@alarms.example.org>")
			if want := map[bool]string{true: "250", false: "452"}[n < 5]; !strings.HasPrefix(got, want) {
				t.Errorf("address %d: %q", n+1, got)
			}
		}
		if got := s.begun("192.0.2.1:5", "full").say(alarm); !strings.HasPrefix(got, "451") || strings.Contains(got, "/") {
			t.Errorf("with a full disk: %q", got)
		}
		if n := len(s.got()); n != 0 {
			t.Errorf("%d mails were taken in", n)
		}
		s.stop()
	})
}

// TestCrowd: one place has few connections at a time, all together have some, and one
// that leaves makes room.
func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, mailbox.Options{})
		in := func(from place) *client {
			c := s.dial(from)
			if c.answer() == "" {
				return nil
			}
			return c
		}
		var family []*client
		for n := range 15 { // one household, many addresses
			if c := in(place(fmt.Sprintf("[2001:db8:1:2::%x]:25", n+1))); c != nil {
				family = append(family, c)
			}
		}
		if len(family) != 10 || in("[2001:db8:1:3::1]:25") == nil {
			t.Errorf("%d connections of one network of 64 bits, or none of its neighbour", len(family))
		}
		crowd := 0
		for n := range 120 {
			if in(place(fmt.Sprintf("192.0.2.%d:25", n))) != nil {
				crowd++
			}
		}
		if crowd != 100-11 || in("198.51.100.1:25") != nil {
			t.Errorf("%d of a crowd were let in", crowd)
		}
		family[0].say("QUIT")
		family[0].gone()
		if in("198.51.100.1:25") == nil {
			t.Error("one left and there is no room")
		}
		s.stop()
	})
}

// TestAllowance: what a place or an address has too much of is put off, not refused, and
// addresses are told apart by nothing else.
func TestAllowance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		left := map[string]int{"from 2001:db8::/64": 3, "from 192.0.2.1": 9, "to open": 2, "to full": 9}
		s := open(t, mailbox.Options{Wait: func(key string) time.Duration {
			mu.Lock()
			defer mu.Unlock()
			if left[key]--; left[key] < 0 {
				return time.Minute
			}
			return 0
		}})
		try := func(from place, to, want string) {
			t.Helper()
			c := s.dial(from)
			c.answer()
			if got := c.say("EHLO watch", "MAIL FROM:<a@example.org>", "RCPT TO:<"+to+">"); !strings.HasPrefix(got, want) {
				t.Errorf("%s to %s: %q", from, to, got)
			}
			c.say("QUIT")
		}
		try("[2001:db8::1]:1", "nobody@alarms.example.org", "550 5.1.1")
		try("[2001:db8::2]:1", "open@elsewhere.example.org", "550 5.1.1")
		try("[2001:db8::3]:1", "open@alarms.example.org", "250")
		try("[2001:db8::4]:1", "open@alarms.example.org", "450 4.7.1") // its network has had enough
		try("[2001:db8::4]:1", "nobody@alarms.example.org", "450 4.7.1")
		try("192.0.2.1:1", "open@alarms.example.org", "250")
		try("192.0.2.1:2", "open@alarms.example.org", "450 4.7.1") // the address has
		try("192.0.2.1:3", "full@alarms.example.org", "250")
		s.stop()
	})
}

// TestEncrypted: STARTTLS is offered where there is a certificate. What was slipped in
// before it counts for nothing, old protocols are refused, and the limits hold on.
func TestEncrypted(t *testing.T) {
	pair := httptest.NewUnstartedServer(nil)
	pair.StartTLS()
	certificate, roots := pair.TLS.Certificates[0], pair.Certificate()
	pair.Close()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, mailbox.Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}})
		encrypt := func(from place, slipped string, o *tls.Config) (*client, error) {
			c := s.dial(from)
			c.answer()
			c.say("EHLO watch")
			if got := c.say("STARTTLS\r\n" + slipped); !strings.HasPrefix(got, "220") {
				t.Fatalf("STARTTLS: %q", got)
			}
			inner := tls.Client(c.Conn, o)
			if err := inner.HandshakeContext(t.Context()); err != nil {
				return nil, err
			}
			return &client{t: t, Conn: inner, r: bufio.NewReader(inner)}, nil
		}
		trusting := &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(now tls.ConnectionState) error { // its dates are not those of the test's clock
			if !now.PeerCertificates[0].Equal(roots) {
				return errors.New("another certificate")
			}
			return nil
		}}
		c, err := encrypt("192.0.2.1:1", "EHLO evil\r\nMAIL FROM:<evil@example.org>\r\n", trusting)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.say("RCPT TO:<open@alarms.example.org>"); !strings.HasPrefix(got, "502") {
			t.Errorf("what was slipped in began a mail: %q", got)
		}
		if got := c.say("EHLO watch", "MAIL FROM:<a@example.org>", "RCPT TO:<open@alarms.example.org>", "DATA", alarm); !strings.HasPrefix(got, "250") || len(s.got()) != 1 {
			t.Errorf("an encrypted mail: %q", got)
		}
		if got := c.say("STARTTLS"); !strings.HasPrefix(got, "502") {
			t.Errorf("STARTTLS again: %q", got)
		}
		began := time.Now()
		for c.say("NOOP") != "" {
			time.Sleep(time.Minute)
		}
		if took := time.Since(began); took > 12*time.Minute {
			t.Errorf("one who talks for ever may stay for %v", took)
		}
		old := trusting.Clone()
		old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		if _, err := encrypt("192.0.2.1:2", "", old); err == nil {
			t.Error("TLS 1.1 is spoken")
		}
		idle := s.dial("192.0.2.1:3")
		idle.answer()
		idle.say("EHLO watch", "STARTTLS") // and no handshake
		if took := idle.gone(); took > 5*time.Minute {
			t.Errorf("a handshake that does not come is waited for %v", took)
		}
		s.stop()

		plain := open(t, mailbox.Options{})
		c = plain.dial("192.0.2.1:1")
		c.answer()
		if got := c.say("EHLO watch", "STARTTLS"); !strings.HasPrefix(got, "502") {
			t.Errorf("without a certificate: %q", got)
		}
		c.say("QUIT")
		plain.stop()
	})
}
