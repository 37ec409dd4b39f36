package incidents

import (
	"slices"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
)

// The ways in which two cases belong together.
const (
	MergedInto = "merged_into" // the other one goes on with this one
	Holds      = "holds"       // the other one was merged into this one
	SplitFrom  = "split_from"
	SplitInto  = "split_into"
	Recurs     = "recurs" // the same root cause within six months, Implementing Regulation (EU) 2024/2690 Art. 4
)

// Relation is another case that belongs to one.
type Relation struct {
	Way string
	incident.Incident
}

// related lists the other cases that belong to i, newest first.
func related(i incident.Incident, all []incident.Incident) (out []Relation) {
	for _, x := range all {
		switch {
		case x.ID == i.ID:
		case x.ID == i.Into:
			out = append(out, Relation{MergedInto, x})
		case x.Into == i.ID:
			out = append(out, Relation{Holds, x})
		case x.ID == i.From:
			out = append(out, Relation{SplitFrom, x})
		case x.From == i.ID:
			out = append(out, Relation{SplitInto, x})
		case slices.Contains(i.Linked, x.ID):
			out = append(out, Relation{Recurs, x})
		}
	}
	return out
}
