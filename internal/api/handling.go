package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/law"
)

// Handled is what is recorded of the handling of a case.
type Handled struct {
	Affected   []incident.Affected `json:"affected"`
	Exhibits   []incident.Exhibit  `json:"exhibits"`
	Informed   []Told              `json:"informed"`
	Costs      []incident.Cost     `json:"costs"`
	Lists      []incident.Import   `json:"lists" doc:"Lists of indicators that were read."`
	Steps      []CaseStep          `json:"steps"`
	Indicators map[string]int64    `json:"indicators" doc:"How many of each type."`
	Related    []Related           `json:"related"`
	Exercise   *incident.Exercise  `json:"exercise,omitempty"`
}

// CaseStep is a task of a case.
type CaseStep struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	State string `json:"state" enum:"todo,doing,blocked,done,dropped"`
}

// Related is another case that belongs to one.
type Related struct {
	Way       string `json:"way" enum:"merged_into,holds,split_from,split_into,recurs"`
	ID        string `json:"id"`
	Reference string `json:"reference"`
	Title     string `json:"title"`
}

func handledOf(h incidents.Handling) Handled {
	out := Handled{list(h.Affected, itself), list(h.Exhibits, itself), list(h.Informed, func(x incident.Informed) Told {
		return Told{x.ID, momentOf(x.At), x.Whom, x.Count, x.Channel, x.Text, x.About, x.Struck, x.Version}
	}), list(h.Costs, itself), list(h.Imports, itself),
		list(h.Tasks, func(t planning.Task) CaseStep { return CaseStep{t.ID, t.Title, string(t.State)} }), h.Counts,
		list(h.Related, func(x incidents.Relation) Related { return Related{x.Way, x.ID, x.Reference, x.Title} }), nil}
	if h.Exercise {
		out.Exercise = &h.Drill
	}
	return out
}

func itself[T any](v T) T { return v }

// OfPart is the path of a part of a case.
type OfPart struct {
	OfIncident
	Part string `path:"part" doc:"Id."`
}

// OfPlaybook is the path of a playbook.
type OfPlaybook struct {
	Playbook string `path:"playbook" doc:"Id."`
}

// Period is between two days.
type Period struct {
	From string `query:"from" required:"true" format:"date" doc:"First day of detection."`
	To   string `query:"to" required:"true" format:"date" doc:"Last day of detection."`
}

// Told is that recipients of a service were told.
type Told struct {
	ID      string `json:"id"`
	At      Moment `json:"at"`
	Whom    string `json:"whom"`
	Count   int64  `json:"count"`
	Channel string `json:"channel"`
	Text    string `json:"text"`
	About   string `json:"about" enum:"incident,threat"`
	Struck  string `json:"struck,omitempty" doc:"Why it counts no more."`
	Version int64  `json:"version"`
}

// listed is a request whose body is a list of indicators.
type listed struct {
	OfIncident
	Name   string `query:"name" required:"true" maxLength:"1000" doc:"Name of the file."`
	Format string `query:"format" enum:"plain,csv,stix,misp" doc:"Found out when it is left out."`
	body   io.Reader
}

// Resolve takes the body as it comes.
func (u *listed) Resolve(c huma.Context) []error {
	u.body = c.BodyReader()
	return nil
}

// exhibited is a request whose body is a piece of evidence.
type exhibited struct {
	OfIncident
	Name  string `query:"name" required:"true" maxLength:"500" doc:"What it is; also the name of the file."`
	Who   string `query:"who" required:"true" maxLength:"500" doc:"Who has it."`
	Where string `query:"where" required:"true" maxLength:"500" doc:"Where it is."`
	body  io.Reader
}

// Taken is a piece of evidence that was taken in.
type Taken struct {
	ID   string          `json:"id"`
	Scan assessment.Scan `json:"scan,omitempty" enum:"pending,clean,infected" doc:"What a scan of the file said; left out when there is no scanner. Of an infected file only name and hash are kept."`
}

// Resolve takes the body as it comes.
func (u *exhibited) Resolve(c huma.Context) []error {
	u.body = c.BodyReader()
	return nil
}

