package scanlab

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// dtlsAt is a port on which the scanner looks for DTLS.
const dtlsAt = "127.0.0.3:4433"

// TestDTLS: what the scanner says of the versions of OpenSSL is what its client sees.
func TestDTLS(t *testing.T) {
	if !whole() {
		t.Skip("starts servers: make scan-lab")
	}
	l := newLab(t)
	for name, tc := range map[string]struct {
		arguments []string
		want      exposure.Outcome
		old       bool // DTLS 1.0 is accepted
	}{
		"DTLS 1.2":         {[]string{"-dtls1_2"}, exposure.Pass, false},
		"DTLS 1.0 and 1.2": {[]string{"-dtls", "-cipher", "ALL:@SECLEVEL=0"}, exposure.Fail, true},
	} {
		t.Run(name, func(t *testing.T) {
			l.datagrams(t, tc.arguments)
			checks, _, err := l.ours(t.Context(), target{Scan: "host", address: dtlsAt})
			if err != nil {
				t.Fatal(err)
			}
			seen := exposure.Outcome("")
			for _, c := range checks {
				if c.ID == "TLS-68" {
					seen = c.Outcome
					t.Logf("%s: %s", c.Outcome, c.Evidence)
				}
			}
			if seen != tc.want {
				t.Errorf("%q, true is %s", seen, tc.want)
			}
			for version, want := range map[string]bool{"-dtls1": tc.old, "-dtls1_2": true} {
				cmd := exec.CommandContext(t.Context(), must(program("openssl")), "s_client", version, "-cipher", "ALL:@SECLEVEL=0", "-connect", dtlsAt)
				cmd.Stdin = strings.NewReader("Q\n")
				if out, err := cmd.CombinedOutput(); (err == nil) != want {
					t.Errorf("openssl s_client %s: %v\n%s", version, err, out)
				}
			}
		})
	}
}

// datagrams serves DTLS at dtlsAt. OpenSSL serves one visitor: each gets a server.
func (l *lab) datagrams(t *testing.T, arguments []string) {
	t.Helper()
	front, err := net.ListenPacket("udp", dtlsAt)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	ways := map[string]net.Conn{}
	all.Go(func() {
		b := make([]byte, 1<<16)
		for {
			n, from, err := front.ReadFrom(b)
			if err != nil {
				break
			}
			c := ways[from.String()]
			if c == nil {
				if c = l.datagramServer(t, arguments); c == nil {
					continue
				}
				ways[from.String()] = c
				all.Go(func() { back(front, from, c) })
			}
			_, _ = c.Write(b[:n]) // what is lost is sent again
		}
		for _, c := range ways {
			c.Close()
		}
	})
	t.Cleanup(func() { front.Close(); all.Wait() })
}

// back brings the answers of a server to its visitor.
func back(front net.PacketConn, to net.Addr, c net.Conn) {
	b := make([]byte, 1<<16)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if _, err := front.WriteTo(b[:n], to); err != nil {
			return
		}
	}
}

// datagramServer starts OpenSSL and gives the way to it, once it is there.
func (l *lab) datagramServer(t *testing.T, arguments []string) net.Conn {
	port, claim, err := exposuretest.Claim() // not Port: this is no goroutine of a test
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { claim.Close() })
	at := net.JoinHostPort("127.0.0.1", fmt.Sprint(port))
	cmd := exec.Command(must(program("openssl")), append([]string{"s_server", "-listen", "-quiet", "-accept", at,
		"-cert", filepath.Join(l.folder, "good.pem"), "-key", filepath.Join(l.folder, "good.key")}, arguments...)...)
	if _, err := cmd.StdinPipe(); err != nil { // it ends when there is nothing to read
		t.Error(err)
		return nil
	}
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	c, err := net.Dial("udp", at)
	if err != nil {
		t.Error(err)
		return nil
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); { // a byte that is no DTLS is passed over; where nobody listens, the system says so
		_, _ = c.Write([]byte{0}) // Read gives the error
		_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	_ = c.SetReadDeadline(time.Time{})
	return c
}
