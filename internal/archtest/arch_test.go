// Package archtest keeps the import rule of ARCHITECTURE.md: a package imports
// only lower layers, the pure core touches no outside world, and every
// third-party library has its home.
package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/nisaba-platform/nisaba"

// layers maps a package path (relative to the module; "x/" means everything
// below x) to its layer. The longest match wins; a package without one fails.
var layers = map[string]int{
	"content":             0,
	"examples":            0,
	"law":                 0, // the shared vocabulary
	"internal/base/":      1,
	"law/":                1,
	"catalog":             1,
	"posture":             1,
	"exchange/":           2,
	"internal/report/":    2,
	"internal/domain/":    2,
	"internal/blob":       2,
	"internal/mail":       2,
	"internal/mail/":      2,
	"internal/secret":     2,
	"internal/tsa":        2,
	"internal/tsa/":       2,
	"internal/viruscheck": 2,
	"internal/notify":     2,
	"exposure":            2,
	"exposure/":           2,
	"internal/store":      3,
	"internal/store/":     3,
	"internal/jobs":       4,
	"internal/jobs/":      4,
	"internal/app/":       5,
	"internal/web/":       6,
	"internal/mailbox":    6,
	"internal/api":        6,
	"internal/api/":       6,
	"internal/server":     7,
	"internal/cli":        8,
	"cmd/":                9,
	"internal/archtest":   9,
	"scripts/":            9,
	"test/":               9,
}

// sameLayer lists the layers whose packages may import one another: the pure
// core is one body. Elsewhere only packages of one parent may.
var sameLayer = map[int]bool{1: true}

// pure says whether a package is part of the pure core, which knows nothing but
// the standard library's data types and itself.
func pure(path string) bool {
	return path == "law" || path == "catalog" || path == "posture" || strings.HasPrefix(path, "law/")
}

// pureForbidden is what the pure core never touches.
var pureForbidden = []string{"os", "net", "net/http", "database/sql", "log", "log/slog", "os/exec", "math/rand", "math/rand/v2"}

// homes says which packages may import a third-party module, by import path
// prefix; "x/" means every package below x.
var homes = map[string][]string{
	"go.yaml.in/yaml/v3":               {"catalog", "law/country", "law/structure", "law/reporting", "internal/domain/playbook", "internal/domain/checklist", "exchange/organisation", "exposure", "exposure/", "internal/app/scanning"},
	"github.com/alecthomas/kong":       {"internal/cli"},
	"codeberg.org/go-pdf/fpdf":         {"internal/report/pdf"},
	"github.com/nicksnyder/go-i18n/v2": {"internal/base/locale"},
	"golang.org/x/text":                {"internal/web/pages", "internal/base/locale", "internal/report/fonts", "catalog"},
	"golang.org/x/image":               {"internal/report/fonts", "internal/report/raster"},
	"golang.org/x/mod":                 {"law/country", "internal/domain/ledger", "internal/store"},
	"github.com/rickar/cal/v2":         {"law/holidays"},
	"github.com/google/uuid":           {"internal/base/id"},
	"github.com/wneessen/go-mail":      {"internal/mail"},
	"github.com/emersion/go-smtp":      {"internal/mail/mailtest", "internal/mailbox"},
	"golang.org/x/time":                {"internal/web/guard", "exposure"},
	"github.com/klauspost/compress":    {"internal/web/guard"},
	"golang.org/x/net":                 {"exposure", "exposure/", "internal/app/scanning", "exchange/letter"},
	"golang.org/x/sys":                 {"exposure/"},
	"github.com/miekg/dns":             {"exposure/", "test/dnslab"},
	"github.com/gaissmai/bart":         {"exposure/"},
	"github.com/jackc/pgx/v5":          {"internal/store/sqldb", "internal/store/storetest"},
	"modernc.org/sqlite":               {"internal/store/sqldb"},
	"github.com/pressly/goose/v3":      {"internal/store", "internal/store/sqldb"},
	"github.com/pquerna/otp":           {"internal/app/accounts"},
	"github.com/boombuler/barcode":     {"internal/web/ui"},
	"golang.org/x/crypto":              {"internal/secret", "exposure/"},
	"golang.org/x/sync":                {"internal/secret"},
	"github.com/a-h/templ":             {"internal/web/ui", "internal/web/gallery", "internal/web/pages"},
	"github.com/chromedp":              {"test/browser"},
	"github.com/go-webauthn/webauthn":  {"internal/app/accounts"},
	"github.com/danielgtaylor/huma/v2": {"internal/api"},
	"github.com/xuri/excelize/v2":      {"exchange/workbook"},
	"github.com/dunglas/httpsfv":       {"exchange/filing"},
	"github.com/digitorus/timestamp":   {"internal/tsa", "internal/tsa/tsatest"},
	"github.com/digitorus/pkcs7":       {"internal/tsa"},
}