func handlingOperations(a *API) {
	in := area{a, "Incidents"}
	const one = "organisations/{organisation}/incidents/{incident}"
	add(in, operation{id: "get-handling", route: "GET " + one + "/handling", summary: "Steps, evidence, costs and the rest that is recorded while a case is handled"},
		func(ctx context.Context, v accounts.Visit, q *OfIncident) (*body[Handled], error) {
			h, err := a.Incidents.Handle(ctx, v.Actor, q.Organisation, q.Incident, incidents.IndicatorPage{})
			return answerWith(handledOf(h), err)
		})
	indicatorOperations(a, in, one)
	recordOperations(a, in, one)
	stepOperations(a, in, one)
	exerciseOperations(a, in, one)
	onCallOperations(a, in)
}

// indicatorOperations are the indicators of a case.
func indicatorOperations(a *API, in area, one string) {
	add(in, operation{id: "list-indicators", route: "GET " + one + "/indicators", summary: "Indicators of a case, fifty at a time, oldest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Type string `query:"type" doc:"Only of this type."`
			Text string `query:"q" doc:"Part of the value."`
			Skip int    `query:"skip" minimum:"0" doc:"How many to leave out."`
		}) (*body[Indicators], error) {
			h, err := a.Incidents.Handle(ctx, v.Actor, q.Organisation, q.Incident, incidents.IndicatorPage{Type: q.Type, Text: q.Text, Skip: q.Skip})
			return answerWith(Indicators{list(h.Indicators, itself), h.Found}, err)
		})
	add(in, operation{id: "add-indicators", route: "POST " + one + "/indicators", summary: "Add indicators, one per line, in any way of writing"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Indicators string `json:"indicators" minLength:"1" maxLength:"500000"`
				TLP        string `json:"tlp,omitempty" doc:"Label of the Traffic Light Protocol 2.0; of the case when it is left out."`
				Note       string `json:"note,omitempty" maxLength:"500"`
			}
		}) (*body[Added], error) {
			n, err := a.Incidents.AddIndicators(ctx, v.Actor, q.Organisation, q.Incident, q.Body.Indicators, q.Body.TLP, q.Body.Note)
			return answerWith(Added{n}, err)
		})
	add(in, operation{id: "remove-indicator", route: "DELETE " + one + "/indicators/{part}", summary: "Take one indicator out"},
		func(ctx context.Context, v accounts.Visit, q *OfPart) (*none, error) {
			return nil, a.Incidents.RemoveIndicator(ctx, v.Actor, q.Organisation, q.Incident, q.Part)
		})
	add(in, operation{id: "read-indicator-list", route: "POST " + one + "/indicator-lists", summary: "Read a list of indicators: text, CSV, STIX 2.1 or MISP; nothing is added yet", status: http.StatusCreated, largest: incidents.LargestFile, bytes: true},
		func(ctx context.Context, v accounts.Visit, q *listed) (*body[incident.Import], error) {
			x, err := a.Incidents.ReadList(ctx, v.Actor, q.Organisation, q.Incident, q.Name, indicators.Format(q.Format), q.body)
			return answerWith(x, err)
		})
	add(in, operation{id: "add-indicator-list", route: "POST " + one + "/indicator-lists/{part}/indicators", summary: "Add the good rows of a list, in the background", status: http.StatusAccepted},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPart
			Body struct {
				TLP string `json:"tlp,omitempty" doc:"Of rows without a label of their own."`
			}
		}) (*body[created], error) {
			j, err := a.Incidents.StartImport(ctx, v.Actor, q.Organisation, q.Incident, q.Part, q.Body.TLP)
			return answerWith(created{j.ID}, err)
		})
	add(in, operation{id: "remove-indicator-list", route: "DELETE " + one + "/indicator-lists/{part}", summary: "Take out what a list added"},
		func(ctx context.Context, v accounts.Visit, q *OfPart) (*none, error) {
			return nil, a.Incidents.DropImport(ctx, v.Actor, q.Organisation, q.Incident, q.Part)
		})
}

// Indicators is a part of the indicators of a case.
type Indicators struct {
	Items []incident.Indicator `json:"items" doc:"Values as they are, not defanged."`
	Found int64                `json:"found" doc:"How many there are in all."`
}

