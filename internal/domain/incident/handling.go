package incident

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/id"
)

// Now is the present of the case: that of the world, or of an exercise whose clock
// somebody moved forward.
func (i Incident) Now(now time.Time) time.Time {
	return now.Add(time.Duration(i.Ahead) * time.Millisecond)
}

// Lineage lists the case with the id and, after it, those that were merged into
// it, whatever the depth: what belongs to them belongs to it.
func Lineage(of string, all []Incident) []string {
	out := []string{of}
	for n := 0; n < len(out); n++ {
		for _, i := range all {
			if i.Into == out[n] && i.Into != "" && i.ID != of {
				out = append(out, i.ID)
			}
		}
	}
	return out
}

// IndicatorID is the id of an indicator: the same one in the same case is the same
// row, however often it is added.
func IndicatorID(of, kind, value string) (string, error) {
	return id.Derived(of, kind+"\n"+value)
}

// Conditions lists the conditions of what is affected.
func Conditions() []string {
	return []string{"suspected", "affected", "contained", "restored", "unaffected"}
}

// AffectedKinds lists the kinds of what is affected.
func AffectedKinds() []string { return []string{"asset", "service", "supplier", "users", "data"} }

// CustodyActions lists what happens to a piece of evidence. The first is how every
// chain begins.
func CustodyActions() []string {
	return []string{"taken", "copied", "sealed", "handed over", "examined", "returned", "destroyed"}
}

// What the platform itself writes into a chain of custody after it read the file again:
// its bytes are those that were taken, or they are not.
const (
	CustodyChecked = "checked"
	CustodyAltered = "altered"
)

// The states of an import of indicators.
const (
	ImportRead    = "read"    // looked at; nothing was added yet
	ImportRunning = "running" // in the queue, or being added
	ImportDone    = "done"
	ImportRemoved = "removed" // what it added was taken out again
)

// Import is a list of indicators that somebody sent: what is in it, and what became
// of it. The file stays, so that its hash proves what was imported.
type Import struct {
	ID           string           `json:"id"`
	Organisation string           `json:"organisation"`
	Incident     string           `json:"incident"`
	Name         string           `json:"name"` // of the file
	SHA256       string           `json:"sha256"`
	Format       string           `json:"format"` // "plain", "csv", "stix" or "misp"
	TLP          string           `json:"tlp"`    // of rows without a label of their own
	Good         int64            `json:"good"`
	Bad          int64            `json:"bad"`
	Types        map[string]int64 `json:"types,omitempty"`    // good rows by type
	Problems     []Problem        `json:"problems,omitempty"` // of the first bad rows
	State        string           `json:"state"`
	Added        int64            `json:"added"` // rows that were new
	CreatedBy    string           `json:"created_by"`
	CreatedAt    time.Time        `json:"created_at"`
	Version      int64            `json:"version"`
}

// Problem is what is wrong with a row of a list.
type Problem struct {
	Line int    `json:"line"`
	Text string `json:"text"`
	What string `json:"what"`
}

// Exercise is what an exercise has beside its case, which has the same id.
type Exercise struct {
	ID           string    `json:"id"` // of the incident
	Organisation string    `json:"organisation"`
	Playbook     string    `json:"playbook,omitempty"` // that it plays
	Copied       string    `json:"copied,omitempty"`   // the real case that it is a copy of
	Goal         string    `json:"goal"`
	People       string    `json:"people"` // who takes part, one per line
	Injects      []Inject  `json:"injects,omitempty"`
	BegunAt      time.Time `json:"begun_at"`
	EndedAt      time.Time `json:"ended_at"` // zero while it goes on
	Findings     []Finding `json:"findings,omitempty"`
	Summary      string    `json:"summary,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	Version      int64     `json:"version"`
}

// Inject is a message that those who take part get at a time of the exercise.
type Inject struct {
	After   int       `json:"after_minutes"` // after the begin, on the clock of the exercise
	Text    string    `json:"text"`
	GivenAt time.Time `json:"given_at"` // zero: not yet
}

// Due reports whether an inject is to be given at the time of the exercise.
func (e Exercise) Due(n Inject, now time.Time) bool {
	return n.GivenAt.IsZero() && !now.Before(e.BegunAt.Add(time.Duration(n.After)*time.Minute))
}

// Finding is one line of the evaluation.
type Finding struct {
	Question string `json:"question"` // see Questions, or a text of one's own
	Grade    string `json:"grade"`    // "met", "partly", "missed" or "not_tested"
	Note     string `json:"note,omitempty"`
}

// Grades lists the grades of a finding.
func Grades() []string { return []string{"met", "partly", "missed", "not_tested"} }

// Questions lists what every exercise is evaluated by, as words of messages.
func Questions() []string {
	return []string{"detected", "reached", "decided", "warned", "notified", "contained", "informed", "recorded", "restored"}
}
