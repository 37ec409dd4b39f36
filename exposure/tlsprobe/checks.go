package tlsprobe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// services are the ports on which TLS is expected, by how it begins: "" at once,
// otherwise after STARTTLS of the service.
var services = map[uint16]string{
	443: "", 8443: "", 465: "", 993: "", 995: "", 636: "", 990: "", 853: "", 5223: "", 563: "",
	25: "smtp", 587: "submission", 143: "imap", 110: "pop3", 21: "ftp", 389: "ldap", 119: "nntp", 4190: "sieve", 5222: "xmpp-client", 5269: "xmpp-server",
	5432: "postgres", 3306: "mysql", 3389: "rdp", 1433: "mssql",
}

// starts says how TLS begins at a target; ok is false when none is expected.
func starts(t exposure.Target) (service string, ok bool) {
	switch t.Service {
	case "https", "tls":
		return "", true
	case "":
		service, ok = services[t.Port]
		return service, ok
	}
	_, ok = StartTLS()[t.Service]
	return t.Service, ok
}

// Checks lists the checks that the probe of TLS answers.
func Checks() []string {
	var out []string
	for _, j := range judges() {
		out = append(out, j.check)
	}
	return append(out, startCheck, profileCheck)
}

// startCheck is that a service which begins in the clear goes on with TLS.
const startCheck = "TLS-69"

// started judges whether TLS begins.
func started(s *exposure.Session, t exposure.Target, offered bool) {
	f := s.Finding(startCheck, t)
	f.Reproduce = reproduce(t, judge{})
	switch service, _ := starts(t); {
	case service == "":
		f.Outcome, f.Reason = exposure.NotApplicable, "TLS begins at once here"
	case offered:
		f.Outcome, f.Observed = exposure.Pass, "TLS begins in a connection of "+service
	default:
		f.Outcome, f.Observed, f.Expected = exposure.Warn, "the server does not offer STARTTLS", "TLS in a connection of "+service
	}
	s.Record(f)
}

// Probes are the probe of TLS, which looks at every service that speaks TLS, at once or
// after STARTTLS, those of QUIC and DTLS, and one that needs the consent to intrusive
// checks.
func Probes() []exposure.Probe {
	return []exposure.Probe{{Name: "tls", Level: exposure.OfService, Checks: Checks(), Class: exposure.Handshake, Wants: Wanted, Run: run},
		quicProbe(), datagramProbe(), intrusiveProbe()}
}

// patience is how long a server may take for one answer.
const patience = 5 * time.Second

func run(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	server := At(s.Dialer, t, s.Dialer.Permit().Scope().Rate.Parallel)
	begin := s.Now().UTC()
	view, err := server.LookAndFinish(ctx)
	if errors.Is(err, ErrNoStartTLS) {
		for _, check := range Checks() {
			if check != startCheck {
				s.Skip(check, t, exposure.NotApplicable, "the server does not offer STARTTLS")
			}
		}
		started(s, t, false)
		return nil
	}
	if err != nil && (view == nil || !view.Speaks()) {
		return err
	}
	started(s, t, view.Speaks())
	for _, j := range judges() {
		f := s.Finding(j.check, t)
		f.Start, f.Transcript, f.Reproduce = begin, exposure.TranscriptHash(view.Raw), reproduce(t, j)
		if !view.Speaks() {
			f.Outcome, f.Reason = exposure.NotApplicable, "the service does not speak TLS"
		} else {
			j.judge(view, &f)
		}
		s.Record(f)
	}
	f := s.Finding(profileCheck, t)
	f.Start, f.Transcript, f.Reproduce = begin, exposure.TranscriptHash(view.Raw), reproduce(t, judge{})
	if !view.Speaks() {
		f.Outcome, f.Reason = exposure.NotApplicable, "the service does not speak TLS"
		s.Record(f)
		return nil
	}
	chains := view.Chains
	if len(chains) == 0 && len(view.Finished.Chain) > 0 { // TLS 1.3 encrypts certificates
		chains = [][][]byte{view.Finished.Chain}
	}
	if len(chains) == 0 {
		chains, _ = server.Chains(ctx) // without them the rating says what was not seen
	}
	rate(s, view, chains, f)
	return nil
}

// At prepares questions to a target.
func At(d *exposure.Dialer, t exposure.Target, parallel int) *Server {
	return at(d, t, parallel, exposure.Handshake)
}

func at(d *exposure.Dialer, t exposure.Target, parallel int, class exposure.Class) *Server {
	service, _ := starts(t)
	begin := StartTLS()[service]
	connect := func(ctx context.Context) (net.Conn, error) {
		r := exposure.Request{Name: t.Name, Address: place(t), Class: class}
		c, err := d.Dial(ctx, r)
		if err != nil || begin == nil {
			return c, err
		}
		c.SetDeadline(time.Now().Add(patience))
		if err := begin(c); err != nil {
			c.Close()
			return nil, err
		}
		return Wrap(service, c), nil
	}
	return NewServer(connect, t.Name, patience, parallel)
}

// reproduce is a command that shows the same.
func reproduce(t exposure.Target, j judge) string {
	cmd := "openssl s_client -connect " + place(t).String()
	if t.Name != "" {
		cmd += " -servername " + t.Name
	}
	if service, _ := starts(t); service != "" {
		cmd += " -starttls " + strings.TrimSuffix(strings.TrimSuffix(service, "-client"), "-server")
	}
	return strings.TrimSpace(cmd + " " + j.hint)
}

