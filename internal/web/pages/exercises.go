package pages

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) exerciseRoutes(add adder) {
	add(Client, "GET "+client+"/exercises", s.listExercises)
	add(Client, "POST "+client+"/exercises", s.beginExercise)
}

// exercisesView is the page of the exercises.
type exercisesView struct {
	list     []incidents.Exercise
	books    []playbook.Playbook
	real     []incident.Incident
	language string
	zone     string
	zones    []ui.Option
	errors   ui.Errors
}

func (s *Site) listExercises(w http.ResponseWriter, r *http.Request) error {
	return s.showExercises(w, r, nil)
}

func (s *Site) showExercises(w http.ResponseWriter, r *http.Request, wrong ui.Errors) (err error) {
	a, organisation := visitOf(r).Actor, r.PathValue("organisation")
	v := exercisesView{errors: wrong, language: s.language(r)}
	if v.list, err = s.incidents.Exercises(r.Context(), a, organisation); err != nil {
		return err
	}
	if v.books, err = s.incidents.Playbooks(r.Context(), a); err != nil {
		return err
	}
	if v.real, err = s.incidents.List(r.Context(), a, organisation); err != nil {
		return err
	}
	v.real = slices.DeleteFunc(v.real, func(i incident.Incident) bool { return i.Exercise || i.State == incident.Merged })
	c, err := s.load(r)
	if err != nil {
		return err
	}
	v.zone = s.personZone(r, c)
	v.zones = s.zoneOptions(v.zone)
	p := s.incidentFrame(r, c, "handling.exercises", "handling.exercises.lead")
	return ui.Render(w, r, statusOf(wrong), exercisesPage(r, p, v))
}

// incidentFrame is the frame of a page beside the list of incidents.
func (s *Site) incidentFrame(r *http.Request, c clients.Client, title, lead string) ui.PageProps {
	p := s.clientFrame(r, c, "incidents")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: p.Title, URL: clientURL(r, "incidents")})
	p.Title, p.Lead = ui.T(r.Context(), title), ui.T(r.Context(), lead)
	return p
}

func (s *Site) beginExercise(w http.ResponseWriter, r *http.Request) error {
	injects, err := injectsOf(r)
	i := incident.Incident{}
	if err == nil || !can(r, authz.IncidentEdit) {
		i, err = s.incidents.BeginExercise(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), incidents.Drill{Title: r.PostFormValue("title"), Goal: r.PostFormValue("goal"),
			People: r.PostFormValue("people"), Playbook: r.PostFormValue("playbook"), Copied: r.PostFormValue("copied"), Zone: r.PostFormValue("zone"), Injects: injects})
	}
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showExercises(w, r, wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "incidents/"+i.ID+"/handling?tab=exercise"))
}

// injectsOf reads messages, one per line: minutes after the begin, a space, the
// text.
func injectsOf(r *http.Request) (out []incident.Inject, err error) {
	for _, line := range strings.Split(r.PostFormValue("injects"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		number, text, _ := strings.Cut(line, " ")
		after, err := strconv.Atoi(strings.TrimSuffix(number, ":"))
		if err != nil || strings.TrimSpace(text) == "" {
			return nil, &fault.Error{Kind: fault.Invalid, Field: "injects", What: ui.T(r.Context(), "handling.wrong.inject")}
		}
		out = append(out, incident.Inject{After: after, Text: strings.TrimSpace(text)})
	}
	slices.SortStableFunc(out, func(a, b incident.Inject) int { return a.After - b.After })
	return out, nil
}

func exerciseTable(r *http.Request, list []incidents.Exercise) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "exercise-list", Caption: ui.T(ctx, "handling.exercises"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "handling.column.exercise")}, {Label: ui.T(ctx, "handling.column.day"), Narrow: true}, {Label: ui.T(ctx, "incidents.column.state"), Narrow: true},
		{Label: ui.T(ctx, "handling.column.findings")}},
		Empty: ui.Empty{Title: ui.T(ctx, "handling.exercises.none"), Text: ui.T(ctx, "handling.exercises.none.text")}}
	for _, x := range list {
		status := ui.Status{Tone: ui.Info, Word: ui.T(ctx, "handling.exercise.running")}
		if !x.EndedAt.IsZero() {
			status = ui.Status{Tone: ui.Good, Word: ui.T(ctx, "handling.exercise.ended")}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(ui.Label(ctx, ui.T(ctx, "incidents.exercise"))+x.Case.Title, clientURL(r, "incidents/"+x.Case.ID+"/handling?tab=exercise"), x.Case.Reference+" "+x.Goal),
			ui.Moment(x.BegunAt), ui.StatusBadge(status), ui.Words(findingsText(ctx, x.Findings))}})
	}
	return t
}

