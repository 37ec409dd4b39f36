package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/law"
)

// ScanTarget is what may be scanned once it is proven.
type ScanTarget struct {
	ID       string    `json:"id"`
	Declared string    `json:"declared" doc:"A name, or a range of addresses."`
	Subtree  bool      `json:"subtree" doc:"The names below it, too."`
	Sweep    bool      `json:"sweep" doc:"All ports of the hosts of the name."`
	Proof    string    `json:"proof,omitempty" doc:"dns, file or letter; left out: none yet."`
	Record   string    `json:"record_name,omitempty" doc:"Where the TXT record of a name stands."`
	Text     string    `json:"record_text,omitempty" doc:"What the record or the file says."`
	ProvenAt time.Time `json:"proven_at,omitzero"`
	Until    law.Date  `json:"until,omitempty" doc:"Last day of the authorisation."`
	Problem  string    `json:"problem,omitempty" doc:"Why the proof was not found last."`
}

func scanTargetOf(t survey.Target) ScanTarget {
	out := ScanTarget{ID: t.ID, Declared: t.Declared, Subtree: t.Subtree, Sweep: t.Sweep, Proof: string(t.Proof), ProvenAt: t.ProvenAt, Until: t.Until, Problem: t.Problem}
	if scanning.RecordSuffices(t) {
		out.Record, out.Text = scanning.RecordName(t), scanning.RecordText(t)
	}
	return out
}

// ExposureState is where an organisation stands.
type ExposureState struct {
	Grade    string         `json:"grade" doc:"A to F; empty when nothing could be judged."`
	SeenAt   time.Time      `json:"seen_at,omitzero" doc:"End of the last scan; left out: there is none."`
	Areas    []ExposureArea `json:"areas"`
	Failures int64          `json:"failures"`
	Warnings int64          `json:"warnings"`
	Errors   int64          `json:"errors"`
	Worse    int64          `json:"worse" doc:"Checks that are worse than in the scan before."`
	Better   int64          `json:"better"`
	Job      string         `json:"job,omitempty" doc:"Of the scan that waits or runs."`
	Plan     ScanPlan       `json:"plan"`
	Open     []OpenFailure  `json:"open" doc:"What fails, since when and until when; what is late comes first."`
}

// ExposureArea is the grade of one area.
type ExposureArea struct {
	Area   string         `json:"area"`
	Grade  string         `json:"grade"`
	Counts map[string]int `json:"counts" doc:"By outcome."`
}

// ScanPlan is when scans are made, and what is never contacted.
type ScanPlan struct {
	Weekly  bool     `json:"weekly"`
	Exclude []string `json:"exclude,omitempty" doc:"Names, addresses, ranges, or ports as :3389."`

	Days map[string]int64 `json:"days,omitempty" doc:"Within how many days a failure is to be mended, by severity (critical, high, medium, low); what is left out is as usual."`
}

func scanPlanOf(p survey.Plan) ScanPlan { return ScanPlan{p.Weekly, p.Exclude, p.Days} }

// OpenFailure is a failure with its time limit.
type OpenFailure struct {
	Check    string    `json:"check"`
	At       string    `json:"at"`
	Severity string    `json:"severity"`
	Since    time.Time `json:"since"`
	Again    bool      `json:"again,omitempty" doc:"It had been mended before."`
	Due      law.Date  `json:"due,omitempty" doc:"Last day; left out: there is no limit."`
	Late     bool      `json:"late"`
	Accepted bool      `json:"accepted" doc:"The risk is accepted today."`
}

func openFailureOf(o scanning.OpenProblem) OpenFailure {
	return OpenFailure{o.Check, o.At, o.Severity, o.Since, o.Again, o.Due, o.Late, o.Accepted}
}

// ExposureFinding is what one check found at one place.
type ExposureFinding struct {
	ID        string   `json:"id"`
	Check     string   `json:"check"`
	Title     string   `json:"title"`
	Outcome   string   `json:"outcome" enum:"pass,warn,fail,info,not-applicable,not-tested,error"`
	Severity  string   `json:"severity" enum:"critical,high,medium,low,info"`
	At        string   `json:"at" doc:"Name, address and port."`
	Evidence  string   `json:"evidence"`
	Citation  string   `json:"citation,omitempty"`
	Measures  []string `json:"measures" doc:"Points of Art. 21(2)."`
	Points    []string `json:"points,omitempty" doc:"Of the annex to Implementing Regulation (EU) 2024/2690."`
	Reproduce string   `json:"reproduce,omitempty" doc:"A command that shows the same."`
}

