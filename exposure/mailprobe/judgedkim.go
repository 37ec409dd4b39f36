package mailprobe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
)

func keys(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "RSA keys of 2048 bits or more, or Ed25519 keys"
	if !d.receives() && !d.sends() {
		skip(f, exposure.NotApplicable, "the domain neither takes nor sends mail")
		return nil
	}
	any, err := d.names.TXT(ctx, "nisaba-scan-no-such-selector._domainkey."+d.name)
	if err != nil {
		return err
	}
	if len(any.Values) > 0 {
		skip(f, exposure.Error, "every selector has a record, so that real ones cannot be told")
		return nil
	}
	top, err := d.names.TXT(ctx, "_domainkey."+d.name)
	if err != nil {
		return err
	}
	var p problems
	var seen []string
	var names []string
	for _, selector := range d.selectors() {
		names = append(names, selector+"._domainkey."+d.name)
	}
	d.names.Prefetch(ctx, dnsprobe.TypeTXT, names)
	for _, selector := range d.selectors() {
		found, err := d.names.TXT(ctx, selector+"._domainkey."+d.name)
		if err != nil {
			return err
		}
		for _, text := range found.Values {
			seen = append(seen, judgeKey(selector, text, &p))
		}
	}
	switch {
	case len(seen) > 0:
		p.settle(f, "%s", list(seen))
	case !top.Exists:
		set(f, exposure.Fail, "no key: the name _domainkey.%s does not exist", d.name)
	default:
		skip(f, exposure.NotTested, "keys seem to exist, but not under the usual selectors: name yours")
	}
	return nil
}

func judgeKey(selector, text string, p *problems) string {
	k, err := ParseDKIM(text)
	switch {
	case err != nil:
		p.failf("%s: %v", selector, err)
	case k.Revoked:
		return selector + ": taken back"
	case k.Kind == "rsa" && k.Bits < 1024:
		p.failf("%s: an RSA key of %d bits", selector, k.Bits)
	case k.Kind == "rsa" && k.Bits < 2048:
		p.warnf("%s: an RSA key of %d bits", selector, k.Bits)
	}
	if k.Test {
		p.warnf("%s: marked as a test", selector)
	}
	if len(k.Hashes) > 0 && !slices.Contains(k.Hashes, "sha256") {
		p.failf("%s: only %s", selector, exposure.Clip(strings.Join(k.Hashes, ", ")))
	}
	return fmt.Sprintf("%s: %s, %d bits", selector, k.Kind, k.Bits)
}

// selectors are the configured ones and the usual ones.
func (d *domain) selectors() []string {
	var out []string
	for s := range strings.SplitSeq(d.s.Settings[SelectorsSetting], ",") {
		if s = strings.ToLower(strings.TrimSpace(s)); s != "" && len(out) < most {
			out = append(out, s)
		}
	}
	for _, s := range selectors {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
