package ports

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// ftp reads the greeting and asks for features. With the consent to intrusive
// checks it tries the account that is meant for everybody.
func ftp(ctx context.Context, v *visit) (reading, error) {
	r, err := v.ftpFeatures(ctx)
	if err == nil && r.known && v.dialer.Permit().Allows(exposure.Intrusive) {
		v.anonymous(ctx, &r)
	}
	return r, err
}

func (v *visit) ftpFeatures(ctx context.Context) (reading, error) {
	c, err := v.dial(ctx, exposure.Handshake)
	if err != nil {
		return reading{}, err
	}
	defer c.Close()
	hello, err := v.exchange(c, nil, replied)
	if err != nil || !bytes.HasPrefix(hello, []byte("220")) {
		return reading{}, err
	}
	features, err := v.exchange(c, []byte("FEAT\r\n"), replied)
	r := reading{known: true, product: strings.TrimLeft(word(hello[3:]), " -")}
	if bytes.Contains(bytes.ToUpper(features), []byte("AUTH TLS")) {
		r.facts = []string{"it offers TLS"}
	} else {
		r.facts, r.defect = []string{"it offers no TLS: names, passwords and files travel in the clear"}, true
	}
	return r, err
}

// replied reports whether a reply with three digits is complete, RFC 959 section
// 4.2.
func replied(b []byte) bool {
	if !bytes.HasSuffix(b, []byte("\n")) {
		return false
	}
	last := b[bytes.LastIndexByte(b[:len(b)-1], '\n')+1:]
	return len(last) >= 4 && last[3] != '-' && last[0] >= '1' && last[0] <= '5'
}

func (v *visit) anonymous(ctx context.Context, r *reading) {
	c, err := v.dial(ctx, exposure.Intrusive)
	if err != nil {
		r.facts = append(r.facts, fmt.Sprintf("sign-in without an account was not tested: %v", err))
		return
	}
	defer c.Close()
	var answer []byte
	for _, say := range []string{"", "USER anonymous\r\n", "PASS nisaba@\r\n"} {
		if answer, err = v.exchange(c, []byte(say), replied); err != nil {
			return
		}
		if bytes.HasPrefix(answer, []byte("230")) {
			r.facts, r.defect, r.severity = append(r.facts, "it lets everybody in (anonymous)"), true, exposure.High
			return
		}
	}
	r.facts = append(r.facts, "it does not let everybody in")
}

// rpcNull is the call of the procedure that does nothing, RFC 5531, on TCP.
func rpcNull(program, version uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, 0x80000000|40)
	for _, v := range []uint32{0x4e495341, 0, 2, program, version, 0, 0, 0, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// isRPC reports whether bytes are a reply to our call, without the mark of TCP.
func isRPC(b []byte) bool {
	return len(b) >= 12 && bytes.Equal(b[:4], []byte("NISA")) && binary.BigEndian.Uint32(b[4:]) == 1
}

func nfs(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, rpcNull(100003, 3), size(28))
	if err != nil || len(b) < 4 || !isRPC(b[4:]) {
		return reading{}, err
	}
	return known("")
}

// rsync asks for the list of modules, which needs no sign-in.
func rsync(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, []byte("@RSYNCD: 31.0\n\n"), func(b []byte) bool { return bytes.Contains(b, []byte("@RSYNCD: EXIT")) })
	if err != nil || !bytes.HasPrefix(b, []byte("@RSYNCD: ")) {
		return reading{}, err
	}
	modules := rsyncModules(b)
	r := reading{known: true, product: word(b), facts: []string{"it lists no module"}}
	if len(modules) > 0 {
		r.facts, r.severity, r.defect = []string{"it lists its modules to everybody: " + strings.Join(modules, ", ")}, exposure.High, true
	}
	return r, nil
}

// rsyncModules are the first names of an answer, ten at most.
func rsyncModules(b []byte) (out []string) {
	for line := range bytes.Lines(b) {
		name, _, found := bytes.Cut(line, []byte("\t"))
		if n := word(name); found && n != "" && !bytes.HasPrefix(line, []byte("@")) && len(out) < 10 {
			out = append(out, n)
		}
	}
	return out
}

// afp asks for the status of the server (DSI GetStatus).
func afp(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, []byte{0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, size(16))
	if err != nil || len(b) < 16 || b[0] != 1 || b[1] != 3 || !bytes.Equal(b[2:8], []byte{0, 1, 0, 0, 0, 0}) {
		return reading{}, err
	}
	return known("")
}

// openVPN sends the first packet of a client; a server that asks for a key before
// it answers (tls-auth) stays silent.
func openVPN(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, append([]byte{0, 14}, openVPNHello...), size(3))
	if err != nil || len(b) < 3 || b[2]>>3 != 8 {
		return reading{}, err
	}
	return known("", "it answers without a shared key in front (tls-auth, tls-crypt)")
}

