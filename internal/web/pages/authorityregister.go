package pages

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/app/onboarding"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	desk "github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

func (s *Site) deskRegisterRoutes(add adder) {
	add(Workspace, "GET /authority/register", s.deskRegister)
	add(Workspace, "POST /authority/register/open", s.deskOpenRegister)
	add(Workspace, "GET /authority/register/{file}", s.deskLists)
	add(Workspace, "GET /authority/applications/{application}", s.deskApplication)
	add(Workspace, "POST /authority/applications/{application}/accept", s.deskAccept)
	add(Workspace, "POST /authority/applications/{application}/refuse", s.deskRefuse)
	add(Client, "POST "+client+"/supervision/entry", s.deskEntityAct("entry", s.deskEntry))
	add(Client, "POST "+client+"/supervision/changed", s.deskEntityAct("changed", s.deskChanged))
	add(Client, "POST "+client+"/supervision/reviewed", s.deskEntityAct("reviewed", func(r *http.Request, a authz.Actor, organisation string) error {
		return s.authority.ReviewEntry(r.Context(), a, organisation)
	}))
	add(Public, "GET /register/{workspace}", s.guest(s.selfRegister))
	add(Public, "POST /register/{workspace}", s.guest(s.limited(s.applyToRegister)))
	add(Public, "GET /register/{workspace}/{token}", s.guest(s.confirmPage))
	add(Public, "POST /register/{workspace}/{token}", s.guest(s.limited(s.confirmRegistration)))
}

// mostListed is how many entities a page of the register shows.
const mostListed = 200

// registerView is the page of the register.
type registerView struct {
	authority.Register
	shown []authority.Listed
	found int
	text  string
	show  string
}

func (s *Site) deskRegister(w http.ResponseWriter, r *http.Request) (err error) {
	v := registerView{text: strings.TrimSpace(r.FormValue("q")), show: r.FormValue("show")}
	if v.Register, err = s.authority.Register(r.Context(), visitOf(r).Actor); err != nil {
		return err
	}
	today := visitOf(r).Actor.Day(s.clock.Now())
	for _, x := range v.Entities {
		if !v.keeps(x, today) {
			continue
		}
		if v.found++; v.found <= mostListed {
			v.shown = append(v.shown, x)
		}
	}
	p := s.frame(r, ui.T(r.Context(), "authority.register"), ui.T(r.Context(), "authority.register.lead"))
	if mayDesk(r, "", authz.OrganisationCreate) {
		p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "authority.register.add"), URL: "/organisations/new", Icon: ui.IconPlus}}
	}
	return ui.Render(w, r, http.StatusOK, deskRegisterPage(r, p, v))
}

func (v registerView) keeps(x authority.Listed, today law.Date) bool {
	if v.text != "" && !strings.Contains(strings.ToLower(x.Organisation.Name+" "+x.Entry.Reference), strings.ToLower(v.text)) {
		return false
	}
	switch v.show {
	case "unregistered":
		return x.Entry.State != desk.Registered
	case "differs":
		return x.Entry.Class != "" && x.Entry.Class != x.Rollup.Class
	case "changed":
		return !x.ChangeDue.IsZero()
	case "late":
		return x.Entry.Late || !x.ChangeDue.IsZero() && x.ChangeDue.Before(today)
	case "review":
		return !x.ReviewDue.IsZero() && x.ReviewDue.Before(today)
	}
	return true
}

func registerShows(ctx context.Context) []ui.Option {
	out := []ui.Option{anyOption(ctx)}
	for _, show := range []string{"unregistered", "differs", "changed", "late", "review"} {
		out = append(out, ui.Option{Value: show, Label: ui.T(ctx, "authority.register.show."+show)})
	}
	return out
}

func (v registerView) table(ctx context.Context) ui.TableProps {
	t := ui.TableProps{ID: "register", Caption: ui.T(ctx, "authority.register"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "authority.column.entity")}, {Label: ui.T(ctx, "authority.filter.class")}, {Label: ui.T(ctx, "authority.column.state")}},
		Empty: ui.Empty{Title: ui.T(ctx, "authority.register.none"), Text: ui.T(ctx, "authority.register.none.text")}}
	for _, x := range v.shown {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.LinkCell(x.Organisation.Name, "/organisations/"+x.Organisation.ID+"/supervision", registerNote(ctx, x)), classCell(x.Rollup.Class, x.Entry.Class), registerCell(x)}})
	}
	return t
}

