package pages

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/dossier"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func (s *Site) registrationRoutes(add adder) {
	add(Client, "GET "+client+"/registration", s.registration)
	add(Client, "POST "+client+"/registration/data", s.setRegistrationData)
	add(Client, "POST "+client+"/registration/record", s.recordRegistration)
	add(Client, "GET "+client+"/registration.pdf", s.registrationFile)
	add(Client, "GET "+client+"/registration.docx", s.registrationFile)
	add(Client, "GET "+client+"/registration.json", s.registrationFile)
}

// registrationView is the page of the registration dossier.
type registrationView struct {
	client   clients.Client
	entries  []dossier.Entry
	data     ui.Errors // of the form with the data
	record   ui.Errors // of the form of the register at
	at       int
	typed    map[string]string
	conflict bool
}

func (s *Site) registration(w http.ResponseWriter, r *http.Request) error {
	return s.showRegistration(w, r, http.StatusOK, registrationView{at: -1})
}

func (s *Site) showRegistration(w http.ResponseWriter, r *http.Request, status int, v registrationView) (err error) {
	if v.client, err = s.load(r); err != nil {
		return err
	}
	if v.entries, err = v.client.Dossier(); err != nil {
		return err
	}
	if v.typed == nil {
		v.typed = registrationData(v.client.File)
	}
	p := s.clientFrame(r, v.client, "registration")
	p.Lead = ui.T(r.Context(), "registration.lead")
	if can(r, authz.IncidentRead) {
		p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "authorities.title"), URL: clientURL(r, "authorities")}}
	}
	if len(v.entries) > 0 {
		for _, form := range []struct {
			ext  string
			icon ui.Icon
		}{{"pdf", ui.IconDownload}, {"docx", ui.IconFile}, {"json", ui.IconFile}} {
			p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(r.Context(), "registration."+form.ext), URL: clientURL(r, "registration."+form.ext), Icon: form.icon})
		}
	}
	return ui.Render(w, r, status, registrationPage(r, p, v))
}

// Names of the fields of the data that registers ask for.
func registrationNames() []string {
	return []string{"name", "address", "contact_name", "contact_email", "contact_phone", "ip_ranges"}
}

// contactOf is the contact for the authority that the form shows.
func contactOf(f *organisation.File) organisation.Contact {
	if len(f.Registration.Contacts) > 0 {
		return f.Registration.Contacts[0]
	}
	return f.Organisation.Contact
}

// registrationData is the data as the form shows it.
func registrationData(f *organisation.File) map[string]string {
	c := contactOf(f)
	return map[string]string{"name": f.Organisation.Name, "address": f.Organisation.Address, "contact_name": c.Name, "contact_email": c.Email,
		"contact_phone": c.Phone, "ip_ranges": strings.Join(f.Registration.IPRanges, "\n")}
}

// setRegistrationData changes the data that registers ask for; all other facts
// stay as they are.
func (s *Site) setRegistrationData(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Field: "version", What: "the version is missing", Expected: "the form of this page"}
	}
	v := registrationView{at: -1, typed: map[string]string{}, data: ui.Errors{}}
	for _, name := range registrationNames() {
		v.typed[name] = strings.TrimSpace(r.PostFormValue(name))
	}
	f := c.File
	f.Organisation.Name, f.Organisation.Address = v.typed["name"], v.typed["address"]
	if f.Organisation.Name == "" {
		v.data["name"] = ui.T(r.Context(), "registration.wrong.name")
	}
	if email := v.typed["contact_email"]; email != "" && !strings.Contains(email, "@") {
		v.data["contact_email"] = ui.T(r.Context(), "registration.wrong.email")
	}
	contact := contactOf(f)
	contact.Name, contact.Email, contact.Phone = v.typed["contact_name"], v.typed["contact_email"], v.typed["contact_phone"]
	if contact != contactOf(f) {
		f.Registration.Contacts = append([]organisation.Contact{contact}, f.Registration.Contacts[min(1, len(f.Registration.Contacts)):]...)
	}
	f.Registration.IPRanges = strings.Fields(strings.NewReplacer(",", " ", ";", " ").Replace(v.typed["ip_ranges"]))
	if len(v.data) == 0 {
		err = s.clients.SetFacts(r.Context(), visitOf(r).Actor, c.Organisation.ID, version, f)
		switch {
		case err == nil:
			return guard.Redirect(w, r, clientURL(r, "registration"))
		case fault.KindOf(err) == fault.Conflict:
			v.conflict = true
			return s.showRegistration(w, r, http.StatusConflict, v)
		}
		wrong, ok := ui.ErrorsOf(r.Context(), err)
		if !ok {
			return err
		}
		for field, text := range wrong {
			if strings.HasPrefix(field, "registration.ip_ranges") {
				field = "ip_ranges"
			}
			v.data[field] = text
		}
	}
	return s.showRegistration(w, r, http.StatusUnprocessableEntity, v)
}

