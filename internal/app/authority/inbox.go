package authority

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// PageRows is how many reports a page of the inbox has.
const PageRows = 50

// Inbox is a page of the reports that came, the last one first.
type Inbox struct {
	Rows   []authority.Row
	Next   string // cursor of the page after this one; "": this is the last
	Counts authority.Counts
}

// Inbox lists the reports in reach of the actor. text limits them to entities whose
// name has all its words, and to cases with the reference; cursor is Next of the
// page before, or "".
func (s *Service) Inbox(ctx context.Context, a authz.Actor, f authority.Filter, text, cursor string) (in Inbox, err error) {
	after, err := readCursor(cursor)
	if err != nil {
		return in, err
	}
	err = s.look(ctx, a, func(tx *store.Tx) error {
		if in.Counts, err = tx.AuthorityCounts(); err != nil {
			return err
		}
		in.Rows, err = tx.AuthorityInbox(f, text, after, PageRows+1)
		return err
	})
	if len(in.Rows) > PageRows {
		in.Rows = in.Rows[:PageRows]
		last := in.Rows[PageRows-1]
		in.Next = strconv.FormatInt(last.ReceivedAt.UnixMilli(), 36) + "." + last.ID
	}
	return in, err
}

// readCursor is the last report of the page before; its id is "" for none.
func readCursor(cursor string) (r authority.Report, err error) {
	if cursor == "" {
		return r, nil
	}
	at, id, _ := strings.Cut(cursor, ".")
	ms, err := strconv.ParseInt(at, 36, 64)
	if err != nil || id == "" || len(id) > 100 {
		return r, invalid("after", "there is no such page", "a link of the list")
	}
	return authority.Report{ID: id, ReceivedAt: time.UnixMilli(ms).UTC()}, nil
}

// look reads in reach of the actor, in workspaces of authorities only.
func (s *Service) look(ctx context.Context, a authz.Actor, f func(*store.Tx) error) error {
	scope, err := a.Reach(authz.IncidentRead)
	if err != nil {
		return err
	}
	return s.store.Read(ctx, scope, within(f))
}

// Case is a case with its reports, in the order in which they were submitted, and
// what was said, oldest first.
type Case struct {
	authority.Case
	Name        string // of the entity
	HandlerName string
	Reports     []authority.Report
	Messages    []authority.Message
	Forwardings []authority.Forwarding
	Recipients  []authority.Recipient
	Statements  []authority.Record // what the public was told
}

// Proposes reports whether the rule of a recipient fits a report of the case that
// it did not get yet.
func (c Case) Proposes(to authority.Recipient) bool {
	for _, r := range c.Reports {
		if to.Fits(r) && !slices.ContainsFunc(c.Forwardings, func(f authority.Forwarding) bool { return f.Report == r.ID && f.Recipient == to.ID }) {
			return true
		}
	}
	return false
}

// Unanswered is when the first answer of the case is due; zero when none is.
func (c Case) Unanswered() time.Time {
	for _, r := range c.Reports {
		if !r.AnswerDue.IsZero() && r.AnsweredAt.IsZero() {
			return r.AnswerDue
		}
	}
	return time.Time{}
}

// Cases lists at most limit cases in reach of the actor, newest first.
func (s *Service) Cases(ctx context.Context, a authz.Actor, limit int) (list []authority.Case, err error) {
	err = s.look(ctx, a, func(tx *store.Tx) error {
		list, err = tx.AllAuthorityCases(limit)
		return err
	})
	return list, err
}

// Load gives one case.
func (s *Service) Load(ctx context.Context, a authz.Actor, id string) (c Case, err error) {
	err = s.look(ctx, a, func(tx *store.Tx) error {
		c, err = load(tx, id)
		return err
	})
	return c, err
}

func load(tx *store.Tx, id string) (c Case, err error) {
	if c.Case, err = tx.AuthorityCase(id); err != nil {
		return c, err
	}
	if c.Reports, err = tx.AuthorityReports(c.Organisation, id); err != nil {
		return c, err
	}
	if c.Messages, err = tx.AuthorityMessages(c.Organisation, id); err != nil {
		return c, err
	}
	if c.Forwardings, err = tx.AuthorityForwardings(c.Organisation, id); err != nil {
		return c, err
	}
	records, err := tx.AuthorityRecords(c.Organisation)
	if err != nil {
		return c, err
	}
	for _, r := range records {
		if r.Case == id && r.Kind == authority.Public {
			c.Statements = append(c.Statements, r)
		}
	}
	if c.Recipients, err = tx.AuthorityRecipients(); err != nil {
		return c, err
	}
	names, err := tx.OrganisationNames([]string{c.Organisation})
	if err != nil {
		return c, err
	}
	c.Name = names[c.Organisation]
	if c.Handler == "" {
		return c, nil
	}
	members, err := tx.Members()
	for _, m := range members {
		if m.Person == c.Handler {
			c.HandlerName = m.Name
		}
	}
	return c, err
}

