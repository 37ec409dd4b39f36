package pages

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/proving"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// ledgerKinds are those that the filter offers: what happens in workspaces.
func ledgerKinds(ctx context.Context) []string {
	kinds := slices.DeleteFunc(proving.Kinds(), func(k string) bool { return k == "passkey" || k == "recovery_code" || k == "session" })
	slices.SortFunc(kinds, func(a, b string) int { return strings.Compare(kindName(ctx, a), kindName(ctx, b)) })
	return kinds
}

// named is the message prefix + key, or else where an edition of the program has
// written a key that this one does not know.
func named(ctx context.Context, prefix, key, otherwise string) string {
	if p := ui.From(ctx).Printer; p != nil && p.Has(prefix+key) {
		return ui.T(ctx, prefix+key)
	}
	return otherwise
}

// kindName is the kind of an object in words.
func kindName(ctx context.Context, kind string) string {
	return named(ctx, "ledger.kind.", kind, strings.ReplaceAll(kind, "_", " "))
}

// settingName is a setting in words. Where there is one for each of several things,
// its name ends with which.
func settingName(ctx context.Context, name string) string {
	for at := name; at != ""; at = at[:max(0, strings.LastIndexAny(at, "./"))] {
		if text := named(ctx, "ledger.setting.", at, ""); text != "" {
			return text
		}
	}
	return name
}

// actionName is what was done, in words: "kind.verb", or an action of its own.
func actionName(ctx context.Context, e ledger.Entry) string {
	return named(ctx, "ledger.action.", e.Action, named(ctx, "ledger.verb.", strings.TrimPrefix(e.Action, e.Kind+"."), e.Action))
}

func entryURL(seq int64) string { return "/ledger/" + strconv.FormatInt(seq, 10) }

// mostValue is how much of a value the page of an entry shows.
const mostValue = 4000

// entryChanges are the values before and after, as text.
func entryChanges(ctx context.Context, e ledger.Entry) []ui.Change {
	fields, err := e.Changes()
	if err != nil {
		return []ui.Change{{Field: kindName(ctx, e.Kind), Before: string(e.Before), After: string(e.After)}}
	}
	var out []ui.Change
	for _, f := range fields {
		if c := (ui.Change{Field: ui.FieldName(ctx, f.Name), Before: plainValue(f.Before), After: plainValue(f.After)}); c.Before != c.After {
			out = append(out, c)
		}
	}
	return out
}

// plainValue is a JSON value as people read it: texts without quotes.
func plainValue(b json.RawMessage) string {
	var text string
	if json.Unmarshal(b, &text) != nil {
		text = string(b)
	}
	if r := []rune(text); len(r) > mostValue {
		return string(r[:mostValue]) + " …"
	}
	return text
}

// entryReason is why an entry was made, in words: what was undone or restored, and what
// the program gives as the reason of what it does by itself.
func entryReason(ctx context.Context, e ledger.Entry) string {
	of, why, rewound := e.Rewound()
	if !rewound {
		why = e.Reason
	}
	if kind, ok := strings.CutPrefix(why, "job "); ok {
		why = named(ctx, "jobs.kind.", kind, ui.T(ctx, "ledger.reason.job_queue"))
	} else if act, _, marked := strings.Cut(why, " "); marked && (act == clients.MarkBulk || act == clients.MarkSuggestions) {
		why = ui.T(ctx, "ledger.reason."+act)
	}
	why = named(ctx, "ledger.reason.", strings.ReplaceAll(why, " ", "_"), why)
	if !rewound {
		return why
	}
	did := "ledger.undid"
	if strings.HasSuffix(e.Action, ".restore") {
		did = "ledger.restored"
	}
	text := ui.T(ctx, did, "number", of)
	if why != "" {
		text += " " + why
	}
	return text
}

// undoNote says until when a change can be undone, or that this is over.
func undoNote(ctx context.Context, e ledger.Entry) string {
	key := "ledger.undo.over"
	if canUndo(ctx, e) {
		key = "ledger.undo.possible"
	}
	return ui.T(ctx, key, "when", ui.MomentText(ctx, e.At.Add(clients.UndoFor)))
}

// restorable reports whether the page offers to restore the value of an entry.
func restorable(r *http.Request, e ledger.Entry) bool {
	if e.Organisation == "" || e.After == nil || !clients.Undoable(e.Kind) {
		return false
	}
	return mayRestore(r, e.Organisation)
}

func entryFacts(ctx context.Context, e ledger.Entry) []ui.Figure {
	who := e.ActorName
	if who == "" {
		who = e.Actor
	}
	return []ui.Figure{
		{Label: ui.T(ctx, "ledger.entry.who"), Value: who, Note: e.From},
		{Label: ui.T(ctx, "ledger.entry.when"), Value: e.At.Format("2006-01-02"), Note: e.At.Format("15:04:05.000 MST")},
		{Label: ui.T(ctx, "ledger.entry.action"), Value: kindName(ctx, e.Kind), Note: actionName(ctx, e)},
	}
}

