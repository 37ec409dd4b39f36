package workbench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// longestComment bounds a comment in bytes.
const longestComment = 10_000

// mayComment refuses an actor without the right to comment, and a contributor to
// whom the requirement is not assigned and who was not asked there.
func mayComment(tx *store.Tx, a authz.Actor, r clients.Reach, before []planning.Comment, requirement string) error {
	if err := a.Can(authz.CommentWrite, tx.Scope()); err != nil {
		return err
	}
	limited := !r.Everything() && a.Can(authz.AssignedEdit, tx.Scope()) == nil
	asked := slices.ContainsFunc(before, func(c planning.Comment) bool { return slices.Contains(c.Mentions, a.Person) })
	if limited && !asked && !r.Requirement(requirement) {
		return a.Can(authz.AssessmentEdit, tx.Scope())
	}
	return nil
}

// Comment says something about a requirement. Members whose names stand in the text
// after an @ find a notice in their inbox.
func (s *Service) Comment(ctx context.Context, a authz.Actor, organisation, requirement, body string) (out planning.Comment, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.CommentWrite)
	if err != nil {
		return out, err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		r, err := s.clients.ReachOf(tx, a, organisation)
		if err != nil {
			return err
		}
		before, err := tx.Comments(organisation, assessment.OfRequirement, requirement)
		if err != nil {
			return err
		}
		if err := mayComment(tx, a, r, before, requirement); err != nil {
			return err
		}
		if _, ok := s.knowledge.Catalogue.Get(requirement); !ok {
			return invalid("requirement", "there is no such requirement", "a requirement of the catalogue")
		}
		out, err = s.put(tx, a, planning.Comment{Organisation: organisation, Kind: assessment.OfRequirement, Object: requirement,
			Author: a.Person, AuthorName: cmp.Or(a.Name, a.Person), Body: body})
		return err
	})
	return out, err
}

// EditComment changes the text of one's own comment. Who is newly named finds a
// notice.
func (s *Service) EditComment(ctx context.Context, a authz.Actor, organisation, id, body string) error {
	return s.own(ctx, a, organisation, id, func(tx *store.Tx, c planning.Comment) error {
		c.Body, c.EditedAt = body, tx.Now()
		_, err := s.put(tx, a, c)
		return err
	})
}

// RemoveComment deletes one's own comment.
func (s *Service) RemoveComment(ctx context.Context, a authz.Actor, organisation, id string) error {
	return s.own(ctx, a, organisation, id, func(tx *store.Tx, c planning.Comment) error { return tx.RemoveComment(c.ID) })
}

// own runs f on a comment that the actor wrote.
func (s *Service) own(ctx context.Context, a authz.Actor, organisation, id string, f func(*store.Tx, planning.Comment) error) error {
	scope, err := a.Organisation(ctx, organisation, authz.CommentWrite)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		c, err := tx.Comment(id)
		if err != nil {
			return err
		}
		if c.Author != a.Person || a.Person == "" {
			return &fault.Error{Kind: fault.Forbidden, What: "this comment is somebody else's"}
		}
		return f(tx, c)
	})
}

// put stores a comment and tells those who are named in it for the first time.
func (s *Service) put(tx *store.Tx, a authz.Actor, c planning.Comment) (planning.Comment, error) {
	c.Body = strings.TrimSpace(c.Body)
	switch {
	case c.Body == "":
		return c, invalid("body", "the comment is empty", "what is to be said")
	case len(c.Body) > longestComment || !utf8.ValidString(c.Body):
		return c, invalid("body", "the comment is too long", "at most 10,000 characters")
	}
	all, err := people(tx, c.Organisation)
	if err != nil {
		return c, err
	}
	before := c.Mentions
	c.Mentions = nil
	for _, m := range Mentioned(c.Body, all) {
		c.Mentions = append(c.Mentions, m.Person)
	}
	if c, err = tx.PutComment(c); err != nil {
		return c, err
	}
	title, link, err := s.about(tx, c)
	if err != nil {
		return c, err
	}
	args, err := json.Marshal(law.Say("", "who", c.AuthorName, "what", title).Args)
	if err != nil {
		return c, fmt.Errorf("write the notice: %w", err)
	}
	for _, person := range c.Mentions {
		if slices.Contains(before, person) || person == a.Person {
			continue
		}
		err := tx.Notify(desk.Notice{Person: person, Organisation: c.Organisation, Key: "workbench.notice.mentioned", Args: args,
			Link: link})
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// Mentioned is the members whose whole names follow an @ in a text, whatever the
// case, each once. Where one name begins with another, the longer one is meant.
func Mentioned(text string, people []tenant.Member) []tenant.Member {
	byLength := slices.Clone(people)
	slices.SortStableFunc(byLength, func(x, y tenant.Member) int { return cmp.Compare(len(y.Name), len(x.Name)) })
	var out []tenant.Member
	for rest := text; ; {
		at := strings.IndexByte(rest, '@')
		if at < 0 {
			return out
		}
		rest = rest[at+1:]
		length := 0
		for _, m := range byLength {
			n, ok := beginsWith(rest, m.Name)
			if !ok || n < length {
				continue
			}
			length = n
			if !slices.ContainsFunc(out, func(o tenant.Member) bool { return o.Person == m.Person }) {
				out = append(out, m)
			}
		}
		rest = rest[length:]
	}
}

// beginsWith reports whether a text begins with a name as whole words, and how many
// bytes of the text the name takes.
func beginsWith(text, name string) (int, bool) {
	if name == "" {
		return 0, false
	}
	n := 0
	for _, want := range name {
		got, size := utf8.DecodeRuneInString(text[n:])
		if size == 0 || unicode.ToLower(got) != unicode.ToLower(want) {
			return 0, false
		}
		n += size
	}
	next, size := utf8.DecodeRuneInString(text[n:])
	return n, size == 0 || !unicode.IsLetter(next) && !unicode.IsDigit(next)
}
