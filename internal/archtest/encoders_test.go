package archtest

import (
	"slices"
	"strings"
	"testing"
)

// TestOneEncoderOfTables: what spreadsheets open is written in one place, which
// knows how to keep text from becoming a formula.
func TestOneEncoderOfTables(t *testing.T) {
	const home = "exchange/delimited"
	seen := false
	for _, p := range listPackages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		if !slices.Contains(p.Imports, "encoding/csv") {
			continue
		}
		seen = seen || from == home
		if from != home {
			t.Errorf("%s imports encoding/csv: use %s", from, home)
		}
	}
	if !seen {
		t.Errorf("%s writes no tables any more: mend this test", home)
	}
}
