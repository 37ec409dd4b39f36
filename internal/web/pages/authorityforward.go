package pages

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	desk "github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// mostAttached is the largest body in bytes of a form with a file for the file of an
// entity.
const mostAttached = authority.LargestFile + 1<<20

func (s *Site) deskForwardRoutes(add adder) {
	add(Workspace, "GET /authority/recipients", s.deskRecipients)
	add(Workspace, "POST /authority/recipients", s.deskAddRecipient)
	add(Workspace, "POST /authority/recipients/remove", s.deskRemoveRecipient)
	add(Workspace, "GET "+deskCase+"/forwardings/{forwarding}", s.deskForwarded)
	add(Client, "POST "+client+"/supervision/report", withBody(filing.MostReport+1<<20, uploadTime, s.deskTakeIn))
	add(Client, "POST "+client+"/supervision/acts", withBody(mostAttached, uploadTime, s.deskEntityAct("acts", s.deskActOn)))
	add(Client, "POST "+client+"/supervision/files", withBody(mostAttached, uploadTime, s.deskAttach))
	add(Client, "POST "+client+"/supervision/files/remove", s.deskDetach)
	add(Client, "GET "+client+"/supervision/files/{file}", s.deskAttached)
	add(Client, "POST "+client+"/supervision/done", s.deskEntityAct("acts", func(r *http.Request, a authz.Actor, organisation string) error {
		r.Form.Set("kept", r.PostFormValue("record"))
		return s.authority.Finish(r.Context(), a, organisation, r.PostFormValue("record"), r.PostFormValue("outcome"))
	}))
}

// recipientsView is the page of those to whom reports are forwarded.
type recipientsView struct {
	list   []desk.Recipient
	fields []ui.Option // of the forms
	errors ui.Errors
}

func (s *Site) deskRecipients(w http.ResponseWriter, r *http.Request) error {
	return s.showRecipients(w, r, nil)
}

func (s *Site) showRecipients(w http.ResponseWriter, r *http.Request, wrong ui.Errors) (err error) {
	v := recipientsView{errors: wrong}
	if v.list, err = s.authority.Recipients(r.Context(), visitOf(r).Actor); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, form := range s.incidents.Forms().All() {
		for _, f := range form.Fields {
			if !seen[f.ID] && !f.Withhold {
				seen[f.ID] = true
				v.fields = append(v.fields, ui.Option{Value: f.ID, Label: fieldWords(r.Context(), f.Title), Selected: hasValue(r, "withhold", f.ID)})
			}
		}
	}
	p := s.frame(r, ui.T(r.Context(), "authority.recipients"), ui.T(r.Context(), "authority.recipients.lead"))
	return ui.Render(w, r, statusOf(wrong), deskRecipientsPage(r, p, v))
}

// hasValue reports whether a form chose a value.
func hasValue(r *http.Request, name, value string) bool {
	for _, v := range r.PostForm[name] {
		if v == value {
			return true
		}
	}
	return false
}

func (s *Site) deskAddRecipient(w http.ResponseWriter, r *http.Request) error {
	err := s.authority.AddRecipient(r.Context(), visitOf(r).Actor, desk.Recipient{Kind: r.PostFormValue("kind"), Name: r.PostFormValue("name"),
		Country: r.PostFormValue("country"), Email: r.PostFormValue("email"), Regimes: r.PostForm["regimes"], CrossBorder: r.PostFormValue("abroad") != "", Withhold: r.PostForm["withhold"]})
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showRecipients(w, r, wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/authority/recipients")
}

func (s *Site) deskRemoveRecipient(w http.ResponseWriter, r *http.Request) error {
	if err := s.authority.RemoveRecipient(r.Context(), visitOf(r).Actor, r.PostFormValue("recipient")); err != nil {
		return err
	}
	return guard.Redirect(w, r, "/authority/recipients")
}

func recipientKinds(ctx context.Context) (out []ui.Option) {
	for _, k := range desk.RecipientKinds() {
		out = append(out, ui.Option{Value: k, Label: ui.T(ctx, "authority.recipient."+k), Hint: ui.Cite(ctx, desk.Basis(k))})
	}
	return out
}

func recipientRegimes(r *http.Request) (out []ui.Option) {
	for _, x := range clocks.Regimes() {
		out = append(out, ui.Option{Value: string(x), Label: regimeTitle(r.Context(), x), Selected: hasValue(r, "regimes", string(x))})
	}
	return out
}

func (v recipientsView) table(r *http.Request) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "recipients", Caption: ui.T(ctx, "authority.recipients"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "authority.recipient")}, {Label: ui.T(ctx, "authority.recipient.rule")}, {Label: ui.T(ctx, "authority.recipient.withhold")},
		{Label: ui.T(ctx, "authority.recipient.remove"), HideLabel: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "authority.recipients.none"), Text: ui.T(ctx, "authority.recipients.none.text")}}
	for _, x := range v.list {
		var remove templ.Component = ui.Words("")
		if mayDesk(r, "", authz.IncidentDecide) {
			remove = deskRemoveRecipientForm(x.ID)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Name, "", strings.Trim(ui.T(ctx, "authority.recipient."+x.Kind)+" · "+x.Country+" · "+x.Email, " ·")),
			ui.Words(recipientRule(ctx, x)), ui.Words(v.words(x.Withhold)), remove}})
	}
	return t
}

