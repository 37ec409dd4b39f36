// Package delegating hands questions to people without an account: a link opens
// some questions of one organisation and nothing else. What the holder answers is a
// suggestion, or, when that was chosen, an answer as soon as it is handed in.
package delegating

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Service is the use cases. It is safe for concurrent use.
type Service struct {
	store   *store.Store
	clients *clients.Service
	cat     *catalog.Catalogue
	mailer  *mailing.Mailer
}

// New makes the service. Without a mailer links are handed over by those who make
// them.
func New(s *store.Store, c *clients.Service, cat *catalog.Catalogue, m *mailing.Mailer) *Service {
	return &Service{store: s, clients: c, cat: cat, mailer: m}
}

// Page is the address of the page behind a link.
func Page(token string) string { return "/answer/" + token }

// Draft is a new delegation.
type Draft struct {
	Title     string   // "": the recipient finds the name of the organisation only
	Questions []string // ids, in the order in which they are asked
	Recipient string
	Email     string // "": the link is handed over in another way
	Language  string
	Days      int  // 1 to MostDays
	Direct    bool // the answers count when they are handed in
}

// MostDays is how long a link can be open.
const MostDays = 90

// mostQuestions bounds a delegation.
const mostQuestions = 300

func (s *Service) check(d Draft) error {
	switch {
	case strings.TrimSpace(d.Recipient) == "":
		return invalid("recipient", "nobody is named", "the name of the person who answers")
	case len(d.Recipient) > 200:
		return invalid("recipient", "the name is too long", "at most 200 characters")
	case len(d.Title) > 300:
		return invalid("title", "the title is too long", "at most 300 characters")
	case d.Days < 1 || d.Days > MostDays:
		return invalid("days", "the number of days is out of range", "1 to 90 days")
	case len(d.Language) != 2:
		return invalid("language", "the language is missing", "a language of the list")
	case len(d.Questions) == 0:
		return invalid("question", "no question is chosen", "the questions to hand over")
	case len(d.Questions) > mostQuestions:
		return invalid("question", "too many questions are chosen", "at most 300")
	}
	for _, id := range d.Questions {
		if _, ok := s.cat.Question(id); !ok {
			return invalid("question", fmt.Sprintf("there is no question %q", id), "questions of the catalogue")
		}
	}
	return nil
}

// Create hands questions over. The token stands in the link; it is returned once,
// and only its hash is kept. With an address the link goes out by mail too.
func (s *Service) Create(ctx context.Context, a authz.Actor, organisation string, d Draft) (out assessment.Delegation, token string, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.DelegationManage)
	if err != nil {
		return out, "", err
	}
	if err := s.check(d); err != nil {
		return out, "", err
	}
	email := strings.TrimSpace(d.Email)
	if email != "" {
		if email, err = tenant.FoldEmail(email); err != nil {
			return out, "", err
		}
	}
	token, hash := secret.NewToken()
	var questions []string
	for _, id := range d.Questions {
		if !slices.Contains(questions, id) {
			questions = append(questions, id)
		}
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		out, err = tx.PutDelegation(assessment.Delegation{Organisation: organisation, Title: strings.TrimSpace(d.Title), Questions: questions,
			Recipient: strings.TrimSpace(d.Recipient), Email: email, Language: d.Language, TokenHash: hash, CreatedBy: a.Person,
			ExpiresAt: tx.Now().Add(time.Duration(d.Days) * 24 * time.Hour), Direct: d.Direct})
		if err != nil || email == "" || s.mailer == nil {
			return err
		}
		o, err := tx.Organisation(organisation)
		if err != nil {
			return err
		}
		home, err := tx.Zone()
		if err != nil {
			return err
		}
		_, err = s.mailer.Post(tx, mailing.Letter{Key: "delegation " + out.ID, Organisation: organisation, To: email, Language: d.Language,
			Message: "delegation.mail", Arguments: []any{"recipient", out.Recipient, "by", cmp.Or(a.Name, a.Person), "organisation", o.Name,
				"count", len(out.Questions), "until", law.DateOf(out.ExpiresAt.In(home)), "link", s.mailer.Link(Page(token))}})
		return err
	})
	return out, token, err
}

// Progress is a delegation with how much of it is answered.
type Progress struct {
	assessment.Delegation
	Answered int
}

