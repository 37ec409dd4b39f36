package api

import (
	"context"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// EvidenceInput is what a piece of evidence says.
type EvidenceInput struct {
	Kind        string   `json:"kind" doc:"A kind of the catalogue, such as doc.security-policy."`
	Title       string   `json:"title" maxLength:"20000"`
	Date        law.Date `json:"date" required:"false" doc:"Day of issue, approval or test; drafts have none."`
	ValidUntil  law.Date `json:"valid_until,omitempty" doc:"The usual period of its kind when it is left out."`
	Owner       string   `json:"owner,omitempty"`
	OwnerPerson string   `json:"owner_person,omitempty" doc:"Id of a member."`
	Location    string   `json:"location,omitempty" doc:"Where it is kept; a web address for a link."`
	Covers      []string `json:"covers,omitempty" doc:"Requirements beside those that name its kind."`
	Shows       string   `json:"shows,omitempty" enum:",met,partly,not_met" doc:"What it shows for covers; supports when it is left out."`
	Note        string   `json:"note,omitempty"`
	Form        string   `json:"form,omitempty" enum:",file,link,attestation" doc:"Follows from the rest when it is left out."`
	Files       []string `json:"files,omitempty" doc:"Ids of uploaded files."`
	RenewMonths int      `json:"renew_months,omitempty" minimum:"0" maximum:"240"`
	Draft       bool     `json:"draft,omitempty" doc:"A document still to be adapted and approved, for example a policy of a template. It counts for nothing."`
}

func (e EvidenceInput) piece(id string, version int64) assessment.Evidence {
	return assessment.Evidence{Evidence: posture.Evidence{ID: id, Kind: e.Kind, Title: e.Title, Date: e.Date, ValidUntil: e.ValidUntil, Owner: e.Owner,
		Location: e.Location, Covers: e.Covers, Shows: posture.Status(e.Shows), Note: e.Note},
		Form: e.Form, Files: e.Files, OwnerPerson: e.OwnerPerson, RenewMonths: e.RenewMonths, Draft: e.Draft, Version: version}
}

// Evidence is a piece of evidence.
type Evidence struct {
	ID string `json:"id"`
	EvidenceInput
	CountsUntil law.Date  `json:"counts_until" doc:"Last day on which it counts for everything that names its kind."`
	UpdatedAt   time.Time `json:"updated_at"`
	Version     int64     `json:"version"`
}

func (a *API) evidenceOf(e assessment.Evidence) Evidence {
	return Evidence{e.ID, EvidenceInput{e.Kind, e.Title, e.Date, e.ValidUntil, e.Owner, e.OwnerPerson, e.Location, e.Covers, string(e.Shows), e.Note, e.Form, e.Files, e.RenewMonths, e.Draft},
		clients.ValidUntil(a.Catalogue, e.Evidence), e.UpdatedAt, e.Version}
}

// File is an uploaded file.
type File struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	MediaType  string    `json:"media_type" doc:"Found in the content."`
	Size       int64     `json:"size" doc:"Bytes."`
	SHA256     string    `json:"sha256"`
	UploadedBy string    `json:"uploaded_by"`
	UploadedAt time.Time `json:"uploaded_at"`
	Scan       string    `json:"scan" doc:"Empty: not scanned; pending, clean or infected."`
}

func fileOut(f assessment.File) File {
	return File{f.ID, f.Name, f.MediaType, f.Size, f.SHA256, f.UploadedBy, f.UploadedAt, string(f.Scan)}
}