func registerNote(ctx context.Context, x authority.Listed) string {
	parts := []string{}
	if x.Entry.Reference != "" {
		parts = append(parts, x.Entry.Reference)
	}
	for _, id := range x.Rollup.Sectors {
		parts = append(parts, sectorName(ctx, id))
	}
	return strings.Join(parts, " · ")
}

func entryStatus(ctx context.Context, e desk.Entry) ui.Status {
	switch e.State {
	case desk.Registered:
		return ui.Status{Tone: ui.Good, Word: ui.T(ctx, "authority.entry.registered")}
	case desk.Removed:
		return ui.Status{Tone: ui.Aside, Word: ui.T(ctx, "authority.entry.removed")}
	}
	return ui.Status{Tone: ui.Open, Word: ui.T(ctx, "authority.entry.unregistered")}
}

func (v registerView) waiting(ctx context.Context) ui.TableProps {
	t := ui.TableProps{ID: "waiting", Caption: ui.T(ctx, "authority.waiting"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "authority.column.entity")}, {Label: ui.T(ctx, "authority.waiting.kind")}, {Label: ui.T(ctx, "authority.waiting.confirmed")}}}
	for _, p := range v.Waiting {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(p.Name, "/authority/applications/"+p.ID, p.Email),
			ui.Words(ui.T(ctx, "authority.waiting."+p.Kind)), ui.Moment(p.ConfirmedAt)}})
	}
	return t
}

// due lists what entities are to do by a day, what is overdue first.
func (v registerView) due(ctx context.Context) ui.TableProps {
	t := ui.TableProps{ID: "due-list", Caption: ui.T(ctx, "authority.file.due"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "authority.act.title")}, {Label: ui.T(ctx, "authority.column.entity")}, {Label: ui.T(ctx, "authority.act.due")}}}
	for _, x := range v.Due[:min(len(v.Due), mostListed)] {
		note := ""
		if x.Power != "" {
			note = ui.T(ctx, "authority.power."+x.Power)
		}
		page := "/organisations/" + x.Organisation + "/supervision"
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Title, page+"#record-"+x.ID, note), ui.LinkCell(v.Names[x.Organisation], page, ""),
			ui.Deadline(ui.DeadlineProps{On: x.DueOn})}})
	}
	return t
}

func (s *Site) deskOpenRegister(w http.ResponseWriter, r *http.Request) error {
	if err := s.authority.OpenRegister(r.Context(), visitOf(r).Actor, r.PostFormValue("open") == "yes"); err != nil {
		return err
	}
	return guard.Redirect(w, r, "/authority/register")
}

// deskLists hands the lists for the Commission and for ENISA out.
func (s *Site) deskLists(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), visitOf(r).Actor
	list, form, _ := strings.Cut(r.PathValue("file"), ".")
	var out any
	var head []string
	var rows [][]string
	switch {
	case list == "commission":
		l, err := s.authority.Commission(ctx, a)
		if err != nil {
			return err
		}
		out, head = l, []string{"sector", "subsector", "essential", "important"}
		for _, c := range l.Counts {
			rows = append(rows, []string{c.Sector, c.Subsector, strconv.Itoa(c.Essential), strconv.Itoa(c.Important)})
		}
		rows = append(rows, []string{"entities", "", strconv.Itoa(l.Essential), strconv.Itoa(l.Important)})
	case list == "identified":
		l, err := s.authority.Commission(ctx, a)
		if err != nil {
			return err
		}
		out, head = l.Identified, []string{"provision", "sector", "subsector", "type", "essential", "important"}
		for _, x := range l.Identified {
			rows = append(rows, []string{x.Provision, x.Sector, x.Subsector, x.Type, strconv.Itoa(x.Essential), strconv.Itoa(x.Important)})
		}
	case list == "enisa":
		l, err := s.authority.Registry(ctx, a)
		if err != nil {
			return err
		}
		out, head = l, []string{"name", "reference", "class", "sectors", "types", "address", "establishments", "representative_in", "emails", "phones", "serves"}
		for _, e := range l.Entities {
			rows = append(rows, []string{e.Name, e.Reference, e.Class, strings.Join(e.Sectors, " "), strings.Join(e.Types, " "), e.Address, strings.Join(e.Establishments, "; "),
				e.Representative, strings.Join(e.Emails, " "), strings.Join(e.Phones, " "), strings.Join(e.Serves, " ")})
		}
	}
	return writeList(w, r, list, form, out, head, rows)
}

