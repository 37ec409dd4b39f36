package ports

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	cryptossh "golang.org/x/crypto/ssh"

	"github.com/nisaba-platform/nisaba/exposure"
)

// SSHOffer is what a server of SSH says before any sign-in: RFC 4253 sections 4.2
// and 7.1.
type SSHOffer struct {
	Version     string // "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3"
	KeyExchange []string
	HostKeys    []string
	Ciphers     []string // of both directions
	MACs        []string
	Compression []string
}

var errNoSSH = errors.New("the server does not speak SSH 2")

// mostGreeting bounds the lines before the version, RFC 4253 section 4.2.
const mostGreeting = 4096

// parseSSH reads version and lists. A nil error means that both were complete.
func parseSSH(b []byte) (SSHOffer, error) {
	version, rest, err := sshVersion(b)
	o := SSHOffer{Version: version}
	if err != nil {
		return o, err
	}
	if len(rest) < 5 {
		return o, io.ErrUnexpectedEOF
	}
	length, padding := binary.BigEndian.Uint32(rest), int(rest[4])
	if length > mostBytes || int(length) < padding+1+17 {
		return o, errNoSSH
	}
	if len(rest) < 4+int(length) {
		return o, io.ErrUnexpectedEOF
	}
	payload := rest[5 : 4+int(length)-padding]
	if payload[0] != 20 { // SSH_MSG_KEXINIT
		return o, errNoSSH
	}
	var lists [10][]string
	payload = payload[17:]
	for i := range lists {
		if len(payload) < 4 {
			return o, errNoSSH
		}
		n := binary.BigEndian.Uint32(payload)
		if uint64(n) > uint64(len(payload)-4) {
			return o, errNoSSH
		}
		if n > 0 {
			lists[i] = strings.Split(string(payload[4:4+n]), ",")
		}
		payload = payload[4+n:]
	}
	o.KeyExchange, o.HostKeys = lists[0], lists[1]
	o.Ciphers, o.MACs, o.Compression = union(lists[2], lists[3]), union(lists[4], lists[5]), union(lists[6], lists[7])
	return o, nil
}

