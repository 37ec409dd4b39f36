package exposure_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
)

// reader is a program that reads its configuration and says what is wrong with it.
type reader struct {
	software string
	command  string
	args     func(dir string) [][]string                                 // of each time that it is started
	files    func(dir string, parts map[string]string) map[string]string // by name; parts are the snippets by context
}

func readers() []reader {
	return []reader{
		{software: "Postfix", command: "postconf", args: func(dir string) [][]string { return [][]string{{"-c", dir, "-n"}, {"-c", dir, "-M"}} },
			files: func(_ string, parts map[string]string) map[string]string {
				return map[string]string{"main.cf": "compatibility_level = 3.6\n" + parts["main.cf"], "master.cf": "smtp inet n - n - - smtpd\n" + parts["master.cf"]}
			}},
		{software: "BIND", command: "named-checkconf", args: func(dir string) [][]string { return [][]string{{filepath.Join(dir, "named.conf")}} },
			files: func(_ string, parts map[string]string) map[string]string {
				return map[string]string{"named.conf": "options {\n" + parts["block options of named.conf"] + "};\n" + parts["named.conf"]}
			}},
		{software: "OpenSSH", command: "sshd", args: func(dir string) [][]string { return [][]string{{"-T", "-f", filepath.Join(dir, "sshd_config")}} },
			files: func(dir string, parts map[string]string) map[string]string {
				return map[string]string{"sshd_config": "HostKey " + filepath.Join(dir, "key") + "\n" + parts["sshd_config"]}
			}},
	}
}

// TestSnippetsAreRead: programs that are not started with their snippets take them all
// the same, without a word of warning.
func TestSnippetsAreRead(t *testing.T) {
	catalogue, err := exposure.LoadCatalogue(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readers() {
		t.Run(r.software, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(r.command)
			if err != nil {
				if path = filepath.Join("/usr/sbin", r.command); !exists(path) {
					t.Skipf("%s is not installed", r.command)
				}
			}
			parts, dir := map[string]string{}, t.TempDir()
			for _, c := range catalogue.Checks {
				for _, snippet := range catalogue.Snippets(c.ID) {
					if snippet.Software == r.software && !strings.Contains(parts[snippet.Context], snippet.Text) {
						parts[snippet.Context] += snippet.Text + "\n"
					}
				}
			}
			if len(parts) == 0 {
				t.Fatal("there is no snippet")
			}
			if r.software == "OpenSSH" {
				if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, "key")).CombinedOutput(); err != nil {
					t.Skipf("no key: %v %s", err, out)
				}
			}
			files := r.files(dir, parts)
			for where, text := range parts {
				if !slices.ContainsFunc(slices.Collect(maps.Values(files)), func(file string) bool { return strings.Contains(file, text) }) {
					t.Errorf("nothing reads what belongs into: %s", where)
				}
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range r.args(dir) {
				var told strings.Builder
				command := exec.Command(path, args...)
				command.Stderr = &told
				if err := command.Run(); err != nil || told.Len() > 0 {
					t.Errorf("%v: %v\n%s", args, err, told.String())
				}
			}
		})
	}
}