// writeList hands a list out as CSV or JSON.
func writeList(w http.ResponseWriter, _ *http.Request, name, form string, out any, head []string, rows [][]string) error {
	if out == nil || form != "csv" && form != "json" {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such list"}
	}
	guard.Download(w, `attachment; filename="`+name+`.`+form+`"`)
	if form == "csv" {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		return delimited.Write(w, head, rows)
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(append(b, '\n'))
	return err
}

// applicationView is the page of one application.
type applicationView struct {
	authority.Examined
	act    string
	errors ui.Errors
}

func (s *Site) deskApplication(w http.ResponseWriter, r *http.Request) error {
	return s.showApplication(w, r, "", nil)
}

func (s *Site) showApplication(w http.ResponseWriter, r *http.Request, act string, wrong ui.Errors) (err error) {
	v := applicationView{act: act, errors: wrong}
	if v.Examined, err = s.authority.Examine(r.Context(), visitOf(r).Actor, r.PathValue("application")); err != nil {
		return err
	}
	p := s.frame(r, v.Name, ui.T(r.Context(), "authority.waiting."+v.Kind))
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "authority.register"), URL: "/authority/register"}}
	return ui.Render(w, r, statusOf(wrong), deskApplicationPage(r, p, v))
}

func (s *Site) deskAccept(w http.ResponseWriter, r *http.Request) error {
	e, err := s.authority.Accept(r.Context(), visitOf(r).Actor, r.PathValue("application"), r.PostFormValue("attach"))
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showApplication(w, r, "accept", wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/organisations/"+e.Organisation+"/supervision")
}

func (s *Site) deskRefuse(w http.ResponseWriter, r *http.Request) error {
	err := s.authority.Refuse(r.Context(), visitOf(r).Actor, r.PathValue("application"), r.PostFormValue("reason"))
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showApplication(w, r, "refuse", wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/authority/register")
}

func (v applicationView) errorsOf(act string) ui.Errors {
	if v.act == act {
		return v.errors
	}
	return nil
}

func (v applicationView) changes() (out []ui.Change) {
	for _, d := range v.Check.Differences {
		out = append(out, ui.Change{Field: d.Field, Before: d.Before, After: d.After})
	}
	return out
}

func (v applicationView) attach(ctx context.Context) []ui.Option {
	out := []ui.Option{{Value: "", Label: ui.T(ctx, "authority.attach.new")}}
	for _, c := range v.Candidates {
		name := c.Organisation.Name
		if c.Alike {
			name += " · " + ui.T(ctx, "authority.attach.alike")
		}
		out = append(out, ui.Option{Value: c.Organisation.ID, Label: name})
	}
	return out
}

// facts are what an application says, in lines.
func (v applicationView) facts(ctx context.Context) [][2]string {
	f := v.Check.File
	t := func(key string) string { return ui.T(ctx, "authority.apply."+key) }
	var contacts []string
	for _, c := range append([]organisation.Contact{f.Organisation.Contact}, f.Registration.Contacts...) {
		if line := strings.Trim(strings.Join([]string{c.Name, c.Email, c.Phone}, ", "), ", "); line != "" {
			contacts = append(contacts, line)
		}
	}
	var types []string
	for _, id := range f.Activity.EntityTypes {
		if t, ok := annex.Find(id); ok {
			types = append(types, ui.Say(ctx, t.Title()))
		}
	}
	out := [][2]string{{t("name"), f.Organisation.Name}, {t("number"), f.Organisation.RegistrationNumber}, {t("address"), f.Organisation.Address},
		{t("contact"), strings.Join(contacts, "\n")}, {t("types"), strings.Join(types, "\n")}, {t("established"), strings.Join(f.Establishment.EstablishedIn, ", ")},
		{t("provision"), v.provision(ctx)}, {t("serves"), strings.Join(f.Establishment.Serves, ", ")}, {t("ranges"), strings.Join(f.Registration.IPRanges, "\n")}}
	for _, y := range f.Figures {
		out = append(out, [2]string{strconv.Itoa(y.Year), figuresText(ctx, y)})
	}
	return out
}

// provision is by which provision the entity says it was identified, "" for none.
func (v applicationView) provision(ctx context.Context) string {
	if v.Provision == "" {
		return ""
	}
	return ui.T(ctx, "authority.provision."+v.Provision)
}

func figuresText(ctx context.Context, y organisation.Figures) string {
	var parts []string
	for _, x := range []struct {
		key string
		v   *float64
	}{{"staff", y.Employees}, {"turnover", y.Turnover}, {"balance", y.BalanceSheet}} {
		if x.v != nil {
			parts = append(parts, ui.Label(ctx, ui.T(ctx, "authority.apply."+x.key))+ui.Number(ctx, *x.v, 0))
		}
	}
	return strings.Join(parts, "\n")
}

// deskEntityAct changes something of an entity and leads back to its page.
func (s *Site) deskEntityAct(name string, do func(*http.Request, authz.Actor, string) error) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := do(r, visitOf(r).Actor, r.PathValue("organisation"))
		if err == nil {
			if line := r.Form.Get("kept"); line != "" { // a line of the file, which can be taken back
				return guard.Redirect(w, r, clientURL(r, "supervision?kept="+url.QueryEscape(line)+"#record-"+url.PathEscape(line)))
			}
			return guard.Redirect(w, r, clientURL(r, "supervision#"+name))
		}
		wrong, ok := ui.ErrorsOf(r.Context(), err)
		if !ok {
			return err
		}
		return s.showDeskEntity(w, r, deskEntityView{act: name, errors: wrong})
	}
}

