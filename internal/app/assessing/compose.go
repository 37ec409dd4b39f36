package assessing

import (
	"math"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Compose builds the report in the printer's language. Every figure in it is
// formatted from the same value as in JSON.
func Compose(in Input, p *locale.Printer) model.Document { return ComposeParts(in, p, Parts()) }

// The parts of a report that can be left out.
const (
	PartBoard         = "board"
	PartScope         = "scope"
	PartDuties        = "duties"
	PartStanding      = "standing"
	PartGaps          = "gaps"
	PartPlan          = "plan"
	PartApplicability = "applicability"
)

// Parts lists the parts in their order.
func Parts() []string {
	return []string{PartBoard, PartScope, PartDuties, PartStanding, PartGaps, PartPlan, PartApplicability}
}

// ComposeParts is Compose with some parts. The list of contents, the method and the
// limits are always there. Links to what was left out become plain text.
func ComposeParts(in Input, p *locale.Printer, parts []string) model.Document {
	in = in.In(p.Language)
	c := newComposer(in, p)
	d := model.Document{
		Title: c.t("report.title"), Subtitle: in.Organisation, Language: p.Language,
		Brand: in.Brand, AsOf: in.AsOf, DateText: c.date(in.AsOf), Notice: c.t("report.notice", "name", in.Organisation),
		Labels: model.Labels{
			SkipToContent: c.t("report.label.skip"), Contents: c.t("report.label.contents"), AsTable: c.t("report.label.as_table"),
			PreparedBy: c.t("report.label.prepared_by"), AsOf: c.t("report.label.as_of"), Continued: c.t("report.label.continued"),
		},
	}
	for _, part := range []struct {
		name  string
		write func() []model.Block
	}{
		{PartBoard, c.board}, {"", c.contents}, {PartScope, c.scope}, {PartDuties, c.duties}, {PartStanding, c.standing}, {PartGaps, c.gaps},
		{PartPlan, c.plan}, {PartApplicability, c.applicability}, {"", c.method},
	} {
		if part.name == "" || slices.Contains(parts, part.name) {
			d.Blocks = append(d.Blocks, part.write()...)
		}
	}
	return d
}

// composer holds the input and what several parts look up.
type composer struct {
	in       Input
	p        *locale.Printer
	results  map[string]posture.Result
	scores   map[string]posture.Score
	evidence map[string]posture.Evidence
}

func newComposer(in Input, p *locale.Printer) *composer {
	c := &composer{in: in, p: p,
		results: map[string]posture.Result{}, scores: map[string]posture.Score{},
		evidence: map[string]posture.Evidence{}}
	for _, r := range in.Posture.Results {
		c.results[r.Requirement] = r
	}
	for _, s := range in.Posture.Scores {
		c.scores[s.Key] = s
	}
	for _, e := range in.Statements.Evidence {
		c.evidence[e.ID] = e
	}
	return c
}

func (c *composer) t(key string, nameValue ...any) string { return c.p.T(key, nameValue...) }

func (c *composer) date(d law.Date) string { return c.p.Date(d) }

// number prints a whole number.
func (c *composer) number(n int) string { return c.p.Number(float64(n), 0) }

// Shown is a score as the report shows it: whole points. JSON uses it too.
func Shown(points float64) float64 { return math.Round(points) }

// points prints a score.
func (c *composer) points(v float64) string { return c.p.Number(Shown(v), 0) }

// share prints part of a whole as a percentage.
func (c *composer) share(part, whole int) string {
	if whole == 0 {
		return c.p.Percent(0, 0)
	}
	return c.p.Percent(math.Round(100*float64(part)/float64(whole)), 0)
}

// days prints an effort range in person-days.
func (c *composer) days(e [2]float64) string {
	from, to := c.p.Number(e[0], 1), c.p.Number(e[1], 1)
	if from == to {
		return from
	}
	return from + "–" + to
}

// requirement is a requirement of the catalogue; an unknown id gives one that
// shows its id.
func (c *composer) requirement(id string) catalog.Requirement {
	if r, ok := c.in.Catalogue.Get(id); ok {
		return r
	}
	return catalog.Requirement{ID: id, Title: id}
}

// statuses lists the statuses in the order in which reports show them.
func statuses() []posture.Status {
	return []posture.Status{posture.Met, posture.PartlyMet, posture.NotMet, posture.NotAssessed, posture.NotApplicable}
}

// Tone is the tone in which a status is shown.
func Tone(s posture.Status) model.Tone {
	switch s {
	case posture.Met:
		return chart.ToneGood
	case posture.PartlyMet:
		return chart.TonePartly
	case posture.NotMet:
		return chart.ToneBad
	case posture.NotApplicable:
		return chart.ToneAside
	}
	return chart.ToneOpen
}

func (c *composer) statusWord(s posture.Status) string {
	if s == "" {
		s = posture.NotAssessed
	}
	return c.t("report.status." + string(s))
}

func (c *composer) status(s posture.Status) model.Cell {
	return model.Status(Tone(s), c.statusWord(s))
}

// scoreTone judges a score against the target, and its word.
func (c *composer) scoreTone(s posture.Score) (model.Tone, string) {
	assessed := s.Met + s.Partly + s.NotMet
	switch {
	case assessed == 0:
		return chart.ToneOpen, c.t("report.score.open")
	case c.in.Target > 0 && Shown(s.Points) >= c.in.Target || c.in.Target == 0 && s.NotMet+s.Partly+s.NotAssessed == 0:
		return chart.ToneGood, c.t("report.score.reached")
	case Shown(s.Points) >= 40:
		return chart.TonePartly, c.t("report.score.under_way")
	}
	return chart.ToneBad, c.t("report.score.behind")
}

// scoreTitle is the name of what a score speaks of.
func (c *composer) scoreTitle(key string) string {
	switch {
	case key == "overall" || key == "governance" || key == "reporting" || key == "registration":
		return c.t("report.topic." + key)
	case strings.HasPrefix(key, "measure."):
		return c.t("report." + key)
	}
	return c.requirement(key).Title
}

func (c *composer) contents() []model.Block {
	return []model.Block{
		model.PageBreak{},
		model.Contents{Depth: 2},
		model.PageBreak{},
	}
}

func heading(level int, id, text string) model.Heading {
	return model.Heading{Level: level, ID: id, Text: text, Numbered: level <= 2}
}

func paragraph(text string) model.Paragraph { return model.Paragraph{Text: model.Say(text)} }

func small(text string) model.Paragraph { return model.Paragraph{Text: model.Say(text), Small: true} }

// confidenceMark is a badge for how well a statement was verified; nil when it
// was read in the official text.
func (c *composer) confidenceMark(v law.Confidence) *model.Badge {
	tone := chart.ToneNeutral
	switch v {
	case law.Verified:
		return nil
	case law.Secondary:
		tone = chart.TonePartly
	case law.Unverified, "":
		tone, v = chart.ToneOpen, law.Unverified
	}
	return &model.Badge{Tone: tone, Word: c.t("country.confidence." + string(v))}
}
