package structure_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/law/structure"
)

func load(t testing.TB) *structure.Index {
	t.Helper()
	sub, err := fs.Sub(content.FS, "law/structure")
	if err != nil {
		t.Fatal(err)
	}
	x, err := structure.Load(sub)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// short writes a citation as "act place".
func short(c structure.Citation) string {
	return strings.TrimSpace(c.Act + " " + c.Place())
}

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"Directive (EU) 2022/2555 Art. 21(2)(j)", []string{"2022/2555", "2022/2555 Art. 21(2)(j)"}},
		{"see Art. 34(4) for the ceiling", []string{"2022/2555 Art. 34(4)"}},
		{"Implementing Regulation (EU) 2024/2690, Annex, point 6.7.2(d)", []string{"2024/2690", "2024/2690 Annex, point 6.7.2(d)"}},
		{"Implementing Regulation (EU) 2024/2690, Annex, section 13", []string{"2024/2690", "2024/2690 Annex, point 13"}},
		{"Arts. 20, 21 and 23", []string{"2022/2555 Art. 20", "2022/2555 Art. 21", "2022/2555 Art. 23"}},
		{"Implementing Regulation (EU) 2024/2690 Arts. 3–5", []string{"2024/2690", "2024/2690 Art. 3", "2024/2690 Art. 4", "2024/2690 Art. 5"}},
		{"under Arts. 3(4) and 27.", []string{"2022/2555 Art. 3(4)", "2022/2555 Art. 27"}},
		{"recital 16", []string{"2022/2555 recital 16"}},
		{"recitals 31, 34 and 36", []string{"2022/2555 recital 31", "2022/2555 recital 34", "2022/2555 recital 36"}},
		{"Annex I, point 8, 4th indent", []string{"2022/2555 Annex I, point 8, indent 4"}},
		{"Directive (EU) 2022/2555, Annex I, point 1(a), 1st indent", []string{"2022/2555", "2022/2555 Annex I, point 1(a), indent 1"}},
		{"Annexes I and II", []string{"2022/2555 Annex I", "2022/2555 Annex II"}},
		{"Directive (EU) 2019/944 Art. 2(18), (20), (59)", []string{"2019/944", "2019/944 Art. 2(18)", "2019/944 Art. 2(20)", "2019/944 Art. 2(59)"}},
		{"Art. 2(2)(b) to (d): essential", []string{"2022/2555 Art. 2(2)(b)", "2022/2555 Art. 2(2)(c)", "2022/2555 Art. 2(2)(d)"}},
		{"Art. 2(2)(b)–(d)", []string{"2022/2555 Art. 2(2)(b)", "2022/2555 Art. 2(2)(c)", "2022/2555 Art. 2(2)(d)"}},
		{"Article 2(2), point (f)(i)", []string{"2022/2555 Art. 2(2)(f)(i)"}},
		{"Art. 41(1), second subparagraph", []string{"2022/2555 Art. 41(1), subparagraph 2"}},
		{"Art. 3(4), first subparagraph, point (b)", []string{"2022/2555 Art. 3(4)(b), subparagraph 1"}},
		{"GDPR Art. 33(1) and 34(1)", []string{"2016/679 Art. 33(1)", "2016/679 Art. 34(1)"}},
		{"Art. 58(2)(i) of Regulation (EU) 2016/679", []string{"2016/679 Art. 58(2)(i)", "2016/679"}},
		{"Regulation (EU) No 910/2014 Art. 24(2)(fb)", []string{"910/2014", "910/2014 Art. 24(2)(fb)"}},
		{"Recommendation 2003/361/EC Annex Art. 6(2)", []string{"2003/361", "2003/361 Annex, point 6.2"}},
		{"Article 2(1) of the Annex to Recommendation 2003/361/EC", []string{"2003/361 Annex, point 2.1", "2003/361"}},
		{"points 1.1.2, 2.1.4 and 3.4.2(b)", []string{"2024/2690 Annex, point 1.1.2", "2024/2690 Annex, point 2.1.4", "2024/2690 Annex, point 3.4.2(b)"}},
		{"Regulation (EU) 2022/2554 (DORA), Art. 19(4)(a)", []string{"2022/2554", "2022/2554 Art. 19(4)(a)"}},
		{"Art. 21 Abs. 2 Buchst. j", []string{"2022/2555 Art. 21(2)(j)"}},
		{"Art. 23 Abs. 1, Abs. 2 und Abs. 4 Buchst. a", []string{"2022/2555 Art. 23(1)", "2022/2555 Art. 23(2)", "2022/2555 Art. 23(4)(a)"}},
		{"Art. 23 Abs. 4 Buchst. a und Abs. 5", []string{"2022/2555 Art. 23(4)(a)", "2022/2555 Art. 23(5)"}},
		{"Artikel 23 Absatz 4 Buchstabe b", []string{"2022/2555 Art. 23(4)(b)"}},
		{"Art. 3 Abs. 1 Buchst. a, b und c", []string{"2022/2555 Art. 3(1)(a)", "2022/2555 Art. 3(1)(b)", "2022/2555 Art. 3(1)(c)"}},
		{"nach Art. 6 Nr. 20 der Richtlinie (EU) 2022/2555", []string{"2022/2555 Art. 6(20)", "2022/2555"}},
		{"Durchführungsverordnung (EU) 2024/2690, Anhang, Nummer 6.7.2 Buchst. d", []string{"2024/2690", "2024/2690 Annex, point 6.7.2(d)"}},
		{"Erwägungsgrund 101", []string{"2022/2555 recital 101"}},
		{"Anhang I Nummer 8, 4. Gedankenstrich", []string{"2022/2555 Annex I, point 8, indent 4"}},
		{"article 21, paragraphe 2, point j)", []string{"2022/2555 Art. 21(2)(j)"}},
		{"article 3, paragraphe 4, quatrième alinéa", []string{"2022/2555 Art. 3(4), subparagraph 4"}},
		{"règlement d’exécution (UE) 2024/2690, annexe, point 6.7.2 d)", []string{"2024/2690", "2024/2690 Annex, point 6.7.2(d)"}},
		{"considérant 31", []string{"2022/2555 recital 31"}},
		{"§ 28 Abs. 3 BSIG", []string{"national Art. §"}},
		{"Law of 26 April 2024, Art. 98", []string{"national Art. 98"}},
		{"Gesetz vom 26. April 2024 Art. 98", []string{"national Art. 98"}},
		{"see the annex, three points of contact and Art. of war", nil},
		{"within Art. 21, 3 months later", []string{"2022/2555 Art. 21"}},
	} {
		var got []string
		for _, c := range structure.Parse(tc.text) {
			got = append(got, short(c))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.text, diff)
		}
	}
}

