package pages

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/alarming"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/working"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	queued "github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) jobRoutes(add adder) {
	add(Workspace, "GET /jobs", s.jobs)
	add(Workspace, "GET /jobs/{job}", s.job)
	add(Workspace, "POST /jobs/retry", s.changeJob(s.working.Retry))
	add(Workspace, "POST /jobs/cancel", s.changeJob(s.working.Cancel))
	add(Workspace, "POST /jobs/resend", s.changeJob(s.working.Resend))
	add(Workspace, "POST /jobs/refresh", s.refreshAll)
	add(Workspace, "GET /organisations/import-many", s.importManyPage)
	add(Workspace, "POST /organisations/import-many", sized(clients.MostUpload+1<<20, s.importMany))
	add(SignedIn, "GET /events", s.events)
}

// uploadPatience is how long a slow line may take for an upload.
const uploadPatience = 5 * time.Minute

// sized gives a page its own limit for what is sent to it.
func sized(limit int64, h guard.Handler) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) (err error) {
		guard.MaxBody(limit, uploadPatience)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { err = h(w, r) })).ServeHTTP(w, r)
		return err
	}
}

func (s *Site) jobs(w http.ResponseWriter, r *http.Request) error {
	a := visitOf(r).Actor
	list, err := s.working.Jobs(r.Context(), a)
	if err != nil {
		return err
	}
	outbox, err := s.working.Outbox(r.Context(), a)
	if err != nil {
		return err
	}
	known, err := s.clients.Portfolio(r.Context(), a)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, o := range known {
		names[o.Organisation.ID] = o.Organisation.Name
	}
	p := s.frame(r, ui.T(r.Context(), "jobs.title"), ui.T(r.Context(), "jobs.lead"))
	p.Wide = true
	return ui.Render(w, r, http.StatusOK, jobsPage(p, list, outbox, names, working.MayManage(a), working.MayRefresh(a), s.mails.Ready()))
}

func (s *Site) job(w http.ResponseWriter, r *http.Request) error {
	a := visitOf(r).Actor
	j, err := s.working.Job(r.Context(), a, r.PathValue("job"))
	if err != nil {
		return err
	}
	bulk, err := s.bulkOf(r, j)
	if err != nil {
		return err
	}
	p := s.frame(r, jobName(r.Context(), j), "")
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "jobs.title"), URL: "/jobs"}}
	return ui.Render(w, r, http.StatusOK, jobPage(p, j, bulk, working.MayManage(a)))
}

// changeJob is a button of the jobs page.
func (s *Site) changeJob(f func(context.Context, authz.Actor, string) error) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := f(r.Context(), visitOf(r).Actor, r.PostFormValue("id")); err != nil {
			return err
		}
		return guard.Redirect(w, r, "/jobs")
	}
}

func (s *Site) refreshAll(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.clients.RefreshAll(r.Context(), visitOf(r).Actor); err != nil {
		return err
	}
	return guard.Redirect(w, r, "/jobs")
}

func (s *Site) importManyPage(w http.ResponseWriter, r *http.Request) error {
	if _, err := visitOf(r).Actor.Workspace(authz.OrganisationCreate); err != nil {
		return err
	}
	return s.showImportMany(w, r, nil)
}

func (s *Site) showImportMany(w http.ResponseWriter, r *http.Request, e ui.Errors) error {
	p := s.frame(r, ui.T(r.Context(), "jobs.import.title"), ui.T(r.Context(), "jobs.import.lead"))
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.portfolio.title"), URL: "/"}}
	return ui.Render(w, r, statusOf(e), importManyPage(r, p, e))
}

func (s *Site) importMany(w http.ResponseWriter, r *http.Request) error {
	uploads, err := uploadsOf(r, "files")
	if err != nil {
		return err
	}
	job, err := s.clients.ImportMany(r.Context(), visitOf(r).Actor, kindOf(r), uploads)
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showImportMany(w, r, e)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/jobs/"+job.ID)
}

