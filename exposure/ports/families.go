package ports

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// family is a check and the services that it looks for.
type family struct {
	check    string
	name     string // of the probe
	services []service
}

// service is one protocol.
type service struct {
	name     string // as in exposure.Target.Service
	title    string // as people write it
	ports    []uint16
	severity exposure.Severity // of being reachable; "": that of the check
	outcome  exposure.Outcome  // of being reachable; "": Fail
	expected string            // "": that it cannot be reached
	script   string            // of nmap, that shows the same
	page     string            // that shows the same, for services of the web
	tls      bool              // of the page
	moves    bool              // over UDP: it answers from another port than the one that was asked
	look     func(context.Context, *visit) (reading, error)
}

// reading is what a service told about itself.
type reading struct {
	known    bool              // the answer is one of this service
	product  string            // name and version, as told
	facts    []string          // what else was seen
	defect   bool              // wrong wherever the service stands, not only where strangers reach it
	severity exposure.Severity // "": that of the service
	outcome  exposure.Outcome  // "": that of the service
}

// unauthenticated is the reading of a service that serves strangers.
func unauthenticated(product string) (reading, error) {
	return reading{known: true, product: product, facts: []string{"it serves without sign-in"}, defect: true, severity: exposure.Critical}, nil
}

// known is the reading of a service that is there, and no more.
func known(product string, facts ...string) (reading, error) {
	return reading{known: true, product: product, facts: facts}, nil
}

// families lists the checks of PORT-01 to PORT-12 that look at TCP ports.
func families() []family {
	return []family{
		{"PORT-01", "remote shells", []service{
			{name: "telnet", title: "Telnet", ports: []uint16{23, 2323}, look: telnet},
			{name: "rexec", title: "rexec", ports: []uint16{512}},
			{name: "rlogin", title: "rlogin", ports: []uint16{513}},
			{name: "rsh", title: "rsh", ports: []uint16{514}},
			{name: "x11", title: "X11", ports: span(6000, 6063)},
		}},
		{"PORT-02", "windows sharing", []service{
			{name: "smb", title: "SMB", ports: []uint16{445}, script: "smb-protocols,smb2-security-mode", look: smb},
			{name: "netbios", title: "NetBIOS", ports: []uint16{139}},
			{name: "msrpc", title: "MSRPC", ports: []uint16{135}},
		}},
		{"PORT-03", "remote desktop", []service{{name: "rdp", title: "RDP", ports: []uint16{3389}, script: "rdp-enum-encryption", look: rdp}}},
		{"PORT-04", "vnc", []service{{name: "vnc", title: "VNC", ports: span(5900, 5903), script: "vnc-info", look: vnc}}},
		{"PORT-05", "ssh", []service{{name: "ssh", title: "SSH", ports: []uint16{22, 2222}, expected: "strong algorithms alone", script: "ssh2-enum-algos", look: ssh}}},
		{"PORT-06", "administration", []service{
			{name: "winrm", title: "WinRM", ports: []uint16{5985}, page: "/wsman", look: winrm(false)},
			{name: "winrms", title: "WinRM over TLS", ports: []uint16{5986}, page: "/wsman", tls: true, look: winrm(true)},
			{name: "smart-install", title: "Cisco Smart Install", ports: []uint16{4786}, severity: exposure.Critical},
			{name: "winbox", title: "Winbox", ports: []uint16{8291}},
			{name: "teamviewer", title: "TeamViewer", ports: []uint16{5938}},
		}},
		{"PORT-07", "databases", databases()},
		{"PORT-08", "control planes", controlPlanes()},
		{"PORT-09", "file services", []service{
			{name: "ftp", title: "FTP", ports: []uint16{21}, severity: exposure.Medium, look: ftp},
			{name: "nfs", title: "NFS", ports: []uint16{2049}, look: nfs},
			{name: "rsync", title: "rsync", ports: []uint16{873}, script: "rsync-list-modules", severity: exposure.Medium, look: rsync},
			{name: "afp", title: "AFP", ports: []uint16{548}, script: "afp-serverinfo", look: afp},
		}},
		{"PORT-10", "vpn", []service{
			{name: "openvpn", title: "OpenVPN", ports: []uint16{1194}, outcome: exposure.Info, expected: "known to be there", look: openVPN},
			{name: "pptp", title: "PPTP", ports: []uint16{1723}, script: "pptp-version", look: pptp},
		}},
		{"PORT-12", "devices", []service{
			{name: "mqtt", title: "MQTT without TLS", ports: []uint16{1883}, look: mqtt},
			{name: "amqp", title: "AMQP without TLS", ports: []uint16{5672}, script: "amqp-info", severity: exposure.Medium, look: amqp},
			{name: "sip", title: "SIP", ports: []uint16{5060}, severity: exposure.Medium, look: sip},
			{name: "rtsp", title: "RTSP (cameras)", ports: []uint16{554}, script: "rtsp-methods", look: rtsp},
			{name: "printer", title: "printing", ports: span(9100, 9107)}, // whatever is sent would be printed
			{name: "ipp", title: "IPP (printers)", ports: []uint16{631}, severity: exposure.Medium, page: "/", look: ipp},
		}},
	}
}

