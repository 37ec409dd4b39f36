package scanlab

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

// network is many hosts on this machine; every fifth speaks TLS on one port, and all
// of their other ports are closed.
type network struct {
	t    testing.TB
	port string
	mu   sync.Mutex
	seen map[string]int  // connections by host, without those of contacts
	last map[string]bool // the listening hosts: whether they have seen contacts
}

// asks is the address from which contacts comes, and no scan.
const asks = "127.200.0.1"

// counted counts who comes in the order in which they came.
type counted struct {
	net.Listener
	network *network
}

// Accept is that of the listener.
func (l counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	here, there, w := ip(c.LocalAddr()), ip(c.RemoteAddr()), l.network
	w.mu.Lock()
	defer w.mu.Unlock()
	if there == asks {
		w.last[here] = true
	} else {
		w.seen[here]++
	}
	return c, nil
}

func ip(a net.Addr) string { return a.(*net.TCPAddr).IP.String() }

// hosts is how many the run has: SCAN_HOSTS, otherwise few.
func hosts() int {
	if n, err := strconv.Atoi(os.Getenv("SCAN_HOSTS")); err == nil {
		return n
	}
	return 20
}

func (l *lab) network(t testing.TB, n int) *network {
	t.Helper()
	w := &network{t: t, seen: map[string]int{}, last: map[string]bool{}, port: fmt.Sprint(exposuretest.Port(t))}
	config := &tls.Config{Certificates: []tls.Certificate{l.loaded(t, "good")}}
	for i := 0; i < n; i += 5 {
		listener, err := net.Listen("tcp", net.JoinHostPort(host(i), w.port))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		w.last[host(i)] = false
		go accept(counted{listener, w}, func(c net.Conn) {
			_ = tls.Server(c, config).Handshake() // most questions end in an alert
		})
	}
	return w
}

// host spreads the hosts over networks of ten.
func host(i int) string { return fmt.Sprintf("127.77.%d.%d", i/10, i%10+1) }

// contacts are the connections since it was called last. Each host is asked itself:
// once it has seen that, it has counted everybody who came before.
func (w *network) contacts() map[string]int {
	w.t.Helper()
	for i := 0; i < hosts(); i += 5 {
		from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(asks), Port: 0}}
		c, err := from.DialContext(w.t.Context(), "tcp", net.JoinHostPort(host(i), w.port))
		if err != nil {
			w.t.Fatal(err)
		}
		defer c.Close()
	}
	for {
		if out, ok := w.counts(); ok {
			return out
		}
		time.Sleep(time.Millisecond)
	}
}

// counts gives the connections once every host has seen contacts.
func (w *network) counts() (out map[string]int, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, seen := range w.last {
		if !seen {
			return nil, false
		}
	}
	for at := range w.last {
		w.last[at] = false
	}
	out, w.seen = w.seen, map[string]int{}
	return out, true
}

