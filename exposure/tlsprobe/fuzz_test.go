package tlsprobe

import (
	"bytes"
	"io"
	"net"
	"slices"
	"testing"
	"time"
)

// FuzzFlight: whatever a server sends, it is read within limits and without panic.
func FuzzFlight(f *testing.F) {
	f.Add([]byte{22, 3, 3, 0, 4, 14, 0, 0, 0})
	f.Add([]byte{21, 3, 1, 0, 2, 2, 40})
	f.Add(append([]byte{22, 3, 3, 0, 44, 2, 0, 0, 40, 3, 3}, make([]byte, 38)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		for range 2 {
			flight, err := readFlight(bytes.NewReader(b))
			if err == nil && !flight.Done {
				t.Errorf("an unfinished flight without an error")
			}
			if len(flight.Raw) > largestFlight+largestRecord {
				t.Errorf("%d bytes are kept", len(flight.Raw))
			}
		}
	})
}

func FuzzFlight2(f *testing.F) {
	f.Add([]byte{0x80, 14, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 1, 0, 0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		flight, err := readFlight2(bytes.NewReader(b))
		if err == nil && flight.Version != SSL2 {
			t.Errorf("version %x", flight.Version)
		}
	})
}

// script is a server that says what it likes and hears nothing.
type script struct{ io.Reader }

func (script) Write(b []byte) (int, error)      { return len(b), nil }
func (script) Close() error                     { return nil }
func (script) LocalAddr() net.Addr              { return nil }
func (script) RemoteAddr() net.Addr             { return nil }
func (script) SetDeadline(time.Time) error      { return nil }
func (script) SetReadDeadline(time.Time) error  { return nil }
func (script) SetWriteDeadline(time.Time) error { return nil }

func startNames() (names []string) {
	for name := range StartTLS() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// FuzzStartTLS: dialogues with a server that says anything end.
func FuzzStartTLS(f *testing.F) {
	for i, text := range []string{"220 x\r\n250-a\r\n250 STARTTLS\r\n220 go\r\n", "* OK\r\na OK\r\n", "+OK\r\n+OK\r\n", "S", "<stream:features><starttls/></stream:features><proceed/>"} {
		f.Add(uint8(i), []byte(text))
	}
	f.Fuzz(func(_ *testing.T, which uint8, b []byte) {
		names := startNames()
		StartTLS()[names[int(which)%len(names)]](script{bytes.NewReader(b)})
	})
}

// TestEndlessServers: a server that never stops is left.
func TestEndlessServers(t *testing.T) {
	for _, name := range startNames() {
		for _, text := range []string{"250-more\r\n", "* more\r\n", "x", "\x00", "\x03\x00\xff\xff"} {
			if err := StartTLS()[name](script{endless(text)}); err == nil {
				t.Errorf("%s believes %q", name, text)
			}
		}
	}
	if _, err := readFlight(endless("\x16\x03\x03\x00\x04\x0b\x00\xff\xff")); err == nil {
		t.Error("an endless flight has no error")
	}
}

type endless string

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = e[i%len(e)]
	}
	return len(b), nil
}

// FuzzFinished: what a server sends after the handshake, and tickets of any kind.
func FuzzFinished(f *testing.F) {
	f.Add([]byte{22, 3, 3, 0, 10, 4, 0, 0, 6, 0, 0, 28, 32, 0, 0, 20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 1, 0})
	f.Add([]byte{23, 3, 3, 0, 28, 4, 0, 0, 23, 0, 0, 28, 32, 0, 0, 0, 1, 0, 0, 1, 7, 0, 8, 0, 42, 0, 4, 0, 0, 64, 0, 22, 0})
	open := func(_ uint64, _, body []byte) ([]byte, error) { return body, nil }
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, ticket := range append(oldTickets(b, TLS12), ticketsIn(b, open)...) {
			if ticket.Lifetime < 0 {
				t.Error("a ticket that is dead from the start")
			}
		}
		if rest, err := afterFinished(b); err == nil && len(rest) > len(b) {
			t.Error("more than there was")
		}
	})
}
