package httpprobe

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// judge decides one check.
type judge struct {
	check string
	hint  string // path and options of the command that shows the same
	judge func(*view, *exposure.Finding)
}

func judges() []judge {
	return []judge{
		{"HTTP-03", "/", strictTransport}, {"HTTP-04", "/", contentPolicy}, {"HTTP-05", "/", framing}, {"HTTP-06", "/", sniffing},
		{"HTTP-07", "/", referrer}, {"HTTP-08", "/", isolation}, {"HTTP-09", "/ -H 'Origin: " + foreignOrigin + "'", sharing},
		{"HTTP-10", "/", cookies}, {"HTTP-11", "/", integrity}, {"HTTP-12", "/", mixed}, {"HTTP-14", "/", versions}, {"HTTP-15", "/", untended},
		{"HTTP-16", "/", sensitive}, {"HTTP-17", "/", consoles}, {"HTTP-18", "/", portals}, {"HTTP-19", "/", signInOpen},
		{"HTTP-20", "/ -X TRACE -H 'X-Nisaba: " + traceMark + "'", methods}, {"HTTP-21", "/ -H 'Accept-Encoding: gzip, br'", compression},
		{"HTTP-22", "/", obsolete}, {"HTTP-23", "/", thirdParties}, {"HTTP-24", "/", libraries}, {"HTTP-25", "/", secrets},
		{"HTTP-26", "/", fronts}, {"HTTP-28", "/ --http2", protocols},
	}
}

func say(f *exposure.Finding, o exposure.Outcome, format string, args ...any) {
	f.Outcome, f.Observed = o, shorten(fmt.Sprintf(format, args...), 2000)
}

func skip(f *exposure.Finding, o exposure.Outcome, format string, args ...any) {
	f.Outcome, f.Reason = o, shorten(fmt.Sprintf(format, args...), 500)
}

