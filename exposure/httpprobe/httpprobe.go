// Package httpprobe judges what a web server sends: encryption, headers, cookies,
// policies, what a page loads, what lies about, and security.txt.
//
// It asks as a browser does, with GET, HEAD-like limits on size and time, over few
// connections at a time, and never follows a redirect to another place.
package httpprobe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Names of the settings of a session that move the usual ports, for laboratories.
const (
	PortSetting       = "http.port"  // instead of 80
	SecurePortSetting = "https.port" // instead of 443
)

// longest is how long the probe stays with one service, whatever it sends.
const longest = 3 * time.Minute

// plainPorts and securePorts are those on which the web is expected.
var (
	plainPorts  = map[uint16]bool{80: true, 8080: true}
	securePorts = map[uint16]bool{443: true, 8443: true}
)

// Probes are the probe of web services and the probe of a name's web site.
func Probes() []exposure.Probe {
	return []exposure.Probe{
		{Name: "http", Level: exposure.OfService, Checks: Checks(), Class: exposure.Passive, Wants: Wanted, Run: run},
		{Name: "http-site", Level: exposure.OfDomain, Checks: SiteChecks(), Class: exposure.Passive, Run: runSite},
	}
}

// Wanted reports whether the web is expected at a target.
func Wanted(t exposure.Target) bool {
	return secured(t) || t.Service == "http" || t.Service == "" && plainPorts[t.Port]
}

// secured reports whether the web is expected over TLS. "tls" is a service of which
// no more is known: it is asked, and may turn out to be something else.
func secured(t exposure.Target) bool {
	return t.Service == "https" || t.Service == "tls" || t.Service == "" && securePorts[t.Port]
}

// Checks lists the checks of a web service.
func Checks() (out []string) {
	for _, j := range judges() {
		out = append(out, j.check)
	}
	return append(out, "SUB-02")
}

// SiteChecks lists the checks of a name's web site.
func SiteChecks() []string { return []string{"HTTP-01", "HTTP-02", "HTTP-13", "HTTP-27"} }

// view is what a service showed.
type view struct {
	target exposure.Target
	secure bool
	now    time.Time
	trail  []*Answer // the start page and where it led at the same place
	page   *Answer   // the last of the trail
	away   *url.URL  // where the service sends its visitors
	doc    *document // of the page; nil when it is none
	title  string

	cors      map[string]*Answer // by the origin that asked
	trace     *Answer
	options   *Answer
	packed    *Answer // asked with compression
	protocols string  // that TLS agreed on
	asides    map[string]error
	paths     paths
	scripts   []script
	unread    error // why a script of the same place could not be read
	trusted   error // why a browser would not trust the certificate
	lets      func(check string) bool
	libraries *Libraries
}

// script is the text of a script at the same place.
type script struct {
	path string
	text []byte
}

func run(whole context.Context, s *exposure.Session, t exposure.Target) error {
	ctx, cancel := context.WithTimeout(whole, longest)
	defer cancel()
	begin := s.Now().UTC()
	c := NewClient(s, t, secured(t))
	defer c.Close()
	v := &view{target: t, secure: c.secure(), now: begin, libraries: shippedLibraries(), lets: s.Lets}
	if l, ok := s.Data.Kinds[LibrariesKind].(*Libraries); ok {
		v.libraries = l
	}
	err := v.look(ctx, s, c)
	if whole.Err() != nil {
		return whole.Err()
	}
	if err != nil {
		return notTheWeb(s, t, err)
	}
	transcript := make([][]byte, 0, len(v.trail))
	for _, a := range v.trail {
		transcript = append(transcript, a.head())
	}
	for _, j := range judges() {
		if !s.Lets(j.check) {
			s.Skip(j.check, t, exposure.NotTested, exposure.NoConsent)
			continue
		}
		f := s.Finding(j.check, t)
		f.Start, f.Transcript, f.Reproduce = begin, exposure.TranscriptHash(transcript...), reproduce(c.base.String(), t, j.hint)
		j.judge(v, &f)
		s.Record(f)
	}
	v.names(s)
	return nil
}

// notTheWeb settles everything when the service did not answer. Where nobody said
// that it is a web server, it may be none.
func notTheWeb(s *exposure.Session, t exposure.Target, err error) error {
	guessed := t.Service == "" || t.Service == "tls"
	outcome, reason := exposure.NotApplicable, "the service does not speak HTTP"
	var refused *exposure.Refusal
	switch {
	case errors.As(err, &refused):
		outcome, reason = exposure.NotTested, err.Error()
	case guessed && notHTTP(err):
	case t.Service == "tls" && (isTimeout(err) || errors.Is(err, io.EOF)):
		outcome, reason = exposure.NotTested, "the service did not answer a request of HTTP"
	default:
		return err
	}
	for _, check := range Checks() {
		s.Skip(check, t, outcome, reason)
	}
	return nil
}

