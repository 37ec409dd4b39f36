package tlsprobe

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// signatures fails on SHA-1 and MD5, and warns of SHA-224.
func signatures(v *View, f *exposure.Finding) {
	answer(func(v *View) Answer { return v.OldSignature }, exposure.Fail, exposure.Pass)(v, f)
	if f.Outcome == exposure.Pass {
		answer(func(v *View) Answer { return v.ShortSignature }, exposure.Warn, exposure.Pass)(v, f)
		if f.Outcome == exposure.Warn {
			f.Observed = "SHA-224"
		}
	}
}

// negotiatedAgain judges one attempt of a client to negotiate again. How often a
// server lets it happen is not counted.
func negotiatedAgain(v *View, f *exposure.Finding) {
	a := v.Finished.Again
	if errors.Is(a.Err, errUnfinished) {
		f.Outcome, f.Reason = exposure.NotTested, a.Err.Error()
		return
	}
	answer(func(*View) Answer { return a }, exposure.Info, exposure.Pass)(v, f)
	if a.Known && a.Yes && v.Secure.Known && !v.Secure.Yes {
		f.Outcome, f.Severity, f.Observed = exposure.Fail, exposure.Critical, "yes, and without RFC 5746"
	}
}

// longestTicket is how long a ticket may live, RFC 8446 section 4.6.1.
const longestTicket = 7 * 24 * time.Hour

func ticketLifetime(v *View, f *exposure.Finding) {
	var longest time.Duration
	for _, t := range v.Finished.Tickets {
		longest = max(longest, t.Lifetime)
	}
	switch {
	case longest > longestTicket:
		f.Outcome, f.Observed = exposure.Fail, longest.String()
	case v.Finished.TicketErr != nil:
		f.Outcome, f.Reason = exposure.NotTested, v.Finished.TicketErr.Error()
	case len(v.Finished.Tickets) == 0:
		f.Outcome, f.Reason = exposure.NotApplicable, "no ticket was sent"
	case longest == 0:
		f.Outcome, f.Observed = exposure.Info, "the server does not say how long its tickets live"
	default:
		f.Outcome, f.Observed = exposure.Pass, longest.String()
	}
}

func earlyData(v *View, f *exposure.Finding) {
	var most uint32
	for _, t := range v.Finished.Tickets {
		most = max(most, t.EarlyData)
	}
	switch {
	case !v.Support(TLS13).Offered:
		answer(func(*View) Answer { return unsure(errNotOffered) }, exposure.Warn, exposure.Pass)(v, f)
	case most > 0:
		f.Outcome, f.Observed = exposure.Warn, fmt.Sprintf("%d bytes", most)
	case !v.Finished.Modern:
		f.Outcome, f.Reason = exposure.NotTested, fmt.Sprint(v.Finished.TicketErr)
	default:
		f.Outcome, f.Observed = exposure.Pass, "no ticket allows it"
	}
}

func staple(v *View, f *exposure.Finding) {
	switch {
	case len(v.Staple) > 0:
		f.Outcome, f.Observed = exposure.Pass, fmt.Sprintf("an OCSP answer of %d bytes", len(v.Staple))
	case v.Highest(TLS12) < TLS10:
		f.Outcome, f.Reason = exposure.NotTested, "the answer is encrypted with TLS 1.3 and was not looked at"
	default:
		f.Outcome, f.Observed = exposure.Info, "no OCSP answer"
	}
}

func protocols(v *View, f *exposure.Finding) {
	f.Outcome, f.Observed = exposure.Info, cmp.Or(strings.Join(v.Protocols, ", "), "none")
	web := f.Target.Port == 443 || f.Target.Service == "https"
	if web && slices.ContainsFunc(v.Protocols, func(p string) bool { return p != "h2" && p != "http/1.1" }) {
		f.Outcome = exposure.Warn
	}
}

// named derives the attacks that people know by name.
func named(v *View, f *exposure.Finding) {
	suites, err := all(v)
	has := func(is func(Suite) bool) bool { return slices.ContainsFunc(suites, is) }
	isCBC := func(s Suite) bool { return strings.Contains(s.Enc, "CBC") }
	short := bits(v)
	var list []string
	for _, attack := range []struct {
		name string
		open bool
	}{
		{"POODLE", v.Support(SSL3).Offered}, {"BEAST", v.Support(TLS10).Offered && has(isCBC)}, {"LUCKY13", has(isCBC)},
		{"SWEET32", has(Suite.SmallBlocks)}, {"FREAK", has(Suite.Export)}, {"LOGJAM", len(short) > 0 && short[0] <= 1024}, {"DROWN", v.Support(SSL2).Offered},
	} {
		if attack.open {
			list = append(list, attack.name)
		}
	}
	switch {
	case len(list) > 0:
		f.Outcome, f.Observed = exposure.Info, strings.Join(list, ", ")
	case err != nil:
		f.Outcome, f.Reason = exposure.Error, err.Error()
	default:
		f.Outcome, f.Observed = exposure.Pass, "none"
	}
}
