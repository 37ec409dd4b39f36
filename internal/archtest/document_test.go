package archtest

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// described lists the packages of the table of layers in ARCHITECTURE.md with their
// layer. In a row a name without its folder is beside the one before it, and x/… is
// x with everything below it.
func described(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		layer, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue
		}
		folder := ""
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			path := m[1]
			bare := strings.TrimSuffix(path, "/…")
			_, top := layers[bare]
			_, above := layers[bare+"/"]
			if i := strings.LastIndex(bare, "/"); i >= 0 {
				folder = path[:i+1]
			} else if !top && !above {
				path, bare = folder+path, folder+bare
			}
			out[path], out[bare] = layer, layer
		}
	}
	return out
}

// TestTheDocumentNamesEveryPackage compares the table of layers in ARCHITECTURE.md with
// the packages and the layers that are checked.
func TestTheDocumentNamesEveryPackage(t *testing.T) {
	named := described(t)
	if len(named) < 50 {
		t.Fatalf("only %d packages were read from ARCHITECTURE.md: has its table another form?", len(named))
	}
	exists := map[string]bool{}
	for _, p := range listPackages(t) {
		path := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		layer, ok := named[path]
		exists[path] = true
		for dir := path; !ok && strings.Contains(dir, "/"); {
			dir = dir[:strings.LastIndex(dir, "/")]
			layer, ok = named[dir+"/…"]
			exists[dir+"/…"] = true
		}
		if want, _ := layerOf(path); !ok {
			t.Errorf("%s is in no row of the table of layers in ARCHITECTURE.md", path)
		} else if layer != want {
			t.Errorf("%s is in layer %d of ARCHITECTURE.md, and is checked as one of layer %d", path, layer, want)
		}
	}
	for path := range named {
		if !exists[path] && !exists[path+"/…"] {
			t.Errorf("ARCHITECTURE.md speaks of %s, which is not there", path)
		}
	}
}

// TestTheDocumentNamesEveryModule asks for a row of the table of dependencies for each
// module that has a home.
func TestTheDocumentNamesEveryModule(t *testing.T) {
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) >= 4 {
			rows = append(rows, cells[1])
		}
	}
	for path := range homes {
		if !slices.ContainsFunc(rows, func(cell string) bool { return strings.Contains(cell, path) }) {
			t.Errorf("%s has no row in the table of dependencies in ARCHITECTURE.md", path)
		}
	}
}

// TestEveryHomeIsLivedIn asks that a library that has a home is used there, so that
// none is kept that nothing needs.
func TestEveryHomeIsLivedIn(t *testing.T) {
	used := map[string]bool{}
	for _, p := range listPackages(t) {
		for _, imported := range p.Imports {
			for path := range homes {
				used[path] = used[path] || imported == path || strings.HasPrefix(imported, path+"/")
			}
		}
	}
	for path := range homes {
		if !used[path] {
			t.Errorf("nothing imports %s: take it out of the table and of go.mod", path)
		}
	}
}
