package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// client is one course on its way.
type client struct {
	course
	*builder
	id       string
	contact  string
	asked    []string            // questions that apply
	given    map[string][]string // answers so far
	evidence map[string]bool     // kinds that have a piece
	step     int                 // months since it joined
}

// follow plans everything that happens to a client.
func (b *builder) follow(c *client) {
	if c.kind == "" {
		c.kind = tenant.Client
	}
	b.later(c.days, 9, c.joins)
	b.later(c.days-1, 10, c.invites)
	if c.kind == tenant.Prospect {
		return
	}
	b.later(max(c.days-6, 1), 9, c.proves)
	b.later(max(c.days-13, 1), 11, c.plans)
	if c.registered > 0 && c.registered < c.days {
		b.later(c.days-c.registered, 15, c.registers)
	}
	for day := c.days - 30; day > 14; day -= 30 {
		b.later(day, 9, c.improves)
		b.later(day, 12, c.works)
		b.later(day, 16, c.keeps)
	}
	b.later(max(c.days-40, 8), 10, func(ctx context.Context) error { return c.approve(ctx, clients.SubjectMeasures) })
	if c.days > 200 {
		b.later(120, 10, func(ctx context.Context) error { return c.approve(ctx, clients.SubjectMeasures) })
		b.later(150, 13, c.trains)
	}
	if c.days > 60 {
		b.later(45, 13, c.accepts)
		b.later(10, 11, c.works)
	}
	b.later(int(2+share(c.file, "lately")*10), 14, c.improves)
	if c.grew {
		b.later(9, 10, c.grows)
	}
	if c.waiting {
		b.later(6, 15, func(ctx context.Context) error {
			_, err := c.Clients.Approve(ctx, b.actors[anna], c.id, clients.SubjectPlan, board.Waiting, "The plan for the next half-year.")
			return err
		})
	}
}

func (c *client) today() law.Date { return law.DateOf(c.Clock.Now()) }

// level is how far the client is now, between where it began and where it gets.
func (c *client) level() float64 {
	gone := c.now.Sub(c.Clock.Now()).Hours() / 24
	return c.to - (c.to-c.from)*gone/float64(max(c.days, 1))
}

// joins makes the client with the answers of the first interview.
func (c *client) joins(ctx context.Context) error {
	f, err := c.facts(c.Clock.Now().Year())
	if err != nil {
		return err
	}
	c.contact = f.Organisation.Contact.Name
	if err := c.interview(f); err != nil {
		return err
	}
	a := c.actors[anna]
	o, err := c.Clients.Import(ctx, a, c.kind, f)
	if err != nil {
		return err
	}
	c.id = o.ID
	c.all = append(c.all, c.id)
	c.models[c.file] = c.id
	if err := c.Clients.Tag(ctx, a, c.id, c.tags); err != nil {
		return err
	}
	_, err = c.Clients.Determine(ctx, a, c.id)
	return err
}

// interview answers most questions that apply, as things stand when the client
// comes; a prospect answers ten.
func (c *client) interview(f *organisation.File) error {
	in, err := assessing.Score(c.Knowledge, f, assessing.Options{Today: c.today()})
	if err != nil {
		return err
	}
	c.asked, c.given, c.evidence = in.Posture.OpenQuestions, map[string][]string{}, map[string]bool{}
	f.Answers = map[string]organisation.Answer{}
	for i, id := range c.asked {
		if share(c.file, id, "later") < 0.22 || c.kind == tenant.Prospect && i >= 10 {
			continue
		}
		q, _ := c.Knowledge.Catalogue.Question(id)
		c.given[id] = c.pick(q, c.level())
		f.Answers[id] = organisation.Answer{Options: c.given[id], By: c.contact, On: c.today(), Note: c.note(id)}
	}
	return nil
}

// invites gives those an account who work in the organisation.
func (c *client) invites(ctx context.Context) error {
	if c.editor == "" && c.board == "" {
		return nil
	}
	owner, err := c.owner(ctx)
	if err != nil {
		return err
	}
	for name, role := range map[string]authz.Role{c.editor: authz.Editor, c.board: authz.Board} {
		if name == "" {
			continue
		}
		if err := c.join(ctx, owner, c.id, name, strings.ToLower(strings.ReplaceAll(name, " ", "."))+"@"+c.file+".example", role); err != nil {
			return err
		}
	}
	return nil
}

