package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// laboratories are the folders whose servers are looked at by the scanner. A port that
// the system gives may be one of an industrial protocol, which no scope allows, or one
// at which the scanner expects something else; exposuretest gives others.
var laboratories = []string{"exposure", "test/scanlab", "test/dnslab"}

// ownPorts says of the files that may ask the system for a port why they do.
var ownPorts = map[string]string{
	"exposure/exposuretest/ports.go": "asks whether there is IPv6, and closes it",
}

// TestLaboratoriesChooseTheirPorts reads every file of the laboratories.
func TestLaboratoriesChooseTheirPorts(t *testing.T) {
	asked := map[string]bool{}
	for _, folder := range laboratories {
		err := filepath.WalkDir(filepath.Join("../..", folder), func(path string, d fs.DirEntry, err error) error {
			name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
			if err != nil || !strings.HasSuffix(name, ".go") || !strings.HasSuffix(name, "_test.go") && folder == "exposure" && !strings.HasPrefix(name, "exposure/exposuretest/") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			for _, what := range portsGiven(f) {
				asked[name] = true
				if ownPorts[name] == "" {
					t.Errorf("%s lets the system choose a port (%s): take one from exposuretest, or say in ownPorts why nobody scans it", name, what)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range ownPorts {
		if !asked[name] {
			t.Errorf("%s asks for no port any more", name)
		}
	}
}

var anyPort = regexp.MustCompile(`^"(\[[0-9a-f:%a-z]*\]|([0-9.]|%[dsv])*|localhost)?:0"$`)

// portsGiven lists what lets the system choose a port: an address with port 0, a web
// server of httptest, an address of a socket that names no port.
func portsGiven(f *ast.File) (found []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING && anyPort.MatchString(n.Value) {
				found = append(found, n.Value)
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "httptest" && slices.Contains([]string{"NewServer", "NewTLSServer", "NewUnstartedServer"}, n.Sel.Name) {
				found = append(found, "httptest."+n.Sel.Name)
			}
		case *ast.CompositeLit:
			if s, ok := n.Type.(*ast.SelectorExpr); ok && slices.Contains([]string{"SockaddrInet4", "SockaddrInet6", "TCPAddr", "UDPAddr"}, s.Sel.Name) && !namesPort(n) {
				found = append(found, s.Sel.Name+" without Port")
			}
		}
		return true
	})
	return found
}

func namesPort(l *ast.CompositeLit) bool {
	return slices.ContainsFunc(l.Elts, func(e ast.Expr) bool {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		key, ok := kv.Key.(*ast.Ident)
		return ok && key.Name == "Port"
	})
}

func TestGivenPortIsSeen(t *testing.T) {
	for text, want := range map[string]int{
		`net.Listen("tcp", "127.0.0.1:0")`:            1,
		`net.ListenPacket("udp", "[::1]:0")`:          1,
		`net.Listen("tcp", ":0")`:                     1,
		`tls.Listen("tcp", address+":0", c)`:          1,
		`serve(t, fmt.Sprintf("127.2.1.%d:0", i), f)`: 1,
		`httptest.NewTLSServer(h)`:                    1,
		`&syscall.SockaddrInet4{Addr: a}`:             1,
		`&syscall.SockaddrInet4{Addr: a, Port: p}`:    0,
		`net.Listen("tcp", "127.0.0.1:443")`:          0,
		`f("192.0.2.1/32:0", "example.org:0", "v:0")`: 0,
		`exposuretest.NewServer(t, h)`:                0,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nvar x = "+text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := portsGiven(f); len(got) != want {
			t.Errorf("%s: %q, want %d", text, got, want)
		}
	}
}
