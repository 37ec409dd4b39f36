package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/dossier"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/form"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
)

// Dossier is what one register of one Member State is told.
type Dossier struct {
	Register     string         `json:"register" enum:"nis2.3.4,nis2.27"`
	Title        string         `json:"title"`
	Citation     string         `json:"citation"`
	State        string         `json:"state,omitempty" doc:"ISO 3166-1 alpha-2; left out while the competent State is not known."`
	FirstDue     law.Date       `json:"first_due"`
	Fields       []DossierField `json:"fields"`
	Complete     int            `json:"complete" doc:"Fields that have all that the law asks."`
	RegisteredOn law.Date       `json:"registered_on"`
	NotifiedOn   law.Date       `json:"notified_on"`
	Authority    string         `json:"authority,omitempty"`
	Reference    string         `json:"reference,omitempty"`
	Changes      []FieldChange  `json:"changes" doc:"What the register was not told yet."`
	ChangeDue    law.Date       `json:"change_due"`
}

// DossierField is one kind of data that the law asks for.
type DossierField struct {
	Key      string   `json:"key"`
	Label    string   `json:"label"`
	Citation string   `json:"citation"`
	Values   []string `json:"values"`
	Missing  []string `json:"missing"`
}

func dossierOf(e dossier.Entry, p *locale.Printer) Dossier {
	say := func(m law.Message) string { return p.Say(m) }
	return Dossier{e.Duty.ID, e.Title(p), e.Duty.Citation, e.State, e.Duty.FirstDue, list(e.Fields, func(f dossier.Field) DossierField {
		return DossierField{f.Key, p.Say(f.Label), f.Citation, list(f.Values, say), list(f.Missing, say)}
	}), e.Complete(), e.RegisteredOn(), e.Record.NotifiedOn, e.Record.Authority, e.Record.Reference, list(e.Changes, changeOf), e.ChangeDue}
}

// Dossiers are those of an organisation.
type Dossiers struct {
	Items []Dossier `json:"items"`
}

func registrationOperations(a *API) {
	in := area{a, "Registration"}
	add(in, operation{id: "get-dossiers", route: "GET organisations/{organisation}/registrations", summary: "What each register is told (Arts. 3(4), 27), what is missing, and by when changes are told; set-facts changes the data"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
		}) (*body[Dossiers], error) {
			entries, _, err := a.dossiers(ctx, v, q.Organisation)
			p := a.Messages.Printer(q.Language)
			return answerWith(Dossiers{list(entries, func(e dossier.Entry) Dossier { return dossierOf(e, p) })}, err)
		})
	add(in, operation{id: "record-registration", route: "POST organisations/{organisation}/registrations", summary: "Record that a register was told the facts as they are", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Register  string   `json:"register" enum:"nis2.3.4,nis2.27"`
				State     string   `json:"state" minLength:"2" maxLength:"2" doc:"ISO 3166-1 alpha-2."`
				On        law.Date `json:"on"`
				Authority string   `json:"authority,omitempty" doc:"That of the country data when it is left out."`
				Reference string   `json:"reference,omitempty"`
			}
		}) (*body[created], error) {
			r, err := a.Clients.Register(ctx, v.Actor, q.Organisation, clients.Told(q.Body))
			return answerWith(created{r.ID}, err)
		})
	stream(in, operation{id: "get-dossier-file", route: "GET organisations/{organisation}/registrations/file", summary: "The dossiers as a file", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
			Format string `query:"format" enum:"pdf,docx,json" default:"pdf"`
		}) (*huma.StreamResponse, error) {
			entries, c, err := a.dossiers(ctx, v, q.Organisation)
			if err != nil {
				return nil, err
			}
			p := a.Messages.Printer(q.Language)
			if q.Format != "json" {
				return paperAnswer("registration", q.Format, dossier.Compose(c.In, entries, p))
			}
			var b bytes.Buffer
			err = dossier.JSON(&b, c.In, entries, p)
			return fileAnswer("registration.json", "application/octet-stream", b.Bytes(), err)
		})
}

func (a *API) dossiers(ctx context.Context, v accounts.Visit, organisation string) ([]dossier.Entry, clients.Client, error) {
	c, err := a.dressed(ctx, v, organisation)
	if err != nil {
		return nil, c, err
	}
	entries, err := c.Dossier()
	return entries, c, err
}

// dressed is an organisation as its reports look.
func (a *API) dressed(ctx context.Context, v accounts.Visit, organisation string) (clients.Client, error) {
	c, err := a.Clients.Load(ctx, v.Actor, organisation)
	if err != nil {
		return c, err
	}
	return a.Reporting.Dress(ctx, v.Actor, c)
}

// fileAnswer is an answer with a file that was just written.
func fileAnswer(name, mediaType string, content []byte, err error) (*huma.StreamResponse, error) {
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		download(c, name, mediaType)
		_, _ = c.BodyWriter().Write(content) // the program has gone if this fails
	}}, nil
}

// paperAnswer sends a document in a form.
func paperAnswer(name, ending string, d model.Document) (*huma.StreamResponse, error) {
	var b bytes.Buffer
	err := form.Write(&b, ending, d)
	return fileAnswer(name+"."+ending, form.MediaType(ending), b.Bytes(), err)
}

// keptAnswer sends a file that is kept, and closes it.
func keptAnswer(name string, size int64, content io.ReadCloser, err error) (*huma.StreamResponse, error) {
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer content.Close()
		download(c, name, "application/octet-stream")
		c.SetHeader("Content-Length", fmt.Sprint(size))
		_, _ = io.Copy(c.BodyWriter(), content) // the program has gone if this fails
	}}, nil
}
