package tsa_test

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/tsa"
	"github.com/nisaba-platform/nisaba/internal/tsa/tsatest"
)

// TestStamp: an authority signs a text; any other text, a flipped byte and another
// root are refused.
func TestStamp(t *testing.T) {
	a, other := tsatest.Start(t), tsatest.Start(t)
	c, err := tsa.New(a.URL, a.Roots)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("nisaba/w\n5\nroot\n")
	token, s, err := c.Stamp(t.Context(), message)
	if err != nil || !strings.Contains(s.Authority, "Test Time Stamping") || len(s.Certificate) != 64 || time.Since(s.At).Abs() > time.Minute || s.Policy != "1.2.3.4.1" {
		t.Fatalf("%+v, %v", s, err)
	}
	if s.Root != "CN=Test Root" || s.Until.Before(s.At) {
		t.Errorf("it leads to %s until %v", s.Root, s.Until)
	}
	s.Root, s.Until = "", time.Time{}
	if again, err := tsa.Verify(token, message, nil); err != nil || again != s {
		t.Errorf("%+v, %v", again, err)
	}
	strange := x509.NewCertPool()
	strange.AppendCertsFromPEM(other.Roots)
	flipped := append([]byte{}, token...)
	flipped[len(flipped)-5] ^= 1
	for name, try := range map[string]func() error{
		"another text":    func() error { _, err := tsa.Verify(token, []byte("nisaba/w\n6\nroot\n"), nil); return err },
		"a flipped byte":  func() error { _, err := tsa.Verify(flipped, message, nil); return err },
		"another root":    func() error { _, err := tsa.Verify(token, message, strange); return err },
		"no token at all": func() error { _, err := tsa.Verify([]byte("x"), message, nil); return err },
	} {
		if err := try(); !errors.Is(err, tsa.ErrNotStamped) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err = tsa.New(a.URL, other.Roots); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Stamp(t.Context(), message); !errors.Is(err, tsa.ErrNotStamped) {
		t.Errorf("an authority that is not ours: %v", err)
	}
	a.Down(true)
	if _, _, err := c.Stamp(t.Context(), message); err == nil {
		t.Error("an authority that is down signed")
	}
}

// TestChain: a stamp leads to the root of its authority over a certificate between;
// to another root, or over one that was not valid at the time, it does not.
func TestChain(t *testing.T) {
	at, message := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), []byte("a checkpoint")
	ends := at.AddDate(1, 0, 0)
	good, other := tsatest.NewCA(t, "Good", at, at.AddDate(-1, 0, 0), ends), tsatest.NewCA(t, "Other", at, at.AddDate(-1, 0, 0), ends)
	token := good.Token(t, message, at)
	for _, tc := range []struct {
		name  string
		token []byte
		roots []byte
		want  error
	}{
		{"its own root", token, good.Roots, nil},
		{"two roots", token, append(append([]byte{}, other.Roots...), good.Roots...), nil},
		{"another root", token, other.Roots, tsa.ErrNotTrusted},
		{"no root", token, nil, nil},
		{"ended before", good.Token(t, message, ends.Add(time.Hour)), good.Roots, tsa.ErrNotTrusted},
		{"not yet begun", good.Token(t, message, at.AddDate(-2, 0, 0)), good.Roots, tsa.ErrNotTrusted},
		{"a certificate of its own", tsatest.Token(t, message, at), good.Roots, tsa.ErrNotTrusted},
	} {
		roots, err := tsa.Roots(tc.roots)
		if err != nil {
			t.Fatal(err)
		}
		s, err := tsa.Verify(tc.token, message, roots)
		if !errors.Is(err, tc.want) || tc.want != nil && !errors.Is(err, tsa.ErrNotStamped) {
			t.Errorf("%s: %v", tc.name, err)
		}
		if led := s.Root == "CN=Good Root" && s.Until.Equal(ends); led != (tc.want == nil && tc.roots != nil) {
			t.Errorf("%s: it leads to %q until %v", tc.name, s.Root, s.Until)
		}
	}
}

// TestReplay: an answer to an earlier request is refused.
func TestReplay(t *testing.T) {
	a := tsatest.Start(t)
	var kept []byte
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kept == nil {
			res, err := http.Post(a.URL, r.Header.Get("Content-Type"), r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			kept = make([]byte, 1<<16)
			n, _ := res.Body.Read(kept)
			kept = kept[:n]
		}
		_, _ = w.Write(kept)
	}))
	defer proxy.Close()
	c, err := tsa.New(proxy.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Stamp(t.Context(), []byte("one")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Stamp(t.Context(), []byte("one")); err == nil {
		t.Error("an old answer was taken")
	}
}

func TestNew(t *testing.T) {
	for _, address := range []string{"", "ftp://tsa.example.org", "tsa.example.org", "http://"} {
		if _, err := tsa.New(address, nil); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := tsa.New("https://tsa.example.org", []byte("no certificate")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("roots: %v", err)
	}
}
