package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	desk "github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// AuthorityReport is a report that an authority got.
type AuthorityReport struct {
	ID           string    `json:"id"`
	Case         string    `json:"case"`
	Organisation string    `json:"organisation" doc:"The entity."`
	Entity       string    `json:"entity,omitempty" doc:"Its name."`
	Reference    string    `json:"reference,omitempty" doc:"The authority's own number of the case."`
	Report       string    `json:"report" doc:"Id at the entity."`
	Corrects     string    `json:"corrects,omitempty" doc:"Id at the entity of the report in whose place this one came."`
	Regime       string    `json:"regime"`
	Stage        string    `json:"stage"`
	Sector       string    `json:"sector,omitempty"`
	Class        string    `json:"class,omitempty"`
	CrossBorder  string    `json:"cross_border,omitempty" doc:"yes, no, unknown; left out: not said."`
	Voluntary    bool      `json:"voluntary,omitempty"`
	Exercise     bool      `json:"exercise,omitempty"`
	Channel      string    `json:"channel" enum:"nisaba,hand"`
	MediaType    string    `json:"media_type"`
	SHA256       string    `json:"sha256" doc:"Of the exact bytes."`
	SubmittedAt  time.Time `json:"submitted_at" doc:"As the entity says."`
	DueAt        time.Time `json:"due_at,omitzero" doc:"As the entity says."`
	ReceivedAt   time.Time `json:"received_at"`
	Late         bool      `json:"late,omitempty"`
	AnswerDue    time.Time `json:"answer_due,omitzero" doc:"Of the authority's own answer, Art. 23(5)."`
	AnsweredAt   time.Time `json:"answered_at,omitzero"`
	Review       string    `json:"review" enum:"new,passed,revision,mended"`
	ReviewedBy   string    `json:"reviewed_by,omitempty"`
	ReviewedAt   time.Time `json:"reviewed_at,omitzero"`
	MendDue      time.Time `json:"mend_due,omitzero" doc:"By when the entity is to mend it."`
	Values       any       `json:"values,omitempty" doc:"What it says, by field; of a report that came as data, in a single case."`
}

func authorityReportOf(r desk.Report) AuthorityReport {
	return AuthorityReport{ID: r.ID, Case: r.Case, Organisation: r.Organisation, Report: r.Report, Corrects: r.Corrects, Regime: r.Regime, Stage: r.Stage,
		Sector: r.Sector, Class: r.Class, CrossBorder: r.CrossBorder, Voluntary: r.Voluntary, Exercise: r.Exercise, Channel: r.Channel, MediaType: r.Media,
		SHA256: r.SHA256, SubmittedAt: r.SubmittedAt, DueAt: r.DueAt, ReceivedAt: r.ReceivedAt, Late: r.Late, AnswerDue: r.AnswerDue, AnsweredAt: r.AnsweredAt,
		Review: r.Review, ReviewedBy: r.ReviewedByName, ReviewedAt: r.ReviewedAt, MendDue: r.MendDue}
}

// AuthorityInbox is a part of the reports that an authority got.
type AuthorityInbox struct {
	Page[AuthorityReport]
	Unanswered int `json:"unanswered" doc:"Early warnings without an answer."`
	Overdue    int `json:"overdue" doc:"Of these, those whose 24 hours are over."`
	New        int `json:"new" doc:"That nobody looked at."`
	Revision   int `json:"revision" doc:"That the entity was asked to mend, and did not yet."`
	Unmended   int `json:"unmended" doc:"Of these, those whose time is over."`
}

// AuthorityMessage is what an authority and an entity said to each other, or a remark
// that stays in the house.
type AuthorityMessage struct {
	ID    string    `json:"id"`
	Kind  string    `json:"kind" enum:"receipt,question,request,reference,decision,revision,settled,feedback,remark,answer,statement"`
	About string    `json:"about,omitempty" doc:"Id of the report at the entity, or of the question."`
	Text  string    `json:"text"`
	DueAt time.Time `json:"due_at,omitzero"`
	By    string    `json:"by,omitempty" doc:"Left out: the entity or the platform."`
	At    time.Time `json:"at"`
}

// AuthorityCase is a case of an authority.
type AuthorityCase struct {
	ID              string             `json:"id"`
	Organisation    string             `json:"organisation" doc:"The entity."`
	Entity          string             `json:"entity" doc:"Its name."`
	Reference       string             `json:"reference"`
	EntityReference string             `json:"entity_reference"`
	Regime          string             `json:"regime"`
	Country         string             `json:"country,omitempty"`
	State           string             `json:"state" enum:"open,closed"`
	Handler         string             `json:"handler,omitempty" doc:"Id of the officer."`
	HandlerName     string             `json:"handler_name,omitempty"`
	Voluntary       bool               `json:"voluntary,omitempty"`
	Exercise        bool               `json:"exercise,omitempty"`
	TLP             string             `json:"tlp"`
	AwareAt         time.Time          `json:"aware_at,omitzero"`
	Reports         []AuthorityReport  `json:"reports"`
	Messages        []AuthorityMessage `json:"messages"`
}

