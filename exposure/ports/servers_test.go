package ports

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// scan looks at targets with every probe of the package.
func scan(t testing.TB, s exposure.Scope, settings map[string]string, data exposure.Data, targets ...exposure.Target) []exposure.Finding {
	t.Helper()
	catalogue := exposuretest.Catalogue(t)
	run := exposure.Scan{Probes: Probes(), Targets: targets,
		Session: exposure.Session{Dialer: dialer(t, s, nil), Catalogue: catalogue, Scanner: "Nisaba 1", Agent: "Nisaba test", Settings: settings, Data: data}}
	var out []exposure.Finding
	if err := run.Run(context.Background(), func(f exposure.Finding) {
		if _, ok := catalogue.Get(f.Check); !ok {
			t.Errorf("%s is not in the catalogue", f.Check)
		}
		out = append(out, f)
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func says(text string) func(net.Conn) { return func(c net.Conn) { c.Write([]byte(text)); drain(c) } }

// drain reads until the visitor leaves, so that nothing is cut off by a reset.
func drain(c net.Conn) {
	b := make([]byte, 4096)
	for {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

// replies waits for a question and answers it.
func replies(text string) func(net.Conn) { return repliesTo(func([]byte) string { return text }) }

func repliesTo(answer func(question []byte) string) func(net.Conn) {
	return func(c net.Conn) {
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if err != nil {
			return
		}
		c.Write([]byte(answer(b[:n])))
		drain(c)
	}
}

func webpage(status int, header, body string) func(net.Conn) {
	return replies(fmt.Sprintf("HTTP/1.1 %d X\r\n%s\r\n%s", status, header, body))
}

func ftpServer(features, pass string) func(net.Conn) {
	return func(c net.Conn) {
		c.Write([]byte("220-Welcome\r\n220 ProFTPD 1.3.8\r\n"))
		for in := bufio.NewScanner(c); in.Scan(); {
			switch {
			case in.Text() == "FEAT":
				c.Write([]byte(features))
			case strings.HasPrefix(in.Text(), "USER"):
				c.Write([]byte("331 Please\r\n"))
			default:
				c.Write([]byte(pass))
			}
		}
	}
}

func vncServer(version, types string) func(net.Conn) {
	return func(c net.Conn) {
		c.Write([]byte(version))
		b := make([]byte, 12)
		if _, err := c.Read(b); err == nil {
			c.Write([]byte(types))
		}
		drain(c)
	}
}

// smbServer answers as MS-SMB and MS-SMB2 say.
func smbServer(one bool, signing byte) func(net.Conn) {
	return repliesTo(func(q []byte) string {
		if q[4] == 0xff {
			index := "\x00\x00"
			if !one {
				index = "\xff\xff"
			}
			return string(frame([]byte("\xffSMB\x72\x00\x00\x00\x00" + string(make([]byte, 23)) + "\x11" + index + "\x03" + string(make([]byte, 33)))))
		}
		b := make([]byte, 64+64)
		copy(b, "\xfeSMB")
		b[64], b[66] = 65, signing
		binary.LittleEndian.PutUint16(b[68:], 0x0302)
		return string(frame(b))
	})
}

func rdpServer(weakest byte) func(net.Conn) {
	return repliesTo(func(q []byte) string {
		offer := q[15]
		chosen := offer & rdpNLA
		if chosen == 0 {
			chosen = offer & rdpTLS
		}
		kind := byte(2)
		if chosen < weakest {
			kind, chosen = 3, 5
		}
		return string([]byte{3, 0, 0, 19, 14, 0xd0, 0, 0, 0, 0, 0, kind, 0, 8, 0, chosen, 0, 0, 0})
	})
}

func kexinit(version string, lists ...string) string {
	payload := append([]byte{20}, make([]byte, 16)...)
	for i := range 10 {
		text := ""
		if i < len(lists) {
			text = lists[i]
		}
		payload = append(binary.BigEndian.AppendUint32(payload, uint32(len(text))), text...)
	}
	payload = append(payload, 0, 0, 0, 0, 0)
	padding := 8
	packet := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)+padding))
	return version + "\r\n" + string(append(append(append(packet, byte(padding)), payload...), make([]byte, padding)...))
}

const (
	goodKex    = "mlkem768x25519-sha256,curve25519-sha256,kex-strict-s-v00@openssh.com"
	goodCipher = "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com"
	goodMAC    = "hmac-sha2-256-etm@openssh.com"
)

func goodSSH(change ...string) func(net.Conn) {
	lists := []string{goodKex, "ssh-ed25519", goodCipher, goodCipher, goodMAC, goodMAC, "none", "none"}
	for i := 0; i+1 < len(change); i += 2 {
		lists[map[string]int{"kex": 0, "key": 1, "cipher": 2, "mac": 4}[change[i]]] = change[i+1]
	}
	return says(kexinit("SSH-2.0-OpenSSH_9.9", lists...))
}

func find(list []exposure.Finding, check string) exposure.Finding {
	for _, f := range list {
		if f.Check == check {
			return f
		}
	}
	return exposure.Finding{}
}