func findingOf(c *exposure.Catalogue) func(exposure.Finding) ExposureFinding {
	return func(f exposure.Finding) ExposureFinding {
		check, _ := c.Get(f.Check)
		return ExposureFinding{scanning.ID(f), f.Check, check.Title, string(f.Outcome), string(f.Severity), f.Target.String(), scan.Evidence(f), f.Citation, append([]string{}, f.Measures...), f.Points, f.Reproduce}
	}
}

// ExposureStanding is an organisation in the list of all.
type ExposureStanding struct {
	Organisation string    `json:"organisation"`
	Name         string    `json:"name"`
	Grade        string    `json:"grade"`
	Before       string    `json:"grade_a_week_ago,omitempty"`
	GotWorse     bool      `json:"got_worse"`
	Worse        int64     `json:"worse"`
	Better       int64     `json:"better"`
	SeenAt       time.Time `json:"seen_at,omitzero"`
}

func exposureOperations(a *API) {
	in := area{a, "Exposure"}
	add(in, operation{id: "list-exposures", route: "GET exposures", summary: "What the outside world sees of every organisation, those that got worse this week first"},
		func(ctx context.Context, v accounts.Visit, _ *none) (*body[ItemsOf[ExposureStanding]], error) {
			all, err := a.Scanning.Portfolio(ctx, v.Actor)
			return answerWith(ItemsOf[ExposureStanding]{list(all, func(s scanning.Standing) ExposureStanding {
				return ExposureStanding{s.Organisation, s.Name, s.Last.Grade, s.Before, s.GotWorse(), s.Worse, s.Better, s.Last.EndedAt}
			})}, err)
		})
	add(in, operation{id: "get-exposure", route: "GET organisations/{organisation}/exposure", summary: "Where the organisation stands after the last scan"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[ExposureState], error) {
			e, err := a.Scanning.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			x := e.Last
			return answerWith(ExposureState{x.Grade, x.EndedAt, list(e.Areas, exposureAreaOf), x.Failures, x.Warnings, x.Errors, x.Worse, x.Better, e.Job.ID, scanPlanOf(e.Plan), list(e.Problems, openFailureOf)}, nil)
		})
	add(in, operation{id: "list-findings", route: "GET organisations/{organisation}/exposure/findings", summary: "Findings of the last scan, worst first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[ExposureFinding]], error) {
			e, err := a.Scanning.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(e.Findings, findingOf(a.Scanning.Catalogue())), func(f ExposureFinding) string { return f.ID }, q.Paging)
		})
	stream(in, operation{id: "get-exposure-file", route: "GET organisations/{organisation}/exposure/file", summary: "The last scan as a file", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Format   string `query:"format" enum:"pdf,html,docx,csv,json,sarif,oscal.json,svg" default:"json"`
			Language string `query:"language" enum:"en,de,fr" default:"en"`
		}) (*huma.StreamResponse, error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			b, day, err := a.Scanning.Export(ctx, v.Actor, q.Organisation, q.Format, a.Messages.Printer(q.Language), c.In.Brand)
			return fileAnswer("exposure-"+day.String()+"."+q.Format, "application/octet-stream", b, err)
		})
	scanOperations(a, in)
	scanTargetOperations(a, in)
	supplierScanOperations(a)
}

func exposureAreaOf(x scan.AreaGrade) ExposureArea {
	out := ExposureArea{string(x.Area), string(x.Grade), map[string]int{}}
	for o, n := range x.Counts {
		out.Counts[string(o)] = n
	}
	return out
}

