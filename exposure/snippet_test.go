package exposure_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/httpprobe"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

// server is a program whose snippets are tried.
type server struct {
	software string
	command  string                                               // looked for among the installed programs
	config   func(lab snippetLab, parts map[string]string) string // whole configuration; parts are the snippets by context
	run      func(lab snippetLab) []string                        // arguments that start it in the foreground
	leave    []string                                             // ids that are not tried, because they need a newer version
}

// snippetLab is where a program runs.
type snippetLab struct {
	dir           string
	plain, secure int
}

func (l snippetLab) file(name string) string { return filepath.Join(l.dir, name) }

// modules of Apache as Debian installs them.
func apacheModules(names ...string) (out string) {
	for _, n := range names {
		if path := "/usr/lib/apache2/modules/mod_" + n + ".so"; exists(path) {
			out += "LoadModule " + n + "_module " + path + "\n"
		}
	}
	return out
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func servers() []server {
	return []server{
		{software: "nginx", command: "nginx", leave: []string{"nginx-post-quantum"},
			config: func(l snippetLab, p map[string]string) string {
				p["block http"] = strings.NewReplacer("listen 80 ", fmt.Sprintf("listen 127.0.0.1:%d ", l.plain), "listen [::]:80 default_server;", "",
					"https://$host$", fmt.Sprintf("https://$host:%d$", l.secure)).Replace(p["block http"])
				return fmt.Sprintf("daemon off; pid %s; error_log stderr; events {} \nhttp { access_log off; client_body_temp_path %[2]s; proxy_temp_path %[2]s; fastcgi_temp_path %[2]s; uwsgi_temp_path %[2]s; scgi_temp_path %[2]s;\n%[3]s\nserver { listen 127.0.0.1:%[4]d ssl; ssl_certificate %[5]s; ssl_certificate_key %[5]s; root %[2]s;\n%[6]s\n} }",
					l.file("pid"), l.file("www"), p["block http"], l.secure, l.file("pair.pem"), p["block server"])
			},
			run: func(l snippetLab) []string { return []string{"-p", l.dir, "-c", l.file("conf")} }},
		{software: "Apache", command: "apache2", leave: []string{"apache-post-quantum", "apache-security-txt"},
			config: func(l snippetLab, p map[string]string) string {
				p["whole server, outside of virtual hosts"] = strings.NewReplacer("*:80", fmt.Sprintf("127.0.0.1:%d", l.plain), "%{SERVER_NAME}", fmt.Sprintf("%%{SERVER_NAME}:%d", l.secure)).Replace(p["whole server, outside of virtual hosts"])
				return apacheModules("mpm_event", "authz_core", "authz_host", "alias", "dir", "headers", "rewrite", "ssl", "socache_shmcb", "mime", "autoindex", "status") +
					fmt.Sprintf("ServerRoot %[1]s\nPidFile %[1]s/pid\nErrorLog /dev/stderr\nDefaultRuntimeDir %[1]s\nMutex file:%[1]s default\nServerName localhost\nListen 127.0.0.1:%[2]d\nListen 127.0.0.1:%[3]d\nTypesConfig /dev/null\nAddType text/html .html\n<Directory %[1]s/www>\nRequire all granted\n</Directory>\n%[4]s\n<VirtualHost 127.0.0.1:%[3]d>\nDocumentRoot %[1]s/www\nSSLEngine on\nSSLCertificateFile %[1]s/pair.pem\n%[5]s\n</VirtualHost>\n",
						l.dir, l.plain, l.secure, p["whole server, outside of virtual hosts"], p["virtual host of the site"])
			},
			run: func(l snippetLab) []string { return []string{"-DFOREGROUND", "-f", l.file("conf")} }},
		{software: "HAProxy", command: "haproxy", leave: []string{"haproxy-post-quantum"},
			config: func(l snippetLab, p map[string]string) string {
				p["section frontend"] = strings.Replace(p["section frontend"], "redirect scheme https", fmt.Sprintf("redirect prefix https://www.example.org:%d", l.secure), 1)
				return fmt.Sprintf("global\n%s\ndefaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\nfrontend f\n bind 127.0.0.1:%d\n bind 127.0.0.1:%d ssl crt %s\n%s\n default_backend b\nbackend b\n http-request return status 200 content-type text/html string \"<!doctype html><title>Lab</title>\" if { path / }\n http-request return status 404\n",
					p["section global"], l.plain, l.secure, l.file("pair.pem"), p["section frontend"])
			},
			run: func(l snippetLab) []string { return []string{"-db", "-f", l.file("conf")} }},
		{software: "Caddy", command: "caddy", leave: []string{"caddy-post-quantum", "caddy-security-txt"},
			config: func(l snippetLab, p map[string]string) string {
				p["Caddyfile, outside of blocks"] = strings.NewReplacer("http:// {", fmt.Sprintf("http://:%d {\nbind 127.0.0.1", l.plain), "https://{host}", fmt.Sprintf("https://{host}:%d", l.secure)).Replace(p["Caddyfile, outside of blocks"])
				p["block of the site"] = strings.Replace(p["block of the site"], "tls {", fmt.Sprintf("tls %[1]s %[1]s {", l.file("pair.pem")), 1)
				return fmt.Sprintf("{\nadmin off\nauto_https disable_redirects\nhttp_port %d\nhttps_port %d\nskip_install_trust\n}\n%s\nhttps://www.example.org:%d {\nbind 127.0.0.1\nroot * %s\nfile_server\n%s\n}\n",
					l.plain, l.secure, p["Caddyfile, outside of blocks"], l.secure, l.file("www"), p["block of the site"])
			},
			run: func(l snippetLab) []string {
				return []string{"run", "--adapter", "caddyfile", "--config", l.file("conf")}
			}},
	}
}

// TestSnippets starts each program that is installed with all its snippets, and the
// checks that they mend pass.
func TestSnippets(t *testing.T) {
	catalogue, err := exposure.LoadCatalogue(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers() {
		t.Run(s.software, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(s.command)
			if err != nil {
				t.Skipf("%s is not installed", s.command)
			}
			parts, mended := map[string]string{}, map[string]bool{}
			for _, c := range catalogue.Checks {
				for _, snippet := range catalogue.Snippets(c.ID) {
					if snippet.Software != s.software || skipped(s.leave, snippet.ID) {
						continue
					}
					if !strings.Contains(parts[snippet.Context], snippet.Text) {
						parts[snippet.Context] += snippet.Text + "\n"
					}
					mended[c.ID] = true
				}
			}
			lab := startSnippets(t, path, s, parts)
			got := scanSnippets(t, catalogue, lab)
			for check := range mended {
				if f := got[check]; f.Outcome == exposure.Fail || f.Outcome == exposure.Warn || f.Outcome == exposure.Error || f.Outcome == "" {
					t.Errorf("%s: %s (%s%s)", check, f.Outcome, f.Observed, f.Reason)
				}
			}
		})
	}
}

func skipped(list []string, id string) bool {
	for _, x := range list {
		if x == id {
			return true
		}
	}
	return false
}

// startSnippets writes the configuration and starts the program.
func startSnippets(t *testing.T, path string, s server, parts map[string]string) snippetLab {
	t.Helper()
	lab := snippetLab{dir: t.TempDir(), plain: int(exposuretest.Port(t)), secure: int(exposuretest.Port(t))}
	os.Chmod(lab.dir, 0o755)
	os.MkdirAll(lab.file("www"), 0o755)
	write := func(name, text string) {
		if err := os.WriteFile(lab.file(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("www/index.html", "<!doctype html><title>Lab</title>")
	write("pair.pem", pairOf(t))
	conf := s.config(lab, parts)
	write("conf", conf)
	cmd := exec.CommandContext(t.Context(), path, s.run(lab)...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(os.Environ(), "HOME="+lab.dir, "XDG_DATA_HOME="+lab.dir, "XDG_CONFIG_HOME="+lab.dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", s.software, out.String())
		}
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", lab.secure)); err == nil {
			c.Close()
			return lab
		}
	}
	t.Fatalf("%s did not start:\n%s\n%s", s.software, out.String(), conf)
	return lab
}

// pairOf is a certificate with its key.
func pairOf(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "www.example.org"}, DNSNames: []string{"www.example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// local is a resolver that knows the laboratory.
type local struct{}

// Addresses answers with it.
func (local) Addresses(context.Context, string) (exposure.Answer, error) {
	return exposure.Answer{Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, nil
}

// scanSnippets looks at the program on the day on which the examples are valid.
func scanSnippets(t *testing.T, catalogue *exposure.Catalogue, lab snippetLab) map[string]exposure.Finding {
	t.Helper()
	permit, err := exposure.Own(exposure.Scope{ID: "test", Until: time.Now().Add(time.Hour), Classes: []exposure.Class{exposure.Passive, exposure.Handshake}, Loopback: true,
		Domains: []exposure.Domain{{Name: "www.example.org", Sweep: true}}, Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.1/32")}}})
	if err != nil {
		t.Fatal(err)
	}
	d := exposure.NewDialer(permit, exposure.DialerOptions{Resolver: local{}, Timeout: time.Minute})
	if _, err := d.Lookup(t.Context(), "www.example.org"); err != nil {
		t.Fatal(err)
	}
	out := map[string]exposure.Finding{}
	name := exposure.Target{Declared: "www.example.org", Name: "www.example.org"}
	service := name
	service.Address, service.Port, service.Service = netip.MustParseAddr("127.0.0.1"), uint16(lab.secure), "https"
	plain := service
	plain.Port, plain.Service = uint16(lab.plain), "http"
	s := exposure.Scan{Probes: append(httpprobe.Probes(), tlsprobe.Probes()...), Targets: []exposure.Target{name, plain, service},
		Session: exposure.Session{Dialer: d, Catalogue: catalogue, Scanner: "test", Now: func() time.Time { return time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC) },
			Settings: map[string]string{httpprobe.PortSetting: fmt.Sprint(lab.plain), httpprobe.SecurePortSetting: fmt.Sprint(lab.secure)}}}
	if err := s.Run(t.Context(), func(f exposure.Finding) {
		if f.Target.Port != plain.Port || f.Check == "HTTP-19" {
			out[f.Check] = f
		}
	}); err != nil {
		t.Fatal(err)
	}
	return out
}
