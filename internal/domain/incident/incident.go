// Package incident holds what happens in a security incident: the case, who was
// aware of what and when, whom it must be reported to by which clock, the reports,
// and the record of handling it. Times are kept as instants with the zone in which
// they were said.
package incident

import (
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Kind is what a case is. A security event is none of the others until somebody
// looked at it.
type Kind string

// The kinds, Directive (EU) 2022/2555 Art. 6(5), (6), (10).
const (
	Event    Kind = "event"     // not looked at yet
	Happened Kind = "incident"  // Art. 6(6)
	NearMiss Kind = "near_miss" // Art. 6(5)
	Threat   Kind = "threat"    // cyber threat, Art. 6(10)
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Event, Happened, NearMiss, Threat} }

// Averted reports whether the kind is one of those in which no incident happened.
func (k Kind) Averted() bool { return k == NearMiss || k == Threat }

// State is where the handling stands.
type State string

// The states.
const (
	Open      State = "open"
	Contained State = "contained"
	Handled   State = "handled"
	Closed    State = "closed"
	Dismissed State = "dismissed" // a false alarm
	Merged    State = "merged"    // goes on in another case
)

// States lists every state.
func States() []State { return []State{Open, Contained, Handled, Closed, Dismissed, Merged} }

// Running reports whether the incident itself still goes on.
func (s State) Running() bool { return s == Open || s == Contained }

// Certainty is how well a time is known.
type Certainty string

// The certainties.
const (
	Exact     Certainty = "exact"
	Estimated Certainty = "estimated"
	Unknown   Certainty = "unknown"
)

// Moment is a time as somebody said it.
type Moment struct {
	At        time.Time `json:"at"`             // UTC; zero while unknown
	Zone      string    `json:"zone,omitempty"` // IANA name of the zone in which it was said
	Certainty Certainty `json:"certainty"`
	Reason    string    `json:"reason,omitempty"` // why it is this time; required for awareness
}

// Known reports whether there is a time.
func (m Moment) Known() bool { return !m.At.IsZero() }

// Local is the time in the zone in which it was said.
func (m Moment) Local() time.Time {
	zone, err := time.LoadLocation(m.Zone)
	if err != nil {
		zone = time.UTC
	}
	return m.At.In(zone)
}

// Incident is one case of an organisation.
type Incident struct {
	ID           string `json:"id"`
	Organisation string `json:"organisation"`
	Reference    string `json:"reference"` // "2026-014", unique in the organisation
	Title        string `json:"title"`
	Kind         Kind   `json:"kind"`
	State        State  `json:"state"`
	Exercise     bool   `json:"exercise"`           // a drill: marked on every page and paper, never sent to an authority
	Zone         string `json:"zone"`               // IANA name, of those who handle it
	Ahead        int64  `json:"ahead_ms,omitempty"` // how far the clock of an exercise is ahead of the world, in milliseconds

	OccurredAt Moment `json:"occurred_at"`
	DetectedAt Moment `json:"detected_at"`
	AwareAt    Moment `json:"aware_at"` // of the significant incident, Art. 23(4)
	HandledAt  Moment `json:"handled_at"`

	Facts        reporting.Values  `json:"facts"`        // by field id of the forms, entered once for every report
	Criteria     map[string]string `json:"criteria"`     // facts of law/significance by name: a number, "true", "false" or "unknown"
	Significance Significance      `json:"significance"` // as decided

	Channel  string   `json:"channel"` // how it came in: "page", "api", "mail", "webhook" or "phone"
	Reporter string   `json:"reporter,omitempty"`
	Lead     string   `json:"lead,omitempty"` // person
	Linked   []string `json:"linked,omitempty"`
	Into     string   `json:"into,omitempty"` // the case that a merged one goes on in
	From     string   `json:"from,omitempty"` // the case that this one was split from
	Merging  *Merging `json:"merging,omitempty"`
	TLP      string   `json:"tlp"` // Traffic Light Protocol 2.0

	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// Merging is what the merge of a case changed, so that it can be taken back: the case
// goes on where it stood, and the other one loses what it got from it.
type Merging struct {
	State        State             `json:"state"`                  // of the merged case, before
	Duties       []string          `json:"duties,omitempty"`       // ids of those that went to the other case
	Kind         Kind              `json:"kind"`                   // of the other case, before
	Facts        []string          `json:"facts,omitempty"`        // fields that the other case got
	Criteria     map[string]string `json:"criteria,omitempty"`     // that the other case got, with what stood there before
	Moments      map[string]Moment `json:"moments,omitempty"`      // times that the other case got, with those before
	Significance *Significance     `json:"significance,omitempty"` // of the other case, before; nil: it kept its own
}

// Significance is the recorded decision whether the incident is significant. That
// it is not is a decision too.
type Significance struct {
	Decided  bool      `json:"decided"`
	Is       bool      `json:"is"`
	Judged   law.Truth `json:"judged"`             // what law/significance said of the facts then
	Criteria []string  `json:"criteria,omitempty"` // rules that were met
	By       string    `json:"by,omitempty"`       // person
	ByName   string    `json:"by_name,omitempty"`
	At       time.Time `json:"at"`
	Reason   string    `json:"reason,omitempty"` // required when it differs from what was judged
}

// Truth is the decision as the clocks take it.
func (s Significance) Truth() law.Truth {
	switch {
	case !s.Decided:
		return law.Unknown
	case s.Is:
		return law.True
	}
	return law.False
}

// TLPs lists the labels of the Traffic Light Protocol 2.0 of FIRST, most
// restricted first.
func TLPs() []string { return []string{"RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"} }

// DefaultTLP is the label of a new case.
const DefaultTLP = "AMBER+STRICT"

// Entry is one line of the record of a case. It is never changed; a mistake is
// mended by another line.
type Entry struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Incident     string    `json:"incident"`
	At           Moment    `json:"at"`   // when it happened
	Kind         string    `json:"kind"` // see EntryKinds
	Text         string    `json:"text"`
	Before       string    `json:"before,omitempty"` // of a correction
	After        string    `json:"after,omitempty"`
	Object       string    `json:"object,omitempty"` // id of the report, message or piece that it is about
	By           string    `json:"by"`               // person; "" for the platform
	ByName       string    `json:"by_name,omitempty"`
	CreatedAt    time.Time `json:"created_at"` // when it was written
}

