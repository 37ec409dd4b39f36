package httpprobe

import (
	"regexp"
	"slices"
	"strings"
)

// Limits of a policy.
const (
	longestPolicy = 32 << 10
	mostPolicies  = 20
)

// Policy is one content security policy, by directive; names and keywords are in
// lower case, a repeated directive does not count (CSP Level 3, section 2.2.1).
type Policy map[string][]string

// ParsePolicies reads the value of a Content-Security-Policy header, which may hold
// several policies separated by commas.
func ParsePolicies(value string) (out []Policy) {
	value = value[:min(len(value), longestPolicy)]
	for _, text := range strings.Split(value, ",") {
		p := Policy{}
		for _, directive := range strings.Split(text, ";") {
			words := strings.Fields(directive)
			if len(words) == 0 {
				continue
			}
			name := strings.ToLower(words[0])
			if _, twice := p[name]; twice {
				continue
			}
			list := make([]string, len(words)-1)
			for i, w := range words[1:] {
				list[i] = lowerSource(w)
			}
			p[name] = list
		}
		if len(p) > 0 && len(out) < mostPolicies {
			out = append(out, p)
		}
	}
	return out
}

// lowerSource folds the case of all but nonces and hashes.
func lowerSource(s string) string {
	if l := strings.ToLower(s); strings.HasPrefix(l, "'nonce-") || strings.HasPrefix(l, "'sha") {
		return l[:5] + s[5:]
	}
	return strings.ToLower(s)
}

// sourcesFor are the sources of a directive or of what stands in for it; ok is
// false when nothing restricts it.
func (p Policy) sourcesFor(names ...string) (list []string, ok bool) {
	for _, name := range names {
		if list, ok := p[name]; ok {
			return list, true
		}
	}
	return nil, false
}

func isNonceOrHash(s string) bool {
	return strings.HasPrefix(s, "'nonce-") || strings.HasPrefix(s, "'sha256-") || strings.HasPrefix(s, "'sha384-") || strings.HasPrefix(s, "'sha512-")
}

func broadSource(s string) bool {
	return s == "*" || s == "http:" || s == "https:" || s == "data:" || s == "ftp:" || s == "http://*" || s == "https://*"
}

// restrictive lists sources that mean the own site or nothing.
var ownSources = []string{"'none'", "'self'", "'report-sample'"}

var localSource = regexp.MustCompile(`^(https?://)?(localhost|127\.[0-9.]+|\[::1\])(:|/|$)`)

// rule is one thing that a policy must not allow or must say.
type rule struct {
	text   string
	grave  bool // it undoes the protection against foreign scripts
	broken func(Policy) bool
}

func scripts(p Policy) ([]string, bool) { return p.sourcesFor("script-src", "default-src") }

// rules are those of CSP Level 3, the Mozilla observatory and internet.nl.
func rules() []rule {
	return []rule{
		{"scripts are not restricted", true, func(p Policy) bool { _, ok := scripts(p); return !ok }},
		{"scripts inside the page run ('unsafe-inline')", true, func(p Policy) bool {
			list, _ := scripts(p)
			return slices.Contains(list, "'unsafe-inline'") && !slices.ContainsFunc(list, isNonceOrHash) && !slices.Contains(list, "'strict-dynamic'")
		}},
		{"scripts may come from anywhere", true, func(p Policy) bool {
			list, _ := scripts(p)
			return slices.ContainsFunc(list, broadSource) && !slices.Contains(list, "'strict-dynamic'")
		}},
		{"text is run as script ('unsafe-eval')", true, func(p Policy) bool { list, _ := scripts(p); return slices.Contains(list, "'unsafe-eval'") }},
		{"event handlers run ('unsafe-hashes')", false, func(p Policy) bool { list, _ := scripts(p); return slices.Contains(list, "'unsafe-hashes'") }},
		{"objects are not restricted", false, func(p Policy) bool {
			list, ok := p.sourcesFor("object-src", "default-src")
			return !ok || slices.ContainsFunc(list, broadSource)
		}},
		{"styles inside the page apply ('unsafe-inline')", false, func(p Policy) bool {
			list, ok := p.sourcesFor("style-src", "default-src")
			return !ok || slices.Contains(list, "'unsafe-inline'") && !slices.ContainsFunc(list, isNonceOrHash)
		}},
		{"default-src is neither 'none' nor 'self'", false, func(p Policy) bool {
			list, ok := p["default-src"]
			return !ok || slices.ContainsFunc(list, func(s string) bool { return !slices.Contains(ownSources, s) && !isNonceOrHash(s) })
		}},
		{"something may be loaded without encryption (http:)", true, func(p Policy) bool {
			return anySource(p, func(s string) bool { return s == "http:" || strings.HasPrefix(s, "http://") })
		}},
		{"a source is the computer of the visitor", false, func(p Policy) bool { return anySource(p, localSource.MatchString) }},
		{"base-uri is missing", false, missing("base-uri")},
		{"form-action is missing", false, missing("form-action")},
		{"frame-ancestors is missing", false, missing("frame-ancestors")},
	}
}

func missing(directive string) func(Policy) bool {
	return func(p Policy) bool { _, ok := p[directive]; return !ok }
}

// anySource looks at everything that is loaded. Where pages are embedded or
// reports are sent, does not count.
func anySource(p Policy, match func(string) bool) bool {
	for name, list := range p {
		if (strings.HasSuffix(name, "-src") || strings.HasPrefix(name, "script-src-") || strings.HasPrefix(name, "style-src-")) && slices.ContainsFunc(list, match) {
			return true
		}
	}
	return false
}

// judgePolicies lists what all of the policies together still allow: a browser
// applies every one, so that the strictest counts.
func judgePolicies(policies []Policy) (grave, weak []string) {
	for _, r := range rules() {
		broken := len(policies) > 0
		for _, p := range policies {
			broken = broken && r.broken(p)
		}
		switch {
		case broken && r.grave:
			grave = append(grave, r.text)
		case broken:
			weak = append(weak, r.text)
		}
	}
	return grave, weak
}
