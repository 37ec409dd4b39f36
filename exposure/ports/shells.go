package ports

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// telnet listens: servers of Telnet begin with options (RFC 854: IAC is 255), and
// with a question for the name.
func telnet(ctx context.Context, v *visit) (reading, error) {
	b, err := v.ask(ctx, nil, some)
	if err != nil {
		return reading{}, err
	}
	text := strings.ToLower(string(b))
	for _, mark := range []string{"login:", "username:", "password:", "user name:"} {
		if strings.Contains(text, mark) {
			return known(word(b))
		}
	}
	if len(b) >= 2 && b[0] == 255 && b[1] >= 240 {
		return known("")
	}
	return reading{}, nil
}

// vnc reads version and kinds of sign-in (RFC 6143 section 7.1).
func vnc(ctx context.Context, v *visit) (reading, error) {
	c, err := v.dial(ctx, exposure.Handshake)
	if err != nil {
		return reading{}, err
	}
	defer c.Close()
	hello, err := v.exchange(c, nil, size(12))
	if err != nil || len(hello) < 12 || !bytes.HasPrefix(hello, []byte("RFB ")) {
		return reading{}, err
	}
	minor, answer := 3, []byte("RFB 003.003\n")
	if n, err := strconv.Atoi(string(hello[8:11])); err == nil && string(hello[4:7]) == "003" && n >= 7 {
		minor, answer = 7, []byte("RFB 003.007\n")
	}
	b, err := v.exchange(c, answer, func(b []byte) bool { _, ok := securityTypes(minor, b); return ok })
	if err != nil {
		return reading{}, err
	}
	types, _ := securityTypes(minor, b)
	r := reading{known: true, product: word(hello)}
	for _, t := range types {
		r.facts = append(r.facts, "sign-in: "+securityName(t))
		if t == 1 {
			r.defect, r.severity = true, exposure.Critical
		}
	}
	return r, nil
}

// securityTypes reads the kinds of sign-in of VNC; ok is false while bytes are
// missing.
func securityTypes(minor int, b []byte) (types []byte, ok bool) {
	if minor < 7 {
		if len(b) < 4 {
			return nil, false
		}
		if t := binary.BigEndian.Uint32(b); t > 0 && t < 256 {
			types = []byte{byte(t)}
		}
		return types, true
	}
	if len(b) < 1 || len(b) < 1+int(b[0]) {
		return nil, false
	}
	return b[1 : 1+int(b[0])], true
}

func securityName(t byte) string {
	switch t {
	case 1:
		return "none"
	case 2:
		return "password of VNC"
	case 16, 18, 19:
		return "TLS or VeNCrypt"
	}
	return fmt.Sprintf("kind %d", t)
}

func winrm(secure bool) func(context.Context, *visit) (reading, error) {
	return func(ctx context.Context, v *visit) (reading, error) {
		w, err := v.get(ctx, secure, "/wsman")
		if err != nil {
			return reading{}, err
		}
		server := w.header.Get("Server")
		if strings.Contains(server, "Microsoft-HTTPAPI") || w.status == 401 && strings.Contains(strings.Join(w.header.Values("Www-Authenticate"), " "), "Negotiate") {
			return known(word([]byte(server)))
		}
		return reading{}, nil
	}
}