// answer answers a question as somebody would whose house is so far.
func (c *client) answer(ctx context.Context, a authz.Actor, question string, level float64) error {
	q, ok := c.Knowledge.Catalogue.Question(question)
	if !ok {
		return fmt.Errorf("there is no question %q", question)
	}
	options := c.pick(q, level)
	if slices.Equal(options, c.given[question]) {
		return nil
	}
	c.given[question] = options
	_, _, err := c.Clients.Answer(ctx, a, c.id, question, options, c.note(question))
	return err
}

// note is what somebody adds to few answers.
func (c *client) note(question string) string {
	notes := []string{"Seen on site.", "As the head of IT says; no record was found.", "Checked together with " + c.contact + ".", "To be looked at again after the change of system."}
	if v := share(c.file, question, "note"); v < 0.2 {
		return notes[int(v*5*float64(len(notes)))]
	}
	return ""
}

// pick chooses options; those of a question come from the best to the worst.
func (c *client) pick(q catalog.Question, level float64) []string {
	var real []string
	none := ""
	for _, o := range q.Options {
		switch o.ID {
		case "unknown":
		case "none", "no", "nothing":
			none = o.ID
			if q.Type != catalog.Many {
				real = append(real, o.ID)
			}
		default:
			real = append(real, o.ID)
		}
	}
	v := clamp(level + (share(c.file, q.ID)-0.5)*0.7)
	if q.Type != catalog.Many {
		return []string{real[int((1-v)*(float64(len(real))-0.01))]}
	}
	var out []string
	for _, o := range real {
		if share(c.file, q.ID, o) < v {
			out = append(out, o)
		}
	}
	if len(out) == 0 {
		return []string{none}
	}
	return out
}

// best reports whether the answer to a question is the best one.
func (c *client) best(q catalog.Question) bool {
	given := c.given[q.ID]
	return len(given) > 0 && given[0] == q.Options[0].ID
}

// proves adds what there is of documents and records when the client came; some are
// old already.
func (c *client) proves(ctx context.Context) error {
	if err := c.policy(ctx); err != nil {
		return err
	}
	for _, id := range c.asked {
		q, _ := c.Knowledge.Catalogue.Question(id)
		if c.best(q) && share(c.file, id, "proof") < 0.75 {
			if err := c.prove(ctx, q, int(20+share(c.file, id, "age")*330)); err != nil {
				return err
			}
		}
	}
	return nil
}

// policy uploads the security policy as a file.
func (c *client) policy(ctx context.Context) error {
	a := c.actor(c.editor)
	text := "Information security policy\n\nPrepared by " + c.contact + ", approved by the management.\nThis is an example document.\n"
	f, err := c.Clients.Upload(ctx, a, c.id, "information-security-policy.txt", strings.NewReader(text))
	if err != nil {
		return err
	}
	e := pieceOf(posture.Evidence{Kind: "doc.security-policy", Title: "Information security policy", Date: c.today().AddDays(-40), Owner: c.contact})
	e.Files = []string{f.ID}
	c.evidence[e.Kind] = true
	_, err = c.Clients.PutPiece(ctx, a, c.id, e)
	return err
}

// prove adds evidence of the kinds that the best answer to a question expects.
func (c *client) prove(ctx context.Context, q catalog.Question, age int) error {
	for _, kind := range q.Expects {
		if c.evidence[kind] {
			continue
		}
		c.evidence[kind] = true
		title, _ := c.Knowledge.Catalogue.KindTitle(kind)
		day := c.today().AddDays(-age)
		e := pieceOf(posture.Evidence{Kind: kind, Title: fmt.Sprintf("%s, %d", title, day.Year), Date: day, Owner: c.contact, Location: "Documents / Security"})
		if _, err := c.Clients.PutPiece(ctx, c.actor(c.editor), c.id, e); err != nil {
			return err
		}
	}
	return nil
}

// registers enters the day of the registration into the facts.
func (c *client) registers(ctx context.Context) error {
	return c.changeFacts(ctx, func(f *organisation.File) { f.Registration.RegisteredOn = c.today().AddDays(-1) })
}

// grows enters the figures of a year in which the organisation grew.
func (c *client) grows(ctx context.Context) error {
	return c.changeFacts(ctx, func(f *organisation.File) {
		last := f.Figures[len(f.Figures)-1]
		more := *last.Employees + 14
		last.Employees = &more
		f.Figures[len(f.Figures)-1] = last
	})
}

func (c *client) changeFacts(ctx context.Context, change func(*organisation.File)) error {
	a := c.actors[anna]
	got, err := c.Clients.Load(ctx, a, c.id)
	if err != nil {
		return err
	}
	change(got.File)
	return c.Clients.SetFacts(ctx, a, c.id, got.Organisation.Version, got.File)
}

