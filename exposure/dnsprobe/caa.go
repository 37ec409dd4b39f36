package dnsprobe

import (
	"context"
	"crypto/x509"
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

// Issue is the value of a CAA record that names who may certify (RFC 8659 section
// 4.2).
type Issue struct {
	Authority  string            // domain of the authority, lower case; "" forbids everybody
	Parameters map[string]string // by lower-case tag
}

// ParseIssue reads the value of issue, issuewild, issuemail and issuevmc.
func ParseIssue(value string) (Issue, error) {
	head, rest, more := strings.Cut(value, ";")
	out := Issue{Authority: strings.ToLower(strings.Trim(head, " \t")), Parameters: map[string]string{}}
	if out.Authority != "" && !hostName(out.Authority) {
		return out, fmt.Errorf("%q is no domain of an authority", exposure.Clip(out.Authority))
	}
	for more && strings.Trim(rest, " \t") != "" {
		var part string
		part, rest, more = strings.Cut(rest, ";")
		tag, v, ok := strings.Cut(strings.Trim(part, " \t"), "=")
		tag, v = strings.ToLower(strings.Trim(tag, " \t")), strings.Trim(v, " \t")
		if !ok || !letters(tag) || strings.IndexFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
			return out, fmt.Errorf("%q is no parameter", exposure.Clip(part))
		}
		out.Parameters[tag] = v
	}
	return out, nil
}

func hostName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