func authorityCaseOf(s *authority.Service, c authority.Case) AuthorityCase {
	_, sheets := s.Compare(c)
	return AuthorityCase{ID: c.ID, Organisation: c.Organisation, Entity: c.Name, Reference: c.Reference, EntityReference: c.EntityReference, Regime: c.Regime,
		Country: c.Country, State: c.State, Handler: c.Handler, HandlerName: c.HandlerName, Voluntary: c.Voluntary, Exercise: c.Exercise, TLP: c.TLP, AwareAt: c.AwareAt,
		Reports: list(sheets, func(sh authority.Sheet) AuthorityReport {
			r := authorityReportOf(sh.Report)
			if sh.Known {
				r.Values = sh.Frozen.Values
			}
			return r
		}),
		Messages: list(c.Messages, func(m desk.Message) AuthorityMessage {
			return AuthorityMessage{m.ID, m.Kind, m.About, m.Text, m.DueAt, m.ByName, m.CreatedAt}
		})}
}

// OfAuthorityCase is the path of a case of an authority.
type OfAuthorityCase struct {
	Case string `path:"case" doc:"Id of the case."`
}

// OfAuthorityReport is the path of a report that an authority got.
type OfAuthorityReport struct {
	OfAuthorityCase
	Report string `path:"report" doc:"Id of the report at the authority."`
}

// broughtIn is a request whose body is a report that came by another way than the wire.
type broughtIn struct {
	At
	Reference   string    `query:"reference" maxLength:"100" doc:"Of the entity; of a PDF."`
	Regime      string    `query:"regime" doc:"Of a PDF, such as nis2."`
	Stage       string    `query:"stage" doc:"Of a PDF, such as early_warning."`
	SubmittedAt time.Time `query:"submitted_at" doc:"Left out: now."`
	AwareAt     time.Time `query:"aware_at" doc:"Left out: not said."`
	CrossBorder string    `query:"cross_border" enum:"yes,no,unknown"`
	Voluntary   bool      `query:"voluntary"`
	Mends       string    `query:"mends" doc:"Id at the entity of the report that was sent back, in whose place this one comes."`
	body        io.Reader
}

// Resolve takes the body as it comes.
func (u *broughtIn) Resolve(c huma.Context) []error {
	u.body = c.BodyReader()
	return nil
}

// authorityCaseOperations are what officers do with reports and cases.
func authorityCaseOperations(a *API) {
	in := area{a, "Authority"}
	const one = "authority/cases/{case}"
	add(in, operation{id: "list-authority-reports", route: "GET authority/reports", summary: "Reports that the authority got, fifty at a time, the last one first; workspaces of authorities only, as all that follows"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Show        string `query:"show" enum:"unanswered,overdue,late,new,revision,unmended"`
			Regime      string `query:"regime"`
			Stage       string `query:"stage"`
			Sector      string `query:"sector"`
			Class       string `query:"class" enum:"essential,important"`
			CrossBorder bool   `query:"cross_border" doc:"Only those that affect other Member States."`
			Entity      string `query:"entity" doc:"Id of an organisation."`
			Text        string `query:"q" maxLength:"200" doc:"Words of the name of the entity, or the reference."`
			After       string `query:"after" doc:"Value of next in the answer before."`
		}) (*body[AuthorityInbox], error) {
			x, err := a.Authority.Inbox(ctx, v.Actor, desk.Filter{Show: q.Show, Regime: q.Regime, Stage: q.Stage, Sector: q.Sector, Class: q.Class, CrossBorder: q.CrossBorder, Organisation: q.Entity}, q.Text, q.After)
			return answerWith(AuthorityInbox{Page[AuthorityReport]{list(x.Rows, func(r desk.Row) AuthorityReport {
				out := authorityReportOf(r.Report)
				out.Entity, out.Reference = r.Name, r.Reference
				return out
			}), x.Next}, x.Counts.Unanswered, x.Counts.Overdue, x.Counts.New, x.Counts.Revision, x.Counts.Unmended}, err)
		})
	add(in, operation{id: "get-authority-case", route: "GET " + one, summary: "A case with its reports and what was said"},
		func(ctx context.Context, v accounts.Visit, q *OfAuthorityCase) (*body[AuthorityCase], error) {
			c, err := a.Authority.Load(ctx, v.Actor, q.Case)
			return answerWith(authorityCaseOf(a.Authority, c), err)
		})
	stream(in, operation{id: "get-authority-report", route: "GET " + one + "/reports/{report}/content", summary: "The exact bytes of a report", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *OfAuthorityReport) (*huma.StreamResponse, error) {
			r, err := a.Authority.Original(ctx, v.Actor, q.Case, q.Report)
			if err != nil {
				return nil, err
			}
			b, ending, err := r.Bytes()
			if err != nil {
				return nil, err
			}
			return keptAnswer("report-"+r.SHA256[:min(12, len(r.SHA256))]+ending, int64(len(b)), io.NopCloser(bytes.NewReader(b)), nil)
		})
	add(in, operation{id: "take-authority-report", route: "POST organisations/{organisation}/authority-reports", summary: "Keep a report that came by another way than the wire: the file of another server, or a PDF with what is read there", status: http.StatusCreated, largest: filing.MostReport, bytes: true},
		func(ctx context.Context, v accounts.Visit, q *broughtIn) (*body[created], error) {
			content, err := io.ReadAll(q.body)
			if err != nil {
				return nil, err
			}
			c, err := a.Authority.TakeIn(ctx, v.Actor, q.Organisation, authority.Paper{Content: content, Reference: q.Reference, Regime: clocks.Regime(q.Regime), Stage: clocks.Stage(q.Stage),
				SubmittedAt: q.SubmittedAt, AwareAt: q.AwareAt, CrossBorder: q.CrossBorder, Voluntary: q.Voluntary, Mends: q.Mends})
			return answerWith(created{c.ID}, err)
		})
	authorityReviewOperations(a, in, one)
}

