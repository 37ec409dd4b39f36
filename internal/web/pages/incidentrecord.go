package pages

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// recordTitle names the kind of a line of the record.
func recordTitle(ctx context.Context, e incident.Entry) string {
	switch {
	case e.Kind == "revision" && e.After == incident.RevisionSettled:
		return ui.T(ctx, "incident.authority.kind.settled")
	case e.Kind != "system":
		return ui.T(ctx, "incidents.entry."+e.Kind)
	case e.Object == "clock":
		return ui.T(ctx, "incidents.record.clock")
	case e.Object != "" && e.After != "": // another case with the same cause
		return ui.T(ctx, "incidents.record.recurs")
	case e.Object != "": // a filing
		return ui.T(ctx, "incidents.record.refused")
	}
	return ui.T(ctx, "incidents.entry.system")
}

// recordText is what a line says in the language of the reader; times that were
// corrected, alarms and approvals are named.
func recordText(ctx context.Context, e incident.Entry) string {
	switch {
	case e.Kind == "alarm":
		stages, step, _ := strings.Cut(e.Text, ", ")
		var titles []string
		for _, stage := range strings.Split(stages, "+") {
			titles = append(titles, wordOr(ctx, "incident.asked.stage."+stage, stageTitle(ctx, clocks.Stage(stage))))
		}
		return strings.Join(titles, " + ") + ", " + wordOr(ctx, "incidents.record.step."+step, step)
	case e.Kind == "report" && e.Text != "":
		return ui.T(ctx, "incidents.record.bypass", "reason", e.Text)
	case e.Kind == "decision" && e.Text == "approved" && e.Before == "" && e.After == "":
		return ui.T(ctx, "incidents.record.approved")
	case e.Kind == "evidence" && e.Object == "indicators" && strings.HasPrefix(e.Text, "+"):
		return ui.Label(ctx, ui.T(ctx, "incidents.record.indicators")) + e.Text
	case e.Kind == "evidence":
		if name, act, ok := cutLast(e.Text, ": "); ok && slices.Contains(append(incident.CustodyActions(), incident.CustodyChecked, incident.CustodyAltered), act) {
			return ui.Label(ctx, name) + ui.T(ctx, "handling.custody."+strings.ReplaceAll(act, " ", "_"))
		}
	case e.Kind == "correction":
		which, text := e.Object, e.Text
		if _, of, ok := strings.Cut(which, " "); ok { // of one duty
			which = of
		}
		if title := momentTitle(ctx, which); title != "" && text != "" {
			return ui.Label(ctx, title) + text
		} else if title != "" {
			return title
		}
	}
	return e.Text
}

func momentTitle(ctx context.Context, which string) string {
	if slices.Contains([]string{incidents.OccurredAt, incidents.DetectedAt, incidents.AwareAt, incidents.HandledAt}, which) {
		return ui.T(ctx, "incidents.time."+which)
	}
	if in, ok := clocks.ParseInput(which); ok {
		return ui.Say(ctx, in.Title())
	}
	return ""
}

func cutLast(text, mark string) (before, after string, ok bool) {
	if i := strings.LastIndex(text, mark); i >= 0 {
		return text[:i], text[i+len(mark):], true
	}
	return text, "", false
}

// wordOr is the message with the key, or the word itself where there is none.
func wordOr(ctx context.Context, key, word string) string {
	if p := ui.From(ctx).Printer; p != nil && p.Has(key) {
		return p.T(key)
	}
	return word
}

// written matches a time as the record keeps it, with how sure it is.
var written = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))(?: \((\w*)\))?$`)

// addedCount matches how many were added.
var addedCount = regexp.MustCompile(`^\+\d+$`)

// recordValue is a value before or after a change in the language of the reader. What
// the record keeps stays as it is; a value without words of its own is shown so.
func recordValue(ctx context.Context, e incident.Entry, value string) string {
	if m := written.FindStringSubmatch(value); m != nil {
		at, err := time.Parse(time.RFC3339, m[1])
		if err != nil {
			return value
		}
		said := incident.Moment{At: at, Zone: e.At.Zone, Certainty: incident.Certainty(m[2])}
		return momentText(ctx, said)
	}
	switch e.Kind {
	case "correction":
		if value == incident.Struck {
			return ui.T(ctx, "incidents.record.struck")
		}
	case "decision":
		return decisionWords(ctx, value)
	case "report": // by which channel; all else is a hash
		return wordOr(ctx, "incidents.channel."+value, value)
	case "action":
		if addedCount.MatchString(value) {
			return ui.Label(ctx, ui.T(ctx, "incidents.record.steps")) + value
		}
		return wordOr(ctx, "handling.condition."+value, wordOr(ctx, "plan.state."+value, value))
	}
	return value
}

// decisionWords is what was decided: kind and state, significance, whether a duty
// applies.
func decisionWords(ctx context.Context, value string) string {
	switch value {
	case "significant":
		return ui.T(ctx, "incidents.decision.yes")
	case "not significant":
		return ui.T(ctx, "incidents.decision.no")
	}
	if kind, state, ok := strings.Cut(value, ", "); ok && slices.Contains(incident.Kinds(), incident.Kind(kind)) {
		return ui.T(ctx, "incidents.kind."+kind) + ", " + wordOr(ctx, "incidents.state."+state, state)
	}
	if regime, applies, ok := strings.Cut(value, ": "); ok && slices.Contains([]string{"yes", "no", "undecided"}, applies) {
		return ui.Label(ctx, regimeTitle(ctx, clocks.Regime(regime))) + ui.T(ctx, "incidents.applies."+applies)
	}
	return wordOr(ctx, "incidents.state."+value, value)
}
