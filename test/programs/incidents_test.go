package programs

import (
	"encoding/json"
	"time"
)

// incidentSteps play a case from the first word to the authority's receipt.
func (w *world) incidentSteps() []step {
	aware := object{"at": time.Now().UTC().Add(-time.Hour).Format(time.RFC3339), "zone": "Europe/Vienna", "reason": "the administrator saw it"}
	real := ""
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
		{id: "get-handling"}, {id: "add-indicators", body: object{"indicators": "hxxps://evil[.]example/a", "tlp": "RED"}},
		{id: "list-indicators"},
		{id: "read-indicator-list", query: "?name=list.txt", body: []byte("evil.example\nnothing\n"), want: 201, keep: "part"},
		{id: "add-indicator-list", body: object{"tlp": "GREEN"}, want: 202}, {id: "remove-indicator-list", want: 409}, {id: "remove-indicator", want: 404},
		{id: "add-affected", body: object{"kind": "asset", "name": "Server", "condition": "affected"}, want: 201, keep: "part"},
		{id: "change-affected", body: object{"version": 1, "kind": "asset", "name": "Server", "condition": "restored"}}, {id: "remove-affected", want: 204},
		{id: "take-exhibit", query: "?name=mail.eml&who=Anna&where=safe", body: []byte("From: evil"), want: 201, keep: "part"},
		{id: "pass-exhibit-on", body: object{"action": "examined", "who": "Lab", "where": "Vienna"}, want: 204}, {id: "get-exhibit"}, {id: "check-exhibit"}, {id: "correct-incident-line", body: object{"text": "x", "reason": "wrong"}, want: 404},
		{id: "record-information", body: object{"whom": "All", "count": 3, "text": "Change passwords.", "about": "threat"}, want: 201, keep: "part"},
		{id: "change-information", body: object{"version": 1, "reason": "wrong number", "whom": "All", "count": 5, "text": "Change passwords.", "about": "threat"}, want: 204}, {id: "strike-information", body: object{"reason": "not sent"}, want: 204},
		{id: "add-cost", body: object{"what": "Work", "cents": 100, "currency": "EUR"}, want: 201, keep: "part"}, {id: "change-cost", body: object{"version": 1, "reason": "the invoice", "what": "Work", "cents": 200, "currency": "EUR"}, want: 204}, {id: "strike-cost", body: object{"reason": "twice"}, want: 204},
		{id: "add-lesson", body: object{"title": "Block macros"}, want: 201, keep: "part"}, {id: "set-incident-step", body: object{"state": "done"}, want: 204},
		{id: "start-playbook", want: 404}, {id: "merge-incident", body: object{"into": "x", "reason": "same"}, want: 404},
		{id: "unmerge-incident", body: object{"reason": "not the same"}, want: 409},
		{id: "split-incident", body: object{"title": "Another", "reason": "another attacker"}, want: 201},
		{id: "list-playbooks"}, {id: "add-playbook", body: object{"copy": "ddos"}, want: 201, keep: "playbook"},
		{id: "add-playbook-step", body: object{"title": "Call", "phase": "report"}, want: 204}, {id: "change-playbook-step", body: object{"title": "Call again", "phase": "report", "place": 1}, want: 404},
		{id: "rename-playbook", body: object{"title": "Ours"}, want: 204}, {id: "remove-playbook-step", want: 204}, {id: "remove-playbook", want: 204},
		{id: "move-exercise-clock", body: object{"minutes": 5}, want: 404}, // of a real case
		{id: "begin-exercise", body: func() any {
			real = w.ids["incident"]
			return object{"title": "Drill", "playbook": "ransomware", "injects": []object{{"after_minutes": 500, "text": "A call"}}}
		}, want: 201, keep: "incident"},
		{id: "list-exercises"}, {id: "move-exercise-clock", body: object{"minutes": 5}, want: 204}, {id: "add-inject", body: object{"after_minutes": 900, "text": "News"}, want: 204},
		{id: "give-inject", want: 204}, {id: "evaluate-exercise", body: object{"findings": []object{{"question": "warned", "grade": "met"}}}, want: 204},
		{id: "get-incident-statistics", query: "?from=2026-01-01&to=2030-12-31"}, {id: "get-all-incident-statistics", query: "?from=2026-01-01&to=2030-12-31"},
		{id: "add-contact", body: func() any {
			w.ids["incident"] = real
			return object{"role": "lead", "name": "Anna", "phone": "+43 1 2345678"}
		}, want: 204}, {id: "get-on-call"},
		{id: "set-rota", body: object{"order": []string{}}, want: 204}, {id: "remove-contact", swap: "person", want: 204},
		{id: "get-alarm-channels"}, {id: "set-alarm-channels", body: object{"mail": true, "url": "https://alarms.example.org/nisaba", "url_from": "4h"}},
		{id: "list-correspondence"}, {id: "answer-authority", swap: "person", body: object{"text": "By the VPN."}, want: 404}, {id: "fetch-correspondence", want: 204},
		{id: "try-alarm", want: 204}, {id: "get-alarm-reach"},
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