// List lists the delegations of an organisation, newest first.
func (s *Service) List(ctx context.Context, a authz.Actor, organisation string) (list []Progress, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.DelegationManage)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list = nil
		all, err := tx.Delegations(organisation)
		if err != nil {
			return err
		}
		said, err := tx.Suggestions(organisation)
		if err != nil {
			return err
		}
		for _, d := range all {
			p := Progress{Delegation: d}
			for _, x := range said {
				if x.Source == assessment.SourceOfDelegation(d.ID) && len(x.Options) > 0 {
					p.Answered++
				}
			}
			list = append(list, p)
		}
		return nil
	})
	return list, err
}

// Withdraw ends a link. What was answered until then stays as suggestions.
func (s *Service) Withdraw(ctx context.Context, a authz.Actor, organisation, id string) error {
	scope, err := a.Organisation(ctx, organisation, authz.DelegationManage)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		d, err := tx.Delegation(id)
		if err != nil {
			return err
		}
		if !d.ClosedAt.IsZero() {
			return &fault.Error{Kind: fault.Conflict, What: "this link is closed already"}
		}
		d.ClosedAt = tx.Now()
		_, err = tx.PutDelegation(d)
		return err
	})
}

// Sheet is what the holder of a link sees, and no more.
type Sheet struct {
	Title        string
	Organisation string // name
	Workspace    string // name
	Colour       string // of the organisation, or of the workspace
	Recipient    string
	Language     string
	ExpiresAt    time.Time
	Zone         *time.Location // of the workspace: whoever holds the link has chosen none
	Questions    []catalog.Question
	Answers      map[string]posture.Answer // given behind this link, by question
}

// errNoLink is one answer for links that never were, have expired, were withdrawn
// or handed in.
var errNoLink = &fault.Error{Kind: fault.NotFound, What: "this link does not exist or is no longer open", Expected: "a new link from the person who sent it"}

// holder is the bearer of a link: a guest with the rights of the link.
type holder struct {
	delegation assessment.Delegation
	scope      tenant.Scope
	change     store.Change
	zone       *time.Location // of the workspace
}

// enter finds the open delegation behind a token. from is the address of the
// bearer, for the ledger.
func (s *Service) enter(ctx context.Context, token, from string) (h holder, err error) {
	workspace := ""
	err = s.store.Read(ctx, tenant.System("find the delegation behind a link"), func(tx *store.Tx) error {
		h.delegation, workspace, err = tx.DelegationByToken(secret.TokenHash(token))
		if fault.KindOf(err) == fault.NotFound || err == nil && !h.delegation.Open(tx.Now()) {
			return errNoLink
		}
		if err != nil {
			return err
		}
		of, err := tx.In(workspace, h.delegation.Organisation).Organisation(h.delegation.Organisation)
		if err == nil && of.Archived { // nothing is changed there, and the reason is not the bearer's to know
			err = errNoLink
		}
		if err == nil {
			h.zone, err = tx.In(workspace, "").Zone()
		}
		return err
	})
	if err != nil {
		return h, err
	}
	d := h.delegation
	guest := authz.NewActor(authz.Actor{Name: d.Recipient, Session: authz.Link, From: from, Zone: h.zone}, workspace,
		[]tenant.Membership{{Workspace: workspace, Organisation: d.Organisation, Role: authz.Guest}}, s.store)
	h.scope, err = guest.Organisation(ctx, d.Organisation, authz.DelegationAnswer)
	h.change = store.Change{Actor: "link:" + d.ID, ActorName: d.Recipient, From: from}
	return h, err
}

// still reads the delegation again within a transaction of its holder.
func (h holder) still(tx *store.Tx) (assessment.Delegation, error) {
	d, err := tx.Delegation(h.delegation.ID)
	if fault.KindOf(err) == fault.NotFound || err == nil && !d.Open(tx.Now()) {
		return d, errNoLink
	}
	return d, err
}

// Open shows the questions behind a link with the answers so far.
func (s *Service) Open(ctx context.Context, token, from string) (out Sheet, err error) {
	h, err := s.enter(ctx, token, from)
	if err != nil {
		return out, err
	}
	err = s.store.Read(ctx, h.scope, func(tx *store.Tx) error {
		d, err := h.still(tx)
		if err != nil {
			return err
		}
		out = Sheet{Title: d.Title, Recipient: d.Recipient, Language: d.Language, ExpiresAt: d.ExpiresAt, Zone: h.zone, Answers: map[string]posture.Answer{}}
		o, err := tx.Organisation(d.Organisation)
		if err != nil {
			return err
		}
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		out.Organisation, out.Workspace, out.Colour = o.Name, w.Name, cmp.Or(o.Brand.Colour, w.Brand.Colour)
		for _, id := range d.Questions {
			if q, ok := s.cat.In(d.Language).Question(id); ok {
				out.Questions = append(out.Questions, q)
			}
		}
		said, err := tx.SuggestionsOf(d.Organisation, assessment.SourceOfDelegation(d.ID))
		for _, x := range said {
			out.Answers[x.Question] = x.Answer
		}
		return err
	})
	return out, err
}

