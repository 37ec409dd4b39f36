package notify_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/notify"
)

func TestSignedRequest(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	var body, signature, key string
	status := http.StatusNoContent
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		body, signature, key = string(b), r.Header.Get(notify.SignatureHeader), r.Header.Get("Idempotency-Key")
		w.Header().Set("Location", "http://127.0.0.1:1/")
		w.WriteHeader(status)
	}))
	defer s.Close()
	w := notify.NewWeb(true)
	r := notify.Request{Address: s.URL, Secret: "s3cret", Key: "k", Body: []byte(`{"a":1}`), At: at}
	if _, err := w.Send(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	// printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac s3cret
	const want = "t=1700000000,v1=1698a50bc74d1ff1db85c4e0a5297c2ad9fdba245d5737cdb789e4cc6e098940"
	if body != `{"a":1}` || key != "k" || signature != want {
		t.Errorf("%q %q %q", body, key, signature)
	}
	for _, status = range []int{302, 400, 503} {
		if _, err := w.Send(t.Context(), r); err == nil {
			t.Errorf("an answer %d was taken for success", status)
		}
	}
}

// TestInnerNetworkIsRefused: neither by address nor by a name that leads there.
func TestInnerNetworkIsRefused(t *testing.T) {
	reached := false
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer s.Close()
	w := notify.NewWeb(false)
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	if _, err := w.Send(t.Context(), notify.Request{Address: "https://localhost" + port}); !errors.Is(err, notify.ErrPrivate) {
		t.Errorf("a name of this machine: %v", err)
	}
	for _, address := range []string{"http://example.org/", "https://u:p@example.org/", "https://", "ftp://example.org", "https://127.0.0.1", "https://[::1]/",
		"https://10.0.0.1/", "https://169.254.169.254/latest", "https://192.168.1.1", "https://[fd00::1]/", "https://[::ffff:10.0.0.1]/", "https://100.64.0.1/", "https://0.0.0.0/"} {
		if err := w.Check(address); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := w.Check("https://hooks.example.org/x"); err != nil {
		t.Error(err)
	}
	if reached {
		t.Error("a server of the inner network was reached")
	}
}

func TestCommand(t *testing.T) {
	dir := t.TempDir()
	script := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tc := range []struct {
		line, want string
		fails      bool
		limit      time.Duration
	}{
		{script("echo", `read x; printf '%s %s' "$x" "$1"`) + " $(id)", "hello $(id)", false, time.Minute}, // no shell
		{script("fail", `echo no line; exit 3`), "no line", true, time.Minute},
		{script("hang", `sleep 30`), "deadline", true, time.Second},
	} {
		c, err := notify.NewCommand(tc.line, tc.limit)
		if err != nil {
			t.Fatal(err)
		}
		said, err := c.Run(t.Context(), []byte("hello\n"))
		if tc.fails {
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v", tc.line, err)
			}
			continue
		}
		if err != nil || !strings.HasPrefix(said, "hello $(id)") {
			t.Errorf("%s: %q, %v", tc.line, said, err)
		}
	}
	for _, line := range []string{"", "  ", "no-such-program-here"} {
		if _, err := notify.NewCommand(line, time.Second); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", line, err)
		}
	}
}
