package pages

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	desk "github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

const deskCase = "/authority/cases/{case}"

func (s *Site) deskRoutes(add adder) {
	s.deskRegisterRoutes(add)
	s.deskForwardRoutes(add)
	s.deskSummaryRoutes(add)
	add(Workspace, "GET "+deskStatements, s.statements)
	s.deskChecklistRoutes(add)
	add(Workspace, "GET /authority", s.deskInbox)
	add(Workspace, "GET "+deskCase, s.deskCase)
	add(Workspace, "GET "+deskCase+"/reports/{report}", s.deskOriginal)
	add(Workspace, "GET "+deskCase+"/reports/{report}/receipt", s.deskReceipt)
	for _, acts := range []map[string]func(*http.Request, authz.Actor, string) error{s.deskActs(), s.forwardActs()} {
		for act, do := range acts {
			add(Workspace, "POST "+deskCase+"/"+act, s.deskAct(act, do))
		}
	}
	add(Client, "GET "+client+"/supervision", s.deskEntity)
	add(Client, "POST "+client+"/supervision/invite", s.deskInvite)
	add(Client, "POST "+client+"/supervision/revoke", s.deskRevoke)
}

// deskNav is the navigation of an authority's workspace.
func (s *Site) deskNav(r *http.Request, link func(key, url string) ui.Link) []ui.Link {
	out := []ui.Link{link("authority.inbox", "/authority"), link("authority.register", "/authority/register"), link("authority.recipients", "/authority/recipients"),
		link("authority.summary", "/authority/summary"), link("authority.situation", "/authority/situation"), link("authority.statements", deskStatements), link("authority.checklists", "/authority/checklists"), link("alarms.title", deskAlarms)}
	return out
}

// isAuthority reports whether the workspace is an authority's.
func isAuthority(r *http.Request) bool { return visitOf(r).Workspace.Kind == tenant.Authority }

// mayDesk reports whether the person holds the permission for an entity of the
// authority, "" for the whole workspace; what they cannot do is not offered.
func mayDesk(r *http.Request, organisation string, p authz.Permission) bool {
	role, ok := visitOf(r).Actor.RoleIn(organisation)
	return ok && authz.Allows(role, p)
}

// inboxView is the page of the reports that came.
type inboxView struct {
	authority.Inbox
	query url.Values // without the cursor
	first bool
}

// deskFilter reads the filter of the address.
func deskFilter(q url.Values) desk.Filter {
	return desk.Filter{Show: q.Get("show"), Regime: q.Get("regime"), Stage: q.Get("stage"), Sector: q.Get("sector"), Class: q.Get("class"),
		CrossBorder: q.Get("abroad") != "", Organisation: q.Get("entity")}
}

func (s *Site) deskInbox(w http.ResponseWriter, r *http.Request) (err error) {
	q := r.URL.Query()
	v := inboxView{query: q, first: q.Get("after") == ""}
	if v.Inbox, err = s.authority.Inbox(r.Context(), visitOf(r).Actor, deskFilter(q), q.Get("q"), q.Get("after")); err != nil {
		if fault.KindOf(err) == fault.Invalid {
			err = &fault.Error{Kind: fault.NotFound, What: "there is no such page of the list", Cause: err}
		}
		return err
	}
	q.Del("after")
	p := s.frame(r, ui.T(r.Context(), "authority.inbox"), ui.T(r.Context(), "authority.inbox.lead"))
	return ui.Render(w, r, http.StatusOK, deskInboxPage(r, p, v))
}

// at is the address of the list with another value of one part.
func (v inboxView) at(name, value string) string {
	q := url.Values{}
	for k, list := range v.query {
		if len(list) > 0 && list[0] != "" && k != name {
			q.Set(k, list[0])
		}
	}
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return "/authority"
	}
	return "/authority?" + q.Encode()
}

func (v inboxView) figures(ctx context.Context) []ui.Figure {
	n := func(i int) string { return ui.Number(ctx, float64(i), 0) }
	tone := func(n int, t ui.Tone) ui.Tone {
		if n == 0 {
			return ui.Neutral
		}
		return t
	}
	return []ui.Figure{
		{Label: ui.T(ctx, "authority.figure.unanswered"), Value: n(v.Counts.Unanswered), Note: ui.T(ctx, "authority.figure.unanswered.note"), URL: "/authority?show=unanswered", Tone: tone(v.Counts.Unanswered, ui.Partly)},
		{Label: ui.T(ctx, "authority.figure.overdue"), Value: n(v.Counts.Overdue), Note: "Art. 23(5)", URL: "/authority?show=overdue", Tone: tone(v.Counts.Overdue, ui.Bad)},
		{Label: ui.T(ctx, "authority.figure.new"), Value: n(v.Counts.New), URL: "/authority?show=new"},
		{Label: ui.T(ctx, "authority.figure.revision"), Value: n(v.Counts.Revision), URL: v.backURL(), Tone: tone(v.Counts.Unmended, ui.Bad), Note: v.backNote(ctx)},
	}
}

