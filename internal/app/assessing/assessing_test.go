package assessing_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
)

// knowledge loads the embedded data once for all tests, which only read it.
var knowledge = sync.OnceValues(func() (assessing.Knowledge, error) {
	cat, err := catalog.Load(content.FS, "de", "fr")
	if err != nil {
		return assessing.Knowledge{}, err
	}
	packs, err := fs.Sub(content.FS, "countries")
	if err != nil {
		return assessing.Knowledge{}, err
	}
	set, err := country.Load(packs)
	return assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "nisaba test"}, err
})

var messages = sync.OnceValues(func() (*locale.Catalogue, error) { return locale.Load(content.FS, "messages") })

func printer(t testing.TB, language string) *locale.Printer {
	t.Helper()
	m, err := messages()
	if err != nil {
		t.Fatal(err)
	}
	return m.Printer(language)
}

// assess reads an organisation file and assesses it as of 25 November 2026.
func assess(t testing.TB, name string, file []byte) assessing.Input {
	t.Helper()
	k, err := knowledge()
	if err != nil {
		t.Fatal(err)
	}
	f, err := organisation.Read(name, file)
	if err != nil {
		t.Fatal(err)
	}
	in, err := assessing.Assess(k, f, assessing.Options{Today: law.MustDate("2026-11-25")})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

var examples = []string{"managed-service-provider", "water-supplier", "food-manufacturer"}

func example(t testing.TB, name string) assessing.Input {
	t.Helper()
	file := filepath.Join("..", "..", "..", "examples", name+".yaml")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return assess(t, file, b)
}

// named is the smallest organisation file: a manufacturer of food of a size that
// binds it, without answers or evidence.
func named(name, description string) []byte {
	return fmt.Appendf(nil, `nisaba: organisation/1
organisation:
  name: %q
activity:
  description: %q
  entity_types: [food.business]
figures:
  - {year: 2024, employees: 300, turnover_eur: 60000000, balance_sheet_eur: 50000000}
  - {year: 2025, employees: 300, turnover_eur: 60000000, balance_sheet_eur: 50000000}
establishment:
  established_in: [DE]
status: {cer_critical: false, nis1_oes: false, dora_exempt: false}
`, name, description)
}

// languages that reports are written in.
var languages = []string{"en", "de", "fr"}

// TestInForceNamesTheDay: what is said of an act in force names its day, in every
// country and language; "since that day" alone says nothing.
func TestInForceNamesTheDay(t *testing.T) {
	t.Parallel()
	k, err := knowledge()
	if err != nil {
		t.Fatal(err)
	}
	dated := 0
	for _, pack := range k.Countries.All() {
		if pack.InForceOn.IsZero() {
			continue
		}
		dated++
		for _, language := range languages {
			p := printer(t, language)
			if said := p.Say(pack.SayInForce()); !strings.Contains(said, p.Date(pack.InForceOn)) || strings.Contains(said, "⟪") || strings.Contains(said, "<no value>") {
				t.Errorf("%s, %s: %q does not name %s", pack.Code, language, said, p.Date(pack.InForceOn))
			}
		}
	}
	if dated < 15 {
		t.Errorf("only %d countries have a day", dated)
	}
}

func TestReportMessagesAreComplete(t *testing.T) {
	t.Parallel()
	for _, name := range examples {
		for _, language := range languages {
			in := example(t, name)
			for key, text := range texts(t, in, printer(t, language)) {
				if i := strings.Index(text, "⟪"); i >= 0 {
					t.Errorf("%s, %s: %s has no text for %s", name, language, key, text[i:min(len(text), i+60)])
				}
			}
		}
	}
}
