package incidents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// ownPlaybook begins the names of the settings that hold playbooks of a workspace.
const ownPlaybook = "playbook."

// mostSteps bounds a playbook of one's own.
const mostSteps = 100

// Playbooks lists those of the program and, for members of the whole workspace,
// those of the workspace.
func (s *Service) Playbooks(ctx context.Context, a authz.Actor) ([]playbook.Playbook, error) {
	if _, err := a.Reach(authz.IncidentRead); err != nil {
		return nil, err
	}
	out := slices.Clone(s.playbooks)
	scope, err := a.Workspace(authz.IncidentRead)
	if err != nil { // who belongs to some organisations alone sees those of the program
		return out, nil //nolint:nilerr // see above
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		own, err := ownPlaybooks(tx)
		out = append(out, own...)
		return err
	})
	return out, err
}

func ownPlaybooks(tx *store.Tx) (out []playbook.Playbook, err error) {
	all, err := tx.Settings()
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if x.Organisation != "" || !strings.HasPrefix(x.Name, ownPlaybook) {
			continue
		}
		var p playbook.Playbook
		if err := json.Unmarshal(x.Value, &p); err != nil {
			return nil, fmt.Errorf("read %s: %w", x.Name, err)
		}
		p.Own = true
		out = append(out, p)
	}
	return out, nil
}

// Playbook finds one.
func (s *Service) Playbook(ctx context.Context, a authz.Actor, name string) (playbook.Playbook, error) {
	all, err := s.Playbooks(ctx, a)
	if err != nil {
		return playbook.Playbook{}, err
	}
	for _, p := range all {
		if p.ID == name {
			return p, nil
		}
	}
	return playbook.Playbook{}, missing("playbook")
}

// AddPlaybook makes a playbook of the workspace, empty or as a copy of another one
// in a language. It returns its id.
func (s *Service) AddPlaybook(ctx context.Context, a authz.Actor, title, copied, language string) (name string, err error) {
	scope, err := a.Workspace(authz.OrganisationCreate)
	if err != nil {
		return "", err
	}
	p := playbook.Playbook{ID: id.New(), Title: playbook.Text{"": strings.TrimSpace(title)}}
	if copied != "" {
		from, err := s.Playbook(ctx, a, copied)
		if err != nil {
			return "", err
		}
		if p.Title[""] == "" {
			p.Title[""] = from.Title.In(language)
		}
		p.About = playbook.Text{"": from.About.In(language)}
		for _, x := range from.Steps {
			x.Title, x.Why, x.Done = playbook.Text{"": x.Title.In(language)}, playbook.Text{"": x.Why.In(language)}, playbook.Text{"": x.Done.In(language)}
			p.Steps = append(p.Steps, x)
		}
	}
	if t := []rune(p.Title[""]); len(t) == 0 || len(t) > LongestTitle {
		return "", invalid("title", "the title is missing or too long", fmt.Sprintf("a title of up to %d characters", LongestTitle))
	}
	return p.ID, s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		value, err := json.Marshal(p)
		if err != nil {
			return err
		}
		_, err = tx.PutSetting(desk.Setting{Name: ownPlaybook + p.ID, Value: value})
		return err
	})
}

// changePlaybook revises a playbook of the workspace; nil from f removes it.
func (s *Service) changePlaybook(ctx context.Context, a authz.Actor, name string, f func(*playbook.Playbook) (keep bool, err error)) error {
	scope, err := a.Workspace(authz.OrganisationCreate)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(s.playbooks, func(p playbook.Playbook) bool { return p.ID == name }) {
		return conflict("this playbook comes with the program", "a copy of it")
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		row, err := tx.Setting("", ownPlaybook+name)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return missing("playbook")
		}
		if err != nil {
			return err
		}
		var p playbook.Playbook
		if err := json.Unmarshal(row.Value, &p); err != nil {
			return fmt.Errorf("read %s: %w", row.Name, err)
		}
		keep, err := f(&p)
		if err != nil {
			return err
		}
		if !keep {
			return tx.RemoveSetting("", row.Name)
		}
		if row.Value, err = json.Marshal(p); err != nil {
			return err
		}
		_, err = tx.PutSetting(row)
		return err
	})
}

