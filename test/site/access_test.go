package site

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func accessForms() map[string]url.Values {
	return map[string]url.Values{
		"/settings":               {"name": {"Seewinkel Beratung"}, "kind": {"provider"}, "language": {"de"}, "zone": {"UTC"}, "colour": {"#1d5b79"}, "prepared_by": {"Anna Huber"}, "version": {"1"}},
		"/settings/logo":          {},
		"/settings/logo/remove":   {},
		"/settings/policy":        {"session_hours": {"8"}, "ranges": {"127.0.0.0/8"}, "version": {"1"}},
		"/settings/tokens":        {"name": {"Export"}, "role": {"auditor"}, "organisation": {""}, "expires": {time.Now().AddDate(0, 3, 0).Format(time.DateOnly)}},
		"/settings/tokens/revoke": {"token": {"x"}},
		"/members/reset":          {"person": {"x"}},
	}
}

// names is the address of the site by name: browsers bind passkeys to names only.
func names(site string) string { return strings.Replace(site, "127.0.0.1", "localhost", 1) }

// authenticator plugs in a device with a check of its user.
func authenticator(t *testing.T, b *browser.Browser) webauthn.AuthenticatorID {
	t.Helper()
	if _, err := chromedp.Call(b.Context(), webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	added, err := chromedp.Call(b.Context(), webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true,
		IsUserVerified: true, AutomaticPresenceSimulation: true}})
	if err != nil {
		t.Fatal(err)
	}
	return added.AuthenticatorID
}

