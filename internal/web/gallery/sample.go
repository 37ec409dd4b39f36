package gallery

import (
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

// frame is the frame of a gallery page.
func frame(title, lead, current string) ui.PageProps {
	at := func(text, url string, icon ui.Icon, count int) ui.Link {
		return ui.Link{Text: text, URL: url, Icon: icon, Current: url == current, Count: count, CountText: "open"}
	}
	return ui.PageProps{
		Title: title, Lead: lead,
		Workspace: ui.Link{Text: "Nordlicht IT-Service", URL: "/portfolio"},
		Nav: []ui.Section{
			{Links: []ui.Link{at("Portfolio", "/portfolio", ui.IconHome, 0), at("Tasks", "/parts", ui.IconList, 14)}},
			{Title: "Stadtwerke Beispielstadt", Links: []ui.Link{
				at("Scope and class", "/wizard", ui.IconShield, 0), at("Assessment", "/workspace", ui.IconCheck, 37),
				at("Evidence", "/forms", ui.IconFile, 3), at("Deadlines", "/deadlines", ui.IconClock, 2),
			}},
			{Title: "Workspace", Links: []ui.Link{at("People", "/people", ui.IconUsers, 0), at("Settings", "/settings", ui.IconGear, 0)}},
		},
		Switch: ui.Switcher{Current: "Stadtwerke Beispielstadt", All: ui.Link{Text: "All 12 clients", URL: "/portfolio"},
			Links: []ui.Link{{Text: "Stadtwerke Beispielstadt", URL: "/workspace", Current: true}, {Text: "Molkerei Talgrund eG", URL: "/wizard"}, {Text: "Hafenlogistik Nord GmbH & Co. KG", URL: "/forms"}}},
		Search:  ui.Search{URL: "/search", Label: "Find clients, requirements, evidence"},
		Inbox:   ui.Link{Text: "Inbox", URL: "/parts", Count: 4, CountText: "unread messages"},
		Person:  ui.Person{Name: "Maren Petersen", Note: "consultant", Links: []ui.Link{{Text: "Account and devices", URL: "/sign-in"}}, SignOut: "/sign-out"},
		Crumbs:  []ui.Link{{Text: "Portfolio", URL: "/portfolio"}, {Text: "Stadtwerke Beispielstadt", URL: "/workspace"}},
		Footer:  []ui.Link{{Text: "What changed in this version", URL: "/parts"}, {Text: "Not legal advice", URL: "/parts"}},
		Actions: []ui.ButtonProps{{Text: "Download report", URL: "/parts", Icon: ui.IconDownload}, {Text: "Add client", URL: "/forms", Kind: ui.Primary, Icon: ui.IconPlus}},
	}
}

func results(q string) []ui.ResultGroup {
	if strings.HasPrefix(q, "x") {
		return nil
	}
	return []ui.ResultGroup{{Title: "Clients", Links: []ui.Link{{Text: "Stadtwerke Beispielstadt", URL: "/workspace"}}},
		{Title: "Evidence", Links: []ui.Link{{Text: "Backup policy, version 3", URL: "/forms", Icon: ui.IconFile}}}}
}

func statuses() []ui.Status {
	return []ui.Status{{Tone: ui.Good, Word: "Met"}, {Tone: ui.Partly, Word: "Partly met"}, {Tone: ui.Bad, Word: "Not met"},
		{Tone: ui.Open, Word: "Not assessed"}, {Tone: ui.Aside, Word: "Not applicable"}, {Tone: ui.Info, Word: "Note"}, {Tone: ui.Neutral, Word: "Draft"}}
}

func toneOf(percent float64) ui.Tone {
	switch {
	case percent == 0:
		return ui.Open
	case percent < 40:
		return ui.Bad
	case percent < 80:
		return ui.Partly
	}
	return ui.Good
}

func score(percent float64) ui.Score {
	return ui.Score{Percent: percent, Text: fmt.Sprintf("%.0f%%", percent), Target: 80, Tone: toneOf(percent), Why: "#trace-1", WhyText: "how the score is made"}
}

func measures(seed int) []ui.Measure {
	names := []string{"Risk analysis and policies", "Incident handling", "Continuity and backups", "Supply chain", "Secure development", "Effectiveness", "Cyber hygiene and training", "Cryptography", "People and access", "Strong authentication"}
	out := make([]ui.Measure, len(names))
	for i, n := range names {
		p := float64((seed*37 + i*29) % 101)
		out[i] = ui.Measure{Key: string(rune('a' + i)), Name: n, Percent: p, Text: fmt.Sprintf("%.0f%%", p), Tone: toneOf(p)}
	}
	return out
}

func bars() chart.Bars {
	b := chart.Bars{Heading: "Where we stand", About: "Score of each measure with the target", TargetLabel: "Target", TargetText: "80%",
		Columns: [5]string{"", "Measure", "Score", "Target", "Met"}}
	for _, m := range measures(3) {
		b.Items = append(b.Items, chart.Bar{Key: m.Key, Name: m.Name, Value: m.Percent, Text: m.Text, Target: 80, Tone: m.Tone, Word: "", Note: "12 of 30"})
	}
	return b
}

func stack() chart.Stack {
	s := chart.Stack{Heading: "Requirements by status", About: "All 112 requirements", Columns: [3]string{"Status", "Count", "Share"}}
	for i, t := range statuses()[:5] {
		n := 40 - i*8
		s.Parts = append(s.Parts, chart.Part{Tone: t.Tone, Label: t.Word, Count: n, Text: fmt.Sprint(n), Share: fmt.Sprintf("%d%%", n)})
	}
	return s
}

var clients = [...]string{"Stadtwerke Beispielstadt", "Molkerei Talgrund eG", "Hafenlogistik Nord GmbH & Co. KG", "Klinikum Seeblick", "Nordlicht IT-Service", "Druckhaus am Markt",
	"Wasserverband Unterelbe", "Pharma Rosenau AG", "Spedition Harms", "Online-Marktplatz Kiebitz", "Gemeinde Kirchbarkau", "Forschungsinstitut für Küstenschutz und Meerestechnik"}

func portfolioTable() ui.TableProps {
	t := ui.TableProps{ID: "clients", Caption: "12 clients, those with the next deadline first", Select: "id", SelectForm: "bulk", Columns: []ui.Column{
		{Label: "Client", Sort: "?sort=name"}, {Label: "Class", Sort: "?sort=class"}, {Label: "Score", Sort: "?sort=score"}, {Label: "Measures a–j", Optional: true, Narrow: true},
		{Label: "Trend", Optional: true, Narrow: true}, {Label: "Next statutory deadline", Sort: "?sort=due", Sorted: ui.Ascending}, {Label: "Overdue tasks", Numeric: true, Narrow: true}}}
	for i, name := range clients {
		p := float64((i*23 + 17) % 101)
		class := []ui.Status{{Tone: ui.Info, Word: "Essential"}, {Tone: ui.Info, Word: "Important"}, {Tone: ui.Aside, Word: "Not covered"}}[i%3]
		due := ui.DeadlineProps{By: now().Add(time.Duration(i*i*9-14) * time.Hour), Soon: 72 * time.Hour}
		if i%2 == 1 {
			due = ui.DeadlineProps{On: law.MustDate("2026-12-04").AddDays(i * 11)}
		}
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("client-%d", i), Value: fmt.Sprint(i), Name: name, Cells: []templ.Component{
			ui.LinkCell(name, "/workspace", []string{"Energy", "Food", "Transport", "Health"}[i%4]), ui.StatusBadge(class), ui.ScoreBar(score(p)), ui.MeasureBars("Measures", measures(i)),
			ui.Trend("from 31% to 64% in 12 months", []float64{31, 33, 30, 41, 44, p, 52, 58, 64}), ui.Deadline(due), ui.Words(fmt.Sprint(i * 3 % 7))}})
	}
	return t
}

