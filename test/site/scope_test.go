package site

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/onboarding"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/test/browser"
)

// The fields of the two years that the questions about figures ask for.
var lastYear, yearBefore = onboarding.YearField(time.Now().UTC().Year() - 1), onboarding.YearField(time.Now().UTC().Year() - 2)

func scopeForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/scope":         {"question": {"employees"}, "version": {"1"}, lastYear: {"85"}},
		client + "/scope/preview": {"question": {"employees"}, lastYear: {"85"}},
	}
}

// create makes an organisation of which only the name is known, and returns its
// address and where that led.
func (v visitor) create(name, kind string) (organisation, at string) {
	v.t.Helper()
	status, page, at := v.post("/organisations", url.Values{"name": {name}, "kind": {kind}})
	if status != http.StatusOK {
		v.t.Fatalf("creating led to %s with %d:\n%.600s", at, status, page)
	}
	return strings.TrimSuffix(at, "/scope"), at
}

var versionField = regexp.MustCompile(`name="version" value="([0-9]+)"`)

// versionOf is the version that the open screen of the wizard would send.
func (v visitor) versionOf(organisation, question string) string {
	v.t.Helper()
	_, page := v.get(organisation + "/scope?question=" + url.QueryEscape(question))
	found := versionField.FindStringSubmatch(page)
	if found == nil {
		v.t.Fatalf("the question %s has no form:\n%.800s", question, page)
	}
	return found[1]
}

// reply answers a question of the wizard.
func (v visitor) reply(organisation, question string, values url.Values) (status int, page, at string) {
	v.t.Helper()
	form := url.Values{"question": {question}, "version": {v.versionOf(organisation, question)}}
	for name, list := range values {
		form[name] = list
	}
	return v.post(organisation+"/scope", form)
}

