package workbook_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exchange/workbook"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
)

var messages = sync.OnceValues(func() (*locale.Catalogue, error) { return locale.Load(content.FS, "messages") })

var questions = []workbook.Question{
	{Question: catalog.Question{ID: "q.one", Topic: "a", Text: "Is there a policy?", Type: catalog.Choice,
		Options: []catalog.Option{{ID: "yes", Text: "Yes, in writing"}, {ID: "no", Text: "No"}}}, Chosen: []string{"yes"}, Note: "signed", Version: 3},
	{Question: catalog.Question{ID: "q.many", Topic: "reporting", Text: "Who is told?", Type: catalog.Many,
		Options: []catalog.Option{{ID: "a", Text: "Authority; CSIRT"}, {ID: "b", Text: "Customers"}, {ID: "c", Text: "Staff"}}}, Chosen: []string{"b", "c"}, Version: 1},
	{Question: catalog.Question{ID: "q.open", Topic: "c", Text: "Are copies tested?", Type: catalog.Choice,
		Options: []catalog.Option{{ID: "yes", Text: "Yes"}, {ID: "no", Text: "No"}}}},
}

func book() workbook.Book {
	return workbook.Book{Organisation: "org-1", Name: "Seewinkel GmbH", Made: law.MustDate("2026-11-25"), Questions: questions,
		Requirements: []workbook.Requirement{{ID: "nis2.21.2.a", Title: "Policy", Status: "Met"}},
		Evidence:     []workbook.Evidence{{ID: "E1", Title: "Policy 3.1", Date: law.MustDate("2026-01-02")}}}
}

