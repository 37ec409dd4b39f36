package clocks

import "time"

// Input names an instant that clocks count from or that decides a status.
type Input uint8

// The inputs, in the order of an incident.
const (
	OccurredAt Input = iota
	DetectedAt
	AwareAt
	ClassifiedAt
	EarlyWarningSubmittedAt
	NotificationSubmittedAt // the first submission; updates do not count
	InitialSubmittedAt
	LatestIntermediateSubmittedAt
	ProgressSubmittedAt
	HandledAt
	MeasureAvailableAt
	RequestedAt
	DueSetByAuthority
	SubmittedAt // this stage's own submission
	inputCount
)

// String is the name in the machine contract, for example "aware_at".
func (i Input) String() string {
	switch i {
	case OccurredAt:
		return "occurred_at"
	case DetectedAt:
		return "detected_at"
	case AwareAt:
		return "aware_at"
	case ClassifiedAt:
		return "classified_at"
	case EarlyWarningSubmittedAt:
		return "early_warning_submitted_at"
	case NotificationSubmittedAt:
		return "notification_submitted_at"
	case InitialSubmittedAt:
		return "initial_submitted_at"
	case LatestIntermediateSubmittedAt:
		return "latest_intermediate_submitted_at"
	case ProgressSubmittedAt:
		return "progress_submitted_at"
	case HandledAt:
		return "handled_at"
	case MeasureAvailableAt:
		return "measure_available_at"
	case RequestedAt:
		return "requested_at"
	case DueSetByAuthority:
		return "due_set_by_authority"
	case SubmittedAt:
		return "submitted_at"
	}
	return ""
}

// AllInputs lists every input in order.
func AllInputs() []Input {
	all := make([]Input, inputCount)
	for i := range all {
		all[i] = Input(i)
	}
	return all
}

// ParseInput finds an input by its contract name.
func ParseInput(name string) (Input, bool) {
	for i := range inputCount {
		if i.String() == name {
			return i, true
		}
	}
	return 0, false
}

// Inputs are the known instants of one regime. The zero value knows none. Each
// regime keeps its own awareness; never share one value between regimes.
type Inputs struct {
	at [inputCount]time.Time
	// Ongoing states that the incident is known not to be handled yet; without
	// it a missing HandledAt only means that nobody said.
	Ongoing bool
}

// With returns a copy in which the instant is set. The zero time unsets it.
func (n Inputs) With(i Input, t time.Time) Inputs {
	n.at[i] = t
	return n
}

// Set sets the instant; the zero time unsets it.
func (n *Inputs) Set(i Input, t time.Time) { n.at[i] = t }

// At is the instant and whether it is known.
func (n *Inputs) At(i Input) (time.Time, bool) { return n.at[i], !n.at[i].IsZero() }
