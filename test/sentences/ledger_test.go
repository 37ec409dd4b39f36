package sentences

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// found lists what an expression finds in the sources below a folder, each once: its
// first group.
func found(t *testing.T, folder, expression string) []string {
	t.Helper()
	e := regexp.MustCompile(expression)
	var out []string
	tree := os.DirFS(folder)
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(tree, path)
		for _, m := range e.FindAllSubmatch(text, -1) {
			out = append(out, string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestKindsAreWhole: the list of the kinds that ledgers record has every table.
func TestKindsAreWhole(t *testing.T) {
	if got, want := store.Kinds(), found(t, "../../internal/store", `\bname: +"[a-z_]+", kind: +"([a-z_]+)"`); !slices.Equal(got, want) {
		t.Errorf("the list of kinds has %v, the tables %v", got, want)
	}
}

// TestLedgerSpeaks: whatever the ledger and the history can show has a name in words,
// in every language: kinds of objects, their values, the facts of the organisation
// file, settings, and what was done.
func TestLedgerSpeaks(t *testing.T) {
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	add := func(prefix string, names ...string) {
		if len(names) == 0 {
			t.Errorf("nothing was found for %s", prefix)
		}
		for _, n := range names {
			keys = append(keys, prefix+n)
		}
	}
	add("ledger.kind.", store.Kinds()...)
	add("ledger.kind.", found(t, "../../internal", `\.Note\("[^"]*"(?:\+[a-zA-Z.]+)?, "([a-z_]+)"`)...)
	for _, k := range store.Kinds() {
		add("ledger.field.", store.Fields(k)...)
	}
	for _, f := range organisation.FactFields() {
		if name := organisation.FieldName(f); name != "facts.*" {
			add("report.field.", name)
		}
	}
	for _, f := range scope.FactNames() {
		add("report.field.facts.", f)
	}
	add("ledger.setting.", "reports.monthly", "playbook")
	add("ledger.setting.", found(t, "../../internal", `[sS]etting += "([a-z.]+)/?"`)...)
	add("ledger.verb.", "create", "change", "remove", "undo", "restore")
	add("ledger.action.", found(t, "../../internal", `\.Note\("([a-z_.]+[a-z_])",`)...)
	add("ledger.action.job.", found(t, "../../internal/store", `turnJob\(id, "([a-z]+)"`)...)
	for _, reason := range found(t, "../../internal", `store\.Change\{[^}]*Reason: +"([^"]+)"[,}]`) {
		add("ledger.reason.", strings.ReplaceAll(reason, " ", "_"))
	}
	for _, l := range messages.Languages() {
		p := messages.Printer(l)
		for _, k := range slices.Compact(slices.Sorted(slices.Values(keys))) {
			if !p.Has(k) {
				t.Errorf("%s: there is no message %s", l, k)
			}
		}
	}
}
