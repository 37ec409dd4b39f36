package significance

import (
	"strings"

	"github.com/nisaba-platform/nisaba/law"
)

// Title says when the criterion is met. A national threshold has the sentence
// "significance.rule.national" with the fact and the limit.
func (c Criterion) Title() law.Message {
	if !c.Union() {
		return law.Say("significance.rule.national", "limit", c.Threshold.Value)
	}
	return law.Say("significance.rule." + c.Rule)
}

// Union reports whether the criterion is one of Union law.
func (c Criterion) Union() bool {
	return strings.HasPrefix(c.Rule, "cir.sig.") || strings.HasPrefix(c.Rule, "nis2.sig.")
}

// Figures says what was measured against which limit; the key is empty when the
// criterion has no figures.
func (c Criterion) Figures() law.Message {
	switch {
	case !c.Figure.Known && !c.Threshold.Known:
		return law.Message{}
	case !c.Figure.Known:
		return law.Say("significance.limit."+c.unit(), "limit", c.Threshold.Value)
	case !c.Threshold.Known:
		return law.Say("significance.figure."+c.unit(), "figure", c.Figure.Value)
	}
	return law.Say("significance.compare."+c.unit(), "figure", c.Figure.Value, "limit", c.Threshold.Value)
}

func (c Criterion) unit() string { return string(c.Unit) }

// MetTitle says whether the criterion is met.
func (c Criterion) MetTitle() law.Message { return law.Say("significance.met." + c.Met.String()) }

// Title says the verdict in one sentence.
func (v Verdict) Title() law.Message {
	return law.Say("significance.verdict." + v.Significant.String())
}

// Title asks for the fact, for example "For how many minutes was the service
// completely unavailable?".
func (f Field) Title() law.Message { return law.Say("significance.field." + f.String()) }

// MissingTitle asks for a fact named in Verdict.Missing.
func MissingTitle(name string) law.Message { return law.Say("significance.field." + name) }
