package httpprobe

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/nisaba-platform/nisaba/exposure"
)

func cookies(v *view, f *exposure.Finding) {
	f.Expected = "Secure, HttpOnly and SameSite for cookies of sessions; Secure for all"
	var names, bad, weak []string
	session := false
	seen := map[string]bool{}
	for _, a := range v.trail {
		for _, line := range a.Header.Values("Set-Cookie") {
			c, ok := ParseCookie(line)
			if !ok || seen[c.Name] || len(seen) > 100 {
				continue
			}
			seen[c.Name] = true
			names = append(names, c.Name)
			grave, minor := c.faults(v.secure)
			session = session || len(grave) > 0 && c.session()
			if len(grave) > 0 {
				bad = append(bad, c.Name+": "+strings.Join(append(grave, minor...), ", "))
			} else if len(minor) > 0 {
				weak = append(weak, c.Name+": "+strings.Join(minor, ", "))
			}
		}
	}
	switch {
	case len(bad) > 0:
		say(f, exposure.Fail, "%s", strings.Join(append(bad, weak...), "; "))
		if session {
			f.Severity = exposure.High
		}
	case len(weak) > 0:
		say(f, exposure.Warn, "%s", strings.Join(weak, "; "))
	case len(names) > 0:
		say(f, exposure.Pass, "%s", strings.Join(names, ", "))
	default:
		say(f, exposure.Pass, noCookie)
	}
}

// site is the registrable part of a host, or the host.
func site(host string) string {
	if s, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(host)); err == nil {
		return s
	}
	return strings.ToLower(host)
}

func (v *view) own(u *url.URL) bool { return site(u.Hostname()) == site(v.page.URL.Hostname()) }

func integrity(v *view, f *exposure.Finding) {
	if v.noPage(f) {
		return
	}
	f.Expected = "scripts and styles of others carry an integrity attribute"
	var open, plain []string
	foreign := 0
	for _, r := range v.doc.resources {
		if r.tag != "script" && r.tag != "link-stylesheet" {
			continue
		}
		if r.tag == "script" && r.url.Scheme == "http" && v.secure {
			plain = append(plain, r.url.Host)
		}
		if v.own(r.url) {
			continue
		}
		foreign++
		if r.integrity == "" {
			open = append(open, r.url.Host+r.url.Path)
		}
	}
	switch {
	case len(plain) > 0:
		say(f, exposure.Fail, "scripts are loaded without encryption from %s", list(plain))
		f.Severity = exposure.High
	case len(open) > 0:
		say(f, exposure.Fail, "without integrity: %s", list(open))
	case foreign == 0:
		skip(f, exposure.NotApplicable, "the page loads no scripts or styles of others")
	default:
		say(f, exposure.Pass, "%d scripts and styles of others, all with integrity", foreign)
	}
}

// list writes the first of a list, each once.
func list(items []string) string {
	slices.Sort(items)
	items = slices.Compact(items)
	if n := len(items); n > 20 {
		return strings.Join(items[:20], ", ") + fmt.Sprintf(" and %d more", n-20)
	}
	return strings.Join(items, ", ")
}

// passive are elements whose content cannot change the page.
var passive = []string{"img", "audio", "video", "source", "track", "input", "link-icon"}

func mixed(v *view, f *exposure.Finding) {
	if !v.secure {
		skip(f, exposure.NotApplicable, "the page itself is not encrypted")
		return
	}
	if v.noPage(f) {
		return
	}
	f.Expected = "everything is loaded over HTTPS"
	var active, harmless []string
	for _, r := range v.doc.resources {
		switch {
		case r.url.Scheme != "http":
		case slices.Contains(passive, r.tag):
			harmless = append(harmless, r.url.Host+r.url.Path)
		default:
			active = append(active, r.url.Host+r.url.Path)
		}
	}
	for _, form := range v.doc.forms {
		if form.action.Scheme == "http" {
			active = append(active, "form to "+form.action.Host+form.action.Path)
		}
	}
	switch {
	case len(active) > 0:
		say(f, exposure.Fail, "without encryption: %s", list(append(active, harmless...)))
	case len(harmless) > 0:
		say(f, exposure.Fail, "pictures or sound without encryption: %s", list(harmless))
		f.Severity = exposure.Low
	default:
		say(f, exposure.Pass, "everything is encrypted")
	}
}

