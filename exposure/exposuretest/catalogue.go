// Package exposuretest is for tests of probes.
package exposuretest

import (
	"sync"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
)

var shipped = sync.OnceValues(func() (*exposure.Catalogue, error) { return exposure.LoadCatalogue(content.FS) })

// Catalogue is the shipped catalogue of checks. It is read once for all tests of a
// package: with the race detector it takes a third of a second. Nobody may change it.
func Catalogue(t testing.TB) *exposure.Catalogue {
	t.Helper()
	c, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
