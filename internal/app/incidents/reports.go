package incidents

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// FilingKind is the kind of the outbox's effects that hand a report to an
// authority. The payload is a Filing.
const FilingKind = "filing"

// Filing names the report to hand over. Its bytes are read when it is sent; they
// never change.
type Filing struct {
	Organisation string `json:"organisation"`
	Report       string `json:"report"`
}

// Channels are the ways to hand a report over. Only ChannelNisaba is done by the
// platform; the others record what a person did.
const (
	ChannelNisaba = incident.OnTheWire
	ChannelPortal = "portal"
	ChannelMail   = "mail"
	ChannelPhone  = "phone"
	ChannelPaper  = "paper"
)

func missing(what string) error {
	return &fault.Error{Kind: fault.NotFound, What: "there is no such " + what}
}

func conflict(what, expected string) error {
	return &fault.Error{Kind: fault.Conflict, What: what, Expected: expected}
}

// Begin opens the report of a stage; when one is being written already, it is that
// one. corrects is the sent report that it mends, or "".
func (s *Service) Begin(ctx context.Context, a authz.Actor, organisation, id, obligation string, stage clocks.Stage, corrects string) (r incident.Report, err error) {
	err = s.revise(ctx, a, organisation, id, authz.IncidentEdit, func(tx *store.Tx, i *incident.Incident) error {
		o, err := obligationOf(tx, *i, obligation)
		if err != nil {
			return err
		}
		reports, err := reportsOf(tx, o)
		if err != nil {
			return err
		}
		for _, old := range reports {
			if old.Stage == stage && (old.Status == incident.Draft || old.Status == incident.Approved) {
				r = old
				return nil
			}
		}
		form, ok := s.forms.Find(o.Regime, stage, o.Country, law.DateOf(tx.Now()))
		if !ok {
			return missing("form for this report")
		}
		r = incident.Report{Organisation: organisation, Incident: id, Obligation: o.ID, Stage: stage, Form: form.ID,
			FormVersion: form.Version, Status: incident.Draft, Corrects: corrects, Own: reporting.Values{}, CreatedBy: a.Person}
		if corrects != "" {
			n := slices.IndexFunc(reports, func(old incident.Report) bool { return old.ID == corrects && old.Stage == stage && old.Sent() })
			if n < 0 {
				return missing("sent report to correct")
			}
			// What only the first one said, and what its authority did not get, goes on.
			if reports[n].Own != nil {
				r.Own = maps.Clone(reports[n].Own)
			}
			r.Withhold = slices.Clone(reports[n].Withhold)
		}
		r, err = tx.PutIncidentReport(r)
		return err
	})
	return r, err
}

func reportsOf(tx *store.Tx, o incident.Obligation) (out []incident.Report, err error) {
	all, err := tx.IncidentReports(o.Organisation, o.Incident)
	for _, r := range all {
		if r.Obligation == o.ID {
			out = append(out, r)
		}
	}
	return out, err
}

// Sheet is a report as it reads now.
type Sheet struct {
	Report   incident.Report
	Form     reporting.Form
	Values   reporting.Values   // what it says
	Missing  []reporting.Field  // required and without an answer
	Changes  []reporting.Change // since the report before
	Previous *incident.Report   // the one before, sent to the same authority
	Lapsed   string             // who approved it before what it says changed; it is a draft again
}

// Sheet shows a report: a draft with the newest facts, a sent one as it was sent.
func (s *Service) Sheet(ctx context.Context, a authz.Actor, organisation, id, report string) (sh Sheet, err error) {
	err = s.readReport(ctx, a, organisation, id, report, func(tx *store.Tx, i incident.Incident, r incident.Report) error {
		sh, err = s.sheet(tx, i, r)
		return err
	})
	return sh, err
}

