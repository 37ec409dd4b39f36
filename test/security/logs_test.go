package security

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/nisaba-platform/nisaba/test/platform"
)

// tape keeps what is logged.
type tape struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *tape) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *tape) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// TestLogs: no password, token, cookie, code or key of a second factor stands in
// the log at its most talkative, whatever people do, right or wrong.
func TestLogs(t *testing.T) {
	log, c := &tape{}, platform.Config(t)
	c.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	site := platform.Start(t, c)
	anna, ben := site.Visitor(t), site.Visitor(t)
	secrets := map[string]string{"password": platform.Password, "wrong password": "a wrong password typed once", "new password": "an entirely different phrase"}
	keep := func(name, text string) {
		t.Helper()
		if text == "" {
			t.Fatalf("there is no %s to look for", name)
		}
		secrets[name] = text
	}
	find := func(pattern, body string) string {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(body); m != nil {
			return m[1]
		}
		return ""
	}
	anna.Found("Seewinkel Beratung", "Anna Huber", "anna@example.org")
	keep("first cookie", anna.Cookie("session"))
	keep("device cookie", anna.Cookie("device"))
	anna.Import("water-supplier.yaml")
	invitation := anna.Post("/members/invite", url.Values{"role": {"editor"}}).Body
	keep("invitation", find(`/join/([a-z0-9]{20,})`, invitation))
	ben.Get("/join/" + secrets["invitation"])
	ben.Post("/join/"+secrets["invitation"], url.Values{"name": {"Ben"}, "email": {"ben@example.org"}, "password": {"short"}})
	ben.Post("/join/"+secrets["invitation"], url.Values{"name": {"Ben Maier"}, "email": {"ben@example.org"}, "password": {platform.Password}})
	keep("cookie of another", ben.Cookie("session"))
	site.Visitor(t).Post("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {secrets["wrong password"]}})
	site.Visitor(t).Post("/sign-in?password="+url.QueryEscape(secrets["wrong password"]), url.Values{"email": {secrets["wrong password"]}})
	token := anna.Post("/settings/tokens", url.Values{"name": {"Export"}, "role": {"auditor"}, "expires": {time.Now().AddDate(1, 0, 0).Format(time.DateOnly)}}).Body
	keep("API token", find(`(nis_[a-z0-9]{26})`, token))
	anna.Send(http.MethodGet, "/api/v1/organisations", nil, http.Header{"Authorization": {"Bearer " + secrets["API token"]}})
	anna.Send(http.MethodGet, "/api/v1/organisations", nil, http.Header{"Authorization": {"Bearer nis_wrongwrongwrongwrongwrong"}})
	person := find(`action="/members/reset"[^>]*><input type="hidden" name="person" value="([^"]+)"`, anna.Get("/members").Body)
	reset := anna.Post("/members/reset", url.Values{"person": {person}}).Body
	keep("reset link", find(`/reset/([a-z0-9]{20,})`, reset))
	site.Visitor(t).Get("/reset/" + secrets["reset link"])
	key := find(`name="key" value="([A-Z2-7]+)"`, anna.Get("/account?factor=set-up").Body)
	keep("key of the second factor", key)
	code, err := totp.GenerateCode(key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	codes := anna.Post("/account/factor", url.Values{"key": {key}, "code": {code}}).Body
	keep("recovery code", find(`<code>([a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4})</code>`, codes))
	keep("cookie with two factors", anna.Cookie("session"))
	anna.Post("/step-up", url.Values{"password": {platform.Password}, "code": {secrets["recovery code"]}})
	anna.Post("/account/password", url.Values{"old": {platform.Password}, "password": {secrets["new password"]}})
	keep("last cookie", anna.Cookie("session"))
	site.Visitor(t).Post("/sign-in/passkey/options", nil) // under an IP address it is refused, and that is logged
	anna.Post("/sign-out", nil)

	text := log.text()
	if lines := strings.Count(text, "\n"); lines < 20 {
		t.Fatalf("only %d lines were logged", lines)
	}
	for name, secret := range secrets {
		quoted, err := json.Marshal(secret)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{secret, strings.Trim(string(quoted), `"`), url.QueryEscape(secret), url.PathEscape(secret)} {
			if at := strings.Index(text, form); at >= 0 {
				t.Errorf("the log holds the %s: %.200s", name, text[max(0, at-100):])
				break
			}
		}
	}
}
