package register

import (
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/law"
)

// Risk is one entry of the register of risks, point 2.1.2 of the annex to Implementing
// Regulation (EU) 2024/2690.
type Risk struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Title        string    `json:"title"`
	Scenario     string    `json:"scenario,omitempty"` // what can happen, and how
	Asset        string    `json:"asset,omitempty"`    // name of what it endangers
	Origin       string    `json:"origin,omitempty"`   // "exposure.TLS-03", "incident"; "": somebody wrote it down
	Incident     string    `json:"incident,omitempty"` // id of the case of Origin
	Requirements []string  `json:"requirements,omitempty"`
	Likelihood   int64     `json:"likelihood"` // 1 to 5
	Impact       int64     `json:"impact"`     // 1 to 5
	Reason       string    `json:"reason,omitempty"`
	Owner        string    `json:"owner,omitempty"`
	Treatment    string    `json:"treatment"`           // of Treatments
	Measures     string    `json:"measures,omitempty"`  // what is done
	Left         Rest      `json:"left"`                // after the treatment
	Acceptance   string    `json:"acceptance"`          // why it may stay as it is; of an accepted risk
	AcceptedBy   string    `json:"accepted_by"`         // person
	AcceptedName string    `json:"accepted_name"`       // at that time
	AcceptedOn   law.Date  `json:"accepted_on"`         // zero: not accepted
	ReviewBy     law.Date  `json:"review_by"`           // last day of the acceptance, or when it is looked at again
	ClosedOn     law.Date  `json:"closed_on,omitempty"` // zero: it is there
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

// Rest is what stays of a risk after its treatment.
type Rest struct {
	Likelihood int64 `json:"likelihood"` // 1 to 5; 0: not rated
	Impact     int64 `json:"impact"`
}

// The treatments.
const (
	Undecided = "undecided"
	Reduce    = "reduce"
	Avoid     = "avoid"
	Share     = "share"
	Accept    = "accept"
)

// Treatments lists what can be done with a risk.
func Treatments() []string { return []string{Undecided, Reduce, Avoid, Share, Accept} }

// Points of the scales of likelihood and impact.
const (
	Least = 1
	Most  = 5
)

// Score is likelihood times impact, 1 to 25.
func Score(likelihood, impact int64) int64 { return likelihood * impact }

// Level names a score: "low" up to 4, "medium" up to 9, "high" up to 14, "critical"
// above. The limits are this product's own; the law leaves them to the organisation.
func Level(score int64) string {
	switch {
	case score >= 15:
		return "critical"
	case score >= 10:
		return "high"
	case score >= 5:
		return "medium"
	}
	return "low"
}

// Score is that of the risk as it is now.
func (r Risk) Score() int64 { return Score(r.Likelihood, r.Impact) }

// Tidy is the risk as it is kept. The fault names the field that cannot be used. What
// is accepted needs a reason, an owner and a day on which it is looked at again, point
// 6.10.3 of the annex for vulnerabilities.
func (r Risk) Tidy() (Risk, error) {
	trim(&r.Title, &r.Scenario, &r.Asset, &r.Reason, &r.Owner, &r.Treatment, &r.Measures, &r.Acceptance)
	if r.Treatment == "" {
		r.Treatment = Undecided
	}
	err := first(name("title", r.Title), short("scenario", r.Scenario, LongestText), short("asset", r.Asset, LongestName), scale("likelihood", r.Likelihood, Least), scale("impact", r.Impact, Least),
		short("reason", r.Reason, LongestText), short("owner", r.Owner, LongestName), oneOf("treatment", r.Treatment, Treatments()), short("measures", r.Measures, LongestText),
		scale("left_likelihood", r.Left.Likelihood, 0), scale("left_impact", r.Left.Impact, 0), short("acceptance", r.Acceptance, LongestText))
	switch {
	case err != nil:
		return r, err
	case (r.Left.Likelihood == 0) != (r.Left.Impact == 0):
		return r, invalid("left_impact", "only one half of what is left is rated", "likelihood and impact, or neither")
	case r.Treatment != Accept:
		r.Acceptance, r.AcceptedBy, r.AcceptedName, r.AcceptedOn = "", "", "", law.Date{}
		return r, nil
	case r.Acceptance == "":
		return r, invalid("acceptance", "the reason is missing", "why the risk may stay as it is")
	case r.Owner == "":
		return r, invalid("owner", "nobody owns the risk", "the person who answers for it")
	case r.ReviewBy.IsZero():
		return r, invalid("review_by", "the day is missing", "the day on which the acceptance ends")
	}
	return r, nil
}

// Accepted reports whether somebody accepted the risk and the acceptance holds on a
// day.
func (r Risk) Accepted(today law.Date) bool {
	return r.Treatment == Accept && !r.AcceptedOn.IsZero() && !r.ReviewBy.Before(today) && r.ClosedOn.IsZero()
}

// Accept notes who accepts the risk. A risk whose owner accepts it by themselves is
// theirs to answer for; what is needed is that it was a person.
func (r Risk) Accept(person, name string, today law.Date) (Risk, error) {
	switch {
	case r.Treatment != Accept:
		return r, nil
	case person == "":
		return r, &fault.Error{Kind: fault.Forbidden, What: "only people accept risks"}
	}
	if err := AcceptableUntil("review_by", r.ReviewBy, today); err != nil {
		return r, err
	}
	r.AcceptedBy, r.AcceptedName, r.AcceptedOn = person, name, today
	return r, nil
}

// AcceptableUntil checks the last day of the acceptance of a risk, in a field: it is looked
// at again within a year. Measures are proportionate to the risks as they are (Directive
// (EU) 2022/2555 Art. 21(1)), and their effectiveness is assessed (Art. 21(2)(f)), so that
// no acceptance stands for ever.
func AcceptableUntil(field string, day, today law.Date) error {
	if day.IsZero() || day.Before(today) || day.After(today.AddDays(longestAcceptance)) {
		return invalid(field, "the acceptance has no end within a year", fmt.Sprintf("a day from today up to %d days ahead", longestAcceptance))
	}
	return nil
}

// longestAcceptance is for how many days a risk is accepted at a time.
const longestAcceptance = 366

func scale(field string, v, least int64) error {
	if v < least || v > Most {
		return invalid(field, "the rating is outside of the scale", fmt.Sprintf("%d to %d", least, Most))
	}
	return nil
}