// uploadsOf reads the files of a field; a form without any gives none.
func uploadsOf(r *http.Request, field string) ([]clients.Upload, error) {
	if err := r.ParseMultipartForm(8 << 20); err != nil && err != http.ErrNotMultipart { //nolint:errorlint // returned as it is
		return nil, err
	}
	if r.MultipartForm == nil {
		return nil, nil
	}
	var out []clients.Upload
	for _, h := range r.MultipartForm.File[field] {
		f, err := h.Open()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(f)
		f.Close() //nolint:errcheck // read only
		if err != nil {
			return nil, err
		}
		out = append(out, clients.Upload{Name: h.Filename, Data: b})
	}
	return out, nil
}

func filesField(r *http.Request, e ui.Errors) ui.Field {
	return ui.Field{Name: "files", Label: ui.T(r.Context(), "jobs.import.files"), Hint: ui.T(r.Context(), "jobs.import.files.hint"),
		Required: true, Multiple: true, Accept: ".yaml,.yml,.csv,.zip", Error: e["files"]}
}

// jobName is what a kind of job is called; kinds without a name show their own.
func jobName(ctx context.Context, j queued.Job) string {
	key := "jobs.kind." + j.Kind
	if text := ui.T(ctx, key); text != "⟪"+key+"⟫" {
		return text
	}
	return j.Kind
}

// effectName says what kind of message it is, for those that are no mails.
func effectName(ctx context.Context, kind string) string {
	if key := "jobs.effect." + kind; ui.From(ctx).Printer.Has(key) {
		return ui.T(ctx, key)
	}
	return kind
}

func stateOf(ctx context.Context, st queued.State) ui.Status {
	tone := map[queued.State]ui.Tone{queued.Waiting: ui.Neutral, queued.Running: ui.Info, queued.Done: ui.Good, queued.Dead: ui.Bad,
		queued.Cancelled: ui.Neutral, queued.Held: ui.Partly}[st]
	return ui.Status{Tone: tone, Word: ui.T(ctx, "jobs.state."+string(st))}
}

func percentText(ctx context.Context, j queued.Job) string {
	return ui.Number(ctx, j.Progress*100, 0) + " %"
}

func jobsTable(ctx context.Context, list []queued.Job, manage bool) ui.TableProps {
	t := ui.TableProps{ID: "jobs-table", Caption: ui.T(ctx, "jobs.title"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "jobs.column.work")}, {Label: ui.T(ctx, "jobs.column.state")}, {Label: ui.T(ctx, "jobs.column.progress")},
		{Label: ui.T(ctx, "jobs.column.when"), Narrow: true}, {Label: ui.T(ctx, "jobs.column.act"), HideLabel: true, Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "jobs.none"), Text: ui.T(ctx, "jobs.none.text")}}
	for _, j := range list {
		note := ""
		if j.CreatedBy == "system" {
			note = ui.T(ctx, "jobs.by.system")
		}
		t.Rows = append(t.Rows, ui.Row{ID: "job-" + j.ID, Cells: []templ.Component{ui.LinkCell(jobName(ctx, j), "/jobs/"+j.ID, note),
			jobState(j), jobProgress(j), ui.Ago(j.CreatedAt), jobButtons(j, manage)}})
	}
	return t
}

func outboxTable(ctx context.Context, list []queued.Effect, names map[string]string, manage bool) ui.TableProps {
	t := ui.TableProps{ID: "outbox", Caption: ui.T(ctx, "jobs.outbox.title"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "jobs.outbox.to")}, {Label: ui.T(ctx, "jobs.outbox.subject")}, {Label: ui.T(ctx, "jobs.column.state")},
		{Label: ui.T(ctx, "jobs.column.when"), Narrow: true}, {Label: ui.T(ctx, "jobs.outbox.sent"), Narrow: true},
		{Label: ui.T(ctx, "jobs.column.act"), HideLabel: true, Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "jobs.outbox.none"), Text: ui.T(ctx, "jobs.outbox.none.text")}}
	for _, e := range list {
		d := alarming.DeliveryOf(e)
		var sent templ.Component = ui.Words("–")
		if !e.SentAt.IsZero() {
			sent = ui.Ago(e.SentAt)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(cmp.Or(d.To, effectName(ctx, e.Kind))), effectSubject(d, e, names), effectState(e), ui.Ago(e.CreatedAt), sent, effectButtons(e, manage)}})
	}
	return t
}