// recordOperations are what is affected, evidence, people told and costs.
func recordOperations(a *API, in area, one string) {
	type affectedBody struct {
		Version   int64  `json:"version,omitempty" doc:"The newest; 0 for a new one."`
		Kind      string `json:"kind" enum:"asset,service,supplier,users,data"`
		Name      string `json:"name" minLength:"1" maxLength:"500"`
		Count     int64  `json:"count,omitempty" minimum:"0"`
		Condition string `json:"condition" enum:"suspected,affected,contained,restored,unaffected"`
		Note      string `json:"note,omitempty" maxLength:"500"`
	}
	put := func(ctx context.Context, v accounts.Visit, q OfIncident, id string, b affectedBody) (*body[created], error) {
		x, err := a.Incidents.PutAffected(ctx, v.Actor, q.Organisation, q.Incident, incident.Affected{ID: id, Version: b.Version, Kind: b.Kind, Name: b.Name, Count: b.Count, Condition: b.Condition, Note: b.Note})
		return answerWith(created{x.ID}, err)
	}
	add(in, operation{id: "add-affected", route: "POST " + one + "/affected", summary: "Add what the incident touches", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body affectedBody
		}) (*body[created], error) {
			return put(ctx, v, q.OfIncident, "", q.Body)
		})
	add(in, operation{id: "change-affected", route: "PUT " + one + "/affected/{part}", summary: "Change what the incident touches"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPart
			Body affectedBody
		}) (*body[created], error) {
			return put(ctx, v, q.OfIncident, q.Part, q.Body)
		})
	add(in, operation{id: "remove-affected", route: "DELETE " + one + "/affected/{part}", summary: "Take out what is not affected after all"},
		func(ctx context.Context, v accounts.Visit, q *OfPart) (*none, error) {
			return nil, a.Incidents.RemoveAffected(ctx, v.Actor, q.Organisation, q.Incident, q.Part)
		})
	add(in, operation{id: "take-exhibit", route: "POST " + one + "/exhibits", summary: "Take a piece of evidence: its bytes are the body", status: http.StatusCreated, largest: incidents.LargestFile, bytes: true},
		func(ctx context.Context, v accounts.Visit, q *exhibited) (*body[Taken], error) {
			x, err := a.Incidents.TakeEvidence(ctx, v.Actor, q.Organisation, q.Incident, incidents.Exhibit{Name: q.Name, File: q.Name, Body: q.body, Taken: incident.Custody{Who: q.Who, Where: q.Where}})
			return answerWith(Taken{x.ID, x.Scan}, err)
		})
	add(in, operation{id: "pass-exhibit-on", route: "POST " + one + "/exhibits/{part}/custody", summary: "Add a line to the chain of custody", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPart
			Body struct {
				Action string    `json:"action" enum:"copied,sealed,handed over,examined,returned,destroyed"`
				Who    string    `json:"who" minLength:"1" maxLength:"500"`
				Where  string    `json:"where" minLength:"1" maxLength:"500"`
				At     time.Time `json:"at,omitzero" doc:"Now when it is left out."`
			}
		}) (*none, error) {
			return nil, a.Incidents.PassOn(ctx, v.Actor, q.Organisation, q.Incident, q.Part, incident.Custody{Action: q.Body.Action, Who: q.Body.Who, Where: q.Body.Where, At: q.Body.At})
		})
	add(in, operation{id: "check-exhibit", route: "POST " + one + "/exhibits/{part}/check", summary: "Read the file of a piece of evidence again, and write into its chain of custody whether its bytes are those that were taken"},
		func(ctx context.Context, v accounts.Visit, q *OfPart) (*body[Checked], error) {
			intact, err := a.Incidents.CheckEvidence(ctx, v.Actor, q.Organisation, q.Incident, q.Part)
			return answerWith(Checked{intact}, err)
		})
	stream(in, operation{id: "get-exhibit", route: "GET " + one + "/exhibits/{part}/content", summary: "The bytes of a piece of evidence, once they are proved to be those that were taken", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *OfPart) (*huma.StreamResponse, error) {
			x, r, err := a.Incidents.Evidence(ctx, v.Actor, q.Organisation, q.Incident, q.Part)
			if err != nil {
				return nil, err
			}
			return &huma.StreamResponse{Body: func(c huma.Context) {
				defer r.Close()
				download(c, x.File, "application/octet-stream")
				_, _ = io.Copy(c.BodyWriter(), r) // the program has gone if this fails
			}}, nil
		})
	add(in, operation{id: "record-information", route: "POST " + one + "/informed", summary: "Record that recipients of a service were told, Art. 23(1) and (2)", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body ToldBody
		}) (*body[created], error) {
			x, err := a.Incidents.Inform(ctx, v.Actor, q.Organisation, q.Incident, q.Body.informed())
			return answerWith(created{x.ID}, err)
		})
	add(in, operation{id: "change-information", route: "PUT " + one + "/informed/{part}", summary: "Correct a record of people told; the record of the case keeps what it said before", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPart
			Body struct {
				Correction
				ToldBody
			}
		}) (*none, error) {
			x := q.Body.informed()
			x.ID, x.Version = q.Part, q.Body.Version
			return nil, a.Incidents.ChangeInformed(ctx, v.Actor, q.Organisation, q.Incident, x, q.Body.Reason)
		})
	add(in, operation{id: "strike-information", route: "POST " + one + "/informed/{part}/strike", summary: "Strike a record of people told out; it stays to be seen", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *OfStrike) (*none, error) {
			return nil, a.Incidents.StrikeInformed(ctx, v.Actor, q.Organisation, q.Incident, q.Part, q.Body.Reason)
		})
	add(in, operation{id: "add-cost", route: "POST " + one + "/costs", summary: "Add a cost", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body CostBody
		}) (*body[created], error) {
			x, err := a.Incidents.AddCost(ctx, v.Actor, q.Organisation, q.Incident, q.Body.cost())
			return answerWith(created{x.ID}, err)
		})
	add(in, operation{id: "change-cost", route: "PUT " + one + "/costs/{part}", summary: "Correct a cost; the record of the case keeps what it was before", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPart
			Body struct {
				Correction
				CostBody
			}
		}) (*none, error) {
			x := q.Body.cost()
			x.ID, x.Version = q.Part, q.Body.Version
			return nil, a.Incidents.ChangeCost(ctx, v.Actor, q.Organisation, q.Incident, x, q.Body.Reason)
		})
	add(in, operation{id: "strike-cost", route: "POST " + one + "/costs/{part}/strike", summary: "Strike a cost out; it stays to be seen", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *OfStrike) (*none, error) {
			return nil, a.Incidents.StrikeCost(ctx, v.Actor, q.Organisation, q.Incident, q.Part, q.Body.Reason)
		})
}

