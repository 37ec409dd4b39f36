package dnsprobe

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
)

// openJudges are the checks of what name servers do for strangers.
func openJudges() []judge {
	return []judge{
		{"DNS-05", "dig +recurse A " + foreign + " @$(dig +short NS %s | head -1)", recursion},
		{"DNS-06", "dig AXFR %s @$(dig +short NS %s | head -1)", transfer},
	}
}

// foreign is a name that is set aside for examples (RFC 2606): no server of a zone
// that is looked at answers for it by right.
const foreign = "www.example.com"

func recursion(ctx context.Context, c *Client, v *survey, f *exposure.Finding) {
	f.Expected = "questions about other zones are refused"
	if !v.reached(f) {
		return
	}
	name := foreign
	if dns.IsSubDomain(dns.Fqdn(v.zone), dns.Fqdn(name)) {
		name = "www.example.net"
	}
	var p problems
	asked := 0
	for _, h := range v.answering() {
		m := newQuestion(name, dns.TypeA, 1232)
		m.RecursionDesired = true
		to := h.server
		to.class = exposure.Handshake
		r, err := c.exchange(ctx, to, m)
		if err != nil {
			continue // silence is no recursion, but it is no answer either
		}
		asked++
		if r.Msg.RecursionAvailable && (r.Msg.Rcode == dns.RcodeSuccess && len(r.Msg.Answer) > 0 || r.Msg.Rcode == dns.RcodeNameError) {
			p.failf("%s (%s) resolves %s for anybody", h.name, h.address.Addr(), name)
		}
	}
	if asked == 0 {
		f.Leave(exposure.Error, "no server answered the question")
		return
	}
	p.settle(f, "%d addresses do not resolve other names", asked)
}

func transfer(ctx context.Context, c *Client, v *survey, f *exposure.Finding) {
	f.Expected = "the whole zone is refused"
	if !v.reached(f) {
		return
	}
	var p problems
	asked := 0
	for _, h := range v.answering() {
		given, err := c.gives(ctx, h.server, v.zone)
		if err != nil {
			continue
		}
		asked++
		if given {
			p.failf("%s (%s) hands out the whole zone", h.name, h.address.Addr())
		}
	}
	if asked == 0 {
		f.Leave(exposure.Error, "no server answered the question over TCP")
		return
	}
	p.settle(f, "%d addresses refuse", asked)
}

// gives asks for the whole zone once and hangs up after the first message.
func (c *Client) gives(ctx context.Context, to server, zone string) (bool, error) {
	to.class = exposure.Handshake
	conn, err := c.dialer.Dial(ctx, to.request(false))
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(c.o.Timeout)); err != nil {
		return false, err
	}
	m := new(dns.Msg)
	m.SetAxfr(dns.Fqdn(zone))
	if err := write(conn, m, false); err != nil {
		return false, err
	}
	answer, _, err := readMessage(conn)
	if err != nil && lost(err) {
		return false, err
	}
	if err != nil || !answers(answer, m) {
		return false, nil // it hung up: no zone was given
	}
	return answer.Rcode == dns.RcodeSuccess && len(typed[*dns.SOA](answer.Answer)) > 0, nil
}

func fromBase64(s string) ([]byte, error) { return base64.StdEncoding.DecodeString(s) }
