package authority

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Recipients lists to whom reports are forwarded.
func (s *Service) Recipients(ctx context.Context, a authz.Actor) (list []authority.Recipient, err error) {
	err = s.survey(ctx, a, func(tx *store.Tx) error {
		list, err = tx.AuthorityRecipients()
		return err
	})
	return list, err
}

// AddRecipient adds somebody to whom reports are forwarded, with the rule for whom
// it is proposed and what is left out.
func (s *Service) AddRecipient(ctx context.Context, a authz.Actor, r authority.Recipient) error {
	return s.manage(ctx, a, authz.IncidentDecide, func(tx *store.Tx) error {
		r.Name, r.Country = strings.TrimSpace(r.Name), strings.ToUpper(strings.TrimSpace(r.Country))
		if r.Email = strings.TrimSpace(r.Email); r.Email != "" {
			address, err := tenant.FoldEmail(r.Email)
			if err != nil {
				return invalid("email", "this is no mail address", "such as office@example.org")
			}
			r.Email = address
		}
		switch {
		case !slices.Contains(authority.RecipientKinds(), r.Kind):
			return invalid("kind", "there is no such kind of recipient", "one of the list")
		case r.Name == "" || len(r.Name) > 300:
			return invalid("name", "the name is missing or too long", "the name of the recipient")
		case r.Country != "" && !slices.Contains(country.Codes(), r.Country):
			return invalid("country", "there is no such Member State", "two capital letters, for example DE")
		case slices.ContainsFunc(r.Regimes, func(x string) bool { return !slices.Contains(clocks.Regimes(), clocks.Regime(x)) }):
			return invalid("regimes", "there is no such act", "one of the list")
		}
		for _, field := range r.Withhold {
			if _, ok := s.options.Forms.FieldOf(field); !ok {
				return invalid("withhold", "there is no such field", "fields of the forms")
			}
		}
		r.ID, r.Version = id.New(), 0
		_, err := tx.PutAuthorityRecipient(r)
		return err
	})
}

// RemoveRecipient ends forwarding to somebody; what was forwarded stays recorded.
func (s *Service) RemoveRecipient(ctx context.Context, a authz.Actor, recipient string) error {
	return s.manage(ctx, a, authz.IncidentDecide, func(tx *store.Tx) error { return tx.RemoveAuthorityRecipient(recipient) })
}

// Redacted is the copy of a report for a recipient, with its hash: without the
// fields that the recipient does not get, and without those that never leave the
// authority of the form. What is left out is named.
func (s *Service) Redacted(r authority.Report, to authority.Recipient) (content []byte, hash string, withheld []string, err error) {
	if r.Media != authority.JSON {
		return nil, "", nil, &fault.Error{Kind: fault.Invalid, Field: "report", What: "a paper cannot be redacted by field", Expected: "the original, blackened and forwarded by hand"}
	}
	f, err := incident.Thaw([]byte(r.Content))
	if err != nil {
		return nil, "", nil, fmt.Errorf("read report %s: %w", r.ID, err)
	}
	form, _ := s.options.Forms.Version(f.Form, f.FormVersion)
	kept, withheld := form.Redact(f.Values, to.Withhold)
	for field := range f.Values { // what no form knows cannot be judged: it stays here
		if _, known := form.Field(field); !known {
			withheld = append(withheld, field)
		}
	}
	withheld = append(withheld, strip(&f, to.Withhold)...)
	slices.Sort(withheld)
	withheld = slices.Compact(withheld)
	f.Values = kept
	f.Withheld = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(f.Withheld), withheld...))))
	content, hash, err = incident.Freeze(f)
	return content, hash, withheld, err
}

// strip takes what a recipient must not see off the head of a report, which says some of
// it a second time, and lists the fields that it did so for.
func strip(f *incident.Frozen, fields []string) (stripped []string) {
	for _, field := range fields {
		before := *f
		switch field {
		case "entity_name":
			f.Entity = ""
		case "own_reference":
			if f.Reference != "" && strings.Contains(f.ID, f.Reference) { // such ids would tell it again
				f.ID = ""
			}
			if f.Reference != "" && strings.Contains(f.Case, f.Reference) {
				f.Case = ""
			}
			f.Reference = ""
		case "aware_at":
			f.AwareAt, f.DueAt = time.Time{}, time.Time{} // one follows from the other
		}
		if f.Entity != before.Entity || f.Reference != before.Reference || !f.AwareAt.Equal(before.AwareAt) {
			stripped = append(stripped, field)
		}
	}
	return stripped
}

// mostMailed is the longest copy of a report that goes by mail.
const mostMailed = 200_000