// TestPasskey: add a passkey, sign out, sign in with it and without an address; a
// copy of it, whose counter stands still, is refused; without script the page says
// what is missing.
func TestPasskey(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.begin("water-supplier.yaml")
	b := browser.Start(t)
	device := authenticator(t, b)
	signIn(b, names(site), "anna@example.org")
	b.Open(names(site)+"/account", 1280, false)
	b.Do(chromedp.Click("#passkey button.primary"), chromedp.WaitVisible("#passkey .summary"))
	if made, err := chromedp.Call(b.Context(), webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: device}); err != nil || len(made.Credentials) != 0 {
		t.Errorf("without a name the device made %+v, %v", made, err)
	}
	b.Do(chromedp.SendKeys("#f-passkey-name", "Laptop"), chromedp.Click("#passkey button.primary"), chromedp.WaitVisible(".codes"))
	if text := browser.Evaluate[string](b, `document.body.textContent`); !strings.Contains(text, "Laptop") {
		t.Error("the passkey is not in the list")
	}
	if !browser.Evaluate[bool](b, `document.querySelector('a[href="/account?factor=set-up"]') !== null`) {
		t.Error("a passkey alone makes the page say that codes are on")
	}
	b.Open(names(site)+"/account?factor=set-up", 1280, false)
	if !browser.Evaluate[bool](b, `document.querySelector("#factor .primary") !== null && document.querySelector("svg.qr").getBoundingClientRect().width > 150`) {
		t.Error("there is no picture to scan")
	}
	leave := func() {
		t.Helper()
		b.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector('form[action="/sign-out"]').submit()`), chromedp.WaitVisible("#sign-in"))
	}
	enter := `document.querySelector("#sign-in-passkey button.secondary").click()`
	leave()
	b.Do(chromedp.Evaluate[chromedp.Void](enter), chromedp.WaitVisible(".person"))
	leave()

	credentials, err := chromedp.Call(b.Context(), webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: device})
	if err != nil || len(credentials.Credentials) != 1 {
		t.Fatalf("%+v, %v", credentials, err)
	}
	own := credentials.Credentials[0]
	replace := func(count int) {
		t.Helper()
		if _, err := chromedp.Call(b.Context(), webauthn.RemoveCredential, webauthn.RemoveCredentialParams{AuthenticatorID: device, CredentialID: own.CredentialID}); err != nil {
			t.Fatal(err)
		}
		copied := map[string]any{"credentialId": own.CredentialID, "isResidentCredential": true, "rpId": "localhost", "privateKey": own.PrivateKey,
			"userHandle": own.UserHandle, "signCount": count}
		add := cdp.Command[map[string]any, cdp.Empty]{Method: webauthn.CommandAddCredential} // the typed one says more than Chromium takes
		if _, err := chromedp.Call(b.Context(), add, map[string]any{"authenticatorId": device, "credential": copied}); err != nil {
			t.Fatal(err)
		}
	}
	replace(0) // the copy was made before the passkey was used
	b.Do(chromedp.Evaluate[chromedp.Void](enter), chromedp.WaitVisible(".summary"))
	if text := browser.Evaluate[string](b, `document.querySelector(".summary").textContent`); !strings.Contains(text, "passkey") {
		t.Errorf("the copy was answered with %q", text)
	}
	replace(100) // it is the counter that tells: the same key, further on, is let in
	b.Do(chromedp.Evaluate[chromedp.Void](enter), chromedp.WaitVisible(".person"))
	leave()
	b.ScriptsOff(true)
	b.Open(names(site)+"/sign-in", 360, true)
	b.ScriptsOff(false)
	if _, page := v.get("/sign-in"); !strings.Contains(page, "localhost") {
		t.Error("the page under 127.0.0.1 does not say where passkeys work")
	}
}

// TestPasskeyGoes: a passkey is renamed; before the last one goes the page says what
// remains, whose workspaces will then ask for a second factor, and takes the password:
// whoever forgot it is not locked out. The next sign-in leads to a new second factor.
func TestPasskeyGoes(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.begin("water-supplier.yaml")
	b := browser.Start(t)
	authenticator(t, b)
	signIn(b, names(site), "anna@example.org")
	b.Open(names(site)+"/account", 1280, false)
	b.Do(chromedp.SendKeys("#f-passkey-name", "Laptop"), chromedp.Click("#passkey button.primary"), chromedp.WaitVisible(".codes"))
	b.Open(names(site)+"/settings/policy", 1280, false)
	b.Do(chromedp.Evaluate[chromedp.Void](`const box = document.querySelector("input[name=mfa][value=yes]"); box.checked = true; document.querySelector("main").dataset.before = "yes"; box.form.submit()`))
	until(t, b, `document.readyState === "complete" && document.querySelector("main").dataset.before === undefined`) // the next page would stop what is being sent
	b.Open(names(site)+"/account", 1280, false)
	b.Do(chromedp.Click(`a[href^="/account/passkeys/"]`), chromedp.WaitVisible("#rename"))
	for width, dark := range map[int]bool{1280: false, 360: true} {
		b.Open(browser.Evaluate[string](b, "location.href"), width, dark)
		if n := b.Narrow(); n > 0 {
			t.Errorf("at %d the page of a passkey is %d px wider than the window", width, n)
		}
		for _, violation := range b.Axe() {
			t.Errorf("the page of a passkey at %d: %s", width, violation)
		}
		if folder := os.Getenv("SCREENSHOTS"); folder != "" {
			b.Picture(filepath.Join(folder, "passkey-"+strconv.Itoa(width)+".png"))
		}
	}
	text := func() string { return browser.Evaluate[string](b, `document.querySelector("main").textContent`) }
	for _, says := range []string{"your password alone", "recovery codes stop working", "demand a second factor: Seewinkel Beratung", "last passkey"} {
		if !strings.Contains(text(), says) {
			t.Errorf("the page of the last passkey does not say %q: %s", says, text())
		}
	}
	b.Do(chromedp.SetValue("#f-passkey-name", "Büro"), chromedp.Click("#rename button"), chromedp.WaitVisible("#passkey"))
	if list := text(); !strings.Contains(list, "Büro") || strings.Contains(list, "Laptop") {
		t.Errorf("after the renaming: %s", list)
	}
	b.Do(chromedp.Click(`a[href^="/account/passkeys/"]`), chromedp.WaitVisible("#remove"))
	b.Do(chromedp.SendKeys("#remove input[type=password]", "not my password"), chromedp.Click("#remove button.danger"), chromedp.WaitVisible("#remove .summary"))
	b.Do(chromedp.SendKeys("#remove input[type=password]", password), chromedp.Click("#remove button.danger"), chromedp.WaitVisible("#passkey"))
	if browser.Evaluate[bool](b, `document.querySelector('a[href^="/account/passkeys/"]') !== null`) {
		t.Error("the passkey is still there")
	}
	again := newVisitor(t, site)
	_, page, _ := again.post("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {password}})
	workspace := regexp.MustCompile(`name="workspace" value="([^"]+)"`).FindStringSubmatch(page)
	if workspace == nil {
		t.Fatalf("the next sign-in offers no workspace: %.1500s", page)
	}
	if _, page, at := again.post("/workspaces", url.Values{"workspace": {workspace[1]}}); at != "/account" || !strings.Contains(page, "asks for a second factor") {
		t.Errorf("the way into the workspace leads to %s\n%.1500s", at, page)
	}
	if status, _ := again.get("/account/passkeys/none"); status != http.StatusNotFound {
		t.Errorf("a passkey that does not exist: %d", status)
	}
}