func requirements(current int) ui.TableProps {
	t := ui.TableProps{ID: "requirements", Caption: "Requirements of measure c", Dense: true, Columns: []ui.Column{{Label: "Requirement"}, {Label: "Status", Narrow: true}, {Label: "Owner", Optional: true}}}
	for i, name := range []string{"Backups are made of all systems that the service needs", "A restore is tried at least once a year", "Copies are kept apart from the network", "There is a plan for the failure of the main site",
		"Who may declare a crisis is decided", "Suppliers that the plan needs are named in it", "The plan is exercised", "Keys for encrypted copies are kept safe"} {
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("r%d", i), Current: i == current, Cells: []templ.Component{
			ui.LinkCell(name, fmt.Sprintf("/workspace?r=%d", i), fmt.Sprintf("C-%02d · until March 2027", i+1)), ui.StatusBadge(statuses()[(i*2)%5]), ui.Words("T. Brandt")}})
	}
	return t
}

func events() []ui.Event {
	return []ui.Event{
		{At: now().Add(-20 * time.Minute), Who: "Maren Petersen", What: "changed the answer to “Is a restore tried at least once a year?”", URL: "/workspace", Tone: ui.Info,
			Changes: []ui.Change{{Field: "Answer", Before: "No", After: "Yes, every quarter"}, {Field: "Note", After: "Report of the restore of 3 November attached"}}, Undo: ui.Undo{Action: "/undo", Fields: map[string]string{"entry": "41"}}},
		{At: now().Add(-26 * time.Hour), Who: "Till Brandt", What: "added evidence “Backup policy, version 3”", Tone: ui.Good},
		{At: now().Add(-90 * 24 * time.Hour), Who: "Nisaba", What: "the certificate “ISO 27001” has expired", Tone: ui.Bad},
	}
}

func trace() []ui.TraceItem {
	return []ui.TraceItem{
		{Kind: "Answer", Text: "A restore is tried every quarter", Note: "Maren Petersen, 25 November 2026", URL: "/workspace", Counted: true},
		{Kind: "Evidence", Text: "Report of the restore of 3 November", Note: "valid until 3 November 2027", Counted: true},
		{Kind: "Answer", Text: "A restore is tried once a year", Note: "replaced by a later answer"},
	}
}