// openVPNHello is P_CONTROL_HARD_RESET_CLIENT_V2 with a session id, no
// acknowledgement, and packet 0.
var openVPNHello = []byte{7 << 3, 'n', 'i', 's', 'a', 'b', 'a', '0', '1', 0, 0, 0, 0, 0}

// pptp asks to start a control connection, RFC 2637 section 2.1.
func pptp(ctx context.Context, v *visit) (reading, error) {
	p := make([]byte, 156)
	binary.BigEndian.PutUint16(p, 156)
	binary.BigEndian.PutUint16(p[2:], 1)
	binary.BigEndian.PutUint32(p[4:], 0x1a2b3c4d)
	binary.BigEndian.PutUint16(p[8:], 1)
	binary.BigEndian.PutUint16(p[12:], 0x0100)
	binary.BigEndian.PutUint32(p[16:], 1)
	binary.BigEndian.PutUint32(p[20:], 1)
	b, err := v.ask(ctx, p, size(156))
	if err != nil || len(b) < 10 || binary.BigEndian.Uint32(b[4:]) != 0x1a2b3c4d || binary.BigEndian.Uint16(b[8:]) != 2 {
		return reading{}, err
	}
	r, _ := known("")
	if len(b) == 156 {
		r.product = strings.TrimSpace(word(b[28:92]) + " " + word(b[92:156]))
	}
	r.defect = true
	return r, nil
}

// mqtt connects only: a server of MQTT says nothing before the client signs in.
// With the consent to intrusive checks it signs in without a name.
func mqtt(ctx context.Context, v *visit) (reading, error) {
	if !v.dialer.Permit().Allows(exposure.Intrusive) {
		c, err := v.dial(ctx, exposure.Handshake)
		if err != nil {
			return reading{}, err
		}
		return reading{known: true, facts: []string{"nothing was sent"}}, c.Close()
	}
	c, err := v.dial(ctx, exposure.Intrusive)
	if err != nil {
		return reading{}, err
	}
	defer c.Close()
	b, err := v.exchange(c, []byte("\x10\x12\x00\x04MQTT\x04\x02\x00\x0a\x00\x06nisaba"), size(4))
	if err != nil || len(b) < 4 || b[0] != 0x20 || b[1] != 2 {
		return reading{}, err
	}
	if b[3] == 0 {
		return unauthenticated("")
	}
	return known("", "it asks for sign-in")
}

// amqp begins a connection of AMQP 0-9-1; the server answers with its properties,
// or with the version that it knows.
func amqp(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, []byte("AMQP\x00\x00\x09\x01"), size(8))
	if err != nil || len(b) < 8 {
		return reading{}, err
	}
	if bytes.HasPrefix(b, []byte("AMQP")) || b[0] == 1 && bytes.Equal(b[7:min(len(b), 11)], []byte{0, 10, 0, 10}) {
		return known("")
	}
	return reading{}, nil
}

func sip(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, sipOptions(v.place().String(), "TCP"), some)
	if err != nil || !bytes.HasPrefix(b, []byte("SIP/2.0 ")) {
		return reading{}, err
	}
	return known(header(b, "server", "user-agent"))
}

// sipOptions asks what a server can do, RFC 3261 section 11.
func sipOptions(at, transport string) []byte {
	return fmt.Appendf(nil, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/%s nisaba.invalid;branch=z9hG4bKnisaba\r\nMax-Forwards: 1\r\nFrom: <sip:check@nisaba.invalid>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: check@nisaba.invalid\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", at, transport, at)
}

// header finds the value of one of the headers, in the order of the answer.
func header(b []byte, names ...string) string {
	for line := range bytes.Lines(b) {
		key, value, ok := bytes.Cut(line, []byte(":"))
		for _, name := range names {
			if ok && strings.EqualFold(string(bytes.TrimSpace(key)), name) {
				return word(bytes.TrimSpace(value))
			}
		}
	}
	return ""
}

func rtsp(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, fmt.Appendf(nil, "OPTIONS rtsp://%s/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: %s\r\n\r\n", v.place(), v.agent), some)
	if err != nil || !bytes.HasPrefix(b, []byte("RTSP/1.0 ")) {
		return reading{}, err
	}
	return known(header(b, "server"))
}

func ipp(ctx context.Context, v *visit) (reading, error) {
	w, _, err := v.either(ctx, "/")
	if server := w.header.Get("Server"); err == nil && (strings.Contains(server, "IPP") || strings.Contains(server, "CUPS")) {
		return known(word([]byte(server)))
	}
	return reading{}, err
}