// longestNote bounds a note in bytes.
const longestNote = 5_000

// Save keeps one answer; no options take it back. It can be called as often as the
// link is open.
func (s *Service) Save(ctx context.Context, token, from, question string, options []string, note string) error {
	h, err := s.enter(ctx, token, from)
	if err != nil {
		return err
	}
	if len(note) > longestNote {
		return invalid("note", "the note is too long", "at most 5,000 characters")
	}
	if err := clients.CheckNote(options, note); err != nil {
		return err
	}
	if err := clients.CheckTicks(options); err != nil {
		return err
	}
	return s.store.Write(ctx, h.scope, h.change, func(tx *store.Tx) error {
		d, err := h.still(tx)
		if err != nil {
			return err
		}
		if !slices.Contains(d.Questions, question) {
			return &fault.Error{Kind: fault.NotFound, What: "there is no such question behind this link"}
		}
		if err := clients.CheckAnswer(s.cat, question, options); err != nil {
			return err
		}
		source := assessment.SourceOfDelegation(d.ID)
		old, err := tx.Suggestion(d.Organisation, source, question)
		had := err == nil
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if len(options) == 0 {
			if had {
				return tx.RemoveSuggestion(d.Organisation, source, question)
			}
			return nil
		}
		_, err = tx.PutSuggestion(assessment.Suggestion{Organisation: d.Organisation, Source: source, State: assessment.SuggestionOpen, Version: old.Version,
			Answer: posture.Answer{Question: question, Options: options, By: d.Recipient, On: law.DateOf(tx.Now().In(h.zone)), Note: strings.TrimSpace(note)}})
		return err
	})
}

// HandIn closes the link. The answers become suggestions, or, where the delegation
// is direct, answers of the assessment. Who made the link finds a notice.
func (s *Service) HandIn(ctx context.Context, token, from string) error {
	h, err := s.enter(ctx, token, from)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, h.scope, h.change, func(tx *store.Tx) error {
		d, err := h.still(tx)
		if err != nil {
			return err
		}
		d.ClosedAt, d.HandedIn = tx.Now(), true
		if d, err = tx.PutDelegation(d); err != nil {
			return err
		}
		if d.Direct {
			if err := s.take(tx, d); err != nil {
				return err
			}
		}
		return tell(tx, d)
	})
}

// take makes what was said behind a direct link answers.
func (s *Service) take(tx *store.Tx, d assessment.Delegation) error {
	said, err := tx.SuggestionsOf(d.Organisation, assessment.SourceOfDelegation(d.ID))
	if err != nil {
		return err
	}
	var answers []assessment.Answer
	for _, x := range said {
		if x.State != assessment.SuggestionOpen || clients.CheckAnswer(s.cat, x.Question, x.Options) != nil {
			continue
		}
		answers = append(answers, assessment.Answer{Answer: x.Answer, Source: assessment.ByDelegation})
		x.State = assessment.SuggestionAccepted
		if _, err := tx.PutSuggestion(x); err != nil {
			return err
		}
	}
	return s.clients.Take(tx, d.Organisation, answers)
}

// tell puts a notice into the inbox of the member who made the link.
func tell(tx *store.Tx, d assessment.Delegation) error {
	people, err := tx.MembersOf(d.Organisation)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(people, func(m tenant.Member) bool { return m.Person == d.CreatedBy }) {
		return nil
	}
	args, err := json.Marshal(law.Say("", "who", d.Recipient, "title", d.Title).Args)
	if err != nil {
		return fmt.Errorf("write the notice: %w", err)
	}
	return tx.Notify(desk.Notice{Person: d.CreatedBy, Organisation: d.Organisation, Key: "delegation.notice.handed_in", Args: args,
		Link: "/organisations/" + d.Organisation + "/suggestions?source=" + assessment.SourceOfDelegation(d.ID)})
}

func invalid(field, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}
