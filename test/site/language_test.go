package site

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
)

// asking is a browser that asks for a language.
type asking string

func (l asking) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Language", string(l))
	return http.DefaultTransport.RoundTrip(r)
}

// TestLanguage: visitors read pages and what is wrong with their forms in the
// language of their browser; whoever is signed in reads all of it in the language of
// the account, until it is left to the browser.
func TestLanguage(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.http.Transport = asking("de-AT,de;q=0.9,en;q=0.5")

	first := url.Values{"workspace": {"Seewinkel Beratung"}, "kind": {"provider"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {"kurz"}}
	status, page, _ := v.post("/start", first)
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, `<html lang="de"`) {
		t.Errorf("a German form with a mistake: %d %.100s", status, page)
	}
	wrong := regexp.MustCompile(`id="f-password-error">(.*?)</p>`).FindStringSubmatch(page)
	if wrong == nil || !strings.HasSuffix(wrong[1], "Das Passwort ist zu kurz oder zu lang; erwartet: 12 bis 256 Zeichen; mehrere Wörter sind leicht zu merken") {
		t.Errorf("the field says %q", wrong)
	}
	first.Set("password", password)
	v.post("/start", first)
	organisation := v.add("water-supplier.yaml")

	spoken := func(why, want string, words map[string]string) {
		t.Helper()
		for path, text := range words {
			if _, page := v.get(path); !strings.Contains(page, `<html lang="`+want+`"`) || !strings.Contains(page, text) {
				t.Errorf("%s: %s is not in %q with %q", why, path, want, text)
			}
		}
	}
	known, err := catalog.Load(content.FS, "de", "fr")
	if err != nil {
		t.Fatal(err)
	}
	// asked is a question of the first part as the page shows it.
	asked := func(language string) string {
		q, _ := known.In(language).Question("q.governance.approval")
		return html.EscapeString(q.Text)
	}
	// found is a requirement as a search for its title in the language lists it.
	found := func(language string) (path, text string) {
		r, _ := known.In(language).Get("nis2.21.2.a.policy")
		return "/search?q=" + url.QueryEscape(r.Title), html.EscapeString(r.ID + " · " + r.Title)
	}
	german := map[string]string{organisation + "/questions?topic=governance": asked("de"), "/account/notices": "Hinweise und E-Mails", "/nowhere": "Hier ist nichts", "/about": "Rechtsberatung", organisation + "/requirements/none": "Hier ist nichts"}
	french := map[string]string{organisation + "/questions?topic=governance": asked("fr"), "/account/notices": "Avis et courriels", "/nowhere": "Il n’y a rien ici", "/about": "conseil juridique", organisation + "/requirements/none": "Il n’y a rien ici"}
	for language, texts := range map[string]map[string]string{"de": german, "fr": french} {
		path, text := found(language)
		texts[path] = text
	}
	spoken("a new account", "de", german)
	v.onlyIn(known, "de", organisation)
	v.http.Transport = asking("fr")
	spoken("the same in a French browser", "de", german)
	v.http.Transport = asking("en")
	v.post("/account/notices", url.Values{"language": {"fr"}})
	spoken("French is chosen", "fr", french)
	if _, page, _ := v.post("/account/notices", url.Values{"language": {"fr"}, "zone": {"Europe/Atlantis"}}); !strings.Contains(page, "Ce fuseau horaire n’existe pas") {
		t.Errorf("a mistake is not named in French:\n%s", page)
	}
	v.http.Transport = asking("de")
	v.post("/account/notices", url.Values{"language": {"browser"}})
	spoken("left to the browser", "de", german)
	v.http.Transport = asking("fr, de;q=0.4")
	spoken("left to another browser", "fr", french)
}

// onlyIn opens the pages of an organisation that show the catalogue: they have its
// questions and titles in the language and none in English, also once the plan is
// adopted.
func (v visitor) onlyIn(known *catalog.Catalogue, language, organisation string) {
	v.t.Helper()
	in, english, seen := known.In(language), map[string]string{}, 0
	for i, q := range known.Questions() {
		english[html.EscapeString(q.Text)] = html.EscapeString(in.Questions()[i].Text)
	}
	for i, r := range known.All() {
		english[html.EscapeString(r.Title)] = html.EscapeString(in.At(i).Title)
	}
	look := func(path string) {
		status, page := v.get(organisation + path)
		if status != http.StatusOK {
			v.t.Errorf("%s: %d", path, status)
		}
		for text, said := range english {
			switch {
			case len(text) < 20 || text == said:
			case strings.Contains(page, text):
				v.t.Errorf("%s says %q, in the language %q", path, text, said)
			case strings.Contains(page, said):
				seen++
			}
		}
	}
	for _, path := range []string{"", "/questions?topic=c", "/requirements?open=nis2.21.2.c.backup", "/requirements.csv", "/plan/adopt", "/evidence/new", "/suggestions", "/delegations", "/board"} {
		look(path)
	}
	v.post(organisation+"/plan/adopt", url.Values{"all": {"yes"}})
	look("/plan")
	if seen < 200 {
		v.t.Errorf("only %d texts of the catalogue are on the pages", seen)
	}
}
