package ports

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
)

// scan looks at targets with every probe of the package.
func scan(t testing.TB, s exposure.Scope, settings map[string]string, data exposure.Data, targets ...exposure.Target) []exposure.Finding {
	t.Helper()
	catalogue, err := exposure.LoadCatalogue(content.FS)
	if err != nil {
		t.Fatal(err)
	}
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

// TestServices: what each service says, and what is made of it.
func TestServices(t *testing.T) {
	t.Parallel()
	type row struct {
		what, service string
		serve         func(net.Conn)
		outcome       exposure.Outcome
		severity      exposure.Severity
		observed      string // part of it
	}
	const f, w, p, i = exposure.Fail, exposure.Warn, exposure.Pass, exposure.Info
	const critical, high, medium = exposure.Critical, exposure.High, exposure.Medium
	rows := []row{
		{"options", "telnet", says("\xff\xfd\x18\xff\xfd\x20"), f, critical, "Telnet on port"},
		{"prompt", "telnet", says("\r\nUser Name:"), f, critical, "Telnet on port"},
		{"another service", "telnet", says("SSH-2.0-x\r\n"), w, critical, "the answer is not that of Telnet: \"SSH-2.0-x"},
		{"silent", "redis", drain, w, high, "says nothing"},
		{"hangs up", "redis", hangUp, w, high, "says nothing"},
		{"connect only", "rlogin", drain, f, critical, "nothing was sent"},
		{"version 1", "smb", smbServer(true, 3), f, critical, "SMB 1 is on; SMB 3.0"},
		{"unsigned", "smb", smbServer(false, 1), f, critical, "SMB on port"},
		{"unsigned says so", "smb", smbServer(false, 1), f, critical, "signatures are not required"},
		{"standard", "rdp", rdpServer(rdpStandard), f, critical, "it accepts the standard security of RDP, TLS without"},
		{"TLS", "rdp", rdpServer(rdpTLS), f, critical, "it accepts TLS without network level authentication, network"},
		{"NLA", "rdp", rdpServer(rdpNLA), f, high, "it accepts network level authentication"},
		{"no TLS", "rdp", replies("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x00\x00\x00\x00"), f, critical, "it accepts the standard security of RDP"},
		{"old", "rdp", replies("\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00"), f, critical, "standard security"},
		{"none", "vnc", vncServer("RFB 003.008\n", "\x01\x01"), f, critical, "sign-in: none"},
		{"password", "vnc", vncServer("RFB 003.008\n", "\x02\x02\x13"), f, high, "RFB 003.008; sign-in: password of VNC; sign-in: TLS or VeNCrypt"},
		{"old none", "vnc", vncServer("RFB 003.003\n", "\x00\x00\x00\x01"), f, critical, "sign-in: none"},
		{"good", "ssh", goodSSH(), p, exposure.None, "post-quantum key exchange: mlkem768x25519-sha256"},
		{"group 1", "ssh", goodSSH("kex", "diffie-hellman-group1-sha1,kex-strict-s-v00@openssh.com"), f, high, "offered: diffie-hellman-group1-sha1; no post-quantum"},
		{"SHA-1 key", "ssh", goodSSH("key", "ssh-rsa,ssh-ed25519"), f, medium, "offered: ssh-rsa"},
		{"CBC", "ssh", goodSSH("cipher", "aes128-cbc"), f, medium, "offered: aes128-cbc"},
		{"terrapin", "ssh", goodSSH("kex", "curve25519-sha256"), f, medium, "CVE-2023-48795"},
		{"MD5", "ssh", goodSSH("mac", "hmac-md5-etm@openssh.com"), f, medium, "offered: hmac-md5-etm@openssh.com"},
		{"version 1", "ssh", says("SSH-1.5-Cisco-1.25\n"), f, critical, "version 1 of SSH is on"},
		{"lines before", "ssh", says("hello\r\n" + kexinit("SSH-2.0-x", goodKex, "ssh-ed25519", "aes256-ctr", "aes256-ctr", goodMAC, goodMAC)), p, exposure.None, "SSH on port"},
		{"", "winrm", webpage(405, "Server: Microsoft-HTTPAPI/2.0\r\n", ""), f, high, "Microsoft-HTTPAPI/2.0"},
		{"", "mssql", replies("\x04\x01\x00\x2b\x00\x00\x01\x00\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff\x10\x00\x10\x71\x00\x00\x02" + string(make([]byte, 17))), f, high, "16.0.4209"},
		{"", "oracle", replies("\x00\x0c\x00\x00\x04\x00\x00\x00\x22\x00\x00\x00"), f, high, "Oracle on port"},
		{"no TLS", "mysql", says("\x3b\x00\x00\x00\x0a8.0.36\x00\x01\x00\x00\x00abcdefgh\x00\xff\xf7" + string(make([]byte, 33))), f, high, "8.0.36; it offers no TLS"},
		{"TLS", "mysql", says("\x3b\x00\x00\x00\x0a8.0.36\x00\x01\x00\x00\x00abcdefgh\x00\xff\xff" + string(make([]byte, 33))), f, high, "8.0.36"},
		{"refuses", "mysql", says("\x2e\x00\x00\x00\xff\x6a\x04Host 'x' is not allowed to connect to this"), f, high, "it refuses this address"},
		{"", "postgres", replies("S"), f, high, "it offers TLS"},
		{"", "mongodb", replies("\x2c\x00\x00\x00\x09\x00\x00\x00\x01\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x17\x00\x00\x00\x10maxWireVersion\x00\x15\x00\x00\x00\x00"), f, high, "MongoDB on port"},
		{"open", "redis", replies("+PONG\r\n"), f, critical, "it serves without sign-in"},
		{"password", "redis", replies("-NOAUTH Authentication required.\r\n"), f, high, "it asks for a password"},
		{"open", "elasticsearch", webpage(200, "", `{"cluster_name":"c","version":{"number":"7.17.1"}}`), f, critical, "7.17.1; it serves without"},
		{"closed", "elasticsearch", webpage(401, "", `{"error":{"type":"security_exception"}}`), f, high, "it asks for sign-in"},
		{"", "cassandra", replies("\x84\x00\x00\x00\x06\x00\x00\x00\x00"), f, high, "Cassandra on port"},
		{"", "couchdb", repliesTo(func(q []byte) string {
			if bytes.Contains(q, []byte("_all_dbs")) {
				return "HTTP/1.0 401 X\r\n\r\n{}"
			}
			return "HTTP/1.0 200 X\r\n\r\n{\"couchdb\":\"Welcome\",\"version\":\"3.3.3\"}"
		}), f, high, "3.3.3; it asks for sign-in"},
		{"", "influxdb", webpage(204, "X-Influxdb-Version: 1.8.10\r\n", ""), f, high, "1.8.10"},
		{"", "memcached", replies("VERSION 1.6.18\r\n"), f, critical, "VERSION 1.6.18"},
		{"", "ldap", replies("\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x64\x84\x00\x00\x00\x04\x04\x00\x30\x00"), f, high, "LDAP on port"},
		{"", "docker", webpage(200, "", `{"Version":"26.1.0","ApiVersion":"1.45"}`), f, critical, "26.1.0; it serves without sign-in; without TLS"},
		{"open", "kubernetes", webpage(200, "", `{"kind":"APIVersions"}`), f, critical, "it serves without"},
		{"closed", "kubernetes", webpage(403, "", `{"kind":"Status"}`), f, critical, "it asks for sign-in"},
		{"open", "kubelet", webpage(200, "", `{"kind":"PodList"}`), f, critical, "it serves without"},
		{"", "etcd", webpage(200, "", `{"etcdserver":"3.5.9","etcdcluster":"3.5.0"}`), f, critical, "3.5.9"},
		{"", "zookeeper", replies("imok"), f, critical, "administration words"},
		{"", "kafka", replies("\x00\x00\x00\x10NISA\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x09"), f, critical, "1 kinds of requests"},
		{"", "rabbitmq", webpage(200, "Server: Cowboy\r\n", "<title>RabbitMQ Management</title>"), f, critical, "Cowboy"},
		{"open", "consul", webpage(200, "", `{"Config":{"Version":"1.18.0"}}`), f, critical, "1.18.0"},
		{"TLS", "ftp", ftpServer("211-Features\r\n AUTH TLS\r\n211 End\r\n", "530 no\r\n"), f, medium, "it offers TLS"},
		{"plain", "ftp", ftpServer("502 no\r\n", "530 no\r\n"), f, medium, "it offers no TLS"},
		{"", "nfs", replies("\x80\x00\x00\x18NISA\x00\x00\x00\x01" + string(make([]byte, 16))), f, high, "NFS on port"},
		{"modules", "rsync", says("@RSYNCD: 31.0\nbackup\tAll of it\n@RSYNCD: EXIT\n"), f, high, "it lists its modules to everybody: backup"},
		{"none", "rsync", says("@RSYNCD: 31.0\n@RSYNCD: EXIT\n"), f, medium, "it lists no module"},
		{"", "afp", replies("\x01\x03\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), f, high, "AFP on port"},
		{"", "openvpn", replies("\x00\x1a\x40" + string(make([]byte, 25))), i, high, "without a shared key"},
		{"", "pptp", replies("\x00\x9c\x00\x01\x1a\x2b\x3c\x4d\x00\x02" + string(make([]byte, 18)) + "gateway" + string(make([]byte, 57)) + "MikroTik" + string(make([]byte, 56))), f, high, "gateway MikroTik"},
		{"", "mqtt", drain, f, high, "nothing was sent"},
		{"", "amqp", replies("AMQP\x00\x00\x09\x01"), f, medium, "AMQP without TLS"},
		{"", "sip", replies("SIP/2.0 200 OK\r\nServer: Asterisk 18\r\n\r\n"), f, medium, "Asterisk 18"},
		{"", "rtsp", replies("RTSP/1.0 200 OK\r\nServer: Hipcam\r\n\r\n"), f, high, "Hipcam"},
		{"", "printer", drain, f, high, "nothing was sent"},
		{"", "ipp", webpage(200, "Server: CUPS/2.4 IPP/2.1\r\n", ""), f, medium, "CUPS/2.4 IPP/2.1"},
	}
	targets, want := []exposure.Target(nil), map[netip.AddrPort]row{}
	for i, r := range rows {
		at := serve(t, fmt.Sprintf("127.2.1.%d:0", i+1), r.serve)
		targets = append(targets, exposure.Target{Declared: r.what, Address: at.Addr(), Port: at.Port(), Service: r.service})
		want[at] = r
	}
	s := lab()
	s.Rate.Parallel = 1 // whoever dials while a connection is open would wait forever
	got := map[netip.AddrPort]exposure.Finding{}
	for _, f := range scan(t, s, nil, exposure.Data{}, targets...) {
		got[at(f.Target, f.Target.Port)] = f
	}
	for place, r := range want {
		f := got[place]
		if f.Outcome != r.outcome || f.Severity != r.severity || !strings.Contains(f.Observed, r.observed) {
			t.Errorf("%s %s: %s %s %s (%s), want %s %s %q", r.service, r.what, f.Check, f.Outcome, f.Severity, f.Observed+f.Reason, r.outcome, r.severity, r.observed)
		}
		if f.Reproduce == "" || f.Expected == "" {
			t.Errorf("%s %s: %+v", r.service, r.what, f)
		}
	}
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.service] = true
	}
	for _, f := range families() {
		for _, sv := range f.services {
			if sv.look != nil && !seen[sv.name] && !slices.Contains([]string{"winrms", "proxmox", "webmin"}, sv.name) {
				t.Errorf("%s has no server in this laboratory", sv.name)
			}
		}
	}
}

// TestTLSInFront: control planes behind TLS are asked through it.
func TestTLSInFront(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "MiniServ/2.1")
		fmt.Fprint(w, `{"kind":"APIVersions"}`)
	}))
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	for service, observed := range map[string]string{"kubernetes": "it serves without sign-in", "webmin": "MiniServ/2.1"} {
		f := scan(t, lab(), nil, exposure.Data{}, exposure.Target{Address: at.Addr(), Port: at.Port(), Service: service})
		if len(f) != 1 || f[0].Outcome != exposure.Fail || !strings.Contains(f[0].Observed, observed) {
			t.Errorf("%s: %+v", service, f)
		}
	}
}