// resultTable shows what became of each organisation of a job; ok is false for a
// job without such a result.
func resultTable(ctx context.Context, j queued.Job) (t ui.TableProps, ok bool) {
	t = ui.TableProps{ID: "result", Caption: ui.T(ctx, "jobs.result.title")}
	if list, ok := clients.ImportResult(j); ok {
		t.Columns = []ui.Column{{Label: ui.T(ctx, "jobs.result.item")}, {Label: ui.T(ctx, "jobs.result.organisation")}, {Label: ui.T(ctx, "jobs.result.outcome")}}
		refused := func(x clients.Imported) bool { return x.Organisation == "" }
		slices.SortStableFunc(list, func(a, b clients.Imported) int { // what is still to be done comes first
			return strings.Compare(strconv.FormatBool(refused(b)), strconv.FormatBool(refused(a)))
		})
		bad := 0
		for _, x := range list {
			if refused(x) {
				bad++
			}
		}
		t.Caption += ": " + ui.T(ctx, "jobs.result.counts", "imported", len(list)-bad, "refused", bad)
		for _, x := range list {
			name, outcome := templ.Component(ui.Words(x.Name)), outcomeCell(ui.Status{Tone: ui.Good, Word: ui.T(ctx, "jobs.result.imported")}, "")
			if x.Organisation != "" {
				name = ui.LinkCell(x.Name, "/organisations/"+x.Organisation, "")
			} else {
				outcome = outcomeCell(ui.Status{Tone: ui.Bad, Word: ui.T(ctx, "jobs.result.refused")}, ui.Failure(ctx, x.Error))
			}
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(x.Item), name, outcome}})
		}
		return t, true
	}
	done, ok := clients.RefreshResult(j)
	t.Columns = []ui.Column{{Label: ui.T(ctx, "jobs.result.organisation")}, {Label: ui.T(ctx, "jobs.result.outcome")}}
	for _, x := range done.Failed {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Name, "/organisations/"+x.Organisation, ""),
			outcomeCell(ui.Status{Tone: ui.Bad, Word: ui.T(ctx, "jobs.result.failed")}, ui.Failure(ctx, x.Error))}})
	}
	return t, ok && len(done.Failed) > 0
}

// bulkShown is what a bulk action in the background did.
type bulkShown struct {
	deed    clients.Deed
	mark    string // takes it back; "" when there is nothing to take back
	out     []clients.Outcome
	stopped bool // before its end
}

// bulkOf is what a job did to each organisation, when it is a bulk action that has ended
// or was stopped.
func (s *Site) bulkOf(r *http.Request, j queued.Job) (b bulkShown, err error) {
	done, ok := clients.BulkResult(j)
	if !ok {
		done, b.stopped, err = s.clients.StoppedBulk(r.Context(), visitOf(r).Actor, j)
		if fault.KindOf(err) == fault.Forbidden && err != nil { // whoever reads no ledger is not told
			return bulkShown{}, nil
		}
		if err != nil {
			return b, err
		}
	}
	b.deed, b.mark = done.Deed, done.Mark
	for _, c := range done.Organisations {
		o := clients.Outcome{Organisation: c.Organisation, Name: c.Name, Added: c.Added, Unchanged: c.Unchanged, Unreached: c.Unreached}
		if c.Error != "" {
			o.Err = errors.New(c.Error)
		}
		b.out = append(b.out, o)
	}
	return b, nil
}

func tries(ctx context.Context, j queued.Job) string {
	return ui.T(ctx, "jobs.tries", "attempt", strconv.Itoa(j.Attempt), "most", strconv.Itoa(j.MaxAttempts))
}
