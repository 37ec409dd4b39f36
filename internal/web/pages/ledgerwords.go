package pages

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

// ledgerWords says in plain words what entries of the ledger record: names for ids,
// and only the fields that people know. The page of an entry has the exact values.
type ledgerWords struct {
	catalogue     *catalog.Catalogue
	people        map[string]string // names by id; others stay unnamed
	files         map[string]string // names by id
	organisations map[string]string // names by id, where a list mixes several
}

// wordsOf are the words for the entries of one organisation.
func wordsOf(c clients.Client, people []tenant.Member) ledgerWords {
	w := ledgerWords{catalogue: c.In.Catalogue, people: map[string]string{}, files: map[string]string{}}
	for _, f := range c.Files {
		w.files[f.ID] = f.Name
	}
	for _, m := range people {
		w.people[m.Person] = m.Name
	}
	return w
}

// events are the entries as a timeline, each with the address of its page.
func (w ledgerWords) events(ctx context.Context, entries []ledger.Entry) []ui.Event {
	out := make([]ui.Event, 0, len(entries))
	for _, e := range entries {
		event := ui.Event{At: e.At.In(time.UTC), Who: e.ActorName, What: w.what(ctx, e), URL: entryURL(e.Seq)}
		if event.Who == "" {
			event.Who = e.Actor
		}
		if e.Before != nil && e.After != nil {
			event.Changes = w.changes(ctx, e)
		}
		out = append(out, event)
	}
	return out
}

// what an entry records, as the rest of a sentence that begins with who did it.
func (w ledgerWords) what(ctx context.Context, e ledger.Entry) string {
	text := ""
	if key, what, _, ok := sentence(ctx, w.catalogue, e); ok {
		text = ui.T(ctx, "home.told."+key, "what", what)
	} else {
		before, after := objectOf(e)
		verb, now := "change", after
		switch {
		case e.Before == nil && e.After == nil:
			verb = "other"
		case e.Before == nil:
			verb = "create"
		case e.After == nil:
			verb, now = "remove", before
		}
		text = named(ctx, "ledger.action.", e.Action, ui.T(ctx, "ledger.did."+verb, "kind", kindName(ctx, e.Kind)))
		if e.Kind == "setting" {
			now.Name = settingName(ctx, now.Name)
		}
		for _, name := range []string{now.Title, now.Name, now.Label, now.Email, now.Body} {
			if name != "" {
				text = ui.Label(ctx, text) + shorten(name)
				break
			}
		}
	}
	if name := w.organisations[e.Organisation]; name != "" {
		text += " · " + name
	}
	return text
}

// untold are fields that say nothing to people beside the change itself: where the
// object stands, when it was last written, and what proves it.
var untold = map[string]bool{"id": true, "version": true, "workspace": true, "organisation": true, "created_at": true, "updated_at": true,
	"position": true, "ahead_ms": true, "cursor": true, "approved_digest": true, "sha256": true, "key_id": true, "public_key": true,
	"authority_key": true, "token": true, "permit": true, "due_because": true, "job": true}

// changes are the fields that people know with their values before and after.
func (w ledgerWords) changes(ctx context.Context, e ledger.Entry) []ui.Change {
	fields, err := e.Changes()
	if err != nil {
		return nil // the page of the entry shows what cannot be read
	}
	_, now := objectOf(e)
	var out []ui.Change
	for _, f := range fields {
		if f.Name == "facts" {
			out = append(out, changedFacts(ctx, f)...)
			continue
		}
		if untold[f.Name] {
			continue
		}
		before, after := apart(f.Before, f.After)
		c := ui.Change{Field: ui.FieldName(ctx, f.Name), Before: w.value(ctx, now, e.Kind, f.Name, before), After: w.value(ctx, now, e.Kind, f.Name, after)}
		if c.Before != c.After {
			out = append(out, c)
		}
	}
	return out
}

// apart are two lists of texts without what is in both; other values stay as they are.
func apart(before, after json.RawMessage) (removed, added json.RawMessage) {
	var a, b []string
	if json.Unmarshal(before, &a) != nil || json.Unmarshal(after, &b) != nil {
		return before, after
	}
	less := func(list, by []string) json.RawMessage {
		rest := slices.DeleteFunc(slices.Clone(list), func(v string) bool { return slices.Contains(by, v) })
		if len(rest) == 0 {
			return nil
		}
		text, err := json.Marshal(rest)
		if err != nil { // texts always are JSON
			return nil
		}
		return text
	}
	return less(a, b), less(b, a)
}

