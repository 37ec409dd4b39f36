package mailprobe

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"
	"slices"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

// serverJudges are the checks of the mail servers of a domain.
func serverJudges() []judge {
	const begin = "openssl s_client -starttls smtp -connect <mail server of %s>:25"
	return []judge{
		{"MAIL-12", begin, false, encryption},
		{"MAIL-13", begin + " -tls1_1", false, profile},
		{"MAIL-14", begin + " -showcerts", false, certificates},
		{"MAIL-15", "dig +short TLSA _25._tcp.<mail server of %s>", false, dane},
		{"MAIL-16", "dig +short TLSA _25._tcp.<mail server of %s>", false, rollover},
		{"MAIL-18", "openssl s_client -connect <mail server of %s>:25, then EHLO", false, signIn},
		{"MAIL-23", "nc -6 <mail server of %s> 25", false, overSix},
		{"MAIL-24", "nc <mail server of %s> 25", false, banners},
	}
}

// each goes through the places of all servers. Those that this machine or the permit
// keeps it from are left out; ok is false when none is left, and f says why.
func (d *domain) each(f *exposure.Finding, judge func(*server, *place, *problems)) (p problems, ok bool) {
	forbidden, away := error(nil), error(nil)
	for _, s := range d.servers {
		switch {
		case s.err != nil && refused(s.err):
			forbidden = s.err
		case s.err != nil:
			p.unknownf("%s: %v", s.name, s.err)
			ok = true
		}
		for _, at := range s.places {
			switch {
			case at.err != nil && refused(at.err):
				forbidden = at.err
			case at.err != nil && noWay(at.err):
				away = at.err
			default:
				ok = true
				judge(s, at, &p)
			}
		}
	}
	switch {
	case ok:
	case forbidden != nil:
		skip(f, exposure.NotTested, "%v", forbidden)
	case away != nil:
		skip(f, exposure.Error, "%v", away)
	default:
		skip(f, exposure.Error, "the mail servers have no addresses")
	}
	return p, ok
}

func where(s *server, p *place) string { return fmt.Sprintf("%s (%s)", s.name, p.address) }

func encryption(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "STARTTLS with TLS 1.2 or later on every address"
	var seen []string
	p, ok := d.each(f, func(s *server, at *place, p *problems) {
		switch {
		case at.err != nil:
			p.unknownf("%s: %v", where(s, at), at.err)
		case !at.greeting.StartTLS:
			p.failf("%s does not offer STARTTLS", where(s, at))
		case at.tlsErr != nil && s.viewAt == at.address && s.view.Highest(tlsprobe.TLS13) >= tlsprobe.TLS12:
			seen = append(seen, where(s, at)+": "+tlsprobe.VersionName(s.view.Highest(tlsprobe.TLS13)))
		case at.tlsErr != nil:
			p.failf("%s: TLS 1.2 or later cannot be begun: %v", where(s, at), at.tlsErr)
		default:
			seen = append(seen, where(s, at)+": "+tlsprobe.VersionName(at.version))
		}
	})
	if ok {
		p.settle(f, "%s", list(seen))
	}
	return nil
}

func profile(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "TLS 1.2 and 1.3 with safe suites only"
	var p problems
	var seen []string
	for i, s := range d.servers {
		switch {
		case s.view != nil:
			judgeView(s.name, s.view, &p)
			seen = append(seen, s.name+": "+tlsprobe.VersionName(s.view.Highest(tlsprobe.TLS13)))
		case len(s.reached()) > 0 && i < mostProfiles && !slices.ContainsFunc(s.reached(), func(p *place) bool { return p.greeting.StartTLS }):
			p.failf("%s does not offer STARTTLS", s.name)
		case i < mostProfiles && !refused(s.err):
			p.unknownf("the encryption of %s was not seen", s.name)
		}
	}
	if len(seen) == 0 && len(p.fail) == 0 {
		if _, ok := d.each(f, func(*server, *place, *problems) {}); !ok {
			return nil
		}
	}
	p.settle(f, "%s", list(seen))
	return nil
}