// backNote says how many of the reports that were sent back were to be mended by now.
func (v inboxView) backNote(ctx context.Context) string {
	if v.Counts.Unmended == 0 {
		return ""
	}
	return ui.T(ctx, "authority.figure.unmended", "n", v.Counts.Unmended)
}

// backURL leads to what is overdue, when something is.
func (v inboxView) backURL() string {
	if v.Counts.Unmended > 0 {
		return "/authority?show=unmended"
	}
	return "/authority?show=revision"
}

func anyOption(ctx context.Context) ui.Option {
	return ui.Option{Value: "", Label: ui.T(ctx, "authority.filter.any")}
}

func deskShows(ctx context.Context) []ui.Option {
	out := []ui.Option{anyOption(ctx)}
	for _, show := range []string{"new", "unanswered", "overdue", "late", "revision", "unmended"} {
		out = append(out, ui.Option{Value: show, Label: ui.T(ctx, "authority.show."+show)})
	}
	return out
}

func deskRegimes(ctx context.Context) []ui.Option {
	out := []ui.Option{anyOption(ctx)}
	for _, r := range clocks.Regimes() {
		out = append(out, ui.Option{Value: string(r), Label: regimeTitle(ctx, r)})
	}
	return out
}

// deskStages are the stages of every regime, each once.
func deskStages(ctx context.Context) []ui.Option {
	out := []ui.Option{anyOption(ctx)}
	for _, r := range clocks.Regimes() {
		for _, st := range clocks.Stages(r) {
			if !slices.ContainsFunc(out, func(o ui.Option) bool { return o.Value == string(st) }) {
				out = append(out, ui.Option{Value: string(st), Label: stageTitle(ctx, st)})
			}
		}
	}
	return out
}

// sectorIDs are the sectors of the annexes, in their order.
func sectorIDs() (out []string) {
	for _, t := range annex.All() {
		if t.Sector != "" && !slices.Contains(out, t.Sector) {
			out = append(out, t.Sector)
		}
	}
	return out
}

func deskSectors(ctx context.Context) []ui.Option {
	out := []ui.Option{anyOption(ctx)}
	for _, id := range sectorIDs() {
		out = append(out, ui.Option{Value: id, Label: sectorName(ctx, id)})
	}
	return out
}

func deskClasses(ctx context.Context) []ui.Option {
	out := []ui.Option{anyOption(ctx)}
	for _, c := range []law.Class{law.Essential, law.Important} {
		out = append(out, ui.Option{Value: string(c), Label: deskClass(ctx, string(c))})
	}
	return out
}

// entryClasses are the classes of an entry in the register; none is chosen before
// somebody says so.
func entryClasses(ctx context.Context) []ui.Option {
	return append([]ui.Option{{Value: "", Label: ui.T(ctx, "incidents.choose")}}, deskClasses(ctx)[1:]...)
}

func deskClass(ctx context.Context, class string) string {
	if class == "" {
		return ui.T(ctx, "authority.class.none")
	}
	return ui.T(ctx, "report.class."+class+".name")
}

// known is the message of a kind of thing, or the plain word of another server.
func knownWord(ctx context.Context, prefix, word string) string {
	if p := ui.From(ctx).Printer; p != nil && p.Has(prefix+word) {
		return p.T(prefix + word)
	}
	return word
}

// stageWord names a stage that a report claims.
func stageWord(ctx context.Context, regime, stage string) string {
	if clocks.HasStage(clocks.Regime(regime), clocks.Stage(stage)) {
		return stageTitle(ctx, clocks.Stage(stage))
	}
	return stage
}

func reviewStatus(ctx context.Context, r desk.Report) ui.Status {
	tones := map[string]ui.Tone{desk.Unseen: ui.Open, desk.Passed: ui.Good, desk.Revise: ui.Partly, desk.Mended: ui.Aside}
	return ui.Status{Tone: tones[r.Review], Word: ui.T(ctx, "authority.review."+r.Review)}
}

func (v inboxView) table(r *http.Request) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "inbox", Caption: ui.T(ctx, "authority.inbox"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "authority.column.report")}, {Label: ui.T(ctx, "authority.column.entity")}, {Label: ui.T(ctx, "authority.column.received")},
		{Label: ui.T(ctx, "authority.column.state")}},
		Empty: ui.Empty{Title: ui.T(ctx, "authority.inbox.none"), Text: ui.T(ctx, "authority.inbox.none.text")}}
	for _, x := range v.Rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{deskReportCell(x), deskEntityCell(x), deskTimeCell(x.Report), deskStateCell(x.Report)}})
	}
	return t
}

// entityNote is the small line below the name of an entity.
func entityNote(ctx context.Context, r desk.Report) string {
	var parts []string
	if r.Class != "" {
		parts = append(parts, deskClass(ctx, r.Class))
	}
	if r.Sector != "" {
		parts = append(parts, knownWord(ctx, "annex.sector.", r.Sector))
	}
	return strings.Join(parts, " · ")
}
