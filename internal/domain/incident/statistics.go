package incident

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// Measured is a case with the clocks of the duties that apply to it, and when the
// first report was sent.
type Measured struct {
	Incident
	Clocks    []clocks.Clock
	FirstSent time.Time // as Report.MadeAt; zero: none
}

// Span is how long something took, over several cases.
type Span struct {
	Count  int           `json:"cases"`   // that have both times
	Median time.Duration `json:"-"`       // of an even number: the mean of the two in the middle
	P90    time.Duration `json:"-"`       // the smallest value that at least nine of ten do not exceed
	Text   [2]float64    `json:"minutes"` // median and 90th percentile, in minutes
}

// Punctuality is how reports of a stage went under a regime.
type Punctuality struct {
	Regime  clocks.Regime `json:"regime"`
	Stage   clocks.Stage  `json:"stage"`
	OnTime  int           `json:"on_time"` // by the strict deadline
	Within  int           `json:"within_legal_period"`
	Late    int           `json:"late"`
	Overdue int           `json:"overdue"` // not sent yet, and too late
	Open    int           `json:"open"`
}

// Sent is how many were sent.
func (p Punctuality) Sent() int { return p.OnTime + p.Within + p.Late }

// Statistics is what a board and a regulator ask for. Exercises, false alarms and
// merged cases are counted apart and in nothing else.
type Statistics struct {
	From law.Date `json:"from"` // by the day of detection
	To   law.Date `json:"to"`

	Cases       int `json:"cases"`
	Open        int `json:"open"`
	Significant int `json:"significant"`
	Not         int `json:"not_significant"`
	Undecided   int `json:"undecided"`
	CrossBorder int `json:"cross_border"`
	Recurring   int `json:"recurring"` // linked to another one with the same root cause
	NearMisses  int `json:"near_misses"`
	Threats     int `json:"threats"`

	Exercises int `json:"exercises"`
	False     int `json:"false_alarms"`
	Merged    int `json:"merged"`

	Detect Span `json:"occurred_to_detected"`
	Aware  Span `json:"detected_to_aware"`
	Report Span `json:"aware_to_first_report"`
	Handle Span `json:"detected_to_handled"`

	Stages []Punctuality  `json:"stages"`
	Causes map[string]int `json:"causes"` // by answer; "": not known
}

// Summarise counts the cases that were detected from one day to another, both
// included; days are those in the zone.
func Summarise(list []Measured, from, to law.Date, zone *time.Location) Statistics {
	s := Statistics{From: from, To: to, Causes: map[string]int{}}
	var detect, aware, report, handle []time.Duration
	stages := map[[2]string]*Punctuality{}
	for _, m := range list {
		day := law.DateOf(firstKnown(m.DetectedAt, m.OccurredAt, m.CreatedAt).In(zone))
		if day.Before(from) || day.After(to) || !s.counts(m.Incident) {
			continue
		}
		took := func(list *[]time.Duration, from, to time.Time) {
			if !from.IsZero() && !to.IsZero() && !to.Before(from) {
				*list = append(*list, to.Sub(from))
			}
		}
		took(&detect, m.OccurredAt.At, m.DetectedAt.At)
		took(&aware, m.DetectedAt.At, m.AwareAt.At)
		took(&report, m.AwareAt.At, m.FirstSent)
		took(&handle, m.DetectedAt.At, m.HandledAt.At)
		for _, c := range m.Clocks {
			k := [2]string{string(c.Regime), string(c.Stage)}
			if stages[k] == nil {
				stages[k] = &Punctuality{Regime: c.Regime, Stage: c.Stage}
			}
			stages[k].add(c)
		}
	}
	s.Detect, s.Aware, s.Report, s.Handle = spanOf(detect), spanOf(aware), spanOf(report), spanOf(handle)
	keys := slices.SortedFunc(maps.Keys(stages), func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	for _, k := range keys {
		if p := stages[k]; p.Sent()+p.Overdue+p.Open > 0 {
			s.Stages = append(s.Stages, *p)
		}
	}
	return s
}

// counts notes what a case is; ok is false for those that are counted apart.
func (s *Statistics) counts(i Incident) (ok bool) {
	switch {
	case i.Exercise:
		s.Exercises++
		return false
	case i.State == Dismissed:
		s.False++
		return false
	case i.State == Merged:
		s.Merged++
		return false
	}
	s.Cases++
	one := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	one(&s.Open, i.State != Closed)
	one(&s.Significant, i.Significance.Decided && i.Significance.Is)
	one(&s.Not, i.Significance.Decided && !i.Significance.Is)
	one(&s.Undecided, !i.Significance.Decided)
	one(&s.CrossBorder, i.Facts["cross_border"].Text == "yes")
	one(&s.Recurring, len(i.Linked) > 0)
	one(&s.NearMisses, i.Kind == NearMiss)
	one(&s.Threats, i.Kind == Threat)
	s.Causes[i.Facts["root_cause"].Text]++
	return true
}

func (p *Punctuality) add(c clocks.Clock) {
	switch c.Status {
	case clocks.OnTime:
		p.OnTime++
	case clocks.LateStrictWithinLegal:
		p.Within++
	case clocks.Late:
		p.Late++
	case clocks.Overdue:
		p.Overdue++
	case clocks.Open:
		if !c.Projected {
			p.Open++
		}
	}
}

// spanOf gives the median and the 90th percentile by the nearest rank.
func spanOf(list []time.Duration) Span {
	s := Span{Count: len(list)}
	if len(list) == 0 {
		return s
	}
	list = slices.Sorted(slices.Values(list))
	middle := len(list) / 2
	if s.Median = list[middle]; len(list)%2 == 0 {
		s.Median = (list[middle-1] + list[middle]) / 2
	}
	s.P90 = list[(9*len(list)+9)/10-1]
	s.Text = [2]float64{s.Median.Minutes(), s.P90.Minutes()}
	return s
}