// TestIdentify: what answers on a port whose number tells nothing.
func TestIdentify(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer web.Close()
	s := lab()
	s.Rate.Parallel = 1
	d := dialer(t, s, nil)
	var wait sync.WaitGroup
	for i, tc := range []struct {
		want  string
		serve func(net.Conn)
	}{
		{"ssh", goodSSH()},
		{"vnc", says("RFB 003.008\n")},
		{"smtp", says("220 mx.example.org ESMTP Postfix\r\n")},
		{"ftp", says("220 (vsFTPd 3.0.3)\r\n")},
		{"imap", says("* OK ready\r\n")},
		{"pop3", says("+OK ready\r\n")},
		{"rsync", says("@RSYNCD: 31.0\n")},
		{"telnet", says("\xff\xfd\x18")},
		{"mysql", says("\x3b\x00\x00\x00\x0a8.0.36\x00\x01\x00\x00\x00abcdefgh\x00\xff\xf7" + string(make([]byte, 33)))},
		{"http", webpage(404, "", "")},
		{"http", webpage(400, "", "missing host")},
		{"https", func(c net.Conn) { // a real server of TLS behind
			b, err := net.Dial("tcp", web.Listener.Addr().String())
			if err != nil {
				return
			}
			defer b.Close()
			go io.Copy(b, c)
			io.Copy(c, b)
		}},
		{"tls", replies("\x15\x03\x01\x00\x02\x02\x46")},
		{"redis", replies("-ERR wrong number of arguments for 'get' command\r\n")},
		{"mongodb", replies("HTTP/1.0 200 OK\r\n\r\nIt looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n")},
		{"rdp", onlyTo("\x03\x00", rdpServer(rdpTLS))},
		{"postgres", onlyTo("\x00\x00\x00\x08", replies("N"))},
		{"memcached", onlyTo("version", replies("VERSION 1.6.18\r\n"))},
		{"smb", onlyTo("\x00\x00\x00", smbServer(false, 3))},
		{"", onlyTo("nothing", hangUp)},
		{"", says("hello\r\n")},
	} {
		at := serve(t, fmt.Sprintf("127.2.2.%d:0", i+1), tc.serve)
		v := visitor(&exposure.Session{Dialer: d}, exposure.Target{Address: at.Addr(), Port: at.Port()})
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if got, err := v.identify(ctx); got != tc.want || err != nil {
				t.Errorf("%d: %q %v, want %q", i, got, err, tc.want)
			}
		})
	}
	wait.Wait()
}