// judgeView weighs versions and suites of a mail server.
func judgeView(name string, v *tlsprobe.View, p *problems) {
	if !v.Speaks() {
		p.failf("%s offers STARTTLS and speaks no TLS", name)
		return
	}
	for _, s := range v.Versions {
		switch {
		case s.Err != nil:
			p.unknownf("%s: whether %s is offered was not seen", name, tlsprobe.VersionName(s.Version))
		case s.Offered && s.Version < tlsprobe.TLS12:
			p.failf("%s accepts %s", name, tlsprobe.VersionName(s.Version))
		}
		for _, id := range s.Suites {
			suite := tlsprobe.SuiteOf(id)
			switch {
			case suite.Anonymous() || suite.Null() || suite.RC4() || suite.Export():
				p.failf("%s accepts %s", name, suite.Name)
			case suite.Key == "RSA" || suite.SmallBlocks():
				p.warnf("%s accepts %s", name, suite.Name)
			}
		}
	}
}

func certificates(ctx context.Context, d *domain, f *exposure.Finding) error {
	announced, err := d.announcement(ctx)
	if err != nil {
		return err
	}
	needed := len(announced) > 0 || slices.ContainsFunc(d.servers, func(s *server) bool {
		return slices.ContainsFunc(s.tlsa, func(r dnsprobe.TLSA) bool { return r.Usage == 2 })
	})
	roots, ok := d.s.Data.Kinds[certprobe.RootsKind].(certprobe.Roots)
	if !ok {
		return errNoRoots
	}
	f.Expected = "a chain to a known root, for the name of the server"
	var seen []string
	p, ok := d.each(f, func(s *server, at *place, p *problems) {
		if len(at.chain) == 0 {
			if at.err == nil && !at.greeting.StartTLS {
				p.failf("%s shows no certificate", where(s, at))
			} else {
				p.unknownf("%s showed no certificate", where(s, at))
			}
			return
		}
		if err := valid(at.chain, s.name, roots, d); err != nil {
			p.failf("%s: %v", where(s, at), err)
			return
		}
		seen = append(seen, where(s, at))
	})
	if !ok {
		return nil
	}
	if p.settle(f, "%s", list(seen)); !needed && f.Outcome == exposure.Fail {
		f.Outcome = exposure.Info
		f.Observed += "; without MTA-STS and DANE senders do not look"
	}
	return nil
}

func valid(chain [][]byte, name string, roots certprobe.Roots, d *domain) error {
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return fmt.Errorf("the certificate cannot be read: %w", err)
	}
	between := x509.NewCertPool()
	for _, raw := range chain[1:] {
		if c, err := x509.ParseCertificate(raw); err == nil {
			between.AddCert(c)
		}
	}
	_, err = leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots.Pool, Intermediates: between, CurrentTime: d.s.Now()})
	return err
}

func dane(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "signed TLSA records of usage 2 or 3, of which one fits"
	var p problems
	var seen, without []string
	for _, s := range d.servers {
		switch {
		case s.tlsaErr != nil:
			p.unknownf("%s: %v", s.name, s.tlsaErr)
			continue
		case len(s.tlsa) == 0:
			without = append(without, s.name)
			continue
		case s.signed.Security != dnsprobe.Secure:
			p.failf("the TLSA records of %s do not count: %s", s.name, s.signed.Why)
			continue
		case !slices.ContainsFunc(s.tlsa, usable):
			p.failf("%s has no TLSA record that senders use", s.name)
			continue
		}
		chains := s.chains()
		if len(chains) == 0 {
			p.unknownf("the certificate of %s was not seen", s.name)
		}
		for _, chain := range chains {
			if !slices.ContainsFunc(s.tlsa, func(r dnsprobe.TLSA) bool { return usable(r) && certprobe.FitsTLSA(r, chain, s.name, nil, d.s.Now()) }) {
				p.failf("no TLSA record fits a certificate of %s", s.name)
			}
		}
		seen = append(seen, s.name)
	}
	if len(without) > 0 && len(seen) == 0 && len(p.fail) == 0 && len(p.unknown) == 0 {
		set(f, exposure.Info, "no TLSA records")
		return nil
	}
	v, err := d.names.Validate(ctx, d.name, dnsprobe.TypeMX)
	switch {
	case err != nil:
		return err
	case v.Security != dnsprobe.Secure && len(seen) > 0:
		p.failf("the MX records are not signed, so that senders do not look at TLSA records: %s", v.Why)
	}
	for _, w := range without {
		p.warnf("%s has no TLSA records", w)
	}
	p.settle(f, "%s", list(seen))
	return nil
}

