package pages

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// typed is a field of the form with the key: what was typed when it came back.
func (v handlingView) typed(r *http.Request, key string, f ui.Field) ui.Field {
	f.ID = "f-" + key + "-" + f.Name
	if v.act != key {
		return f
	}
	return field(r, v.errors, f)
}

func (v handlingView) errorsOf(key string) ui.Errors {
	if v.act == key {
		return v.errors
	}
	return nil
}

func (v handlingView) tabLinks(r *http.Request) (out []ui.Link) {
	all := int64(0)
	for _, n := range v.Counts {
		all += n
	}
	open := 0
	for _, t := range v.Tasks {
		if t.State.Open() {
			open++
		}
	}
	counts := map[string]int{"steps": open, "indicators": int(all), "affected": len(v.Affected), "evidence": len(v.Exhibits), "informed": len(v.Informed), "costs": len(v.Costs), "related": len(v.Related), "exercise": len(v.Drill.Injects)}
	for _, tab := range handlingTabs() {
		if tab == "exercise" && !v.Exercise {
			continue
		}
		out = append(out, ui.Link{Text: ui.T(r.Context(), "handling.tab."+tab), URL: handlingURL(r, tab), Current: tab == v.tab, Count: counts[tab], CountText: ui.T(r.Context(), "handling.count."+tab)})
	}
	return out
}

// custodyTone marks what the platform found when it read a file again.
func custodyTone(action string) ui.Tone {
	switch action {
	case incident.CustodyChecked:
		return ui.Good
	case incident.CustodyAltered:
		return ui.Bad
	}
	return ui.Neutral
}

func words(ctx context.Context, prefix string, values []string, chosen string) []ui.Option {
	var out []ui.Option
	for _, x := range values {
		out = append(out, ui.Option{Value: x, Label: ui.T(ctx, prefix+wordKey(x)), Selected: x == chosen})
	}
	return out
}

// wordKey is a value as the key of a message.
func wordKey(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c == ' ' || c == '+' {
			b[i] = '_'
		}
	}
	return string(b)
}

func tlpOptions(chosen string) []ui.Option {
	var out []ui.Option
	for _, x := range incident.TLPs() {
		out = append(out, ui.Option{Value: x, Label: "TLP:" + x, Selected: x == chosen})
	}
	return out
}

func listFormats(ctx context.Context) []ui.Option {
	out := []ui.Option{{Value: "", Label: ui.T(ctx, "handling.format.any")}}
	for _, f := range indicators.Formats() {
		out = append(out, ui.Option{Value: string(f), Label: ui.T(ctx, "handling.format."+string(f))})
	}
	return out
}

func typeOptions(ctx context.Context, chosen string) []ui.Option {
	return append([]ui.Option{{Value: "", Label: ui.T(ctx, "handling.type.any")}}, words(ctx, "handling.type.", incident.IndicatorTypes(), chosen)...)
}

func (v handlingView) indicatorTable(r *http.Request) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "indicator-list", Caption: ui.T(ctx, "handling.tab.indicators"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "handling.column.value")}, {Label: ui.T(ctx, "handling.column.type"), Narrow: true}, {Label: "TLP", Narrow: true},
		{Label: ui.T(ctx, "handling.column.seen"), Narrow: true}, {Label: ui.T(ctx, "handling.column.act"), HideLabel: true, Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "handling.indicators.none"), Text: ui.T(ctx, "handling.indicators.none.text")}}
	for _, x := range v.Indicators {
		var seen templ.Component = ui.Words("–")
		if !x.SeenAt.IsZero() {
			seen = ui.Moment(x.SeenAt)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{indicatorCell(x), ui.Words(ui.T(ctx, "handling.type."+x.Type)), ui.Words(x.TLP), seen,
			removeForm(r, v.edit, "indicators-remove", x.ID, indicators.Defang(x.Type, x.Value))}})
	}
	return t
}

func (v handlingView) indicatorPages(r *http.Request) ui.Pages {
	at := func(skip int) string {
		q := url.Values{"tab": {"indicators"}, "skip": {strconv.Itoa(skip)}}
		if v.filter.Type != "" {
			q.Set("type", v.filter.Type)
		}
		if v.filter.Text != "" {
			q.Set("q", v.filter.Text)
		}
		return incidentURL(r, "handling?"+q.Encode())
	}
	p := ui.Pages{Label: ui.T(r.Context(), "handling.indicators.pages"), From: v.filter.Skip + 1, To: v.filter.Skip + len(v.Indicators), All: int(v.Found)}
	if p.To < p.All {
		p.Next = at(p.To)
	}
	if v.filter.Skip > 0 {
		p.Previous = at(max(0, v.filter.Skip-incidents.IndicatorsPerPage))
	}
	return p
}

func importStatus(ctx context.Context, v incident.Import) ui.Status {
	tone := map[string]ui.Tone{incident.ImportRead: ui.Open, incident.ImportRunning: ui.Info, incident.ImportDone: ui.Good, incident.ImportRemoved: ui.Aside}[v.State]
	return ui.Status{Tone: tone, Word: ui.T(ctx, "handling.import."+v.State)}
}

func conditionStatus(ctx context.Context, condition string) ui.Status {
	tone := map[string]ui.Tone{"suspected": ui.Open, "affected": ui.Bad, "contained": ui.Partly, "restored": ui.Good, "unaffected": ui.Aside}[condition]
	return ui.Status{Tone: tone, Word: ui.T(ctx, "handling.condition."+condition)}
}

