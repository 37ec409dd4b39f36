package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/reporting"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/law"
)

// KeptReport is a report that was made and kept.
type KeptReport struct {
	ID        string    `json:"id"`
	Format    string    `json:"format" enum:"pdf,html,docx,json"`
	Language  string    `json:"language"`
	Parts     []string  `json:"parts"`
	SHA256    string    `json:"sha256"`
	Size      int64     `json:"size" doc:"Bytes."`
	AsOf      law.Date  `json:"as_of"`
	MadeBy    string    `json:"made_by"`
	CreatedAt time.Time `json:"created_at"`
}

func keptOf(r assessment.Report) KeptReport {
	return KeptReport{r.ID, r.Format, r.Language, some(r.Parts), r.SHA256, r.Size, r.AsOf, r.MadeBy, r.CreatedAt}
}

// ReportOrder is what a report is to be.
type ReportOrder struct {
	Formats  []string `json:"formats,omitempty" enum:"pdf,html,docx,json" doc:"It is made in each of them."`
	Language string   `json:"language,omitempty" enum:"en,de,fr" default:"en"`
	Brand    string   `json:"brand,omitempty" enum:"client,workspace,none" default:"client"`
	Parts    []string `json:"parts,omitempty" doc:"All when they are left out."`
	Format   string   `json:"format,omitempty" enum:"pdf,html,docx,json" doc:"One more of the formats. In an answer the first of them."`
}

// MonthlyReport is made on the first of each month.
type MonthlyReport struct {
	ReportOrder
	Mail bool     `json:"mail,omitempty" doc:"Tells the person by mail."`
	Name string   `json:"name,omitempty" readOnly:"true" doc:"Of the person with whose rights it is made."`
	Made law.Date `json:"made,omitempty" readOnly:"true" doc:"The month for which it was made last."`
}

func keptReportOperations(a *API) {
	in := area{a, "Snapshots and reports"}
	add(in, operation{id: "list-reports", route: "GET organisations/{organisation}/reports", summary: "Reports that were kept, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[KeptReport]], error) {
			all, err := a.Reporting.Reports(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(all, keptOf), func(r KeptReport) string { return r.ID }, q.Paging)
		})
	add(in, operation{id: "order-report", route: "POST organisations/{organisation}/reports", summary: "Have a report made and kept; the result of the job names it", status: http.StatusAccepted},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body ReportOrder
		}) (*body[Job], error) {
			j, err := a.Reporting.Request(ctx, v.Actor, q.Organisation, reporting.Order(q.Body))
			return answerWith(jobOf(j), err)
		})
	stream(in, operation{id: "download-report", route: "GET organisations/{organisation}/reports/{id}/content", summary: "A report as it was made", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *One) (*huma.StreamResponse, error) {
			f, r, err := a.Reporting.Open(ctx, v.Actor, q.Organisation, q.ID)
			return keptAnswer(f.Name, f.Size, r, err)
		})
	add(in, operation{id: "get-monthly-report", route: "GET organisations/{organisation}/monthly-report", summary: "The report that is made each month"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[MonthlyReport], error) {
			m, ok, err := a.Reporting.Monthly(ctx, v.Actor, q.Organisation)
			if err == nil && !ok {
				err = missing("monthly report")
			}
			if err != nil {
				return nil, err
			}
			m.Format = m.Formats[0]
			return &body[MonthlyReport]{MonthlyReport{ReportOrder(m.Order), m.Mail, m.Name, m.Made}}, nil
		})
	add(in, operation{id: "set-monthly-report", route: "PUT organisations/{organisation}/monthly-report", summary: "Have a report made on the first of each month"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body MonthlyReport
		}) (*none, error) {
			return nil, a.Reporting.SetMonthly(ctx, v.Actor, q.Organisation, reporting.Order(q.Body.ReportOrder), q.Body.Mail)
		})
	add(in, operation{id: "stop-monthly-report", route: "DELETE organisations/{organisation}/monthly-report", summary: "End the monthly report"},
		func(ctx context.Context, v accounts.Visit, q *At) (*none, error) {
			return nil, a.Reporting.StopMonthly(ctx, v.Actor, q.Organisation)
		})
	stream(in, operation{id: "get-pre-assessment", route: "GET organisations/{organisation}/pre-assessment", summary: "The free first look at a prospect", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
			Format string `query:"format" enum:"pdf,docx" default:"pdf"`
		}) (*huma.StreamResponse, error) {
			c, err := a.dressed(ctx, v, q.Organisation)
			if err != nil {
				return nil, err
			}
			return paperAnswer("pre-assessment", q.Format, assessing.ComposeFirst(c.In, a.Messages.Printer(q.Language)))
		})
	comparisonOperations(a, in)
}

