package httpprobe

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/bits"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
)

// mostAddresses of each family are asked.
const mostAddresses = 4

// place is what one address of a name answers.
type place struct {
	address    netip.Addr
	plain      reply
	secure     reply
	plainBase  url.URL
	secureBase url.URL
}

// reply is an answer or why there is none.
type reply struct {
	answer *Answer
	trail  []*Answer // with redirects at the same place
	away   *url.URL
	err    error
}

func (r reply) refused() bool { return errors.Is(r.err, syscall.ECONNREFUSED) }

// unreachable means that this machine has no way there, which says nothing about
// the server.
func (r reply) unreachable() bool {
	return errors.Is(r.err, syscall.ENETUNREACH) || errors.Is(r.err, syscall.EADDRNOTAVAIL) || errors.Is(r.err, syscall.EAFNOSUPPORT)
}

func (r reply) silent() bool { return errors.Is(r.err, os.ErrDeadlineExceeded) || isTimeout(r.err) }

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// runSite looks at the web site of a name at every one of its addresses.
func runSite(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	addresses, err := s.Dialer.Lookup(ctx, t.Name)
	if err != nil {
		return noAddress(s, t, err)
	}
	var places []place
	count := map[bool]int{}
	for _, a := range addresses {
		if count[a.Is4()]++; count[a.Is4()] <= mostAddresses {
			places = append(places, visitPlace(ctx, s, t, a))
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	answered := false
	for _, p := range places {
		if errors.Is(p.plain.err, exposure.ErrStopped) || errors.Is(p.secure.err, exposure.ErrStopped) {
			return exposure.ErrStopped
		}
		answered = answered || p.plain.answer != nil || p.secure.answer != nil
	}
	if !answered {
		return noSite(s, t, places)
	}
	for check, judge := range map[string]func([]place, *exposure.Finding){"HTTP-01": served, "HTTP-02": redirected, "HTTP-27": alike} {
		f := s.Finding(check, t)
		f.Reproduce = "curl -s -i http://" + t.Name + "/ https://" + t.Name + "/"
		judge(places, &f)
		s.Record(f)
	}
	securityTxt(ctx, s, t, places)
	return nil
}

// noAddress settles everything for a name that has none, or that the scope does not
// cover.
func noAddress(s *exposure.Session, t exposure.Target, err error) error {
	var refused *exposure.Refusal
	var missing *net.DNSError
	outcome, reason := exposure.NotApplicable, "the name has no address"
	switch {
	case errors.As(err, &refused):
		outcome, reason = exposure.NotTested, err.Error()
	case errors.Is(err, dnsprobe.ErrNoAddress), errors.As(err, &missing) && missing.IsNotFound:
	default:
		return err
	}
	for _, check := range SiteChecks() {
		s.Skip(check, t, outcome, reason)
	}
	return nil
}

// noSite settles everything when nothing answers. Only refusals mean that there is
// no web site; silence means that nothing was seen.
func noSite(s *exposure.Session, t exposure.Target, places []place) error {
	outcome, reason := exposure.NotApplicable, "the name has no web site"
	for _, p := range places {
		for _, r := range []reply{p.plain, p.secure} {
			var refused *exposure.Refusal
			switch {
			case errors.As(r.err, &refused):
				outcome, reason = exposure.NotTested, r.err.Error()
			case r.refused() || notHTTP(r.err):
			case r.silent() || r.unreachable():
				outcome, reason = exposure.NotTested, fmt.Sprintf("the ports of the web at %s do not answer", p.address)
			default:
				return fmt.Errorf("no answer from %s: %w", p.address, r.err)
			}
		}
	}
	for _, check := range SiteChecks() {
		s.Skip(check, t, outcome, reason)
	}
	return nil
}

func visitPlace(ctx context.Context, s *exposure.Session, t exposure.Target, a netip.Addr) place {
	p := place{address: a}
	t.Address = a
	visit := func(port uint16, secure bool) (r reply, base url.URL) {
		t.Port = port
		c := NewClient(s, t, secure)
		defer c.Close()
		for range 2 { // one lost packet is no verdict
			r.trail, r.away, r.err = c.Visit(ctx, "/", largestPage)
			if len(r.trail) > 0 {
				r.answer = r.trail[0]
				return r, c.base
			}
			if !r.silent() {
				break
			}
		}
		return r, c.base
	}
	p.plain, p.plainBase = visit(portSetting(s, PortSetting, 80), false)
	p.secure, p.secureBase = visit(portSetting(s, SecurePortSetting, 443), true)
	return p
}

// served judges HTTP-01.
func served(places []place, f *exposure.Finding) {
	f.Expected = "every address that serves the web does so over HTTPS"
	var with, without, unseen []string
	for _, p := range places {
		switch {
		case p.secure.answer != nil:
			with = append(with, p.address.String())
		case p.secure.unreachable():
			unseen = append(unseen, p.address.String())
		default:
			without = append(without, fmt.Sprintf("%s (%v)", p.address, p.secure.err))
		}
	}
	switch {
	case len(without) > 0:
		say(f, exposure.Fail, "no HTTPS at %s", strings.Join(without, ", "))
	case len(unseen) > 0:
		skip(f, exposure.NotTested, "this machine cannot reach %s; HTTPS is served at %s", strings.Join(unseen, ", "), strings.Join(with, ", "))
	default:
		say(f, exposure.Pass, "HTTPS at %s", strings.Join(with, ", "))
	}
}

// rank orders outcomes, worst first.
func rank(o exposure.Outcome) int {
	for i, x := range exposure.Outcomes() {
		if x == o {
			return i
		}
	}
	return len(exposure.Outcomes())
}

// redirected judges HTTP-02: the worst address counts.
func redirected(places []place, f *exposure.Finding) {
	f.Expected = "port 80 leads to HTTPS at the same name first, or is closed"
	worst, text := exposure.NotApplicable, ""
	for _, p := range places {
		o, what := p.redirection()
		if rank(o) < rank(worst) {
			worst, text = o, fmt.Sprintf("%s: %s", p.address, what)
		}
	}
	if worst == exposure.Error || worst == exposure.NotTested || worst == exposure.NotApplicable {
		skip(f, worst, "%s", text)
		return
	}
	say(f, worst, "%s", text)
}

func (p place) redirection() (exposure.Outcome, string) {
	r := p.plain
	switch {
	case r.refused():
		return exposure.Pass, "port 80 is closed"
	case r.unreachable():
		return exposure.NotTested, "this machine cannot reach it"
	case r.answer == nil && r.silent() && p.secure.answer != nil:
		return exposure.Pass, "port 80 does not answer, while HTTPS does"
	case r.answer == nil:
		return exposure.Error, fmt.Sprint(r.err)
	}
	if _, ok := r.answer.redirect(); !ok {
		return exposure.Fail, fmt.Sprintf("pages are served without encryption (status %d)", r.answer.Status)
	}
	switch {
	case r.away == nil:
		return exposure.Fail, "redirects do not leave HTTP"
	case r.away.Scheme != "https":
		return exposure.Fail, "it leads to " + r.away.String()
	case !strings.EqualFold(r.away.Hostname(), p.plainBase.Hostname()) || portOf(r.away) != portOf(&p.secureBase):
		return exposure.Warn, "it leads to another place first: " + r.away.String()
	case len(r.trail) > 1:
		return exposure.Warn, "it leads to HTTP first: " + r.trail[1].URL.String()
	}
	return exposure.Pass, "it leads to " + r.away.String()
}

// alike judges HTTP-27.
func alike(places []place, f *exposure.Finding) {
	var four, six *Answer
	unseen := false
	for _, p := range places {
		r := p.secure
		if len(r.trail) == 0 {
			r = p.plain
		}
		if len(r.trail) == 0 {
			unseen = unseen || p.address.Is6() && (r.unreachable() || r.silent())
			continue
		}
		last := r.trail[len(r.trail)-1]
		if p.address.Is4() && four == nil {
			four = last
		} else if p.address.Is6() && six == nil {
			six = last
		}
	}
	switch {
	case six == nil && unseen:
		skip(f, exposure.NotTested, "the IPv6 address was not reached")
	case four == nil || six == nil:
		skip(f, exposure.NotApplicable, "the name does not answer over both IPv4 and IPv6")
	case four.Status != six.Status:
		say(f, exposure.Fail, "status %d over IPv4, %d over IPv6", four.Status, six.Status)
	case distance(four.Body, six.Body) > mostDistance:
		say(f, exposure.Warn, "the pages differ (%d of 64 bits)", distance(four.Body, six.Body))
	default:
		say(f, exposure.Pass, "the same page over both")
	}
}

// mostDistance is how many bits of the similarity hashes of one page may differ:
// pages carry dates and random values.
const mostDistance = 12

func distance(a, b []byte) int { return bits.OnesCount64(simhash(a) ^ simhash(b)) }

// simhash is close for texts that share most of their words.
func simhash(text []byte) (sum uint64) {
	var weight [64]int
	for _, word := range strings.Fields(string(text)) {
		h := fnv.New64a()
		h.Write([]byte(word))
		v := h.Sum64()
		for i := range weight {
			if v>>i&1 == 1 {
				weight[i]++
			} else {
				weight[i]--
			}
		}
	}
	for i, w := range weight {
		if w > 0 {
			sum |= 1 << i
		}
	}
	return sum
}

// securityTxt judges HTTP-13 at the first address that speaks HTTPS.
func securityTxt(ctx context.Context, s *exposure.Session, t exposure.Target, places []place) {
	f := s.Finding("HTTP-13", t)
	f.Reproduce = "curl -s -i https://" + t.Name + "/.well-known/security.txt"
	f.Expected = "/.well-known/security.txt over HTTPS as text/plain with Contact and Expires"
	defer func() { s.Record(f) }()
	for _, p := range places {
		if p.secure.answer == nil {
			continue
		}
		t.Address, t.Port = p.address, portSetting(s, SecurePortSetting, 443)
		c := NewClient(s, t, true)
		defer c.Close()
		trail, away, err := c.Visit(ctx, "/.well-known/security.txt", largestSecurityTxt)
		if err != nil {
			skip(&f, exposure.Error, "%v", err)
			return
		}
		judgeSecurityTxt(trail[len(trail)-1], away, s.Now(), &f)
		if f.Outcome == exposure.Fail && trail[len(trail)-1].Status != 200 {
			if old, err := c.Get(ctx, "/security.txt", largestSecurityTxt); err == nil && old.Status == 200 && len(ParseSecurityTxt(old.Body).Contact) > 0 {
				say(&f, exposure.Fail, "the file is at /security.txt only")
			}
		}
		return
	}
	say(&f, exposure.Fail, "there is no HTTPS to publish it over")
}

func judgeSecurityTxt(a *Answer, away *url.URL, now time.Time, f *exposure.Finding) {
	f.Transcript = exposure.TranscriptHash(a.head(), a.Body)
	switch {
	case away != nil:
		say(f, exposure.Warn, "it leads to %s, which was not followed", away)
		return
	case a.Status != 200:
		say(f, exposure.Fail, "there is none (status %d)", a.Status)
		return
	}
	t := ParseSecurityTxt(a.Body)
	if len(t.Contact) == 0 && len(t.Expires) == 0 {
		say(f, exposure.Fail, "there is none (the answer is something else)")
		return
	}
	wrong, weak := t.Judge(a.URL, now)
	w, k := judgeSecurityType(a.Header.Get("Content-Type"), a.Body)
	wrong, weak = append(wrong, w...), append(weak, k...)
	switch {
	case a.Cut:
		say(f, exposure.Fail, "it is longer than %d bytes", largestSecurityTxt)
	case len(wrong) > 0:
		say(f, exposure.Fail, "%s", strings.Join(append(wrong, weak...), "; "))
	case len(weak) > 0:
		say(f, exposure.Warn, "%s", strings.Join(weak, "; "))
	case t.Signed:
		say(f, exposure.Pass, "valid until %s, signed (the signature was not checked)", t.Expires[0])
	default:
		say(f, exposure.Pass, "valid until %s", t.Expires[0])
	}
}