func written(t testing.TB, b workbook.Book, language string) []byte {
	t.Helper()
	m, err := messages()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := workbook.Write(&out, b, m.Printer(language)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// filled is a workbook after somebody had it open.
func filled(t testing.TB, file []byte, fill func(*excelize.File)) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fill(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func set(t testing.TB, f *excelize.File, cell string, value any) {
	t.Helper()
	if err := f.SetCellValue("Answers", cell, value); err != nil {
		t.Fatal(err)
	}
}

// TestUntouched: a workbook that nobody filled in says that nothing changed, in
// every language.
func TestUntouched(t *testing.T) {
	for _, language := range []string{"en", "de", "fr"} {
		got, err := workbook.Read(written(t, book(), language))
		if err != nil || got.Organisation != "org-1" || len(got.Rows) != len(questions) || len(got.Problems) > 0 {
			t.Fatalf("%s: %+v, %v", language, got, err)
		}
		for i, r := range got.Rows {
			q := questions[i]
			options, ok := workbook.Options(q.Question, r.Answer)
			if !ok || r.Question != q.ID || r.Version != q.Version || r.Note != q.Note || r.Touched(options) || r.Stale(q.Version, q.Chosen, q.Note) {
				t.Errorf("%s: %+v reads as %v, %v", language, r, options, ok)
			}
			if !r.Stale(q.Version+1, q.Chosen, q.Note) || !r.Stale(q.Version, []string{"x"}, q.Note) || !r.Stale(q.Version, q.Chosen, "other") {
				t.Errorf("%s: %s is not stale after a change", language, q.ID)
			}
		}
	}
}

func TestFilled(t *testing.T) {
	file := filled(t, written(t, book(), "en"), func(f *excelize.File) {
		set(t, f, "E2", "No")
		set(t, f, "F3", "by mail\r\nand by phone ")
		set(t, f, "E4", 1)
	})
	got, err := workbook.Read(file)
	if err != nil || len(got.Rows) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []string{"no", "b c", "yes"} {
		options, ok := workbook.Options(questions[i].Question, got.Rows[i].Answer)
		if !ok || strings.Join(options, " ") != want || !got.Rows[i].Touched(options) {
			t.Errorf("row %d: %q is %v, %v", i, got.Rows[i].Answer, options, ok)
		}
	}
	if note := got.Rows[1].Note; note != "by mail\nand by phone" {
		t.Errorf("note %q", note)
	}
	if got.Rows[0].Place != (workbook.Place{Sheet: "Answers", Cell: "E2"}) {
		t.Errorf("place %v", got.Rows[0].Place)
	}
}

func TestOptions(t *testing.T) {
	one, many := questions[0].Question, questions[1].Question
	for _, tc := range []struct {
		q    catalog.Question
		cell string
		want string
		ok   bool
	}{
		{one, "", "", true}, {one, " yes,  IN writing\n", "yes", true}, {one, "no", "no", true}, {one, "2", "no", true}, {one, "2 = No", "no", true},
		{one, "perhaps", "", false}, {one, "3", "", false}, {one, "0", "", false}, {one, "Yes, in writing; No", "yes no", false}, {one, "=1", "", false},
		{many, "Authority; CSIRT", "a", true}, {many, "1;3", "a c", true}, {many, "Customers\nStaff\n", "b c", true}, {many, "2;2", "b", true}, {many, "1, 3", "", false},
		{many, "Authority; CSIRT\nStaff", "a c", true}, {many, "Customers; Staff\n1", "b c a", true},
	} {
		got, ok := workbook.Options(tc.q, tc.cell)
		if ok != tc.ok || strings.Join(got, " ") != tc.want {
			t.Errorf("%s %q: %v, %v", tc.q.ID, tc.cell, got, ok)
		}
	}
}

// TestEveryQuestionComesBack: the words of the catalogue say which option is meant.
func TestEveryQuestionComesBack(t *testing.T) {
	cat, err := catalog.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range cat.Questions() {
		var ids, texts []string
		for _, o := range q.Options {
			if got, ok := workbook.Options(q, o.Text); !ok || !slices.Equal(got, []string{o.ID}) {
				t.Errorf("%s: %q reads as %v", q.ID, o.Text, got)
			}
			ids, texts = append(ids, o.ID), append(texts, o.Text)
		}
		if got, ok := workbook.Options(q, strings.Join(texts, "\n")); q.Type == catalog.Many && (!ok || !slices.Equal(got, ids)) {
			t.Errorf("%s: all options read as %v", q.ID, got)
		}
	}
}

// TestTextsAreNoFormulas: whatever an organisation writes, its cells are texts.
func TestTextsAreNoFormulas(t *testing.T) {
	b := book()
	hostile := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", `=HYPERLINK("https://evil.example")`, "=cmd|' /C calc'!A0"}
	b.Questions = nil
	for i, text := range hostile {
		q := questions[2]
		q.ID, q.Note, q.Owner = "q."+string(rune('a'+i)), text, text
		b.Questions = append(b.Questions, q)
		b.Evidence = append(b.Evidence, workbook.Evidence{ID: text, Title: text, Owner: text, Location: text, Kind: text})
	}
	b.Name = hostile[0]
	file := written(t, b, "en")
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range z.File {
		xml := partContent(t, part)
		if strings.HasPrefix(part.Name, "xl/worksheets/") && (bytes.Contains(xml, []byte("<f>")) || bytes.Contains(xml, []byte("<f "))) {
			t.Errorf("%s holds a formula", part.Name)
		}
	}
	got, err := workbook.Read(file)
	if err != nil || len(got.Problems) > 0 || len(got.Rows) != len(hostile) {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, r := range got.Rows {
		if want := workbook.Tidy(hostile[i]); r.Note != want {
			t.Errorf("note %q, want %q", r.Note, want)
		}
	}
}

func TestProblems(t *testing.T) {
	file := filled(t, written(t, book(), "en"), func(f *excelize.File) {
		if err := errors.Join(f.SetCellFormula("Answers", "E2", "1+1"), f.SetCellFormula("Answers", "F3", `HYPERLINK("x")`)); err != nil {
			t.Fatal(err)
		}
		set(t, f, "A5", "q.open")
		set(t, f, "A6", "q.long")
		set(t, f, "F6", strings.Repeat("x", 20_001))
		set(t, f, "A7", "q.new")
		set(t, f, "E7", "Yes")
	})
	got, err := workbook.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, p := range got.Problems {
		places = append(places, p.Sheet+" "+p.Cell+" "+p.Text.Key)
	}
	want := []string{"Answers E2 workbook.problem.formula", "Answers F3 workbook.problem.formula", "Answers A5 workbook.problem.twice", "Answers F6 workbook.problem.long"}
	if !slices.Equal(places, want) {
		t.Errorf("problems %q", places)
	}
	if len(got.Rows) != 2 || got.Rows[1].Question != "q.new" || got.Rows[1].Version != 0 {
		t.Errorf("rows %+v", got.Rows)
	}
}

// packed is a package with the parts of another, if any, and some more of a size.
func packed(t testing.TB, like []byte, size int64, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	if like != nil {
		r, err := zip.NewReader(bytes.NewReader(like), int64(len(like)))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range r.File {
			if err := z.Copy(part); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(w, spaces{}, size); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestProgramsAreNotLookedAt: macros and links to other files change nothing.
func TestProgramsAreNotLookedAt(t *testing.T) {
	file := packed(t, written(t, book(), "en"), 1000, "xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml", "xl/embeddings/oleObject1.bin")
	if got, err := workbook.Read(file); err != nil || len(got.Rows) != 3 || len(got.Problems) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestRefused(t *testing.T) {
	good := written(t, book(), "en")
	foreign := excelize.NewFile()
	defer foreign.Close()
	var strange bytes.Buffer
	if err := foreign.Write(&strange); err != nil {
		t.Fatal(err)
	}
	renamed := filled(t, good, func(f *excelize.File) {
		if err := f.SetSheetName("Answers", "Mine"); err != nil {
			t.Fatal(err)
		}
	})
	rows := filled(t, good, func(f *excelize.File) { set(t, f, "A5001", "q.far") })
	many := make([]string, 501)
	for i := range many {
		many[i] = "xl/media/" + strconv.Itoa(i)
	}
	for name, tc := range map[string]struct {
		file []byte
		key  string
	}{
		"nothing":             {nil, "type"},
		"text":                {[]byte("id,answer"), "type"},
		"a page":              {[]byte("<html>"), "type"},
		"an old spreadsheet":  {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "old"},
		"another package":     {packed(t, nil, 10, "word/document.xml"), "type"},
		"cut off":             {good[:len(good)/2], "broken"},
		"too large":           {make([]byte, workbook.Largest+1), "too_large"},
		"a bomb":              {packed(t, good, 50<<20, "xl/media/1"), "bomb"},
		"a bomb of many":      {packed(t, good, 4<<20, "xl/media/1", "xl/media/2", "xl/media/3", "xl/media/4"), "bomb"},
		"with too many parts": {packed(t, good, 1, many...), "bomb"},
		"made elsewhere":      {strange.Bytes(), "foreign"},
		"with renamed sheets": {renamed, "no_sheet"},
		"with too many rows":  {rows, "rows"},
	} {
		_, err := workbook.Read(tc.file)
		var refused *workbook.Refused
		if !errors.As(err, &refused) || refused.Text.Key != "workbook.refused."+tc.key {
			t.Errorf("%s: %v, want %s", name, err, tc.key)
		}
	}
}

// FuzzRead: no sheet, however broken, ends the program or yields rows without a place.
func FuzzRead(f *testing.F) {
	small := book()
	small.Questions = questions[:1]
	good := written(f, small, "en")
	f.Add([]byte("<worksheet/>"), false)
	f.Add([]byte("PK\x03\x04"), true)
	f.Add(good, true)
	z, err := zip.NewReader(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		f.Fatal(err)
	}
	answers := func(name string) bool { return name == "xl/worksheets/sheet2.xml" }
	for _, part := range z.File {
		if answers(part.Name) {
			f.Add(partContent(f, part), false)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, whole bool) {
		file := data
		if !whole {
			file = replaced(t, z, answers, data)
		}
		got, err := workbook.Read(file)
		var refused *workbook.Refused
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("an error of another kind: %v", err)
		}
		for _, r := range got.Rows {
			if r.Question == "" || r.Place.Cell == "" || r.Version < 0 {
				t.Errorf("a row without place or question: %+v", r)
			}
		}
	})
}

func partContent(t testing.TB, part *zip.File) []byte {
	t.Helper()
	r, err := part.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// replaced is a package with other bytes in the part of a name.
func replaced(t testing.TB, z *zip.Reader, in func(name string) bool, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range z.File {
		if !in(part.Name) {
			if err := w.Copy(part); err != nil {
				t.Fatal(err)
			}
			continue
		}
		to, err := w.Create(part.Name)
		if err == nil {
			_, err = to.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func BenchmarkWrite(b *testing.B) {
	large := book()
	for i := range 200 {
		q := questions[i%3]
		q.ID += strings.Repeat("x", i+1)
		large.Questions = append(large.Questions, q)
	}
	for b.Loop() {
		written(b, large, "en")
	}
}

// TestDuties: owners and days are read as they were typed; a cell that holds a day
// reads as one; formulas are left out, and workbooks of the first format have none.
func TestDuties(t *testing.T) {
	b := book()
	b.People = []string{"Anna Huber", "Bo Lind"}
	b.Questions = slices.Clone(questions)
	b.Questions[0].Owner, b.Questions[0].Due = "Anna Huber", law.MustDate("2027-01-02")
	b.Tasks = []workbook.Task{{ID: "t1", Title: "Test the copies", State: "todo"}}
	file := written(t, b, "en")
	got, err := workbook.Read(file)
	if err != nil || len(got.Duties) != len(questions)+2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, d := range got.Duties {
		if d.Touched() || d.Emptied() {
			t.Errorf("%+v is touched", d)
		}
	}
	if d := got.Duties[0]; d.Stale("Anna Huber", law.MustDate("2027-01-02")) || !d.Stale("Bo Lind", law.MustDate("2027-01-02")) || !d.Stale("Anna Huber", law.Date{}) {
		t.Errorf("%+v is stale at the wrong time", d)
	}
	changed := filled(t, file, func(f *excelize.File) {
		if err := errors.Join(f.SetCellStr("Answers", "G2", ""), f.SetCellStr("Requirements", "G2", " Bo Lind "), f.SetCellValue("Requirements", "H2", 46752),
			f.SetCellFormula("Tasks", "D2", "1+1")); err != nil {
			t.Fatal(err)
		}
	})
	got, err = workbook.Read(changed)
	if err != nil || len(got.Duties) != len(questions)+1 || len(got.Problems) != 1 || got.Problems[0].Place != (workbook.Place{Sheet: "Tasks", Cell: "D2"}) {
		t.Fatalf("%+v, %v", got, err)
	}
	if !got.Duties[0].Emptied() {
		t.Errorf("%+v is not emptied", got.Duties[0])
	}
	if d := got.Duties[len(questions)]; !d.Touched() || d.Kind != workbook.OfRequirement || d.Owner != "Bo Lind" || d.Due != "2027-12-31" || d.DueAt.Cell != "H2" {
		t.Errorf("%+v", d)
	}
	first := filled(t, changed, func(f *excelize.File) {
		if err := f.SetCellStr("_nisaba", "A1", "nisaba-workbook/1"); err != nil {
			t.Fatal(err)
		}
	})
	if got, err = workbook.Read(first); err != nil || len(got.Duties) > 0 || len(got.Rows) != len(questions) {
		t.Errorf("the first format: %+v, %v", got, err)
	}
}

func TestDay(t *testing.T) {
	for text, want := range map[string]string{"": "", " 2027-03-31 ": "2027-03-31", "31.3.2027": "2027-03-31", "01.02.2027": "2027-02-01"} {
		if day, ok := workbook.Day(text); !ok || day.String() != want {
			t.Errorf("%q: %v, %v", text, day, ok)
		}
	}
	for _, text := range []string{"soon", "31/3/2027", "30.2.2027", "2027-13-01", "1027-01-01", "46752"} {
		if day, ok := workbook.Day(text); ok {
			t.Errorf("%q is taken for %v", text, day)
		}
	}
}
