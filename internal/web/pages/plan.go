package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func (s *Site) planRoutes(add adder) {
	add(Client, "GET "+client+"/plan", s.plan)
	add(Client, "GET "+client+"/plan/adopt", s.proposed)
	add(Client, "POST "+client+"/plan/adopt", s.adopt)
	add(Client, "GET "+client+"/plan/what-if", s.whatIf)
	add(Client, "GET "+client+"/plan/tasks/new", s.newTask)
	add(Client, "POST "+client+"/plan/tasks", s.createTask)
	add(Client, "GET "+client+"/plan/tasks/{task}", s.openTask)
	add(Client, "POST "+client+"/plan/tasks/{task}", s.saveTask)
	add(Client, "POST "+client+"/plan/tasks/{task}/remove", s.removeTask)
	add(Client, "POST "+client+"/plan/tasks/{task}/comments", s.commentTask)
	add(Client, "POST "+client+"/plan/tasks/{task}/comments/remove", s.removeTaskComment)
	add(Client, "POST "+client+"/plan/move", s.moveTask)
	add(Client, "POST "+client+"/plan/bulk", s.bulkTasks)
}

// The views of the plan.
const (
	viewList     = "list"
	viewBoard    = "board"
	viewTimeline = "timeline"
)

// planFilter says which tasks a page of the plan shows; it stands in the address.
type planFilter struct {
	View    string
	Owner   string // person; "none": nobody
	Phase   string
	Measure string
	State   string // "" = open ones and, on the board, all; "all"
	Overdue bool
	Text    string
}

func planFilterOf(q url.Values) planFilter {
	f := planFilter{View: viewList, Owner: q.Get("owner"), Phase: q.Get("phase"), Measure: q.Get("measure"), State: q.Get("state"),
		Overdue: q.Get("overdue") != "", Text: strings.TrimSpace(q.Get("q"))}
	if v := q.Get("view"); v == viewBoard || v == viewTimeline {
		f.View = v
	}
	return f
}

// query is the filter as it stands in the address, with another view.
func (f planFilter) query(view string) string {
	q := url.Values{}
	for name, value := range map[string]string{"owner": f.Owner, "phase": f.Phase, "measure": f.Measure, "state": f.State, "q": f.Text} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Overdue {
		q.Set("overdue", "1")
	}
	if view != viewList {
		q.Set("view", view)
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// shows reports whether the filter lets a task through.
func (f planFilter) shows(t planning.Task, today law.Date) bool {
	switch {
	case f.Owner == "none" && t.Owner != "" || f.Owner != "" && f.Owner != "none" && t.Owner != f.Owner,
		f.Phase != "" && t.Phase != f.Phase,
		f.Measure != "" && !slices.Contains(t.Measures, f.Measure),
		f.Overdue && !t.Overdue(today),
		f.Text != "" && !strings.Contains(strings.ToLower(t.Title+" "+t.Body), strings.ToLower(f.Text)):
		return false
	}
	switch f.State {
	case "":
		return f.View == viewBoard || t.State.Open()
	case "all":
		return true
	}
	return t.State == planning.State(f.State)
}

// planView is what the pages of the plan show.
type planView struct {
	r      *http.Request
	c      clients.Client
	people []tenant.Member
	filter planFilter
	tasks  []planning.Task    // those that the filter shows
	me     string             // person
	said   []planning.Comment // about the open task
}

// may reports whether the person may move and edit a task.
func (v planView) may(t planning.Task) bool {
	return v.edits() || authz.Allows(v.c.Role, authz.AssignedEdit) && t.Owner != "" && t.Owner == v.me
}

func (v planView) edits() bool { return authz.Allows(v.c.Role, authz.PlanEdit) }

// name is the name of a person who owns tasks.
func (v planView) name(person string) string {
	for _, m := range v.people {
		if m.Person == person {
			return m.Name
		}
	}
	return ""
}

func (v planView) today() law.Date { return v.c.In.AsOf }

// planView loads the plan.
func (s *Site) planView(r *http.Request, f planFilter) (planView, error) {
	v := planView{r: r, filter: f, me: visitOf(r).Actor.Person}
	var err error
	if v.c, err = s.load(r); err != nil {
		return v, err
	}
	if v.people, err = s.clients.Colleagues(r.Context(), visitOf(r).Actor, v.c.Organisation.ID); err != nil {
		return v, err
	}
	for _, t := range v.c.Tasks {
		if f.shows(t, v.today()) {
			v.tasks = append(v.tasks, t)
		}
	}
	return v, nil
}

func (s *Site) plan(w http.ResponseWriter, r *http.Request) error {
	v, err := s.planView(r, planFilterOf(r.URL.Query()))
	if err != nil {
		return err
	}
	flash, err := s.planFlash(r)
	if err != nil {
		return err
	}
	return s.showPlan(w, r, v, flash)
}

func (s *Site) showPlan(w http.ResponseWriter, r *http.Request, v planView, flashes []ui.Flash) error {
	p := s.clientFrame(r, v.c, "plan")
	p.Wide, p.Flashes = true, append(p.Flashes, flashes...)
	t := func(key string) string { return ui.T(r.Context(), key) }
	p.Actions = []ui.ButtonProps{{Text: t("plan.feed"), URL: "/account/calendar?organisation=" + v.c.Organisation.ID, Icon: ui.IconClock, Kind: ui.Quiet},
		{Text: t("plan.what_if"), URL: clientURL(r, "plan/what-if")}}
	if v.edits() {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: t("plan.new"), URL: clientURL(r, "plan/tasks/new"), Icon: ui.IconPlus, Kind: ui.Primary})
	}
	return ui.Render(w, r, http.StatusOK, planPage(p, v))
}