func (v recipientsView) words(ids []string) string {
	var out []string
	for _, id := range ids {
		for _, f := range v.fields {
			if f.Value == id {
				out = append(out, f.Label)
			}
		}
	}
	return strings.Join(out, ", ")
}

// recipientRule says when a recipient is proposed.
func recipientRule(ctx context.Context, x desk.Recipient) string {
	var parts []string
	for _, regime := range x.Regimes {
		parts = append(parts, regimeTitle(ctx, clocks.Regime(regime)))
	}
	if len(parts) == 0 {
		parts = append(parts, ui.T(ctx, "authority.recipient.all"))
	}
	out := strings.Join(parts, ", ")
	if x.CrossBorder {
		out += " · " + ui.T(ctx, "authority.abroad")
	}
	return out
}

// deskForwarded hands out what was forwarded.
func (s *Site) deskForwarded(w http.ResponseWriter, r *http.Request) error {
	f, err := s.authority.Forwarded(r.Context(), visitOf(r).Actor, r.PathValue("case"), r.PathValue("forwarding"))
	if err != nil {
		return err
	}
	guard.Download(w, mime.FormatMediaType("attachment", map[string]string{"filename": "forwarded-" + f.SHA256[:min(12, len(f.SHA256))] + ".json"}))
	w.Header().Set("Content-Type", desk.JSON)
	_, err = w.Write([]byte(f.Content))
	return err
}

// forwardActs are the acts of a case that bring it to others.
func (s *Site) forwardActs() map[string]func(*http.Request, authz.Actor, string) error {
	return map[string]func(*http.Request, authz.Actor, string) error{
		"forward": func(r *http.Request, a authz.Actor, id string) error {
			_, err := s.authority.Forward(r.Context(), a, id, r.PostFormValue("which"), r.PostFormValue("recipient"), r.PostFormValue("way"), r.PostFormValue("reason"))
			return err
		},
		"publish": func(r *http.Request, a authz.Actor, id string) error {
			e := ui.Errors{}
			on := dayOf(r, e, "on")
			if e["on"] != "" {
				return &fault.Error{Kind: fault.Invalid, Field: "on", What: e["on"]}
			}
			return s.authority.Publish(r.Context(), a, id, authority.Statement{Title: r.PostFormValue("title"), Text: r.PostFormValue("text"),
				Consulted: r.PostFormValue("consulted"), ByEntity: r.PostFormValue("by") == "entity", On: on})
		},
	}
}

// forwardReports are the reports of a case that can be forwarded.
func (v deskView) forwardReports(r *http.Request) (out []ui.Option) {
	for _, x := range v.Reports {
		if x.Media == desk.JSON && !x.Exercise {
			out = append(out, ui.Option{Value: x.ID, Label: stageWord(r.Context(), x.Regime, x.Stage) + " · " + ui.MomentText(r.Context(), x.ReceivedAt), Selected: r.PostFormValue("which") == x.ID})
		}
	}
	return out
}

