package ports

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

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
	at := netip.AddrPortFrom(netip.MustParseAddr(address), exposuretest.Port(t))
	cmd := exec.Command(program, args(at)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
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