// onlyTo hangs up on every other question.
func onlyTo(question string, answer func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		b := make([]byte, len(question))
		if _, err := io.ReadFull(c, b); err == nil && string(b) == question {
			answer(&again{Conn: c, first: b})
		}
	}
}

// again reads what was read before once more.
type again struct {
	net.Conn
	first []byte
}

func (a *again) Read(b []byte) (int, error) {
	if len(a.first) > 0 {
		n := copy(b, a.first)
		a.first = a.first[n:]
		m, err := a.Conn.Read(b[n:])
		return n + m, err
	}
	return a.Conn.Read(b)
}

// TestIntrusive: what is only asked with consent.
func TestIntrusive(t *testing.T) {
	t.Parallel()
	s := lab()
	s.Rate.Parallel = 1
	s.Classes = append(s.Classes, exposure.Intrusive)
	for name, tc := range map[string]struct {
		service, observed string
		serve             func(net.Conn)
		severity          exposure.Severity
	}{
		"everybody":        {"ftp", "it lets everybody in", ftpServer("502 no\r\n", "230 welcome\r\n"), exposure.High},
		"nobody":           {"ftp", "it does not let everybody in", ftpServer("502 no\r\n", "530 no\r\n"), exposure.Medium},
		"broker":           {"mqtt", "it serves without sign-in", replies("\x20\x02\x00\x00"), exposure.Critical},
		"broker with sign": {"mqtt", "it asks for sign-in", replies("\x20\x02\x00\x05"), exposure.High},
	} {
		at := serve(t, "127.2.0.2:0", tc.serve)
		f := scan(t, s, nil, exposure.Data{}, exposure.Target{Address: at.Addr(), Port: at.Port(), Service: tc.service})
		if len(f) != 1 || f[0].Outcome != exposure.Fail || f[0].Severity != tc.severity || !strings.Contains(f[0].Observed, tc.observed) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// udp answers datagrams.
func udp(t testing.TB, address string, answer func([]byte) []string) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			for _, text := range answer(b[:n]) {
				c.WriteTo([]byte(text), from)
			}
		}
	}()
	return netip.MustParseAddrPort(c.LocalAddr().String())
}