// changedFacts are the facts of an organisation that an entry changed.
func changedFacts(ctx context.Context, f ledger.Field) []ui.Change {
	before, err1 := organisation.Read("", f.Before)
	after, err2 := organisation.Read("", f.After)
	if err1 != nil || err2 != nil {
		return nil
	}
	changed, err := organisation.Differences(before, after)
	if err != nil {
		return nil
	}
	// Which questions were asked follows from the answers, and years stand with their figures.
	changed = slices.DeleteFunc(changed, func(d organisation.Difference) bool {
		return strings.HasPrefix(d.Field, "asked") || strings.HasSuffix(d.Field, ".year")
	})
	return factChanges(ctx, after, changed)
}

// value of a field in words; "" for none.
func (w ledgerWords) value(ctx context.Context, now spoken, kind, field string, raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return w.text(ctx, now, kind, field, v)
	case bool:
		return factValue(ctx, field, string(raw))
	case float64:
		if strings.HasSuffix(field, "_cents") {
			return ui.Number(ctx, v/100, 2)
		}
		return ui.Number(ctx, v, 2)
	case []any:
		var list []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				list = append(list, w.text(ctx, now, kind, field, s))
			} else if n, ok := x.(float64); ok {
				list = append(list, ui.Number(ctx, n, 2))
			}
		}
		if field == "effort_person_days" {
			return strings.Join(list, "–")
		}
		return shorten(strings.Join(list, "; "))
	}
	return ""
}

// worded are the messages of fields whose values are words of the program, by kind
// and field; the value stands in place of the "…".
var worded = map[string]string{
	"affected.kind": "handling.affected.…", "approval.decision": "board.decision.…", "assertion.status": "report.status.…",
	"asset.criticality": "registers.level.…", "asset.kind": "registers.kind.…", "authority_case.state": "authority.state.…",
	"determination.class": "report.class.….name", "incident.kind": "incidents.kind.…", "incident.state": "incidents.state.…",
	"invitation.role": "pages.role.…", "membership.role": "pages.role.…", "obligation.applies": "incidents.applies.…",
	"organisation.kind": "pages.kind.…", "report.language": "reports.language.…", "risk.treatment": "registers.treatment.…",
	"supplier.criticality": "registers.level.…", "task.phase": "report.phase.…", "task.role": "report.role.…", "task.state": "plan.state.…",
}

// text is a text of a field: names for ids, days and times as people write them.
func (w ledgerWords) text(ctx context.Context, now spoken, kind, field, v string) string {
	if key, ok := worded[kind+"."+field]; ok {
		return named(ctx, "", strings.Replace(key, "…", v, 1), v)
	}
	if field == "options" {
		q, _ := w.catalogue.Question(now.Question)
		if i := slices.IndexFunc(q.Options, func(o catalog.Option) bool { return o.ID == v }); i >= 0 {
			return q.Options[i].Text
		}
		return v
	}
	if name, ok := w.people[v]; ok {
		return name
	}
	if name, ok := w.files[v]; ok {
		return name
	}
	if title, ok := w.catalogue.KindTitle(v); ok {
		return title
	}
	if req, ok := w.catalogue.Get(v); ok {
		return req.Title
	}
	if id.Valid(v) {
		return "" // of something that has no name here
	}
	if d, err := law.ParseDate(v); err == nil {
		return ui.DayText(ctx, d)
	}
	if at, err := time.Parse(time.RFC3339, v); err == nil {
		if at.IsZero() {
			return ""
		}
		return ui.MomentText(ctx, at)
	}
	return shorten(v)
}

// undoable gives changes the button that takes them back: those that can be undone,
// by whoever may, for as long as it is possible, and that no newer entry of the list
// goes beyond.
func undoable(r *http.Request, events []ui.Event, entries []ledger.Entry) []ui.Event {
	if !mayRestore(r, r.PathValue("organisation")) {
		return events
	}
	beyond := map[string]bool{}
	for i, e := range entries {
		object := e.Kind + " " + e.Object
		if canUndo(r.Context(), e) && !beyond[object] {
			events[i].Undo = undoOf(r, e)
		}
		beyond[object] = true
	}
	return events
}

// canUndo reports whether a change is of a kind and an age that can be taken back.
func canUndo(ctx context.Context, e ledger.Entry) bool {
	return clients.Undoable(e.Kind) && (e.Before != nil || e.After != nil) && ui.From(ctx).Now.Sub(e.At) < clients.UndoFor
}

// mayRestore reports whether whoever is there may give objects of the organisation
// earlier values.
func mayRestore(r *http.Request, organisation string) bool {
	_, err := visitOf(r).Actor.Organisation(r.Context(), organisation, authz.LedgerRestore)
	return err == nil
}
