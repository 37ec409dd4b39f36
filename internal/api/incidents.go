package api

import (
	"context"
	"net/http"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// Moment is a time as somebody said it.
type Moment struct {
	At        time.Time `json:"at,omitzero" doc:"Left out while it is not known."`
	Zone      string    `json:"zone,omitempty" doc:"IANA name of the zone in which it was said; UTC when it is left out."`
	Certainty string    `json:"certainty,omitempty" enum:"exact,estimated,unknown"`
	Reason    string    `json:"reason,omitempty" maxLength:"2000" doc:"Why it is this time; required for awareness and for corrections."`
}

func momentOf(m incident.Moment) Moment { return Moment{m.At, m.Zone, string(m.Certainty), m.Reason} }

func (m Moment) moment() incident.Moment {
	return incident.Moment{At: m.At, Zone: m.Zone, Certainty: incident.Certainty(m.Certainty), Reason: m.Reason}
}

// Incident is a case.
type Incident struct {
	ID           string            `json:"id"`
	Reference    string            `json:"reference"`
	Title        string            `json:"title"`
	Kind         string            `json:"kind" enum:"event,incident,near_miss,threat"`
	State        string            `json:"state" enum:"open,contained,handled,closed,dismissed,merged"`
	Exercise     bool              `json:"exercise"`
	OccurredAt   Moment            `json:"occurred_at"`
	DetectedAt   Moment            `json:"detected_at"`
	AwareAt      Moment            `json:"aware_at" doc:"Of the significant incident, Art. 23(4)."`
	HandledAt    Moment            `json:"handled_at"`
	Significance string            `json:"significance" enum:"undecided,significant,not_significant"`
	Criteria     map[string]string `json:"criteria"`
	Channel      string            `json:"channel"`
	TLP          string            `json:"tlp"`
	CreatedAt    time.Time         `json:"created_at"`
	Version      int64             `json:"version"`
}

func incidentOf(i incident.Incident) Incident {
	out := Incident{i.ID, i.Reference, i.Title, string(i.Kind), string(i.State), i.Exercise, momentOf(i.OccurredAt), momentOf(i.DetectedAt),
		momentOf(i.AwareAt), momentOf(i.HandledAt), "undecided", i.Criteria, i.Channel, i.TLP, i.CreatedAt, i.Version}
	if out.Criteria == nil {
		out.Criteria = map[string]string{}
	}
	if i.Significance.Decided {
		out.Significance = map[bool]string{true: "significant", false: "not_significant"}[i.Significance.Is]
	}
	return out
}

// Clock is the deadline of one stage.
type Clock struct {
	Stage     string    `json:"stage"`
	Status    string    `json:"status"`
	Anchor    time.Time `json:"counted_from,omitzero"`
	DueAt     time.Time `json:"due_at,omitzero" doc:"Strict deadline, without any extension."`
	Projected bool      `json:"projected" doc:"It counts from something that did not happen yet."`
	Citation  string    `json:"citation"`
}

// Filed is a report as a list shows it.
type Filed struct {
	ID          string    `json:"id"`
	Stage       string    `json:"stage"`
	Status      string    `json:"status"`
	Corrects    string    `json:"corrects,omitempty"`
	SHA256      string    `json:"sha256,omitempty" doc:"Of the frozen copy."`
	SubmittedAt time.Time `json:"submitted_at,omitzero" doc:"When a person submitted it."`
	MadeAt      time.Time `json:"made_at,omitzero" doc:"When it reached the authority: its clock is met then. Not there while it is on its way."`
	DueAt       time.Time `json:"due_at,omitzero"`
	Reference   string    `json:"reference,omitempty" doc:"The authority's."`
}

func filedOf(r incident.Report) Filed {
	return Filed{r.ID, string(r.Stage), string(r.Status), r.Corrects, r.SHA256, r.SubmittedAt, r.MadeAt(), r.DueAt, r.Reference}
}

// Obligation is a duty to report.
type Obligation struct {
	ID        string  `json:"id"`
	Regime    string  `json:"regime"`
	Authority string  `json:"authority"`
	Country   string  `json:"country"`
	Zone      string  `json:"zone"`
	Entity    string  `json:"entity"`
	Partner   string  `json:"partner,omitempty"`
	Applies   string  `json:"applies" enum:"yes,no,undecided"`
	Reason    string  `json:"reason,omitempty"`
	Clocks    []Clock `json:"clocks"`
	Reports   []Filed `json:"reports"`
}

func obligationOf(d incidents.Duty) Obligation {
	return Obligation{d.ID, string(d.Regime), d.Authority, d.Country, d.Zone, d.Entity, d.Partner, d.Applies, d.Reason,
		list(d.Clocks, func(c clocks.Clock) Clock {
			return Clock{string(c.Stage), string(c.Status), c.AnchorAt, c.Strict, c.Projected, c.Citation}
		}), list(d.Reports, filedOf)}
}

// Line is one line of the record of a case.
type Line struct {
	At        Moment    `json:"at"`
	Kind      string    `json:"kind"`
	Text      string    `json:"text"`
	Before    string    `json:"before,omitempty"`
	After     string    `json:"after,omitempty"`
	Object    string    `json:"object,omitempty"`
	By        string    `json:"by,omitempty"`
	WrittenAt time.Time `json:"written_at"`
}

// Case is an incident with its facts, duties and record.
type Case struct {
	Incident
	Facts       map[string]reporting.Value `json:"facts" doc:"By field of the report forms."`
	Obligations []Obligation               `json:"obligations"`
	Record      []Line                     `json:"record" doc:"Oldest first."`
}

func caseOf(c incidents.Case) Case {
	out := Case{Incident: incidentOf(c.Incident), Facts: c.Facts, Obligations: list(c.Duties, obligationOf),
		Record: list(c.Entries, func(e incident.Entry) Line {
			return Line{momentOf(e.At), e.Kind, e.Text, e.Before, e.After, e.Object, e.ByName, e.CreatedAt}
		})}
	if out.Facts == nil {
		out.Facts = reporting.Values{}
	}
	return out
}

// OfIncident is the path of a part of a case.
type OfIncident struct {
	At
	Incident string `path:"incident" doc:"Id of the case."`
}

// OfReport is the path of a report.
type OfReport struct {
	OfIncident
	Report string `path:"report" doc:"Id of the report."`
}

// Judgement is what the law makes of the facts.
type Judgement struct {
	Significant string   `json:"significant" enum:"true,false,unknown"`
	Met         []string `json:"met" doc:"Rules that are met."`
	Missing     []string `json:"missing" doc:"Facts that could still change it, cheapest to find first."`
}

func judgementOf(v significance.Verdict) Judgement {
	out := Judgement{Significant: v.Significant.String(), Met: []string{}, Missing: []string{}}
	for _, c := range v.Criteria {
		if c.Met == law.True {
			out.Met = append(out.Met, c.Rule)
		}
	}
	out.Missing = append(out.Missing, v.Missing...)
	return out
}

func incidentOperations(a *API) {
	in := area{a, "Incidents"}
	const base = "organisations/{organisation}/incidents"
	const one = base + "/{incident}"
	add(in, operation{id: "list-incidents", route: "GET " + base, summary: "Cases of an organisation, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[Incident]], error) {
			all, err := a.Incidents.List(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(all, incidentOf), func(i Incident) string { return i.ID }, q.Paging)
		})
	add(in, operation{id: "report-incident", route: "POST " + base, summary: "Say that something happened; it opens a case", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Title      string `json:"title" minLength:"1" maxLength:"200"`
				Text       string `json:"text,omitempty" maxLength:"20000"`
				Kind       string `json:"kind,omitempty" enum:"event,incident,near_miss,threat" default:"event"`
				Zone       string `json:"zone,omitempty" doc:"IANA name, of who says it."`
				OccurredAt Moment `json:"occurred_at,omitempty"`
				DetectedAt Moment `json:"detected_at,omitempty" doc:"Now when it is left out."`
				Reporter   string `json:"reporter,omitempty" maxLength:"200"`
				Exercise   bool   `json:"exercise,omitempty"`
			}
		}) (*body[Incident], error) {
			b := q.Body
			i, err := a.Incidents.Intake(ctx, v.Actor, q.Organisation, incidents.Notice{Title: b.Title, Text: b.Text, Kind: incident.Kind(b.Kind), Zone: b.Zone,
				OccurredAt: b.OccurredAt.moment(), DetectedAt: b.DetectedAt.moment(), Channel: "api", Reporter: b.Reporter, Exercise: b.Exercise})
			return answerWith(incidentOf(i), err)
		})
	add(in, operation{id: "get-incident", route: "GET " + one, summary: "A case with facts, duties, clocks, reports and record"},
		func(ctx context.Context, v accounts.Visit, q *OfIncident) (*body[Case], error) {
			c, err := a.Incidents.Load(ctx, v.Actor, q.Organisation, q.Incident)
			return answerWith(caseOf(c), err)
		})
	caseOperations(a, in, one)
	obligationOperations(a, in, one)
	reportOperations(a, in, one+"/reports")
	alarmOperations(a, in)
}