func span(from, to uint16) (out []uint16) {
	for p := from; p <= to; p++ {
		out = append(out, p)
	}
	return out
}

// ports of all services of the family.
func (f *family) ports() (out []uint16) {
	for _, s := range f.services {
		out = append(out, s.ports...)
	}
	slices.Sort(out)
	return out
}

// serviceOf finds the service of a target, by what answered there or else by port.
func (f *family) serviceOf(t exposure.Target) (service, bool) {
	for _, s := range f.services {
		if t.Service == s.name || t.Service == "" && slices.Contains(s.ports, t.Port) {
			return s, true
		}
	}
	return service{}, false
}

// probe looks at the services of the family.
func (f *family) probe() exposure.Probe {
	return exposure.Probe{Name: f.name, Level: exposure.OfService, Checks: []string{f.check}, Class: exposure.Handshake,
		Wants: func(t exposure.Target) bool { _, ok := f.serviceOf(t); return ok },
		Run: func(ctx context.Context, s *exposure.Session, t exposure.Target) error {
			service, _ := f.serviceOf(t)
			return service.run(ctx, s, t, f.check)
		}}
}

// run looks at the service and records what it found. A service that only has to
// be reachable is connected to, and nothing is sent.
func (sv service) run(ctx context.Context, s *exposure.Session, t exposure.Target, check string) error {
	f := s.Finding(check, t)
	v := visitor(s, t)
	f.Expected, f.Reproduce = cmp.Or(sv.expected, "not reachable from outside"), sv.reproduce(t)
	look := sv.look
	if look == nil {
		look = func(ctx context.Context, v *visit) (reading, error) {
			c, err := v.dial(ctx, exposure.Handshake)
			if err != nil {
				return reading{}, err
			}
			return reading{known: true, facts: []string{"nothing was sent"}}, c.Close()
		}
	}
	r, err := look(ctx, v)
	if err != nil {
		return err
	}
	sv.judge(&f, r, v.said, internalAddress(t))
	if len(v.said) > 0 {
		f.Transcript = exposure.TranscriptHash(v.said)
	}
	s.Record(f)
	return nil
}

// reproduce is a command that shows the same.
func (sv service) reproduce(t exposure.Target) string {
	six := ""
	if t.Address.Is6() {
		six = "-6 "
	}
	switch {
	case sv.script != "":
		return fmt.Sprintf("nmap -Pn %s-sV -p %d --script %s %s", six, t.Port, sv.script, t.Address)
	case sv.page != "":
		scheme := "http"
		if sv.tls {
			scheme = "https"
		}
		return "curl -ik " + scheme + "://" + at(t, t.Port).String() + sv.page
	}
	return fmt.Sprintf("ncat %s %d", t.Address, t.Port)
}

// judge turns a reading into a finding.
func (sv service) judge(f *exposure.Finding, r reading, said []byte, internal bool) {
	what := fmt.Sprintf("port %d", f.Target.Port)
	if sv.severity != "" {
		f.Severity = sv.severity
	}
	if !r.known {
		f.Outcome = exposure.Warn
		if len(said) == 0 {
			f.Observed = fmt.Sprintf("%s is open, and what answers there says nothing; %s is usual there", what, sv.title)
		} else {
			f.Observed = fmt.Sprintf("%s is open; the answer is not that of %s: %s", what, sv.title, quote(said))
		}
		return
	}
	f.Outcome = exposure.Fail
	if sv.outcome != "" {
		f.Outcome = sv.outcome
	}
	if r.outcome != "" {
		f.Outcome = r.outcome
	}
	if r.severity != "" {
		f.Severity = r.severity
	}
	f.Observed = sv.title + " on " + what
	if r.product != "" {
		f.Observed += ": " + r.product
	}
	if len(r.facts) > 0 {
		f.Observed += "; " + strings.Join(r.facts, "; ")
	}
	if internal && f.Outcome == exposure.Fail && !r.defect {
		f.Outcome = exposure.Warn
		f.Reason = "the address is private: whether strangers can reach it was not seen"
	}
}

// internalAddress reports whether an address is one that only an organisation's
// own network has.
func internalAddress(t exposure.Target) bool { return t.Address.Unmap().IsPrivate() }
