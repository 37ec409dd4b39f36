// Package scanlab is the laboratory of the scanner: targets of several makes whose
// settings are known, what is true of them, and other scanners beside ours.
package scanlab

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/cli"
)

// asProgram makes the test binary be the program, so that what is measured is what
// people run.
const asProgram = "SCAN_LAB_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Run(os.Args[1:], cli.System{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now}))
	}
	os.Exit(m.Run())
}

// nisaba is the program with arguments.
func nisaba(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// whole says that everything is wanted: every target, every other scanner.
func whole() bool { return os.Getenv("SCAN_LAB") != "" }

// target is a server with known settings.
type target struct {
	Name        string
	Program     string
	Scan        string // how it is asked for: https, tls, smtp, or host (with its port)
	Certificate string
	Settings    string
	Arguments   []string
	At          string                        // where it listens; "" for a free port
	Options     []string                      // of the scan
	Lab         bool                          // started with make scan-lab alone
	Consent     bool                          // to intrusive checks, which alone are judged then
	Expect      map[exposure.Outcome][]string // checks by what is true

	address string
}

// truth is what is true of a check; ok is false when nothing is said.
func (t target) truth(check string) (exposure.Outcome, bool) {
	for o, checks := range t.Expect {
		if slices.Contains(checks, check) {
			return o, true
		}
	}
	return "", false
}

// asked are the arguments with which the scanner is asked about the target.
func (t target) asked() []string {
	host, port, _ := net.SplitHostPort(t.address)
	if t.Scan == "host" {
		return []string{host, "--ports", port}
	}
	return []string{t.Scan + "://" + t.address}
}

func targets(t testing.TB) (out []target) {
	t.Helper()
	b, err := os.ReadFile("testdata/targets.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// lab is where the files of the targets are.
type lab struct {
	folder string
	roots  string // file with the root of the good certificates
}

func newLab(t testing.TB) *lab {
	t.Helper()
	l := &lab{folder: t.TempDir()}
	l.roots = filepath.Join(l.folder, "root.pem")
	root, rootKey := l.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "Laboratory Root"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().AddDate(2, 0, 0)}, elliptic.P256(), nil, nil)
	l.write(t, "root.pem", "CERTIFICATE", root.Raw)
	good, key := l.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
		NotAfter: time.Now().AddDate(0, 0, 80)}, elliptic.P256(), root, rootKey)
	l.pair(t, "good", good, key)
	old, oldKey := l.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "old.example"}, NotAfter: time.Now().AddDate(5, 0, 0)}, nil, nil, nil)
	l.pair(t, "old", old, oldKey)
	// The group of 1024 bits that Oakley group 2 (RFC 2409, 6.2) names.
	prime, _ := new(big.Int).SetString("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF", 16)
	l.write(t, "dh1024.pem", "DH PARAMETERS", must(marshalDH(prime)))
	return l
}

// issue makes a certificate; curve nil means a short RSA key, parent nil its own
// signature.
func (l *lab) issue(t testing.TB, c *x509.Certificate, curve elliptic.Curve, parent *x509.Certificate, parentKey crypto.Signer) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	var key crypto.Signer
	var err error
	if curve == nil {
		key, err = rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // a bad example
		c.SignatureAlgorithm = x509.SHA1WithRSA
	} else {
		key, err = ecdsa.GenerateKey(curve, rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore = must(rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))), time.Now().Add(-time.Hour)
	if parent == nil {
		parent, parentKey = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	return must(x509.ParseCertificate(der)), key
}

