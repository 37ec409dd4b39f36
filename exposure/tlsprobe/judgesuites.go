package tlsprobe

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// all lists the accepted suites of every version, each once. err says what could
// not be asked.
func all(v *View) (suites []Suite, err error) {
	seen := map[uint16]bool{}
	for _, s := range v.Versions {
		if s.Err != nil && err == nil {
			err = fmt.Errorf("%s could not be asked: %w", VersionName(s.Version), s.Err)
		}
		if s.Rest != nil && err == nil {
			err = fmt.Errorf("some suites of %s could not be asked: %w", VersionName(s.Version), s.Rest)
		}
		for _, id := range s.Suites {
			if !seen[id] {
				seen[id] = true
				suites = append(suites, SuiteOf(id))
			}
		}
	}
	return suites, err
}

func namesOf(list []Suite) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// matching picks suites, and settles the finding when it cannot be judged: a suite
// that was found counts whatever else could not be asked.
func matching(v *View, f *exposure.Finding, bad func(Suite) bool) (found []Suite, decided bool) {
	suites, err := all(v)
	for _, s := range suites {
		if bad(s) {
			found = append(found, s)
		}
	}
	if len(found) == 0 && err != nil {
		f.Outcome, f.Reason = exposure.Error, err.Error()
		return nil, true
	}
	return found, false
}

func without(bad func(Suite) bool) func(*View, *exposure.Finding) {
	return func(v *View, f *exposure.Finding) {
		found, decided := matching(v, f, bad)
		if decided {
			return
		}
		f.Outcome, f.Observed = exposure.Pass, "none"
		if len(found) > 0 {
			f.Outcome, f.Observed = exposure.Fail, namesOf(found)
		}
	}
}

// bits lists the lengths of the primes that were seen, shortest first.
func bits(v *View) (out []int) {
	for _, s := range v.Versions {
		for _, f := range s.Flights {
			if f.DHPrime != nil && !slices.Contains(out, f.DHPrime.BitLen()) {
				out = append(out, f.DHPrime.BitLen())
			}
		}
	}
	slices.Sort(out)
	return out
}

func isDHE(s Suite) bool { return s.Key == "DHE" || s.Key == "DH" && s.Anonymous() }

func finiteField(v *View, f *exposure.Finding) {
	found, decided := matching(v, f, isDHE)
	switch primes := bits(v); {
	case decided:
	case len(found) == 0:
		f.Outcome, f.Observed = exposure.Pass, "none"
	case len(primes) > 0 && primes[0] >= 3072 && standardPrimes(v):
		f.Outcome, f.Observed = exposure.Warn, fmt.Sprintf("%d suites with a group of RFC 7919 of %d bits", len(found), primes[0])
	default:
		f.Outcome, f.Observed = exposure.Fail, fmt.Sprintf("%d suites, primes of %v bits", len(found), primes)
	}
}

// standardPrimes reports whether each prime begins and ends as those of RFC 7919
// do: with 64 bits that are set.
func standardPrimes(v *View) bool {
	for _, s := range v.Versions {
		for _, f := range s.Flights {
			if p := f.DHPrime; p != nil {
				b := p.Bytes()
				if len(b) < 16 || !onlyOnes(b[:8]) || !onlyOnes(b[len(b)-8:]) {
					return false
				}
			}
		}
	}
	return true
}

func onlyOnes(b []byte) bool {
	return !slices.ContainsFunc(b, func(x byte) bool { return x != 0xff })
}

func primes(v *View, f *exposure.Finding) {
	list := bits(v)
	switch {
	case len(list) == 0:
		if _, decided := matching(v, f, isDHE); !decided {
			f.Outcome, f.Reason = exposure.NotApplicable, "no finite-field Diffie-Hellman is offered"
		}
	case list[0] <= 1024:
		f.Outcome, f.Severity, f.Observed = exposure.Fail, exposure.Critical, fmt.Sprintf("%v bits", list)
	case list[0] < 2048:
		f.Outcome, f.Observed = exposure.Fail, fmt.Sprintf("%v bits", list)
	default:
		f.Outcome, f.Observed = exposure.Pass, fmt.Sprintf("%v bits", list)
	}
}

// reused looks for a public value of Diffie-Hellman that a server showed twice.
func reused(v *View, f *exposure.Finding) {
	seen, times := map[string]bool{}, 0
	for _, s := range v.Versions {
		for _, flight := range s.Flights {
			if len(flight.DHPublic) == 0 {
				continue
			}
			times++
			if seen[string(flight.DHPublic)] {
				f.Outcome, f.Observed = exposure.Fail, "one public value in two connections"
				return
			}
			seen[string(flight.DHPublic)] = true
		}
	}
	switch {
	case times > 1:
		f.Outcome, f.Observed = exposure.Pass, fmt.Sprintf("%d connections, each with its own public value", times)
	case times == 1:
		f.Outcome, f.Reason = exposure.NotTested, "one connection used finite-field Diffie-Hellman, and it takes two"
	default:
		if _, decided := matching(v, f, isDHE); !decided {
			f.Outcome, f.Reason = exposure.NotApplicable, "no finite-field Diffie-Hellman is offered"
		}
	}
}