// forwardRecipients are all recipients, those that a rule proposes first.
func (v deskView) forwardRecipients(r *http.Request) (out []ui.Option) {
	ctx := r.Context()
	var others []ui.Option
	for _, x := range v.Recipients {
		o := ui.Option{Value: x.ID, Label: x.Name + " · " + ui.T(ctx, "authority.recipient."+x.Kind), Selected: r.PostFormValue("recipient") == x.ID}
		if v.Proposes(x) {
			o.Label += " · " + ui.T(ctx, "authority.proposed")
			out = append(out, o)
		} else {
			others = append(others, o)
		}
	}
	return append(out, others...)
}

func (v deskView) forwardTable(ctx context.Context) ui.TableProps {
	t := ui.TableProps{ID: "forwardings", Caption: ui.T(ctx, "authority.forwarded"), Columns: []ui.Column{
		{Label: ui.T(ctx, "authority.recipient")}, {Label: ui.T(ctx, "authority.forwarded.when")}, {Label: ui.T(ctx, "authority.recipient.withhold")}, {Label: "SHA-256"}}}
	for _, f := range v.Forwardings {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.LinkCell(f.RecipientName, "/authority/cases/"+v.ID+"/forwardings/"+f.ID, strings.Trim(ui.Cite(ctx, f.Basis)+" · "+ui.T(ctx, "authority.way."+f.Way)+" · "+f.Reason, " ·")),
			ui.LinkCell(ui.MomentText(ctx, f.CreatedAt), "", f.ByName), ui.Words(v.fieldNames(ctx, f.Withheld)), deskHash(f.SHA256)}})
	}
	return t
}

// fieldNames are the titles of fields as the reports of the case have them.
func (v deskView) fieldNames(ctx context.Context, ids []string) string {
	var out []string
	for _, id := range ids {
		name := id
		for _, sh := range v.sheets {
			if f, ok := sh.Form.Field(id); ok {
				name = fieldWords(ctx, f.Title)
			}
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// powerOptions are the acts that the class of the entity allows.
func (v deskEntityView) powerOptions(r *http.Request) (out []ui.Option) {
	ctx := r.Context()
	for _, p := range desk.Powers() {
		if citation, ok := p.For(v.Rollup.Class); ok {
			out = append(out, ui.Option{Value: p.ID, Label: ui.T(ctx, "authority.power."+p.ID) + " · " + ui.Cite(ctx, citation), Selected: r.PostFormValue("power") == p.ID})
		}
	}
	return append(out, ui.Option{Value: desk.Finding, Label: ui.T(ctx, "authority.power.finding"), Selected: r.PostFormValue("power") == desk.Finding},
		ui.Option{Value: desk.Note, Label: ui.T(ctx, "authority.power.note"), Selected: r.PostFormValue("power") == desk.Note})
}

func (s *Site) deskActOn(r *http.Request, a authz.Actor, organisation string) error {
	return upload(r, func(name string, body io.Reader) error {
		act, err := readAct(r)
		if err != nil {
			return err
		}
		act.File = authority.File{Name: name, Body: body}
		kept, err := s.authority.Act(r.Context(), a, organisation, act)
		r.Form.Set("kept", kept.ID)
		return err
	})
}

func readAct(r *http.Request) (authority.Act, error) {
	e := ui.Errors{}
	act := authority.Act{Power: r.PostFormValue("power"), Title: r.PostFormValue("title"), Text: r.PostFormValue("text"), Purpose: r.PostFormValue("purpose"), DueOn: dayOf(r, e, "due_on")}
	if e["due_on"] != "" {
		return act, &fault.Error{Kind: fault.Invalid, Field: "due_on", What: e["due_on"]}
	}
	if act.Power == desk.Finding || act.Power == desk.Note {
		act.Kind, act.Power = act.Power, ""
	}
	if strings.TrimSpace(r.PostFormValue("amount")) == "" {
		return act, nil
	}
	cents, err := centsOf(r, "amount")
	if err == nil && cents < 0 {
		err = &fault.Error{Kind: fault.Invalid, Field: "amount", What: ui.T(r.Context(), "authority.apply.wrong.number")}
	}
	act.Cents = cents
	return act, err
}

// deskAttach adds a file to a line of the file of an entity.
func (s *Site) deskAttach(w http.ResponseWriter, r *http.Request) error {
	err := upload(r, func(name string, body io.Reader) error {
		_, err := s.authority.Attach(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("record"), authority.File{Name: name, Body: body})
		return err
	})
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showDeskEntity(w, r, deskEntityView{act: "files", errors: wrong})
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "supervision#record-"+url.PathEscape(r.PostFormValue("record"))))
}

// deskDetach removes a file from a line of the file of an entity.
func (s *Site) deskDetach(w http.ResponseWriter, r *http.Request) error {
	f, err := s.authority.Detach(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("file"))
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "supervision?removed="+url.QueryEscape(f.ID)+"#record-"+url.PathEscape(f.Record)))
}