func letters(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// Authorities are the CAA records that hold for a name, and the name at which they
// stand (RFC 8659 section 3); At is "" when there are none.
type Authorities struct {
	At      string
	Records []CAA
}

// Authorities climbs from a name to the first name with CAA records.
func (c *Client) Authorities(ctx context.Context, name string) (Authorities, error) {
	for at := fold(name); at != ""; {
		found, err := c.CAA(ctx, at)
		if err != nil {
			return Authorities{}, err
		}
		if len(found.Values) > 0 {
			return Authorities{at, found.Values}, nil
		}
		_, at, _ = strings.Cut(at, ".")
	}
	return Authorities{}, nil
}

// tags that are known; a critical record with another tag forbids everybody.
var tags = []string{"issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone"}

// Has reports whether a record of a tag exists.
func (a Authorities) Has(tag string) bool {
	return slices.ContainsFunc(a.Records, func(r CAA) bool { return r.Tag == tag })
}

// Allows reports whether an authority, named by one of its domains, may certify a
// name. wildcard is about names that begin with *.
func (a Authorities) Allows(domains []string, wildcard bool) bool {
	tag := "issue"
	if wildcard && a.Has("issuewild") {
		tag = "issuewild"
	}
	for _, r := range a.Records {
		if r.Critical && !slices.Contains(tags, r.Tag) {
			return false
		}
	}
	if !a.Has(tag) {
		return true // RFC 8659 section 4.2: without such a record, nobody is excluded
	}
	for _, r := range a.Records {
		if r.Tag != tag {
			continue
		}
		if i, err := ParseIssue(r.Value); err == nil && slices.Contains(domains, i.Authority) {
			return true
		}
	}
	return false
}

func authorities(a Authorities, f *exposure.Finding) {
	f.Expected = "an issue record that names who may certify"
	if a.At == "" {
		f.Say(exposure.Fail, "no CAA record: every authority may certify the name")
		return
	}
	var p problems
	var who []string
	bound := false
	for _, r := range a.Records {
		if !slices.Contains(tags, r.Tag) {
			if r.Critical {
				p.failf("the tag %q is marked as critical and nobody knows it: no authority may certify", exposure.Clip(r.Tag))
			}
			continue
		}
		if !strings.HasPrefix(r.Tag, "issue") {
			continue
		}
		i, err := ParseIssue(r.Value)
		if err != nil {
			p.failf("%s: %v", r.Tag, err)
		}
		if r.Tag == "issue" {
			who = append(who, i.Authority)
			bound = bound || i.Authority == "" || i.Parameters["accounturi"] != ""
		}
	}
	if len(who) == 0 {
		p.failf("no issue record at %s: every authority may certify the name", a.At)
	}
	if !bound && len(who) > 0 {
		p.warnf("no record names an account (accounturi)")
	}
	if !a.Has("issuewild") {
		p.warnf("no issuewild record: names with * are certified as others")
	}
	for _, tag := range []string{"issuemail", "issuevmc"} {
		if !a.Has(tag) {
			p.warnf("no %s record", tag)
		}
	}
	if i := slices.Index(who, ""); i >= 0 {
		who[i] = "nobody"
	}
	p.settle(f, "at %s: %s", a.At, exposure.Few(who, ", "))
}

//go:embed issuers.txt
var issuersText string

// Issuer are the domains by which an authority, as its certificates name it, is
// named in CAA records; ok is false for an authority that is not in the list.
func Issuer(organisation string) (domains []string, ok bool) {
	organisation = strings.ToLower(strings.TrimSpace(organisation))
	for line := range strings.Lines(issuersText) {
		name, value, is := strings.Cut(strings.TrimSpace(line), "=")
		if is && !strings.HasPrefix(line, "#") && organisation != "" && strings.HasPrefix(organisation, strings.TrimSpace(strings.ToLower(name))) {
			return strings.Fields(value), true
		}
	}
	return nil, false
}

// authorityProbe looks at the certificate of the web server of a name and asks
// whether it could be renewed.
func authorityProbe(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	c, err := From(s.Dialer)
	if err != nil {
		return err
	}
	f := s.Finding("DNS-15", t)
	f.Expected = "the authority of the certificate in use may certify the name again"
	f.Reproduce = "dig CAA " + t.Name + "; openssl s_client -connect " + t.Name + ":443 -servername " + t.Name + " </dev/null"
	defer func() { s.Record(f) }()
	a, err := c.Authorities(ctx, t.Name)
	switch {
	case err != nil:
		f.Leave(exposure.Error, "%v", err)
		return nil
	case a.At == "":
		f.Leave(exposure.NotApplicable, "the name has no CAA record")
		return nil
	case !s.Dialer.Permit().Allows(exposure.Handshake):
		f.Leave(exposure.NotTested, "the scope does not allow checks of class %s", exposure.Handshake)
		return nil
	}
	leaf, err := c.leaf(ctx, t)
	if err != nil {
		o := exposure.NotApplicable
		if refused(err) {
			o = exposure.NotTested
		}
		f.Leave(o, "no certificate of a web server was seen: %v", err)
		return nil
	}
	renewable(a, leaf, &f)
	return nil
}

// renewable decides with the certificate in use.
func renewable(a Authorities, leaf *x509.Certificate, f *exposure.Finding) {
	name := strings.Join(leaf.Issuer.Organization, " ")
	domains, known := Issuer(name)
	wild := slices.ContainsFunc(leaf.DNSNames, func(n string) bool { return strings.HasPrefix(n, "*.") })
	switch {
	case slices.Equal(leaf.RawIssuer, leaf.RawSubject):
		f.Leave(exposure.NotApplicable, "the certificate is signed by itself")
	case !known:
		f.Leave(exposure.Error, "the authority %q is not in the list of authorities", exposure.Clip(name))
	case a.Allows(domains, false) && (!wild || a.Allows(domains, true)):
		f.Say(exposure.Pass, "%s may certify (%s at %s)", name, strings.Join(domains, ", "), a.At)
	default:
		f.Say(exposure.Fail, "%s made the certificate, and the records at %s do not name it", name, a.At)
	}
}

// leaf is the certificate of the web server of a name.
func (c *Client) leaf(ctx context.Context, t exposure.Target) (*x509.Certificate, error) {
	places, err := c.dialer.Lookup(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	for _, a := range places {
		var chains [][][]byte
		at := exposure.Target{Name: t.Name, Address: a, Port: 443, Service: "https"}
		if chains, err = tlsprobe.At(c.dialer, at, 1).Chains(ctx); err == nil && len(chains) > 0 {
			return x509.ParseCertificate(chains[0][0])
		}
	}
	if err == nil {
		err = fmt.Errorf("%s shows none", netip.AddrPortFrom(places[0], 443))
	}
	return nil, err
}
