package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// ReportStatus is where a report stands.
type ReportStatus string

// The states of a report. A report that was submitted is never changed again: it
// is corrected by another one.
const (
	Draft        ReportStatus = "draft"
	Approved     ReportStatus = "approved"     // by a second person
	Submitted    ReportStatus = "submitted"    // handed to the channel; MadeAt tells whether it arrived
	Delivered    ReportStatus = "delivered"    // the other side has it
	Acknowledged ReportStatus = "acknowledged" // the authority gave a receipt
	Withdrawn    ReportStatus = "withdrawn"    // a draft that was given up
)

// Report is one stage of an obligation, as it is written and as it was sent.
type Report struct {
	ID           string           `json:"id"`
	Organisation string           `json:"organisation"`
	Incident     string           `json:"incident"`
	Obligation   string           `json:"obligation"`
	Stage        clocks.Stage     `json:"stage"`
	Form         string           `json:"form"`
	FormVersion  int              `json:"form_version"`
	Status       ReportStatus     `json:"status"`
	Corrects     string           `json:"corrects,omitempty"` // the report that this one mends
	Own          reporting.Values `json:"own,omitempty"`      // what only this report says; wins over the facts of the case
	Withhold     []string         `json:"withhold,omitempty"` // fields that this authority does not get

	ApprovedBy     string    `json:"approved_by,omitempty"`
	ApprovedName   string    `json:"approved_name,omitempty"`
	ApprovedAt     time.Time `json:"approved_at"`
	ApprovedDigest string    `json:"approved_digest,omitempty"` // Digest of what was approved; "" in reports of before it was kept
	Bypass         string    `json:"bypass,omitempty"`          // why it went out without a second person

	Content     json.RawMessage `json:"content,omitempty"` // the frozen copy
	SHA256      string          `json:"sha256,omitempty"`  // of Content, hexadecimal
	SubmittedBy string          `json:"submitted_by,omitempty"`
	SubmittedAt time.Time       `json:"submitted_at"`
	DueAt       time.Time       `json:"due_at"`            // strict deadline when it was submitted
	Channel     string          `json:"channel,omitempty"` // OnTheWire, "portal", "mail", "phone", "paper"
	HandedAt    time.Time       `json:"handed_at"`         // by a person, of one that the platform was to deliver and had not

	ReceivedAt time.Time `json:"received_at"`         // by the authority, as it says
	Reference  string    `json:"reference,omitempty"` // the authority's
	Receipt    string    `json:"receipt,omitempty"`   // its signed receipt

	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// OnTheWire is the channel on which the platform itself hands a report over.
const OnTheWire = "nisaba"

// MadeAt is when the report counts as made: what was submitted is what reached the
// authority, Directive (EU) 2022/2555 Art. 23(4). On the wire that is when the
// authority's server took it, as its signed receipt says; on every other channel it is
// what the person said who handed it over. Zero: not made yet.
func (r Report) MadeAt() time.Time {
	switch {
	case !r.Sent():
		return time.Time{}
	case r.Channel == OnTheWire:
		return r.ReceivedAt
	case !r.HandedAt.IsZero():
		return r.HandedAt
	}
	return r.SubmittedAt
}

// Underway reports whether the report was submitted and has not reached the authority.
func (r Report) Underway() bool { return r.Sent() && r.MadeAt().IsZero() }

// Made is the report of a stage with which its duty was met: of those that count as
// made, the first.
func Made(reports []Report, stage clocks.Stage) (first Report, ok bool) {
	for _, r := range reports {
		if at := r.MadeAt(); r.Stage == stage && !at.IsZero() && (!ok || at.Before(first.MadeAt())) {
			first, ok = r, true
		}
	}
	return first, ok
}

// Awaited is the report of a stage, submitted first, that is on its way while none of
// the stage counts as made.
func Awaited(reports []Report, stage clocks.Stage) (first Report, ok bool) {
	if _, made := Made(reports, stage); made {
		return first, false
	}
	for _, r := range reports {
		if r.Stage == stage && r.Underway() && (!ok || r.SubmittedAt.Before(first.SubmittedAt)) {
			first, ok = r, true
		}
	}
	return first, ok
}

// Sent reports whether the report was submitted: it is not changed any more. Whether it
// has reached the authority, MadeAt tells.
func (r Report) Sent() bool {
	return r.Status == Submitted || r.Status == Delivered || r.Status == Acknowledged
}

// Unapprove takes the approval back: what was approved is not what the report says.
func (r *Report) Unapprove() {
	r.Status, r.ApprovedBy, r.ApprovedName, r.ApprovedAt, r.ApprovedDigest = Draft, "", "", time.Time{}, ""
}

// Frozen is the copy of a report that is kept and sent. Its bytes are the same on
// both sides, and its hash proves it.
type Frozen struct {
	Format      string           `json:"format"` // "nisaba-report/1"
	ID          string           `json:"id"`     // of the report
	Corrects    string           `json:"corrects,omitempty"`
	Case        string           `json:"case"` // id of the incident at the entity
	Reference   string           `json:"reference"`
	Regime      clocks.Regime    `json:"regime"`
	Stage       clocks.Stage     `json:"stage"`
	Form        string           `json:"form"`
	FormVersion int              `json:"form_version"`
	Entity      string           `json:"entity"`
	Authority   string           `json:"authority"`
	Country     string           `json:"country"`
	Voluntary   bool             `json:"voluntary"` // Art. 30
	Exercise    bool             `json:"exercise"`
	TLP         string           `json:"tlp"`
	AwareAt     time.Time        `json:"aware_at"`
	DueAt       time.Time        `json:"due_at"`
	SubmittedAt time.Time        `json:"submitted_at"`
	Values      reporting.Values `json:"values"`
	Withheld    []string         `json:"withheld,omitempty"`
}

// FrozenFormat names the shape of Frozen.
const FrozenFormat = "nisaba-report/1"

// Freeze is the canonical bytes of a report and their SHA-256 in hexadecimal.
func Freeze(f Frozen) (content []byte, hash string, err error) {
	content, err = json.Marshal(f)
	if err != nil {
		return nil, "", fmt.Errorf("freeze report %s: %w", f.ID, err)
	}
	sum := sha256.Sum256(content)
	return content, hex.EncodeToString(sum[:]), nil
}

// Values is what the report says now: the facts of the case, the times, and what
// only this report says.
func (r Report) Values(i Incident) reporting.Values {
	out := reporting.Values{}
	for id, v := range i.Facts {
		out[id] = v
	}
	for id, m := range map[string]Moment{"occurred_at": i.OccurredAt, "detected_at": i.DetectedAt, "aware_at": i.AwareAt, "handled_at": i.HandledAt} {
		switch {
		case m.Known():
			out[id] = reporting.Value{Text: m.Local().Format(time.RFC3339)}
		case m.Certainty == Unknown:
			out[id] = reporting.Value{Unknown: true}
		}
	}
	out["own_reference"] = reporting.Value{Text: i.Reference}
	out["incident_state"] = reporting.Value{Text: string(i.State)}
	out["report_kind"] = reporting.Value{Text: reportKind(i)}
	out["tlp"] = reporting.Value{Text: i.TLP}
	for id, v := range r.Own {
		out[id] = v
	}
	return out
}

// Digest is the SHA-256, hexadecimal, of answers and of what is withheld of them: it
// tells whether a report still says what was approved.
func Digest(values reporting.Values, withhold []string) (string, error) {
	text, err := json.Marshal(struct {
		Values   reporting.Values `json:"values"`
		Withhold []string         `json:"withhold"`
	}{values, withhold})
	if err != nil {
		return "", fmt.Errorf("digest of a report: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// reportKind says what is reported, Arts. 23 and 30.
func reportKind(i Incident) string {
	switch {
	case i.Kind == NearMiss, i.Kind == Threat:
		return string(i.Kind)
	case i.Significance.Decided && i.Significance.Is:
		return "significant"
	case i.Significance.Decided:
		return "voluntary"
	}
	return "incident"
}

// Thaw reads a frozen report back.
func Thaw(content []byte) (Frozen, error) {
	var f Frozen
	if err := json.Unmarshal(content, &f); err != nil {
		return f, fmt.Errorf("read the frozen report: %w", err)
	}
	return f, nil
}
