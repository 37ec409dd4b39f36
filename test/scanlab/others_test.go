package scanlab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

// rule says what a line of another scanner means.
type rule struct {
	Match string
	Not   string
	Check string
	Why   string // when no check of ours means the same
}

func (r rule) fits(line string) bool {
	return regexp.MustCompile(r.Match).MatchString(line) && (r.Not == "" || !regexp.MustCompile(r.Not).MatchString(line))
}

// said is what a scanner found, in our terms.
type said struct {
	took    cost
	checks  map[string]string // by check, a line that says so
	foreign map[string]string // reasons why it is none of ours, with a line
	unknown []string          // lines that no rule knows
	err     error
}

// other is another scanner.
type other struct {
	name  string
	names []string // of the program
	run   func(ctx context.Context, path, folder string, x target) (lines []string, took cost, err error)
}

// patient is how long another scanner may take for one target.
const patient = 10 * time.Minute

func others() []other {
	return []other{
		{"testssl.sh", []string{"testssl.sh", "testssl"}, func(ctx context.Context, path, folder string, x target) ([]string, cost, error) {
			_, port, _ := net.SplitHostPort(x.address)
			file := filepath.Join(folder, "testssl-"+port+".json")
			args := []string{"--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--add-ca", filepath.Join(folder, "root.pem"), "--jsonfile", file}
			if x.Scan == "smtp" {
				args = append(args, "--starttls", "smtp")
			}
			cmd := exec.CommandContext(ctx, path, append(args, x.address)...)
			cmd.Dir = folder
			_, took, runErr := measured(cmd) // the exit status counts the findings
			b, err := os.ReadFile(file)
			if err != nil {
				return nil, took, errors.Join(runErr, err)
			}
			var list []struct{ ID, Severity, Finding string }
			if err := json.Unmarshal(b, &list); err != nil {
				return nil, took, err
			}
			var lines []string
			for _, f := range list {
				if slices.Contains([]string{"LOW", "MEDIUM", "HIGH", "CRITICAL"}, f.Severity) {
					lines = append(lines, f.Severity+" "+f.ID+" "+f.Finding)
				}
			}
			return lines, took, nil
		}},
		{"sslscan", []string{"sslscan"}, func(ctx context.Context, path, _ string, x target) ([]string, cost, error) {
			args := []string{"--no-colour", "--show-sigs", x.address}
			if x.Scan == "smtp" {
				args = slices.Insert(args, 0, "--starttls-smtp")
			}
			return text(measured(exec.CommandContext(ctx, path, args...)))
		}},
		{"nmap", []string{"nmap"}, func(ctx context.Context, path, _ string, x target) ([]string, cost, error) {
			host, port, _ := net.SplitHostPort(x.address)
			scripts := "+ssl-enum-ciphers,+ssl-cert,+ssl-dh-params,+ssl-heartbleed,+ssl-poodle,+ssl-ccs-injection,+sslv2"
			if x.Program == "sshd" {
				scripts = "+ssh2-enum-algos"
			}
			return text(measured(exec.CommandContext(ctx, path, "-Pn", "-n", "-sV", "-p", port, "--script", scripts, host)))
		}},
	}
}

func text(out []byte, took cost, err error) ([]string, cost, error) {
	return slices.Collect(func(yield func(string) bool) {
		for line := range bytes.Lines(out) {
			if !yield(strings.TrimRight(string(line), " \n")) {
				return
			}
		}
	}), took, err
}