// readReport reads one report of a case.
func (s *Service) readReport(ctx context.Context, a authz.Actor, organisation, id, report string, f func(*store.Tx, incident.Incident, incident.Report) error) error {
	return s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		i, err := incidentOf(tx, organisation, id)
		if err != nil {
			return err
		}
		r, err := reportOf(tx, i, report)
		if err != nil {
			return err
		}
		return f(tx, i, r)
	})
}

func reportOf(tx *store.Tx, i incident.Incident, id string) (incident.Report, error) {
	r, err := tx.IncidentReport(id)
	if err == nil && (r.Incident != i.ID || r.Organisation != i.Organisation) {
		err = missing("report")
	}
	return r, err
}

func (s *Service) sheet(tx *store.Tx, i incident.Incident, r incident.Report) (Sheet, error) {
	form, ok := s.forms.Version(r.Form, r.FormVersion)
	if !ok {
		return Sheet{}, missing("form with this version")
	}
	o, err := obligationOf(tx, i, r.Obligation)
	if err != nil {
		return Sheet{}, err
	}
	sh := Sheet{Report: r, Form: form}
	if r.Sent() {
		f, err := incident.Thaw(r.Content)
		if err != nil {
			return Sheet{}, err
		}
		sh.Values = f.Values
	} else {
		values, err := s.prefilled(tx, i, o, r)
		if err != nil {
			return Sheet{}, err
		}
		sh.Values = form.Keep(r.Stage, values)
		sh.Missing = form.Missing(r.Stage, sh.Values)
		if err := sh.lapse(); err != nil {
			return Sheet{}, err
		}
	}
	reports, err := reportsOf(tx, o)
	if err != nil {
		return Sheet{}, err
	}
	if before, ok := previous(reports, r); ok {
		f, err := incident.Thaw(before.Content)
		if err != nil {
			return Sheet{}, err
		}
		now, _ := form.Redact(sh.Values, r.Withhold) // what the authority does not get has not changed for it
		sh.Previous, sh.Changes = &before, form.Changes(f.Values, now)
	}
	return sh, nil
}

// lapse makes a report a draft again that says something else than was approved: facts
// of the case, its times and what was recorded of it reach every report of it.
func (sh *Sheet) lapse() error {
	r := &sh.Report
	if r.Status != incident.Approved || r.ApprovedDigest == "" {
		return nil
	}
	now, err := incident.Digest(sh.Values, r.Withhold)
	if err == nil && now != r.ApprovedDigest {
		sh.Lapsed = r.ApprovedName
		r.Unapprove()
	}
	return err
}

// previous is the last report that was sent before r to the same readers: what
// customers were told is compared with what they were told before, and never with what
// only an authority has.
func previous(reports []incident.Report, r incident.Report) (best incident.Report, ok bool) {
	for _, p := range reports {
		same := p.Stage == r.Stage || p.Stage.ToAuthority() && r.Stage.ToAuthority()
		if p.ID == r.ID || !same || !p.Sent() || r.Sent() && !p.SubmittedAt.Before(r.SubmittedAt) {
			continue
		}
		if !ok || p.SubmittedAt.After(best.SubmittedAt) {
			best, ok = p, true
		}
	}
	return best, ok
}

// PutOwn keeps what only this report says, and which fields its authority does not
// get. An empty value falls back to the fact of the case. An approval is void
// after it.
func (s *Service) PutOwn(ctx context.Context, a authz.Actor, organisation, id, report, field string, v reporting.Value, withhold bool) error {
	return s.draft(ctx, a, organisation, id, report, authz.IncidentEdit, func(_ *store.Tx, _ *incident.Incident, r *incident.Report) error {
		form, _ := s.forms.Version(r.Form, r.FormVersion)
		f, ok := form.Field(field)
		if !ok {
			return missing("field")
		}
		if err := f.Check(v); err != nil {
			return fieldFault(err)
		}
		if r.Own == nil {
			r.Own = reporting.Values{}
		}
		delete(r.Own, field)
		if !v.Empty() {
			r.Own[field] = v
		}
		r.Withhold = slices.DeleteFunc(r.Withhold, func(w string) bool { return w == field })
		if withhold {
			r.Withhold = append(r.Withhold, field)
		}
		r.Unapprove()
		return nil
	})
}