type listedPackage struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

// listed is read once: the tests only look at it, and the list takes a second.
var listed = sync.OnceValues(func() (list []listedPackage, err error) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", module+"/...").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		list = append(list, p)
	}
})

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	list, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// layerOf returns the layer of a path inside the module.
func layerOf(path string) (int, bool) {
	best, layer := -1, 0
	for prefix, l := range layers {
		if (path == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(path, prefix)) && len(prefix) > best {
			best, layer = len(prefix), l
		}
	}
	return layer, best >= 0
}

func TestImportsGoDown(t *testing.T) {
	for _, p := range listPackages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		layer, ok := layerOf(from)
		if !ok {
			t.Errorf("%s has no layer: add it to the table in internal/archtest and to ARCHITECTURE.md", from)
			continue
		}
		for _, imported := range p.Imports {
			if err := edge(from, layer, imported); err != nil {
				t.Error(err)
			}
		}
	}
}

func edge(from string, layer int, imported string) error {
	to, inside := strings.CutPrefix(imported, module+"/")
	if !inside {
		return outside(from, imported)
	}
	target, _ := layerOf(to)
	switch {
	case pure(from) && strings.HasPrefix(to, "internal/"):
		return fmt.Errorf("%s is pure and imports %s: pass in what it needs", from, to)
	case (from == "exposure" || strings.HasPrefix(from, "exposure/")) && strings.HasPrefix(to, "internal/"):
		return fmt.Errorf("%s imports %s: the scanner knows nothing of the platform", from, to)
	case target < layer:
		return nil
	case target == layer && (sameLayer[layer] || strings.HasPrefix(to, parent(from)+"/") || strings.HasPrefix(from, to+"/") || strings.HasPrefix(to, from+"/")):
		return nil
	case target == layer:
		return fmt.Errorf("%s imports %s of its own layer %d: declare an interface in the package that uses it, or move the shared part down", from, to, layer)
	}
	return fmt.Errorf("%s (layer %d) imports %s (layer %d): go through a lower layer, or turn the dependency round", from, layer, to, target)
}

func parent(path string) string { return filepath.Dir(path) }

func outside(from, imported string) error {
	if !strings.Contains(strings.Split(imported, "/")[0], ".") {
		if pure(from) && slices.Contains(pureForbidden, imported) {
			return fmt.Errorf("%s is pure and imports %s: let the caller do it and pass the result in", from, imported)
		}
		return nil
	}
	for prefix, allowed := range homes {
		if imported == prefix || strings.HasPrefix(imported, prefix+"/") {
			if slices.ContainsFunc(allowed, func(home string) bool {
				return from == home || strings.HasSuffix(home, "/") && strings.HasPrefix(from, home)
			}) {
				return nil
			}
			return fmt.Errorf("%s imports %s, whose home is %s", from, imported, strings.Join(allowed, ", "))
		}
	}
	return fmt.Errorf("%s imports %s, which has no home: add a line to ARCHITECTURE.md saying why, and to the table here", from, imported)
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range listPackages(t) {
		if len(p.GoFiles) > 0 && !documented(t, p) {
			t.Errorf("%s has no package comment", strings.TrimPrefix(p.ImportPath, module+"/"))
		}
	}
}

func documented(t *testing.T, p listedPackage) bool {
	t.Helper()
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil {
			return true
		}
	}
	return false
}

func TestPureCoreHasNoClock(t *testing.T) {
	for _, p := range listPackages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		if !pure(from) {
			continue
		}
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && (s.Sel.Name == "Now" || s.Sel.Name == "Since") {
						t.Errorf("%s/%s calls time.%s: take the time as an argument", from, name, s.Sel.Name)
					}
				}
				if d, ok := n.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s/%s has an init function: build values in the function that needs them", from, name)
				}
				return true
			})
		}
	}
}

// TestTheRuleBites proves that forbidden edges are reported.
func TestTheRuleBites(t *testing.T) {
	for _, tc := range []struct{ from, imported string }{
		{"law/scope", module + "/internal/cli"},
		{"law/scope", "os"},
		{"catalog", module + "/internal/base/locale"},
		{"posture", "net/http"},
		{"exchange/organisation", module + "/internal/report/pdf"},
		{"internal/cli", "codeberg.org/go-pdf/fpdf"},
		{"internal/cli", "example.org/unknown"},
	} {
		layer, _ := layerOf(tc.from)
		if edge(tc.from, layer, tc.imported) == nil {
			t.Errorf("%s → %s was allowed", tc.from, tc.imported)
		}
	}
}