// TestDatagrams: what one packet finds.
func TestDatagrams(t *testing.T) {
	t.Parallel()
	response := func(version byte) string {
		return "\x30\x2c\x02\x01" + string(version) + "\x04\x06public\xa2\x1f\x02\x04NISA\x02\x01\x00\x02\x01\x00\x30\x11\x30\x0f\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x04\x03AP1"
	}
	for name, tc := range map[string]struct {
		answer   func([]byte) []string
		observed string
		severity exposure.Severity
	}{
		"netbios-ns": {func(q []byte) []string {
			return []string{"NI\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00" + string(q[12:46]) + "\x00\x21\x00\x01\x00\x00\x00\x00\x00\x13\x01SERVER         \x00\x04\x00"}
		}, "SERVER", exposure.High},
		"snmp": {func(q []byte) []string { return []string{response(q[4])} }, "AP1; it answers to the community", exposure.Critical},
		"ipmi": {func([]byte) []string {
			return []string{"\x06\x00\xff\x07" + string(make([]byte, 15)) + "\x38\x00\x01\x01\x00"}
		}, "sign-in without a password", exposure.Critical},
		"ike": {func(q []byte) []string {
			return []string{string(q[:8]) + "12345678\x29\x20\x22\x20" + string(make([]byte, 8))}
		}, "version 2", exposure.None},
		"dns": {func(q []byte) []string {
			return []string{"NI\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + string(q[12:])}
		}, "bytes in 1 datagrams", exposure.High},
		"ntp-control": {func(q []byte) []string { return []string{"\x16\x82" + strings.Repeat("x", 118)} }, "(10.0 times)", exposure.High},
		"ntp-private": {func([]byte) []string {
			return []string{"\x97\x00\x03\x2a\x00\x06\x00\x48" + strings.Repeat("x", 432), "\x97\x01\x03\x2a\x00\x06\x00\x48" + strings.Repeat("x", 432)}
		}, "880 bytes in 2 datagrams for 8 bytes (110.0 times)", exposure.High},
		"ssdp":          {func([]byte) []string { return []string{"HTTP/1.1 200 OK\r\nSERVER: Linux UPnP/1.0\r\n\r\n"} }, "Linux UPnP/1.0", exposure.High},
		"cldap":         {func([]byte) []string { return []string{"\x30\x0c\x02\x01\x01\x64\x07\x04\x00\x30\x03\x30\x01\x00"} }, "CLDAP on UDP port", exposure.High},
		"memcached-udp": {func([]byte) []string { return []string{"\x00\x01\x00\x00\x00\x01\x00\x00VERSION 1.5\r\n"} }, "memcached over UDP", exposure.Critical},
		"coap":          {func([]byte) []string { return []string{"\x60\x45\x4e\x49\xff</x>"} }, "CoAP", exposure.High},
		"ws-discovery":  {func([]byte) []string { return []string{"<e:Envelope><ProbeMatches/></e:Envelope>"} }, "WS-Discovery", exposure.High},
		"rpcbind":       {func([]byte) []string { return []string{"NISA\x00\x00\x00\x01" + string(make([]byte, 16))} }, "rpcbind", exposure.High},
	} {
		i := slices.IndexFunc(datagrams(), func(d datagram) bool { return d.name == name })
		d := datagrams()[i]
		at := udp(t, "127.2.0.3:0", tc.answer)
		d.ports = []uint16{at.Port()}
		var got exposure.Finding
		probe := exposure.Probe{Name: name, Level: exposure.OfHost, Run: func(ctx context.Context, s *exposure.Session, t exposure.Target) error {
			_, err := d.run(ctx, s, t)
			return err
		}}
		catalogue, err := exposure.LoadCatalogue(content.FS)
		if err != nil {
			t.Fatal(err)
		}
		run := exposure.Scan{Probes: []exposure.Probe{probe}, Targets: []exposure.Target{{Address: at.Addr()}}, Session: exposure.Session{Dialer: dialer(t, lab(), nil), Catalogue: catalogue}}
		if err := run.Run(t.Context(), func(f exposure.Finding) { got = f }); err != nil {
			t.Fatal(err)
		}
		if got.Severity != tc.severity || !strings.Contains(got.Observed, tc.observed) || name != "ike" && got.Outcome != exposure.Fail {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if len(nameStatus) != 50 {
		t.Errorf("the question for names has %d bytes", len(nameStatus))
	}
}

// TestResolverThatRefuses is none that is open.
func TestResolverThatRefuses(t *testing.T) {
	for _, b := range []string{"NI\x81\x05\x00\x01\x00\x00\x00\x00\x00\x00", "NI\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00", "NI\x81\x00\x00\x01\x00\x01\x00\x00\x00\x00"} {
		if readResolver([]byte(b)).known {
			t.Errorf("%q is taken for an open resolver", b)
		}
	}
}

func find(list []exposure.Finding, check string) exposure.Finding {
	for _, f := range list {
		if f.Check == check {
			return f
		}
	}
	return exposure.Finding{}
}

// TestHost: a host with an SSH server on an unusual port, a web server, and a
// closed rest.
func TestHost(t *testing.T) {
	t.Parallel()
	ssh := serve(t, "127.2.0.4:0", goodSSH())
	web := serve(t, "127.2.0.4:0", webpage(200, "", "hello"))
	host := exposure.Target{Declared: "127.2.0.4", Address: ssh.Addr()}
	settings := map[string]string{SettingPorts: fmt.Sprintf("23,135,137,139,445,502,%d,%d", ssh.Port(), web.Port())}
	got := scan(t, lab(), settings, exposure.Data{Kinds: map[string]any{DeclaredKind: Declared{"127.2.0.4": {ssh.Port(), 25}}}}, host)
	for check, want := range map[string]exposure.Outcome{"PORT-00": exposure.Fail, "PORT-01": exposure.NotTested, "PORT-02": exposure.Pass, "PORT-03": exposure.NotTested, "PORT-05": exposure.NotTested,
		"BAN-02": exposure.Pass, "OT-01": exposure.NotTested, "PORT-11": exposure.NotTested} {
		if f := find(got, check); f.Outcome != want || f.Reason == "" && want == exposure.NotTested {
			t.Errorf("%s: %+v", check, f)
		}
	}
	f := find(got, "PORT-00")
	if !strings.Contains(f.Observed, fmt.Sprintf("not declared: %d", web.Port())) || !strings.Contains(f.Observed, "declared and not seen: 25") {
		t.Errorf("%+v", f)
	}
	i := slices.IndexFunc(got, func(f exposure.Finding) bool { return f.Check == "PORT-05" && f.Target.Port == ssh.Port() })
	if i < 0 || got[i].Outcome != exposure.Pass || got[i].Target.Service != "ssh" {
		t.Errorf("the server of SSH was not found: %+v", got)
	}
}

// TestSharedAddress: two names of one address are two hosts in the findings, and one
// for whoever is asked.
func TestSharedAddress(t *testing.T) {
	s := lab()
	contacts := map[netip.AddrPort]int{}
	var mu sync.Mutex
	p, err := exposure.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	host := netip.MustParseAddr("127.2.0.8")
	d := exposure.NewDialer(p, exposure.DialerOptions{Log: func(c exposure.Contact) {
		mu.Lock()
		contacts[c.Address]++
		mu.Unlock()
	}})
	catalogue, err := exposure.LoadCatalogue(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	session := exposure.Session{Dialer: d, Catalogue: catalogue, Settings: map[string]string{SettingPorts: "1,2,3"}}
	scan := exposure.Scan{Probes: Probes(), Session: session, Targets: []exposure.Target{{Declared: "a", Address: host}}}
	n := 0
	for range 2 { // the second run stands for the second name
		if err := scan.Run(t.Context(), func(exposure.Finding) { n++ }); err != nil {
			t.Fatal(err)
		}
	}
	for at, times := range contacts {
		if times != 1 {
			t.Errorf("%s was contacted %d times", at, times)
		}
	}
	if len(contacts) != 3 || n != 2*len(hostChecks()) {
		t.Errorf("%d contacts, %d findings", len(contacts), n)
	}
}

// TestTarpit: a host on which everything is open is not judged.
func TestTarpit(t *testing.T) {
	t.Parallel()
	var list []string
	for range 30 {
		list = append(list, fmt.Sprint(serve(t, "127.2.0.5:0", says("220 tarpit\r\n")).Port()))
	}
	host := exposure.Target{Address: netip.MustParseAddr("127.2.0.5")}
	for name, ports := range map[string]string{"share": strings.Join(list, ","), "banners": strings.Join(list, ",") + ",1-100"} {
		got := scan(t, lab(), map[string]string{SettingPorts: ports}, exposure.Data{}, host)
		for _, f := range got {
			if f.Outcome != exposure.NotTested || f.Reason == "" || f.Target.Port != 0 {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if len(got) != len(hostChecks()) {
			t.Errorf("%s: %d findings", name, len(got))
		}
	}
}

// TestIndustrial: a controller is seen without a byte being sent to it; asked for
// its name only with both consents. SSH on port 2222 is no controller.
func TestIndustrial(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sent []byte
	answer := "NI\x00\x00\x00\x12\xff\x2b\x0e\x01\x01\x00\x00\x02\x00\x03ACM\x01\x02X1"
	serve(t, "127.2.0.6:502", func(c net.Conn) {
		b := make([]byte, 256)
		n, err := c.Read(b)
		mu.Lock()
		sent = append(sent, b[:n]...)
		mu.Unlock()
		if err == nil {
			c.Write([]byte(answer))
			drain(c)
		}
	})
	serve(t, "127.2.0.6:2222", goodSSH())
	s := lab()
	s.OT = true
	host := exposure.Target{Address: netip.MustParseAddr("127.2.0.6")}
	settings := map[string]string{SettingPorts: "502,2222"}
	got := scan(t, s, settings, exposure.Data{}, host)
	if f := find(got, "OT-01"); f.Outcome != exposure.Fail || f.Severity != exposure.Critical || !strings.Contains(f.Observed, "open: Modbus on port 502; nothing was sent") {
		t.Errorf("%+v", f)
	}
	if f := find(got, "PORT-05"); f.Outcome != exposure.Pass || f.Target.Port != 2222 {
		t.Errorf("%+v", f)
	}
	mu.Lock()
	if len(sent) != 0 || find(got, "OT-02").Check != "" {
		t.Errorf("%q was sent", sent)
	}
	mu.Unlock()
	s.Classes = append(s.Classes, exposure.Intrusive)
	settings[SettingPorts] = "502"
	if f := find(scan(t, s, settings, exposure.Data{}, host), "OT-02"); f.Outcome != exposure.Info || f.Observed != "Modbus: ACM X1" {
		t.Errorf("%+v", f)
	}
}

// TestBACnet: building automation answers on UDP; it is asked once, by consent only.
func TestBACnet(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	udp(t, "127.2.0.9:47808", func([]byte) []string {
		asked.Add(1)
		return []string{"\x81\x0a\x00\x17\x01\x00\x30\x01\x0c\x0c\x02\x3f\xff\xff\x19\x4b\x3e\xc4\x02\x00\x04\xd2\x3f"}
	})
	s := lab()
	s.OT = true
	host := exposure.Target{Address: netip.MustParseAddr("127.2.0.9")}
	settings := map[string]string{SettingPorts: "47808"}
	if got := scan(t, s, settings, exposure.Data{}, host); asked.Load() != 0 || find(got, "OT-01").Outcome == exposure.Fail {
		t.Errorf("asked %d times without consent", asked.Load())
	}
	s.Classes = append(s.Classes, exposure.Intrusive)
	got := scan(t, s, settings, exposure.Data{}, host)
	if f := find(got, "OT-02"); asked.Load() != 1 || f.Outcome != exposure.Info || f.Observed != "BACnet: device 1234" {
		t.Errorf("%+v after %d questions", f, asked.Load())
	}
	if f := find(got, "OT-01"); f.Outcome != exposure.Fail || f.Observed != "BACnet answers on UDP port 47808" {
		t.Errorf("%+v", f)
	}
}

// TestPrivateAddresses: that a service can be reached from inside is no finding of
// what strangers see; a defect is one everywhere.
func TestPrivateAddresses(t *testing.T) {
	sv := service{title: "Redis"}
	for _, tc := range []struct {
		r    reading
		want exposure.Outcome
	}{{reading{known: true}, exposure.Warn}, {reading{known: true, defect: true}, exposure.Fail}} {
		var f exposure.Finding
		if sv.judge(&f, tc.r, nil, true); f.Outcome != tc.want {
			t.Errorf("%+v", f)
		}
	}
}

// TestRealServers: programs of others, as far as they are installed.
func TestRealServers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := filepath.Join(dir, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Logf("no key for SSH: %v %s", err, out)
	}
	sshd := func(more ...string) func(at netip.AddrPort) []string {
		return func(at netip.AddrPort) []string {
			args := []string{"-D", "-e", "-f", "/dev/null", "-h", key, "-o", "ListenAddress=" + at.String(), "-o", "PidFile=none", "-o", "StrictModes=no"}
			for _, m := range more {
				args = append(args, "-o", m)
			}
			return args
		}
	}
	redis := func(more ...string) func(at netip.AddrPort) []string {
		return func(at netip.AddrPort) []string {
			return append([]string{"--bind", at.Addr().String(), "--port", fmt.Sprint(at.Port()), "--save", "", "--dir", dir}, more...)
		}
	}
	for i, tc := range []struct {
		program, service string
		args             func(at netip.AddrPort) []string
		outcome          exposure.Outcome
		observed         []string
	}{
		{"sshd", "ssh", sshd(), exposure.Warn, []string{"OpenSSH", "sign-in with a password is offered"}},
		{"sshd", "ssh", sshd("Ciphers=+3des-cbc", "KexAlgorithms=+diffie-hellman-group1-sha1", "PasswordAuthentication=no", "KbdInteractiveAuthentication=no"), exposure.Fail,
			[]string{"offered: diffie-hellman-group1-sha1", "offered: 3des-cbc", "no sign-in with a password"}},
		{"redis-server", "redis", redis("--protected-mode", "no"), exposure.Fail, []string{"it serves without sign-in"}},
		{"redis-server", "redis", redis("--requirepass", "secret"), exposure.Fail, []string{"it asks for a password"}},
		{"memcached", "memcached", func(at netip.AddrPort) []string {
			return []string{"-u", "nobody", "-l", at.Addr().String(), "-p", fmt.Sprint(at.Port())}
		}, exposure.Fail, []string{"VERSION 1."}},
		{"rsync", "rsync", func(at netip.AddrPort) []string {
			return []string{"--daemon", "--no-detach", "--config=" + write("rsyncd.conf", fmt.Sprintf("use chroot = no\naddress = %s\nport = %d\n[backup]\npath = %s\ncomment = all\n", at.Addr(), at.Port(), dir))}
		}, exposure.Fail, []string{"it lists its modules to everybody: backup"}},
		{"mosquitto", "mqtt", func(at netip.AddrPort) []string {
			return []string{"-c", write("mosquitto.conf", fmt.Sprintf("listener %d %s\nallow_anonymous true\n", at.Port(), at.Addr()))}
		}, exposure.Fail, []string{"it serves without sign-in"}},
	} {
		program := installed(tc.program)
		if program == "" {
			t.Logf("%s is not installed", tc.program)
			continue
		}
		at := start(t, fmt.Sprintf("127.2.3.%d", i+1), program, tc.args)
		s := lab()
		s.Rate.Parallel = 1
		s.Classes = append(s.Classes, exposure.Intrusive)
		f := scan(t, s, nil, exposure.Data{}, exposure.Target{Address: at.Addr(), Port: at.Port(), Service: tc.service})
		if len(f) != 1 || f[0].Outcome != tc.outcome {
			t.Errorf("%s: %+v, want %s", tc.program, f, tc.outcome)
			continue
		}
		for _, text := range tc.observed {
			if !strings.Contains(f[0].Observed, text) {
				t.Errorf("%s: %s, want %q", tc.program, f[0].Observed, text)
			}
		}
		// On a port whose number tells nothing it is found all the same; brokers wait for a sign-in.
		v := visitor(&exposure.Session{Dialer: dialer(t, lab(), nil)}, exposure.Target{Address: at.Addr(), Port: at.Port()})
		if got, err := v.identify(t.Context()); err != nil || got != tc.service && tc.service != "mqtt" {
			t.Errorf("%s is taken for %q, %v", tc.program, got, err)
		}
	}
}

// installed finds a program, also where only administrators look.
func installed(program string) string {
	for _, name := range []string{program, "/usr/sbin/" + program} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// start runs a server on a free port of an address until the test ends.
func start(t *testing.T, address, program string, args func(netip.AddrPort) []string) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	cmd := exec.Command(program, args(at)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	for range 200 {
		select {
		case <-ended:
			t.Fatalf("%s ended: %s", program, said.String())
		case <-time.After(50 * time.Millisecond):
		}
		if c, err := net.Dial("tcp", at.String()); err == nil {
			c.Close()
			return at
		}
	}
	t.Fatalf("%s does not answer", program)
	return at
}

// TestLists: what people write, and what they read.
func TestLists(t *testing.T) {
	got, err := ParsePorts("443, 22,8000-8002,8001")
	if err != nil || ranges(got) != "22, 443, 8000–8002" {
		t.Errorf("%v %v", got, err)
	}
	for _, wrong := range []string{"", "0", "65536", "9-1", "a", "1,,2", "1-", "-1"} {
		if _, err := ParsePorts(wrong); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
	if n := len(Usual()); n < 1200 || n > 1500 {
		t.Errorf("%d usual ports", n)
	}
	if all, err := ParsePorts("1-65535"); err != nil || len(all) != 65535 {
		t.Errorf("%d %v", len(all), err)
	}
}
