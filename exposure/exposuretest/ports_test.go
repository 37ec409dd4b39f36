package exposuretest

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/exposure"
)

// TestClaim: whatever ports are offered, the first is taken that nobody has and that
// means nothing to the scanner; none of the others stays held.
func TestClaim(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		port := rapid.OneOf(rapid.SampledFrom(exposure.IndustrialPorts), rapid.SampledFrom(known), rapid.Uint16(), rapid.Uint16Range(firstPort, lastPort))
		offers := append([]uint16{34963, 20000}, rapid.SliceOf(port).Draw(t, "offers")...)
		taken := rapid.SliceOf(rapid.SampledFrom(offers)).Draw(t, "taken")
		rest := append(slices.Clone(offers), 23456)
		taken = slices.DeleteFunc(taken, func(p uint16) bool { return p == 23456 })
		asked := 0
		s := source{
			draw: func() uint16 { p := rest[0]; rest = rest[1:]; return p },
			hold: func(p uint16) (io.Closer, error) {
				if slices.Contains(taken, p) {
					return nil, errors.New("taken")
				}
				asked++
				return io.NopCloser(nil), nil
			},
		}
		got, _, err := s.claim()
		if err != nil || asked != 1 {
			t.Fatalf("%v, %d ports are held", err, asked)
		}
		for _, p := range append(offers, 23456) {
			good := p >= firstPort && p <= lastPort && !slices.Contains(known, p) && !slices.Contains(exposure.IndustrialPorts, p)
			if good && !slices.Contains(taken, p) {
				if p != got {
					t.Fatalf("%d is taken, want %d", got, p)
				}
				return
			}
		}
	})
}

// TestNoPort: that every port is taken is said.
func TestNoPort(t *testing.T) {
	taken := errors.New("taken")
	s := source{func() uint16 { return firstPort + 1 }, func(uint16) (io.Closer, error) { return nil, taken }}
	if _, _, err := s.claim(); !errors.Is(err, taken) {
		t.Error(err)
	}
}

// TestHold: a port is had once, and not while somebody listens there, at whatever
// address and with whichever protocol.
func TestHold(t *testing.T) {
	port := Port(t)
	if _, err := hold(port); err == nil {
		t.Errorf("%d is given twice", port)
	}
	if err := free(port); err != nil {
		t.Errorf("%d is held, and nobody listens: %v", port, err)
	}
	const at = "127.9.8.7"
	for _, busy := range []net.Addr{Listen(t, at).Addr(), ListenPacket(t, at).LocalAddr(), NewTLSServer(t, nil).Listener.Addr()} {
		if place := netip.MustParseAddrPort(busy.String()); free(place.Port()) == nil {
			t.Errorf("%s is not seen", busy)
		}
	}
}

// TestKnownPorts: no number that the scanner holds, whatever it is for, is given to a
// laboratory as its port.
func TestKnownPorts(t *testing.T) {
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../exposuretest/") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			if !ok || l.Kind != token.INT || strings.ContainsAny(l.Value, "xXoObB_") {
				return true
			}
			if v, err := strconv.ParseUint(l.Value, 10, 16); err == nil && v >= firstPort && v <= lastPort {
				found++
				if !slices.Contains(known, uint16(v)) {
					t.Errorf("%s knows %d: add it to the known ports", path, v)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || found < len(known) {
		t.Errorf("%d numbers were found: %v", found, err)
	}
	for _, p := range exposure.IndustrialPorts {
		if p >= firstPort && p <= lastPort && !slices.Contains(known, p) {
			t.Errorf("%d is an industrial port", p)
		}
	}
}
