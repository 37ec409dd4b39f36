package pages

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/checklist"
	"github.com/nisaba-platform/nisaba/internal/report/form"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func (s *Site) deskChecklistRoutes(add adder) {
	add(Workspace, "GET /authority/checklists", s.deskChecklists)
	add(Workspace, "GET /authority/checklists/{list}", s.deskChecklist)
	add(Workspace, "POST /authority/checklists/{list}", s.deskMark)
	add(Workspace, "GET /authority/checklists/{list}/{file}", s.deskChecklistFile)
}

func checklistURL(l authority.Worked, parts ...string) string {
	return "/authority/checklists/" + strings.Join(append([]string{l.ID}, parts...), "/")
}

func (s *Site) deskChecklists(w http.ResponseWriter, r *http.Request) error {
	all, err := s.authority.Checklists(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "authority.checklists"), ui.T(r.Context(), "authority.checklists.lead"))
	return ui.Render(w, r, http.StatusOK, deskChecklistsPage(p, all))
}

// checklistView is the page of one list.
type checklistView struct {
	authority.Worked
	language string
	may      bool
	item     string // whose form has errors
	errors   ui.Errors
}

func (s *Site) deskChecklist(w http.ResponseWriter, r *http.Request) error {
	return s.showChecklist(w, r, "", nil)
}

func (s *Site) showChecklist(w http.ResponseWriter, r *http.Request, item string, wrong ui.Errors) (err error) {
	v := checklistView{language: readIn(r.Context()), may: mayDesk(r, "", authz.IncidentDecide), item: item, errors: wrong}
	if v.Worked, err = s.authority.Checklist(r.Context(), visitOf(r).Actor, r.PathValue("list")); err != nil {
		return err
	}
	p := s.frame(r, v.Title.In(v.language), v.About.In(v.language))
	p.Crumbs = append(p.Crumbs, ui.Link{Text: ui.T(r.Context(), "authority.checklists"), URL: "/authority/checklists"})
	for _, ending := range []string{form.PDF, form.DOCX, "csv", "json"} {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: strings.ToUpper(ending), URL: checklistURL(v.Worked, v.ID+"."+ending), Icon: ui.IconDownload})
	}
	return ui.Render(w, r, statusOf(wrong), deskChecklistPage(r, p, v))
}

// readIn is the language in which the page is read.
func readIn(ctx context.Context) string {
	if p := ui.From(ctx).Printer; p != nil {
		return p.Language
	}
	return "en"
}