// detachedFlash says that the file of the address was removed, and takes it back.
func (s *Site) detachedFlash(r *http.Request) ([]ui.Flash, error) {
	kind, id, said := "authority_record_file", r.FormValue("removed"), "authority.removed_file"
	if line := r.FormValue("kept"); id == "" && line != "" {
		kind, id, said = "authority_record", line, "authority.act.kept"
	}
	if id == "" {
		return nil, nil
	}
	list, err := s.clients.History(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), kind, id, 1)
	if fault.KindOf(err) == fault.Forbidden {
		return nil, nil
	}
	if err != nil || len(list) == 0 || (list[0].After != nil) != (kind == "authority_record") {
		return nil, err
	}
	return []ui.Flash{{Tone: ui.Good, Text: ui.T(r.Context(), said), Undo: undoOf(r, list[0])}}, nil
}

// deskAttached sends a file of the file of an entity; browsers save it and show
// nothing of it.
func (s *Site) deskAttached(w http.ResponseWriter, r *http.Request) error {
	f, content, err := s.authority.Attached(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return sendKept(w, r, f.Name, f.SHA256, content)
}

// attachTo is the field of the form that adds a file to a line, and whether it is
// this form that came back.
func (v deskEntityView) attachTo(r *http.Request, record string) (f ui.Field, back bool) {
	f = attachField(r)
	f.ID, f.Required = "f-attach-"+record, true
	if back = v.act == "files" && r.PostFormValue("record") == record; back {
		f.Error = v.errors["file"]
	}
	return f, back
}

func attachField(r *http.Request) ui.Field {
	return ofSize(r.Context(), ui.Field{Name: "file", Label: ui.T(r.Context(), "authority.add_file.file"), Hint: ui.T(r.Context(), "authority.add_file.hint")}, authority.LargestFile)
}

func (v deskEntityView) actFields(r *http.Request) []ui.Field {
	t := func(key string) string { return ui.T(r.Context(), "authority.act."+key) }
	return []ui.Field{
		v.typed(r, "acts", ui.Field{Name: "power", Label: t("power")}),
		v.typed(r, "acts", ui.Field{Name: "title", Label: t("title"), Required: true, MaxLength: 300}),
		v.typed(r, "acts", ui.Field{Name: "text", Label: t("text"), Rows: 4}),
		v.typed(r, "acts", ui.Field{Name: "purpose", Label: t("purpose"), Hint: t("purpose.hint"), Rows: 2}),
		v.typed(r, "acts", ui.Field{Name: "due_on", Label: t("due")}),
		v.typed(r, "acts", ui.Field{Name: "amount", Label: t("amount"), Hint: t("amount.hint"), InputMode: "decimal", MaxLength: 20, Unit: "EUR"}),
		v.typed(r, "acts", attachField(r)),
	}
}

// actName names a line of the file.
func (v deskEntityView) actName(ctx context.Context, x desk.Record) string {
	switch x.Kind {
	case desk.Public:
		return ui.T(ctx, "authority.public."+x.Power)
	case desk.Finding, desk.Note:
		return ui.T(ctx, "authority.power."+x.Kind)
	}
	p, ok := desk.FindPower(x.Power)
	if !ok {
		return ""
	}
	name := ui.T(ctx, "authority.power."+x.Power)
	if citation, ok := p.For(v.Rollup.Class); ok {
		name += " · " + ui.Cite(ctx, citation)
	}
	return name
}

// aboveCeiling says that a fine is higher than the maximum that every national law has
// at least. It may be lawful all the same: the law of the Member State can allow more. ""
// for a fine within that maximum, and where the directive sets none.
func (v deskEntityView) aboveCeiling(ctx context.Context, x desk.Record) string {
	if v.Fines.Euros == 0 || x.Cents <= v.Fines.Euros*100 {
		return ""
	}
	key := "authority.fine.above"
	if v.Fines.Exceeding { // the share of a turnover that is not known may be higher
		key = "authority.fine.above.turnover"
	}
	return ui.T(ctx, key, "amount", euros(ctx, v.Fines.Euros*100), "citation", ui.Cite(ctx, v.Fines.Citation))
}

func euros(ctx context.Context, cents int64) string {
	n := ui.Number(ctx, float64(cents)/100, 2)
	if cents%10 == 0 && cents%100 != 0 { // two decimals or none
		n += ui.Number(ctx, 0, 0)
	}
	return n + " EUR"
}

// deskTakeIn keeps a report that came by another way.
func (s *Site) deskTakeIn(w http.ResponseWriter, r *http.Request) error {
	p, err := readPaper(w, r)
	c := desk.Case{}
	if err == nil {
		c, err = s.authority.TakeIn(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), p)
	}
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showDeskEntity(w, r, deskEntityView{act: "report", errors: wrong})
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/authority/cases/"+c.ID)
}