// Sheet is what a report says, beside the others of its case.
type Sheet struct {
	authority.Report
	Frozen  incident.Frozen
	Known   bool // false: no report that can be read field by field
	Form    reporting.Form
	Changed map[string]bool // fields that differ from the report before, by id
}

// Compare lays the reports of a case side by side: the fields that any of them
// answers, in the order of the newest form, and the sheets. What a form does not
// know is a field with its id alone.
func (s *Service) Compare(c Case) (fields []reporting.Field, sheets []Sheet) {
	var last reporting.Values
	for _, r := range c.Reports {
		sheet := Sheet{Report: r, Changed: map[string]bool{}}
		if f, err := incident.Thaw([]byte(r.Content)); err == nil && r.Media == authority.JSON {
			sheet.Frozen, sheet.Known = f, true
			if s.options.Forms != nil {
				sheet.Form, _ = s.options.Forms.Version(f.Form, f.FormVersion)
			}
			if last != nil {
				for id, v := range last {
					sheet.Changed[id] = !v.Equal(f.Values[id])
				}
				for id, v := range f.Values {
					sheet.Changed[id] = !v.Equal(last[id])
				}
			}
			last = f.Values
		}
		sheets = append(sheets, sheet)
	}
	seen := map[string]bool{}
	for _, sh := range slices.Backward(sheets) {
		for _, f := range sh.Form.Fields {
			if !seen[f.ID] && slices.ContainsFunc(sheets, func(x Sheet) bool { return !x.Frozen.Values[f.ID].Empty() }) {
				seen[f.ID] = true
				fields = append(fields, f)
			}
		}
	}
	var unknown []string
	for _, sh := range sheets {
		for id := range sh.Frozen.Values {
			if !seen[id] {
				seen[id] = true
				unknown = append(unknown, id)
			}
		}
	}
	slices.Sort(unknown)
	for _, id := range unknown {
		fields = append(fields, reporting.Field{ID: id, Type: reporting.Text, Title: map[string]string{"en": id}})
	}
	return fields, sheets
}

// alter changes a case of the authority.
func (s *Service) alter(ctx context.Context, a authz.Actor, id string, need authz.Permission, f func(*store.Tx, authority.Case) error) error {
	scope, err := a.Reach(need)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		if err := only(tx); err != nil {
			return err
		}
		c, err := tx.AuthorityCase(id)
		if err != nil {
			return err
		}
		return f(tx, c)
	})
}

// Take makes the actor the one who handles the case.
func (s *Service) Take(ctx context.Context, a authz.Actor, id string) error {
	return s.Assign(ctx, a, id, a.Person)
}

// Assign makes a member who may work on the case the one who handles it; "" is nobody.
func (s *Service) Assign(ctx context.Context, a authz.Actor, id, person string) error {
	return s.alter(ctx, a, id, authz.IncidentEdit, func(tx *store.Tx, c authority.Case) error {
		if person != "" && person != a.Person { // who acts was checked
			members, err := tx.Members()
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(members, func(m tenant.Member) bool {
				return m.Person == person && !m.Disabled && (m.Organisation == "" || m.Organisation == c.Organisation) && authz.Allows(m.Role, authz.IncidentEdit)
			}) {
				return invalid("person", "there is no such member", "a member whose role lets them edit")
			}
		}
		c.Handler = person
		_, err := tx.PutAuthorityCase(c)
		return err
	})
}

// SetState closes a case or opens it again.
func (s *Service) SetState(ctx context.Context, a authz.Actor, id, state string) error {
	return s.alter(ctx, a, id, authz.IncidentDecide, func(tx *store.Tx, c authority.Case) error {
		if state != authority.Open && state != authority.Closed {
			return invalid("state", "there is no such state", "open or closed")
		}
		c.State = state
		_, err := tx.PutAuthorityCase(c)
		return err
	})
}

// Remark writes a remark that stays in the house. about is the id of a report at the
// entity, or "".
func (s *Service) Remark(ctx context.Context, a authz.Actor, id, about, text string) error {
	return s.alter(ctx, a, id, authz.IncidentEdit, func(tx *store.Tx, c authority.Case) error {
		if text = strings.TrimSpace(text); text == "" {
			return invalid("text", "the text is missing", "a remark")
		}
		if err := checkText(text); err != nil {
			return err
		}
		m := authority.Message{Organisation: c.Organisation, Case: c.ID, Kind: authority.Remark, About: about, Text: text, By: a.Person, ByName: a.Name}
		if err := fits(tx, c, m); err != nil {
			return err
		}
		_, err := tx.AddAuthorityMessage(m, false)
		return err
	})
}