// caseOperations change what is known of a case.
func caseOperations(a *API, in area, one string) {
	add(in, operation{id: "triage-incident", route: "PUT " + one + "/state", summary: "Say what the case is and where its handling stands"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Kind   string `json:"kind" enum:"event,incident,near_miss,threat"`
				State  string `json:"state" enum:"open,contained,handled,closed,dismissed"`
				Reason string `json:"reason,omitempty" maxLength:"2000"`
			}
		}) (*none, error) {
			return nil, a.Incidents.Triage(ctx, v.Actor, q.Organisation, q.Incident, incident.Kind(q.Body.Kind), incident.State(q.Body.State), q.Body.Reason)
		})
	add(in, operation{id: "set-incident-time", route: "PUT " + one + "/times/{time}", summary: "Say or correct a time of the case; every clock follows"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Time string `path:"time" enum:"occurred_at,detected_at,aware_at,handled_at"`
			Body Moment
		}) (*none, error) {
			return nil, a.Incidents.SetMoment(ctx, v.Actor, q.Organisation, q.Incident, q.Time, q.Body.moment())
		})
	add(in, operation{id: "set-incident-fact", route: "PUT " + one + "/facts/{field}", summary: "Keep the answer to one field, for every report"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Field string `path:"field" doc:"Id of a field of the report forms."`
			Body  reporting.Value
		}) (*none, error) {
			return nil, a.Incidents.PutFact(ctx, v.Actor, q.Organisation, q.Incident, q.Field, q.Body)
		})
	add(in, operation{id: "set-incident-criterion", route: "PUT " + one + "/criteria/{name}", summary: "State one fact of the significance test"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Name string `path:"name" doc:"Name of a fact of the test."`
			Body struct {
				Value string `json:"value" maxLength:"40" doc:"A number, true, false or unknown; empty takes it back."`
			}
		}) (*none, error) {
			return nil, a.Incidents.PutCriterion(ctx, v.Actor, q.Organisation, q.Incident, q.Name, q.Body.Value)
		})
	add(in, operation{id: "judge-incident", route: "GET " + one + "/significance", summary: "What the law makes of the facts so far"},
		func(ctx context.Context, v accounts.Visit, q *OfIncident) (*body[Judgement], error) {
			j, err := a.Incidents.Judge(ctx, v.Actor, q.Organisation, q.Incident)
			return answerWith(judgementOf(j), err)
		})
	add(in, operation{id: "decide-incident", route: "PUT " + one + "/significance", summary: "Decide whether the incident is significant"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Significant bool   `json:"significant"`
				Reason      string `json:"reason,omitempty" maxLength:"20000" doc:"Required when the facts say otherwise, or do not suffice."`
			}
		}) (*none, error) {
			return nil, a.Incidents.Decide(ctx, v.Actor, q.Organisation, q.Incident, q.Body.Significant, q.Body.Reason)
		})
	add(in, operation{id: "add-incident-line", route: "POST " + one + "/record", summary: "Add a line to the record", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Kind string `json:"kind" enum:"note,action,decision,communication"`
				Text string `json:"text" minLength:"1" maxLength:"20000"`
				At   Moment `json:"at,omitempty" doc:"When it happened; now when it is left out."`
			}
		}) (*none, error) {
			return nil, a.Incidents.Say(ctx, v.Actor, q.Organisation, q.Incident, incident.Entry{Kind: q.Body.Kind, Text: q.Body.Text, At: q.Body.At.moment()})
		})
	add(in, operation{id: "correct-incident-line", route: "POST " + one + "/record/{part}/corrections", summary: "Correct a line of the record that a person wrote, by another line", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPart
			Body struct {
				Text   string `json:"text" minLength:"1" maxLength:"20000"`
				At     Moment `json:"at,omitempty" doc:"When it happened; as the line says when it is left out."`
				Reason string `json:"reason" minLength:"1" maxLength:"2000"`
			}
		}) (*none, error) {
			return nil, a.Incidents.Correct(ctx, v.Actor, q.Organisation, q.Incident, q.Part, q.Body.Text, q.Body.At.moment(), q.Body.Reason)
		})
}

