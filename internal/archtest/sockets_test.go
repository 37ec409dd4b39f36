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

// socketFiles are the files of the scanner that may open sockets: everything else
// goes through the dialer, which asks the permit. Tests listen with exposuretest.
var socketFiles = []string{"exposure/dialer.go", "exposure/ports/", "exposure/exposuretest/"}

// opens lists what opens a socket, by package and name.
var opens = map[string][]string{
	"net":  {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer", "Listen", "ListenPacket", "ListenUDP", "DefaultResolver", "LookupHost", "LookupIP", "LookupAddr", "LookupCNAME", "LookupMX", "LookupNS", "LookupTXT"},
	"tls":  {"Dial", "DialWithDialer", "Dialer"},
	"http": {"DefaultClient", "DefaultTransport", "Get", "Post", "Head"},
	"unix": {"Socket", "Connect"},
	"dns":  {"Dial", "DialTimeout", "Exchange", "ExchangeContext"},
	"ssh":  {"Dial"},
}

// TestOnlyTheDialerOpensSockets reads every file of the scanner outside tests.
func TestOnlyTheDialerOpensSockets(t *testing.T) {
	for _, p := range listPackages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		if from != "exposure" && !strings.HasPrefix(from, "exposure/") {
			continue
		}
		for _, name := range p.GoFiles {
			path := from + "/" + name
			if slices.ContainsFunc(socketFiles, func(f string) bool { return path == f || strings.HasSuffix(f, "/") && strings.HasPrefix(path, f) }) {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, what := range socketsIn(f) {
				t.Errorf("%s uses %s: let exposure.Dialer do it", path, what)
			}
		}
	}
}

func socketsIn(f *ast.File) (found []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains(opens[x.Name], s.Sel.Name) {
				found = append(found, x.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return found
}

func TestSocketIsSeen(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() { net.Dial(\"tcp\", a) }", 0)
	if err != nil || len(socketsIn(f)) != 1 {
		t.Errorf("a call of net.Dial was not seen: %v", err)
	}
}