// TestFactorPage: the picture and the key are those of one secret, which stays after a
// wrong code; the right code turns the second factor on, and nonsense in place of the
// key gets a new one.
func TestFactorPage(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.begin("water-supplier.yaml")
	shown := regexp.MustCompile(`(?s)<path d="([^"]+)" fill="#000">.*id="factor-key">([A-Z2-7]+)<`)
	read := func(page string) (picture, key string) {
		t.Helper()
		m := shown.FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no picture and key in\n%.3000s", page)
		}
		return m[1], m[2]
	}
	if _, page := v.get("/account"); shown.MatchString(page) || !strings.Contains(page, `href="/account?factor=set-up"`) {
		t.Error("a look at the account shows a secret, or no way to set the second factor up")
	}
	_, page := v.get("/account?factor=set-up")
	picture, key := read(page)
	for _, code := range []string{"000000", "", "abc", strings.Repeat("9", 300)} {
		status, page, _ := v.post("/account/factor", url.Values{"key": {key}, "code": {code}})
		if again, same := read(page); status != http.StatusUnprocessableEntity || again != picture || same != key {
			t.Errorf("after the code %.10q: %d, another key: %v", code, status, same != key)
		}
	}
	for _, damaged := range []string{"", "<script>", strings.Repeat("A", 4000)} {
		status, page, _ := v.post("/account/factor", url.Values{"key": {damaged}, "code": {"123456"}})
		if _, fresh := read(page); status != http.StatusUnprocessableEntity || fresh == key || len(fresh) != len(key) {
			t.Errorf("the key %.10q: %d, then %q", damaged, status, fresh)
		}
	}
	code, err := totp.GenerateCode(key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if status, page, _ := v.post("/account/factor", url.Values{"key": {key}, "code": {code}}); status != http.StatusOK || strings.Count(page, "<li><code>") != 10 || shown.MatchString(page) {
		t.Errorf("turned on: %d\n%.2000s", status, page)
	}
}