func reportFigures(ctx context.Context, r proving.Report) []ui.Figure {
	sealed := ui.T(ctx, "ledger.sealed.never")
	if !r.Sealed.IsZero() {
		sealed = r.Sealed.UTC().Format("2006-01-02 15:04 MST")
	}
	if n := r.Holding(); n > 0 {
		sealed += " · " + ui.T(ctx, "ledger.stamps", "count", n)
	}
	return []ui.Figure{
		{Label: ui.T(ctx, "ledger.size"), Value: ui.Number(ctx, float64(r.Size), 0)},
		{Label: ui.T(ctx, "ledger.checkpoints"), Value: ui.Number(ctx, float64(r.Checkpoints), 0), Note: sealed},
		{Label: ui.T(ctx, "ledger.checked"), Value: r.At.UTC().Format("15:04:05"), Note: r.At.UTC().Format("2006-01-02 MST")},
	}
}

func faultTable(ctx context.Context, r proving.Report) ui.TableProps {
	t := ui.TableProps{ID: "faults", Caption: ui.T(ctx, "ledger.check.damaged"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "ledger.check.entry")}, {Label: ui.T(ctx, "ledger.check.table")}, {Label: ui.T(ctx, "ledger.check.what")}}}
	for _, f := range r.Faults {
		var entry templ.Component = ui.Words(ui.T(ctx, "ledger.check.whole"))
		if f.Seq >= 0 {
			entry = ui.LinkCell(strconv.FormatInt(f.Seq, 10), entryURL(f.Seq), "")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{entry, code(f.Table), ui.Words(ui.Failure(ctx, f.What))}})
	}
	return t
}

// mostCheckpoints is how many of the newest checkpoints the page lists.
const mostCheckpoints = 50

func checkpointTable(ctx context.Context, r proving.Report, s proving.Standing) ui.TableProps {
	checked := map[int64]proving.Stamp{}
	for _, x := range r.Stamps {
		checked[x.Size] = x
	}
	t := ui.TableProps{ID: "checkpoints", Caption: ui.T(ctx, "ledger.checkpoints"), Columns: []ui.Column{
		{Label: ui.T(ctx, "ledger.sealed")}, {Label: ui.T(ctx, "ledger.size"), Numeric: true}, {Label: ui.T(ctx, "ledger.proof.title")},
		{Label: ui.T(ctx, "ledger.stamp")}, {Label: ui.T(ctx, "ledger.chain")}},
		Empty: ui.Empty{Title: ui.T(ctx, "ledger.checkpoints.none"), Text: ui.T(ctx, "ledger.checkpoints.none.text")}}
	for i := len(s.Checkpoints) - 1; i >= max(0, len(s.Checkpoints)-mostCheckpoints); i-- {
		c := s.Checkpoints[i]
		var proof templ.Component = ui.Words("–")
		if i > 0 {
			size := strconv.FormatInt(c.Size, 10)
			proof = ui.LinkCell(ui.T(ctx, "ledger.growth"), "/ledger/growth.json?earlier="+strconv.FormatInt(s.Checkpoints[i-1].Size, 10)+"&later="+size, "")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(c.At.In(time.UTC)), ui.Words(ui.Number(ctx, float64(c.Size), 0)), proof, stampCell(ctx, c), chainCell(ctx, checked[c.Size])}})
	}
	return t
}

// chainCell says whether to believe the authority of a time stamp.
func chainCell(ctx context.Context, x proving.Stamp) templ.Component {
	tone, until := ui.Neutral, ""
	switch x.Chain {
	case "":
		return ui.Words("–")
	case proving.ChainTrusted, proving.ChainEnded:
		tone, until = ui.Good, ui.T(ctx, "ledger.chain.until", "root", x.Root, "on", ui.DayText(ctx, ui.DayOf(ctx, x.Until)))
		if x.Chain == proving.ChainEnded {
			tone = ui.Partly
		}
	case proving.ChainBroken:
		tone = ui.Bad
	}
	return outcomeCell(ui.Status{Tone: tone, Word: ui.T(ctx, "ledger.chain."+string(x.Chain))}, until)
}

// stampCell is the time stamp of a checkpoint, with the file for those who check it.
func stampCell(ctx context.Context, c proving.Checkpoint) templ.Component {
	if c.StampedAt.IsZero() {
		return ui.Words("–")
	}
	return ui.LinkCell(ui.MomentText(ctx, c.StampedAt), "/ledger/stamp.zip?size="+strconv.FormatInt(c.Size, 10), c.StampedBy)
}