// RenamePlaybook gives a playbook of the workspace another title and what it is about.
func (s *Service) RenamePlaybook(ctx context.Context, a authz.Actor, name, title, about string) error {
	title, about = strings.TrimSpace(title), strings.TrimSpace(about)
	if n := len([]rune(title)); n == 0 || n > LongestTitle {
		return invalid("title", "the title is missing or too long", fmt.Sprintf("a title of up to %d characters", LongestTitle))
	}
	if err := short("about", about); err != nil {
		return err
	}
	return s.changePlaybook(ctx, a, name, func(p *playbook.Playbook) (bool, error) {
		p.Title, p.About = playbook.Text{"": title}, playbook.Text{"": about}
		return true, nil
	})
}

// AddStep adds a step to a playbook of the workspace, as the last of its phase.
func (s *Service) AddStep(ctx context.Context, a authz.Actor, name string, x playbook.Step) error {
	if _, err := a.Workspace(authz.OrganisationCreate); err != nil {
		return err
	}
	x.ID = id.New()
	if err := checkStep(&x); err != nil {
		return err
	}
	return s.changePlaybook(ctx, a, name, func(p *playbook.Playbook) (bool, error) {
		if len(p.Steps) >= mostSteps {
			return true, invalid("title", "the playbook has too many steps", fmt.Sprintf("up to %d", mostSteps))
		}
		p.Steps = append(p.Steps, x)
		p.Sort()
		return true, nil
	})
}

// ChangeStep changes the step of a playbook of the workspace that has the id of x. place
// is its number within its phase, counted from 1; 0 leaves it where it is, and a step of
// another phase goes to the end of it. Cases in which the playbook was started keep the
// step as it was then.
func (s *Service) ChangeStep(ctx context.Context, a authz.Actor, name string, x playbook.Step, place int) error {
	if _, err := a.Workspace(authz.OrganisationCreate); err != nil {
		return err
	}
	if err := checkStep(&x); err != nil {
		return err
	}
	return s.changePlaybook(ctx, a, name, func(p *playbook.Playbook) (bool, error) {
		n := slices.IndexFunc(p.Steps, func(y playbook.Step) bool { return y.ID == x.ID })
		if n < 0 {
			return true, missing("step")
		}
		x.Requirements = p.Steps[n].Requirements
		if place == 0 && x.Phase == p.Steps[n].Phase {
			p.Steps[n] = x
			return true, nil
		}
		p.Steps = slices.Delete(p.Steps, n, n+1)
		to, within := len(p.Steps), 0
		for m, y := range p.Steps {
			if y.Phase != x.Phase {
				continue
			}
			if within++; within == place {
				to = m
			}
		}
		p.Steps = slices.Insert(p.Steps, to, x)
		p.Sort()
		return true, nil
	})
}

// checkStep tidies a step of a workspace and says what is wrong with it.
func checkStep(x *playbook.Step) error {
	title := strings.TrimSpace(x.Title[""])
	x.Title = playbook.Text{"": title}
	switch {
	case title == "" || len([]rune(title)) > LongestTitle:
		return invalid("title", "the title is missing or too long", fmt.Sprintf("what is to be done, in up to %d characters", LongestTitle))
	case !slices.Contains(playbook.Phases(), x.Phase):
		return invalid("phase", "there is no such phase", "one of the list")
	case x.Role != "" && !slices.Contains(catalog.Owners(), x.Role):
		return invalid("role", "there is no such role", "one of the list")
	}
	return errors.Join(short("why", x.Why[""]), short("done", x.Done[""]))
}

// RemoveStep takes a step out of a playbook of the workspace.
func (s *Service) RemoveStep(ctx context.Context, a authz.Actor, name, step string) error {
	return s.changePlaybook(ctx, a, name, func(p *playbook.Playbook) (bool, error) {
		p.Steps = slices.DeleteFunc(p.Steps, func(x playbook.Step) bool { return x.ID == step })
		return true, nil
	})
}