// Review records what became of a report: authority.Revise with what the entity is
// to mend and by when, which is told to it, or authority.Passed. Of that it hears when it
// was asked to mend the report before, with the text, which may be empty. due is zero for
// no time. Conflict when a better report came already: that one is to be sent back.
func (s *Service) Review(ctx context.Context, a authz.Actor, id, report, verdict, text string, due time.Time) error {
	return s.alter(ctx, a, id, authz.IncidentDecide, func(tx *store.Tx, c authority.Case) error {
		r, err := tx.AuthorityReport(report)
		if err != nil {
			return err
		}
		text, due = strings.TrimSpace(text), due.UTC().Truncate(time.Millisecond)
		switch {
		case r.Case != c.ID:
			return &fault.Error{Kind: fault.NotFound, What: "the report is of another case"}
		case verdict == authority.Passed && !due.IsZero():
			return invalid("due", "a report that can stay has nothing to mend", "no time")
		case verdict != authority.Passed && verdict != authority.Revise:
			return invalid("verdict", "there is no such result", "passed or revision")
		case verdict == authority.Revise:
			if err := checkText(text); err != nil {
				return err
			}
			if err := sendBack(tx, a, c, r, text, due); err != nil {
				return err
			}
		case r.Review == authority.Revise || r.Review == authority.Mended:
			if text != "" {
				if err := checkText(text); err != nil {
					return err
				}
			}
			if _, err := tell(tx, a, c, authority.Message{Kind: authority.Settled, About: r.Report, Text: text}); err != nil {
				return err
			}
		case text != "":
			return invalid("text", "nobody would read the text", "no text, or a remark or question below")
		}
		r.Review, r.ReviewedBy, r.ReviewedByName, r.ReviewedAt, r.MendDue = verdict, a.Person, a.Name, tx.Now(), due
		return reviewed(tx, r)
	})
}

// reviewed keeps what became of a report; the alarm of the time for mending it follows.
func reviewed(tx *store.Tx, r authority.Report) error {
	r, err := tx.ReviewAuthorityReport(r)
	if err != nil {
		return err
	}
	return tx.ReplaceAlarms(r.MendDuty(), r.MendAlarms())
}

// sendBack tells the entity what to mend in a report, and by when.
func sendBack(tx *store.Tx, a authz.Actor, c authority.Case, r authority.Report, text string, due time.Time) error {
	list, err := tx.AuthorityReports(c.Organisation, c.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(x authority.Report) bool { return x.Corrects == r.Report }) {
		return &fault.Error{Kind: fault.Conflict, Field: "text", What: "another report came in place of this one", Expected: "a review of that report"}
	}
	m := authority.Message{Kind: authority.Revision, About: r.Report, Text: text, DueAt: due}
	if err := fits(tx, c, m); err != nil {
		return err
	}
	_, err = tell(tx, a, c, m)
	return err
}

// mended notes that a report came in place of one that was sent back, if it did.
func mended(tx *store.Tx, by authority.Report) error {
	if by.Corrects == "" {
		return nil
	}
	r, err := tx.AuthorityReportOf(by.Organisation, by.Corrects)
	if err != nil && fault.KindOf(err) == fault.NotFound || err == nil && (r.Case != by.Case || r.Review != authority.Revise) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Review = authority.Mended
	return reviewed(tx, r)
}

// answered ends the clocks of the answers that are due in a case.
func answered(tx *store.Tx, c authority.Case) error {
	list, err := tx.UnansweredReports(c.Organisation, c.ID)
	if err != nil {
		return err
	}
	for _, r := range list {
		r.AnsweredAt = tx.Now()
		if _, err := tx.ReviewAuthorityReport(r); err != nil {
			return err
		}
		if err := tx.ReplaceAlarms(r.AnswerDuty(), nil); err != nil {
			return err
		}
	}
	return nil
}

// Original gives a report with the exact bytes that came.
func (s *Service) Original(ctx context.Context, a authz.Actor, id, report string) (r authority.Report, err error) {
	err = s.look(ctx, a, func(tx *store.Tx) error {
		if r, err = tx.AuthorityReport(report); err == nil && r.Case != id {
			err = &fault.Error{Kind: fault.NotFound, What: "the report is of another case"}
		}
		return err
	})
	return r, err
}
