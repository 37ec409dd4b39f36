package pages

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func (s *Site) boardRoutes(add adder) {
	add(Client, "GET "+client+"/board", s.boardRoom)
	add(Client, "POST "+client+"/board/request", s.requestApproval)
	add(Client, "GET "+client+"/board/approvals/{approval}", s.approval)
	add(Client, "GET "+client+"/board/approvals/{approval}/version.json", s.approvedVersion)
	add(Client, "POST "+client+"/board/approvals/{approval}", s.decideApproval)
	add(Client, "POST "+client+"/board/trainings", s.putTraining)
	add(Client, "POST "+client+"/board/trainings/remove", s.removeTraining)
}

// boardView is what the board room shows.
type boardView struct {
	clients.Home
	r         *http.Request
	approvals []board.Approval
	trainings []board.Training
	older     map[string]int            // differences since the last approved version, by subject
	training  board.Training            // in the form
	stale     *incidents.BinderStanding // nil: the binder is fresh
}

func (v boardView) may(p authz.Permission) bool { return authz.Allows(v.Role, p) }

// last is the newest approval of a subject with a decision.
func (v boardView) last(subject string, d board.Decision) (board.Approval, bool) {
	for _, x := range v.approvals {
		if x.Subject == subject && x.Decision == d {
			return x, true
		}
	}
	return board.Approval{}, false
}

// subjects of approvals in the order of the page.
func subjects() []string { return []string{clients.SubjectMeasures, clients.SubjectPlan} }

func (s *Site) boardRoom(w http.ResponseWriter, r *http.Request) error {
	return s.showBoard(w, r, board.Training{Management: true}, nil)
}

func (s *Site) showBoard(w http.ResponseWriter, r *http.Request, training board.Training, e ui.Errors) error {
	a, id := visitOf(r).Actor, r.PathValue("organisation")
	v := boardView{r: r, training: training, older: map[string]int{}}
	var err error
	if v.approvals, err = s.clients.Approvals(r.Context(), a, id); err != nil {
		return err
	}
	if v.Home, err = s.clients.Home(r.Context(), a, id); err != nil {
		return err
	}
	v.In = v.In.In(s.language(r))
	if b, ok := s.staleBinder(r); ok {
		v.stale = &b
	}
	if v.trainings, err = s.clients.Trainings(r.Context(), a, id); err != nil {
		return err
	}
	for _, subject := range subjects() {
		if x, ok := v.last(subject, board.Approved); ok {
			_, _, since, err := s.clients.Frozen(r.Context(), a, id, x.ID)
			if err != nil {
				return err
			}
			v.older[subject] = len(since)
		}
	}
	if edit := r.FormValue("training"); edit != "" && len(e) == 0 {
		for _, t := range v.trainings {
			if t.ID == edit {
				v.training = t
			}
		}
	}
	return ui.Render(w, r, statusOf(e), boardPage(s.clientFrame(r, v.Client, "board"), v, e))
}

func (s *Site) requestApproval(w http.ResponseWriter, r *http.Request) error {
	_, err := s.clients.Approve(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("subject"), board.Waiting, "")
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "board#approvals"))
}

func (s *Site) approval(w http.ResponseWriter, r *http.Request) error {
	return s.showApproval(w, r, nil)
}

// showApproval shows a request for approval, with what was wrong with a decision.
func (s *Site) showApproval(w http.ResponseWriter, r *http.Request, e ui.Errors) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	x, then, since, err := s.clients.Frozen(r.Context(), visitOf(r).Actor, c.Organisation.ID, r.PathValue("approval"))
	if err != nil {
		return err
	}
	p := s.clientFrame(r, c, "board")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: ui.T(r.Context(), "pages.client.board"), URL: clientURL(r, "board")})
	p.Title = ui.T(r.Context(), "board.subject."+x.Subject)
	p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "board.version.download"), URL: clientURL(r, "board/approvals/"+x.ID+"/version.json"), Icon: ui.IconDownload}}
	return ui.Render(w, r, statusOf(e), approvalPage(p, r, c, x, then, since, e))
}

// approvedVersion hands out the version of an approval, byte for byte.
func (s *Site) approvedVersion(w http.ResponseWriter, r *http.Request) error {
	a, id := visitOf(r).Actor, r.PathValue("organisation")
	x, _, _, err := s.clients.Frozen(r.Context(), a, id, r.PathValue("approval"))
	if err != nil {
		return err
	}
	f, content, err := s.clients.Download(r.Context(), a, id, x.File)
	if err != nil {
		return err
	}
	return sendKept(w, r, f.Name, f.SHA256, content)
}

func (s *Site) decideApproval(w http.ResponseWriter, r *http.Request) error {
	err := s.clients.Decide(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("approval"), r.PostFormValue("sha256"),
		board.Decision(r.PostFormValue("decision")), r.PostFormValue("note"))
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && e["note"] != "" {
		return s.showApproval(w, r, e)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "board#approvals"))
}

func (s *Site) putTraining(w http.ResponseWriter, r *http.Request) error {
	e := ui.Errors{}
	day := func(name string) law.Date { return dayOf(r, e, name) }
	t := board.Training{ID: r.PostFormValue("id"), Name: strings.TrimSpace(r.PostFormValue("name")), Course: strings.TrimSpace(r.PostFormValue("course")),
		Management: r.PostFormValue("management") != "", On: day("on"), ValidUntil: day("valid_until"), Evidence: strings.TrimSpace(r.PostFormValue("evidence"))}
	t.Version, _ = strconv.ParseInt(r.PostFormValue("version"), 10, 64) // nonsense is a conflict
	if text := strings.TrimSpace(r.PostFormValue("minutes")); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			e["minutes"] = ui.T(r.Context(), "plan.expected_number")
		}
		t.Minutes = n
	}
	if len(e) > 0 {
		return s.showBoard(w, r, t, e)
	}
	_, err := s.clients.PutTraining(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), t)
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showBoard(w, r, t, wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "board#trainings"))
}

func (s *Site) removeTraining(w http.ResponseWriter, r *http.Request) error {
	if err := s.clients.RemoveTraining(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("id")); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "board#trainings"))
}
