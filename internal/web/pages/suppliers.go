package pages

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) supplierRegister(w http.ResponseWriter, r *http.Request) error {
	v, err := s.rosterView(r, nil)
	if err != nil {
		return err
	}
	if v.exposed = can(r, authz.ExposureRead); v.exposed {
		v.standings, v.weekly, err = s.scanning.Suppliers(r.Context(), visitOf(r).Actor, v.c.Organisation.ID)
	} else {
		v.suppliers, err = s.registers.Suppliers(r.Context(), visitOf(r).Actor, v.c.Organisation.ID)
	}
	if err != nil {
		return err
	}
	p := s.clientFrame(r, v.c, "suppliers")
	p.Lead, p.Wide = v.t("suppliers.lead"), true
	if v.may {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: v.t("suppliers.add"), URL: clientURL(r, "suppliers/new"), Icon: ui.IconPlus, Kind: ui.Primary})
	}
	return ui.Render(w, r, http.StatusOK, suppliersPage(p, v))
}

func (s *Site) newSupplier(w http.ResponseWriter, r *http.Request) error {
	return s.showSupplier(w, r, register.Supplier{Criticality: "medium"}, nil)
}

func (s *Site) openSupplier(w http.ResponseWriter, r *http.Request) error {
	x, err := s.registers.Supplier(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier"))
	if err != nil {
		return err
	}
	return s.showSupplier(w, r, x, nil)
}

func (s *Site) showSupplier(w http.ResponseWriter, r *http.Request, x register.Supplier, e ui.Errors) error {
	v, err := s.rosterView(r, e)
	if err != nil {
		return err
	}
	v.supplier = x
	title := v.t("suppliers.add")
	if x.ID != "" {
		title = x.Name
	}
	p := s.entryFrame(v, "suppliers", title)
	if x.ID != "" && can(r, authz.ExposureRead) {
		p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "supplier.seen"), URL: clientURL(r, supplierBase(x.ID)), Icon: ui.IconShield}}
	}
	return ui.Render(w, r, statusOf(e), supplierPage(p, v))
}

func (s *Site) putSupplier(w http.ResponseWriter, r *http.Request) error {
	e := ui.Errors{}
	x := register.Supplier{ID: r.PathValue("supplier"), Name: entered(r, "name"), Supplies: entered(r, "supplies"), Criticality: entered(r, "criticality"), Contact: entered(r, "contact"), Email: entered(r, "email"), Language: entered(r, "language"),
		Owner: entered(r, "owner"), Domains: register.Words(r.PostFormValue("domains")), ReviewBy: dayOf(r, e, "review_by"), Note: entered(r, "note"), Version: version(r)}
	if len(e) > 0 {
		return s.showSupplier(w, r, x, e)
	}
	_, err := s.registers.PutSupplier(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), x)
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showSupplier(w, r, x, e)
	}
	return s.acted(w, r, "suppliers", err)
}

func (s *Site) removeSupplier(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "suppliers", s.registers.RemoveSupplier(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier")))
}

func supplierRows(v rosterView) ui.TableProps {
	ctx := v.r.Context()
	t := ui.TableProps{ID: "suppliers", Caption: ui.T(ctx, "pages.client.suppliers"), HideCaption: true, Columns: []ui.Column{
		{Label: v.t("name")}, {Label: v.t("criticality"), Narrow: true}, {Label: v.t("contact"), Optional: true}, {Label: v.t("domains"), Optional: true}, {Label: v.t("review_by"), Narrow: true}},
		Empty: ui.Empty{Title: v.t("suppliers.none"), Text: v.t("suppliers.none.text")}}
	for _, x := range v.suppliers {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Name, clientURL(v.r, "suppliers/"+x.ID), cut(x.Supplies)), weight(ctx, x.Criticality), ui.Words(cmp.Or(x.Contact, "–")),
			ui.Words(cmp.Or(strings.Join(x.Domains, ", "), "–")), reviewCell(v, x.ReviewBy)}})
	}
	return t
}

func supplierFields(v rosterView) []ui.Field {
	x, day := v.supplier, ""
	if !x.ReviewBy.IsZero() {
		day = x.ReviewBy.String()
	}
	return []ui.Field{
		v.field("name", x.Name, ui.Field{Required: true, MaxLength: register.LongestName}), v.field("supplies", x.Supplies, ui.Field{Rows: 2, MaxLength: register.LongestText}), v.field("criticality", x.Criticality, ui.Field{Hint: v.t("criticality.hint")}),
		v.field("contact", x.Contact, ui.Field{Hint: v.t("contact.hint"), MaxLength: register.LongestName}), v.field("owner", x.Owner, ui.Field{Hint: v.t("owner.hint"), MaxLength: register.LongestName}),
		v.field("domains", strings.Join(x.Domains, "\n"), ui.Field{Hint: v.t("domains.hint"), Rows: 2}), v.field("review_by", day, ui.Field{Hint: v.t("review_by.hint")}),
		v.field("note", x.Note, ui.Field{Rows: 3, MaxLength: register.LongestText}),
		v.field("email", x.Email, ui.Field{Label: ui.T(v.r.Context(), "supplier.email"), Hint: ui.T(v.r.Context(), "supplier.email.hint"), MaxLength: 254, Autocomplete: "off"}),
		v.field("language", x.Language, ui.Field{Label: ui.T(v.r.Context(), "supplier.request.language")}),
	}
}