func (c *client) plans(ctx context.Context) error {
	_, err := c.Clients.AdoptPlan(ctx, c.actors[ben], c.id)
	return err
}

// improves answers what was left out, then what has become better.
func (c *client) improves(ctx context.Context) error {
	c.step++
	const most = 4
	a, done := c.actor(c.editor), 0
	for _, open := range []bool{true, false} {
		for _, id := range c.asked {
			if done == most {
				return nil
			}
			q, _ := c.Knowledge.Catalogue.Question(id)
			if had := c.given[id]; open != (had == nil) || share(c.file, id, fmt.Sprint(c.step)) > 0.3 || slices.Equal(had, c.pick(q, c.level())) {
				continue
			}
			done++
			if err := c.answer(ctx, a, id, c.level()); err != nil {
				return err
			}
			if c.best(q) && share(c.file, id, "proof") < 0.75 {
				if err := c.prove(ctx, q, 5); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// works goes through the plan once a month: what is due is finished as far as the
// client keeps its dates, some of the rest begins, waits for others or gets a later
// date.
func (c *client) works(ctx context.Context) error {
	got, err := c.Clients.Load(ctx, c.actors[anna], c.id)
	if err != nil {
		return err
	}
	a := c.actor(c.editor)
	done, doing, blocked, late := planning.Done, planning.Doing, planning.Blocked, c.today().AddDays(75)
	changes := []struct {
		to  clients.Bulk
		ids []string
	}{{to: clients.Bulk{State: &done}}, {to: clients.Bulk{State: &doing, Owner: &a.Person}}, {to: clients.Bulk{State: &blocked}}, {to: clients.Bulk{Due: &late}}}
	for _, t := range got.Tasks {
		if !t.State.Open() || t.Due.IsZero() || !t.Due.Before(c.today().AddDays(20)) {
			continue
		}
		which := -1
		switch luck := share(c.file, t.Origin, c.today().String()); {
		case luck < c.diligence*0.7:
			which = 0
		case t.State == planning.ToDo && luck > 0.95:
			which = 2
		case t.State == planning.ToDo:
			which = 1
		case luck > 0.72:
			which = 3
		}
		if which >= 0 && len(changes[which].ids) < 9 {
			changes[which].ids = append(changes[which].ids, t.ID)
		}
	}
	for _, change := range changes {
		if len(change.ids) == 0 {
			continue
		}
		if _, _, err := c.Clients.ChangeTasks(ctx, a, c.id, change.ids, change.to); err != nil {
			return err
		}
	}
	return nil
}

// keeps keeps the scores of the month.
func (c *client) keeps(ctx context.Context) error {
	return c.Clients.Snapshot(ctx, c.actors[ben], c.id, "")
}

// approve asks the management body and, where it has an account, decides.
func (c *client) approve(ctx context.Context, subject string) error {
	if _, err := c.Clients.Approve(ctx, c.actors[anna], c.id, subject, board.Waiting, ""); err != nil {
		return err
	}
	if c.course.board == "" {
		_, err := c.Clients.Approve(ctx, c.actors[anna], c.id, subject, board.Approved, "By minute of the management, on file.")
		return err
	}
	_, err := c.Clients.Approve(ctx, c.actors[c.course.board], c.id, subject, board.Approved, "")
	return err
}

func (c *client) trains(ctx context.Context) error {
	name := c.course.board
	if name == "" {
		name = c.contact
	}
	_, err := c.Clients.PutTraining(ctx, c.actors[anna], c.id, board.Training{Name: name, Management: true, Minutes: 180,
		Course: "Cybersecurity for the management body", On: c.today().AddDays(-2), ValidUntil: c.today().AddMonths(24)})
	return err
}

// accepts accepts one risk for a time.
func (c *client) accepts(ctx context.Context) error {
	got, err := c.Clients.Load(ctx, c.actors[anna], c.id)
	if err != nil || len(got.In.Posture.Gaps) == 0 {
		return err
	}
	gaps := got.In.Posture.Gaps
	g := gaps[int(share(c.file, "accepted")*float64(len(gaps)))]
	_, err = c.Clients.PutException(ctx, c.actors[anna], c.id, posture.Exception{Requirement: g.Requirement, Kind: posture.ExceptionAccepted,
		Reason: "The change needs new equipment that is ordered. Until then only named people have access.", ApprovedBy: c.contact, Until: c.today().AddDays(150)}, clients.AsItIs)
	return err
}

func pieceOf(e posture.Evidence) assessment.Evidence { return assessment.Evidence{Evidence: e} }