func readPaper(w http.ResponseWriter, r *http.Request) (p authority.Paper, err error) {
	if p.Content, err = uploaded(w, r, "file", filing.MostReport); err != nil {
		return p, err
	}
	p.Reference, p.CrossBorder, p.Voluntary = r.PostFormValue("reference"), r.PostFormValue("cross_border"), r.PostFormValue("voluntary") != ""
	p.Mends = r.PostFormValue("mends")
	regime, stage, _ := strings.Cut(r.PostFormValue("what"), "/")
	p.Regime, p.Stage = clocks.Regime(regime), clocks.Stage(stage)
	for name, to := range map[string]*time.Time{"submitted_at": &p.SubmittedAt, "aware_at": &p.AwareAt} {
		if text := strings.TrimSpace(r.PostFormValue(name)); text != "" {
			if *to, err = wallTime(text, visitOf(r).Person.Zone); err != nil {
				return p, &fault.Error{Kind: fault.Invalid, Field: name, What: wrongTime(r.Context(), err)}
			}
		}
	}
	return p, nil
}

// paperStages are the acts with their stages.
func paperStages(r *http.Request) (out []ui.Option) {
	for _, x := range clocks.Regimes() {
		for _, st := range clocks.Stages(x) {
			v := string(x) + "/" + string(st)
			out = append(out, ui.Option{Value: v, Label: regimeTitle(r.Context(), x) + " · " + stageTitle(r.Context(), st), Selected: r.PostFormValue("what") == v})
		}
	}
	return out
}

func (v deskEntityView) paperFields(r *http.Request) []ui.Field {
	t := func(key string) string { return ui.T(r.Context(), "authority.take_in."+key) }
	return []ui.Field{
		v.typed(r, "report", ui.Field{Name: "file", Label: t("file"), Hint: t("file.hint"), Required: true, Accept: ".json,.pdf"}),
		v.typed(r, "report", ui.Field{Name: "reference", Label: t("reference"), MaxLength: 200}),
		v.typed(r, "report", ui.Field{Name: "what", Label: t("what")}),
		v.typed(r, "report", ui.Field{Name: "submitted_at", Label: t("submitted")}),
		v.typed(r, "report", ui.Field{Name: "aware_at", Label: t("aware")}),
		v.typed(r, "report", ui.Field{Name: "cross_border", Label: t("cross_border")}),
		v.typed(r, "report", ui.Field{Name: "mends", Label: t("mends"), Hint: t("mends.hint")}),
	}
}

// mendable are the reports that were sent back to the entity.
func (v deskEntityView) mendable(r *http.Request) []ui.Option {
	out := []ui.Option{{Value: "", Label: ui.T(r.Context(), "authority.take_in.mends.none")}}
	for _, x := range v.SentBack {
		out = append(out, ui.Option{Value: x.Report.Report, Selected: r.PostFormValue("mends") == x.Report.Report,
			Label: regimeTitle(r.Context(), clocks.Regime(x.Regime)) + " · " + stageWord(r.Context(), x.Regime, x.Stage) + " · " + ui.MomentText(r.Context(), x.ReceivedAt)})
	}
	return out
}

// doneText says that a line is done, and what came of it.
func doneText(ctx context.Context, on law.Date, outcome string) string {
	return ui.T(ctx, "authority.act.done", "when", ui.DayText(ctx, on)) + " " + outcome
}
