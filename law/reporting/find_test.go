package reporting_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// form writes a form with one field and what more there is.
func form(id string, version int, more string) *fstest.MapFile {
	return &fstest.MapFile{Data: fmt.Appendf(nil, "id: %s\nversion: %d\nregime: nis2\ntitle: t\nbasis: content\nsource: s\nchecked: 2026-11-28\nconfidence: verified\nstages: [early_warning]\n%s"+
		"fields:\n  - {id: a, number: 1, type: text, source: s, title: {en: a, de: a, fr: a}, stages: {early_warning: required}}\n", id, version, more)}
}

// TestFind chooses among versions, days and countries, in whatever order the files stand.
func TestFind(t *testing.T) {
	all := map[string]*fstest.MapFile{
		"plain1":  form("plain", 1, "valid_to: 2026-06-30\n"),
		"plain2":  form("plain", 2, "valid_from: 2026-07-01\n"),
		"plain3":  form("plain", 3, "valid_from: 2027-01-01\n"),
		"german1": form("german", 1, "countries: [DE, AT]\nvalid_from: 2026-07-01\n"),
		"german2": form("german", 2, "countries: [DE]\nvalid_from: 2026-10-01\nvalid_to: 2026-12-31\n"),
	}
	for _, names := range [][]string{{"plain1", "plain2", "plain3", "german1", "german2"}, {"german2", "german1", "plain3", "plain2", "plain1"}} {
		files := fstest.MapFS{}
		for i, name := range names {
			files[fmt.Sprintf("reports/%d.yaml", i)] = all[name]
		}
		s, err := reporting.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct{ country, on, want string }{
			{"FR", "2026-06-30", "plain 1"},
			{"FR", "2026-07-01", "plain 2"},
			{"FR", "2026-12-31", "plain 2"},
			{"FR", "2027-01-01", "plain 3"},
			{"", "2026-08-01", "plain 2"},
			{"DE", "2026-06-30", "plain 1"},
			{"DE", "2026-07-01", "german 1"},
			{"DE", "2026-10-01", "german 2"},
			{"DE", "2026-12-31", "german 2"},
			{"DE", "2027-01-01", "german 1"},
			{"AT", "2027-01-01", "german 1"},
		} {
			f, ok := s.Find(clocks.NIS2, clocks.EarlyWarning, tc.country, law.MustDate(tc.on))
			if got := fmt.Sprint(f.ID, " ", f.Version); !ok || got != tc.want {
				t.Errorf("%q on %s: %s, want %s", tc.country, tc.on, got, tc.want)
			}
		}
		if f, ok := s.Find(clocks.NIS2, clocks.FinalReport, "FR", today); ok {
			t.Errorf("%s is found for a stage that it does not have", f.ID)
		}
		if f, ok := s.Find(clocks.GDPR, clocks.EarlyWarning, "FR", today); ok {
			t.Errorf("%s is found for another regime", f.ID)
		}
		if f, ok := s.Version("german", 1); !ok || f.Version != 1 || f.ID != "german" {
			t.Errorf("version 1 of german: %s %d, %v", f.ID, f.Version, ok)
		}
		if _, ok := s.Version("german", 3); ok {
			t.Error("there is a version that nobody wrote")
		}
		if x, ok := s.FieldOf("a"); !ok || x.ID != "a" {
			t.Errorf("field a: %q, %v", x.ID, ok)
		}
		if x, ok := s.FieldOf("b"); ok {
			t.Errorf("field b is %q", x.ID)
		}
	}
}

// TestFormsThatLackOneThing leaves one thing out at a time, or says it twice.
func TestFormsThatLackOneThing(t *testing.T) {
	whole := string(form("x", 1, "").Data)
	field := whole[strings.Index(whole, "  - {id: a"):]
	for name, tc := range map[string]struct{ text, says string }{
		"no id":         {strings.Replace(whole, "id: x\n", "", 1), "id, version"},
		"no version":    {strings.Replace(whole, "version: 1\n", "", 1), "id, version"},
		"no title":      {strings.Replace(whole, "title: t\n", "", 1), "id, version"},
		"no day":        {strings.Replace(whole, "checked: 2026-11-28\n", "", 1), "checked"},
		"no confidence": {strings.Replace(whole, "confidence: verified\n", "", 1), "confidence"},
		"a field twice": {whole + field, "stands once"},
		"large letters": {strings.Replace(whole, "{id: a,", "{id: A,", 1), "small letters"},
		"no number":     {strings.Replace(whole, "number: 1, ", "", 1), "number"},
		"other stage":   {strings.Replace(whole, "{early_warning: required}", "{final_report: required}", 1), "final_report"},
		"other need":    {strings.Replace(whole, "{early_warning: required}", "{early_warning: maybe}", 1), "maybe"},
	} {
		_, err := reporting.Load(fstest.MapFS{"reports/x.yaml": {Data: []byte(tc.text)}})
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := reporting.Load(fstest.MapFS{"reports/x.yaml": form("x", 1, "")}); err != nil {
		t.Errorf("the whole form: %v", err)
	}
	if _, err := reporting.Load(fstest.MapFS{"reports/x.yaml": form("x", 1, ""), "reports/y.yaml": form("x", 1, "")}); err == nil {
		t.Error("one version stands in two files")
	}
}

func TestValueOnOneLine(t *testing.T) {
	for want, v := range map[string]reporting.Value{"?": {Unknown: true}, "text": {Text: "text"}, "a, b": {List: []string{"a", "b"}}, "": {}} {
		if v.String() != want {
			t.Errorf("%+v is %q, want %q", v, v.String(), want)
		}
	}
}