func (l *lab) pair(t testing.TB, name string, c *x509.Certificate, key crypto.Signer) {
	l.write(t, name+".pem", "CERTIFICATE", c.Raw)
	l.write(t, name+".key", "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key)))
}

func (l *lab) write(t testing.TB, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(l.folder, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (l *lab) loaded(t testing.TB, name string) tls.Certificate {
	t.Helper()
	c, err := tls.LoadX509KeyPair(filepath.Join(l.folder, name+".pem"), filepath.Join(l.folder, name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// errMissing says that a program is not installed.
var errMissing = errors.New("not installed")

// start starts a target.
func (l *lab) start(t testing.TB, x *target) error {
	t.Helper()
	fill := func(s string) string {
		return strings.NewReplacer("{{address}}", x.address, "{{folder}}", l.folder, "{{certificate}}", filepath.Join(l.folder, x.Certificate+".pem"),
			"{{key}}", filepath.Join(l.folder, x.Certificate+".key")).Replace(s)
	}
	if x.Lab && !whole() {
		return fmt.Errorf("make scan-lab starts it; here it counts as %w", errMissing)
	}
	if slices.Contains([]string{"go", "go-smtp", "relic"}, x.Program) {
		l.serve(t, x)
		return nil
	}
	if x.address = x.At; x.address == "" {
		x.address = exposuretest.Address(t, "127.0.0.1")
	}
	at, port, _ := net.SplitHostPort(x.address)
	certificate, key := fill("{{certificate}}"), fill("{{key}}")
	file := filepath.Join(l.folder, port+".conf")
	var args []string
	switch settings := fill(x.Settings); x.Program {
	case "nginx":
		args = []string{"-p", l.folder, "-c", file, "-e", "stderr"}
		x.Settings = "daemon off;\nmaster_process off;\npid " + file + ".pid;\nevents {}\nhttp {\naccess_log off;\nclient_body_temp_path t1;proxy_temp_path t2;fastcgi_temp_path t3;uwsgi_temp_path t4;scgi_temp_path t5;\n" + settings + "}\n"
	case "openssl":
		args = append([]string{"s_server", "-accept", x.address, "-cert", certificate, "-key", key, "-quiet"}, x.Arguments...)
	case "caddy":
		args = []string{"run", "--adapter", "caddyfile", "--config", file}
		x.Settings = "{\nadmin off\nauto_https off\nstorage file_system " + l.folder + "\n}\n" + settings
	case "in.tftpd":
		if os.Geteuid() != 0 {
			return fmt.Errorf("in.tftpd: %w", errRoot)
		}
		args = []string{"--foreground", "--listen", "--address", x.address, "--secure", l.folder}
	case "node":
		server := filepath.Join("testdata", "opcua", "server.mjs")
		if _, err := os.Stat(filepath.Join(filepath.Dir(server), "node_modules")); err != nil {
			return fmt.Errorf("the packages of %s: %w", server, errMissing)
		}
		args = append([]string{server, at, port, l.folder}, x.Arguments...)
	case "gnutls-serv":
		args = append([]string{"--http", "--quiet", "--port", port, "--x509certfile", certificate, "--x509keyfile", key}, x.Arguments...)
	case "sshd":
		args = []string{"-D", "-e", "-f", file}
		x.Settings = "ListenAddress " + x.address + "\nHostKey " + filepath.Join(l.folder, "ssh.key") + "\nPidFile none\nPerSourceMaxStartups none\nMaxStartups 200\n" + settings
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(l.folder, "ssh.key")).CombinedOutput(); err != nil {
			return fmt.Errorf("ssh-keygen: %w: %s", err, out)
		}
	}
	if x.Program == "postfix" {
		return l.postfix(t, x, fill(x.Settings))
	}
	if err := os.WriteFile(file, []byte(x.Settings), 0o600); err != nil {
		return err
	}
	return run(t, x, x.Program, args)
}

// program finds a program also where only root looks.
func program(name string) (string, error) {
	for _, at := range []string{name, filepath.Join("/usr/sbin", name)} {
		if p, err := exec.LookPath(at); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, errMissing)
}

// errRoot says that a program cannot be started by this user.
var errRoot = errors.New("only root can start it")

// postfix starts Postfix with a queue of its own. Its parts run as another user, who
// has to get at them.
func (l *lab) postfix(t testing.TB, x *target, settings string) error {
	if _, err := program("postfix"); err != nil {
		return err
	}
	owner, err := user.Lookup("postfix")
	if err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("postfix: %w", errRoot)
	}
	folder := filepath.Join(l.folder, "postfix")
	uid, _ := strconv.Atoi(owner.Uid) // a number on every system that has Postfix
	err = errors.Join(os.Chmod(filepath.Dir(l.folder), 0o755), os.MkdirAll(filepath.Join(folder, "queue"), 0o755), os.Mkdir(filepath.Join(folder, "data"), 0o755),
		os.Chown(filepath.Join(folder, "data"), uid, -1),
		os.WriteFile(filepath.Join(folder, "main.cf"), fmt.Appendf(nil, `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks =
smtpd_relay_restrictions = reject
%[2]s`, folder, settings), 0o644),
		os.WriteFile(filepath.Join(folder, "master.cf"), []byte(x.address+` inet n - n - - smtpd
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`), 0o644))
	if err != nil {
		return err
	}
	if out, err := exec.Command("/usr/sbin/postfix", "-c", folder, "check").CombinedOutput(); err != nil {
		return fmt.Errorf("postfix check: %w: %s", err, out)
	}
	return run(t, x, "/usr/lib/postfix/sbin/master", []string{"-c", folder, "-d"})
}

// words is what a program said, while it may still speak.
type words struct {
	mu  sync.Mutex
	out strings.Builder
}

func (w *words) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(b)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.String()
}

func run(t testing.TB, x *target, name string, args []string) error {
	path, err := program(name)
	if err != nil {
		return err
	}
	said := &words{}
	cmd := exec.Command(path, args...)
	cmd.Stderr = said
	if x.Program == "sshd" {
		_ = os.MkdirAll("/run/sshd", 0o755) // it is there where the service runs; sshd says so otherwise
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		end := os.Kill
		if x.Program == "postfix" {
			end = syscall.SIGTERM // it ends its parts then
		}
		cmd.Process.Signal(end)
		<-ended
	})
	listens := func() bool {
		c, err := net.Dial("tcp", x.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	}
	if x.Program == "in.tftpd" {
		listens = func() bool { return silent(x.address) }
	}
	for range 600 { // node makes a key first
		if listens() {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("%s ended: %s", x.Program, said.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s did not start: %s", x.Program, said.String())
}

// silent reports whether something takes a datagram: where nothing listens, the system
// says so at once.
func silent(address string) bool {
	c, err := net.Dial("udp", address)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := c.Write([]byte{0, 0}); err != nil { // no server answers this
		return false
	}
	_, err = c.Read(make([]byte, 1))
	return errors.Is(err, os.ErrDeadlineExceeded)
}

func (l *lab) serve(t testing.TB, x *target) {
	t.Helper()
	listener := exposuretest.Listen(t, "127.0.0.1")
	x.address = listener.Addr().String()
	c := l.loaded(t, x.Certificate)
	config := &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS13}
	handle := func(c net.Conn) { _ = tls.Server(c, config).Handshake() } // most questions end in an alert
	switch x.Program {
	case "go-smtp":
		config = &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12} //nolint:gosec // a bad example
		handle = func(c net.Conn) { smtp(c, config) }
	case "relic":
		handle = func(conn net.Conn) { relic(conn, c.Certificate[0]) }
	}
	go accept(listener, handle)
}

// smtp greets as a mail server does, up to STARTTLS.
func smtp(c net.Conn, config *tls.Config) {
	fmt.Fprint(c, "220 mail.example ESMTP\r\n")
	for in := bufio.NewScanner(c); in.Scan(); {
		switch word, _, _ := strings.Cut(strings.ToUpper(in.Text()), " "); word {
		case "EHLO":
			fmt.Fprint(c, "250-mail.example\r\n250 STARTTLS\r\n")
		case "STARTTLS":
			fmt.Fprint(c, "220 go on\r\n")
			_ = tls.Server(c, config).Handshake() // most questions end in an alert
			return
		case "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 well\r\n")
		}
	}
}

func accept(l net.Listener, handle func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			c.SetDeadline(time.Now().Add(15 * time.Second))
			handle(c)
		}()
	}
}

// cost is what a run took.
type cost struct{ wall, cpu time.Duration }

// measured runs a program and says what it took, with all that it started.
func measured(cmd *exec.Cmd) (out []byte, took cost, err error) {
	// Who is stopped takes along what it started, which may hold the output open.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if cmd.Cancel != nil {
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	}
	cmd.WaitDelay = 5 * time.Second
	begin := time.Now()
	out, err = cmd.Output()
	took.wall = time.Since(begin)
	if s := cmd.ProcessState; s != nil {
		took.cpu = s.UserTime() + s.SystemTime()
	}
	return out, took, err
}

// ours scans a target with the program as people run it.
func (l *lab) ours(ctx context.Context, x target) ([]scan.LineCheck, cost, error) {
	args := append([]string{"scan", "--loopback", "--authorised-by", "Laboratory", "--json", "--quiet", "--data", "roots=" + l.roots}, x.asked()...)
	if x.Consent {
		args = append(args, "--classes", "P,H,X")
	}
	args = append(args, x.Options...)
	out, took, err := measured(nisaba(ctx, args...))
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() != 1 || err != nil && exit == nil { // 1: a check failed
		return nil, took, fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	var line scan.Line
	if err := json.Unmarshal(out, &line); err != nil {
		return nil, took, err
	}
	return line.Checks, took, nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