func scanOperations(a *API, in area) {
	add(in, operation{id: "start-scan", route: "POST organisations/{organisation}/exposure/scan", summary: "Scan all proven targets, in the background", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *At) (*none, error) {
			return nil, a.Scanning.Start(ctx, v.Actor, q.Organisation)
		})
	add(in, operation{id: "stop-scan", route: "POST organisations/{organisation}/exposure/stop", summary: "Stop the scan that waits or runs", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *At) (*none, error) {
			return nil, a.Scanning.Stop(ctx, v.Actor, q.Organisation)
		})
	add(in, operation{id: "check-again", route: "POST organisations/{organisation}/exposure/findings/{id}/again", summary: "Check one finding again, in the background", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Scanning.Rescan(ctx, v.Actor, q.Organisation, q.ID)
		})
	add(in, operation{id: "check-everywhere-again", route: "POST organisations/{organisation}/exposure/checks/{id}/again", summary: "Make one check, such as TLS-03, again at all places where it failed or warned, in the background", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Scanning.RescanCheck(ctx, v.Actor, q.Organisation, q.ID)
		})
	add(in, operation{id: "task-of-check", route: "POST organisations/{organisation}/exposure/checks/{id}/task", summary: "Make a task of all findings of a check", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Language string `query:"language" enum:"en,de,fr" default:"en"`
		}) (*none, error) {
			return nil, a.Scanning.MakeTask(ctx, v.Actor, q.Organisation, q.ID, a.Messages.Printer(q.Language))
		})
	add(in, operation{id: "risk-of-check", route: "POST organisations/{organisation}/exposure/checks/{id}/risk", summary: "Enter all findings of a check into the register of risks"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Language string `query:"language" enum:"en,de,fr" default:"en"`
		}) (*body[FoundRisk], error) {
			id, err := a.Scanning.MakeRisk(ctx, v.Actor, q.Organisation, q.ID, a.Messages.Printer(q.Language))
			return answerWith(FoundRisk{id}, err)
		})
	add(in, operation{id: "file-scan", route: "POST organisations/{organisation}/exposure/evidence", summary: "File the last scan as evidence", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Language string `query:"language" enum:"en,de,fr" default:"en"`
		}) (*none, error) {
			return nil, a.Scanning.FileEvidence(ctx, v.Actor, q.Organisation, a.Messages.Printer(q.Language))
		})
	add(in, operation{id: "set-scan-plan", route: "PUT organisations/{organisation}/exposure/plan", summary: "Say when scans are made, and what is never contacted"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body ScanPlan
		}) (*none, error) {
			return nil, a.Scanning.SetPlan(ctx, v.Actor, q.Organisation, survey.Plan{Weekly: q.Body.Weekly, Exclude: q.Body.Exclude, Days: q.Body.Days})
		})
}

func scanTargetOperations(a *API, in area) {
	add(in, operation{id: "list-scan-targets", route: "GET organisations/{organisation}/exposure/targets", summary: "What may be scanned, and how it is proven"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[ItemsOf[ScanTarget]], error) {
			e, err := a.Scanning.Load(ctx, v.Actor, q.Organisation)
			return answerWith(ItemsOf[ScanTarget]{list(e.Targets, scanTargetOf)}, err)
		})
	add(in, operation{id: "add-scan-target", route: "POST organisations/{organisation}/exposure/targets", summary: "Add what is to be scanned once it is proven", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Declared string `json:"declared" minLength:"1" maxLength:"300" doc:"example.org, 192.0.2.1 or 192.0.2.0/28."`
				Subtree  bool   `json:"subtree,omitempty"`
				Sweep    bool   `json:"sweep,omitempty"`
			}
		}) (*none, error) {
			return nil, a.Scanning.AddTarget(ctx, v.Actor, q.Organisation, scanning.Draft(q.Body))
		})
	add(in, operation{id: "prove-scan-target", route: "POST organisations/{organisation}/exposure/targets/{id}/prove", summary: "Look for the record or the file that proves a name", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Body struct {
				Until law.Date `json:"until" doc:"Last day of the authorisation."`
			}
		}) (*none, error) {
			return nil, a.Scanning.Prove(ctx, v.Actor, q.Organisation, q.ID, q.Body.Until)
		})
	add(in, operation{id: "remove-scan-target", route: "DELETE organisations/{organisation}/exposure/targets/{id}", summary: "Take a target from the list"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Scanning.RemoveTarget(ctx, v.Actor, q.Organisation, q.ID)
		})
}