func (s *Site) deskMark(w http.ResponseWriter, r *http.Request) error {
	wrong, item := ui.Errors{}, r.PostFormValue("item")
	version, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil && r.PostFormValue("version") != "" {
		return &fault.Error{Kind: fault.Invalid, Field: "version", What: "it is no number"}
	}
	m := checklist.Mark{Status: checklist.Status(r.PostFormValue("status")), Note: strings.ReplaceAll(r.PostFormValue("note"), "\r\n", "\n"),
		Evidence: strings.Split(strings.ReplaceAll(r.PostFormValue("evidence"), "\r\n", "\n"), "\n"), Owner: r.PostFormValue("owner"), Due: dayOf(r, wrong, "due")}
	if len(wrong) > 0 {
		return s.showChecklist(w, r, item, wrong)
	}
	err = s.authority.MarkItem(r.Context(), visitOf(r).Actor, r.PathValue("list"), item, m, version)
	if wrong, ok := ui.ErrorsOf(r.Context(), err); err != nil && ok {
		return s.showChecklist(w, r, item, wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/authority/checklists/"+url.PathEscape(r.PathValue("list"))+"#point-"+item)
}

func (s *Site) deskChecklistFile(w http.ResponseWriter, r *http.Request) error {
	l, err := s.authority.Checklist(r.Context(), visitOf(r).Actor, r.PathValue("list"))
	if err != nil {
		return err
	}
	name, ending, _ := strings.Cut(r.PathValue("file"), ".")
	if name != l.ID {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such file"}
	}
	if onPaper(ending) {
		return handOut(w, checklistDocument(r.Context(), l, visitOf(r).Workspace.Name, visitOf(r).Actor.Day(s.clock.Now())), name+"."+ending)
	}
	head, rows := l.Lines(readIn(r.Context()))
	return writeList(w, r, name, ending, l, head, rows)
}

// input is a field of the form of a point: what stands there, or what was typed when it
// came back.
func (v checklistView) input(r *http.Request, item string, f ui.Field) ui.Field {
	f.ID = "f-" + item + "-" + f.Name
	if v.item != item {
		return f
	}
	return field(r, v.errors, f)
}

func (v checklistView) errorsOf(item string) ui.Errors {
	if v.item == item {
		return v.errors
	}
	return nil
}

func checklistStatus(ctx context.Context, s checklist.Status) ui.Status {
	tones := map[checklist.Status]ui.Tone{checklist.Open: ui.Open, checklist.Begun: ui.Partly, checklist.Partly: ui.Partly, checklist.Met: ui.Good, checklist.Aside: ui.Aside}
	return ui.Status{Tone: tones[s], Word: ui.T(ctx, "authority.checklist.status."+string(s))}
}

func checklistOptions(ctx context.Context, chosen checklist.Status) (out []ui.Option) {
	for _, s := range checklist.Statuses() {
		out = append(out, ui.Option{Value: string(s), Label: ui.T(ctx, "authority.checklist.status."+string(s)), Selected: s == chosen})
	}
	return out
}

// settled is how far a list is, as words.
func settled(ctx context.Context, l authority.Worked) string {
	return ui.T(ctx, "authority.checklist.settled", "count", l.Count(checklist.Met)+l.Count(checklist.Aside), "all", len(l.Items()))
}

// isAddress reports whether a piece of evidence can be opened in a browser.
func isAddress(evidence string) bool {
	u, err := url.Parse(evidence)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

func dayText(d law.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// origin says from which text a list comes, when it was compared, and how sure that is.
func (v checklistView) origin(ctx context.Context) string {
	text := ui.T(ctx, "authority.checklist.source", "source", ui.Cite(ctx, v.Source), "date", v.Checked, "version", v.Version)
	if v.Confidence != law.Verified {
		text += " (" + ui.T(ctx, "country.confidence."+string(v.Confidence)) + ")"
	}
	return text
}

// checklistDocument is a list as a paper.
func checklistDocument(ctx context.Context, l authority.Worked, who string, day law.Date) model.Document {
	language := readIn(ctx)
	d := paper(ctx, l.Title.In(language), who, day)
	d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(l.About.In(language))}, model.Paragraph{Text: model.Say(settled(ctx, l))})
	for _, p := range l.Parts {
		t := model.Table{Caption: p.Title.In(language), Small: true, Columns: []model.Column{{Title: ui.T(ctx, "authority.checklist.point"), Weight: 4},
			{Title: ui.T(ctx, "authority.checklist.status"), Weight: 1.3}, {Title: ui.T(ctx, "authority.checklist.note"), Weight: 4}, {Title: ui.T(ctx, "authority.checklist.owner"), Weight: 2}}}
		for _, x := range p.Items {
			m := l.Mark(x.ID)
			said := model.Cell{}
			for _, text := range append(strings.Split(m.Note, "\n"), m.Evidence...) {
				if strings.TrimSpace(text) != "" {
					said.Lines = append(said.Lines, model.Say(text))
				}
			}
			owner := model.Words(m.Owner)
			if !m.Due.IsZero() {
				owner.Lines = append(owner.Lines, model.Say(ui.From(ctx).Printer.Date(m.Due)))
			}
			t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{{Lines: []model.Text{model.Say(x.Title.In(language)), model.Quietly(ui.Cite(ctx, x.Citation))}},
				model.Words(checklistStatus(ctx, m.Status).Word), said, owner}})
		}
		d.Blocks = append(d.Blocks, model.Heading{Level: 1, ID: p.ID, Text: p.Title.In(language)}, t)
	}
	v := checklistView{Worked: l}
	d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(v.origin(ctx)), Small: true})
	return d
}