// obligationOperations are the duties to report.
func obligationOperations(a *API, in area, one string) {
	add(in, operation{id: "propose-obligations", route: "POST " + one + "/proposals", summary: "Add the duties to report that follow from who the organisation is"},
		func(ctx context.Context, v accounts.Visit, q *OfIncident) (*body[Proposed], error) {
			n, err := a.Incidents.Propose(ctx, v.Actor, q.Organisation, q.Incident)
			return answerWith(Proposed{n}, err)
		})
	add(in, operation{id: "add-obligation", route: "POST " + one + "/obligations", summary: "Add a duty that nobody could know: a customer under DORA, a contract, the insurer", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Regime    string                   `json:"regime"`
				Country   string                   `json:"country,omitempty" doc:"ISO 3166-1 alpha-2."`
				Zone      string                   `json:"zone,omitempty" doc:"IANA name; of the country when it is left out."`
				Authority string                   `json:"authority,omitempty" maxLength:"300"`
				Entity    string                   `json:"entity,omitempty" maxLength:"300"`
				Partner   string                   `json:"partner,omitempty" maxLength:"300"`
				Reason    string                   `json:"reason,omitempty" maxLength:"2000"`
				Terms     map[string]incident.Term `json:"terms,omitempty" doc:"By stage; of a contract: \"notice\"."`
			}
		}) (*body[created], error) {
			b := q.Body
			o := incident.Obligation{Regime: clocks.Regime(b.Regime), Country: b.Country, Zone: b.Zone, Authority: b.Authority, Entity: b.Entity, Partner: b.Partner,
				Reason: b.Reason, Applies: "yes", Qualified: law.Unknown}
			for stage, term := range b.Terms {
				if o.Terms == nil {
					o.Terms = map[clocks.Stage]incident.Term{}
				}
				o.Terms[clocks.Stage(stage)] = term
			}
			o, err := a.Incidents.Oblige(ctx, v.Actor, q.Organisation, q.Incident, o)
			return answerWith(created{o.ID}, err)
		})
	add(in, operation{id: "apply-obligation", route: "PUT " + one + "/obligations/{obligation}/applies", summary: "Say whether a duty applies"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Obligation string `path:"obligation" doc:"Id."`
			Body       struct {
				Applies string `json:"applies" enum:"yes,no,undecided"`
				Reason  string `json:"reason,omitempty" maxLength:"2000" doc:"Required for no."`
			}
		}) (*none, error) {
			return nil, a.Incidents.Apply(ctx, v.Actor, q.Organisation, q.Incident, q.Obligation, q.Body.Applies, q.Body.Reason)
		})
	add(in, operation{id: "set-obligation-time", route: "PUT " + one + "/obligations/{obligation}/times/{time}", summary: "Say when something happened that a clock of this duty counts from"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Obligation string `path:"obligation" doc:"Id."`
			Time       string `path:"time" enum:"aware_at,classified_at,measure_available_at,requested_at,due_set_by_authority"`
			Body       Moment
		}) (*none, error) {
			return nil, a.Incidents.SetInput(ctx, v.Actor, q.Organisation, q.Incident, q.Obligation, q.Time, q.Body.moment())
		})
}