// TestPasskeyAnswers: answers that no browser gave are refused, and a challenge
// works once.
func TestPasskeyAnswers(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, names(site))
	v.begin("water-supplier.yaml")
	stranger := newVisitor(t, names(site))
	status, options, _ := stranger.post("/sign-in/passkey/options", nil)
	var o struct{ Challenge, RpID, UserVerification string }
	if err := json.Unmarshal([]byte(options), &o); err != nil || status != http.StatusOK || len(o.Challenge) < 22 || o.RpID != "localhost" || o.UserVerification != "required" {
		t.Fatalf("%d %v %s", status, err, options)
	}
	for _, response := range []string{"", "{}", "null", "[]", `{"id":"x","rawId":"eA","type":"public-key","response":{}}`, strings.Repeat("{", 10000)} {
		if status, _, at := stranger.post("/sign-in/passkey", url.Values{"response": {response}}); status != http.StatusUnprocessableEntity {
			t.Errorf("%.40q: %d at %s", response, status, at)
		}
	}
	if status, _, _ := newVisitor(t, site).post("/sign-in/passkey/options", nil); status != http.StatusUnprocessableEntity && status != http.StatusBadRequest {
		t.Errorf("under an IP address: %d", status)
	}
}

// TestSettings: an owner changes the workspace, the rules and the tokens; the rules
// keep their maker in, and a forgotten password comes back by an owner's link.
func TestSettings(t *testing.T) {
	site, _ := start(t)
	anna, ben := newVisitor(t, site), newVisitor(t, site)
	anna.begin("water-supplier.yaml")
	ben.joinWith(anna, "editor", "ben@example.org")
	version := func() string {
		t.Helper()
		_, page := anna.get("/settings")
		m := regexp.MustCompile(`name="version" value="([0-9]+)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no form:\n%.400s", page)
		}
		return m[1]
	}
	form := url.Values{"name": {"Seewinkel Neu"}, "kind": {"group"}, "language": {"fr"}, "zone": {"Europe/Vienna"}, "colour": {"#FFcc00"}, "prepared_by": {"Anna"}, "version": {version()}}
	if status, page, _ := anna.post("/settings", form); status != http.StatusOK || !strings.Contains(page, "Seewinkel Neu") || !strings.Contains(page, "darker tone") {
		t.Errorf("settings: %d", status)
	}
	if status, _, _ := anna.post("/settings", form); status != http.StatusUnprocessableEntity {
		t.Errorf("the same form again, from an older page: %d", status)
	}
	for _, wrong := range []url.Values{{"ranges": {"10.0.0.0/8"}}, {"mfa": {"yes"}}, {"session_hours": {"9999"}}, {"session_hours": {"-1"}}, {"ranges": {"nonsense"}}} {
		wrong.Set("version", version())
		if status, _, _ := anna.post("/settings/policy", wrong); status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", wrong, status)
		}
	}
	if status, page, _ := anna.post("/settings/policy", url.Values{"ranges": {"127.0.0.1\n2001:db8::/32"}, "session_hours": {"8"}, "version": {version()}}); status != http.StatusOK || !strings.Contains(page, "127.0.0.1/32") {
		t.Errorf("the rules: %d", status)
	}
	_, page, _ := anna.post("/settings/tokens", accessForms()["/settings/tokens"])
	if !regexp.MustCompile(`nis_[a-z0-9]{26}`).MatchString(page) {
		t.Error("no token is shown")
	}
	if _, page := anna.get("/settings/tokens"); strings.Contains(page, "nis_") || !strings.Contains(page, "Export") {
		t.Error("the token is shown again, or not listed")
	}
	_, members := anna.get("/members")
	person := regexp.MustCompile(`action="/members/reset"[^>]*><input type="hidden" name="person" value="([^"]+)"`).FindAllStringSubmatch(members, -1)
	if len(person) != 2 {
		t.Fatalf("%d members have a password link", len(person))
	}
	link := ""
	for _, p := range person {
		_, page, _ := anna.post("/members/reset", url.Values{"person": {p[1]}})
		if l := regexp.MustCompile(`/reset/[a-z0-9]+`).FindString(page); l != "" && link == "" || p[1] != person[0][1] {
			link = l
		}
	}
	const fresh = "quite another long password"
	for i, want := range []int{http.StatusOK, http.StatusNotFound} {
		if status, _, _ := newVisitor(t, site).post(link, url.Values{"password": {fresh}}); status != want {
			t.Errorf("the link, time %d: %d", i+1, status)
		}
	}
}

