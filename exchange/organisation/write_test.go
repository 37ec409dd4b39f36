package organisation

import (
	"encoding/json"
	"io/fs"
	"math"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/law"
)

// same compares files; an answer's list of options may be nil or empty.
var same = cmp.Options{cmpopts.IgnoreUnexported(File{}), cmp.FilterPath(func(p cmp.Path) bool {
	return p.Last().String() == ".Options"
}, cmpopts.EquateEmpty())}

// bothWays writes a file in both forms and reads it again.
func bothWays(t rapid.TB, f *File) {
	t.Helper()
	for form, write := range map[string]func() ([]byte, error){"YAML": f.YAML, "JSON": f.JSON} {
		b, err := write()
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		if form == "JSON" && !json.Valid(b) {
			t.Fatalf("no JSON: %s", b)
		}
		back, err := Read("", b)
		if err != nil {
			t.Fatalf("%s: %v\n%s", form, err, b)
		}
		if d := cmp.Diff(f, back, same); d != "" {
			t.Fatalf("%s changes the file (-before +after):\n%s\n%s", form, d, b)
		}
	}
}

func TestExamplesWrittenAndReadAgain(t *testing.T) {
	names, err := fs.Glob(examples.FS, "*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d examples, %v", len(names), err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(examples.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Read(name, b)
		if err != nil {
			t.Fatal(err)
		}
		bothWays(t, f)
	}
}

// TestRandomFilesWrittenAndReadAgain fills every field of the format at random.
func TestRandomFilesWrittenAndReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f File
		fill(t, reflect.ValueOf(&f).Elem(), "", 0)
		settle(&f)
		bothWays(t, &f)
		clone := f.Clone()
		if d := cmp.Diff(&f, clone, same); d != "" {
			t.Fatalf("the clone differs:\n%s", d)
		}
		if changed, err := Changed(&f, clone); err != nil || len(changed) > 0 {
			t.Fatalf("the clone differs in %v, %v", changed, err)
		}
	})
}

// settle makes a random file keep the rules that join several fields.
func settle(f *File) {
	f.Format = Format
	for i := range f.Activity.EntityTypes {
		f.Activity.EntityTypes[i] = "ict-service.msp"
	}
	for i := range f.Figures {
		f.Figures[i].Year = 2000 + i
	}
	for i := range f.Evidence {
		f.Evidence[i].ID, f.Evidence[i].ValidUntil = string(rune('a'+i)), f.Evidence[i].Date
	}
	for i := range f.Exceptions {
		f.Exceptions[i].Until, f.Exceptions[i].Compensation = law.Date{}, "another measure"
	}
	for i := range f.Registration.IPRanges {
		f.Registration.IPRanges[i] = "192.0.2.0/28"
	}
	for id, a := range f.Answers {
		if a.Options == nil {
			a.Options = []string{}
			f.Answers[id] = a
		}
	}
}

// deepest bounds the groups within groups.
const deepest = 4

func fill(t *rapid.T, v reflect.Value, tag reflect.StructTag, depth int) {
	if fillSpecial(t, v, tag) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, i := range fieldsOf(v.Type()).order {
			fill(t, v.Field(i), v.Type().Field(i).Tag, depth+1)
		}
	case reflect.Slice:
		n := rapid.IntRange(-1, 3).Draw(t, "items")
		if n < 0 || depth > deepest {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i), "", depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rapid.IntRange(0, 3).Draw(t, "entries") {
			item := reflect.New(v.Type().Elem()).Elem()
			fill(t, item, "", depth+1)
			v.SetMapIndex(reflect.ValueOf(word(t)), item)
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "known") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), tag, depth)
		}
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int:
		v.SetInt(int64(rapid.IntRange(1990, 2030).Draw(t, "int")))
	case reflect.Float64:
		v.SetFloat(someNumber(t))
	default:
		v.SetString(textFor(t, tag, tag.Get("required") == "true"))
	}
}

// fillSpecial fills the types that the format writes in a form of their own.
func fillSpecial(t *rapid.T, v reflect.Value, tag reflect.StructTag) bool {
	switch v.Type() {
	case dateType:
		if tag.Get("required") == "true" || rapid.Bool().Draw(t, "dated") {
			v.Set(reflect.ValueOf(law.MustDate("2024-02-28").AddDays(rapid.IntRange(-9000, 9000).Draw(t, "days"))))
		}
	case truthType:
		v.Set(reflect.ValueOf(rapid.SampledFrom([]law.Truth{law.Unknown, law.False, law.True}).Draw(t, "truth")))
	case settingType:
		n := someNumber(t)
		v.Set(reflect.ValueOf(rapid.SampledFrom([]Setting{{}, {Truth: law.True}, {Truth: law.False}, {Number: &n}, {Word: word(t)}}).Draw(t, "setting")))
	default:
		return false
	}
	return true
}

