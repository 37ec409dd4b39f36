// Command testsummary reads the output of "go test -json" and prints a line per
// package, the output of what failed, and every skipped test with its reason, so
// that nothing is skipped silently. It exits with 1 when something failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is a line of "go test -json".
type event struct {
	Action, Package, Test, Output, ImportPath, FailedBuild string
	Elapsed                                                float64
}

// summary collects the events.
type summary struct {
	output                   map[string][]string // by package and test
	passed, failed           int
	skipped                  []string
	packages, failedPackages int
}

func main() {
	s := summary{output: map[string][]string{}}
	if err := s.read(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
		os.Exit(2)
	}
	s.print(os.Stdout)
	if s.failedPackages > 0 || s.failed > 0 || s.packages == 0 {
		os.Exit(1)
	}
}

func (s *summary) read(r io.Reader, w io.Writer) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprint(w, string(line)) // compiler messages of older tools
			} else {
				s.add(e, w)
			}
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (s *summary) add(e event, w io.Writer) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		s.output[key] = append(s.output[key], e.Output)
	case "build-output":
		fmt.Fprint(w, e.Output)
	case "pass", "fail", "skip":
		s.end(e, key, w)
	}
}

func (s *summary) end(e event, key string, w io.Writer) {
	defer delete(s.output, key)
	switch {
	case e.Test == "" && e.Action == "fail":
		s.packages, s.failedPackages = s.packages+1, s.failedPackages+1
		fmt.Fprintf(w, "FAIL  %s (%.1f s)\n%s", e.Package, e.Elapsed, strings.Join(s.output[key], ""))
	case e.Test == "" && e.Action == "pass":
		s.packages++
		fmt.Fprintf(w, "ok    %s (%.1f s)\n", e.Package, e.Elapsed)
	case e.Test == "":
		// a package without tests
	case e.Action == "fail":
		s.failed++
		fmt.Fprintf(w, "%s\n%s", key, strings.Join(s.output[key], ""))
	case e.Action == "skip":
		s.skipped = append(s.skipped, key+": "+reason(s.output[key]))
	default:
		s.passed++
	}
}

// reason is what a test said before it skipped itself.
func reason(output []string) string {
	var said []string
	for _, l := range output {
		l = strings.TrimSpace(l)
		if l != "" && !strings.HasPrefix(l, "===") && !strings.HasPrefix(l, "---") {
			said = append(said, l)
		}
	}
	return strings.Join(said, " ")
}

func (s *summary) print(w io.Writer) {
	slices.Sort(s.skipped)
	for _, l := range s.skipped {
		fmt.Fprintln(w, "skip ", l)
	}
	fmt.Fprintf(w, "%d packages, %d failed; %d tests passed, %d failed, %d skipped\n",
		s.packages, s.failedPackages, s.passed, s.failed, len(s.skipped))
}