func evidenceOperations(a *API) {
	in := area{a, "Evidence"}
	add(in, operation{id: "list-evidence", route: "GET organisations/{organisation}/evidence", summary: "Evidence, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[Evidence]], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(c.Evidence, a.evidenceOf), func(e Evidence) string { return e.ID }, q.Paging)
		})
	add(in, operation{id: "get-evidence", route: "GET organisations/{organisation}/evidence/{id}", summary: "One piece of evidence"},
		func(ctx context.Context, v accounts.Visit, q *One) (*versioned[Evidence], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			for _, e := range c.Evidence {
				if e.ID == q.ID {
					return &versioned[Evidence]{tag(e.Version), a.evidenceOf(e)}, nil
				}
			}
			return nil, missing("piece of evidence")
		})
	add(in, operation{id: "add-evidence", route: "POST organisations/{organisation}/evidence", summary: "Add a piece of evidence", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body EvidenceInput
		}) (*body[created], error) {
			id, err := a.Clients.PutPiece(ctx, v.Actor, q.Organisation, q.Body.piece("", 0))
			return answerWith(created{id}, err)
		})
	add(in, operation{id: "change-evidence", route: "PUT organisations/{organisation}/evidence/{id}", summary: "Change a piece of evidence"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Expecting
			Body EvidenceInput
		}) (*none, error) {
			version, err := a.expect(ctx, v, q.Organisation, q.Expecting)
			if err != nil {
				return nil, err
			}
			_, err = a.Clients.PutPiece(ctx, v.Actor, q.Organisation, q.Body.piece(q.ID, version))
			return nil, outdated(err)
		})
	add(in, operation{id: "remove-evidence", route: "DELETE organisations/{organisation}/evidence/{id}", summary: "Take a piece of evidence back; its files stay"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Clients.RemoveEvidence(ctx, v.Actor, q.Organisation, q.ID)
		})
	fileOperations(a, in)
}

// expect is the version that a program sent; who may not see the organisation
// learns that first.
func (a *API) expect(ctx context.Context, v accounts.Visit, organisation string, e Expecting) (int64, error) {
	if _, err := a.Clients.Load(ctx, v.Actor, organisation); err != nil {
		return 0, err
	}
	return e.version()
}

func missing(what string) error {
	return &fault.Error{Kind: fault.NotFound, What: "there is no such " + what}
}

func fileOperations(a *API, in area) {
	add(in, operation{id: "list-files", route: "GET organisations/{organisation}/files", summary: "Uploaded files, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[File]], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(c.Files, fileOut), func(f File) string { return f.ID }, q.Paging)
		})
	add(in, operation{id: "upload-file", route: "POST organisations/{organisation}/files", summary: "Upload a file: its bytes are the body", status: http.StatusCreated, largest: clients.LargestFile, bytes: true},
		func(ctx context.Context, v accounts.Visit, q *upload) (*body[File], error) {
			f, err := a.Clients.Upload(ctx, v.Actor, q.Organisation, q.Name, q.body)
			return answerWith(fileOut(f), err)
		})
	add(in, operation{id: "scan-file", route: "POST organisations/{organisation}/files/{id}/scan", summary: "Look for harmful content in a file once more"},
		func(ctx context.Context, v accounts.Visit, q *One) (*body[File], error) {
			f, err := a.Clients.Rescan(ctx, v.Actor, q.Organisation, q.ID)
			return answerWith(fileOut(f), err)
		})
	stream(in, operation{id: "download-file", route: "GET organisations/{organisation}/files/{id}/content", summary: "The bytes of a file", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *One) (*huma.StreamResponse, error) {
			f, r, err := a.Clients.Download(ctx, v.Actor, q.Organisation, q.ID)
			return keptAnswer(f.Name, f.Size, r, err)
		})
}

// upload is a request whose body is streamed to where files are kept.
type upload struct {
	At
	Name string `query:"name" required:"true" maxLength:"1000" doc:"Name of the file."`
	body io.Reader
}

// Resolve takes the body as it comes.
func (u *upload) Resolve(c huma.Context) []error {
	u.body = c.BodyReader()
	return nil
}

// download makes an answer that programs and browsers save and never show.
func download(c huma.Context, name, mediaType string) {
	c.SetHeader("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	c.SetHeader("Content-Type", mediaType)
}
