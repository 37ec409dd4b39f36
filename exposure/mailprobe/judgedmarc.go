package mailprobe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

func oneDMARC(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "one DMARC record"
	w := d.dmarc
	switch {
	case len(w.Several) > 0 && (w.At == "" || slices.Contains(w.Several, d.name)):
		set(f, exposure.Fail, "several records at _dmarc.%s: receivers use none", w.Several[0])
	case w.At == "":
		set(f, exposure.Fail, "no DMARC record")
	case w.Bad != nil:
		set(f, exposure.Fail, "the record at _dmarc.%s cannot be read: %v", w.At, w.Bad)
	case w.Policy == "":
		set(f, exposure.Fail, "the record at _dmarc.%s names no policy that can be read: %s", w.At, exposure.Clip(w.Record))
	default:
		set(f, exposure.Pass, "_dmarc.%s: %s", w.At, exposure.Clip(w.Record))
	}
	return nil
}

// record decides when the other checks of DMARC have nothing to look at.
func (d *domain) record(f *exposure.Finding) bool {
	if d.dmarc.At == "" || d.dmarc.Bad != nil {
		set(f, exposure.Fail, "no DMARC record that can be read")
		return false
	}
	return true
}

func strictDMARC(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "p=reject or p=quarantine"
	if !d.record(f) {
		return nil
	}
	var p problems
	w, effective := d.dmarc, d.dmarc.Effective(d.name)
	how := "p=" + w.Policy
	if w.At != d.name {
		how = fmt.Sprintf("%s by the record of %s", effective, w.At)
	}
	if w.Test {
		how += ", t=y"
	}
	switch {
	case effective == "none" && w.Test:
		p.failf("%s: forged mail is delivered", how)
	case effective == "none":
		p.failf("%s: forged mail is delivered", how)
	case w.Test:
		p.warnf("%s: the policy is one step weaker than it says", how)
	}
	for name, v := range map[string]string{"sp": w.Subdomain, "np": w.Absent} {
		if w.At == d.name && v != "" && strength(v) < strength(w.Policy) {
			p.warnf("%s=%s is weaker than p=%s", name, v, w.Policy)
		}
	}
	for _, name := range w.Removed {
		p.warnf("the tag %s is no more (RFC 9989)", name)
	}
	slices.Sort(p.warn)
	p.settle(f, "%s", how)
	return nil
}

func reportsDMARC(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "an address in rua that takes reports"
	if !d.record(f) {
		return nil
	}
	var p problems
	w := d.dmarc
	for _, u := range w.Unreadable {
		p.failf("%s cannot be read", u)
	}
	if len(w.Aggregate) == 0 && len(w.Unreadable) == 0 {
		p.warnf("no rua: nobody is told of forged mail")
	}
	to := append(slices.Clone(w.Aggregate), w.Failure...)
	if len(to) > most {
		p.warnf("%d addresses for reports; only %d were looked at", len(to), most)
	}
	for _, address := range to[:min(len(to), most)] {
		_, receiver, _ := strings.Cut(address, "@")
		receiver = fold(receiver)
		if exposure.Below(receiver, w.Organisation) {
			continue
		}
		other, err := WalkDMARC(ctx, d.names, receiver)
		if err != nil {
			return err
		}
		if other.Organisation == w.Organisation {
			continue
		}
		agreed, err := d.names.TXT(ctx, w.At+"._report._dmarc."+receiver)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(agreed.Values, func(s string) bool { return begins(s, "DMARC1") }) {
			p.failf("%s has not agreed to take reports about %s", receiver, w.At)
		}
	}
	note := ""
	if len(w.Failure) > 0 {
		note = "; ruf asks for reports with personal data"
	}
	p.settle(f, "%s%s", list(w.Aggregate), note)
	return nil
}

func parked(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "v=spf1 -all, p=reject, a null MX"
	if d.receives() {
		skip(f, exposure.NotApplicable, "the domain has mail servers")
		return nil
	}
	if d.sends() {
		skip(f, exposure.NotApplicable, "the domain sends mail: its SPF record allows servers")
		return nil
	}
	var p problems
	if len(d.texts) != 1 || d.bad != nil || len(d.spf.Terms) != 1 || d.spf.All() != '-' {
		p.failf("SPF does not refuse all")
	}
	if d.dmarc.At == "" || d.dmarc.Bad != nil || d.dmarc.Effective(d.name) != "reject" {
		p.failf("DMARC does not reject")
	}
	if !d.null && d.implied {
		p.warnf("there is no null MX")
	}
	p.settle(f, "no mail, and it says so")
	return nil
}

// sends reports whether the SPF record lets somebody send.
func (d *domain) sends() bool {
	return len(d.texts) == 1 && d.bad == nil && (d.spf.Redirect != "" || slices.ContainsFunc(d.spf.Terms, func(t Term) bool { return t.Mechanism != "all" && t.Qualifier == '+' }))
}
