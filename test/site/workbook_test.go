package site

import (
	"bytes"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exchange/workbook"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func workbookForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/workbook":       {"file": {"x"}},
		client + "/workbook/apply": {"change": {`{"question":"q.backup.exists","options":["none"],"note":"","version":1}`}},
	}
}

// fill downloads the spreadsheet and fills in answers by question.
func (v visitor) fill(organisation string, answers map[string]string) []byte {
	v.t.Helper()
	return v.fillIn(organisation, "en", "Answers", answers)
}

// fillIn is fill in a language, in which the sheet of answers has a name of its own.
func (v visitor) fillIn(organisation, language, sheet string, answers map[string]string) []byte {
	v.t.Helper()
	status, file := v.get(organisation + "/workbook/export?language=" + language)
	if status != http.StatusOK {
		v.t.Fatalf("the spreadsheet: %d", status)
	}
	f, err := excelize.OpenReader(strings.NewReader(file))
	if err != nil {
		v.t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(sheet)
	if err != nil {
		v.t.Fatal(err)
	}
	found := 0
	for i, row := range rows {
		if answer, ok := answers[row[0]]; ok {
			found++
			if err := f.SetCellStr(sheet, "E"+strconv.Itoa(i+1), answer); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	if found != len(answers) {
		v.t.Fatalf("%d of %d questions are in the spreadsheet", found, len(answers))
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		v.t.Fatal(err)
	}
	return out.Bytes()
}

var changeBox = regexp.MustCompile(`<input type="checkbox"[^>]*name="change" value="([^"]*)"([^>]*)>`)

// changes are the proposed changes of a preview, and those that are chosen.
func changes(page string) (all, chosen []string) {
	for _, m := range changeBox.FindAllStringSubmatch(page, -1) {
		value := html.UnescapeString(m[1])
		all = append(all, value)
		if strings.Contains(m[2], "checked") {
			chosen = append(chosen, value)
		}
	}
	return all, chosen
}

// TestWorkbookWithoutScript: nothing changes before the preview is confirmed; then
// the chosen answers do, and the score with them. What somebody else changed since
// the export is a conflict.
func TestWorkbookWithoutScript(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	file := v.fill(organisation, map[string]string{"q.backup.exists": "5", "q.backup.restore-test": "perhaps"})
	before := v.score(organisation, "measure.c")
	status, page, _ := v.upload(organisation+"/workbook", nil, sent{"filled.xlsx", bytes.NewReader(file)})
	all, chosen := changes(page)
	if status != http.StatusOK || len(all) != 1 || len(chosen) != 1 || !strings.Contains(page, "perhaps") || !strings.Contains(page, "Answers E") {
		t.Fatalf("the preview: %d with %v\n%.900s", status, all, page)
	}
	if v.score(organisation, "measure.c") != before {
		t.Error("the preview changed the score")
	}
	status, page, at := v.post(organisation+"/workbook/apply", url.Values{"change": chosen})
	if status != http.StatusOK || !strings.HasSuffix(at, "/workbook") || !strings.Contains(page, "Changes taken: 1") {
		t.Fatalf("applying led to %s with %d\n%.900s", at, status, page)
	}
	if after := v.score(organisation, "measure.c"); after >= before {
		t.Errorf("the score of measure c went from %v to %v", before, after)
	}
	if status, page, _ := v.post(organisation+"/workbook/apply", url.Values{"change": chosen}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "in the meantime") {
		t.Errorf("the same changes again: %d", status)
	}
	if status, page, _ := v.post(organisation+"/workbook/apply", nil); status != http.StatusUnprocessableEntity || !strings.Contains(page, "No change was chosen") {
		t.Errorf("no changes: %d", status)
	}
	other := v.fill(organisation, map[string]string{"q.backup.exists": "1"})
	v.post(organisation+"/questions/q.backup.exists", url.Values{"option": {"unknown"}, "topic": {"c"}})
	_, page, _ = v.upload(organisation+"/workbook", nil, sent{"filled.xlsx", bytes.NewReader(other)})
	if all, chosen := changes(page); len(all) != 1 || len(chosen) != 0 || !strings.Contains(page, "Conflict") {
		t.Errorf("after another change: %v of %v", chosen, all)
	}
}

// TestWorkbookInGerman: the spreadsheet asks in German, and an answer in the German
// words of an option is that option.
func TestWorkbookInGerman(t *testing.T) {
	known, err := catalog.Load(content.FS, "de")
	if err != nil {
		t.Fatal(err)
	}
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	q, _ := known.In("de").Question("q.backup.exists")
	last := q.Options[len(q.Options)-1]
	file := v.fillIn(organisation, "de", "Antworten", map[string]string{q.ID: last.Text})
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	x := sheetOf{t, book}
	for column, want := range map[string]string{"C": q.Text, "D": "1 = " + q.Options[0].Text} {
		if got := x.value("Antworten", column, q.ID); !strings.HasPrefix(got, want) {
			t.Errorf("column %s says %q, not %q", column, got, want)
		}
	}
	req, _ := known.In("de").Get("cir.1.1.1.a")
	if got := x.value("Anforderungen", "B", req.ID); got != req.Title {
		t.Errorf("the requirement is %q, not %q", got, req.Title)
	}
	_, page, _ := v.upload(organisation+"/workbook", nil, sent{"filled.xlsx", bytes.NewReader(file)})
	if all, _ := changes(page); len(all) != 1 || !strings.Contains(all[0], `"options":["`+last.ID+`"]`) {
		t.Errorf("the preview proposes %q\n%.900s", all, page)
	}
}

// sheetOf is a spreadsheet that can be changed by the id in its first column.
type sheetOf struct {
	t *testing.T
	f *excelize.File
}

// at is the cell of a column in the row of an id.
func (s sheetOf) at(sheet, column, id string) string {
	s.t.Helper()
	rows, err := s.f.GetRows(sheet)
	if err != nil {
		s.t.Fatal(err)
	}
	for i, row := range rows {
		if len(row) > 0 && row[0] == id {
			return column + strconv.Itoa(i+1)
		}
	}
	s.t.Fatalf("the sheet %s has no row %s", sheet, id)
	return ""
}

func (s sheetOf) value(sheet, column, id string) string {
	s.t.Helper()
	text, err := s.f.GetCellValue(sheet, s.at(sheet, column, id))
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func (s sheetOf) set(sheet, column, id string, value any) (place string) {
	s.t.Helper()
	cell := s.at(sheet, column, id)
	if err := s.f.SetCellValue(sheet, cell, value); err != nil {
		s.t.Fatal(err)
	}
	return sheet + " " + cell
}

func (s sheetOf) get(sheet, column, id string) string {
	s.t.Helper()
	text, err := s.f.GetCellValue(sheet, s.at(sheet, column, id))
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// opened is the spreadsheet of an organisation as it is now.
func (v visitor) opened(organisation string) sheetOf {
	v.t.Helper()
	_, file := v.get(organisation + "/workbook/export?language=en")
	f, err := excelize.OpenReader(strings.NewReader(file))
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { f.Close() })
	return sheetOf{v.t, f}
}

// proposed uploads a spreadsheet: the page of the preview, the proposed changes of
// duties and those that are chosen.
func (v visitor) proposed(organisation string, s sheetOf) (page string, all, chosen []string) {
	v.t.Helper()
	var out bytes.Buffer
	if err := s.f.Write(&out); err != nil {
		v.t.Fatal(err)
	}
	status, page, _ := v.upload(organisation+"/workbook", nil, sent{"filled.xlsx", &out})
	if status != http.StatusOK {
		v.t.Fatalf("the preview: %d\n%.900s", status, page)
	}
	for _, m := range dutyBox.FindAllStringSubmatch(page, -1) {
		all = append(all, html.UnescapeString(m[1]))
		if strings.Contains(m[2], "checked") {
			chosen = append(chosen, html.UnescapeString(m[1]))
		}
	}
	return page, all, chosen
}

var dutyBox = regexp.MustCompile(`<input type="checkbox"[^>]*name="duty" value="([^"]*)"([^>]*)>`)

// TestWorkbookDuties: owners and due days of questions, requirements and tasks come
// back; names and days that are none are named with their cells, and nothing changes
// before the preview is confirmed.
func TestWorkbookDuties(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	v.must(organisation+"/plan/tasks", url.Values{"title": {"Test the copies"}, "state": {"todo"}})
	book := v.opened(organisation)
	names, err := book.f.GetRows("_nisaba")
	if err != nil || len(names) < 8 || len(names[7]) != 1 {
		t.Fatalf("the people of the workbook: %q, %v", names[:min(len(names), 9)], err)
	}
	tasks, err := book.f.GetRows("Tasks")
	if err != nil || len(tasks) != 2 || tasks[1][1] != "Test the copies" {
		t.Fatalf("the tasks of the workbook: %q, %v", tasks, err)
	}
	anna, task, leaf, question := names[7][0], tasks[1][0], "cir.2.1.1", "q.backup.exists"
	if page, all, _ := v.proposed(organisation, book); len(all) > 0 || !strings.Contains(page, "Nothing would change") {
		t.Fatalf("an untouched workbook proposes %v", all)
	}

	stranger, day := book.set("Requirements", "G", leaf, "Nobody Known"), book.set("Answers", "H", question, "31/12/2027")
	alone := book.set("Tasks", "E", task, "soon")
	page, all, _ := v.proposed(organisation, book)
	for place, says := range map[string]string{stranger: "“Nobody Known” is no member", day: "“31/12/2027” is no day", alone: "“soon” is no day"} {
		if !strings.Contains(page, "<b>"+place+"</b>: "+says) {
			t.Errorf("%s is not named with %q\n%.3000s", place, says, page)
		}
	}
	if len(all) > 0 {
		t.Errorf("bad cells propose %v", all)
	}

	book.set("Requirements", "G", leaf, strings.ToUpper(anna))
	book.set("Requirements", "H", leaf, "31.12.2027")
	book.set("Answers", "G", question, anna)
	book.set("Answers", "H", question, 46752) // 2027-12-31 as spreadsheets count days
	book.set("Tasks", "D", task, anna)
	book.set("Tasks", "E", task, "2027-12-31")
	page, all, chosen := v.proposed(organisation, book)
	if len(all) != 3 || len(chosen) != 3 || strings.Count(page, "31 December 2027")+strings.Count(page, "31 Dec 2027") < 3 {
		t.Fatalf("the preview proposes %v, chosen %v\n%.3000s", all, chosen, page)
	}
	if fresh := v.opened(organisation); fresh.get("Requirements", "G", leaf)+fresh.get("Answers", "G", question)+fresh.get("Tasks", "D", task) != "" {
		t.Error("the preview changed an owner")
	}
	if status, page, _ := v.post(organisation+"/workbook/apply", url.Values{"duty": chosen}); status != http.StatusOK || !strings.Contains(page, "Changes taken: 3") {
		t.Fatalf("applying: %d\n%.900s", status, page)
	}
	fresh := v.opened(organisation)
	for sheet, row := range map[string][3]string{"Requirements": {"G", "H", leaf}, "Answers": {"G", "H", question}, "Tasks": {"D", "E", task}} {
		if owner, due := fresh.get(sheet, row[0], row[2]), fresh.get(sheet, row[1], row[2]); owner != anna || due != "2027-12-31" {
			t.Errorf("%s: %q until %q", sheet, owner, due)
		}
	}
	if status, _, _ := v.post(organisation+"/workbook/apply", url.Values{"duty": chosen}); status != http.StatusUnprocessableEntity {
		t.Errorf("the same changes again: %d", status)
	}

	fresh.set("Requirements", "G", leaf, "") // takes it back, with its day
	if _, all, chosen := v.proposed(organisation, fresh); len(all) != 1 || len(chosen) != 1 {
		t.Errorf("an emptied owner proposes %v", all)
	}
	book.set("Requirements", "H", leaf, "2028-01-01")
	if page, all, chosen := v.proposed(organisation, book); len(all) != 1 || len(chosen) != 0 || !strings.Contains(page, "Conflict") {
		t.Errorf("an old workbook proposes %v, chosen %v", all, chosen)
	}
}

// TestOneBadChangeChangesNothing: the changes of a workbook are one.
func TestOneBadChangeChangesNothing(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	before := v.score(organisation, "overall")
	for name, bad := range map[string]string{"an unknown question": `{"question":"q.no.such","options":["yes"]}`, "an unknown option": `{"question":"q.backup.restore-test","options":["x"],"version":1}`,
		"an old version": `{"question":"q.backup.restore-test","options":["none"],"version":7}`, "nonsense": "{"} {
		good := `{"question":"q.backup.exists","options":["none"],"version":1}`
		if status, _, _ := v.post(organisation+"/workbook/apply", url.Values{"change": {good, bad}}); status < 400 || status >= 500 {
			t.Errorf("%s: %d", name, status)
		}
		if v.score(organisation, "overall") != before {
			t.Fatalf("%s changed the score", name)
		}
	}
}

func TestWorkbooksThatCannotBe(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	other := v.add("water-supplier.yaml")
	_, theirs := v.get(other + "/workbook/export")
	for says, file := range map[string]string{"no .xlsx file": "id,answer\n", "an .xls file": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "cannot be read": theirs[:len(theirs)/2],
		"belongs to another organisation": theirs, "larger than 5 MB": strings.Repeat("x", workbook.Largest+1)} {
		if status, page, _ := v.upload(organisation+"/workbook", nil, sent{"a.xlsx", strings.NewReader(file)}); status != http.StatusUnprocessableEntity || !strings.Contains(page, says) {
			t.Errorf("%s: %d\n%.900s", says, status, page)
		}
	}
	if status, page, _ := v.upload(organisation+"/workbook", nil); status != http.StatusUnprocessableEntity || !strings.Contains(page, "No file is chosen") {
		t.Errorf("no file: %d", status)
	}
	if status, _, _ := v.upload(organisation+"/workbook", nil, sent{"a.xlsx", zeros(20 << 20)}); status != http.StatusRequestEntityTooLarge {
		t.Errorf("20 MB: %d", status)
	}
}

// TestWorkbookInBrowser brings a filled spreadsheet back with a browser and checks
// the pages.
func TestWorkbookInBrowser(t *testing.T) {
	site, _ := start(t)
	b := browser.Start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	before := v.score(organisation, "overall")
	file := filepath.Join(t.TempDir(), "filled.xlsx")
	if err := os.WriteFile(file, v.fill(organisation, map[string]string{"q.backup.exists": "5", "q.backup.restore-test": "perhaps", "q.governance.approval": "1"}), 0o600); err != nil {
		t.Fatal(err)
	}
	enter(b, site)
	look := lookAt(t, b, site)
	look("workbook", organisation+"/workbook")
	for width, dark := range map[int]bool{360: true, 1280: false} {
		b.Open(site+organisation+"/workbook", width, dark)
		b.Do(chromedp.SetUploadFiles("#f-file", []string{file}), chromedp.Click("#import button.primary"), chromedp.WaitVisible("#apply"))
		checkHere(t, b, "workbook-preview", width)
	}
	b.Do(chromedp.Click("#apply button.primary"), chromedp.WaitVisible(".flash"))
	if after := v.score(organisation, "overall"); after == before {
		t.Errorf("the score stayed %v", after)
	}
}