// EntryKinds lists the kinds of entries.
func EntryKinds() []string {
	return []string{"note", "action", "decision", "communication", "correction", "report", "receipt", "question", "revision", "answer", "alarm", "evidence", "system"}
}

// RevisionSettled is what follows, in an entry of kind "revision", when the authority
// no longer asks for a better report.
const RevisionSettled = "settled"

// Struck is what follows, in an entry of kind "correction", when a record counts no more.
const Struck = "struck"

// Indicator is an indicator of compromise.
type Indicator struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Incident     string    `json:"incident"`
	Type         string    `json:"type"`  // see IndicatorTypes
	Value        string    `json:"value"` // as it is; pages show it defanged
	TLP          string    `json:"tlp"`
	Note         string    `json:"note,omitempty"`
	SeenAt       time.Time `json:"seen_at"`          // zero: not known
	Source       string    `json:"source"`           // "person", "plain", "csv", "stix" or "misp"
	Import       string    `json:"import,omitempty"` // that added it; such rows stand in the ledger as their file, not one by one
	CreatedAt    time.Time `json:"created_at"`
	Version      int64     `json:"version"`
}

// IndicatorTypes lists the types of indicators.
func IndicatorTypes() []string {
	return []string{"ip", "domain", "url", "email", "md5", "sha1", "sha256", "sha512", "filename", "registry", "mutex", "cve", "other"}
}

// Affected is something or somebody that the incident touches.
type Affected struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Incident     string    `json:"incident"`
	Kind         string    `json:"kind"` // "asset", "service", "supplier", "users", "data"
	Name         string    `json:"name"`
	Count        int64     `json:"count,omitempty"` // of users or records
	Condition    string    `json:"condition"`       // "suspected", "affected", "contained", "restored" or "unaffected"
	Note         string    `json:"note,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	Version      int64     `json:"version"`
}

// Exhibit is a piece of evidence of the case with its chain of custody.
type Exhibit struct {
	ID           string          `json:"id"`
	Organisation string          `json:"organisation"`
	Incident     string          `json:"incident"`
	Name         string          `json:"name"`
	SHA256       string          `json:"sha256"` // hexadecimal
	File         string          `json:"file,omitempty"`
	Scan         assessment.Scan `json:"scan,omitempty"` // of the file; a harmful one is not kept
	Custody      []Custody       `json:"custody"`        // oldest first; only added to
	CreatedAt    time.Time       `json:"created_at"`
	Version      int64           `json:"version"`
}

// Custody is one change of hands.
type Custody struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Where  string    `json:"where"`
	Action string    `json:"action"` // see CustodyActions, CustodyChecked and CustodyAltered
	By     string    `json:"by"`     // person who wrote it down
}

// Informed records that recipients of a service were told, Directive (EU) 2022/2555
// Art. 23(1) and (2). It is corrected or struck out, never removed.
type Informed struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Incident     string    `json:"incident"`
	At           Moment    `json:"at"`
	Whom         string    `json:"whom"`
	Count        int64     `json:"count"`
	Channel      string    `json:"channel"`
	Text         string    `json:"text"`
	About        string    `json:"about"`            // "incident" (Art. 23(1)) or "threat" (Art. 23(2))
	Struck       string    `json:"struck,omitempty"` // why it counts no more; "": it counts
	CreatedAt    time.Time `json:"created_at"`
	Version      int64     `json:"version"`
}

// Cost is money that the incident cost. It is corrected or struck out, never removed.
type Cost struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Incident     string    `json:"incident"`
	What         string    `json:"what"`
	Cents        int64     `json:"cents"`
	Currency     string    `json:"currency"`
	Estimated    bool      `json:"estimated"`
	On           law.Date  `json:"on"`
	Struck       string    `json:"struck,omitempty"` // why it counts no more; "": it counts
	CreatedAt    time.Time `json:"created_at"`
	Version      int64     `json:"version"`
}

// Recurring lists the earlier incidents with which this one may recur within six
// months, Implementing Regulation (EU) 2024/2690 Art. 4: same root cause, not
// significant by themselves, counted back by date from the latest.
func Recurring(latest Incident, earlier []Incident) []Incident {
	on := law.DateOf(firstKnown(latest.DetectedAt, latest.OccurredAt, latest.CreatedAt))
	cause := latest.Facts["root_cause"].Text
	var out []Incident
	for _, e := range earlier {
		day := law.DateOf(firstKnown(e.DetectedAt, e.OccurredAt, e.CreatedAt))
		if e.ID == latest.ID || e.Exercise != latest.Exercise || e.Kind != Happened || cause == "" || e.Facts["root_cause"].Text != cause {
			continue
		}
		if slices.Contains([]State{Dismissed, Merged}, e.State) || day.Before(on.AddMonths(-6)) || on.Before(day) {
			continue
		}
		out = append(out, e)
	}
	return out
}

func firstKnown(a, b Moment, otherwise time.Time) time.Time {
	switch {
	case a.Known():
		return a.At
	case b.Known():
		return b.At
	}
	return otherwise
}
