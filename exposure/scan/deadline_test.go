package scan_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

// TestJudge: what is late fails with the severity of the failure, what is there again
// warns, what was accepted in full passes the one check and leaves the other, and what
// is mended is not held against anybody.
func TestJudge(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return at.AddDate(0, 0, n) }
	fail := func(check, where string, s exposure.Severity) exposure.Finding {
		return exposure.Finding{Check: check, Outcome: exposure.Fail, Severity: s, Permit: "p", Target: exposure.Target{Declared: where, Address: netip.MustParseAddr(where), Port: 443}}
	}
	late, again, kept, lapsed, fresh := fail("TLS-01", "192.0.2.1", exposure.Critical), fail("TLS-03", "192.0.2.2", exposure.High), fail("TLS-03", "192.0.2.3", exposure.High), fail("TLS-03", "192.0.2.4", exposure.High), fail("TLS-04", "192.0.2.5", exposure.High)
	second := fail("TLS-04", "192.0.2.1", exposure.High)
	fine := exposure.Finding{Check: "TLS-03", Outcome: exposure.Pass, Target: exposure.Target{Declared: "example.org", Name: "example.org"}}
	stale := exposure.Finding{Check: scan.InTime, Outcome: exposure.Fail, Target: exposure.Target{Declared: "example.org", Name: "example.org"}}
	history := map[string]scan.Since{
		late.Key():   {First: day(-20), Due: day(-17)},
		second.Key(): {First: day(-20), Due: day(-6)},
		again.Key():  {First: day(-1), Again: true, Due: day(13)},
		kept.Key():   {First: day(-90), Due: day(-76), Accepted: &scan.Acceptance{Reason: "r", Owner: "Eva", Until: day(1)}},
		lapsed.Key(): {First: day(-90), Due: day(-76), Accepted: &scan.Acceptance{Reason: "r", Owner: "Eva", Until: at}},
		fine.Key():   {First: day(-90), Due: day(-76)},
	}
	list := []exposure.Finding{late, second, again, kept, lapsed, fresh, fine, stale}
	got := scan.Judge(knowledge(t).Catalogue, list, history, at)
	for _, want := range []struct {
		check, at string
		outcome   exposure.Outcome
		severity  exposure.Severity
		observed  string
	}{
		{scan.InTime, "192.0.2.1:443", exposure.Fail, exposure.Critical, "TLS-01 since 2026-11-08, due 2026-11-10; TLS-04 since 2026-11-08, due 2026-11-21"},
		{scan.InTime, "192.0.2.2:443", exposure.Warn, exposure.High, "TLS-03 since 2026-11-27, mended before and there again"},
		{scan.InTime, "192.0.2.3:443", exposure.NotApplicable, exposure.High, ""},
		{scan.Decided, "192.0.2.3:443", exposure.Pass, exposure.Medium, "TLS-03 since 2026-08-30, accepted until 2026-11-28"},
		{scan.InTime, "192.0.2.4:443", exposure.Fail, exposure.High, "TLS-03 since 2026-08-30, due 2026-09-12"},
		{scan.Decided, "192.0.2.4:443", exposure.Fail, exposure.Medium, "TLS-03 since 2026-08-30, accepted until 2026-11-27"},
		{scan.InTime, "192.0.2.5:443", exposure.Pass, exposure.High, "what fails is within its limit"},
		{scan.InTime, "example.org", exposure.Pass, exposure.High, "nothing fails"},
	} {
		i := slices.IndexFunc(got, func(f exposure.Finding) bool { return f.Check == want.check && f.Target.String() == want.at })
		if i < 0 {
			t.Errorf("%s at %s is not answered", want.check, want.at)
			continue
		}
		f := got[i]
		if f.Outcome != want.outcome || f.Severity != want.severity || f.Observed != want.observed || f.Citation == "" || f.End.IsZero() {
			t.Errorf("%s at %s: %s %s %q", want.check, want.at, f.Outcome, f.Severity, f.Observed)
		}
		got = slices.Delete(got, i, i+1)
	}
	if len(got) != len(list)-1 { // the earlier answer is gone
		t.Errorf("%d findings are left", len(got))
	}
}