// shorten keeps text that a server sent within limits, and printable.
func shorten(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// onlyRedirects settles a check about a page when the service only sends its
// visitors elsewhere.
func (v *view) onlyRedirects(f *exposure.Finding) bool {
	if v.away != nil {
		skip(f, exposure.NotApplicable, "the service only leads to %s", v.away)
		return true
	}
	return false
}

// noPage settles a check about a page that is none, or that was not shown.
func (v *view) noPage(f *exposure.Finding) bool {
	switch {
	case v.onlyRedirects(f):
		return true
	case v.page.Status >= 500:
		skip(f, exposure.Error, "the page could not be seen: status %d", v.page.Status)
		return true
	case v.page.Status >= 400:
		skip(f, exposure.NotTested, "the page is not shown: status %d", v.page.Status)
		return true
	}
	return v.noDocument(f)
}

// noDocument settles a check about what comes with a page, of whatever status, when
// the answer is none.
func (v *view) noDocument(f *exposure.Finding) bool {
	if v.onlyRedirects(f) {
		return true
	}
	if v.doc == nil {
		skip(f, exposure.NotApplicable, "the answer is no page (%s)", v.page.Header.Get("Content-Type"))
	}
	return v.doc == nil
}

// HSTS is a Strict-Transport-Security header, RFC 6797.
type HSTS struct {
	MaxAge            uint64 // seconds
	IncludeSubDomains bool
	Preload           bool
}

// ParseHSTS reads a header. An error says why browsers ignore it.
func ParseHSTS(value string) (h HSTS, err error) {
	seen := map[string]bool{}
	for _, d := range strings.Split(value[:min(len(value), 4096)], ";") {
		name, arg, _ := strings.Cut(strings.TrimSpace(d), "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		if seen[name] {
			return h, fmt.Errorf("%s stands twice", name)
		}
		seen[name] = true
		switch name {
		case "max-age":
			h.MaxAge, err = strconv.ParseUint(strings.Trim(strings.TrimSpace(arg), `"`), 10, 63)
			if err != nil {
				return h, fmt.Errorf("max-age is no number")
			}
		case "includesubdomains":
			h.IncludeSubDomains = true
		case "preload":
			h.Preload = true
		}
	}
	if !seen["max-age"] {
		return h, fmt.Errorf("max-age is missing")
	}
	return h, nil
}

// The least ages of HSTS in seconds: six months and a year.
const (
	halfYear = 15768000
	year     = 31536000
)

func strictTransport(v *view, f *exposure.Finding) {
	switch {
	case !v.secure:
		skip(f, exposure.NotApplicable, "browsers take the header over HTTPS only")
		return
	case v.target.Name == "":
		skip(f, exposure.NotApplicable, "browsers take the header for names only")
		return
	}
	f.Expected = "max-age=31536000; includeSubDomains"
	list := v.trail[0].Header.Values("Strict-Transport-Security")
	if len(list) == 0 {
		say(f, exposure.Fail, "the header is missing")
		return
	}
	h, err := ParseHSTS(list[0])
	switch {
	case err != nil:
		say(f, exposure.Fail, "%s (browsers ignore it: %v)", list[0], err)
	case v.trusted != nil:
		say(f, exposure.Fail, "%s (browsers ignore it, because the certificate is not trusted: %v)", list[0], v.trusted)
	case h.MaxAge < halfYear:
		say(f, exposure.Fail, "%s (less than six months)", list[0])
	case h.MaxAge < year:
		say(f, exposure.Warn, "%s (less than a year)", list[0])
	case !h.IncludeSubDomains:
		say(f, exposure.Warn, "%s (names below are left out)", list[0])
	default:
		say(f, exposure.Pass, "%s", list[0])
	}
}

// policies are those that a browser enforces for the page.
func (v *view) policies() (out []Policy) {
	for _, value := range v.page.Header.Values("Content-Security-Policy") {
		out = append(out, ParsePolicies(value)...)
	}
	if v.doc == nil {
		return out
	}
	for _, value := range v.doc.policies {
		for _, p := range ParsePolicies(value) {
			delete(p, "frame-ancestors") // not taken from a meta element
			out = append(out, p)
		}
	}
	return out[:min(len(out), mostPolicies)]
}

// What the score is derived from.
const (
	noPolicy    = "there is no policy"
	onlyReports = "the policy only reports"
	noCookie    = "no cookie is set"
)

func contentPolicy(v *view, f *exposure.Finding) {
	if v.noDocument(f) {
		return
	}
	f.Expected = "default-src 'self' or 'none'; object-src 'none'; base-uri, form-action and frame-ancestors set; no 'unsafe-inline', 'unsafe-eval', * or http:"
	policies := v.policies()
	if len(policies) == 0 {
		say(f, exposure.Fail, noPolicy)
		if v.page.Header.Get("Content-Security-Policy-Report-Only") != "" {
			say(f, exposure.Fail, onlyReports)
		}
		return
	}
	grave, weak := judgePolicies(policies)
	switch {
	case len(grave) > 0:
		say(f, exposure.Fail, "%s", strings.Join(append(grave, weak...), "; "))
	case len(weak) > 0:
		say(f, exposure.Warn, "%s", strings.Join(weak, "; "))
	default:
		say(f, exposure.Pass, "%s", strings.Join(v.page.Header.Values("Content-Security-Policy"), ", "))
	}
}

func framing(v *view, f *exposure.Finding) {
	if v.noDocument(f) {
		return
	}
	f.Expected = "frame-ancestors 'self' or 'none', or X-Frame-Options: SAMEORIGIN or DENY"
	open := ""
	for _, p := range v.policies() {
		if list, ok := p["frame-ancestors"]; ok {
			if !slices.ContainsFunc(list, broadSource) {
				say(f, exposure.Pass, "frame-ancestors %s", strings.Join(list, " "))
				return
			}
			open = "frame-ancestors " + strings.Join(list, " ")
		}
	}
	if open != "" { // X-Frame-Options does not count beside it
		say(f, exposure.Fail, "%s", open)
		return
	}
	values := v.page.Header.Values("X-Frame-Options")
	if len(values) == 0 {
		say(f, exposure.Fail, "neither frame-ancestors nor X-Frame-Options is set")
		return
	}
	value := strings.ToUpper(strings.TrimSpace(values[0]))
	if len(values) == 1 && (value == "DENY" || value == "SAMEORIGIN") {
		say(f, exposure.Pass, "X-Frame-Options: %s", value)
		return
	}
	say(f, exposure.Fail, "X-Frame-Options: %s (browsers ignore it)", strings.Join(values, ", "))
}

func sniffing(v *view, f *exposure.Finding) {
	if v.onlyRedirects(f) {
		return
	}
	f.Expected = "X-Content-Type-Options: nosniff"
	value := v.page.Header.Get("X-Content-Type-Options")
	first, _, _ := strings.Cut(value, ",")
	switch {
	case value == "":
		say(f, exposure.Fail, "the header is missing")
	case strings.EqualFold(strings.TrimSpace(first), "nosniff"):
		say(f, exposure.Pass, "%s", value)
	default:
		say(f, exposure.Fail, "%s (not a value that is known)", value)
	}
}

// referrerRank orders the values that are known, from tight to loose.
var referrerRank = map[string]exposure.Outcome{"no-referrer": exposure.Pass, "same-origin": exposure.Pass, "strict-origin": exposure.Warn,
	"strict-origin-when-cross-origin": exposure.Warn, "origin": exposure.Fail, "origin-when-cross-origin": exposure.Fail,
	"no-referrer-when-downgrade": exposure.Fail, "unsafe-url": exposure.Fail}

func referrer(v *view, f *exposure.Finding) {
	if v.noDocument(f) {
		return
	}
	f.Expected = "Referrer-Policy: no-referrer or same-origin"
	said := strings.Join(v.page.Header.Values("Referrer-Policy"), ",")
	if v.doc.referrer != "" {
		said += "," + v.doc.referrer
	}
	last := ""
	for _, token := range strings.Split(said, ",") {
		if t := strings.ToLower(strings.TrimSpace(token)); referrerRank[t] != "" {
			last = t
		}
	}
	switch {
	case last != "":
		say(f, referrerRank[last], "%s", last)
	case said == "":
		say(f, exposure.Warn, "not set: browsers use strict-origin-when-cross-origin")
	default:
		say(f, exposure.Warn, "%s (not a value that is known)", said)
	}
}

func isolation(v *view, f *exposure.Finding) {
	if v.onlyRedirects(f) {
		return
	}
	var there, absent []string
	for _, name := range []string{"Permissions-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Cross-Origin-Resource-Policy"} {
		if value := v.page.Header.Get(name); value != "" {
			there = append(there, name+": "+value)
		} else {
			absent = append(absent, name)
		}
	}
	text := strings.Join(there, "; ")
	if len(absent) > 0 {
		text += "; not set: " + strings.Join(absent, ", ")
	}
	say(f, exposure.Info, "%s", strings.TrimPrefix(text, "; "))
}

// foreignOrigin is an origin that no server knows.
const foreignOrigin = "https://nisaba.invalid"

func sharing(v *view, f *exposure.Finding) {
	if err := v.asides["cors"]; err != nil && len(v.cors) == 0 {
		skip(f, exposure.Error, "%v", err)
		return
	}
	f.Expected = "other origins are named one by one, or none may read"
	worst := exposure.Pass
	var text []string
	for _, origin := range []string{foreignOrigin, "null"} {
		a := v.cors[origin]
		if a == nil {
			continue
		}
		allowed := a.Header.Get("Access-Control-Allow-Origin")
		signed := a.Header.Get("Access-Control-Allow-Credentials") == "true"
		switch {
		case allowed == origin && signed:
			worst, text = exposure.Fail, append(text, "every origin may read with the cookies of the visitor ("+origin+" is repeated)")
		case allowed == "*" && signed:
			worst, text = exposure.Fail, append(text, "* together with credentials")
		case allowed == origin && worst != exposure.Fail:
			worst, text = exposure.Warn, append(text, "every origin may read ("+origin+" is repeated)")
		case allowed == "*" && worst == exposure.Pass:
			worst, text = exposure.Info, append(text, "every origin may read what everybody may see (*)")
		}
	}
	if len(text) == 0 {
		text = []string{"no other origin may read"}
	}
	say(f, worst, "%s", strings.Join(slices.Compact(text), "; "))
}

// revealing are headers that name a program; a version in them helps attackers.
var revealing = []string{"Server", "X-Powered-By", "X-Aspnet-Version", "X-Aspnetmvc-Version", "X-Generator", "Via"}

var numbered = regexp.MustCompile(`(?i)[a-z][\w.+-]*[/ ]v?\d+(\.\d+)+|^\d+(\.\d+)+$`)

func versions(v *view, f *exposure.Finding) {
	var found []string
	for _, a := range append(slices.Clone(v.trail), v.paths.answers()...) {
		for _, name := range revealing {
			for _, value := range a.Header.Values(name) {
				if name == "Via" && !strings.Contains(value, "(") { // "1.1 proxy" is the version of HTTP
					continue
				}
				if numbered.MatchString(value) {
					found = append(found, name+": "+shorten(value, 100))
				}
			}
		}
	}
	if v.doc != nil {
		for _, g := range v.doc.generators {
			if numbered.MatchString(g) {
				found = append(found, "generator: "+shorten(g, 100))
			}
		}
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) > 0 {
		say(f, exposure.Fail, "%s", strings.Join(found, "; "))
		return
	}
	say(f, exposure.Pass, "no version is named")
}

// answers are those that were kept.
func (p paths) answers() []*Answer {
	if p.baseline == nil {
		return nil
	}
	return []*Answer{p.baseline}
}

// traceMark is what a TRACE request carries and its answer repeats.
const traceMark = "trace-4f1c"

func methods(v *view, f *exposure.Finding) {
	var bad []string
	if v.trace != nil && v.trace.Status == http.StatusOK && strings.Contains(string(v.trace.Body), traceMark) {
		bad = append(bad, "TRACE is answered")
	}
	if v.options != nil {
		for _, m := range strings.Split(strings.Join(v.options.Header.Values("Allow"), ","), ",") {
			if m = strings.ToUpper(strings.TrimSpace(m)); slices.Contains([]string{"PUT", "DELETE", "PROPFIND", "TRACE", "CONNECT"}, m) {
				bad = append(bad, m+" is listed as allowed")
			}
		}
	}
	switch {
	case len(bad) > 0:
		say(f, exposure.Fail, "%s", strings.Join(bad, "; "))
	case v.asides["trace"] != nil:
		skip(f, exposure.Error, "%v", v.asides["trace"])
	case v.asides["options"] != nil:
		skip(f, exposure.Error, "%v", v.asides["options"])
	default:
		say(f, exposure.Pass, "TRACE: status %d", v.trace.Status)
	}
}
