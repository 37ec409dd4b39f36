package ports

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Probes are the probes of ports: one that finds the open ports of a host, one that
// finds out what answers on a port whose number does not tell, and one for each kind
// of service. The first two find the targets of others and always run.
func Probes() []exposure.Probe {
	known := &memory{seen: map[question]*swept{}}
	out := []exposure.Probe{
		{Name: "ports", Level: exposure.OfHost, Class: exposure.Handshake, Run: known.runHost},
		{Name: "protocol", Level: exposure.OfService, Class: exposure.Handshake, Wants: unknown, Run: runProtocol},
		identityProbe(),
	}
	for _, f := range families() {
		out = append(out, f.probe())
	}
	return out
}

// Checks lists the checks that the probes answer.
func Checks() (out []string) { return append(hostChecks(), "OT-02") }

func hostChecks() []string {
	out := []string{"PORT-00", "BAN-02", "OT-01", "PORT-11"}
	for _, f := range families() {
		out = append(out, f.check)
	}
	return out
}

// survey is what the ports of a host showed.
type survey struct {
	session *exposure.Session
	target  exposure.Target
	chosen  bool // the list was given, and nothing beside it is asked
	asked   []uint16
	left    map[uint16]string // not asked, with the reason
	open    []uint16
	udp     []uint16        // answered over UDP
	plant   []uint16        // open, and of an industrial device
	list    []uint16        // of what may be asked, sorted
	found   map[string]bool // checks with an answer
	known   *memory         // of the scan
}

// runHost answers the checks of a host. When that fails, each check without an
// answer has the outcome error.
func (m *memory) runHost(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	v := &survey{session: s, target: t, known: m, left: map[uint16]string{}, found: map[string]bool{}}
	err := v.run(ctx)
	if err == nil || errors.Is(err, exposure.ErrStopped) || ctx.Err() != nil {
		return err
	}
	for _, check := range hostChecks() {
		if !v.found[check] {
			s.Skip(check, t, exposure.Error, err.Error())
		}
	}
	return nil
}

func (v *survey) run(ctx context.Context) error {
	if err := v.sweep(ctx); err != nil {
		return err
	}
	why, err := v.tarpit(ctx)
	if err != nil {
		return err
	}
	if why != "" {
		v.skipAll(why)
		return nil
	}
	f := v.session.Finding("BAN-02", v.target)
	if len(v.asked) > 0 {
		f.Outcome, f.Observed = exposure.Pass, fmt.Sprintf("%d of %d ports are open", len(v.open), len(v.asked))
	} else {
		f.Outcome, f.Reason = exposure.NotTested, "no port was asked: "+v.why(v.list)
	}
	v.record(f)
	if err := v.industrial(ctx); err != nil {
		return err
	}
	answers, err := v.askDatagrams(ctx)
	if err != nil {
		return err
	}
	v.families(answers)
	v.declared()
	for _, port := range v.open {
		if !slices.Contains(v.plant, port) { // industrial devices are left alone
			t := v.target
			t.Port = port
			v.session.Discover(t)
		}
	}
	return nil
}

func (v *survey) record(f exposure.Finding) {
	v.found[f.Check] = true
	v.session.Record(f)
}

// sweep asks the ports that the permit covers.
func (v *survey) sweep(ctx context.Context) error {
	v.list = Usual()
	if setting := v.session.Settings[SettingPorts]; setting != "" {
		var err error
		if v.list, err = ParsePorts(setting); err != nil {
			return err
		}
		v.chosen = true
	}
	covered := make([]uint16, 0, len(v.list))
	for _, p := range v.list {
		switch err := v.session.Dialer.Check(v.request(p)); {
		case errors.Is(err, exposure.ErrStopped):
			return err
		case err != nil:
			v.left[p] = err.Error()
		default:
			covered = append(covered, p)
		}
	}
	if len(covered) == 0 {
		// The log shows that the host was refused, if not for every single port.
		release, _, err := v.session.Dialer.TryAdmit(v.request(v.list[0]))
		if release != nil {
			release()
		}
		if errors.Is(err, exposure.ErrStopped) {
			return err
		}
		return nil
	}
	seen, err := v.known.sweep(ctx, v, covered)
	if err != nil {
		return err
	}
	for _, p := range covered {
		if seen.left[p] {
			v.left[p] = "the permit ended during the scan"
		} else {
			v.asked = append(v.asked, p)
		}
	}
	v.open = seen.open
	return nil
}

