package ports

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// FuzzSSH: whatever a server sends, the lists hold no more than it sent.
func FuzzSSH(f *testing.F) {
	f.Add([]byte(kexinit("SSH-2.0-OpenSSH_9.9", goodKex, "ssh-ed25519", goodCipher, goodCipher, goodMAC, goodMAC, "none", "none")))
	f.Add([]byte("hello\r\nSSH-1.99-x\r\n\x00\x00\x00\x20\x04\x14"))
	f.Add([]byte("SSH-2.0-x\n\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := parseSSH(b)
		n := len(o.Version)
		for _, list := range [][]string{o.KeyExchange, o.HostKeys, o.Ciphers, o.MACs, o.Compression} {
			for _, name := range list {
				n += len(name)
			}
		}
		if n > len(b) {
			t.Errorf("%d bytes out of %d", n, len(b))
		}
		if err == nil && o.Version == "" {
			t.Error("a server of SSH without a version")
		}
		for _, w := range o.Weaknesses() {
			if w.severity == "" || w.what == "" {
				t.Errorf("%+v", w)
			}
		}
	})
}

// FuzzAnswers gives the same bytes to every parser of one answer.
func FuzzAnswers(f *testing.F) {
	for _, text := range []string{
		"\x00\x00\x00\x4d\xfeSMB@\x00", "\x00\x00\x00\x23\xffSMB\x72", "\x03\x00\x00\x13\x0e\xd0\x00\x00\x00\x00\x00\x02\x00\x08\x00\x01\x00\x00\x00",
		"\x3b\x00\x00\x00\x0a8.0.36\x00\x01\x00\x00\x00abcdefgh\x00\xff\xf7", "\x04\x01\x00\x2b\x00\x00\x01\x00\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff\x10\x00\x10\x71\x00\x00\x02",
		"\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x64", "\x00\x00\x00\x10NISA\x00\x00\x00\x00\x00\x01", "@RSYNCD: 31.0\nbackup\tAll\n@RSYNCD: EXIT\n", "211-x\r\n211 End\r\n",
		"NI\x84\x00\x00\x00\x00\x01", "\x30\x2c\x02\x01\x01\x04\x06public\xa2\x1f\x02\x04NISA\x02\x01\x00\x02\x01\x00", "\x06\x00\xff\x07", "nisaba01", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
		"NI\x00\x00\x00\x12\xff\x2b\x0e\x01\x01\x00\x00\x02\x00\x03ACM\x01\x02X1", "\x63\x00", "ACKF\x1c\x00\x00\x00", "\x68\x04\x83\x00\x00\x00", "\x81\x0a\x00\x17\x01\x00\x30\x01\x0c\x0c\x02\x3f\xff\xff\x19\x4b\x3e\xc4\x02\x00\x04\xd2\x3f", "\x02\x02\x13", `{"version":{"number":"7"}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, ok := readSMB(b); ok && len(b) < 8 {
			t.Error("SMB out of nothing")
		}
		readRDP(b)
		if g, ok := readMySQL(b); ok && len(g.version) > len(b) {
			t.Error("a version longer than the greeting")
		}
		readTDS(b)
		isLDAP(b)
		if n, ok := readKafka(b); ok && n <= 0 {
			t.Errorf("%d kinds", n)
		}
		if m := rsyncModules(b); len(m) > 10 {
			t.Errorf("%d modules", len(m))
		}
		replied(b)
		for _, minor := range []int{3, 7, 8} {
			securityTypes(minor, b)
		}
		if w := readWeb(b); len(w.body) > mostBytes {
			t.Errorf("%d bytes of a page", len(w.body))
		}
		field(string(b), "version", "number")
		header(b, "server")
		if name := recognise(b); name != "" && len(b) == 0 {
			t.Error("a service out of nothing")
		}
		for _, d := range datagrams() {
			if r := d.read(b); len(r.product) > 400 || r.known && len(b) == 0 {
				t.Errorf("%s: %+v", d.name, r)
			}
		}
		for _, i := range identities() {
			if i.talk != nil {
				continue // FuzzOPCUA
			}
			i.until(b)
			if who, ok := i.read(b); !ok && who != "" {
				t.Errorf("%s: %q", i.title, who)
			}
		}
		if who, ok := readBACnet(b); !ok && who != "" {
			t.Errorf("BACnet: %q", who)
		}
		tpkt(b)
		framed(b)
		quote(b)
	})
}

// FuzzPorts: a list that is accepted is sorted, without doubles, and can be read
// again.
func FuzzPorts(f *testing.F) {
	f.Add("22,80,8000-8100")
	f.Add("1-65535")
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParsePorts(s)
		if err != nil {
			return
		}
		for i, p := range list {
			if p == 0 || i > 0 && list[i-1] >= p {
				t.Fatalf("%v", list)
			}
		}
	})
}

type endless string

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = e[i%len(e)]
	}
	return len(b), nil
}

// TestEndlessServers: a server that never stops is left, and little of it is kept.
func TestEndlessServers(t *testing.T) {
	for _, until := range []enough{some, all, lines(1), framed, tpkt, replied, size(1 << 30), func(b []byte) bool { _, err := parseSSH(b); return !errors.Is(err, io.ErrUnexpectedEOF) }} {
		for _, text := range []string{"x", "\x00", "220-more\r\n", "SSH-2.0-x\r\n\x00\x00\xff\xff"} {
			if b := listen(endless(text), until); len(b) > mostBytes {
				t.Errorf("%d bytes of %q are kept", len(b), text)
			}
		}
	}
	if b := listen(io.MultiReader(bytes.NewReader(make([]byte, mostBytes-1)), endless("x")), all); len(b) != mostBytes {
		t.Errorf("%d bytes", len(b))
	}
}

// TestSlowServers: a server that sends a byte now and then is left when the
// patience ends, and one that floods over UDP after a fixed number of datagrams.
func TestSlowServers(t *testing.T) {
	t.Parallel()
	at := serve(t, exposuretest.Address(t, "127.2.0.7"), func(c net.Conn) {
		for {
			if _, err := c.Write([]byte("x")); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	begin := time.Now()
	got := scan(t, lab(), nil, exposure.Data{}, exposure.Target{Address: at.Addr(), Port: at.Port(), Service: "ssh"})
	if took := time.Since(begin); len(got) != 1 || got[0].Outcome != exposure.Warn || took > 5*patience {
		t.Errorf("%+v after %v", got, took)
	}
	flood := udp(t, exposuretest.Address(t, "127.2.0.7"), func([]byte) []string { return slices.Repeat([]string{"x"}, 3*mostDatagrams) })
	v := &visit{dialer: dialer(t, lab(), nil), target: exposure.Target{Address: flood.Addr(), Port: flood.Port()}}
	if h, _, err := v.askUDP(t.Context(), [][]byte{[]byte("?")}); err != nil || h.count == 0 || h.count > mostDatagrams {
		t.Errorf("%d datagrams, %v", h.count, err)
	}
}