// recordRegistration keeps that a register was told.
func (s *Site) recordRegistration(w http.ResponseWriter, r *http.Request) error {
	at, err := strconv.Atoi(r.PostFormValue("at"))
	if err != nil {
		at = 0
	}
	v := registrationView{at: at, record: ui.Errors{}}
	day, err := law.ParseDate(r.PostFormValue("on"))
	if err != nil {
		v.record["on"] = ui.T(r.Context(), "pages.expected_day")
	} else {
		_, err = s.clients.Register(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), clients.Told{Register: r.PostFormValue("register"),
			State: r.PostFormValue("state"), On: day, Authority: strings.TrimSpace(r.PostFormValue("authority")), Reference: strings.TrimSpace(r.PostFormValue("reference"))})
		if err == nil {
			return guard.Redirect(w, r, clientURL(r, "registration"))
		}
		wrong, ok := ui.ErrorsOf(r.Context(), err)
		if !ok {
			return err
		}
		v.record = wrong
	}
	return s.showRegistration(w, r, http.StatusUnprocessableEntity, v)
}

// registrationFile writes the dossier as PDF, for Word or as JSON.
func (s *Site) registrationFile(w http.ResponseWriter, r *http.Request) error {
	c, err := s.dressed(r)
	if err != nil {
		return err
	}
	entries, err := c.Dossier()
	if err != nil {
		return err
	}
	p := s.messages.Printer(languageOf(r.Context(), c))
	name := path.Base(r.URL.Path)
	if path.Ext(name) != ".json" {
		return handOut(w, dossier.Compose(c.In, entries, p), name)
	}
	var b bytes.Buffer
	if err := dossier.JSON(&b, c.In, entries, p); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	guard.Download(w, `attachment; filename="`+name+`"`)
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(b.Bytes())
	return err
}

func registrationFields(ctx context.Context, v registrationView) []ui.Field {
	var out []ui.Field
	for _, name := range registrationNames() {
		f := ui.Field{Name: name, Label: ui.T(ctx, "registration.field."+name), Value: v.typed[name], Error: v.data[name], MaxLength: 500}
		if name == "ip_ranges" {
			f.Hint, f.MaxLength = ui.T(ctx, "registration.field.ip_ranges.hint"), 0
		}
		out = append(out, f)
	}
	return out
}

// recordFields are the fields of the record of the i-th register.
func recordFields(ctx context.Context, r *http.Request, v registrationView, i int) []ui.Field {
	e := v.entries[i]
	authority := e.Record.Authority
	if authority == "" && e.Pack.Authority.Established() {
		authority = ui.Say(ctx, e.Pack.Authority.Say())
	}
	label := "registration.field.on"
	if e.Registered() {
		label = "registration.field.notified_on"
	}
	fields := []ui.Field{
		{Name: "on", Label: ui.T(ctx, label), Value: e.Declared.String(), Required: true},
		{Name: "authority", Label: ui.T(ctx, "registration.field.authority"), Value: authority, MaxLength: 300},
		{Name: "reference", Label: ui.T(ctx, "registration.field.reference"), Value: e.Record.Reference, MaxLength: 200},
	}
	for n := range fields {
		f := &fields[n]
		f.ID = "f-" + f.Name + "-" + strconv.Itoa(i)
		if v.at == i {
			f.Error = v.record[f.Name]
			if typed := r.PostFormValue(f.Name); typed != "" {
				f.Value = typed
			}
		}
	}
	return fields
}

// dossierTable is the data of one register with what is missing.
func dossierTable(ctx context.Context, e dossier.Entry, i int) ui.TableProps {
	t := ui.TableProps{ID: "data-" + strconv.Itoa(i), Caption: ui.T(ctx, "registration.data"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "registration.column.data")}, {Label: ui.T(ctx, "report.column.value")}, {Label: ui.T(ctx, "registration.column.missing")}}}
	for _, f := range e.Fields {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{citedCell(ui.Say(ctx, f.Label), f.Citation), linesCell(says(ctx, f.Values)), missingCell(says(ctx, f.Missing))}})
	}
	return t
}

func says(ctx context.Context, list []law.Message) []string {
	var out []string
	for _, m := range list {
		out = append(out, ui.Say(ctx, m))
	}
	return out
}

// whereTable is the way to the register as the country data has it.
func whereTable(ctx context.Context, e dossier.Entry, i int) ui.TableProps {
	t := ui.TableProps{ID: "where-" + strconv.Itoa(i), Caption: ui.T(ctx, "registration.where"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.national"), Narrow: true}, {Label: ui.T(ctx, "report.column.value")}, {Label: ui.T(ctx, "report.column.source")}}}
	for _, f := range e.Facts() {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(ui.T(ctx, "report.national."+f.Name)), ui.Words(ui.Say(ctx, f.Fact.Say())),
			standsOnCell(f.Fact.Source, f.Fact.Checked, f.Fact.Confidence)}})
	}
	return t
}

func entryTitle(ctx context.Context, e dossier.Entry) string {
	return e.Title(ui.From(ctx).Printer)
}