func untended(v *view, f *exposure.Finding) {
	var found []string
	pages := append(slices.Clone(v.trail[len(v.trail)-1:]), v.paths.answers()...)
	for i, a := range pages {
		title := v.title
		if i > 0 {
			title = readDocument(a.Body, a.URL).title
		}
		for _, s := range known().Untended {
			if s.fits(a, title) {
				found = append(found, s.What+" ("+a.URL.Path+")")
			}
		}
	}
	switch {
	case len(found) > 0:
		say(f, exposure.Fail, "%s", list(found))
	case v.page.Status >= 500:
		skip(f, exposure.Error, "the page could not be seen: status %d", v.page.Status)
	default:
		say(f, exposure.Pass, "none was recognised")
	}
}

// searched settles a check about paths that were not looked for; what was found
// counts all the same.
func (v *view) searched(f *exposure.Finding, found []signature) (settled bool) {
	switch {
	case len(found) > 0:
		return false
	case v.paths.skipped != "":
		skip(f, exposure.NotApplicable, "%s", v.paths.skipped)
		return true
	case v.paths.stopped != nil:
		skip(f, exposure.Error, "the search ended early: %v", v.paths.stopped)
		return true
	}
	return false
}

var severityRank = map[exposure.Severity]int{exposure.Critical: 4, exposure.High: 3, exposure.Medium: 2, exposure.Low: 1}

func sensitive(v *view, f *exposure.Finding) {
	found := v.paths.sensitive
	if v.searched(f, found) {
		return
	}
	f.Expected = "none of the paths shows its content"
	if len(found) == 0 {
		say(f, exposure.Pass, "none of %d paths shows its content", v.paths.asked["sensitive"])
		return
	}
	outcome, worst := exposure.Warn, exposure.Low
	var text []string
	for _, s := range found {
		path, _, _ := strings.Cut(s.Path, "?")
		text = append(text, path+": "+s.What)
		if !s.Warn {
			outcome = exposure.Fail
		}
		if severityRank[s.Severity] > severityRank[worst] {
			worst = s.Severity
		}
	}
	say(f, outcome, "%s", strings.Join(text, "; "))
	f.Severity = worst
}

// places names what was found, each thing once.
func places(found []signature) string {
	var text []string
	seen := map[string]bool{}
	for _, s := range found {
		if !seen[s.What] {
			seen[s.What] = true
			text = append(text, s.What+" (/"+strings.TrimPrefix(s.Path, "/")+")")
		}
	}
	return strings.Join(text, ", ")
}

func consoles(v *view, f *exposure.Finding) {
	if v.searched(f, v.paths.consoles) {
		return
	}
	f.Expected = "administration is reached from inside only"
	if len(v.paths.consoles) == 0 {
		say(f, exposure.Pass, "none of those that are known was found")
		return
	}
	say(f, exposure.Fail, "%s", places(v.paths.consoles))
}

func portals(v *view, f *exposure.Finding) {
	if v.searched(f, v.paths.portals) {
		return
	}
	if len(v.paths.portals) == 0 {
		skip(f, exposure.NotApplicable, "none of those that are known was found")
		return
	}
	say(f, exposure.Info, "%s: show that a second factor is asked for, which cannot be seen from outside", places(v.paths.portals))
}

func signInOpen(v *view, f *exposure.Finding) {
	if v.secure {
		skip(f, exposure.NotApplicable, "the connection is encrypted")
		return
	}
	for _, a := range v.trail {
		if a.Status == 401 && strings.HasPrefix(strings.ToLower(a.Header.Get("WWW-Authenticate")), "basic") {
			say(f, exposure.Fail, "a password is asked for without encryption (Basic, %s)", a.URL)
			return
		}
	}
	if v.noPage(f) {
		return
	}
	for _, form := range v.doc.forms {
		if form.password {
			say(f, exposure.Fail, "the form for signing in is sent without encryption")
			return
		}
	}
	say(f, exposure.Pass, "the start page asks for no password")
}

func compression(v *view, f *exposure.Finding) {
	switch {
	case !v.secure:
		skip(f, exposure.NotApplicable, "the connection is not encrypted")
	case v.packed == nil:
		skip(f, exposure.Error, "%v", v.asides["packed"])
	case v.packed.Header.Get("Content-Encoding") == "":
		say(f, exposure.Info, "answers are not compressed")
	default:
		say(f, exposure.Info, "answers are compressed (%s): pages that repeat what was sent beside a secret are open to BREACH", v.packed.Header.Get("Content-Encoding"))
	}
}