// draft changes a report that was not sent.
func (s *Service) draft(ctx context.Context, a authz.Actor, organisation, id, report string, need authz.Permission, f func(*store.Tx, *incident.Incident, *incident.Report) error) error {
	return s.revise(ctx, a, organisation, id, need, func(tx *store.Tx, i *incident.Incident) error {
		r, err := reportOf(tx, *i, report)
		if err != nil {
			return err
		}
		if r.Status != incident.Draft && r.Status != incident.Approved {
			return conflict("the report was sent, and is not changed any more", "a correction")
		}
		if err := f(tx, i, &r); err != nil {
			return err
		}
		_, err = tx.PutIncidentReport(r)
		return err
	})
}

// Approve releases a report. It takes another person than the one who wrote it.
func (s *Service) Approve(ctx context.Context, a authz.Actor, organisation, id, report string) error {
	return s.draft(ctx, a, organisation, id, report, authz.IncidentApprove, func(tx *store.Tx, i *incident.Incident, r *incident.Report) error {
		if r.CreatedBy == a.Person {
			return &fault.Error{Kind: fault.Forbidden, What: "the person who wrote a report does not approve it", Expected: "another person, or sending it with a reason"}
		}
		sh, err := s.sheet(tx, *i, *r)
		if err != nil {
			return err
		}
		if r.ApprovedDigest, err = incident.Digest(sh.Values, r.Withhold); err != nil {
			return err
		}
		r.Status, r.ApprovedBy, r.ApprovedName, r.ApprovedAt = incident.Approved, a.Person, a.Name, i.Now(tx.Now())
		return entry(tx, a, *i, incident.Entry{Kind: "decision", Object: r.ID, Text: "approved"})
	})
}

// Withdraw gives a draft up.
func (s *Service) Withdraw(ctx context.Context, a authz.Actor, organisation, id, report string) error {
	return s.draft(ctx, a, organisation, id, report, authz.IncidentEdit, func(_ *store.Tx, _ *incident.Incident, r *incident.Report) error {
		r.Status = incident.Withdrawn
		return nil
	})
}

// Sending says how a report leaves the house.
type Sending struct {
	Channel   string
	At        time.Time // of another channel than ChannelNisaba; zero: now
	Reference string    // the authority's, when it gave one at once
	Bypass    string    // why no second person approved; recorded
}

// Submit freezes a report and hands it over. Only required fields without an
// answer, and a missing approval without a reason, keep it back: never an optional
// field, and never the deadline. An approval of what the report does not say any more is
// none.
func (s *Service) Submit(ctx context.Context, a authz.Actor, organisation, id, report string, how Sending) error {
	if !slices.Contains([]string{ChannelNisaba, ChannelPortal, ChannelMail, ChannelPhone, ChannelPaper}, how.Channel) {
		return invalid("channel", "there is no such channel", "nisaba, portal, mail, phone or paper")
	}
	return s.draft(ctx, a, organisation, id, report, authz.IncidentSubmit, func(tx *store.Tx, i *incident.Incident, r *incident.Report) error {
		sh, err := s.sheet(tx, *i, *r)
		if err != nil {
			return err
		}
		if err := unanswered(sh); err != nil {
			return err
		}
		*r = sh.Report
		if r.Status != incident.Approved && how.Bypass == "" {
			return invalid("bypass", "no second person approved the report", "an approval, or the reason why it goes out without one")
		}
		if i.Exercise && how.Channel == ChannelNisaba {
			return conflict("an exercise is never sent to an authority", "another channel, which only records")
		}
		if how.Channel == ChannelNisaba && !Wired(sh.Form.Regime, r.Stage) {
			return invalid("channel", "this does not go to an authority", "portal, mail, phone or paper")
		}
		at := i.Now(tx.Now())
		if !how.At.IsZero() && how.Channel != ChannelNisaba {
			m := incident.Moment{At: how.At}
			if err := checkMoment("at", &m, i.Now(tx.Now())); err != nil {
				return err
			}
			at = m.At
		}
		if err := s.freeze(tx, *i, r, sh, at); err != nil {
			return err
		}
		r.Status, r.Channel, r.Bypass, r.SubmittedBy, r.Reference = incident.Submitted, how.Channel, how.Bypass, a.Person, how.Reference
		if how.Channel == ChannelNisaba {
			if err := post(tx, *r); err != nil {
				return err
			}
		}
		if r.Stage == clocks.RecipientInformation {
			if err := informed(tx, *i, sh.Values, how.Channel, at); err != nil {
				return err
			}
		}
		return entry(tx, a, *i, incident.Entry{Kind: "report", Object: r.ID, At: incident.Moment{At: at, Zone: i.Zone, Certainty: incident.Exact}, Text: how.Bypass, After: r.SHA256})
	})
}

