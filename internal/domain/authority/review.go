package authority

import (
	"encoding/base64"
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// How reports come.
const (
	OnTheWire = "nisaba" // signed, from another server
	ByHand    = "hand"   // a file or a paper that an officer took in
)

// JSON is the media type of reports on the wire.
const JSON = "application/json"

// What the authority made of a report.
const (
	Unseen = "new"
	Passed = "passed"
	Revise = "revision" // the entity was asked to mend it, and did not yet
	Mended = "mended"   // it was sent back, and another report came in its place
)

// AnswerWithin is the time for the answer to an early warning: without undue delay
// and where possible within 24 hours of receiving it, Directive (EU) 2022/2555 Art. 23(5).
const AnswerWithin = 24 * time.Hour

// AnswerStage is the stage of the authority's own clock in alarms.
const AnswerStage clocks.Stage = "answer"

// AnswerDuty names the duty to answer a report in alarms.
func (r Report) AnswerDuty() incident.Obligation {
	return incident.Obligation{ID: "answer/" + r.ID, Organisation: r.Organisation, Incident: r.Case}
}

// Alarms lists the reminders of the answer that is due; none when none is.
func (r Report) Alarms() []incident.Alarm {
	if r.AnswerDue.IsZero() || !r.AnsweredAt.IsZero() {
		return nil
	}
	return incident.Reminders(r.AnswerDuty(), AnswerStage, r.ReceivedAt, r.AnswerDue)
}

// MendStage is the stage of the time for mending a report in alarms.
const MendStage clocks.Stage = "mend"

// MendDuty names the wait for the better report in alarms.
func (r Report) MendDuty() incident.Obligation {
	return incident.Obligation{ID: "mend/" + r.ID, Organisation: r.Organisation, Incident: r.Case}
}

// MendAlarms lists the reminder that a report was not mended by its time. None when it
// was, when no time was set, and in an exercise.
func (r Report) MendAlarms() []incident.Alarm {
	if r.Review != Revise || r.MendDue.IsZero() || r.Exercise {
		return nil
	}
	o, due := r.MendDuty(), r.MendDue.UTC()
	return []incident.Alarm{{ID: o.ID + "/overdue/" + due.Format(time.RFC3339), Organisation: o.Organisation, Incident: o.Incident, Obligation: o.ID,
		Stage: MendStage, Step: "overdue", At: due, DueAt: due}}
}

// Unmended reports whether the entity was to mend the report by now, and did not.
func (r Report) Unmended(now time.Time) bool {
	return r.Review == Revise && !r.MendDue.IsZero() && r.MendDue.Before(now)
}

// latest is how long after awareness the stages of Directive (EU) 2022/2555
// Art. 23(4)(a) and (b) are due at the latest; national law may only be stricter.
func latest(regime clocks.Regime, s clocks.Stage) time.Duration {
	switch {
	case regime != clocks.NIS2:
		return 0
	case s == clocks.EarlyWarning:
		return 24 * time.Hour
	case s == clocks.IncidentNotification:
		return 72 * time.Hour
	}
	return 0
}

// Deadline is by when a report was due: what the entity says, but never later than
// the directive allows for the awareness that it states. Zero: not known.
func Deadline(f incident.Frozen) time.Time {
	due := f.DueAt
	if d := latest(f.Regime, f.Stage); d > 0 && !f.AwareAt.IsZero() {
		if end := f.AwareAt.Add(d); due.IsZero() || due.After(end) {
			due = end
		}
	}
	return due
}

// Describe fills in what the inbox shows and filters by, from the content. The
// time of receipt and the channel must be set. Voluntary reports are never late, Art. 30, and a
// correction needs no second answer.
func (r *Report) Describe(f incident.Frozen) {
	r.Regime, r.Voluntary, r.Exercise, r.Review = string(f.Regime), f.Voluntary, f.Exercise, Unseen
	due, made := Deadline(f), f.SubmittedAt
	if r.Channel == OnTheWire { // what counts is when it arrived, not when it was to leave
		made = r.ReceivedAt
	}
	r.Late = !f.Voluntary && f.Corrects == "" && !due.IsZero() && made.After(due)
	switch v := f.Values["cross_border"]; {
	case v.Unknown:
		r.CrossBorder = "unknown"
	case v.Text == "yes" || v.Text == "no":
		r.CrossBorder = v.Text
	}
	if f.Regime == clocks.NIS2 && f.Stage == clocks.EarlyWarning && f.Corrects == "" && !f.Exercise {
		r.AnswerDue = r.ReceivedAt.Add(AnswerWithin)
	}
}

// Filter is what an inbox shows. The zero value shows everything.
type Filter struct {
	Show         string // "", "unanswered", "overdue", "late", "new", "revision", "unmended"
	Regime       string
	Stage        string
	Sector       string
	Class        string
	CrossBorder  bool
	Organisation string
}

// Row is a report as an inbox lists it, without its content.
type Row struct {
	Report
	Reference       string // of the case
	EntityReference string
	Country         string
	State           string // of the case
	Handler         string
	Name            string // of the entity
}

// Counts are the reports that wait for the authority.
type Counts struct {
	Unanswered int // early warnings without an answer
	Overdue    int // of these, those whose 24 hours are over
	New        int // that nobody looked at
	Revision   int // that the entity was asked to mend, and did not yet
	Unmended   int // of these, those whose time is over
}

// Bytes are the exact bytes that came, with the ending of a file name for them.
func (r Report) Bytes() (content []byte, ending string, err error) {
	if r.Media == JSON {
		return []byte(r.Content), ".json", nil
	}
	if content, err = base64.StdEncoding.DecodeString(r.Content); err != nil {
		return nil, "", fmt.Errorf("read report %s: %w", r.ID, err)
	}
	return content, ".pdf", nil
}
