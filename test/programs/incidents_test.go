package programs

import (
	"encoding/json"
	"time"
)

// incidentSteps play a case from the first word to the authority's receipt.
func (w *world) incidentSteps() []step {
	aware := object{"at": time.Now().UTC().Add(-time.Hour).Format(time.RFC3339), "zone": "Europe/Vienna", "reason": "the administrator saw it"}
	return []step{
		{id: "report-incident", body: object{"title": "Files cannot be opened", "text": "A note asks for money.", "zone": "Europe/Vienna"}, want: 201, keep: "incident"},
		{id: "list-incidents"},
		{id: "triage-incident", body: object{"kind": "incident", "state": "open", "reason": "confirmed"}, want: 204},
		{id: "set-incident-time", body: aware, want: 204},
		{id: "set-incident-fact", body: object{"text": "Servers are encrypted."}, want: 204},
		{id: "set-incident-criterion", body: object{"value": "unknown"}, want: 204},
		{id: "judge-incident"},
		{id: "decide-incident", body: object{"significant": true, "reason": "customers cannot work"}, want: 204},
		{id: "add-incident-line", body: object{"kind": "action", "text": "The servers were taken off the network."}, want: 204},
		{id: "propose-obligations"},
		{id: "add-obligation", body: object{"regime": "contract", "country": "AT", "partner": "Customer", "terms": object{"notice": object{"period": "PT24H", "from": "aware_at"}}}, want: 201},
		{id: "add-obligation", body: object{"regime": "nis2", "country": "AT"}, want: 201, keep: "obligation"},
		{id: "apply-obligation", body: object{"applies": "yes"}, want: 204},
		{id: "set-obligation-time", body: aware, want: 204},
		{id: "begin-report", body: func() any { return object{"obligation": w.ids["obligation"], "stage": "early_warning"} }, want: 201, keep: "report"},
		{id: "begin-report", body: func() any { return object{"obligation": w.ids["obligation"], "stage": "incident_notification"} }, want: 201},
		{id: "get-incident-report"},
		{id: "set-report-field", body: object{"value": object{"text": "Servers of customers are encrypted."}}, want: 204},
		{id: "approve-report", want: 403}, // its writer
		{id: "submit-report", body: object{"channel": "phone", "bypass": "nobody else is awake"}, want: 422},
		{id: "submit-report", body: w.answered, want: 204},
		{id: "get-incident-report"},
		{id: "receive-answer", body: object{"at": time.Now().UTC().Format(time.RFC3339), "reference": "CERT-1", "receipt": "by phone"}, want: 204},
		{id: "begin-report", body: func() any { return object{"obligation": w.ids["obligation"], "stage": "final_report"} }, want: 201, keep: "report"},
		{id: "withdraw-report", want: 204},
		{id: "get-incident"},
		{id: "get-alarm-channels"}, {id: "set-alarm-channels", body: object{"mail": true, "url": "https://alarms.example.org/nisaba"}},
	}
}

// answered says of every field that keeps the report back that it is not known, and
// is the body that then sends it.
func (w *world) answered() any {
	at := "/api/v1/organisations/" + w.ids["organisation"] + "/incidents/" + w.ids["incident"]
	_, _, b := w.send(w.owner, "GET", at+"/reports/"+w.ids["report"], nil, nil)
	var sheet struct{ Missing []string }
	check(w.t, json.Unmarshal(b, &sheet))
	if len(sheet.Missing) == 0 {
		w.t.Errorf("nothing was missing: %s", b)
	}
	for _, field := range sheet.Missing {
		if status, _, b := w.send(w.owner, "PUT", at+"/facts/"+field, object{"unknown": true}, nil); status != 204 {
			w.t.Errorf("%s is not known: %d %s", field, status, b)
		}
	}
	return object{"channel": "phone", "bypass": "nobody else is awake"}
}