func cbc(v *View, f *exposure.Finding) {
	found, decided := matching(v, f, func(s Suite) bool { return strings.Contains(s.Enc, "CBC") })
	if decided {
		return
	}
	f.Outcome, f.Observed = exposure.Pass, "none"
	if len(found) > 0 {
		f.Outcome, f.Observed = exposure.Warn, namesOf(found)
		if slices.ContainsFunc(found, func(s Suite) bool { return s.MAC == "SHA" || s.MAC == "MD5" }) {
			f.Outcome = exposure.Fail
		}
	}
}

func unusual(v *View, f *exposure.Finding) {
	has := func(words ...string) func(Suite) bool {
		return func(s Suite) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s.Name, w) })
		}
	}
	bad := has("CCM_8", "SEED", "IDEA", "GOST", "_PSK", "_SRP", "KRB5")
	found, decided := matching(v, f, func(s Suite) bool { return bad(s) || has("ARIA", "CAMELLIA")(s) })
	if decided {
		return
	}
	f.Outcome, f.Observed = exposure.Pass, "none"
	if len(found) > 0 {
		f.Outcome, f.Observed = exposure.Warn, namesOf(found)
		if slices.ContainsFunc(found, bad) {
			f.Outcome = exposure.Fail
		}
	}
}

// good reports whether NCSC-NL and Mozilla recommend a suite.
func good(s Suite) bool {
	return s.AEAD() && s.Ephemeral() && !isDHE(s) && !strings.Contains(s.Enc, "CCM_8")
}

func modernOnly(v *View, f *exposure.Finding) {
	found, decided := matching(v, f, func(s Suite) bool { return !good(s) })
	if decided {
		return
	}
	f.Outcome, f.Observed = exposure.Pass, "all suites have ECDHE and AEAD"
	if len(found) > 0 {
		f.Outcome, f.Observed = exposure.Info, namesOf(found)
	}
}

func order(v *View, f *exposure.Finding) {
	var loose []string
	var failed error
	mixed := false
	for _, s := range v.Versions {
		switch a := s.Better; {
		case a.Known:
			mixed = true
			if !a.Yes {
				loose = append(loose, VersionName(s.Version))
			}
		case a.Err != nil && !errors.Is(a.Err, errNotOffered):
			failed = a.Err
		}
	}
	switch {
	case len(loose) > 0:
		f.Outcome, f.Observed = exposure.Fail, "a worse suite wins with "+strings.Join(loose, ", ")+" when the client names it first"
	case failed != nil:
		f.Outcome, f.Reason = exposure.Error, failed.Error()
	case !mixed:
		f.Outcome, f.Reason = exposure.NotApplicable, "all suites of a version are alike"
	default:
		f.Outcome, f.Observed = exposure.Pass, "a good suite wins although the client names worse ones first"
	}
}

func groupNamesOf(v *View) []string {
	seen := map[uint16]bool{}
	var out []string
	for _, version := range []uint16{TLS13, TLS12, TLS11, TLS10} {
		for _, g := range v.Groups[version] {
			if !seen[g] {
				seen[g] = true
				out = append(out, cmp.Or(GroupName(g), fmt.Sprintf("0x%04X", g)))
			}
		}
	}
	return out
}

func groupError(v *View) error {
	for _, err := range v.GroupErr {
		if err != nil {
			return err
		}
	}
	return nil
}

func groupList(v *View, f *exposure.Finding) {
	if err := groupError(v); err != nil {
		f.Outcome, f.Reason = exposure.Error, err.Error()
		return
	}
	f.Outcome, f.Observed = exposure.Info, cmp.Or(strings.Join(groupNamesOf(v), ", "), "none")
}

func curves(v *View, f *exposure.Finding) {
	var fair, weak []string
	for _, list := range v.Groups {
		for _, g := range list {
			switch {
			case g >= 23 && g <= 33 || g >= 256 && g <= 260 || PostQuantum(g):
			case g == 21:
				fair = append(fair, GroupName(g))
			default:
				weak = append(weak, cmp.Or(GroupName(g), fmt.Sprintf("0x%04X", g)))
			}
		}
	}
	switch err := groupError(v); {
	case len(weak) > 0:
		f.Outcome, f.Observed = exposure.Fail, strings.Join(weak, ", ")
	case err != nil:
		f.Outcome, f.Reason = exposure.Error, err.Error()
	case len(fair) > 0:
		f.Outcome, f.Observed = exposure.Warn, strings.Join(fair, ", ")
	case len(groupNamesOf(v)) == 0:
		f.Outcome, f.Reason = exposure.NotApplicable, "no groups are negotiated"
	default:
		f.Outcome, f.Observed = exposure.Pass, strings.Join(groupNamesOf(v), ", ")
	}
}