func (s *Site) deskEntry(r *http.Request, a authz.Actor, organisation string) error {
	return s.authority.RegisterByHand(r.Context(), a, organisation, law.Class(r.PostFormValue("class")), r.PostFormValue("provision"), r.PostFormValue("email"))
}

func (s *Site) deskChanged(r *http.Request, a authz.Actor, organisation string) error {
	e := ui.Errors{}
	on := dayOf(r, e, "changed_on")
	if e["changed_on"] != "" {
		return &fault.Error{Kind: fault.Invalid, Field: "changed_on", What: e["changed_on"]}
	}
	return s.authority.KnowChange(r.Context(), a, organisation, on)
}

// applyView is the page on which an entity registers itself.
type applyView struct {
	office tenant.Workspace
	done   bool
	words  map[string]string // as those of scopeView
	errors ui.Errors
}

func (s *Site) selfRegister(w http.ResponseWriter, r *http.Request) error {
	office, err := s.authority.Office(r.Context(), r.PathValue("workspace"))
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, applyPage(r, applyView{office: office, words: s.typeWords(), done: r.URL.Query().Get("done") != ""}))
}

func (s *Site) applyToRegister(w http.ResponseWriter, r *http.Request) error {
	office, err := s.authority.Office(r.Context(), r.PathValue("workspace"))
	if err != nil {
		return err
	}
	d, wrong := s.readApplication(r)
	if len(wrong) == 0 {
		err := s.authority.Apply(r.Context(), office.ID, s.device(r).Address, d)
		if err == nil {
			return guard.Redirect(w, r, "/register/"+office.ID+"?done=yes")
		}
		e, ok := ui.ErrorsOf(r.Context(), err)
		if !ok {
			return err
		}
		wrong = e
	}
	return ui.Render(w, r, http.StatusUnprocessableEntity, applyPage(r, applyView{office: office, words: s.typeWords(), errors: wrong}))
}

// plainFile is an organisation file without a statement.
const plainFile = `{"nisaba": "organisation/1", "organisation": {"name": "-"}, "activity": {"entity_types": []}}`

// readApplication reads the form of the register.
func (s *Site) readApplication(r *http.Request) (authority.Draft, ui.Errors) {
	e := ui.Errors{}
	text := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	number := func(name string) *float64 {
		if text(name) == "" {
			return nil
		}
		n, err := centsOf(r, name)
		if err != nil || n < 0 {
			e[name] = ui.T(r.Context(), "authority.apply.wrong.number")
			return nil
		}
		v := float64(n) / 100
		return &v
	}
	states := func(name string) []string {
		return strings.FieldsFunc(strings.ToUpper(text(name)), func(x rune) bool { return x == ',' || x == ' ' || x == ';' || x == '\n' || x == '\r' })
	}
	contact := organisation.Contact{Name: text("contact"), Email: text("email"), Phone: text("phone")}
	f, err := organisation.Read("", []byte(plainFile)) // with what the absence of an answer stands for
	if err != nil {
		e[""] = ui.Failure(r.Context(), err.Error())
		return authority.Draft{}, e
	}
	f.Organisation = organisation.Organisation{Name: text("name"), RegistrationNumber: text("number"), Address: text("address"), Contact: contact}
	f.Activity.EntityTypes = r.PostForm["type"]
	f.Establishment.EstablishedIn, f.Establishment.Serves, f.Establishment.RepresentativeIn = states("established_in"), states("serves"), strings.ToUpper(text("representative_in"))
	f.Registration.IPRanges = strings.Fields(text("ranges"))
	if text("provision") != "" { // a decision of a Member State also says in which class
		f.Status.IdentifiedAs = text("class")
	}
	y := organisation.Figures{Year: s.clock.Now().Year() - 1, Employees: number("staff"), Turnover: number("turnover"), BalanceSheet: number("balance")}
	if y.Employees != nil || y.Turnover != nil || y.BalanceSheet != nil {
		f.Figures = []organisation.Figures{y}
	}
	return authority.Draft{Reference: text("reference"), ChangedOn: dayOf(r, e, "changed_on"), Class: law.Class(text("class")), Provision: text("provision"), Email: text("email"),
		Language: s.language(r), Facts: f}, e
}

