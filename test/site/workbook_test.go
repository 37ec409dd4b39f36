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
	status, file := v.get(organisation + "/workbook/export?language=en")
	if status != http.StatusOK {
		v.t.Fatalf("the spreadsheet: %d", status)
	}
	f, err := excelize.OpenReader(strings.NewReader(file))
	if err != nil {
		v.t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Answers")
	if err != nil {
		v.t.Fatal(err)
	}
	found := 0
	for i, row := range rows {
		if answer, ok := answers[row[0]]; ok {
			found++
			if err := f.SetCellStr("Answers", "E"+strconv.Itoa(i+1), answer); err != nil {
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
	if status != http.StatusOK || !strings.HasSuffix(at, "/workbook") || !strings.Contains(page, "Changed answers: 1") {
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
