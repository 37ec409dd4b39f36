package ui_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
)

// messageKeys are the keys of the messages of the parts in a language.
func messageKeys(t *testing.T, lang string) []string {
	t.Helper()
	b, err := fs.ReadFile(content.FS, "messages/"+lang+"/ui.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(all))
}
