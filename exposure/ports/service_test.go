package ports

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

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
		at := serve(t, exposuretest.Address(t, fmt.Sprintf("127.2.1.%d", i+1)), r.serve)
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
	server := exposuretest.NewTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "MiniServ/2.1")
		fmt.Fprint(w, `{"kind":"APIVersions"}`)
	}))
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	for service, observed := range map[string]string{"kubernetes": "it serves without sign-in", "webmin": "MiniServ/2.1"} {
		f := scan(t, lab(), nil, exposure.Data{}, exposure.Target{Address: at.Addr(), Port: at.Port(), Service: service})
		if len(f) != 1 || f[0].Outcome != exposure.Fail || !strings.Contains(f[0].Observed, observed) {
			t.Errorf("%s: %+v", service, f)
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
		at := serve(t, exposuretest.Address(t, "127.2.0.2"), tc.serve)
		f := scan(t, s, nil, exposure.Data{}, exposure.Target{Address: at.Addr(), Port: at.Port(), Service: tc.service})
		if len(f) != 1 || f[0].Outcome != exposure.Fail || f[0].Severity != tc.severity || !strings.Contains(f[0].Observed, tc.observed) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