func rollover(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "a TLSA record for the next key, or for the authority"
	var p problems
	var seen []string
	for _, s := range d.servers {
		if len(s.tlsa) == 0 {
			continue
		}
		chains := s.chains()
		if len(chains) == 0 {
			p.unknownf("the certificate of %s was not seen", s.name)
			continue
		}
		spare := 0
		for _, r := range s.tlsa {
			fitting := slices.ContainsFunc(chains, func(c [][]byte) bool { return certprobe.FitsTLSA(r, c, s.name, nil, d.s.Now()) })
			if usable(r) && (!fitting || r.Usage == 2) {
				spare++
			}
		}
		if spare == 0 {
			p.warnf("every record of %s is about the certificate in use", s.name)
		}
		seen = append(seen, s.name)
	}
	if len(seen) == 0 && len(p.unknown) == 0 {
		skip(f, exposure.NotApplicable, "no TLSA records")
		return nil
	}
	p.settle(f, "%s", list(seen))
	return nil
}

func signIn(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "no AUTH before STARTTLS"
	asked := 0
	p, ok := d.each(f, func(s *server, at *place, p *problems) {
		switch {
		case at.err != nil:
			p.unknownf("%s: %v", where(s, at), at.err)
		case at.greeting.SignIn:
			p.failf("%s offers AUTH without encryption", where(s, at))
		default:
			asked++
		}
	})
	if ok {
		p.settle(f, "%d addresses offer no sign-in without encryption", asked)
	}
	return nil
}

func overSix(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "an IPv6 address that answers for every mail server"
	var p problems
	away, forbidden := false, false
	for _, s := range d.servers {
		if s.err != nil && refused(s.err) {
			forbidden = true
			continue
		}
		six := slices.DeleteFunc(slices.Clone(s.places), func(at *place) bool { return at.address.Unmap().Is4() })
		if len(six) == 0 {
			p.failf("%s has no IPv6 address", s.name)
		}
		for _, at := range six {
			switch {
			case at.err != nil && noWay(at.err):
				away = true
			case at.err != nil && refused(at.err):
				forbidden = true
			case at.err != nil:
				p.failf("%s does not answer: %v", where(s, at), at.err)
			}
		}
	}
	switch {
	case len(p.fail) == 0 && away:
		skip(f, exposure.NotTested, "this machine has no IPv6; the mail servers have such addresses")
	case len(p.fail) == 0 && forbidden:
		skip(f, exposure.NotTested, "the scope does not cover the mail servers")
	default:
		p.settle(f, "%d mail servers answer over IPv6", len(d.servers))
	}
	return nil
}

func banners(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "a greeting without a version"
	asked := 0
	p, ok := d.each(f, func(s *server, at *place, p *problems) {
		switch {
		case at.greeting.Banner == "":
			p.unknownf("%s did not greet", where(s, at))
		case tellsVersion(at.greeting.Banner) != "":
			p.failf("%s: %s", where(s, at), exposure.Clip(at.greeting.Banner))
		default:
			asked++
		}
	})
	if ok {
		p.settle(f, "%d greetings without a version", asked)
	}
	return nil
}

// mailServices are the ports of mail, by service; those that are "" begin with TLS.
var mailServices = map[uint16]string{25: "smtp", 587: "smtp", 143: "imap", 110: "pop3"}

// service is how a target talks; "" when it is no mail service in the clear.
func service(t exposure.Target) string {
	switch t.Service {
	case "smtp", "submission":
		return "smtp"
	case "imap", "pop3":
		return t.Service
	case "":
		return mailServices[t.Port]
	}
	return ""
}

// isNamed leaves out the hosts of ranges: most have nothing to do with mail, and
// their open ports are looked at one by one.
func isNamed(t exposure.Target) bool { return t.Name != "" }

func isMail(t exposure.Target) bool { return service(t) != "" }
func isSMTP(t exposure.Target) bool { return service(t) == "smtp" }

// addressOf is where a target is.
func addressOf(t exposure.Target) netip.AddrPort { return netip.AddrPortFrom(t.Address, t.Port) }
