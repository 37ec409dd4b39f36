package assessing_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

var written = []string{"assessment.json", "report.docx", "report.html", "report.pdf"}

func TestWriteMakesTheFolder(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "a", "b")
	files, err := assessing.Write(dir, example(t, "water-supplier"), printer(t, "en"))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, written) {
		t.Errorf("folder has %q", got)
	}
	if got := names(t, filepath.Join(root, "a")); !slices.Equal(got, []string{"b"}) {
		t.Errorf("beside the folder lies %q", got)
	}
	for _, f := range []string{files.HTML, files.PDF, files.DOCX, files.JSON} {
		if _, err := os.Stat(f); err != nil {
			t.Error(err)
		}
	}
}

func TestWriteReplacesAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "report.html"), "old")
	put(t, filepath.Join(dir, "organisation.yaml"), "mine")
	if _, err := assessing.Write(dir, example(t, "water-supplier"), printer(t, "en")); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, dir), []string{"assessment.json", "organisation.yaml", "report.docx", "report.html", "report.pdf"}; !slices.Equal(got, want) {
		t.Errorf("folder has %q, want %q", got, want)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "report.html")); err != nil || !strings.HasPrefix(string(b), "<!doctype html>") {
		t.Errorf("the old report was not replaced: %v", err)
	}
}

// A folder named assessment.json stops the last of the moves.
func TestWriteAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "report.html"), "old")
	put(t, filepath.Join(dir, "assessment.json", "inside"), "mine")
	_, err := assessing.Write(dir, example(t, "water-supplier"), printer(t, "en"))
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid || f.File != filepath.Join(dir, "assessment.json") {
		t.Errorf("error %v", err)
	}
	if got, want := names(t, dir), []string{"assessment.json", "report.html"}; !slices.Equal(got, want) {
		t.Errorf("folder has %q, want %q", got, want)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "report.html")); err != nil || string(b) != "old" {
		t.Errorf("the old report is %q, %v", b, err)
	}
}

func TestWriteNamesTheFolderThatItCannotUse(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	put(t, filepath.Join(root, "file"), "x")
	for _, dir := range []string{filepath.Join(root, "file"), filepath.Join(root, "file", "below")} {
		_, err := assessing.Write(dir, example(t, "water-supplier"), printer(t, "en"))
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || f.File != dir {
			t.Errorf("%s: error %v", dir, err)
		}
	}
	if got := names(t, root); !slices.Equal(got, []string{"file"}) {
		t.Errorf("left behind: %q", got)
	}
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
