package clocks

import "github.com/nisaba-platform/nisaba/law"

// Title names the stage, for example "Early warning".
func (s Stage) Title() law.Message { return law.Say("clocks.stage." + string(s)) }

// Title names the regime, for example "NIS2".
func (r Regime) Title() law.Message { return law.Say("clocks.regime." + string(r)) }

// Title names the status, for example "overdue".
func (s Status) Title() law.Message { return law.Say("clocks.status." + string(s)) }

// Title names the event, for example "when the entity became aware".
func (i Input) Title() law.Message { return law.Say("clocks.input." + i.String()) }

// Title names the stage of the clock.
func (c Clock) Title() law.Message { return c.Stage.Title() }

// Basis says from what and how long the clock counts.
func (c Clock) Basis() law.Message {
	if c.National {
		return law.Say("clocks.basis.national", "period", c.period.Message(), "event", c.Anchor.Title())
	}
	return law.Say("clocks.basis." + c.TermID)
}

// Recipient says to whom the report goes.
func (c Clock) Recipient() law.Message { return law.Say(c.term().Recipient) }

// Source is the text behind the term.
func (c Clock) Source() law.Source { return c.term().Source }

// Applies is the first day on which the term applies; zero for a proposal.
func (c Clock) Applies() law.Date { return c.term().From }

func (c Clock) term() Term {
	for i := range terms {
		if terms[i].ID == c.TermID {
			return terms[i]
		}
	}
	return Term{}
}