// Forward hands a report on to a recipient, by mail or for download, and records
// what exactly went on which ground. Nothing is forwarded without a person.
func (s *Service) Forward(ctx context.Context, a authz.Actor, id, report, recipient, way, reason string) (f authority.Forwarding, err error) {
	err = s.alter(ctx, a, id, authz.IncidentDecide, func(tx *store.Tx, c authority.Case) error {
		r, err := tx.AuthorityReport(report)
		if err != nil {
			return err
		}
		to, err := tx.AuthorityRecipient(recipient)
		if err != nil {
			return err
		}
		reason = strings.TrimSpace(reason)
		switch {
		case r.Case != c.ID:
			return &fault.Error{Kind: fault.NotFound, What: "the report is of another case"}
		case r.Exercise:
			return invalid("report", "an exercise is not forwarded", "a report of a real incident")
		case way != authority.ByMail && way != authority.ByDownload:
			return invalid("way", "there is no such way", "mail or download")
		case way == authority.ByMail && to.Email == "":
			return invalid("way", "the recipient has no mail address", "download")
		case len(reason) > 2000:
			return invalid("reason", "the reason is too long", "up to 2,000 characters")
		}
		content, hash, withheld, err := s.Redacted(r, to)
		if err != nil {
			return err
		}
		if way == authority.ByMail && len(content) > mostMailed {
			return invalid("way", "the report is too large for a mail", "download")
		}
		f, err = tx.AddAuthorityForwarding(authority.Forwarding{Organisation: c.Organisation, Case: c.ID, Report: r.ID, Recipient: to.ID, RecipientName: to.Name,
			Basis: authority.Basis(to.Kind), Way: way, Address: to.Email, Withheld: withheld, Content: string(content), SHA256: hash, Reason: reason, By: a.Person, ByName: a.Name})
		if err != nil || way != authority.ByMail {
			return err
		}
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		_, err = s.options.Mails.Post(tx, mailing.Letter{Key: "forward/" + f.ID, Organisation: c.Organisation, To: to.Email, Language: w.Language, Message: "authority.mail.forward",
			Arguments: []any{"authority", w.Name, "reference", c.Reference, "basis", s.options.Mails.Printer(w.Language).Cite(f.Basis), "hash", f.SHA256, "tlp", c.TLP}, Body: f.Content})
		return err
	})
	return f, err
}

// Forwarded gives one forwarding with the exact bytes.
func (s *Service) Forwarded(ctx context.Context, a authz.Actor, id, forwarding string) (f authority.Forwarding, err error) {
	err = s.look(ctx, a, func(tx *store.Tx) error {
		if f, err = tx.AuthorityForwarding(forwarding); err == nil && f.Case != id {
			err = &fault.Error{Kind: fault.NotFound, What: "the forwarding is of another case"}
		}
		return err
	})
	return f, err
}

// Statement is what the public is told about a case, Directive (EU) 2022/2555
// Art. 23(7).
type Statement struct {
	Title     string
	Text      string
	Consulted string // what the entity said when it was asked before
	ByEntity  bool   // the entity is required to tell the public
	On        law.Date
}

// Publish records what the public is told about a case. The article lets the
// authority do so after consulting the entity; an entity that has to do it itself
// is told so.
func (s *Service) Publish(ctx context.Context, a authz.Actor, id string, st Statement) error {
	return s.alter(ctx, a, id, authz.IncidentDecide, func(tx *store.Tx, c authority.Case) error {
		st.Title, st.Text, st.Consulted = strings.TrimSpace(st.Title), strings.TrimSpace(st.Text), strings.TrimSpace(st.Consulted)
		switch {
		case st.Title == "" || len(st.Title) > 300:
			return invalid("title", "the title is missing or too long", "up to 300 characters")
		case st.Text == "" || len(st.Text) > reporting.LongestText:
			return invalid("text", "the text is missing or too long", "what the public reads")
		case st.Consulted == "" || len(st.Consulted) > reporting.LongestText:
			return invalid("consulted", "it is not said what the entity answered", "Art. 23(7) asks to consult the entity before")
		case c.Exercise:
			return invalid("text", "the public is told nothing of an exercise", "a real case")
		}
		power := "authority"
		if st.ByEntity {
			power = "entity"
			if _, err := tell(tx, a, c, authority.Message{Kind: authority.Decision, Text: st.Title + "\n\n" + st.Text}); err != nil {
				return err
			}
		}
		_, err := tx.PutAuthorityRecord(authority.Record{Organisation: c.Organisation, Case: c.ID, Kind: authority.Public, Power: power, Title: st.Title, Body: st.Text,
			Purpose: st.Consulted, DoneOn: st.On, By: a.Person, ByName: a.Name})
		return err
	})
}
