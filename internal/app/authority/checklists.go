package authority

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/checklist"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// checklistSetting begins the names of the workspace's settings that hold the marks: each
// point has one of its own, so that two officers do not get in each other's way.
const checklistSetting = "checklist/"

// Worked is a checklist as the authority works through it.
type Worked struct {
	checklist.List
	Marks map[string]Marked // by id of the point; none: nobody said anything
}

// Marked is what was said of a point, with the version to change it with.
type Marked struct {
	checklist.Mark
	Version int64 `json:"version"`
}

// Mark is what was said of a point; an open one when nothing was.
func (w Worked) Mark(item string) Marked {
	if m, ok := w.Marks[item]; ok {
		return m
	}
	return Marked{Mark: checklist.Mark{Status: checklist.Open}}
}

// Count is how many points have a status.
func (w Worked) Count(status checklist.Status) (n int) {
	for _, x := range w.Items() {
		if w.Mark(x.ID).Status == status {
			n++
		}
	}
	return n
}

// Checklists are the lists with what the authority said of their points.
func (s *Service) Checklists(ctx context.Context, a authz.Actor) (out []Worked, err error) {
	scope, err := a.Workspace(authz.IncidentRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		if err := only(tx); err != nil {
			return err
		}
		out, err = s.worked(tx)
		return err
	})
	return out, err
}

func (s *Service) worked(tx *store.Tx) ([]Worked, error) {
	all, err := tx.Settings()
	if err != nil {
		return nil, err
	}
	var out []Worked
	for _, l := range s.options.Checklists {
		out = append(out, Worked{l, map[string]Marked{}})
	}
	for _, x := range all {
		name, ours := strings.CutPrefix(x.Name, checklistSetting)
		list, item, _ := strings.Cut(name, "/")
		i := slices.IndexFunc(out, func(w Worked) bool { return w.ID == list })
		if !ours || x.Organisation != "" || i < 0 {
			continue
		}
		m := Marked{Version: x.Version}
		if err := json.Unmarshal(x.Value, &m.Mark); err != nil {
			return nil, fmt.Errorf("read %s: %w", x.Name, err)
		}
		out[i].Marks[item] = m
	}
	return out, nil
}

// Checklist is one of the lists.
func (s *Service) Checklist(ctx context.Context, a authz.Actor, id string) (Worked, error) {
	all, err := s.Checklists(ctx, a)
	if err != nil {
		return Worked{}, err
	}
	i := slices.IndexFunc(all, func(w Worked) bool { return w.ID == id })
	if i < 0 {
		return Worked{}, &fault.Error{Kind: fault.NotFound, What: "there is no such checklist"}
	}
	return all[i], nil
}

// MarkItem records what the authority says of a point. version is that of what it
// replaces, 0 for a point of which nothing was said; an older one is a Conflict.
func (s *Service) MarkItem(ctx context.Context, a authz.Actor, list, item string, m checklist.Mark, version int64) error {
	scope, err := a.Workspace(authz.IncidentDecide)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		if err := only(tx); err != nil {
			return err
		}
		i := slices.IndexFunc(s.options.Checklists, func(l checklist.List) bool { return l.ID == list })
		if i < 0 {
			return &fault.Error{Kind: fault.NotFound, What: "there is no such checklist"}
		}
		if _, ok := s.options.Checklists[i].Item(item); !ok {
			return &fault.Error{Kind: fault.NotFound, What: "there is no such point"}
		}
		if field, expected := m.Tidy(); field != "" {
			return invalid(field, "the answer cannot be used", expected)
		}
		m.By, m.At = a.Name, tx.Now()
		value, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("write the mark of %s: %w", item, err)
		}
		_, err = tx.PutSetting(desk.Setting{Name: checklistSetting + list + "/" + item, Value: value, Version: version})
		return err
	})
}

// Lines is the list as a table, in a language: the head and a row for each point.
func (w Worked) Lines(language string) (head []string, rows [][]string) {
	head = []string{"list", "part", "point", "citation", "title", "status", "note", "evidence", "owner", "due", "by", "at"}
	for _, p := range w.Parts {
		for _, x := range p.Items {
			m := w.Mark(x.ID)
			due, at := "", ""
			if !m.Due.IsZero() {
				due = m.Due.String()
			}
			if !m.At.IsZero() {
				at = m.At.UTC().Format("2006-01-02T15:04:05Z")
			}
			rows = append(rows, []string{w.ID, p.ID, x.ID, x.Citation, x.Title.In(language), string(m.Status), m.Note, strings.Join(m.Evidence, "\n"), m.Owner, due, m.By, at})
		}
	}
	return head, rows
}
