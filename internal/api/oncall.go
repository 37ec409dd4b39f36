package api

import (
	"context"
	"net/http"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/domain/oncall"
	"github.com/nisaba-platform/nisaba/law"
)

// onCallOperations are the contacts and the rota.
func onCallOperations(a *API, in area) {
	const base = "organisations/{organisation}/on-call"
	type contactBody struct {
		Role   string `json:"role" enum:"lead,deputy,technical,communication,legal,data_protection,board,outside"`
		Name   string `json:"name" minLength:"1" maxLength:"500"`
		Person string `json:"person,omitempty" doc:"Id of a member, who then gets alarms while on call."`
		Phone  string `json:"phone,omitempty" maxLength:"40"`
		Email  string `json:"email,omitempty" maxLength:"200"`
		Note   string `json:"note,omitempty" maxLength:"500"`
	}
	add(in, operation{id: "get-on-call", route: "GET " + base, summary: "Contacts, and whose turn it is"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[Roster], error) {
			r, err := a.Incidents.Roster(ctx, v.Actor, q.Organisation)
			out := Roster{Contacts: list(r.Contacts, itself), Rota: r.Rota}
			if turn, ok := r.At(a.Clock.Now()); ok {
				out.Now = &turn.Contact
			}
			return answerWith(out, err)
		})
	add(in, operation{id: "add-contact", route: "POST " + base + "/contacts", summary: "Add a contact", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body contactBody
		}) (*none, error) {
			b := q.Body
			return nil, a.Incidents.PutContact(ctx, v.Actor, q.Organisation, oncall.Contact{Role: b.Role, Name: b.Name, Person: b.Person, Phone: b.Phone, Email: b.Email, Note: b.Note})
		})
	add(in, operation{id: "remove-contact", route: "DELETE " + base + "/contacts/{id}", summary: "Take a contact out, also of the rota"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Incidents.RemoveContact(ctx, v.Actor, q.Organisation, q.ID)
		})
	add(in, operation{id: "set-rota", route: "PUT " + base + "/rota", summary: "Say who takes turns; without an order nobody does"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Zone     string   `json:"zone,omitempty" doc:"IANA name."`
				Begins   law.Date `json:"begins,omitzero" format:"date"`
				Handover string   `json:"handover,omitempty" doc:"Hour and minute on the wall, for example 08:00."`
				Days     int      `json:"days,omitempty" doc:"Of a turn."`
				Order    []string `json:"order" maxItems:"100" doc:"Ids of contacts."`
			}
		}) (*none, error) {
			b := q.Body
			return nil, a.Incidents.SetRota(ctx, v.Actor, q.Organisation, oncall.Rota{Zone: b.Zone, Begins: b.Begins, Handover: b.Handover, Days: b.Days, Order: b.Order})
		})
}

// Roster is who is called.
type Roster struct {
	Contacts []oncall.Contact `json:"contacts"`
	Rota     oncall.Rota      `json:"rota"`
	Now      *oncall.Contact  `json:"now,omitempty" doc:"Who is on call now."`
}
