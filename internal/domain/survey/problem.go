package survey

import (
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// Problem is a failure of a check at one place, over several scans.
type Problem struct {
	Key      string    `json:"key"`   // the same in every scan
	Check    string    `json:"check"` // id
	At       string    `json:"at"`    // name, address and port
	Severity string    `json:"severity"`
	Since    time.Time `json:"since"`           // first seen, without having been mended since
	Mended   time.Time `json:"mended,omitzero"` // zero: it is open
	Again    bool      `json:"again,omitempty"` // it had been mended before Since
}

// Open reports whether the failure was seen in the last scan that could see it.
func (p Problem) Open() bool { return p.Mended.IsZero() }

// Sight is what one scan saw of a check at one place.
type Sight struct {
	Key, Check, At, Severity string
	Fails                    bool
	Unsure                   bool // neither failed nor in order: an error, or not tested
}

// The bounds of a history.
const (
	rememberMended = 400 * 24 * time.Hour
	mostProblems   = 5000
)

// Follow brings a history up to a scan that ended at a time. What the scan could not
// judge stays as it was; so does what it did not see at all when lost says that its
// place could not be looked at.
func Follow(history []Problem, seen []Sight, lost func(Problem) bool, at time.Time) []Problem {
	now := map[string]Sight{}
	for _, s := range seen {
		now[s.Key] = s
	}
	var out []Problem
	for _, p := range history {
		s, ok := now[p.Key]
		delete(now, p.Key)
		switch {
		case ok && s.Fails && !p.Open():
			p.Since, p.Mended, p.Again, p.Severity = at, time.Time{}, true, s.Severity
		case ok && s.Fails:
			p.Severity = s.Severity
		case ok && s.Unsure, !ok && lost(p), !p.Open():
		default:
			p.Mended = at
		}
		if p.Open() || at.Sub(p.Mended) < rememberMended {
			out = append(out, p)
		}
	}
	for _, s := range seen {
		if _, fresh := now[s.Key]; fresh && s.Fails {
			delete(now, s.Key)
			out = append(out, Problem{Key: s.Key, Check: s.Check, At: s.At, Severity: s.Severity, Since: at})
		}
	}
	slices.SortStableFunc(out, func(x, y Problem) int { // what is open first, then what was mended last
		switch {
		case x.Open() != y.Open():
			return map[bool]int{true: -1, false: 1}[x.Open()]
		case !x.Open() && !x.Mended.Equal(y.Mended):
			return y.Mended.Compare(x.Mended)
		}
		return strings.Compare(x.Key, y.Key)
	})
	return out[:min(len(out), mostProblems)]
}

// Limits are the days within which a failure is to be mended, by its severity, unless
// the organisation says otherwise. Point 6.10.2(c) of the annex to Implementing
// Regulation (EU) 2024/2690 asks for critical ones without delay; the figures are this
// product's own.
func Limits() map[string]int64 {
	return map[string]int64{"critical": 3, "high": 14, "medium": 30, "low": 90}
}

// LongestLimit is the most days that an organisation may set.
const LongestLimit = 730

// Limit is for how many days a failure of a severity may be open; ok is false when
// there is no limit.
func (p Plan) Limit(severity string) (days int64, ok bool) {
	if days, ok = p.Days[severity]; ok && days > 0 {
		return days, true
	}
	days, ok = Limits()[severity]
	return days, ok
}

// Due is the last day on which a failure may be open; zero when there is no limit.
func (p Plan) Due(x Problem) law.Date {
	days, ok := p.Limit(x.Severity)
	if !ok {
		return law.Date{}
	}
	return law.DateOf(x.Since).AddDays(int(days))
}