// Proposed is how many duties were added.
type Proposed struct {
	Added int `json:"added"`
}

// Sheet is a report as it reads now.
type Sheet struct {
	Filed
	Values  map[string]reporting.Value `json:"values"`
	Missing []string                   `json:"missing" doc:"Required fields without an answer."`
}

// reportOperations write and send reports.
func reportOperations(a *API, in area, reports string) {
	add(in, operation{id: "begin-report", route: "POST " + reports, summary: "Open the report of a stage; when one is being written, it is that one", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Obligation string `json:"obligation"`
				Stage      string `json:"stage"`
				Corrects   string `json:"corrects,omitempty" doc:"Id of the sent report that it mends."`
			}
		}) (*body[created], error) {
			r, err := a.Incidents.Begin(ctx, v.Actor, q.Organisation, q.Incident, q.Body.Obligation, clocks.Stage(q.Body.Stage), q.Body.Corrects)
			return answerWith(created{r.ID}, err)
		})
	add(in, operation{id: "get-incident-report", route: "GET " + reports + "/{report}", summary: "A report: a draft with the newest facts, a sent one as it was sent"},
		func(ctx context.Context, v accounts.Visit, q *OfReport) (*body[Sheet], error) {
			s, err := a.Incidents.Sheet(ctx, v.Actor, q.Organisation, q.Incident, q.Report)
			if err != nil {
				return nil, err
			}
			out := Sheet{filedOf(s.Report), s.Values, list(s.Missing, func(f reporting.Field) string { return f.ID })}
			if out.Values == nil {
				out.Values = reporting.Values{}
			}
			return &body[Sheet]{out}, nil
		})
	add(in, operation{id: "set-report-field", route: "PUT " + reports + "/{report}/fields/{field}", summary: "Keep what only this report says; an approval is void after it"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfReport
			Field string `path:"field" doc:"Id of a field of the form."`
			Body  struct {
				Value    reporting.Value `json:"value" doc:"Empty falls back to the fact of the case."`
				Withhold bool            `json:"withhold,omitempty" doc:"This authority does not get the field."`
			}
		}) (*none, error) {
			return nil, a.Incidents.PutOwn(ctx, v.Actor, q.Organisation, q.Incident, q.Report, q.Field, q.Body.Value, q.Body.Withhold)
		})
	add(in, operation{id: "approve-report", route: "POST " + reports + "/{report}/approval", summary: "Release a report, as another person than its writer", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *OfReport) (*none, error) {
			return nil, a.Incidents.Approve(ctx, v.Actor, q.Organisation, q.Incident, q.Report)
		})
	add(in, operation{id: "submit-report", route: "POST " + reports + "/{report}/submission", summary: "Freeze a report and hand it over", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfReport
			Body struct {
				Channel   string    `json:"channel" enum:"nisaba,portal,mail,phone,paper" doc:"Nisaba sends itself; the others record what a person did."`
				At        time.Time `json:"at,omitzero" doc:"When a person did it; now when it is left out."`
				Reference string    `json:"reference,omitempty" maxLength:"200"`
				Bypass    string    `json:"bypass,omitempty" maxLength:"2000" doc:"Why no second person approved."`
			}
		}) (*none, error) {
			return nil, a.Incidents.Submit(ctx, v.Actor, q.Organisation, q.Incident, q.Report,
				incidents.Sending{Channel: q.Body.Channel, At: q.Body.At, Reference: q.Body.Reference, Bypass: q.Body.Bypass})
		})
	add(in, operation{id: "receive-answer", route: "POST " + reports + "/{report}/receipt", summary: "Record what the authority answered to a sent report", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfReport
			Body struct {
				At        time.Time `json:"at" doc:"When the authority had it."`
				Reference string    `json:"reference,omitempty" maxLength:"200" doc:"The authority's."`
				Receipt   string    `json:"receipt,omitempty" maxLength:"20000"`
				Channel   string    `json:"channel,omitempty" enum:"portal,mail,phone,paper" doc:"How the authority got a report that was to go through Nisaba and was not delivered: it counts as made with it."`
			}
		}) (*none, error) {
			return nil, a.Incidents.Receive(ctx, v.Actor, q.Organisation, q.Incident, q.Report,
				incidents.Received{At: q.Body.At, Reference: q.Body.Reference, Receipt: q.Body.Receipt, Channel: q.Body.Channel})
		})
	add(in, operation{id: "withdraw-report", route: "DELETE " + reports + "/{report}", summary: "Give a draft up"},
		func(ctx context.Context, v accounts.Visit, q *OfReport) (*none, error) {
			return nil, a.Incidents.Withdraw(ctx, v.Actor, q.Organisation, q.Incident, q.Report)
		})
}