func findingsText(ctx context.Context, list []incident.Finding) string {
	counts := map[string]int{}
	for _, f := range list {
		counts[f.Grade]++
	}
	var parts []string
	for _, g := range incident.Grades() {
		if counts[g] > 0 {
			parts = append(parts, strconv.Itoa(counts[g])+" "+ui.T(ctx, "handling.grade."+g))
		}
	}
	return strings.Join(parts, ", ")
}

// exerciseDeeds are what is done in an exercise.
func (s *Site) exerciseDeeds() map[string]handlingDeed {
	number := func(r *http.Request, name string) (int, error) {
		n, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue(name)))
		if err != nil {
			return 0, &fault.Error{Kind: fault.Invalid, Field: name, What: ui.T(r.Context(), "handling.wrong.number")}
		}
		return n, nil
	}
	return map[string]handlingDeed{
		"forward": {"exercise", func(r *http.Request, a authz.Actor, organisation, id string) error {
			n, err := number(r, "minutes")
			if err != nil {
				return err
			}
			return s.incidents.Forward(r.Context(), a, organisation, id, n)
		}},
		"inject": {"exercise", func(r *http.Request, a authz.Actor, organisation, id string) error {
			n, err := number(r, "after")
			if err != nil {
				return err
			}
			return s.incidents.Inject(r.Context(), a, organisation, id, incident.Inject{After: n, Text: r.PostFormValue("text")})
		}},
		"give": {"exercise", func(r *http.Request, a authz.Actor, organisation, id string) error {
			n, err := number(r, "number")
			if err != nil {
				return err
			}
			return s.incidents.Give(r.Context(), a, organisation, id, n)
		}},
		"evaluate": {"exercise", func(r *http.Request, a authz.Actor, organisation, id string) error {
			var findings []incident.Finding
			for _, q := range incident.Questions() {
				if g := r.PostFormValue("grade." + q); g != "" {
					findings = append(findings, incident.Finding{Question: q, Grade: g, Note: strings.TrimSpace(r.PostFormValue("note." + q))})
				}
			}
			return s.incidents.Evaluate(r.Context(), a, organisation, id, findings, r.PostFormValue("summary"))
		}},
	}
}

// now is the present of the exercise.
func (v handlingView) now(ctx context.Context) time.Time {
	zone := zoneOf(v.Zone)
	if zone == nil {
		zone = time.UTC
	}
	return v.Incident.Now(ui.From(ctx).Now).In(zone)
}

func (v handlingView) injectStatus(ctx context.Context, n incident.Inject) ui.Status {
	switch {
	case !n.GivenAt.IsZero():
		return ui.Status{Tone: ui.Good, Word: ui.T(ctx, "handling.inject.given")}
	case v.Drill.Due(n, v.now(ctx)):
		return ui.Status{Tone: ui.Bad, Word: ui.T(ctx, "handling.inject.due")}
	}
	return ui.Status{Tone: ui.Open, Word: ui.T(ctx, "handling.inject.ahead")}
}

func gradeTone(grade string) ui.Tone {
	return map[string]ui.Tone{"met": ui.Good, "partly": ui.Partly, "missed": ui.Bad, "not_tested": ui.Aside}[grade]
}

// caseOptions are real cases to copy.
func caseOptions(ctx context.Context, list []incident.Incident) []ui.Option {
	out := []ui.Option{{Label: ui.T(ctx, "handling.field.copy.none")}}
	for _, i := range list {
		out = append(out, ui.Option{Value: i.ID, Label: i.Reference + " " + i.Title})
	}
	return out
}
