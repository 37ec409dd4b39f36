package pages

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/authority"
	desk "github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// deskEntityView is the page of one entity at the authority.
type deskEntityView struct {
	authority.Entity
	code   string // of an invitation, shown once
	act    string // the form that has errors
	errors ui.Errors
}

func (s *Site) deskEntity(w http.ResponseWriter, r *http.Request) error {
	return s.showDeskEntity(w, r, deskEntityView{})
}

func (s *Site) showDeskEntity(w http.ResponseWriter, r *http.Request, v deskEntityView) (err error) {
	if v.Entity, err = s.authority.Entity(r.Context(), visitOf(r).Actor, r.PathValue("organisation")); err != nil {
		return err
	}
	p := s.frame(r, v.Organisation.Name, ui.T(r.Context(), "authority.entity.lead"))
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "authority.register"), URL: "/authority/register"}}
	if p.Flashes, err = s.detachedFlash(r); err != nil {
		return err
	}
	return ui.Render(w, r, statusOf(v.errors), deskEntityPage(r, p, v))
}

func (s *Site) deskInvite(w http.ResponseWriter, r *http.Request) error {
	code, err := s.authority.Invite(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	if err != nil {
		return err
	}
	return s.showDeskEntity(w, r, deskEntityView{code: code})
}

func (s *Site) deskRevoke(w http.ResponseWriter, r *http.Request) error {
	err := s.authority.Revoke(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("key"))
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "supervision#keys"))
}

func (v deskEntityView) classText(ctx context.Context) string {
	if v.Rollup.Class == "" {
		return ui.T(ctx, "authority.class.none")
	}
	return deskClass(ctx, string(v.Rollup.Class))
}

func keyStatus(ctx context.Context, k desk.Key) ui.Status {
	switch now := ui.From(ctx).Now; {
	case !k.RevokedAt.IsZero():
		return ui.Status{Tone: ui.Aside, Word: ui.T(ctx, "authority.key.revoked")}
	case k.KeyID != "":
		return ui.Status{Tone: ui.Good, Word: ui.T(ctx, "authority.key.registered")}
	case now.After(k.ExpiresAt):
		return ui.Status{Tone: ui.Aside, Word: ui.T(ctx, "authority.key.expired")}
	}
	return ui.Status{Tone: ui.Open, Word: ui.T(ctx, "authority.key.invited")}
}

func (v deskEntityView) keyTable(r *http.Request) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "key-list", Caption: ui.T(ctx, "authority.keys"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "authority.key")}, {Label: ui.T(ctx, "authority.column.state"), Narrow: true}, {Label: ui.T(ctx, "authority.key.since")},
		{Label: ui.T(ctx, "authority.key.revoke"), HideLabel: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "authority.keys.none"), Text: ui.T(ctx, "authority.keys.none.text")}}
	for _, k := range v.Keys {
		name, since := k.KeyID, k.RegisteredAt
		if name == "" {
			name, since = ui.T(ctx, "authority.key.invitation"), k.CreatedAt
		}
		var revoke templ.Component = ui.Words("")
		if k.RevokedAt.IsZero() && mayDesk(r, v.Organisation.ID, authz.MembersManage) {
			revoke = deskRevokeForm(r, k.ID)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{deskHash(name), ui.StatusBadge(keyStatus(ctx, k)), ui.Moment(since), revoke}})
	}
	return t
}

func (v deskEntityView) caseTable(ctx context.Context) ui.TableProps {
	t := ui.TableProps{ID: "cases", Caption: ui.T(ctx, "authority.cases"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "authority.case")}, {Label: ui.T(ctx, "authority.column.state"), Narrow: true}, {Label: ui.T(ctx, "authority.aware")}},
		Empty: ui.Empty{Title: ui.T(ctx, "authority.cases.none")}}
	for _, c := range v.Cases {
		aware := ui.Words(ui.T(ctx, "incidents.certainty.unknown"))
		if !c.AwareAt.IsZero() {
			aware = ui.Moment(c.AwareAt)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.LinkCell(regimeTitle(ctx, clocks.Regime(c.Regime)), "/authority/cases/"+c.ID, c.Reference+" · "+c.EntityReference), ui.StatusBadge(deskState(ctx, c.State)), aware}})
	}
	return t
}

func (v deskEntityView) errorsOf(act string) ui.Errors {
	if v.act == act {
		return v.errors
	}
	return nil
}

// typed is a field of the form with the key: what was typed when it came back.
func (v deskEntityView) typed(r *http.Request, key string, f ui.Field) ui.Field {
	f.ID = "f-" + key + "-" + f.Name
	if v.act != key {
		return f
	}
	return field(r, v.errors, f)
}

// entryDay is a day of the entry in the register.
type entryDay struct {
	label string
	on    law.Date
}

func (v deskEntityView) entryDays(ctx context.Context) (out []entryDay) {
	for _, d := range []struct {
		key string
		on  law.Date
	}{{"registered", v.Entry.RegisteredOn}, {"notified", v.Entry.NotifiedOn}, {"looked", v.Entry.ReviewedOn}} {
		if !d.on.IsZero() {
			out = append(out, entryDay{ui.T(ctx, "authority.day."+d.key), d.on})
		}
	}
	return out
}