// Wired reports whether the platform itself can hand over a report of the stage: one
// that goes to an authority.
func Wired(r clocks.Regime, s clocks.Stage) bool {
	return s.ToAuthority() && r != incident.Contract && r != incident.Insurer
}

// unanswered says which required fields have no answer.
func unanswered(sh Sheet) error {
	var list fault.List
	for _, f := range sh.Missing {
		list = append(list, &fault.Error{Kind: fault.Invalid, Field: f.ID, What: "the answer is missing", Expected: "an answer, or: not known"})
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// freeze makes the copy that is kept and sent.
func (s *Service) freeze(tx *store.Tx, i incident.Incident, r *incident.Report, sh Sheet, at time.Time) error {
	o, err := obligationOf(tx, i, r.Obligation)
	if err != nil {
		return err
	}
	reports, err := reportsOf(tx, o)
	if err != nil {
		return err
	}
	f := incident.Frozen{Format: incident.FrozenFormat, ID: r.ID, Corrects: r.Corrects, Case: i.ID, Reference: i.Reference, Regime: o.Regime, Stage: r.Stage,
		Form: r.Form, FormVersion: r.FormVersion, Entity: o.Entity, Authority: reader(o, r.Stage), Country: o.Country,
		Voluntary: i.Significance.Decided && !i.Significance.Is || i.Kind == incident.NearMiss || i.Kind == incident.Threat,
		Exercise:  i.Exercise, TLP: i.TLP, AwareAt: i.AwareAt.At, SubmittedAt: at.UTC().Truncate(time.Millisecond)}
	if !r.Stage.ToAuthority() {
		f.TLP = "" // the label is for those who share it on, not for those who are told
	}
	if o.AwareAt.Known() {
		f.AwareAt = o.AwareAt.At
	}
	for _, c := range o.Clocks(i, reports, i.Now(tx.Now())) {
		if c.Stage == r.Stage {
			f.DueAt = c.Strict.UTC()
		}
	}
	if first, ok := firstSent(reports); ok { // what the authority knows the case by, also after a merge
		sent, err := incident.Thaw(first.Content)
		if err != nil {
			return err
		}
		f.Case, f.Reference = sent.Case, sent.Reference
	}
	f.Values, f.Withheld = sh.Form.Redact(sh.Values, r.Withhold)
	content, hash, err := incident.Freeze(f)
	r.Content, r.SHA256, r.SubmittedAt, r.DueAt = content, hash, f.SubmittedAt, f.DueAt
	return err
}

// firstSent is the report of a duty that was sent first.
func firstSent(reports []incident.Report) (first incident.Report, ok bool) {
	for _, r := range reports {
		if r.Sent() && (!ok || r.SubmittedAt.Before(first.SubmittedAt)) {
			first, ok = r, true
		}
	}
	return first, ok
}

// post puts the filing into the outbox: once, however often it is asked for.
func post(tx *store.Tx, r incident.Report) error {
	payload, err := json.Marshal(Filing{r.Organisation, r.ID})
	if err != nil {
		return fmt.Errorf("file report %s: %w", r.ID, err)
	}
	_, err = jobs.Post(tx, work.Effect{Organisation: r.Organisation, Key: FilingKind + "/" + r.ID, Kind: FilingKind, Payload: payload})
	return err
}

// Received is what a person says of a report that the authority has.
type Received struct {
	At        time.Time // when the authority had it
	Reference string    // the authority's
	Receipt   string

	// Channel is how the authority got a report that the platform was to deliver and has
	// not: the same as of Sending, ChannelNisaba apart. Ignored for all others.
	Channel string
}

// Receive records what the authority answered to a sent report: receipt, its own
// reference, when it had it. Saying the same again changes nothing. A report that is
// still on its way counts as made with it, by the channel that is said: the platform
// vouches for nothing that it did not deliver.
func (s *Service) Receive(ctx context.Context, a authz.Actor, organisation, id, report string, in Received) error {
	return s.revise(ctx, a, organisation, id, authz.IncidentEdit, func(tx *store.Tx, i *incident.Incident) error {
		r, err := reportOf(tx, *i, report)
		if err != nil {
			return err
		}
		if r.Underway() {
			if err := handOver(*i, &r, in, i.Now(tx.Now())); err != nil {
				return err
			}
			e := incident.Entry{Kind: "report", Object: r.ID, At: incident.Moment{At: r.HandedAt, Zone: i.Zone, Certainty: incident.Exact}, Before: ChannelNisaba, After: r.Channel}
			if err := entry(tx, a, *i, e); err != nil {
				return err
			}
		}
		return acknowledge(tx, a, *i, r, in.At, in.Reference, in.Receipt)
	})
}

// handOver makes a report that is on its way one that a person handed over: not before
// it was submitted. The platform goes on trying, which gives the authority nothing twice.
func handOver(i incident.Incident, r *incident.Report, in Received, now time.Time) error {
	if !slices.Contains([]string{ChannelPortal, ChannelMail, ChannelPhone, ChannelPaper}, in.Channel) {
		return invalid("channel", "the platform has not delivered this report", "how else the authority got it")
	}
	m := incident.Moment{At: in.At, Zone: i.Zone}
	if err := checkMoment("received_at", &m, now); err != nil {
		return err
	}
	if !m.Known() {
		return invalid("received_at", "the time is missing", "when the authority had the report")
	}
	r.Channel, r.HandedAt = in.Channel, m.At
	if m.At.Before(r.SubmittedAt) {
		r.HandedAt = r.SubmittedAt
	}
	return nil
}

// acknowledge keeps a receipt, the first one that comes.
func acknowledge(tx *store.Tx, a authz.Actor, i incident.Incident, r incident.Report, at time.Time, reference, receipt string) error {
	switch {
	case !r.Sent():
		return conflict("the report was not sent", "a sent report")
	case r.Status == incident.Acknowledged && r.Receipt == receipt && r.Reference == reference:
		return nil
	}
	m := incident.Moment{At: at, Zone: i.Zone}
	if err := checkMoment("received_at", &m, i.Now(tx.Now())); err != nil {
		return err
	}
	if r.Status != incident.Acknowledged {
		r.ReceivedAt = m.At
	}
	r.Status, r.Reference, r.Receipt = incident.Acknowledged, reference, receipt
	if _, err := tx.PutIncidentReport(r); err != nil {
		return err
	}
	return entry(tx, a, i, incident.Entry{Kind: "receipt", Object: r.ID, Text: reference, At: m})
}