// planFlash says what the last action did; the address names it.
func (s *Site) planFlash(r *http.Request) ([]ui.Flash, error) {
	q := r.URL.Query()
	if n, err := strconv.Atoi(q.Get("changed")); err == nil {
		return []ui.Flash{{Tone: ui.Good, Text: ui.T(r.Context(), "plan.changed", "count", n)}}, nil
	}
	if n, err := strconv.Atoi(q.Get("adopted")); err == nil {
		return []ui.Flash{{Tone: ui.Good, Text: ui.T(r.Context(), "plan.adopted", "count", n)}}, nil
	}
	id := q.Get("removed")
	if id == "" {
		return nil, nil
	}
	entries, err := s.clients.History(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), "task", id, 1)
	if fault.KindOf(err) == fault.Forbidden || err == nil && (len(entries) == 0 || entries[0].After != nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []ui.Flash{{Tone: ui.Good, Text: ui.T(r.Context(), "plan.removed"),
		Undo: ui.Undo{Action: clientURL(r, "undo"), Fields: map[string]string{"entry": strconv.FormatInt(entries[0].Seq, 10)}}}}, nil
}

// planBack is the address of the plan with the filter that a form carries.
func planBack(r *http.Request, more ...string) string {
	q, err := url.ParseQuery(r.PostFormValue("filter"))
	if err != nil {
		q = url.Values{}
	}
	f := planFilterOf(q)
	address := clientURL(r, "plan") + f.query(f.View)
	for i := 0; i+1 < len(more); i += 2 {
		join := "?"
		if strings.Contains(address, "?") {
			join = "&"
		}
		address += join + more[i] + "=" + escape(more[i+1])
	}
	return address
}

func (s *Site) proposed(w http.ResponseWriter, r *http.Request) error {
	v, err := s.planView(r, planFilter{State: "all"})
	if err != nil {
		return err
	}
	p := s.planFrame(r, v.c, ui.T(r.Context(), "plan.adopt.title"), ui.T(r.Context(), "plan.adopt.lead"))
	return ui.Render(w, r, http.StatusOK, proposedPage(p, v))
}

// planFrame is the frame of a page below the plan.
func (s *Site) planFrame(r *http.Request, c clients.Client, title, lead string) ui.PageProps {
	p := s.clientFrame(r, c, "plan")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: ui.T(r.Context(), "pages.client.plan"), URL: clientURL(r, "plan")})
	p.Title, p.Lead, p.Wide = title, lead, true
	return p
}

func (s *Site) adopt(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return guard.Status(http.StatusBadRequest, "the form cannot be read")
	}
	chosen := r.PostForm["task"]
	added := 0
	if len(chosen) > 0 || r.PostFormValue("all") != "" {
		if r.PostFormValue("all") != "" {
			chosen = nil
		}
		var err error
		if added, err = s.clients.AdoptPlan(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), chosen...); err != nil {
			return err
		}
	} else if _, err := visitOf(r).Actor.Organisation(r.Context(), r.PathValue("organisation"), authz.PlanEdit); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "plan?adopted="+strconv.Itoa(added)))
}

func (s *Site) whatIf(w http.ResponseWriter, r *http.Request) error {
	v, err := s.planView(r, planFilter{})
	if err != nil {
		return err
	}
	p := s.planFrame(r, v.c, ui.T(r.Context(), "plan.what_if"), ui.T(r.Context(), "plan.what_if.lead"))
	return ui.Render(w, r, http.StatusOK, whatIfPage(p, v, chosenOf(v, r.URL.Query()["task"])))
}

func (s *Site) moveTask(w http.ResponseWriter, r *http.Request) error {
	version, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		version = 0 // no task has it: a conflict, after the check of rights
	}
	err = s.clients.MoveTask(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), clients.Move{Task: r.PostFormValue("task"),
		Version: version, State: planning.State(r.PostFormValue("state")), Before: r.PostFormValue("before")})
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, planBack(r)+"#task-"+url.PathEscape(r.PostFormValue("task")))
}

func (s *Site) bulkTasks(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return guard.Status(http.StatusBadRequest, "the form cannot be read")
	}
	var b clients.Bulk
	if state := planning.State(r.PostFormValue("state")); state != "" {
		b.State = &state
	}
	if owner := r.PostFormValue("owner"); owner != "" {
		if owner == "none" {
			owner = ""
		}
		b.Owner = &owner
	}
	if text := r.PostFormValue("due"); text != "" {
		due, err := law.ParseDate(text)
		if err != nil {
			return &fault.Error{Kind: fault.Invalid, Field: "due", What: "this is not a day", Expected: "for example 2026-03-31"}
		}
		b.Due = &due
	}
	changed, refused, err := s.clients.ChangeTasks(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostForm["task"], b)
	if err != nil {
		return err
	}
	if len(refused) == 0 {
		return guard.Redirect(w, r, planBack(r, "changed", strconv.Itoa(changed)))
	}
	q, _ := url.ParseQuery(r.PostFormValue("filter")) // nonsense shows all
	v, err := s.planView(r, planFilterOf(q))
	if err != nil {
		return err
	}
	flashes := []ui.Flash{{Tone: ui.Partly, Text: ui.T(r.Context(), "plan.changed", "count", changed)}}
	for _, x := range refused {
		flashes = append(flashes, ui.Flash{Tone: ui.Bad, Text: ui.T(r.Context(), "plan.refused", "task", x.Title, "why", ui.Failure(r.Context(), x.Err.Error()))})
	}
	return s.showPlan(w, r, v, flashes)
}
