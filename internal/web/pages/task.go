package pages

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func (s *Site) newTask(w http.ResponseWriter, r *http.Request) error {
	return s.showTask(w, r, planning.Task{State: planning.ToDo, Currency: "EUR"}, nil)
}

func (s *Site) openTask(w http.ResponseWriter, r *http.Request) error {
	return s.showTask(w, r, planning.Task{ID: r.PathValue("task")}, nil)
}

// showTask shows the form of a task: the stored one when only its id is known, or
// what was typed when there are errors.
func (s *Site) showTask(w http.ResponseWriter, r *http.Request, t planning.Task, e ui.Errors) error {
	v, err := s.planView(r, planFilter{State: "all"})
	if err != nil {
		return err
	}
	title := ui.T(r.Context(), "plan.new")
	if t.ID != "" {
		i := slices.IndexFunc(v.c.Tasks, func(x planning.Task) bool { return x.ID == t.ID })
		if i < 0 {
			return &fault.Error{Kind: fault.NotFound, What: "there is no such task"}
		}
		title = v.c.Tasks[i].Title
		if v.said, err = s.bench.TaskComments(r.Context(), visitOf(r).Actor, v.c.Organisation.ID, t.ID); err != nil {
			return err
		}
		if len(e) == 0 {
			t = v.c.Tasks[i]
		}
	}
	p := s.planFrame(r, v.c, title, "")
	p.Wide = false
	return ui.Render(w, r, statusOf(e), taskPage(p, v, t, e))
}

func (s *Site) createTask(w http.ResponseWriter, r *http.Request) error { return s.putTask(w, r, "") }

func (s *Site) saveTask(w http.ResponseWriter, r *http.Request) error {
	return s.putTask(w, r, r.PathValue("task"))
}

// putTask stores what the form of a task says. What the form does not show, such as
// the place on the board, stays.
func (s *Site) putTask(w http.ResponseWriter, r *http.Request, id string) error {
	if err := r.ParseForm(); err != nil {
		return guard.Status(http.StatusBadRequest, "the form cannot be read")
	}
	c, err := s.load(r)
	if err != nil {
		return err
	}
	t := planning.Task{State: planning.ToDo}
	if i := slices.IndexFunc(c.Tasks, func(x planning.Task) bool { return x.ID == id }); id != "" && i >= 0 {
		t = c.Tasks[i]
	}
	t.ID = id
	e := readTask(r, &t, c.In.Catalogue)
	if len(e) > 0 {
		return s.showTask(w, r, t, e)
	}
	err = s.clients.PutTask(r.Context(), visitOf(r).Actor, c.Organisation.ID, t)
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		for to, from := range map[string]string{"cost": "cost_cents", "effort_from": "effort_person_days"} {
			if text, ok := wrong[from]; ok {
				delete(wrong, from)
				wrong[to] = text
			}
		}
		return s.showTask(w, r, t, wrong)
	}
	if err != nil {
		return err
	}
	if id == "" {
		return guard.Redirect(w, r, clientURL(r, "plan?changed=1"))
	}
	return guard.Redirect(w, r, clientURL(r, "plan/tasks/"+id))
}

// readTask takes over what the form says and returns what cannot be read.
func readTask(r *http.Request, t *planning.Task, cat *catalog.Catalogue) ui.Errors {
	e := ui.Errors{}
	day := func(name string) law.Date { return dayOf(r, e, name) }
	number := func(name string) float64 {
		text := strings.Replace(strings.TrimSpace(r.PostFormValue(name)), ",", ".", 1)
		if text == "" {
			return 0
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || math.Abs(n) > 1e12 {
			e[name] = ui.T(r.Context(), "plan.expected_number")
			return 0
		}
		return n
	}
	t.Version, _ = strconv.ParseInt(r.PostFormValue("version"), 10, 64) // nonsense is a conflict
	t.Title, t.Body = strings.TrimSpace(r.PostFormValue("title")), strings.TrimSpace(r.PostFormValue("body"))
	t.State, t.Owner, t.Role, t.Phase = planning.State(r.PostFormValue("state")), r.PostFormValue("owner"), r.PostFormValue("role"), r.PostFormValue("phase")
	t.Effort = [2]float64{number("effort_from"), number("effort_to")}
	if t.Effort[1] == 0 {
		t.Effort[1] = t.Effort[0]
	}
	t.CostCents, t.Currency = int64(math.Round(number("cost")*100)), r.PostFormValue("currency")
	if t.CostCents == 0 {
		t.Currency = ""
	}
	t.Start, t.Due = day("start"), day("due")
	t.EveryMonths = int(number("every_months"))
	t.After = picked(r, "after")
	t.Requirements = picked(r, "requirement")
	t.Measures = measuresOf(cat, t.Requirements)
	return e
}

// picked is the values of a field that can be sent several times, each once and
// without the empty ones.
func picked(r *http.Request, name string) []string {
	var out []string
	for _, v := range r.PostForm[name] {
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// measuresOf are the measures of Art. 21(2) that requirements belong to.
func measuresOf(cat *catalog.Catalogue, ids []string) []string {
	var out []string
	for _, id := range ids {
		if req, ok := cat.Get(id); ok {
			out = append(out, req.Measures...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *Site) commentTask(w http.ResponseWriter, r *http.Request) error {
	_, err := s.bench.CommentTask(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("task"), r.PostFormValue("body"))
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "plan/tasks/"+r.PathValue("task")+"#comments"))
}

func (s *Site) removeTaskComment(w http.ResponseWriter, r *http.Request) error {
	if err := s.bench.RemoveComment(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("comment")); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "plan/tasks/"+r.PathValue("task")+"#comments"))
}

func (s *Site) removeTask(w http.ResponseWriter, r *http.Request) error {
	if err := s.clients.RemoveTask(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("task")); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "plan?removed="+escape(r.PathValue("task"))))
}
