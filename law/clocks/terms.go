package clocks

import (
	"slices"

	"github.com/nisaba-platform/nisaba/law"
)

// Condition limits a term to some reporters.
type Condition uint8

// The conditions.
const (
	Always             Condition = iota
	IfTrustService               // NIS2 Art. 23(4), second subparagraph
	IfQualified                  // qualified trust service provider
	IfNotQualified               // non-qualified trust service provider
	IfClassifiedLate             // DORA: classified later than 24 hours after awareness
	IfOngoing                    // still ongoing when the final report falls due
	IfSetByAuthority             // the authority names the day
	IfMeasureAvailable           // a corrective or mitigating measure is available
)

// Cap is a second limit that counts when it is earlier.
type Cap struct {
	Anchor Input
	Period Period
}

// Term is one row of the law on reporting times.
type Term struct {
	ID        string // stable id, for example "clk.nis2.ew"
	Regime    Regime
	Stage     Stage
	Condition Condition
	Citation  string
	Anchor    Input
	Period    Period // zero: without undue delay, no outer limit
	Cap       *Cap
	From, To  law.Date // first and last day of application; zero To: open
	Source    law.Source
	Recipient string // key of the recipient's message
	Proposal  string // id of the proposal; empty for law in force
}

// Proposal is a text that is not law.
type Proposal struct {
	ID     string // as in --what-if
	Title  string
	Text   string // message key of what it would change
	Source law.Source
}

// Proposals lists the proposals that can be counted as if they were law.
func Proposals() []Proposal {
	checked := law.Date{Year: 2026, Month: 11, Day: 21}
	return []Proposal{
		{ID: DigitalOmnibus, Title: "COM(2025) 837, 2025/0360(COD)", Text: "clocks.proposal.com-2025-837",
			Source: law.Source{Title: "Digital Omnibus, proposal of 19 November 2025", Checked: checked, Confidence: law.Secondary}},
		{ID: NIS2Amendment, Title: "COM(2026) 13, 2026/0012(COD)", Text: "clocks.proposal.com-2026-13",
			Source: law.Source{Title: "Proposal of 20 January 2026 to amend Directive (EU) 2022/2555", Checked: checked, Confidence: law.Secondary}},
	}
}

// Ids of the proposals.
const (
	DigitalOmnibus = "com-2025-837"
	NIS2Amendment  = "com-2026-13"
)

// Terms lists every term, NIS2 first, each regime in the order of its stages.
func Terms() []Term { return slices.Clone(terms[:]) }

// termsOf is the rows of one regime, which stand together in the table.
func termsOf(r Regime) []Term {
	from := 0
	for from < len(terms) && terms[from].Regime != r {
		from++
	}
	to := from
	for to < len(terms) && terms[to].Regime == r {
		to++
	}
	return terms[from:to]
}

// Stages lists the stages of a regime that are law, in order; nil for an unknown
// regime.
func Stages(r Regime) []Stage {
	var stages []Stage
	for i := range terms {
		if t := &terms[i]; t.Regime == r && t.Proposal == "" && !slices.Contains(stages, t.Stage) {
			stages = append(stages, t.Stage)
		}
	}
	return stages
}

// HasStage reports whether a term exists for the stage of the regime, proposals
// included.
func HasStage(r Regime, s Stage) bool {
	return slices.ContainsFunc(terms[:], func(t Term) bool { return t.Regime == r && t.Stage == s })
}

// Default is the period and anchor of a stage in law, special cases aside. ok is
// false when the regime does not have the stage.
func Default(r Regime, s Stage) (o Override, ok bool) {
	for i := range terms {
		if t := &terms[i]; t.Regime == r && t.Stage == s && t.Proposal == "" && (!ok || t.Condition == Always) {
			o, ok = Override{Period: t.Period, From: t.Anchor}, true
		}
	}
	return o, ok
}