// ScoreChange is a score at two times.
type ScoreChange struct {
	Key    string  `json:"key"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

// StatusChange is a requirement with another status than it had; a status is left
// out where the requirement did not apply.
type StatusChange struct {
	Requirement string   `json:"requirement"`
	Before      string   `json:"before,omitempty"`
	After       string   `json:"after,omitempty"`
	Because     []string `json:"because"`
}

// Comparison is what changed between two times.
type Comparison struct {
	From     Side           `json:"from"`
	To       Side           `json:"to"`
	Scores   []ScoreChange  `json:"scores"`
	Statuses []StatusChange `json:"statuses"`
	Done     []Task         `json:"done" doc:"Tasks that were finished between them."`
	Added    []Evidence     `json:"added_evidence"`
	Expired  []Evidence     `json:"expired_evidence"`
}

// Side is one of the two times.
type Side struct {
	ID    string   `json:"id" doc:"Of the snapshot, or now."`
	On    law.Date `json:"on"`
	Label string   `json:"label,omitempty"`
}

// Sides are two times to compare.
type Sides struct {
	At
	Languages
	From string `query:"from" required:"true" doc:"Id of a snapshot, or now."`
	To   string `query:"to" default:"now" doc:"Id of a snapshot, or now."`
}

func comparisonOperations(a *API, in area) {
	add(in, operation{id: "compare", route: "GET organisations/{organisation}/comparison", summary: "What changed between two snapshots, or a snapshot and now"},
		func(ctx context.Context, v accounts.Visit, q *Sides) (*body[Comparison], error) {
			_, x, err := a.Clients.Compare(ctx, v.Actor, q.Organisation, q.From, q.To, q.Language)
			if err != nil {
				return nil, err
			}
			p := a.Messages.Printer(q.Language)
			out := Comparison{From: Side{x.From.ID, x.From.On, x.From.Label}, To: Side{x.To.ID, x.To.On, x.To.Label},
				Scores: list(x.Scores, func(s clients.ScorePair) ScoreChange {
					return ScoreChange{s.After.Key, s.Before.Points, s.After.Points}
				}),
				Done: list(x.Done, func(t planning.Task) Task { return taskOf(t) }), Added: list(x.Added, a.evidenceOf),
				Expired: list(x.Expired, func(e clients.Expiry) Evidence { return a.evidenceOf(e.Evidence) }), Statuses: []StatusChange{}}
			for _, c := range x.Changed {
				s := StatusChange{c.Requirement, string(c.Before), string(c.After), []string{}}
				for _, t := range c.Because {
					s.Because = append(s.Because, p.Say(t.Text))
				}
				out.Statuses = append(out.Statuses, s)
			}
			return &body[Comparison]{out}, nil
		})
	stream(in, operation{id: "get-comparison-file", route: "GET organisations/{organisation}/comparison/file", summary: "The same as a file", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Sides
			Format string `query:"format" enum:"pdf,html,docx,json" default:"pdf"`
		}) (*huma.StreamResponse, error) {
			c, x, err := a.Clients.Compare(ctx, v.Actor, q.Organisation, q.From, q.To, q.Language)
			if err != nil {
				return nil, err
			}
			if c, err = a.Reporting.Dress(ctx, v.Actor, c); err != nil {
				return nil, err
			}
			content, err := reporting.WriteComparison(c, x, a.Messages.Printer(q.Language), q.Format)
			return fileAnswer("comparison."+q.Format, "application/octet-stream", content, err)
		})
}
