package mailprobe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
)

// recordJudges are the checks of what a domain publishes about its mail.
func recordJudges() []judge {
	return []judge{
		{"MAIL-01", "dig +short MX %s", true, mailServers},
		{"MAIL-02", "dig +short TXT %s | grep spf1", true, oneSPF},
		{"MAIL-03", "dig +short TXT %s | grep spf1", true, soundSPF},
		{"MAIL-04", "dig +short TXT %s | grep spf1", true, narrowSPF},
		{"MAIL-05", "dig +short TXT _dmarc.%s", true, oneDMARC},
		{"MAIL-06", "dig +short TXT _dmarc.%s", true, strictDMARC},
		{"MAIL-07", "dig +short TXT _dmarc.%s", true, reportsDMARC},
		{"MAIL-08", "dig +short TXT %s; dig +short TXT _dmarc.%s; dig +short MX %s", true, parked},
		{"MAIL-09", "dig +short TXT <selector>._domainkey.%s", true, keys},
		{"MAIL-10", "dig +short TXT _mta-sts.%s; curl https://mta-sts.%s/.well-known/mta-sts.txt", false, strictTransport},
		{"MAIL-11", "dig +short TXT _smtp._tls.%s", false, reporting},
		{"MAIL-17", "delv A <mail server of %s>", false, signedServers},
		{"MAIL-22", "dig +short -x <address of a mail server of %s>", false, reverse},
		{"MAIL-26", "dig +short TXT default._bimi.%s", true, mark},
	}
}

func hosts(mx []dnsprobe.MX) (out []string) {
	for _, m := range mx {
		out = append(out, m.Host)
	}
	return out
}

func mailServers(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "mail servers by name, or a null MX"
	var p problems
	if d.null && len(d.mx) > 0 {
		p.failf("a null MX stands beside mail servers")
	}
	for i, m := range d.mx {
		if i == mostServers {
			break
		}
		if _, err := netip.ParseAddr(m.Host); err == nil {
			p.failf("%s is an address, not a name", m.Host)
			continue
		}
		found, err := d.names.IPs(ctx, m.Host)
		switch {
		case err != nil:
			return err
		case len(found.Chain) > 0:
			p.failf("%s is an alias of %s", m.Host, found.Chain[0])
		case len(found.Values) == 0:
			p.failf("%s has no address", m.Host)
		}
	}
	switch {
	case len(d.mx) > 0 || len(p.fail) > 0:
		p.settle(f, "%s", list(hosts(d.mx)))
	case d.null:
		set(f, exposure.Pass, "a null MX: the domain takes no mail")
	case d.implied:
		set(f, exposure.Warn, "no MX record: mail goes to the address of the domain")
	default:
		set(f, exposure.Pass, "no MX record and no address: no mail is taken")
	}
	return nil
}

func signedServers(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "the addresses of every mail server are signed"
	var p problems
	for i, m := range d.mx {
		if i == mostServers {
			break
		}
		v, err := d.names.Validate(ctx, m.Host, dnsprobe.TypeA)
		switch {
		case err != nil:
			p.unknownf("%s: %v", m.Host, err)
		case v.Security != dnsprobe.Secure:
			p.failf("%s: %s", m.Host, v.Why)
		}
	}
	p.settle(f, "%s", list(hosts(d.mx)))
	return nil
}

func reverse(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "every address has a name that leads back to it"
	var without []string
	count := 0
	for i, m := range d.mx {
		if i == mostServers {
			break
		}
		found, err := d.names.IPs(ctx, m.Host)
		if err != nil {
			return err
		}
		for _, a := range found.Values[:min(len(found.Values), 2*mostAddresses)] {
			ok, err := d.leadsBack(ctx, a)
			if err != nil {
				return err
			}
			if count++; !ok {
				without = append(without, fmt.Sprintf("%s (%s)", a, m.Host))
			}
		}
	}
	switch {
	case count == 0:
		skip(f, exposure.Error, "the mail servers have no addresses")
	case len(without) > 0:
		set(f, exposure.Info, "no fitting name: %s", list(without))
	default:
		set(f, exposure.Pass, "%d addresses have fitting names", count)
	}
	return nil
}

func (d *domain) leadsBack(ctx context.Context, a netip.Addr) (bool, error) {
	names, err := d.names.PTR(ctx, a)
	if err != nil {
		return false, err
	}
	for i, n := range names.Values {
		if i == most {
			break
		}
		back, err := d.names.IPs(ctx, n)
		if err != nil {
			return false, err
		}
		if slices.Contains(back.Values, a) {
			return true, nil
		}
	}
	return false, nil
}

func mark(ctx context.Context, d *domain, f *exposure.Finding) error {
	found, err := d.names.TXT(ctx, "default._bimi."+d.name)
	if err != nil {
		return err
	}
	a, err := d.names.Authorities(ctx, d.name)
	if err != nil {
		return err
	}
	caa := "CAA does not say who may certify the mark"
	if a.Has("issuevmc") {
		caa = "CAA says who may certify the mark"
	}
	texts := slices.DeleteFunc(slices.Clone(found.Values), func(s string) bool { return !begins(s, "BIMI1") })
	if len(texts) == 0 {
		set(f, exposure.Info, "no BIMI record; %s", caa)
		return nil
	}
	tags, err := tags(texts[0])
	certificate := "without a certificate"
	if v, _ := value(tags, "a"); err == nil && v != "" && v != "self" {
		certificate = "with a certificate"
	}
	set(f, exposure.Info, "a BIMI record %s; %s", certificate, caa)
	return nil
}