// memory keeps what the ports of an address showed during one scan, which has one
// dialer: names that share an address are no reason to ask it twice.
type memory struct {
	mu   sync.Mutex
	seen map[question]*swept
}

// question is what was asked: by whom, where, which ports.
type question struct {
	dialer *exposure.Dialer
	at     netip.Addr
	ports  string
}

type swept struct {
	mu   sync.Mutex
	done bool
	open []uint16
	left map[uint16]bool
}

func (m *memory) sweep(ctx context.Context, v *survey, list []uint16) (*swept, error) {
	key := question{v.session.Dialer, v.target.Address, fmt.Sprint(list)}
	m.mu.Lock()
	s := m.seen[key]
	if s == nil {
		s = &swept{}
		m.seen[key] = s
	}
	m.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return s, nil
	}
	s.open, s.left = nil, map[uint16]bool{}
	if err := v.ask(ctx, list, s); err != nil {
		return nil, err
	}
	slices.Sort(s.open)
	s.done = true
	return s, nil
}

// ask asks the ports. Industrial devices are asked first, while nothing else goes to
// them; a device that was found is not used to being asked much.
func (v *survey) ask(ctx context.Context, list []uint16, s *swept) error {
	list = slices.SortedStableFunc(slices.Values(list), func(a, b uint16) int { return rank(a) - rank(b) })
	first, _ := slices.BinarySearchFunc(list, 1, func(p uint16, r int) int { return rank(p) - r })
	note := func(r Result) {
		switch r.State {
		case Unasked:
			s.left[r.Port] = true
		case Open:
			s.open = append(s.open, r.Port)
		}
	}
	hosts, o := []Host{{v.target.Name, v.target.Address}}, v.limits()
	if err := Sweep(ctx, v.session.Dialer, hosts, list[:first], o, note); err != nil {
		return err
	}
	if len(s.open) > 0 {
		o.InFlight, o.Pause = 1, 100*time.Millisecond
	}
	return Sweep(ctx, v.session.Dialer, hosts, list[first:], o, note)
}

// limits of a sweep of one host: no more in the air than its share.
func (v *survey) limits() SweepOptions {
	return SweepOptions{Workers: 1, InFlight: min(v.session.Dialer.Permit().Scope().Rate.Attempts, 1024)}
}

func rank(port uint16) int {
	if slices.Contains(exposure.IndustrialPorts, port) {
		return 0
	}
	return 1
}

func (v *survey) request(port uint16) exposure.Request {
	return exposure.Request{Name: v.target.Name, Address: at(v.target, port), Class: exposure.Handshake}
}

// why says why the first of some ports was not asked.
func (v *survey) why(list []uint16) string {
	for _, p := range list {
		if reason, ok := v.left[p]; ok {
			return reason
		}
	}
	return "it is not in the list of ports"
}

// Limits of the detector of tarpits.
const (
	fewPorts = 20  // below this, shares say nothing
	tooMany  = 0.9 // share of open ports that no real host has
	banners  = 8   // that are compared
)

// decoys are ports on which hardly anything ever stands.
var decoys = []uint16{41011, 42533, 43117, 44729, 45361, 46889, 47261, 48907, 51593, 52837, 53419, 54721, 55259, 56873, 57493, 58391, 59447, 61357, 62819, 63913}

// tarpit sees whether a host, or something before it, accepts connections on ports
// on which nothing stands. The answer says why; "" for a real host.
func (v *survey) tarpit(ctx context.Context) (why string, err error) {
	open, asked := len(v.open), len(v.asked)
	if !v.chosen && open*2 >= asked && open > 4 {
		err := Sweep(ctx, v.session.Dialer, []Host{{v.target.Name, v.target.Address}}, decoys, v.limits(), func(r Result) {
			if r.State != Unasked {
				asked++
			}
			if r.State == Open {
				open++
			}
		})
		if err != nil {
			return "", err
		}
	}
	if asked >= fewPorts && float64(open) >= tooMany*float64(asked) {
		return fmt.Sprintf("%d of %d ports accept connections: something answers for every port, and what is behind it cannot be seen", open, asked), nil
	}
	if len(v.open) < fewPorts {
		return "", nil
	}
	return v.sameBanners(ctx)
}

