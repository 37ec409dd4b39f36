package site

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// seenIn is the revision that the forms of a page send back.
func seenIn(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`name="seen" value="(-?[0-9]+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the forms do not say what the page showed")
	}
	return m[1]
}

// TestNothingIsOverwritten: what somebody else did to a requirement after a page was shown
// stays, the page says who did what and holds what was entered, and sending that again
// counts; what one did oneself is in nobody's way.
func TestNothingIsOverwritten(t *testing.T) {
	site, _ := start(t)
	anna, ben := newVisitor(t, site), newVisitor(t, site)
	organisation := anna.begin("water-supplier.yaml")
	ben.joinWith(anna, "editor", "ben@example.org")
	at := organisation + "/requirements"
	look := func() string { _, page := anna.get(at + "?open=" + leaf); return page }
	form := func(seen, status, note string) url.Values {
		return url.Values{"requirement": {leaf}, "status": {status}, "note": {note}, "seen": {seen}}
	}
	old := seenIn(t, look())
	anna.must(at+"/assert", form(old, "partly", "Anna saw half of it"))
	anna.must(at+"/assert", form(old, "partly", "Anna saw more of it"))
	old = seenIn(t, look())
	_, page := ben.get(at + "?open=" + leaf)
	ben.must(at+"/assert", form(seenIn(t, page), "not_met", "Ben saw nothing"))
	status, page, _ := anna.post(at+"/assert", form(old, "met", "Anna saw all of it"))
	if status != http.StatusConflict || !strings.Contains(page, "Somebody else changed this in the meantime") || !strings.Contains(page, "Ben saw nothing") ||
		!strings.Contains(page, ">Anna saw all of it</textarea>") || !strings.Contains(page, `value="met" selected`) {
		t.Fatalf("a status over that of Ben: %d\n%s", status, page[max(0, strings.Index(page, `id="open"`)):])
	}
	if now := look(); !strings.Contains(now, "Ben saw nothing") || strings.Contains(now, "Anna saw all of it") {
		t.Error("the status of Ben is gone")
	}
	anna.must(at+"/assert", form(seenIn(t, page), "met", "Anna saw all of it"))
	if !strings.Contains(look(), "Anna saw all of it") {
		t.Error("sent again, the status was not kept")
	}
	anna.leavesOthers(t, ben, organisation)
}

// leavesOthers changes the owner and the status of two requirements, of which Ben changed one.
func (v visitor) leavesOthers(t *testing.T, ben visitor, organisation string) {
	t.Helper()
	const other = "cir.1.1.1.b"
	at := organisation + "/requirements"
	_, page := v.get(at)
	old := seenIn(t, page)
	people := regexp.MustCompile(`<option value="([0-9a-f-]{36})"`).FindAllStringSubmatch(page, -1)
	if len(people) < 2 {
		t.Fatal("nobody can be chosen")
	}
	ben.must(at+"/assign", url.Values{"requirement": {other}, "person": {people[0][1]}, "seen": {old}})
	ben.must(at+"/assert", url.Values{"requirement": {other}, "status": {"not_met"}, "note": {"Ben again"}, "seen": {old}})
	for act, more := range map[string]url.Values{"owner": {"person": {people[1][1]}}, "assert": {"status": {"met"}, "note": {"All of them"}}} {
		batch := func(seen string) string {
			f := url.Values{"act": {act}, "requirement": {leaf, other}, "seen": {seen}}
			for name, value := range more {
				f[name] = value
			}
			_, page, _ := v.post(at+"/batch", f)
			return page
		}
		page := batch(old)
		if !strings.Contains(page, "1 requirement changed") || !strings.Contains(page, "Ben Maier changed it after this page was shown") {
			t.Errorf("%s of two, of which Ben changed one:\n%.4000s", act, page[strings.Index(page, "<main"):])
		}
		if page = batch(seenIn(t, page)); !strings.Contains(page, "1 requirement changed") || strings.Contains(page, "Ben Maier changed it") {
			t.Errorf("%s once more:\n%.4000s", act, page[strings.Index(page, "<main"):])
		}
	}
	status, _, _ := v.post(at+"/assign", url.Values{"requirement": {other}, "person": {""}, "seen": {old}})
	if status != http.StatusConflict {
		t.Errorf("the owner whom Ben chose is taken away from an old page: %d", status)
	}
}