// TestWrongCitationsFail has citations of provisions that do not exist; each
// must be refused, with the nearest place that exists.
func TestWrongCitationsFail(t *testing.T) {
	x := load(t)
	for _, tc := range []struct{ text, nearest string }{
		{"Directive (EU) 2022/2555 Art. 21(2)(k)", "Art. 21(2)(j)"},
		{"Art. 47", "Art. 46"},
		{"Implementing Regulation (EU) 2024/2690, Annex, point 12.5.1", "Annex, point 12.5"},
		{"Annex, point 14.1", "Annex, point 13"},
		{"Art. 23(4)(f)", "Art. 23(4)(e)"},
		{"Art. 23(12)", "Art. 23(11)"},
		{"Art. 23a(1)", "Art. 23"},
		{"Art. 2(2)(a)(iv)", "Art. 2(2)(a)(iii)"},
		{"Art. 3(1)(h)", "Art. 3(1)(g)"},
		{"Art. 6(42)", "Art. 6(41)"},
		{"Art. 23(4), third subparagraph", "Art. 23(4)"},
		{"Art. 36(1)", "Art. 36"},
		{"recital 145", "recital 144"},
		{"Implementing Regulation (EU) 2024/2690 Art. 17", "Art. 16"},
		{"Implementing Regulation (EU) 2024/2690 Art. 8(e)", "Art. 8(d)"},
		{"point 5.2.1", "Annex, point 5.2"},
		{"point 6.7.2(m)", "Annex, point 6.7.2(l)"},
		{"Annex I, point 12", "Annex I, point 11"},
		{"Annex I, point 8, 10th indent", "Annex I, point 8"},
		{"Annex IV", "Annex I"},
		{"Regulation (EU) 2016/679 Art. 100", "Art. 99"},
		{"GDPR Art. 33(6)", "Art. 33(5)"},
		{"Regulation (EU) 2022/2554 Art. 19(4)(d)", "Art. 19(4)(c)"},
		{"Regulation (EU) 2024/2847 Art. 72", "Art. 71"},
		{"Art. 21 Abs. 2 Buchst. k", "Art. 21(2)(j)"},
		{"article 21, paragraphe 2, point k)", "Art. 21(2)(j)"},
		{"Arts. 45–47", "Art. 46"},
		{"Regulation (EU) 2024/2960", ""},
		{"Recommendation 2003/361/EC Annex Art. 11", "Annex, point 10"},
	} {
		var missing *structure.MissingError
		for _, c := range structure.Parse(tc.text) {
			if err := x.Check(c); err != nil && !errors.As(err, &missing) {
				t.Errorf("%q: %v is not a MissingError", tc.text, err)
			}
		}
		if missing == nil {
			t.Errorf("%q passed", tc.text)
		} else if missing.Nearest != tc.nearest {
			t.Errorf("%q: nearest is %q, want %q (%v)", tc.text, missing.Nearest, tc.nearest, missing)
		}
	}
}