func (v handlingView) affectedTable(r *http.Request) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "affected-list", Caption: ui.T(ctx, "handling.tab.affected"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "handling.column.name")}, {Label: ui.T(ctx, "handling.column.count"), Numeric: true, Narrow: true}, {Label: ui.T(ctx, "handling.column.condition"), Narrow: true},
		{Label: ui.T(ctx, "handling.column.act"), HideLabel: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "handling.affected.none"), Text: ui.T(ctx, "handling.affected.none.text")}}
	for _, x := range v.Affected {
		count := "–"
		if x.Count > 0 {
			count = ui.Number(ctx, float64(x.Count), 0)
		}
		note := ui.T(ctx, "handling.affected."+x.Kind)
		if x.Note != "" {
			note += " · " + x.Note
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Name, "", note), ui.Words(count), ui.StatusBadge(conditionStatus(ctx, x.Condition)), affectedForms(r, v, x)}})
	}
	return t
}

func (v handlingView) informedTable(r *http.Request) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "informed-list", Caption: ui.T(ctx, "handling.tab.informed"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "handling.column.whom")}, {Label: ui.T(ctx, "handling.column.count"), Numeric: true, Narrow: true}, {Label: ui.T(ctx, "handling.column.when")},
		{Label: ui.T(ctx, "handling.column.text")}, {Label: ui.T(ctx, "handling.column.act"), HideLabel: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "handling.informed.none"), Text: ui.T(ctx, "handling.informed.none.text")}}
	for _, x := range v.Informed {
		note := ui.T(ctx, "handling.about."+x.About)
		if x.Channel != "" {
			note += " · " + x.Channel
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{recorded(x.Whom, note, x.Struck), ui.Words(ui.Number(ctx, float64(x.Count), 0)), ui.Words(momentText(ctx, x.At)), said(x.Text),
			amendForms(r, v, "informed", x.ID, x.Whom, x.Struck, informedForm(r, v, "informed-"+x.ID, x))}})
	}
	return t
}

func (v handlingView) costTable(r *http.Request) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "cost-list", Caption: ui.T(ctx, "handling.tab.costs"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "handling.column.what")}, {Label: ui.T(ctx, "handling.column.day"), Narrow: true}, {Label: ui.T(ctx, "handling.column.amount"), Numeric: true, Narrow: true},
		{Label: ui.T(ctx, "handling.column.act"), HideLabel: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "handling.costs.none"), Text: ui.T(ctx, "handling.costs.none.text")}}
	for _, x := range v.Costs {
		note := ""
		if x.Estimated {
			note = ui.T(ctx, "incidents.certainty.estimated")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{recorded(x.What, note, x.Struck), ui.Day(x.On), ui.Words(money(ctx, x.Cents, x.Currency)),
			amendForms(r, v, "costs", x.ID, x.What, x.Struck, costForm(r, v, "costs-"+x.ID, x))}})
	}
	return t
}

func (v handlingView) totals(ctx context.Context) (out []ui.Figure) {
	for _, t := range incidents.Totals(v.Costs) {
		note := ""
		if t.Estimated > 0 {
			note = ui.T(ctx, "handling.costs.estimated", "amount", money(ctx, t.Estimated, t.Currency))
		}
		out = append(out, ui.Figure{Label: ui.T(ctx, "handling.costs.total", "currency", t.Currency), Value: money(ctx, t.Known+t.Estimated, t.Currency), Note: note})
	}
	return out
}

// corrections are what a record said before each of its corrections, newest first.
func (v handlingView) corrections(id string) (out []incident.Entry) {
	for _, e := range v.Entries {
		if e.Kind == "correction" && e.Object == id {
			out = append(out, e)
		}
	}
	slices.Reverse(out)
	return out
}

// toldHint says what an empty time means.
func toldHint(ctx context.Context, x incident.Informed) string {
	if x.ID == "" {
		return ui.T(ctx, "handling.field.at.hint")
	}
	return ui.T(ctx, "handling.field.at.stays", "time", momentText(ctx, x.At))
}

// amountText is an amount of money as a form takes it.
func amountText(cents int64) string {
	if cents == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}

func countText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// progress is how many steps are done of those that are to be done.
func (v handlingView) progress() (done, all int) {
	for _, t := range v.Tasks {
		if !strings.HasPrefix(t.Origin, "playbook/") { // lessons are for later
			continue
		}
		if t.State == planning.Done {
			done++
		}
		if t.State != planning.Dropped {
			all++
		}
	}
	return done, all
}

// nextStates are those that a step may get by one button.
func nextStates(s planning.State) []planning.State {
	switch s {
	case planning.Done, planning.Dropped:
		return []planning.State{planning.ToDo}
	case planning.Doing:
		return []planning.State{planning.Done, planning.Dropped}
	}
	return []planning.State{planning.Doing, planning.Done, planning.Dropped}
}

// mutable reports whether the case goes on by itself.
func (v handlingView) mutable() bool {
	return v.State != incident.Merged && v.State != incident.Dismissed
}

func (v handlingView) otherOptions() []ui.Option {
	var out []ui.Option
	for _, x := range v.others {
		out = append(out, ui.Option{Value: x.ID, Label: x.Reference + " " + x.Title})
	}
	return out
}

// assetSuggestions is the id of the list of assets of the register.
const assetSuggestions = "asset-names"

// assetList lets the name of what is affected be chosen from the register.
func assetList(v handlingView) templ.Attributes {
	if len(v.assets) == 0 {
		return nil
	}
	return templ.Attributes{"list": assetSuggestions}
}

func assetHint(ctx context.Context, v handlingView) string {
	if len(v.assets) == 0 {
		return ""
	}
	return ui.T(ctx, "handling.affected.assets")
}
