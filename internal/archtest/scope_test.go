package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// systemScopes lists the packages that may make a scope without a check of rights,
// each with why.
func systemScopes() map[string]string {
	return map[string]string{
		"internal/store":          "checks the existence of organisations before rights are granted, seals, verifies and dumps",
		"internal/jobs":           "works on behalf of those who asked",
		"internal/app/accounts":   "people sign in before they have any rights",
		"internal/app/proving":    "has the checkpoints of all ledgers time-stamped, which no person asked for",
		"internal/app/upkeep":     "backs up, restores and checks the whole server for whoever runs it",
		"internal/app/noticing":   "people choose how they are told, and belong to no workspace",
		"internal/app/feeding":    "finds the calendar feed behind an address; what follows has the rights of its person",
		"internal/app/alarming":   "delivers what rang over the channel that the organisation keeps",
		"internal/server":         "wires, and speaks for the command line on the server's own machine",
		"internal/cli":            "runs on the server's own machine",
		"internal/app/authority":  "serves entities, who have a key and no account; what follows stays within the entity of the key",
		"internal/app/filing":     "sends and fetches what people handed over, for their organisations",
		"internal/app/incidents":  "finds the system behind the address of a signal; what follows stays within its organisation",
		"internal/app/delegating": "finds the delegation behind a link; what follows has the rights of a guest",
	}
}

// TestSystemScopesAreFew finds every call of tenant.System outside tests.
func TestSystemScopesAreFew(t *testing.T) {
	for _, p := range listPackages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		if systemScopes()[from] != "" || !slices.Contains(p.Imports, module+"/internal/domain/tenant") {
			continue
		}
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			if callsSystem(f) {
				t.Errorf("%s/%s calls tenant.System: let authz grant the scope, or list the package with its reason", from, name)
			}
		}
	}
}

func callsSystem(f *ast.File) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "System" {
			x, ok := s.X.(*ast.Ident)
			found = found || ok && x.Name == "tenant"
		}
		return true
	})
	return found
}

func TestSystemScopeIsSeen(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() any { return tenant.System(\"because\") }", 0)
	if err != nil || !callsSystem(f) {
		t.Errorf("a call of tenant.System was not seen: %v", err)
	}
}