// TestLeaving: another workspace, leaving one, and the end of an account.
func TestLeaving(t *testing.T) {
	site, _ := start(t)
	anna, ben := newVisitor(t, site), newVisitor(t, site)
	anna.begin("water-supplier.yaml")
	ben.joinWith(anna, "editor", "ben@example.org")
	if status, _, at := ben.post("/workspaces/new", url.Values{"workspace": {"Ben allein"}, "kind": {"company"}}); status != http.StatusOK || at != "/" {
		t.Fatalf("another workspace: %d at %s", status, at)
	}
	if status, _, _ := ben.post("/account/erase", url.Values{"sure": {"yes"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("the last owner ends the account: %d", status)
	}
	_, page := anna.get("/workspaces")
	own := regexp.MustCompile(`action="/workspaces/leave"[^>]*><input type="hidden" name="workspace" value="([^"]+)"`).FindStringSubmatch(page)
	if own == nil {
		t.Fatal("no form to leave")
	}
	if status, _, _ := anna.post("/workspaces/leave", url.Values{"workspace": {own[1]}}); status != http.StatusUnprocessableEntity {
		t.Errorf("the last owner leaves: %d", status)
	}
	if status, _, _ := ben.post("/workspaces/leave", url.Values{"workspace": {own[1]}}); status != http.StatusOK {
		t.Errorf("a member leaves: %d", status)
	}
	carl := newVisitor(t, site)
	carl.joinWith(anna, "auditor", "carl@example.org")
	if status, _, _ := carl.post("/account/erase", nil); status != http.StatusUnprocessableEntity {
		t.Errorf("without being sure: %d", status)
	}
	if _, _, at := carl.post("/account/erase", url.Values{"sure": {"yes"}}); at != "/sign-in" {
		t.Errorf("the end led to %s", at)
	}
	if _, page := anna.get("/members"); strings.Contains(page, "carl@example.org") {
		t.Error("the address is still shown")
	}
	if status, _, _ := carl.post("/sign-in", url.Values{"email": {"carl@example.org"}, "password": {password}}); status != http.StatusUnprocessableEntity {
		t.Errorf("signing in afterwards: %d", status)
	}
}

// TestAccessInBrowser looks at the pages of this area: axe, two widths, light and dark.
func TestAccessInBrowser(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.begin("water-supplier.yaml")
	v.post("/settings/tokens", accessForms()["/settings/tokens"])
	b := browser.Start(t)
	folder := os.Getenv("SCREENSHOTS")
	for i, path := range []string{"/sign-in", "/forgot", "/account", "/account/erase", "/workspaces", "/settings", "/settings/policy", "/settings/tokens", "/members", "/step-up"} {
		if i == 2 {
			signIn(b, names(site), "anna@example.org")
		}
		for width, dark := range map[int]bool{1280: false, 360: true} {
			b.Open(names(site)+path, width, dark)
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: %d px wider than the window", path, width, n)
			}
			for _, found := range b.Axe() {
				t.Errorf("%s at %d: %s", path, width, found)
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, strings.ReplaceAll(path[1:], "/", "-")+map[bool]string{false: "-light", true: "-dark"}[dark]+".png"))
			}
		}
	}
}