func obsolete(v *view, f *exposure.Finding) {
	var found []string
	for _, name := range []string{"X-XSS-Protection", "Public-Key-Pins", "Public-Key-Pins-Report-Only", "Expect-CT", "X-Content-Security-Policy", "X-WebKit-CSP", "Feature-Policy", "P3P"} {
		if value := v.page.Header.Get(name); value != "" && !(name == "X-XSS-Protection" && strings.HasPrefix(strings.TrimSpace(value), "0")) {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		say(f, exposure.Info, "none")
		return
	}
	say(f, exposure.Info, "%s", strings.Join(found, ", "))
}

func thirdParties(v *view, f *exposure.Finding) {
	if v.noPage(f) {
		return
	}
	var hosts []string
	for _, r := range v.doc.resources {
		if !v.own(r.url) {
			hosts = append(hosts, r.url.Hostname())
		}
	}
	if len(hosts) == 0 {
		say(f, exposure.Info, "the page loads nothing from others")
		return
	}
	say(f, exposure.Info, "%s", list(hosts))
}

func libraries(v *view, f *exposure.Finding) {
	if v.noPage(f) {
		return
	}
	var bad, fine []string
	seen := map[string]bool{}
	keep := func(found []loaded) {
		for _, l := range found {
			name := l.name + " " + l.version
			if seen[name] {
				continue
			}
			seen[name] = true
			if len(l.ids) > 0 {
				bad = append(bad, name+": "+strings.Join(l.ids, ", "))
			} else {
				fine = append(fine, name)
			}
		}
	}
	for _, r := range v.doc.resources {
		if r.tag == "script" {
			keep(v.libraries.find(r.url.Path, nil))
		}
	}
	for _, s := range v.scripts {
		keep(v.libraries.find(s.path, s.text))
	}
	note := " (list: " + v.libraries.Source + ")"
	switch {
	case len(bad) > 0:
		say(f, exposure.Fail, "%s%s", strings.Join(bad, "; "), note)
	case len(fine) > 0:
		say(f, exposure.Pass, "%s%s", list(fine), note)
	default:
		say(f, exposure.Info, "no library of the list was recognised%s", note)
	}
}

func secrets(v *view, f *exposure.Finding) {
	if v.noPage(f) {
		return
	}
	found := findSecrets(v.page.Body, v.page.URL.Path)
	for _, s := range v.scripts {
		found = append(found, findSecrets(s.text, s.path)...)
	}
	switch {
	case len(found) == 0 && v.unread != nil:
		skip(f, exposure.Error, "a script could not be read: %v", v.unread)
		return
	case len(found) == 0:
		say(f, exposure.Pass, "none in the start page and %d scripts", len(v.scripts))
		return
	}
	var text []string
	for _, l := range found {
		text = append(text, fmt.Sprintf("%s in %s (%s)", l.what, l.where, l.start))
	}
	say(f, exposure.Fail, "%s", list(text))
}

func fronts(v *view, f *exposure.Finding) {
	var found []string
	for _, s := range known().Fronts {
		for _, a := range v.trail {
			if s.fits(a, "") {
				found = append(found, s.What)
				break
			}
		}
	}
	if len(found) == 0 {
		say(f, exposure.Info, "none was recognised")
		return
	}
	say(f, exposure.Info, "%s; whether the server behind answers directly was not tested", list(found))
}

func protocols(v *view, f *exposure.Finding) {
	if !v.secure {
		skip(f, exposure.NotApplicable, "browsers use HTTP/2 and HTTP/3 over TLS only")
		return
	}
	if err := v.asides["protocols"]; err != nil {
		skip(f, exposure.Error, "%v", err)
		return
	}
	text := "HTTP/1.1"
	if v.protocols == "h2" {
		text += ", HTTP/2 (keep the server up to date: floods of cancelled requests are not tested)"
	}
	for _, a := range v.trail {
		if strings.Contains(a.Header.Get("Alt-Svc"), "h3") {
			text += ", HTTP/3 (announced)"
			break
		}
	}
	say(f, exposure.Info, "%s", text)
}