// RemovePlaybook deletes a playbook of the workspace. Tasks that came from it stay.
func (s *Service) RemovePlaybook(ctx context.Context, a authz.Actor, name string) error {
	return s.changePlaybook(ctx, a, name, func(*playbook.Playbook) (bool, error) { return false, nil })
}

// StartPlaybook makes tasks of the steps of a playbook, which also stand in the
// plan. Steps that the case has already are not made again.
func (s *Service) StartPlaybook(ctx context.Context, a authz.Actor, organisation, of, name string) (added int, err error) {
	if _, err := a.Organisation(ctx, organisation, authz.IncidentEdit); err != nil {
		return 0, err
	}
	p, err := s.Playbook(ctx, a, name)
	if err != nil {
		return 0, err
	}
	err = s.handle(ctx, a, organisation, of, func(tx *store.Tx, i incident.Incident) error {
		added, err = startPlaybook(tx, a, i, p)
		return err
	})
	return added, err
}

func startPlaybook(tx *store.Tx, a authz.Actor, i incident.Incident, p playbook.Playbook) (added int, err error) {
	file, err := facts(tx, i.Organisation)
	if err != nil {
		return 0, err
	}
	language, err := languageOf(tx, file)
	if err != nil {
		return 0, err
	}
	known, err := tx.TasksOfIncident(i.Organisation, i.ID)
	if err != nil {
		return 0, err
	}
	for n, x := range p.Steps {
		origin := "playbook/" + p.ID + "/" + x.ID
		if slices.ContainsFunc(known, func(t planning.Task) bool { return sameStep(t.Origin, origin) }) {
			continue
		}
		body := x.Why.In(language)
		if done := x.Done.In(language); done != "" {
			body = strings.TrimSpace(body + "\n\n✓ " + done)
		}
		_, err := tx.PutTask(planning.Task{Organisation: i.Organisation, Origin: origin, Incident: i.ID, Title: marked(i, language, x.Title.In(language)), Body: body, State: planning.ToDo,
			Requirements: x.Requirements, Measures: measuresOf(x.Requirements), Role: x.Role, Priority: 100, Position: float64(len(known) + n)})
		if err != nil {
			return added, err
		}
		added++
	}
	if added == 0 {
		return 0, nil
	}
	return added, entry(tx, a, i, incident.Entry{Kind: "action", Object: p.ID, Text: p.Title.In(language), After: "+" + strconv.Itoa(added)})
}

// sameStep reports whether two tasks came from one step: the shared steps of two
// playbooks have one id.
func sameStep(a, b string) bool {
	return strings.HasPrefix(a, "playbook/") && a[strings.LastIndexByte(a, '/'):] == b[strings.LastIndexByte(b, '/'):]
}

// measuresOf are the measures of Art. 21(2) that stand in the ids of requirements.
func measuresOf(requirements []string) (out []string) {
	for _, r := range requirements {
		if rest, ok := strings.CutPrefix(r, "nis2.21.2."); ok && !slices.Contains(out, rest[:1]) {
			out = append(out, rest[:1])
		}
	}
	slices.Sort(out)
	return out
}

// SetStep says where a step of a case stands.
func (s *Service) SetStep(ctx context.Context, a authz.Actor, organisation, of, task string, state planning.State) error {
	if !slices.Contains(planning.States(), state) {
		return invalid("state", "there is no such state", "todo, doing, blocked, done or dropped")
	}
	return s.handle(ctx, a, organisation, of, func(tx *store.Tx, i incident.Incident) error {
		t, err := tx.Task(task)
		if err == nil {
			err = belongs(tx, i, t.Incident, t.Organisation, "step")
		}
		if err != nil || t.State == state {
			return err
		}
		before := t.State
		if t.State = state; state == planning.Done {
			t.DoneAt = tx.Now()
		} else {
			t.DoneAt = time.Time{}
		}
		if _, err := tx.PutTask(t); err != nil {
			return err
		}
		return entry(tx, a, i, incident.Entry{Kind: "action", Object: t.ID, Text: t.Title, Before: string(before), After: string(state)})
	})
}