// look visits the page, and then asks what else is to be known.
func (v *view) look(ctx context.Context, s *exposure.Session, c *Client) error {
	trail, away, err := c.Visit(ctx, "/", largestPage)
	if err != nil && len(trail) == 0 {
		return err
	}
	v.trail, v.page, v.away = trail, trail[len(trail)-1], away
	if strings.Contains(strings.ToLower(v.page.Header.Get("Content-Type")), "html") || looksLikeHTML(v.page.Body) {
		v.doc = readDocument(v.page.Body, v.page.URL)
		v.title = v.doc.title
	}
	v.trusted = trustOf(s, v.target, trail[0].TLS)
	v.ask(ctx, c)
	return v.stopped()
}

func looksLikeHTML(body []byte) bool {
	start := strings.ToLower(strings.TrimSpace(string(body[:min(len(body), 200)])))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// stopped reports whether the scan ended meanwhile: then nothing is judged.
func (v *view) stopped() error {
	for _, err := range v.asides {
		if errors.Is(err, exposure.ErrStopped) {
			return err
		}
	}
	if errors.Is(v.paths.stopped, exposure.ErrStopped) {
		return v.paths.stopped
	}
	return nil
}

// ask puts the further questions. One that fails is noted for the check that
// needs it: what was seen before is judged all the same.
func (v *view) ask(ctx context.Context, c *Client) {
	v.asides, v.cors = map[string]error{}, map[string]*Answer{}
	type question struct {
		key, method string
		header      http.Header
		into        func(*Answer)
	}
	var all []question
	if v.lets("HTTP-09") {
		for _, origin := range []string{foreignOrigin, "null"} {
			all = append(all, question{"cors", http.MethodGet, http.Header{"Origin": {origin}}, func(a *Answer) { v.cors[origin] = a }})
		}
	}
	if v.lets("HTTP-20") {
		all = append(all, question{"trace", http.MethodTrace, http.Header{"X-Nisaba": {traceMark}}, func(a *Answer) { v.trace = a }},
			question{"options", http.MethodOptions, nil, func(a *Answer) { v.options = a }})
	}
	all = append(all, question{"packed", http.MethodGet, http.Header{"Accept-Encoding": {"gzip, br, zstd, deflate"}}, func(a *Answer) { v.packed = a }})
	answers := make([]*Answer, len(all))
	c.sideBySide(len(all), func(by *Client, i int) (err error) {
		answers[i], err = by.ask(ctx, all[i].method, v.page.URL.RequestURI(), all[i].header, largestProbe)
		return err
	}, func(i int, err error) bool {
		v.asides[all[i].key] = err
		return true
	})
	for i, a := range answers {
		if a != nil {
			all[i].into(a)
		}
	}
	if v.secure {
		v.protocols, v.asides["protocols"] = c.protocol(ctx)
	}
	v.readScripts(ctx, c)
	if v.lets("HTTP-16") { // and with it HTTP-17 and HTTP-18
		v.paths = lookAround(ctx, c, v)
	}
}

// mostScripts is how many scripts of the same place are read.
const mostScripts = 8

func (v *view) readScripts(ctx context.Context, c *Client) {
	if v.doc == nil {
		return
	}
	var wanted []*url.URL
	for _, r := range v.doc.resources {
		if r.tag == "script" && sameOrigin(r.url, &c.base) {
			wanted = append(wanted, r.url)
		}
	}
	for len(wanted) > 0 && len(v.scripts) < mostScripts { // those that are not there make room for others
		some := wanted[:min(len(wanted), mostScripts-len(v.scripts))]
		wanted = wanted[len(some):]
		answers := make([]*Answer, len(some))
		c.sideBySide(len(some), func(by *Client, i int) (err error) {
			answers[i], err = by.Get(ctx, some[i].RequestURI(), largestPage/2)
			return err
		}, func(i int, err error) bool {
			v.unread = fmt.Errorf("%s: %w", some[i].Path, err)
			return true
		})
		for i, a := range answers {
			if a != nil && a.Status == http.StatusOK {
				v.scripts = append(v.scripts, script{some[i].Path, a.Body})
			}
		}
	}
}

// reproduce is a command that shows the same.
func reproduce(base string, t exposure.Target, hint string) string {
	cmd := "curl -k -s -i"
	if t.Name != "" {
		u, _ := url.Parse(base)
		cmd += fmt.Sprintf(" --resolve %s:%s:%s", t.Name, portOf(u), t.Address)
	}
	path, options, _ := strings.Cut(hint, " ")
	if options != "" {
		cmd += " " + options
	}
	return cmd + " '" + strings.TrimSuffix(base, "/") + "/" + strings.TrimPrefix(path, "/") + "'"
}
