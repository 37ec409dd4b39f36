package mailprobe

import (
	"context"
	"math/big"

	"github.com/nisaba-platform/nisaba/exposure"
)

func oneSPF(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "one SPF record"
	switch len(d.texts) {
	case 0:
		set(f, exposure.Fail, "no SPF record")
	case 1:
		set(f, exposure.Pass, "%s", exposure.Clip(d.texts[0]))
	default:
		set(f, exposure.Fail, "%d SPF records: receivers use none", len(d.texts))
	}
	return nil
}

// oneRecord decides when the checks of a record have nothing to look at.
func (d *domain) oneRecord(f *exposure.Finding) bool {
	if len(d.texts) != 1 {
		skip(f, exposure.NotApplicable, "there is not exactly one SPF record")
	}
	return len(d.texts) == 1
}

func soundSPF(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "up to 10 look-ups, up to 2 in vain, -all or ~all at the end"
	if !d.oneRecord(f) {
		return nil
	}
	if d.bad != nil {
		set(f, exposure.Fail, "%v", d.bad)
		return nil
	}
	var p problems
	v := d.view
	for _, b := range v.Broken {
		p.failf("%s", b)
	}
	if v.Lookups > mostLookups {
		p.failf("%d look-ups", v.Lookups)
	}
	if v.Void > mostVoid {
		p.failf("%d look-ups in vain", v.Void)
	}
	switch v.All {
	case '+':
		p.failf("+all allows everybody")
	case '?':
		p.failf("?all says nothing about strangers")
	case 0:
		p.failf("there is no all: strangers are not refused")
	}
	if v.Pointer {
		p.warnf("ptr is used, which receivers may ignore")
	}
	p.settle(f, "%d look-ups, %call", v.Lookups, v.All)
	return nil
}

// wide is the number of IPv4 addresses that are too many.
var wide = big.NewInt(1 << 16)

func narrowSPF(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "fewer than 65,536 IPv4 addresses of your own"
	if !d.oneRecord(f) {
		return nil
	}
	if d.bad != nil {
		skip(f, exposure.Error, "the record cannot be read: %v", d.bad)
		return nil
	}
	var p problems
	if d.view.Four.Cmp(wide) >= 0 {
		p.failf("%s IPv4 addresses may send", d.view.Four)
	}
	for _, w := range d.view.Wide {
		p.failf("the IPv6 network %s may send", w)
	}
	if d.view.All == '+' {
		p.failf("everybody may send")
	}
	for _, s := range d.view.Shared {
		p.warnf("%s sends for many customers", s)
	}
	for _, b := range d.view.Broken {
		p.unknownf("%s", b)
	}
	p.settle(f, "%s IPv4 addresses", d.view.Four)
	return nil
}
