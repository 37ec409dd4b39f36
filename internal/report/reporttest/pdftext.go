package reporttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// PDFText is what pdftotext reads from a PDF, with its options; it skips the test
// where pdftotext is not installed.
func PDFText(t *testing.T, file []byte, options ...string) []byte {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed (package poppler-utils)")
	}
	name := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, append(options, name, "-")...).Output()
	if err != nil {
		t.Fatalf("pdftotext cannot read the file: %v", err)
	}
	return out
}
