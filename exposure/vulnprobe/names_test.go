package vulnprobe

import (
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
)

// TestNamesOfExploited is inside the package because the list of programs is. A name
// under which the shipped catalogue lists nothing is a slip, but for those that are
// here in case it will.
func TestNamesOfExploited(t *testing.T) {
	k, err := LoadShippedKEV(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range forms() {
		for _, name := range f.KEV {
			if len(k.byName[name]) == 0 && !slices.Contains([]string{"f5|nginx"}, name) {
				t.Errorf("%s: the catalogue lists nothing under %q", f.Name, name)
			}
		}
	}
}
