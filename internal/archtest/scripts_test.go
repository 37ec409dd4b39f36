package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScriptsBuildThroughMake: the Makefile says how the program is built. A script
// that does it by itself measures, or tests, another program.
func TestScriptsBuildThroughMake(t *testing.T) {
	scripts, err := filepath.Glob("../../scripts/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("the scripts: %d, %v", len(scripts), err)
	}
	for _, name := range scripts {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "go build") {
			t.Errorf("%s builds by itself: have make do it", filepath.Base(name))
		}
	}
}