// ToldBody is what people were told.
type ToldBody struct {
	Whom    string `json:"whom" minLength:"1" maxLength:"500"`
	Count   int64  `json:"count,omitempty" minimum:"0"`
	Channel string `json:"channel,omitempty" maxLength:"500"`
	Text    string `json:"text" minLength:"1" maxLength:"20000"`
	About   string `json:"about" enum:"incident,threat"`
	At      Moment `json:"at,omitempty" doc:"Left out: now, or as it was before a correction."`
}

func (b ToldBody) informed() incident.Informed {
	return incident.Informed{Whom: b.Whom, Count: b.Count, Channel: b.Channel, Text: b.Text, About: b.About, At: b.At.moment()}
}

// CostBody is a cost.
type CostBody struct {
	What      string   `json:"what" minLength:"1" maxLength:"500"`
	Cents     int64    `json:"cents" minimum:"1" doc:"Hundredths of the currency."`
	Currency  string   `json:"currency" doc:"ISO 4217."`
	Estimated bool     `json:"estimated,omitempty"`
	On        law.Date `json:"on,omitzero" format:"date" doc:"Left out: today, or as it was before a correction."`
}

func (b CostBody) cost() incident.Cost {
	return incident.Cost{What: b.What, Cents: b.Cents, Currency: b.Currency, Estimated: b.Estimated, On: b.On}
}
