package catalog_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
)

func load(t testing.TB) *catalog.Catalogue {
	t.Helper()
	c, err := catalog.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEmbeddedContentIsComplete(t *testing.T) {
	if err := load(t).Validate(true); err != nil {
		t.Error(err)
	}
}