// judge decides one check.
type judge struct {
	check string
	hint  string // for the command that shows the same
	judge func(*View, *exposure.Finding)
}

func judges() []judge {
	return []judge{
		{"TLS-01", "-ssl2", version(SSL2, exposure.Pass, exposure.Fail)},
		{"TLS-02", "-ssl3", version(SSL3, exposure.Pass, exposure.Fail)},
		{"TLS-03", "-tls1", version(TLS10, exposure.Pass, exposure.Fail)},
		{"TLS-04", "-tls1_1", version(TLS11, exposure.Pass, exposure.Fail)},
		{"TLS-05", "-tls1_2", version(TLS12, exposure.Info, exposure.Info)},
		{"TLS-06", "-tls1_3", version(TLS13, exposure.Warn, exposure.Pass)},
		{"TLS-07", "", answer(func(v *View) Answer { return v.Tolerant }, exposure.Pass, exposure.Warn)},
		{"TLS-08", "-fallback_scsv", answer(func(v *View) Answer { return v.Fallback }, exposure.Pass, exposure.Fail)},
		{"TLS-10", "-cipher eNULL", without(Suite.Null)},
		{"TLS-11", "-cipher aNULL", without(Suite.Anonymous)},
		{"TLS-12", "-cipher EXPORT", without(Suite.Export)},
		{"TLS-13", "-cipher 3DES", without(Suite.SmallBlocks)},
		{"TLS-14", "-cipher RC4", without(Suite.RC4)},
		{"TLS-15", "-cipher kRSA", without(func(s Suite) bool { return s.Key == "RSA" })},
		{"TLS-16", "-cipher kDHE", finiteField},
		{"TLS-17", "-cipher kDHE", primes},
		{"TLS-18", "", without(func(s Suite) bool { return !s.Anonymous() && (s.Key == "DH" || s.Key == "ECDH") })},
		{"TLS-19", "", cbc},
		{"TLS-20", "", unusual},
		{"TLS-21", "", modernOnly},
		{"TLS-22", "", order},
		{"TLS-30", "", groupList},
		{"TLS-31", "-groups X25519MLKEM768", answer(func(v *View) Answer { return v.PostQuantum }, exposure.Pass, exposure.Warn)},
		{"TLS-32", "", answer(func(v *View) Answer { return v.Preferred }, exposure.Pass, exposure.Warn)},
		{"TLS-33", "", curves},
		{"TLS-34", "-sigalgs RSA+SHA1", signatures},
		{"TLS-40", "", answer(func(v *View) Answer { return v.Extended }, exposure.Pass, exposure.Fail)},
		{"TLS-41", "", answer(func(v *View) Answer { return v.Secure }, exposure.Pass, exposure.Fail)},
		{"TLS-42", "-tls1_2 # then type R", negotiatedAgain},
		{"TLS-43", "-comp", answer(func(v *View) Answer { return v.Compression }, exposure.Fail, exposure.Pass)},
		{"TLS-44", "", ticketLifetime},
		{"TLS-45", "-tls1_3", earlyData},
		{"TLS-46", "-status", staple},
		{"TLS-47", "", answer(func(v *View) Answer { return v.Unknown }, exposure.Pass, exposure.Info)},
		{"TLS-48", "-alpn h2", protocols},
		{"TLS-49", "", answer(func(v *View) Answer { return v.ClientCert }, exposure.Info, exposure.Info)},
		{"TLS-60", "", answer(func(v *View) Answer { return v.Heartbleed }, exposure.Fail, exposure.Pass)},
		{"TLS-64", "-ssl2", version(SSL2, exposure.Pass, exposure.Fail)},
		{"TLS-65", "-cipher kDHE", reused},
		{"TLS-66", "", named},
	}
}

// version judges whether a version is offered.
func version(v uint16, off, on exposure.Outcome) func(*View, *exposure.Finding) {
	return func(view *View, f *exposure.Finding) {
		s := view.Support(v)
		switch {
		case s.Err != nil:
			f.Outcome, f.Reason = exposure.Error, s.Err.Error()
		case s.Offered:
			f.Outcome, f.Observed = on, VersionName(v)+" is offered"
			if len(s.Ciphers) > 0 {
				f.Observed += ": " + strings.Join(s.Ciphers, ", ")
			}
		default:
			f.Outcome, f.Observed = off, VersionName(v)+" is refused"
		}
	}
}

// answer judges a yes or no. A question that belongs to a version which is not
// offered does not apply.
func answer(of func(*View) Answer, yes, no exposure.Outcome) func(*View, *exposure.Finding) {
	return func(view *View, f *exposure.Finding) {
		switch a := of(view); {
		case errors.Is(a.Err, errNotOffered):
			f.Outcome, f.Reason = exposure.NotApplicable, a.Err.Error()
		case !a.Known:
			f.Outcome, f.Reason = exposure.Error, fmt.Sprint(a.Err)
		case a.Yes:
			f.Outcome, f.Observed = yes, "yes"
		default:
			f.Outcome, f.Observed = no, "no"
		}
	}
}

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

func place(t exposure.Target) netip.AddrPort { return netip.AddrPortFrom(t.Address, t.Port) }

// Wanted reports whether TLS is expected at a target.
func Wanted(t exposure.Target) bool { _, ok := starts(t); return ok }
