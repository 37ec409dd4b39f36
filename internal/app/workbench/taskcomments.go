package workbench

import (
	"cmp"
	"context"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// OfTask is the kind of comments about tasks.
const OfTask = "task"

// TaskComments lists what was said about a task, oldest first.
func (s *Service) TaskComments(ctx context.Context, a authz.Actor, organisation, task string) (list []planning.Comment, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.PlanRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		if _, err := tx.Task(task); err != nil {
			return err
		}
		list, err = tx.Comments(organisation, OfTask, task)
		return err
	})
	return list, err
}

// CommentTask says something about a task, as Comment does about a requirement. A
// contributor needs to own the task, or to be named there.
func (s *Service) CommentTask(ctx context.Context, a authz.Actor, organisation, task, body string) (out planning.Comment, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.CommentWrite)
	if err != nil {
		return out, err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		t, err := tx.Task(task)
		if err != nil {
			return err
		}
		if t.Organisation != organisation {
			return &fault.Error{Kind: fault.NotFound, What: "there is no such task"}
		}
		before, err := tx.Comments(organisation, OfTask, task)
		if err != nil {
			return err
		}
		r, err := s.clients.ReachOf(tx, a, organisation)
		if err != nil {
			return err
		}
		if err := mayCommentTask(tx, a, r, before, t); err != nil {
			return err
		}
		out, err = s.put(tx, a, planning.Comment{Organisation: organisation, Kind: OfTask, Object: task, Author: a.Person, AuthorName: cmp.Or(a.Name, a.Person), Body: body})
		return err
	})
	return out, err
}

func mayCommentTask(tx *store.Tx, a authz.Actor, r clients.Reach, before []planning.Comment, t planning.Task) error {
	asked := slices.ContainsFunc(before, func(c planning.Comment) bool { return slices.Contains(c.Mentions, a.Person) })
	limited := !r.Everything() && a.Can(authz.AssignedEdit, tx.Scope()) == nil
	if limited && !asked && t.Owner != a.Person {
		return a.Can(authz.PlanEdit, tx.Scope())
	}
	return nil
}

// about is the title of what a comment speaks of, and its page.
func (s *Service) about(tx *store.Tx, c planning.Comment) (title, link string, err error) {
	if c.Kind == OfTask {
		t, err := tx.Task(c.Object)
		return t.Title, "/organisations/" + c.Organisation + "/plan/tasks/" + c.Object + "#comments", err
	}
	of, err := tx.Workspace()
	if err != nil {
		return "", "", err
	}
	req, _ := s.knowledge.Catalogue.In(of.Language).Get(c.Object)
	return req.Title, "/organisations/" + c.Organisation + "/requirements?open=" + c.Object + "#open", nil
}
