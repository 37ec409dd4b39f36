package tlsprobe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
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

func place(t exposure.Target) netip.AddrPort { return netip.AddrPortFrom(t.Address, t.Port) }

// Wanted reports whether TLS is expected at a target.
func Wanted(t exposure.Target) bool { _, ok := starts(t); return ok }