// TestTextAboutNationalLaw: in a country pack a bare article and an act without
// the mark of the Union are national; an act of the Union is checked all the same.
func TestTextAboutNationalLaw(t *testing.T) {
	x := load(t)
	for _, tc := range []struct {
		text  string
		wrong bool
	}{
		{"Cabinet Regulation 397/2025, minimum requirements", false},
		{"Verordnung 7/2024 MK, Art. 99(9)", false},
		{"Law of 26 April 2024, Art. 98", false},
		{"as in Directive (EU) 2022/2555 Art. 21(2)(j)", false},
		{"as in Directive (EU) 2022/2555 Art. 21(2)(k)", true},
		{"wie Durchführungsverordnung (EU) 2024/2690, Anhang, Nummer 14.1", true},
		{"Regulation (EU) 2099/397", true},
		{"règlement (UE) 2016/679, article 33, paragraphe 6", true},
	} {
		wrong := false
		for _, c := range structure.ParseIn(tc.text, structure.National) {
			wrong = wrong || x.Check(c) != nil
		}
		if wrong != tc.wrong {
			t.Errorf("%q: refused is %v, want %v", tc.text, wrong, tc.wrong)
		}
	}
}

// TestUnrecordedIsRefusedAsUnrecorded keeps the index honest: where only cited
// provisions are known it must not say that another one does not exist.
func TestUnrecordedIsRefusedAsUnrecorded(t *testing.T) {
	x := load(t)
	for text, unrecorded := range map[string]bool{
		"Directive (EU) 2019/944 Art. 3":                              true,
		"Directive (EU) 2019/944 Art. 2(58)":                          true,
		"Directive (EU) 2099/1 Art. 1":                                true,
		"Regulation (EU) No 910/2014 Art. 19b":                        true,
		"Directive (EU) 2022/2555 Art. 21(2)(k)":                      false,
		"Directive (EU) 2022/2555 Art. 47":                            false,
		"Implementing Regulation (EU) 2024/2690, Annex, point 12.5.1": false,
	} {
		var missing *structure.MissingError
		for _, c := range structure.Parse(text) {
			if err := x.Check(c); errors.As(err, &missing) && missing.Cited != unrecorded {
				t.Errorf("%q: unrecorded is %v, want %v", text, missing.Cited, unrecorded)
			}
		}
		if missing == nil {
			t.Errorf("%q passed", text)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, file := range map[string]string{
		"unknown field":    `[{act: "1/2", name: X, known: all, article: 1-2}]`,
		"no name":          `[{act: "1/2", known: all}]`,
		"known missing":    `[{act: "1/2", name: X}]`,
		"bad range":        `[{act: "1/2", name: X, known: all, articles: 5-2}]`,
		"huge range":       `[{act: "1/2", name: X, known: all, articles: 1-99999}]`,
		"twice the same":   `[{act: "1/2", name: X, known: all, articles: "1, 1"}]`,
		"act twice":        `[{act: "1/2", name: X, known: all}, {act: "1/2", name: X, known: all}]`,
		"hangs in the air": `[{act: "1/2", name: X, known: all, articles: 1-2, within: {"1": {points: {"3": a-c}}}}]`,
		"no such article":  `[{act: "1/2", name: X, known: all, articles: 1-2, within: {"3": {paragraphs: 1-2}}}]`,
		"subparagraphs":    `[{act: "1/2", name: X, known: all, articles: 1-2, within: {"1": {subparagraphs: {"1": 2}}}}]`,
	} {
		if _, err := structure.Load(fstest.MapFS{"x.yaml": {Data: []byte(file)}}); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
	if _, err := structure.Load(fstest.MapFS{}); err == nil {
		t.Error("an empty folder was loaded")
	}
}

func FuzzParse(f *testing.F) {
	x := load(f)
	for _, s := range []string{"Directive (EU) 2022/2555 Art. 21(2)(j), (k) and 22", "Annex I, point 8, 4th indent", "§ 28", "points 1.1.2 to 3", "Arts. 3–14", "Annexes I, II", "Art. 21 Abs. 2 Buchst. a, b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range structure.Parse(s) {
			if c.Offset < 0 || c.Offset > len(s) {
				t.Fatalf("%q: offset %d", s, c.Offset)
			}
			var missing *structure.MissingError
			if err := x.Check(c); err != nil && !errors.As(err, &missing) {
				t.Fatalf("%q: %v", s, err)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}