// authorityReviewOperations are what officers decide and say.
func authorityReviewOperations(a *API, in area, one string) {
	add(in, operation{id: "review-authority-report", route: "PUT " + one + "/reports/{report}/review", summary: "Accept a report, or send it back with what is to be mended and by when"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfAuthorityReport
			Body struct {
				Verdict string    `json:"verdict" enum:"passed,revision"`
				Text    string    `json:"text,omitempty" maxLength:"20000" doc:"For the entity. With revision: what is to be mended."`
				DueAt   time.Time `json:"due_at,omitzero" doc:"With revision: by when. Left out: no time."`
			}
		}) (*none, error) {
			return nil, a.Authority.Review(ctx, v.Actor, q.Case, q.Report, q.Body.Verdict, q.Body.Text, q.Body.DueAt)
		})
	add(in, operation{id: "tell-entity", route: "POST " + one + "/messages", summary: "Say something to the entity: the answer to an early warning, a question, a request for an intermediate report, a decision, or the authority's own number", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfAuthorityCase
			Body struct {
				Kind  string    `json:"kind" enum:"feedback,question,request,decision,reference"`
				About string    `json:"about,omitempty" maxLength:"100" doc:"Of a question: id of the report at the entity."`
				Text  string    `json:"text" maxLength:"20000"`
				DueAt time.Time `json:"due_at,omitzero" doc:"Of a question or a request."`
			}
		}) (*body[created], error) {
			b := q.Body
			say := map[string]func() (desk.Message, error){
				desk.Feedback: func() (desk.Message, error) { return a.Authority.Answer(ctx, v.Actor, q.Case, b.Text) },
				desk.Question: func() (desk.Message, error) { return a.Authority.Ask(ctx, v.Actor, q.Case, b.About, b.Text, b.DueAt) },
				desk.Request:  func() (desk.Message, error) { return a.Authority.RequestReport(ctx, v.Actor, q.Case, b.Text, b.DueAt) },
				desk.Decision: func() (desk.Message, error) { return a.Authority.Decide(ctx, v.Actor, q.Case, b.Text) },
				desk.Renamed:  func() (desk.Message, error) { return a.Authority.Refer(ctx, v.Actor, q.Case, b.Text) },
			}
			m, err := say[b.Kind]()
			return answerWith(created{m.ID}, err)
		})
	add(in, operation{id: "add-authority-remark", route: "POST " + one + "/remarks", summary: "Write a remark that stays in the house", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfAuthorityCase
			Body struct {
				About string `json:"about,omitempty" maxLength:"100" doc:"Id of a report at the entity."`
				Text  string `json:"text" minLength:"1" maxLength:"20000"`
			}
		}) (*none, error) {
			return nil, a.Authority.Remark(ctx, v.Actor, q.Case, q.Body.About, q.Body.Text)
		})
	add(in, operation{id: "assign-authority-case", route: "PUT " + one + "/handler", summary: "Say who handles a case"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfAuthorityCase
			Body struct {
				Person string `json:"person" maxLength:"100" doc:"Id of an officer; empty: nobody."`
			}
		}) (*none, error) {
			return nil, a.Authority.Assign(ctx, v.Actor, q.Case, q.Body.Person)
		})
	add(in, operation{id: "set-authority-case-state", route: "PUT " + one + "/state", summary: "Close a case, or open it again"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfAuthorityCase
			Body struct {
				State string `json:"state" enum:"open,closed"`
			}
		}) (*none, error) {
			return nil, a.Authority.SetState(ctx, v.Actor, q.Case, q.Body.State)
		})
}