// sameBanners compares what ports in different places say.
func (v *survey) sameBanners(ctx context.Context) (string, error) {
	var first []byte
	for i := range banners {
		port := v.open[i*(len(v.open)-1)/(banners-1)]
		if rank(port) == 0 {
			return "", nil
		}
		b, err := v.listen(ctx, port)
		if errors.Is(err, exposure.ErrStopped) || ctx.Err() != nil {
			return "", err
		}
		if err != nil || len(b) == 0 || i > 0 && string(b) != string(first) {
			return "", nil
		}
		first = b
	}
	return fmt.Sprintf("%d ports are open, and %d of them say the same: %s", len(v.open), banners, quote(first)), nil
}

// listen hears what a port says unasked.
func (v *survey) listen(ctx context.Context, port uint16) ([]byte, error) {
	t := v.target
	t.Port = port
	visit := visitor(v.session, t)
	c, err := visit.dial(ctx, exposure.Handshake)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return visit.hear(c)
}

// skipAll answers every check of a host of which nothing can be said. Web and mail
// are looked at all the same: a guard before them passes them on.
func (v *survey) skipAll(why string) {
	for _, check := range hostChecks() {
		v.session.Skip(check, v.target, exposure.NotTested, why)
	}
	for _, p := range []uint16{25, 80, 443} {
		if slices.Contains(v.open, p) {
			t := v.target
			t.Port = p
			v.session.Discover(t)
		}
	}
}

// reproduce is a command that shows the same.
func (v *survey) reproduce(list []uint16) string {
	if len(list) > 20 {
		list = list[:20]
	}
	var p []string
	for _, port := range list {
		p = append(p, fmt.Sprint(port))
	}
	six := ""
	if v.target.Address.Is6() {
		six = "-6 "
	}
	return "nmap -Pn -sT " + six + "-p " + strings.Join(p, ",") + " " + v.target.Address.String()
}

// families answers the checks of services that were not found; those that were
// found have findings of their own.
func (v *survey) families(answers map[string]answered) {
	for _, f := range families() {
		v.absent(f.check, f.ports(), answers[f.check])
	}
	v.absent("PORT-11", nil, answers["PORT-11"])
}

// absent reports that no service of a check answered. It passes when every port was
// asked; an industrial one that the scope does not allow is left out.
func (v *survey) absent(check string, list []uint16, udp answered) {
	var asked, left []uint16
	for _, p := range list {
		switch {
		case slices.Contains(v.plant, p): // judged as industrial
		case slices.Contains(v.open, p):
			return
		case slices.Contains(v.asked, p):
			asked = append(asked, p)
		case rank(p) > 0:
			left = append(left, p)
		}
	}
	if udp.found {
		return
	}
	f := v.session.Finding(check, v.target)
	f.Expected = "no answer"
	var seen, missing []string
	if len(asked) > 0 {
		seen = append(seen, "not open: "+ranges(asked))
		f.Reproduce = v.reproduce(asked)
	}
	if len(udp.silent) > 0 {
		seen = append(seen, "no service of UDP answered on "+ranges(udp.silent))
	}
	if left = append(left, udp.left...); len(left) > 0 {
		missing = append(missing, "not asked: "+ranges(left)+" ("+v.why(left)+")")
	}
	missing = append(missing, udp.failed...)
	f.Observed, f.Reason = strings.Join(seen, "; "), strings.Join(missing, "; ")
	switch {
	case len(udp.failed) > 0:
		f.Outcome = exposure.Error
	case len(missing) > 0:
		f.Outcome = exposure.NotTested
	default:
		f.Outcome = exposure.Pass
	}
	v.record(f)
}

// noneOpen begins what PORT-00 saw at a host without open ports.
const noneOpen = "open: none"

// NoneOpen reports whether a finding of PORT-00 saw no open port.
func NoneOpen(f exposure.Finding) bool { return strings.HasPrefix(f.Observed, noneOpen) }

