package security

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// flood is a body that never ends by itself, and counts what was taken.
type flood struct{ taken atomic.Int64 }

// most is what a flood holds, and enough is how much of it a server may take in
// before it has had enough: more than any upload, far below the whole.
const (
	most   = 1 << 30
	enough = 256 << 20
)

func (f *flood) Read(p []byte) (int, error) {
	if f.taken.Load() >= most {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = 'x'
	}
	f.taken.Add(int64(len(p)))
	return len(p), nil
}

// TestHugeBodies: no route takes in a body without end, as a form or as files.
func TestHugeBodies(t *testing.T) {
	site, owner, organisation := house(t)
	for _, route := range site.Routes {
		method, path := split(route, organisation)
		if method == http.MethodGet {
			continue
		}
		for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"} {
			f := &flood{}
			body := io.MultiReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"), f)
			r, err := http.NewRequest(method, site.URL+path, body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", kind)
			res, err := owner.Patient().HTTP.Do(r)
			if f.taken.Load() > enough {
				t.Errorf("%s took in %d MB of %s", route.Pattern, f.taken.Load()>>20, kind)
			}
			if err != nil {
				continue // cut off while sending
			}
			res.Body.Close()
			if res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusOK {
				t.Errorf("%s answers a body without end (%s) with %d", route.Pattern, kind, res.StatusCode)
			}
		}
	}
	again := site.Visitor(t) // the owner was signed out on the way
	again.Post("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {platform.Password}})
	if a := again.Post("/organisations", map[string][]string{"name": {strings.Repeat("x", 2<<20)}}); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a form of 2 MB: %d", a.Status)
	}
}

// serve runs the real server with its own listener and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	s, err := server.Open(context.Background(), platform.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, in) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, out) // what else the server says; ends with the pipe
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, s.Close(), in.Close()); err != nil {
			t.Error(err)
		}
	})
	var address string
	if _, err := fmt.Sscanf(line, "Nisaba listens on http://%s", &address); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return address
}

func dial(t *testing.T, address, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSlowClients: hundreds of connections that say nothing, or only half a head,
// do not keep others out, and are cut off; so is a body that trickles.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	address := serve(t)
	var slow []net.Conn
	for i := range 300 {
		text := ""
		if i%2 == 0 {
			text = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
		}
		slow = append(slow, dial(t, address, text))
	}
	trickle := dial(t, address, "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail=")
	client := &http.Client{Timeout: 3 * time.Minute}
	res, err := client.Get("http://" + address + "/start")
	if err != nil {
		t.Fatalf("while 300 connections idle: %v", err)
	}
	res.Body.Close()
	for i, c := range []net.Conn{slow[0], slow[1], slow[298], slow[299]} {
		cutOff(t, fmt.Sprintf("slow head %d", i), c, 30*time.Second)
	}
	cutOff(t, "trickling body", trickle, 60*time.Second)
}

// cutOff waits until the server ends the connection.
func cutOff(t *testing.T, what string, c net.Conn, patience time.Duration) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, err := io.Copy(io.Discard, c)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		t.Errorf("%s is still open after %v", what, patience)
	}
}

// TestPaths: no path leads out of what is served, and none breaks the server.
func TestPaths(t *testing.T) {
	t.Parallel()
	address := serve(t)
	for _, path := range []string{
		"/static/../../../../etc/passwd", "/static/x/../../../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd", "/static/..%2f..%2f..%2fetc%2fpasswd",
		"/static/x/..%5c..%5cwindows%5cwin.ini", "/static/x/js/../../static.go", "/static/x/%00app.css", "//etc/passwd", "/../key", "/static/x/brand/../../key.css",
		"/organisations/..%2f..%2fkey", "/organisations/%2e%2e/key", "/join/..%2f..%2fkey", "/static/x/vendor/", "/static/", "/static/x/css/10-base.css/..", "/%c0%ae%c0%ae/key",
		"/" + strings.Repeat("../", 40) + "etc/passwd", "/" + strings.Repeat("a", 20000), "http://evil.example/", "*",
	} {
		c := dial(t, address, "GET "+path+" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("%.60s: %v", path, err)
			continue
		}
		body, _ := io.ReadAll(res.Body) // a cut off body is judged as far as it came
		res.Body.Close()
		if res.StatusCode == http.StatusOK || res.StatusCode >= 500 || strings.Contains(string(body), "root:") || strings.Contains(string(body), "go:embed") {
			t.Errorf("%.60s: %d, %.100q", path, res.StatusCode, body)
		}
		if to := res.Header.Get("Location"); strings.HasPrefix(to, "//") || strings.HasPrefix(to, "http") {
			t.Errorf("%.60s leads to %s", path, to)
		}
	}
}