// ask runs a scanner and translates.
func (o other) ask(t testing.TB, l *lab, rules []rule, x target) (s said) {
	s.checks, s.foreign = map[string]string{}, map[string]string{}
	var path string
	for _, name := range o.names {
		if p, err := program(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		s.err = errMissing
		return s
	}
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	var lines []string
	lines, s.took, s.err = o.run(ctx, path, l.folder, x)
	for _, line := range lines {
		known := false
		for _, r := range rules {
			if !r.fits(line) {
				continue
			}
			known = true
			if r.Check != "" {
				s.checks[r.Check] = line
			} else {
				s.foreign[r.Why] = line
			}
		}
		if !known && o.name == "testssl.sh" {
			s.unknown = append(s.unknown, line)
		}
	}
	return s
}

// TestAgainstOthers prints what other scanners find on the same targets, and what
// that costs. A finding of theirs that is true and that ours misses is an error.
// SCAN_LAB_TARGETS picks targets whose name matches.
func TestAgainstOthers(t *testing.T) {
	if !whole() {
		t.Skip("takes minutes for each target: make scan-lab")
	}
	var rules map[string][]rule
	if b, err := os.ReadFile("testdata/others.yaml"); err != nil {
		t.Fatal(err)
	} else if err := yaml.Unmarshal(b, &rules); err != nil {
		t.Fatal(err)
	}
	pick := regexp.MustCompile(os.Getenv("SCAN_LAB_TARGETS"))
	l := newLab(t)
	fmt.Printf("\n%-40s %-11s %8s %8s %9s %9s  %s\n", "target", "scanner", "seconds", "CPU s", "× time", "× CPU", "problems found / not found that ours has")
	for _, x := range targets(t) {
		if !pick.MatchString(x.Name) || x.Consent || x.Scan == "host" && x.Program != "sshd" {
			continue
		}
		if err := l.start(t, &x); errors.Is(err, errRoot) {
			t.Logf("%s: %v", x.Name, err)
			continue
		} else if err != nil {
			t.Errorf("%s: %v", x.Name, err)
			continue
		}
		checks, took, err := l.ours(t.Context(), x)
		if err != nil {
			t.Errorf("%s: %v", x.Name, err)
			continue
		}
		ours := problems(checks)
		fmt.Printf("%-40s %-11s %8.2f %8.2f %9s %9s  %d\n", x.Name, "nisaba", took.wall.Seconds(), took.cpu.Seconds(), "", "", len(ours))
		for _, o := range others() {
			if x.Program == "sshd" && o.name != "nmap" {
				continue // they know TLS alone
			}
			compare(t, x, checks, took, o.name, o.ask(t, l, rules[o.name], x))
		}
	}
}

// problems are the checks that our scan does not simply pass.
func problems(checks []scan.LineCheck) map[string]exposure.Outcome {
	out := map[string]exposure.Outcome{}
	for _, c := range checks {
		if c.Outcome == exposure.Fail || c.Outcome == exposure.Warn {
			out[c.ID] = c.Outcome
		}
	}
	return out
}

// remarked reports whether our scan says anything but that all is well.
func remarked(checks []scan.LineCheck, check string) bool {
	return slices.ContainsFunc(checks, func(c scan.LineCheck) bool {
		return c.ID == check && (c.Outcome == exposure.Fail || c.Outcome == exposure.Warn || c.Outcome == exposure.Info)
	})
}

func compare(t *testing.T, x target, checks []scan.LineCheck, ours cost, name string, s said) {
	t.Helper()
	if errors.Is(s.err, errMissing) {
		fmt.Printf("%-40s %-11s not installed\n", "", name)
		return
	}
	missed := 0
	for check := range problems(checks) {
		if s.checks[check] == "" {
			missed++
		}
	}
	fmt.Printf("%-40s %-11s %8.2f %8.2f %9.0f %9.0f  %d / %d\n", "", name, s.took.wall.Seconds(), s.took.cpu.Seconds(),
		s.took.wall.Seconds()/ours.wall.Seconds(), s.took.cpu.Seconds()/ours.cpu.Seconds(), len(s.checks), missed)
	if s.err != nil {
		fmt.Printf("%-40s %-11s ended with: %v\n", "", "", s.err)
	}
	for _, check := range slices.Sorted(maps.Keys(s.checks)) {
		if remarked(checks, check) {
			continue
		}
		if x.Scan == "tls" && strings.HasPrefix(check, "HTTP-") {
			fmt.Printf("%-40s %-11s   says %s, and ours was not asked about the web: %s\n", "", "", check, s.checks[check])
			continue
		}
		want, known := x.truth(check)
		if known && want != exposure.Fail && want != exposure.Warn && want != exposure.Info {
			fmt.Printf("%-40s %-11s   says %s, which is %s in truth: %s\n", "", "", check, want, s.checks[check])
			continue
		}
		t.Errorf("%s: %s finds %s, and ours does not: %s", x.Name, name, check, s.checks[check])
	}
	for _, why := range slices.Sorted(maps.Keys(s.foreign)) {
		fmt.Printf("%-40s %-11s   none of ours (%s): %s\n", "", "", why, s.foreign[why])
	}
	for _, line := range s.unknown {
		fmt.Printf("%-40s %-11s   not mapped: %.120s\n", "", "", line)
	}
}