// TestManyHosts scans 100 ports of every host and all of TLS on those that speak it.
// The run is ended with Ctrl-C and then without warning; each time it goes on, and no
// host that was finished is contacted again. The last figures are those of a run
// without end, and with 100 hosts or more those of every form in which it is told.
func TestManyHosts(t *testing.T) {
	n := hosts()
	l := newLab(t)
	w := l.network(t, n)
	file := filepath.Join(l.folder, "targets")
	var list []byte
	for i := range n {
		list = fmt.Appendln(list, host(i))
	}
	if err := os.WriteFile(file, list, 0o600); err != nil {
		t.Fatal(err)
	}
	first, _ := strconv.Atoi(w.port)
	ports := fmt.Sprintf("%d,2000-2098", first)
	journal := filepath.Join(l.folder, "journal")
	run := func(journal string, end syscall.Signal, when int, form ...string) (took cost, memory int64, at []int64) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		args := append([]string{"scan", "--loopback", "--authorised-by", "Laboratory", "--quiet", "--from", file, "--ports", ports, "--journal", journal}, form...)
		cmd := nisaba(ctx, args...)
		begin := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			follow := follower{path: journal}
			for ctx.Err() == nil {
				follow.read()
				if end != 0 && follow.profiles >= when {
					_ = cmd.Process.Signal(end) // it may just have ended
					return
				}
				for len(at) < 4 && follow.hosts >= n*(len(at)+1)/4 {
					at = append(at, resident(cmd.Process.Pid))
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
		_ = cmd.Wait() // a check fails on every host, and the signals end it
		if end == 0 && cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("the scan ended with %s", cmd.ProcessState)
		}
		took = cost{time.Since(begin), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
		cancel()
		<-stopped
		return took, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss, at // in kilobytes
	}
	speaking := (n + 4) / 5
	var done map[string]bool
	for _, part := range []struct {
		end  syscall.Signal
		when int
	}{{syscall.SIGINT, max(1, speaking/4)}, {syscall.SIGKILL, max(2, speaking/2)}, {0, 0}} {
		run(journal, part.end, part.when, "--json")
		for address, times := range w.contacts() {
			if done[address] {
				t.Errorf("%s was finished, and was contacted %d times again", address, times)
			}
		}
		done = finished(journal)
		t.Logf("after %v: %d of %d hosts with TLS are finished", part.end, len(done), speaking)
	}
	if len(done) != speaking {
		t.Errorf("%d hosts are finished, want %d", len(done), speaking)
	}
	journal = filepath.Join(l.folder, "whole")
	took, memory, at := run(journal, 0, 0, "--json")
	if got := len(finished(journal)); got != speaking {
		t.Errorf("%d hosts are finished, want %d", got, speaking)
	}
	fmt.Printf("\nmemory when a quarter of the hosts is finished, half of them, three quarters, and all: %d MB\n", at)
	fmt.Printf("%d hosts × 100 ports, TLS of %d: %.1f s, %.1f s of processor, %d MB\n", n, speaking, took.wall.Seconds(), took.cpu.Seconds(), memory/1024)
	if n < 100 {
		return // what few hosts need says nothing
	}
	w.contacts() // those of that run
	out := func(name string) string { return filepath.Join(l.folder, name) }
	for _, form := range [][]string{{"--json"}, {}, {"--csv", out("r.csv")}, {"--sarif", out("r.sarif")}, {"--oscal", out("r.oscal")}, {"--report", out("r.html")}, {"--report", out("r.pdf")}, {"--json", "--compare", journal}} {
		took, memory, _ := run(journal, 0, 0, form...)
		size := int64(0)
		if len(form) == 2 && form[0] != "--json" {
			if about, err := os.Stat(form[1]); err != nil {
				t.Error(err)
			} else {
				size = about.Size()
			}
		}
		fmt.Printf("written from the journal as %s: %.1f s, %d MB of memory, %.1f MB of file\n", strings.Join(append([]string{"text"}, form...), " "), took.wall.Seconds(), memory/1024, float64(size)/(1<<20))
		if memory/1024 > mostMemory {
			t.Errorf("%v needs %d MB, more than %d", form, memory/1024, mostMemory)
		}
	}
	if contacts := w.contacts(); len(contacts) > 0 {
		t.Errorf("%d hosts were contacted again", len(contacts))
	}
}

// mostMemory is how many megabytes a scan may need, of however many hosts and in
// whatever form it is told.
const mostMemory = 300

// follower counts what is finished in a journal that grows.
type follower struct {
	path     string
	offset   int64
	rest     []byte
	profiles int // services whose TLS has been looked at
	hosts    int // whose ports have
}

// read reads what is new.
func (w *follower) read() {
	f, err := os.Open(w.path)
	if err != nil {
		return // it is not there yet
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, w.offset, 1<<30))
	if err != nil {
		return
	}
	w.offset += int64(len(b))
	w.rest = append(w.rest, b...)
	for {
		line, rest, whole := bytes.Cut(w.rest, []byte("\n"))
		if !whole {
			return
		}
		w.rest = bytes.Clone(rest)
		if bytes.HasPrefix(line, []byte(`{"key":"tls|`)) {
			w.profiles++
		}
		if bytes.HasPrefix(line, []byte(`{"key":"ports|`)) {
			w.hosts++
		}
	}
}

// resident is how many megabytes of memory a process has now; 0 when nobody says.
func resident(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(v), " kB"), 10, 64)
			return kilobytes / 1024
		}
	}
	return 0
}

// finished are the hosts of a journal on whose service nothing is left to do: each
// probe that looks at it has its verdicts.
func finished(journal string) map[string]bool {
	_, findings, err := scan.ReadJournal(journal)
	if err != nil {
		return nil // it is not there yet
	}
	areas := map[string]map[string]bool{}
	for _, f := range findings {
		if f.Target.Port != 0 {
			at := f.Target.Address.String()
			if areas[at] == nil {
				areas[at] = map[string]bool{}
			}
			areas[at][f.Check] = true
		}
	}
	out := map[string]bool{}
	for at, checks := range areas {
		if checks["TLS-66"] && checks["CERT-01"] && checks["HTTP-28"] {
			out[at] = true
		}
	}
	return out
}