func applyFields(r *http.Request, e ui.Errors) map[string]ui.Field {
	t := func(key string) string { return ui.T(r.Context(), "authority.apply."+key) }
	out := map[string]ui.Field{}
	for _, f := range []ui.Field{
		{Name: "name", Label: t("name"), Required: true, MaxLength: 300, Autocomplete: "organization"},
		{Name: "number", Label: t("number"), MaxLength: 100},
		{Name: "address", Label: t("address"), Required: true, Rows: 3},
		{Name: "contact", Label: t("person"), MaxLength: 200, Autocomplete: "name"},
		{Name: "email", Label: t("email"), Hint: t("email.hint"), Required: true, Autocomplete: "email"},
		{Name: "phone", Label: t("phone"), MaxLength: 100, Autocomplete: "tel"},
		{Name: "ranges", Label: t("ranges"), Hint: t("ranges.hint"), Rows: 3},
		{Name: "type", Label: t("types")},
		{Name: "class", Label: t("class"), Hint: t("class.hint"), Required: true},
		{Name: "provision", Label: t("provision"), Hint: t("provision.hint")},
		{Name: "staff", Label: t("staff"), InputMode: "decimal", MaxLength: 20},
		{Name: "turnover", Label: t("turnover"), InputMode: "decimal", MaxLength: 20, Unit: "EUR"},
		{Name: "balance", Label: t("balance"), InputMode: "decimal", MaxLength: 20, Unit: "EUR"},
		{Name: "established_in", Label: t("established"), Hint: t("states.hint"), MaxLength: 200},
		{Name: "serves", Label: t("serves"), Hint: t("states.hint"), MaxLength: 200},
		{Name: "representative_in", Label: t("representative"), MaxLength: 2},
		{Name: "reference", Label: t("reference"), Hint: t("reference.hint"), MaxLength: 100},
		{Name: "changed_on", Label: t("changed_on")},
	} {
		out[f.Name] = field(r, e, f)
	}
	types := out["type"]
	if e["entity_types"] != "" {
		types.Error = e["entity_types"]
	}
	out["type"] = types
	return out
}

// applyOrder is the order of the fields, for the summary of errors.
func applyOrder(fields map[string]ui.Field) (out []ui.Field) {
	for _, name := range []string{"name", "number", "address", "contact", "email", "phone", "ranges", "type", "class", "provision", "staff", "turnover", "balance", "established_in",
		"serves", "representative_in", "reference", "changed_on"} {
		out = append(out, fields[name])
	}
	return out
}

// provisions are the points of Art. 2(2) by which a Member State identifies an entity,
// none first.
func provisions(ctx context.Context) []ui.Option {
	out := []ui.Option{{Value: "", Label: ui.T(ctx, "authority.provision.none")}}
	for _, p := range desk.Provisions() {
		out = append(out, ui.Option{Value: p, Label: ui.T(ctx, "authority.provision."+p)})
	}
	return out
}

// applyTypes are the entity types as they were chosen.
func applyTypes(r *http.Request, words map[string]string) []ui.OptionGroup {
	return typeGroups(r.Context(), scopeView{words: words, in: onboarding.Input{Values: map[string][]string{"type": r.PostForm["type"]}}})
}

func (s *Site) confirmPage(w http.ResponseWriter, r *http.Request) error {
	return s.showConfirm(w, r)
}

func (s *Site) showConfirm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.authority.Pending(r.Context(), r.PathValue("workspace"), r.PathValue("token"))
	if err != nil {
		return err
	}
	office, err := s.authority.Office(r.Context(), r.PathValue("workspace"))
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, confirmApplicationPage(r, office, p))
}

func (s *Site) confirmRegistration(w http.ResponseWriter, r *http.Request) error {
	if err := s.authority.Confirm(r.Context(), r.PathValue("workspace"), r.PathValue("token"), s.device(r).Address); err != nil {
		return err
	}
	return guard.Redirect(w, r, r.URL.Path)
}