// sshVersion finds the line of the version and what follows it.
func sshVersion(b []byte) (version string, rest []byte, err error) {
	for start := 0; start < mostGreeting; {
		end := bytes.IndexByte(b[start:], '\n')
		if end < 0 {
			break
		}
		line := b[start : start+end]
		start += end + 1
		if bytes.HasPrefix(line, []byte("SSH-")) {
			return word(line), b[start:], nil
		}
	}
	if len(b) > mostGreeting {
		return "", nil, errNoSSH
	}
	return "", nil, io.ErrUnexpectedEOF
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// weakness is an algorithm that a server should not offer.
type weakness struct {
	severity exposure.Severity
	what     string
}

// Weaknesses of the offer, worst first.
func (o SSHOffer) Weaknesses() (out []weakness) {
	add := func(s exposure.Severity, what string) { out = append(out, weakness{s, what}) }
	if strings.HasPrefix(o.Version, "SSH-1.") {
		add(exposure.Critical, "version 1 of SSH is on ("+o.Version+")")
	}
	for _, list := range [][]string{o.KeyExchange, o.HostKeys, o.Ciphers, o.MACs} {
		for _, name := range list {
			if s := sshSeverity(name); s != "" {
				add(s, name)
			}
		}
	}
	if o.terrapin() {
		add(exposure.Medium, "prefix truncation (Terrapin, CVE-2023-48795): strict key exchange is missing")
	}
	slices.SortStableFunc(out, func(a, b weakness) int {
		return slices.Index(exposure.Severities(), a.severity) - slices.Index(exposure.Severities(), b.severity)
	})
	return out
}

// sshSeverity of offering an algorithm; "" when nothing is wrong with it.
func sshSeverity(name string) exposure.Severity {
	bare, _, _ := strings.Cut(name, "@")
	switch {
	case bare == "none":
		return exposure.Critical
	case bare == "diffie-hellman-group1-sha1", bare == "rsa1024-sha1", strings.HasPrefix(bare, "ssh-dss"), strings.HasPrefix(bare, "arcfour"):
		return exposure.High
	case bare == "diffie-hellman-group14-sha1", bare == "diffie-hellman-group-exchange-sha1", bare == "ssh-rsa", bare == "ssh-rsa-cert-v01",
		strings.HasSuffix(bare, "-cbc"), strings.HasPrefix(bare, "hmac-md5"), strings.HasPrefix(bare, "hmac-sha1-96"):
		return exposure.Medium
	}
	return ""
}

// terrapin reports whether messages at the beginning can be cut out unseen.
func (o SSHOffer) terrapin() bool {
	if slices.Contains(o.KeyExchange, "kex-strict-s-v00@openssh.com") {
		return false
	}
	ends := func(list []string, suffix string) bool {
		return slices.ContainsFunc(list, func(s string) bool { bare, _, _ := strings.Cut(s, "@"); return strings.HasSuffix(bare, suffix) })
	}
	return slices.Contains(o.Ciphers, "chacha20-poly1305@openssh.com") || ends(o.Ciphers, "-cbc") && ends(o.MACs, "-etm")
}

// PostQuantum lists the key exchanges that withstand quantum computers.
func (o SSHOffer) PostQuantum() (out []string) {
	for _, name := range o.KeyExchange {
		if strings.HasPrefix(name, "mlkem") || strings.HasPrefix(name, "sntrup") {
			out = append(out, name)
		}
	}
	return out
}

// ssh reads version and lists, and judges them. With the consent to intrusive
// checks it begins a sign-in to see whether passwords would be taken.
func ssh(ctx context.Context, v *visit) (reading, error) {
	complete := func(b []byte) bool { _, err := parseSSH(b); return !errors.Is(err, io.ErrUnexpectedEOF) }
	b, err := v.ask(ctx, []byte("SSH-2.0-"+sshName(v.name)+"\r\n"), complete)
	if err != nil {
		return reading{}, err
	}
	offer, err := parseSSH(b)
	if offer.Version == "" {
		return reading{}, nil
	}
	r := reading{known: true, product: offer.Version, outcome: exposure.Pass, severity: exposure.None, defect: true}
	if err != nil && !strings.HasPrefix(offer.Version, "SSH-1.") {
		r.outcome, r.facts = exposure.Warn, []string{"it does not tell its algorithms"}
		return r, nil
	}
	for i, w := range offer.Weaknesses() {
		if i == 0 {
			r.outcome, r.severity = exposure.Fail, w.severity
		}
		r.facts = append(r.facts, "offered: "+w.what)
	}
	if pq := offer.PostQuantum(); len(pq) > 0 {
		r.facts = append(r.facts, "post-quantum key exchange: "+strings.Join(pq, ", "))
	} else {
		r.facts = append(r.facts, "no post-quantum key exchange")
	}
	if v.dialer.Permit().Allows(exposure.Intrusive) {
		v.passwords(ctx, &r)
	}
	return r, nil
}

// sshName is a name in the form of RFC 4253 section 4.2: no spaces, no hyphens.
func sshName(name string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c > '~' || c == '-' {
			return '_'
		}
		return c
	}, name)
}

var errEnough = errors.New("enough was seen")

// passwords sees whether the server would take a password. None is sent.
func (v *visit) passwords(ctx context.Context, r *reading) {
	c, err := v.dial(ctx, exposure.Intrusive)
	if err != nil {
		r.facts = append(r.facts, fmt.Sprintf("sign-in with passwords was not tested: %v", err))
		return
	}
	defer c.Close()
	offered := false
	_, _, _, err = cryptossh.NewClientConn(c, v.place().String(), &cryptossh.ClientConfig{
		User: "nisaba-check",
		Auth: []cryptossh.AuthMethod{
			cryptossh.PasswordCallback(func() (string, error) { offered = true; return "", errEnough }),
			cryptossh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) { offered = true; return nil, errEnough }),
		},
		HostKeyCallback: func(string, net.Addr, cryptossh.PublicKey) error { return nil }, // nothing secret is sent
		ClientVersion:   "SSH-2.0-" + sshName(v.name),
	})
	switch {
	case offered:
		r.facts = append(r.facts, "sign-in with a password is offered")
		if r.outcome == exposure.Pass {
			r.outcome, r.severity = exposure.Warn, exposure.Medium
		}
	case err != nil && strings.Contains(err.Error(), "unable to authenticate"):
		r.facts = append(r.facts, "no sign-in with a password")
	default:
		r.facts = append(r.facts, fmt.Sprintf("sign-in with passwords was not tested: %v", err))
	}
}
