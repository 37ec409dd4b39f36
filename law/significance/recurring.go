package significance

import "github.com/nisaba-platform/nisaba/law"

// Occurrence is one incident for the test of recurring incidents.
type Occurrence struct {
	On          law.Date
	RootCause   string // apparent root cause; "" is not known and matches nothing
	Loss        Figure // direct financial loss in euros
	Significant bool   // significant on its own, so that it does not count here
}

// Recur states the facts of Implementing Regulation (EU) 2024/2690 Art. 4 from
// a list of incidents: how many that were not significant on their own happened
// within six months up to the latest, with its apparent root cause, and their
// loss together. The six months are counted back by date, the first and the last
// day included. A loss that is not known leaves the sum unknown, unless what is
// known is above the limit anyway. Fewer than two occurrences are no recurrence.
func (f *Facts) Recur(latest Occurrence, earlier []Occurrence) {
	sum, known, n := latest.Loss.Value, latest.Loss.Known, 1
	from := latest.On.AddMonths(-6)
	for _, e := range earlier {
		if e.Significant || e.RootCause == "" || e.RootCause != latest.RootCause || e.On.Before(from) || e.On.After(latest.On) {
			continue
		}
		n++
		known = known && e.Loss.Known
		if e.Loss.Known {
			sum += e.Loss.Value
		}
	}
	if latest.Significant || n < 2 {
		n, known = 1, true
	}
	f.SetNumber(Occurrences, float64(n))
	f.SetTruth(SameRootCause, law.TruthOf(n > 1))
	if known || sum > lossLimit {
		f.SetNumber(RecurringLoss, sum)
	} else {
		f.SetUnknown(RecurringLoss)
	}
}
