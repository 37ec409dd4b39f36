package catalog_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
)

// BenchmarkLoad reads the whole embedded catalogue; it must be ready in 50 ms on
// two cores.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := catalog.Load(content.FS); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadTranslated is the same with the texts of all languages.
func BenchmarkLoadTranslated(b *testing.B) {
	for b.Loop() {
		c, err := catalog.Load(content.FS, "de", "fr")
		if err == nil {
			err = c.Check()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