func someNumber(t *rapid.T) float64 {
	n := rapid.SampledFrom([]float64{0, 1, 0.1, 99.5, 100, 1e-9}).Draw(t, "number")
	return n
}

// word is a text with what is awkward in YAML and JSON.
func word(t *rapid.T) string {
	awkward := rapid.SampledFrom([]string{"true", "null", "~", "no", "12", "0x1f", "1e3", "2024-01-01", "- a", "a: b", "#c", "<<", "&x", "*x",
		"\t a", "a\nb\n", " ", "'", "\"", "\\", "\u2028", "\ufeff", "\x00", "\x7f", "\u0085", "😀", "é", "%", "@", "`", "{}", "[a]", "|", ">", "!x", "a\rb", "\ufffe"})
	return rapid.OneOf(awkward, rapid.StringN(1, 8, -1)).Draw(t, "word")
}

func textFor(t *rapid.T, tag reflect.StructTag, required bool) string {
	switch {
	case tag.Get("enum") == "en,de,fr":
		return rapid.SampledFrom([]string{"", "en", "de", "fr"}).Draw(t, "language")
	case tag.Get("enum") == "essential,important":
		return rapid.SampledFrom([]string{"", "essential", "important"}).Draw(t, "class")
	case tag.Get("enum") == "met,partly,not_met":
		return "partly"
	case tag.Get("enum") != "":
		return "compensated"
	case tag.Get("pattern") != "":
		return rapid.SampledFrom([]string{"", "#0a0B0c"}).Draw(t, "colour")
	case required:
		return "x" + word(t)
	}
	return rapid.SampledFrom([]string{"", word(t)}).Draw(t, "text")
}

func TestNumbersThatAreNoneAreRefused(t *testing.T) {
	bad := math.Inf(1)
	f := File{Figures: []Figures{{Year: 2024}, {Year: 2025, Turnover: &bad}}}
	_, err := f.JSON()
	if fault.KindOf(err) != fault.Invalid || err.Error() != "figures[1].turnover_eur: this is no number; expected a number, or nothing when it is not known" {
		t.Error(err)
	}
	if _, err := Changed(&File{}, &f); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	one, share := 1.0, 30.0
	f := &File{Figures: []Figures{{Year: 2024, Employees: &one}}, Activity: Activity{EntityTypes: []string{"a"},
		Facts: map[string]Setting{"public_ownership_pct": {Number: &share}}}, Answers: map[string]Answer{"q": {Options: []string{"o"}}}}
	c := f.Clone()
	*c.Figures[0].Employees, c.Activity.EntityTypes[0], c.Answers["q"].Options[0] = 2, "b", "p"
	*c.Activity.Facts["public_ownership_pct"].Number = 40
	c.Figures[0].Year = 2025
	if one != 1 || share != 30 || f.Figures[0].Year != 2024 || f.Activity.EntityTypes[0] != "a" || f.Answers["q"].Options[0] != "o" {
		t.Errorf("the original changed: %+v", f)
	}
}

func TestChanged(t *testing.T) {
	one, two := 1.0, 2.0
	a := &File{Figures: []Figures{{Year: 2024, Employees: &one}}, Activity: Activity{EntityTypes: []string{"a", "b"}}}
	b := &File{Figures: []Figures{{Year: 2024, Employees: &two, Turnover: &one}}, Activity: Activity{EntityTypes: []string{"a"}}, Profile: Profile{OT: true}}
	want := []string{"activity.entity_types", "figures[0].employees", "figures[0].turnover_eur", "profile.ot"}
	if got, err := Changed(a, b); err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if facts := (&File{AssessedOn: law.MustDate("2026-01-01"), Answers: map[string]Answer{"q": {}}}).Facts(); facts.Answers != nil || !facts.AssessedOn.IsZero() {
		t.Errorf("%+v", facts)
	}
}

func TestTypesThatAreNotKnown(t *testing.T) {
	f, err := Read("", []byte("{nisaba: organisation/1, organisation: {name: Example}, activity: {entity_types: null}}"))
	if err != nil || f.ScopeFacts().EntityTypesKnown {
		t.Errorf("null: known, %v", err)
	}
	f, err = Read("", []byte("{nisaba: organisation/1, organisation: {name: Example}, activity: {entity_types: []}}"))
	if err != nil || !f.ScopeFacts().EntityTypesKnown {
		t.Errorf("an empty list: not known, %v", err)
	}
}
