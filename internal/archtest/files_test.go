package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// storing says of every function that stores a file whether the scan command looks at
// it, or why it need not.
var storing = map[string]string{
	"internal/app/authority keepFile":   "looked at once it is stored",
	"internal/app/branding KeepLogo":    "drawn again from its points",
	"internal/app/clients Approve":      "made here: what the board saw",
	"internal/app/clients ImportMany":   "looked at before",
	"internal/app/clients Upload":       "looked at once it is stored",
	"internal/app/incidents keep":       "looked at by takeFile, ReadList and examine",
	"internal/app/incidents keepBinder": "made here",
	"internal/app/reporting write":      "made here",
	"internal/app/upkeep unpack":        "from a backup, which holds what was looked at",
}

// TestStoredFilesAreLookedAt finds every call that stores a file, so that a new one is
// thought of.
func TestStoredFilesAreLookedAt(t *testing.T) {
	found := map[string]bool{}
	for _, p := range listPackages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && storesFiles(fn) {
					found[from+" "+fn.Name.Name] = true
				}
			}
		}
	}
	for where := range found {
		if storing[where] == "" {
			t.Errorf("%s stores a file: have it looked at, and say so here", where)
		}
	}
	for where := range storing {
		if !found[where] {
			t.Errorf("%s stores no file any more", where)
		}
	}
}

// storesFiles reports whether a function puts something into a folder of files; all of
// them are called files.
func storesFiles(f *ast.FuncDecl) (stores bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.SelectorExpr)
		if !ok || call.Sel.Name != "Put" {
			return true
		}
		switch on := call.X.(type) {
		case *ast.Ident:
			stores = stores || strings.EqualFold(on.Name, "files")
		case *ast.SelectorExpr:
			stores = stores || strings.EqualFold(on.Sel.Name, "files")
		}
		return true
	})
	return stores
}