// TestStepUpKeepsWhatWasTyped: an act that needs a fresh proof waits on the page that asks
// for it, also while the password is wrong, and is done after it; a file cannot wait.
func TestStepUpKeepsWhatWasTyped(t *testing.T) {
	var moved atomic.Int64
	site, _ := start(t, func(c *server.Config) {
		c.Clock = clock.Func(func() time.Time { return time.Now().Add(time.Duration(moved.Load())) })
	})
	v := newVisitor(t, site)
	v.begin("water-supplier.yaml")
	moved.Store(int64(time.Hour))
	act := url.Values{"name": {"Export \"every\" night"}, "role": {"auditor"}, "organisation": {""}, "expires": {time.Now().AddDate(0, 3, 0).Format(time.DateOnly)}}
	status, page, _ := v.post("/settings/tokens", act)
	if status != http.StatusForbidden {
		t.Fatalf("an hour later: %d\n%.600s", status, page)
	}
	for _, answer := range []string{"not the password", password} {
		form := url.Values{"password": {answer}}
		for _, f := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			form.Add(f[1], html.UnescapeString(f[2]))
		}
		if form.Get("act") != "/settings/tokens" || form.Get("name") != act.Get("name") {
			t.Fatalf("the page keeps %v", form)
		}
		status, page, _ = v.post("/step-up", form)
	}
	if status != http.StatusOK || !strings.Contains(page, "Export &#34;every&#34; night") && !strings.Contains(page, "Export &quot;every&quot; night") {
		t.Errorf("after the password: %d\n%s", status, page)
	}
	patient := *v.http
	patient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, act := range []string{"https://evil.example/", "//evil.example/", `/\evil.example/`, "javascript:alert(1)"} {
		r, err := patient.PostForm(site+"/step-up", url.Values{"password": {password}, "act": {act}})
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/" {
			t.Errorf("act %s led to %d %s", act, r.StatusCode, r.Header.Get("Location"))
		}
	}
	moved.Store(int64(2 * time.Hour))
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("logo", "logo.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte("\x89PNG\r\n\x1a\n")); err != nil {
		t.Fatal(err)
	}
	m.Close()
	r, err := v.http.Post(site+"/settings/logo", m.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || !strings.Contains(string(text), "Choose the file again") || strings.Contains(string(text), `name="act"`) {
		t.Errorf("a file: %v\n%s", err, text)
	}
}

// TestInvitationIsClear: the inviter reads that the mail goes out and that somebody
// joined; a link that is closed, or for another address, says what to do.
func TestInvitationIsClear(t *testing.T) {
	site, _ := start(t)
	anna, ben := newVisitor(t, site), newVisitor(t, site)
	anna.begin("water-supplier.yaml")
	_, page, _ := anna.post("/members/invite", url.Values{"email": {"ben@example.org"}, "role": {"editor"}})
	link := joinLink.FindString(page)
	if link == "" || strings.Contains(page, `value="ben@example.org"`) {
		t.Fatalf("the invitation has no link, or the form still has its address:\n%s", page)
	}
	if _, page := anna.get(link); !strings.Contains(page, "The invitation is for ben@example.org.") || !strings.Contains(page, `action="/sign-out"`) {
		t.Errorf("the link of another account:\n%s", page)
	}
	if status, page, _ := anna.post("/members/role", url.Values{"person": {memberID.FindStringSubmatch(page)[1]}, "organisation": {""}, "role": {""}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "This is the last owner") {
		t.Errorf("the last owner goes: %d\n%s", status, page)
	}
	if _, _, at := ben.post(link, url.Values{"name": {"Ben Maier"}, "email": {"ben@example.org"}, "password": {password}}); at != "/" {
		t.Fatalf("joining led to %s", at)
	}
	if status, page := ben.get(link); status != http.StatusNotFound || !strings.Contains(page, "This invitation is not open any more") {
		t.Errorf("the used link: %d\n%s", status, page)
	}
	if _, page := anna.get("/inbox"); !strings.Contains(page, "Ben Maier (ben@example.org) accepted your invitation.") {
		t.Errorf("the inbox of the inviter:\n%s", page)
	}
	if status, page, _ := anna.post("/members/invite", url.Values{"email": {"ben@example.org"}, "role": {"auditor"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, `value="auditor" selected`) {
		t.Errorf("a member is invited again: %d\n%s", status, page)
	}
}

var memberID = regexp.MustCompile(`action="/members/role"[^>]*>\s*<input type="hidden" name="person" value="([^"]+)"`)

var joinLink = regexp.MustCompile(`/join/[a-z0-9]+`)