// declared compares what is open with what should be.
func (v *survey) declared() {
	f := v.session.Finding("PORT-00", v.target)
	open := slices.Concat(v.open, v.udp)
	slices.Sort(open)
	open = slices.Compact(open)
	f.Observed = noneOpen
	if len(open) > 0 {
		f.Observed = "open: " + ranges(open)
		f.Reproduce = v.reproduce(open)
	}
	if len(v.left) > 0 {
		f.Observed += fmt.Sprintf("; %d ports not asked", len(v.left))
	}
	declared, _ := v.session.Data.Kinds[DeclaredKind].(Declared)
	want, said := declared.For(v.target)
	var more, missing []uint16
	for _, p := range open {
		if !slices.Contains(want, p) {
			more = append(more, p)
		}
	}
	for _, p := range want {
		if !slices.Contains(open, p) {
			missing = append(missing, p)
		}
	}
	switch {
	case len(v.asked) == 0:
		f.Outcome, f.Observed, f.Reason = exposure.NotTested, "", "no port was asked: "+v.why(v.list)
	case !said:
		f.Outcome, f.Reason = exposure.NotTested, "nothing was declared for this host"
	case len(more) > 0:
		f.Outcome, f.Expected = exposure.Fail, "open: "+ranges(want)
		f.Observed += "; not declared: " + ranges(more)
	default:
		f.Outcome, f.Expected = exposure.Pass, "open: "+ranges(want)
	}
	if said && len(missing) > 0 {
		f.Observed += "; declared and not seen: " + ranges(missing)
	}
	v.record(f)
}

// answered is what came of the datagrams of a check.
type answered struct {
	found  bool
	silent []uint16
	left   []uint16 // not asked
	failed []string
}

// askDatagrams sends the datagrams whose ports are in the list, and records what
// answered.
func (v *survey) askDatagrams(ctx context.Context) (map[string]answered, error) {
	var mu sync.Mutex
	out := map[string]answered{}
	list := datagrams()
	errs := make([]error, len(list))
	var wait sync.WaitGroup
	var covered []*datagram
	for i := range list {
		d := &list[i]
		port := d.ports[0]
		r := v.request(port)
		r.UDP = true
		if _, listed := slices.BinarySearch(v.list, port); !listed || v.session.Dialer.Check(r) != nil {
			sum := out[d.check]
			if !slices.Contains(sum.left, port) {
				sum.left = append(sum.left, port)
			}
			out[d.check] = sum
			continue
		}
		covered = append(covered, d)
	}
	for i, d := range covered {
		port := d.ports[0]
		wait.Go(func() {
			a, err := d.run(ctx, v.session, v.target)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, exposure.ErrStopped) || ctx.Err() != nil {
				errs[i] = errors.Join(err, ctx.Err())
				return
			}
			sum := out[d.check]
			switch {
			case err != nil:
				sum.failed = append(sum.failed, fmt.Sprintf("%s: %v", d.title, err))
			case a:
				sum.found = true
				v.udp = append(v.udp, port)
			case !slices.Contains(sum.silent, port):
				sum.silent = append(sum.silent, port)
			}
			out[d.check] = sum
		})
	}
	wait.Wait()
	return out, errors.Join(errs...)
}

// run asks one service of UDP and records a finding when it answers as itself.
func (d *datagram) run(ctx context.Context, s *exposure.Session, t exposure.Target) (bool, error) {
	t.Port, t.Service = d.ports[0], d.name
	f := s.Finding(d.check, t)
	v := visitor(s, t)
	ask := v.askUDP
	if d.moves {
		ask = v.askMoving
	}
	h, _, err := ask(ctx, d.send)
	if err != nil {
		return false, err
	}
	r := d.read(h.first)
	if !r.known {
		return false, nil
	}
	if d.check == "PORT-11" {
		r.facts = append(r.facts, fmt.Sprintf("%d bytes in %d datagrams for %d bytes (%.1f times)", h.bytes, h.count, h.sent, float64(h.bytes)/float64(h.sent)))
	}
	d.judge(&f, r, h.first, internalAddress(t))
	f.Observed = strings.Replace(f.Observed, "port ", "UDP port ", 1)
	f.Expected, f.Transcript = "no answer from outside", exposure.TranscriptHash(h.first)
	f.Reproduce = fmt.Sprintf("nmap -Pn -sU -sV -p %d %s", t.Port, t.Address)
	s.Record(f)
	return true, nil
}