// begun is a visitor who owns a workspace.
func begun(t *testing.T, site string) visitor {
	v := newVisitor(t, site)
	v.post("/start", url.Values{"workspace": {"Seewinkel Beratung"}, "kind": {"provider"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {password}})
	return v
}

// TestScopeWizard works without script: a prospect of which only the name is known
// is led from question to question to a determination, which a changed fact opens
// again with what it was and what it is.
func TestScopeWizard(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	organisation, at := v.create("Bäckerei Sonnleitner", "prospect")
	if at != organisation+"/scope" {
		t.Fatalf("a new organisation is at %s", at)
	}
	for _, step := range []struct {
		question string
		values   url.Values
	}{
		{"types", url.Values{"type": {"food.business"}}},
		{"places", url.Values{"established": {"DE"}, "serves": {"DE", "AT"}, "serves_other": {"CH"}}},
		{"employees", url.Values{lastYear: {"40"}, yearBefore: {"38,5"}}},
		{"group", url.Values{"member": {"no"}}},
		{"turnover", url.Values{lastYear: {"12.000.000"}, yearBefore: {"11 500 000"}}},
		{"balance", url.Values{lastYear: {"10 500 000"}, yearBefore: {"10.200.000"}}},
		{"cer", url.Values{"answer": {"no"}}},
		{"identified", url.Values{"answer": {"none"}, "claim": {"sole_provider_claimed"}}},
		{"oes", url.Values{"answer": {"no"}}},
	} {
		_, page := v.get(organisation + "/scope")
		if !strings.Contains(page, `name="question" value="`+step.question+`"`) {
			t.Fatalf("expected the question %s:\n%.1500s", step.question, page[strings.Index(page, "<main"):])
		}
		if status, page, _ := v.reply(organisation, step.question, step.values); status != http.StatusOK {
			t.Fatalf("%s: %d\n%.800s", step.question, status, page)
		}
	}
	_, page := v.get(organisation + "/scope/result")
	for _, want := range []string{"Important entity", "Art. 2(1)", "consolidated text", "commentary", "Bundesamt", "only provider"} {
		if !strings.Contains(page, want) {
			t.Errorf("the result does not say %q", want)
		}
	}
	if strings.Contains(page, "exempted from DORA") {
		t.Error("the result lists an answer that nobody was asked for")
	}
	if status, page, at := v.post(organisation+"/determine", url.Values{}); status != http.StatusOK || at != organisation+"/scope/result" ||
		!strings.Contains(page, "by Anna Huber. It stands.") {
		t.Fatalf("keeping led to %s with %d:\n%.800s", at, status, page)
	}
	v.reply(organisation, "employees", url.Values{lastYear: {"75"}, yearBefore: {"60"}})
	_, page = v.get(organisation + "/scope/result")
	for _, want := range []string{"is open again: a fact changed", "Staff in annual work units " + lastYear[1:], "40", "75"} {
		if !strings.Contains(page, want) {
			t.Errorf("the re-opened determination does not say %q", want)
		}
	}
}

// TestScopeNonsense: what cannot be used comes back with an error beside its field
// and what was typed, and changes nothing.
func TestScopeNonsense(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	organisation, _ := v.create("Example", "client")
	const hostile = `"><script>alert(1)</script>`
	for _, tc := range []struct {
		question, field string
		values          url.Values
	}{
		{"types", "type", url.Values{}},
		{"types", "type", url.Values{"type": {"no.such"}}},
		{"types", "type", url.Values{"type": {"food.business"}, "none": {"yes"}}},
		{"places", "established", url.Values{}},
		{"places", "established", url.Values{"established": {"XX"}}},
		{"places", "serves_other", url.Values{"established": {"DE"}, "serves_other": {hostile}}},
		{"employees", lastYear, url.Values{lastYear: {"-5"}}},
		{"employees", lastYear, url.Values{lastYear: {hostile}}},
		{"employees", lastYear, url.Values{lastYear: {"1e99"}}},
		{"employees", lastYear, url.Values{lastYear: {""}}},
		{"employees", lastYear, url.Values{lastYear: {"12,5,6"}}},
		{"turnover", lastYear, url.Values{lastYear: {"NaN"}}},
		{"group", "member", url.Values{}},
		{"group", "name_0", url.Values{"member": {"yes"}}},
		{"group", "share_0", url.Values{"member": {"yes"}, "relation_0": {"partner"}, "name_0": {"X"}, "share_0": {"140"}}},
		{"group", "share_0", url.Values{"member": {"yes"}, "relation_0": {"linked"}, "name_0": {"X"}, "share_0": {"half"}}},
		{"group", "employees_0", url.Values{"member": {"yes"}, "relation_0": {"linked"}, "name_0": {"X"}, "employees_0": {"many"}}},
		{"cer", "answer", url.Values{"answer": {"perhaps"}}},
		{"identified", "answer", url.Values{}},
		{"decisions_in", "answer", url.Values{"answer": {"QQ"}}},
		{"security", "answer", url.Values{"answer": {hostile}}},
	} {
		before := v.versionOf(organisation, tc.question)
		status, page, _ := v.reply(organisation, tc.question, tc.values)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, `id="f-`+tc.field+`-error"`) || strings.Contains(page, "<script>alert") {
			t.Errorf("%s with %v: %d, no error at %s", tc.question, tc.values, status, tc.field)
		}
		if typed := tc.values.Get(lastYear); typed == "-5" && !strings.Contains(page, `value="-5"`) {
			t.Errorf("%s: what was typed is lost", tc.question)
		}
		if after := v.versionOf(organisation, tc.question); after != before {
			t.Errorf("%s with %v changed the facts", tc.question, tc.values)
		}
	}
	for _, path := range []string{"/scope?question=no.such"} {
		if status, _ := v.get(organisation + path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// TestUndecidedLeadsOn: who does not know the answers reaches a result that is open,
// and from there each fact that would decide, also when no question is left.
func TestUndecidedLeadsOn(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	organisation, _ := v.create("Example", "client")
	v.reply(organisation, "types", url.Values{"type": {"health.provider"}})
	v.reply(organisation, "places", url.Values{"established": {"DE"}})
	v.reply(organisation, "employees", url.Values{lastYear: {"45"}})
	_, page, at := v.reply(organisation, "group", url.Values{"member": {"yes"}, "relation_0": {"linked"}, "name_0": {"Holding"}, "employees_0": {"20"}})
	asked := regexp.MustCompile(`name="question" value="([^"]+)"`)
	for range 30 {
		if strings.HasSuffix(at, "/result") {
			break
		}
		id := asked.FindStringSubmatch(page)
		if id == nil {
			t.Fatalf("%s asks nothing", at)
		}
		values := url.Values{"unknown": {"yes"}}
		if id[1] == "identified" {
			values = url.Values{"answer": {"none"}}
		}
		_, page, at = v.reply(organisation, id[1], values)
	}
	items := regexp.MustCompile(`<li>[^<]*(<a href="[^"]*">)?Find out: `).FindAllStringSubmatch(page, -1)
	if len(items) == 0 {
		t.Fatalf("%s names no fact that would decide:\n%.2000s", at, page)
	}
	for _, i := range items {
		link := strings.TrimSuffix(strings.TrimPrefix(i[1], `<a href="`), `">`)
		if link == "" {
			t.Errorf("%s is no link", i[0])
		} else if status, _ := v.get(html.UnescapeString(link)); status != http.StatusOK {
			t.Errorf("%s: %d", link, status)
		}
	}
	if !strings.Contains(page, "scope?question=group") {
		t.Error("the figures of the group have no way to them")
	}
	_, page = v.get(organisation + "/scope?question=group")
	if strings.Contains(page, "No open question can change this") || !strings.Contains(page, "Facts that are still unknown can change this") {
		t.Error("the page says that nothing can change an open result")
	}
}

// TestOtherCountriesByName: the summary of mistakes tells the two lists apart.
func TestOtherCountriesByName(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	organisation, _ := v.create("Example", "client")
	_, page, _ := v.reply(organisation, "places", url.Values{"established": {"DE"}, "established_other": {"Atlantis"}, "serves_other": {"Utopia"}})
	for _, want := range []string{"Countries with an establishment, Other countries: ", "Countries in which you offer services, Other countries: "} {
		if !strings.Contains(page, want) {
			t.Errorf("the summary does not say %q", want)
		}
	}
}

// TestTwoAtOnce: two people answer at the same time. The second is told, and
// neither answer is lost.
func TestTwoAtOnce(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	organisation, _ := v.create("Example", "client")
	version := v.versionOf(organisation, "employees")
	if status, _, _ := v.reply(organisation, "types", url.Values{"type": {"food.business"}}); status != http.StatusOK {
		t.Fatal(status)
	}
	late := url.Values{"question": {"employees"}, "version": {version}, lastYear: {"77"}}
	status, page, _ := v.post(organisation+"/scope", late)
	if status != http.StatusConflict || !strings.Contains(page, "Nothing is lost") || !strings.Contains(page, `value="77"`) {
		t.Fatalf("%d:\n%.800s", status, page)
	}
	late.Set("version", versionField.FindStringSubmatch(page)[1])
	if status, page, _ := v.post(organisation+"/scope", late); status != http.StatusOK {
		t.Fatalf("%d:\n%.800s", status, page)
	}
	_, page = v.get(organisation + "/scope/result")
	if !strings.Contains(page, lastYear[1:]+": 77") || !strings.Contains(page, "Food business") {
		t.Error("an answer was lost")
	}
}

// walk answers the questions of the wizard with keys alone. Each step is what to
// press after the element with the selector has the focus.
func walk(b *browser.Browser, steps []keys) {
	for _, k := range steps {
		b.Do(chromedp.WaitVisible(`input[name=question][value="` + k.question + `"] ~ .actions`))
		if k.question == onboarding.AskTypes { // Enter opens the sector
			b.Do(chromedp.Focus(`details:has(`+k.focus+`) summary`), chromedp.KeyEvent(kb.Enter))
		}
		b.Do(chromedp.Focus(k.focus))
		if k.press != "" {
			b.Do(chromedp.KeyEvent(k.press))
		}
		b.Do(chromedp.KeyEvent(kb.Enter))
	}
}

type keys struct{ question, focus, press string }

// TestScopeByKeyboard walks the whole wizard in a real browser for two
// organisations of different classes, with script and without; axe checks every
// kind of screen. With SCREENSHOTS set to a folder it also writes the pictures.
func TestScopeByKeyboard(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	b := browser.Start(t)
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".person"))
	for _, script := range []bool{true, false} {
		b.ScriptsOff(!script)
		for _, tc := range []struct {
			name, class string
			steps       []keys
		}{
			{"Cloud GmbH", "Essential entity", []keys{
				{"types", typeBox("digital-infra.cloud"), " "},
				{"places", "#f-established-5", " "}, // Germany
				{"employees", "#f-" + lastYear, "300"},
			}},
			{"Court of Audit", "Not in scope", []keys{
				{"types", typeBox("research.organisation"), " "},
				{"facts.education_institution", "#f-answer-0", " "},
				{"places", "#f-established-5", " "},
				{"cer", "#f-answer-1", " "},
				{"oes", "#f-answer-1", " "},
				{"national.covers_education", "#f-answer-1", " "},
			}},
		} {
			organisation, _ := v.create(tc.name, "client")
			b.Open(site+organisation+"/scope", 1280, false)
			walk(b, tc.steps)
			b.Do(chromedp.WaitVisible("#answers"))
			_, page := v.get(organisation + "/scope/result")
			if !strings.Contains(page, "Result: "+tc.class) {
				t.Errorf("%s, script %v: not %s", tc.name, script, tc.class)
			}
		}
	}
	b.ScriptsOff(false)
	organisation, _ := v.create("Narrowing", "client")
	b.Open(site+organisation+"/scope", 1280, false)
	b.Do(chromedp.Focus(`#f-type-filter`), chromedp.KeyEvent("food"))
	if n := browser.Evaluate[int](b, `[...document.querySelectorAll("#f-type-groups .choice")].filter((c) => c.checkVisibility()).length`); n == 0 || n > 12 {
		t.Errorf("the filter shows %d activities", n)
	}
	b.Do(chromedp.Evaluate[chromedp.Void](`const field = document.querySelector("#f-type-filter"); field.value = "Hôpital"; field.dispatchEvent(new Event("input", {bubbles: true}))`))
	if shown := browser.Evaluate[string](b, `[...document.querySelectorAll("#f-type-groups .choice")].filter((c) => c.checkVisibility()).map((c) => c.querySelector("input").value).join()`); shown != "health.provider" {
		t.Errorf("Hôpital finds %q", shown)
	}
	b.Do(chromedp.Evaluate[chromedp.Void](`field.value = "food"; field.dispatchEvent(new Event("input", {bubbles: true}))`))
	b.Do(chromedp.Focus(typeBox("food.business")), chromedp.KeyEvent(" "))
	narrowed := browser.Evaluate[bool](b, `new Promise((done) => {
		const until = Date.now() + 180000;
		const look = () => document.querySelector("#so-far .off b")?.innerText.startsWith("Registration") ? done(true) :
			Date.now() > until ? done(false) : setTimeout(look, 50);
		look();
	})`)
	if !narrowed {
		t.Error("the side panel does not narrow when an activity is chosen")
	}
	check(t, b, site, organisation)
}

// TestActivitiesByTheirOwnWords: whoever does not know the word of the law finds an
// entity type by a usual one, in each language and without script; what was chosen
// before stays chosen, and the answer is still that of the law.
func TestActivitiesByTheirOwnWords(t *testing.T) {
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range annex.All() {
		for _, l := range messages.Languages() {
			if !messages.Printer(l).Has("annex.words." + kind.ID) {
				t.Errorf("%s: no words for %s", l, kind.ID)
			}
		}
	}
	site, _ := start(t)
	v := begun(t, site)
	organisation, _ := v.create("Stadtwerke Seewinkel", "client")
	box := regexp.MustCompile(`name="type" value="([^"]+)"( checked)?`)
	find := func(words string, form url.Values) (kinds, chosen []string, page string) {
		t.Helper()
		form.Set("words", words)
		status, page, _ := v.reply(organisation, "types", form)
		if status != http.StatusOK {
			t.Fatalf("%q: %d\n%.800s", words, status, page)
		}
		for _, m := range box.FindAllStringSubmatch(page, -1) {
			kinds = append(kinds, m[1])
			if m[2] != "" {
				chosen = append(chosen, m[1])
			}
		}
		return kinds, chosen, page
	}
	for words, tc := range map[string]struct {
		kinds string // that must be among those found
		most  int
	}{
		"water utility": {"water.drinking.supplier water.waste.operator", 2}, "hospital": {"health.provider", 1}, "cloud": {"digital-infra.cloud", 1},
		"MSP": {"ict-service.msp", 1}, "data centre": {"digital-infra.datacentre", 2}, "data center": {"digital-infra.datacentre", 1}, "Krankenhaus": {"health.provider", 1},
		"Stadtwerke": {"energy.electricity.supplier energy.electricity.dso energy.gas.supplier energy.gas.dso energy.district.operator water.drinking.supplier water.waste.operator", 9},
		"hôpital":    {"health.provider", 1}, "HOPITAL": {"health.provider", 1}, "Systemhaus": {"ict-service.msp", 1}, "infogérance": {"ict-service.msp", 1},
		"fabricant":    {"manufacturing.medical-devices manufacturing.electronics manufacturing.electrical manufacturing.machinery manufacturing.motor-vehicles manufacturing.transport-other chemicals.undertaking food.business", 12},
		"Maschinenbau": {"manufacturing.machinery", 3}, "Sparkasse": {"banking.credit-institution", 1}, "Mairie": {"public-admin.local", 1}, "Gemeinde": {"public-admin.local", 1},
		"SaaS": {"digital-infra.cloud", 1}, "SOC": {"ict-service.mssp", 4}, "Müll": {"waste.undertaking", 1}, "ISP": {"digital-infra.ecn digital-infra.ecs", 4}, "wind farm": {"energy.electricity.producer", 1},
		"charging station": {"energy.electricity.recharging", 1}, "Kläranlage": {"water.waste.operator", 1}, "registrar": {"domain-registration.provider", 2}, "university": {"education", 1}, "pharmacie": {"health.provider", 1},
	} {
		kinds, _, _ := find(words, url.Values{"filter": {"yes"}})
		for _, want := range strings.Fields(tc.kinds) {
			if !slices.Contains(kinds, want) {
				t.Errorf("%q does not find %s: %v", words, want, kinds)
			}
		}
		if len(kinds) > tc.most {
			t.Errorf("%q finds %d types: %v", words, len(kinds), kinds)
		}
	}
	if kinds, _, page := find("zzzz", url.Values{"filter": {"yes"}}); len(kinds) < 50 || !strings.Contains(page, `role="status">Nothing found`) {
		t.Errorf("a word that finds nothing shows %d types", len(kinds))
	}
	// Enter in the field looks for the words, and Enter elsewhere answers the question.
	kinds, chosen, _ := find("sewage", url.Values{"enter": {"yes"}, "filtered": {"hospital"}, "type": {"energy.gas.dso"}})
	if !slices.Equal(kinds, []string{"energy.gas.dso", "water.waste.operator"}) || !slices.Equal(chosen, []string{"energy.gas.dso"}) {
		t.Errorf("sewage after a gas grid was chosen: %v, of which %v are chosen", kinds, chosen)
	}
	if _, page, _ := v.reply(organisation, "types", url.Values{"words": {"sewage"}, "enter": {"yes"}, "filtered": {"sewage"}, "type": {"energy.gas.dso", "water.waste.operator"}}); strings.Contains(page, `id="f-type-filter"`) {
		t.Error("Enter beside the field does not answer the question")
	}
}

func typeBox(id string) string { return `input[name=type][value="` + id + `"]` }

// check looks at one screen of every kind, and at the result.
func check(t *testing.T, b *browser.Browser, site, organisation string) {
	t.Helper()
	pages := map[string]string{"scope-result": organisation + "/scope/result"}
	seen := map[onboarding.Kind]bool{}
	for _, q := range onboarding.Questions() {
		if !seen[q.Kind] {
			seen[q.Kind] = true
			pages["scope-"+string(q.Kind)] = organisation + "/scope?question=" + url.QueryEscape(q.ID)
		}
	}
	folder := os.Getenv("SCREENSHOTS")
	for name, path := range pages {
		for _, view := range []struct {
			width int
			dark  bool
		}{{1280, false}, {360, true}} {
			b.Open(site+path, view.width, view.dark)
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: the page is %d px wider than the window", name, view.width, n)
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, name+map[bool]string{true: "-dark", false: ""}[view.dark]+".png"))
			}
			for _, violation := range b.Axe() {
				t.Errorf("%s at %d: %s", name, view.width, violation)
			}
		}
	}
}
