package pages

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) playbookRoutes(add adder) {
	add(Workspace, "GET /playbooks", s.listPlaybooks)
	add(Workspace, "POST /playbooks", s.addPlaybook)
	add(Workspace, "GET /playbooks/{playbook}", s.openPlaybook)
	add(Workspace, "POST /playbooks/{playbook}", s.renamePlaybook)
	add(Workspace, "POST /playbooks/{playbook}/steps", s.putStep)
	add(Workspace, "POST /playbooks/{playbook}/steps-remove", s.removeStep)
	add(Workspace, "POST /playbooks/{playbook}/remove", s.removePlaybook)
}

// writesPlaybooks reports whether the person may change those of the workspace.
func writesPlaybooks(r *http.Request) bool {
	_, err := visitOf(r).Actor.Workspace(authz.OrganisationCreate)
	return err == nil
}

func (s *Site) listPlaybooks(w http.ResponseWriter, r *http.Request) error {
	return s.showPlaybooks(w, r, nil)
}

func (s *Site) showPlaybooks(w http.ResponseWriter, r *http.Request, wrong ui.Errors) error {
	all, err := s.incidents.Playbooks(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "handling.playbooks"), ui.T(r.Context(), "handling.playbooks.lead"))
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "incidents.title"), URL: "/incidents"}}
	return ui.Render(w, r, statusOf(wrong), playbooksPage(r, p, all, s.language(r), wrong))
}

func (s *Site) addPlaybook(w http.ResponseWriter, r *http.Request) error {
	name, err := s.incidents.AddPlaybook(r.Context(), visitOf(r).Actor, r.PostFormValue("title"), r.PostFormValue("copy"), s.language(r))
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showPlaybooks(w, r, wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/playbooks/"+name)
}

func (s *Site) openPlaybook(w http.ResponseWriter, r *http.Request) error {
	return s.showPlaybook(w, r, "", nil)
}

// playbookView is the page of a playbook.
type playbookView struct {
	playbook.Playbook
	language string
	edit     bool          // it is the workspace's own, and the person may change it
	step     playbook.Step // that is changed; without an id: none
	act      string        // the form that has errors
	errors   ui.Errors
}

// typed is a field of the form of the act: what was typed when it came back.
func (v playbookView) typed(r *http.Request, act string, f ui.Field) ui.Field {
	if v.act != act {
		return f
	}
	return field(r, v.errors, f)
}

func (s *Site) showPlaybook(w http.ResponseWriter, r *http.Request, act string, wrong ui.Errors) error {
	b, err := s.incidents.Playbook(r.Context(), visitOf(r).Actor, r.PathValue("playbook"))
	if err != nil {
		return err
	}
	v := playbookView{Playbook: b, language: s.language(r), edit: b.Own && writesPlaybooks(r), act: act, errors: wrong}
	chosen := r.URL.Query().Get("step")
	if act == "step" {
		chosen = r.PostFormValue("id")
	}
	for _, x := range b.Steps {
		if v.edit && x.ID == chosen {
			v.step = x
		}
	}
	p := s.frame(r, b.Title.In(v.language), b.About.In(v.language))
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "incidents.title"), URL: "/incidents"}, {Text: ui.T(r.Context(), "handling.playbooks"), URL: "/playbooks"}}
	return ui.Render(w, r, statusOf(wrong), playbookPage(r, p, v))
}

// putStep adds a step, or changes the one with the id.
func (s *Site) putStep(w http.ResponseWriter, r *http.Request) error {
	text := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	x := playbook.Step{ID: text("id"), Phase: playbook.Phase(text("phase")), Role: text("role"),
		Title: playbook.Text{"": text("title")}, Why: playbook.Text{"": text("why")}, Done: playbook.Text{"": text("done")}}
	if x.ID == "" {
		return s.playbookChanged(w, r, "step", s.incidents.AddStep(r.Context(), visitOf(r).Actor, r.PathValue("playbook"), x))
	}
	place, _ := strconv.Atoi(text("place")) // nonsense leaves it where it is
	return s.playbookChanged(w, r, "step", s.incidents.ChangeStep(r.Context(), visitOf(r).Actor, r.PathValue("playbook"), x, max(place, 0)))
}

func (s *Site) renamePlaybook(w http.ResponseWriter, r *http.Request) error {
	return s.playbookChanged(w, r, "name", s.incidents.RenamePlaybook(r.Context(), visitOf(r).Actor, r.PathValue("playbook"), r.PostFormValue("title"), r.PostFormValue("about")))
}

func (s *Site) removeStep(w http.ResponseWriter, r *http.Request) error {
	return s.playbookChanged(w, r, "", s.incidents.RemoveStep(r.Context(), visitOf(r).Actor, r.PathValue("playbook"), r.PostFormValue("id")))
}

func (s *Site) playbookChanged(w http.ResponseWriter, r *http.Request, act string, err error) error {
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showPlaybook(w, r, act, wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/playbooks/"+r.PathValue("playbook"))
}

func (s *Site) removePlaybook(w http.ResponseWriter, r *http.Request) error {
	if err := s.incidents.RemovePlaybook(r.Context(), visitOf(r).Actor, r.PathValue("playbook")); err != nil {
		return err
	}
	return guard.Redirect(w, r, "/playbooks")
}

func stepPhases(ctx context.Context, chosen playbook.Phase) []ui.Option {
	var out []ui.Option
	for _, p := range playbook.Phases() {
		out = append(out, ui.Option{Value: string(p), Label: ui.T(ctx, "handling.phase."+string(p)), Selected: p == chosen})
	}
	return out
}

// places are the numbers of the steps in the phase of the one that is changed.
func (v playbookView) places(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, x := range v.Steps {
		if x.Phase == v.step.Phase {
			out = append(out, ui.Option{Value: strconv.Itoa(len(out) + 1), Label: strconv.Itoa(len(out)+1) + " · " + ui.T(ctx, "handling.phase."+string(x.Phase)), Selected: x.ID == v.step.ID})
		}
	}
	return out
}

func playbookOptions(all []playbook.Playbook, language string) []ui.Option {
	var out []ui.Option
	for _, p := range all {
		out = append(out, ui.Option{Value: p.ID, Label: p.Title.In(language)})
	}
	return out
}

func stepTable(r *http.Request, v playbookView) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "steps", Caption: ui.T(ctx, "handling.playbook.steps"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "handling.column.step")}, {Label: ui.T(ctx, "handling.column.done")}, {Label: ui.T(ctx, "handling.column.role"), Narrow: true},
		{Label: ui.T(ctx, "handling.column.act"), HideLabel: true, Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "handling.steps.none"), Text: ui.T(ctx, "handling.playbook.none.text")}}
	phase := playbook.Phase("")
	for _, x := range v.Steps {
		if x.Phase != phase {
			phase = x.Phase
			t.Rows = append(t.Rows, ui.Row{Heading: ui.T(ctx, "handling.phase."+string(phase))})
		}
		role := ""
		if x.Role != "" {
			role = ui.T(ctx, "report.role."+x.Role)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Title.In(v.language), "", x.Why.In(v.language)), ui.Words(x.Done.In(v.language)), ui.Words(role), stepActs(v, x)}})
	}
	return t
}
