package contract_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/contract"
)

// clockCase is one line and what must come out. Times are RFC 3339 or empty for
// null; "" as status is not compared.
type clockCase struct {
	name, in                string
	strict, legal, extended string
	status                  string
	projected               bool
}

// berlin completes a line of the form {…} with the zone and country of Berlin.
func berlin(fields string) string {
	return `{"id":"x","tz":"Europe/Berlin","country":"DE",` + fields + `}`
}

func nis2(stage, inputs string) string {
	return berlin(`"regime":"nis2","stage":"` + stage + `","inputs":{` + inputs + `}`)
}

// The worked examples: elapsed hours, clamped months, Regulation (EEC, Euratom)
// No 1182/71 Arts. 2 and 3, changes of the clocks.
var workedExamples = []clockCase{
	{"24 h plain", nis2("early_warning", `"aware_at":"2026-06-10T10:20:00Z"`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"exactly on the hour", nis2("early_warning", `"aware_at":"2026-06-10T10:00:00Z"`), "2026-06-11T10:00:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"24 h over the change to summer time", nis2("early_warning", `"aware_at":"2026-03-28T14:00:00+01:00"`), "2026-03-29T15:00:00+02:00", "2026-03-29T14:00:00Z", "", "open", false},
	{"24 h over the change back", nis2("early_warning", `"aware_at":"2026-10-24T14:00:00+02:00"`), "2026-10-25T13:00:00+01:00", "2026-10-25T13:00:00Z", "", "open", false},
	{"second 02:30 of the autumn night", nis2("early_warning", `"aware_at":"2026-10-25T02:30:00+01:00"`), "2026-10-26T01:30:00Z", "2026-10-26T02:00:00Z", "", "open", false},
	{"72 h over Christmas", nis2("incident_notification", `"aware_at":"2026-12-24T20:00:00+01:00"`), "2026-12-27T20:00:00+01:00", "2026-12-27T21:00:00+01:00", "", "open", false},
	{"month end", nis2("final_report", `"notification_submitted_at":"2027-01-31T15:00:00+01:00"`), "2027-02-28T15:00:00+01:00", "2027-03-02T00:00:00+01:00", "", "open", false},
	{"leap year", nis2("final_report", `"notification_submitted_at":"2028-01-31T15:00:00+01:00"`), "2028-02-29T15:00:00+01:00", "2028-03-01T00:00:00+01:00", "", "open", false},
	{"month into the gap, Easter", nis2("final_report", `"notification_submitted_at":"2027-02-28T02:30:00+01:00"`), "2027-03-28T03:00:00+02:00", "2027-03-31T00:00:00+02:00", "", "open", false},
	{"the day in Berlin, not in UTC", nis2("final_report", `"notification_submitted_at":"2026-03-30T22:30:00Z"`), "2026-04-30T00:30:00+02:00", "2026-05-01T00:00:00+02:00", "", "open", false},
	{"24 December is a working day in DE", nis2("final_report", `"notification_submitted_at":"2026-11-24T11:00:00+01:00"`), "2026-12-24T11:00:00+01:00", "2026-12-25T00:00:00+01:00", "", "open", false},
	{"24 December is a holiday in PL", `{"id":1,"regime":"nis2","stage":"final_report","tz":"Europe/Warsaw","country":"PL","inputs":{"notification_submitted_at":"2026-11-24T11:00:00+01:00"}}`, "2026-12-24T11:00:00+01:00", "2026-12-29T00:00:00+01:00", "", "open", false},
	{"trust service", berlin(`"regime":"nis2","stage":"incident_notification","trust_service":true,"inputs":{"aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"DORA Saturday", berlin(`"regime":"dora","stage":"initial_notification","inputs":{"aware_at":"2026-06-13T08:00:00Z","classified_at":"2026-06-13T09:00:00Z"}`), "2026-06-13T13:00:00Z", "2026-06-13T14:00:00Z", "2026-06-15T12:00:00+02:00", "open", false},
	{"DORA Saturday, exempt", berlin(`"regime":"dora","stage":"initial_notification","art5_5_exempt":true,"inputs":{"aware_at":"2026-06-13T08:00:00Z","classified_at":"2026-06-13T09:00:00Z"}`), "2026-06-13T13:00:00Z", "2026-06-13T14:00:00Z", "", "open", false},
	{"CRA 14 days over the change", berlin(`"regime":"cra_vulnerability","stage":"final_report","inputs":{"measure_available_at":"2026-10-20T15:00:00+02:00"}`), "2026-11-03T15:00:00+01:00", "2026-11-04T00:00:00+01:00", "", "open", false},
}

// Which event starts which clock, and what happens while it has not.
var anchors = []clockCase{
	{"72 h from awareness although the early warning was late", nis2("incident_notification", `"aware_at":"2026-06-10T10:20:00Z","early_warning_submitted_at":"2026-06-12T09:00:00Z"`), "2026-06-13T10:20:00Z", "2026-06-13T11:00:00Z", "", "open", false},
	{"awareness, not detection or occurrence", nis2("early_warning", `"occurred_at":"2026-06-01T00:00:00Z","detected_at":"2026-06-09T00:00:00Z","aware_at":"2026-06-10T10:20:00Z"`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"not aware", nis2("early_warning", `"detected_at":"2026-06-10T02:00:00Z","aware_at":null`), "", "", "", "clock_not_started", false},
	{"not significant", nis2("early_warning", `"aware_at":"2026-06-10T10:20:00Z","significant":false`), "", "", "", "voluntary", false},
	{"significance not known", nis2("early_warning", `"aware_at":"2026-06-10T10:20:00Z","significant":null`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"final projected from 72 h", nis2("final_report", `"aware_at":"2026-06-10T10:20:00Z"`), "2026-07-13T12:20:00+02:00", "2026-07-14T00:00:00+02:00", "", "open", true},
	{"final projected, only the early warning sent", nis2("final_report", `"aware_at":"2026-06-10T10:20:00Z","early_warning_submitted_at":"2026-06-11T10:00:00Z"`), "2026-07-13T12:20:00+02:00", "2026-07-14T00:00:00+02:00", "", "open", true},
	{"final projected for a trust service", berlin(`"regime":"nis2","stage":"final_report","trust_service":true,"inputs":{"aware_at":"2026-06-10T10:20:00Z"}`), "2026-07-11T12:20:00+02:00", "2026-07-14T00:00:00+02:00", "", "open", true},
	{"final without awareness", nis2("final_report", `"aware_at":null`), "", "", "", "clock_not_started", false},
	{"handled before the due date", nis2("final_report", `"notification_submitted_at":"2026-06-12T08:00:00Z","handled_at":"2026-07-01T08:00:00Z"`), "2026-07-12T10:00:00+02:00", "2026-07-14T00:00:00+02:00", "", "open", false},
	{"handled after the due date", nis2("final_report", `"notification_submitted_at":"2026-06-12T08:00:00Z","handled_at":"2026-07-31T08:00:00Z"`), "2026-08-31T10:00:00+02:00", "2026-09-01T00:00:00+02:00", "", "open", false},
	{"progress at the due date", nis2("progress_report", `"notification_submitted_at":"2026-06-12T08:00:00Z","handled_at":null`), "2026-07-12T10:00:00+02:00", "2026-07-14T00:00:00+02:00", "", "open", false},
	{"progress not owed", nis2("progress_report", `"notification_submitted_at":"2026-06-12T08:00:00Z","handled_at":"2026-07-01T08:00:00Z"`), "", "", "", "clock_not_started", false},
	{"ongoing, progress sent, not handled", nis2("final_report", `"notification_submitted_at":"2026-06-12T08:00:00Z","progress_submitted_at":"2026-07-12T07:00:00Z","handled_at":null`), "", "", "", "clock_not_started", false},
	{"ongoing, progress sent, handled", nis2("final_report", `"notification_submitted_at":"2026-06-12T08:00:00Z","progress_submitted_at":"2026-07-12T07:00:00Z","handled_at":"2026-07-20T08:00:00Z"`), "2026-08-20T10:00:00+02:00", "2026-08-21T00:00:00+02:00", "", "open", false},
	{"intermediate set by the authority", nis2("intermediate_report", `"requested_at":"2026-06-12T08:00:00Z","due_set_by_authority":"2026-06-15T12:00:00+02:00"`), "2026-06-15T12:00:00+02:00", "", "", "open", false},
	{"intermediate asked for, no day", nis2("intermediate_report", `"requested_at":"2026-06-12T08:00:00Z"`), "", "", "", "open", false},
	{"intermediate not asked for", nis2("intermediate_report", `"aware_at":"2026-06-10T10:20:00Z"`), "", "", "", "clock_not_started", false},
	{"GDPR 72 h", berlin(`"regime":"gdpr","stage":"breach_notification","inputs":{"aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-13T10:20:00Z", "2026-06-13T11:00:00Z", "", "open", false},
	{"DORA capped by awareness", berlin(`"regime":"dora","stage":"initial_notification","inputs":{"aware_at":"2026-06-09T08:10:00Z","classified_at":"2026-06-10T06:30:00Z"}`), "2026-06-10T08:10:00Z", "2026-06-10T09:00:00Z", "", "open", false},
	{"DORA classified exactly 24 h after awareness", berlin(`"regime":"dora","stage":"initial_notification","inputs":{"aware_at":"2026-06-09T08:10:00Z","classified_at":"2026-06-10T08:10:00Z"}`), "2026-06-10T08:10:00Z", "2026-06-10T09:00:00Z", "", "open", false},
	{"DORA classified late", berlin(`"regime":"dora","stage":"initial_notification","inputs":{"aware_at":"2026-06-09T08:10:00Z","classified_at":"2026-06-10T08:10:01Z"}`), "2026-06-10T12:10:01Z", "2026-06-10T13:00:00Z", "", "open", false},
	{"DORA not classified", berlin(`"regime":"dora","stage":"initial_notification","inputs":{"aware_at":"2026-06-09T08:10:00Z"}`), "", "", "", "clock_not_started", false},
	{"DORA intermediate from the submission", berlin(`"regime":"dora","stage":"intermediate_report","inputs":{"aware_at":"2026-06-09T08:10:00Z","classified_at":"2026-06-09T09:00:00Z","initial_submitted_at":"2026-06-09T10:00:00Z"}`), "2026-06-12T10:00:00Z", "2026-06-12T11:00:00Z", "", "open", false},
	{"DORA intermediate on Sunday", berlin(`"regime":"dora","stage":"intermediate_report","inputs":{"initial_submitted_at":"2026-06-11T10:00:00Z"}`), "2026-06-14T10:00:00Z", "2026-06-14T11:00:00Z", "2026-06-15T10:00:00Z", "open", false},
	{"DORA final from the latest intermediate, exempt keeps the relief", berlin(`"regime":"dora","stage":"final_report","art5_5_exempt":true,"inputs":{"latest_intermediate_submitted_at":"2026-06-12T10:00:00Z"}`), "2026-07-12T12:00:00+02:00", "2026-07-14T00:00:00+02:00", "2026-07-13T12:00:00+02:00", "open", false},
	{"DORA bank holiday", berlin(`"regime":"dora","stage":"final_report","inputs":{"latest_intermediate_submitted_at":"2026-04-01T10:00:00Z"}`), "2026-05-01T12:00:00+02:00", "2026-05-05T00:00:00+02:00", "2026-05-04T12:00:00+02:00", "open", false},
	{"CRA vulnerability early warning", berlin(`"regime":"cra_vulnerability","stage":"early_warning","inputs":{"aware_at":"2026-10-20T15:00:00+02:00"}`), "2026-10-21T13:00:00Z", "2026-10-21T14:00:00Z", "", "open", false},
	{"CRA vulnerability notification", berlin(`"regime":"cra_vulnerability","stage":"vulnerability_notification","inputs":{"aware_at":"2026-10-20T15:00:00+02:00"}`), "2026-10-23T13:00:00Z", "2026-10-23T14:00:00Z", "", "open", false},
	{"CRA final waits for the measure", berlin(`"regime":"cra_vulnerability","stage":"final_report","inputs":{"aware_at":"2026-10-20T15:00:00+02:00","measure_available_at":null}`), "", "", "", "waiting_for_measure", false},
	{"CRA incident final from the notification", berlin(`"regime":"cra_incident","stage":"final_report","inputs":{"aware_at":"2026-10-20T15:00:00+02:00","notification_submitted_at":"2026-10-22T08:00:00+02:00"}`), "2026-11-22T08:00:00+01:00", "2026-11-24T00:00:00+01:00", "", "open", false},
	{"CRA incident final projected", berlin(`"regime":"cra_incident","stage":"final_report","inputs":{"aware_at":"2026-10-20T15:00:00+02:00"}`), "2026-11-23T15:00:00+01:00", "2026-11-24T00:00:00+01:00", "", "open", true},
	{"CER initial", berlin(`"regime":"cer","stage":"initial_notification","inputs":{"aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"CER detailed", berlin(`"regime":"cer","stage":"detailed_report","inputs":{"aware_at":"2026-06-10T10:20:00Z","initial_submitted_at":"2026-06-10T20:00:00Z"}`), "2026-07-10T22:00:00+02:00", "2026-07-11T00:00:00+02:00", "", "open", false},
	{"eIDAS qualified counts from the incident", berlin(`"regime":"eidas","stage":"notification","qualified":true,"inputs":{"occurred_at":"2026-06-10T01:00:00Z","aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-11T01:00:00Z", "2026-06-11T02:00:00Z", "", "open", false},
	{"eIDAS non-qualified counts from awareness", berlin(`"regime":"eidas","stage":"notification","qualified":false,"inputs":{"occurred_at":"2026-06-10T01:00:00Z","aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"eIDAS unknown which: the earlier", berlin(`"regime":"eidas","stage":"notification","inputs":{"occurred_at":"2026-06-10T01:00:00Z","aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-11T01:00:00Z", "2026-06-11T02:00:00Z", "", "open", false},
	{"ePrivacy counts from detection", berlin(`"regime":"eprivacy","stage":"breach_notification","inputs":{"detected_at":"2026-06-10T10:20:00Z"}`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"data subjects: no outer limit", berlin(`"regime":"gdpr","stage":"data_subject_communication","inputs":{"aware_at":"2026-06-10T10:20:00Z"}`), "", "", "", "open", false},
}

var statuses = []clockCase{
	{"sent at the deadline", nis2("early_warning", `"aware_at":"2026-06-10T10:20:00Z","submitted_at":"2026-06-11T10:20:00Z"`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "on_time", false},
	{"sent a millisecond after", nis2("early_warning", `"aware_at":"2026-06-10T10:20:00Z","submitted_at":"2026-06-11T10:20:00.001Z"`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "late_strict_within_legal", false},
	{"sent a millisecond before the legal end", nis2("early_warning", `"aware_at":"2026-06-10T10:20:00Z","submitted_at":"2026-06-11T10:59:59.999Z"`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "late_strict_within_legal", false},
	{"sent at the legal end", nis2("early_warning", `"aware_at":"2026-06-10T10:20:00Z","submitted_at":"2026-06-11T11:00:00Z"`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "late", false},
	{"sent before awareness", nis2("early_warning", `"aware_at":"2026-06-10T10:20:00Z","submitted_at":"2026-06-10T09:00:00Z"`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "on_time", false},
	{"the stage's own submission by its name", nis2("incident_notification", `"aware_at":"2026-06-10T10:20:00Z","notification_submitted_at":"2026-06-14T10:20:00Z"`), "2026-06-13T10:20:00Z", "2026-06-13T11:00:00Z", "", "late", false},
	{"final late but within the legal period", nis2("final_report", `"notification_submitted_at":"2027-01-31T15:00:00+01:00","submitted_at":"2027-03-01T10:00:00+01:00"`), "2027-02-28T15:00:00+01:00", "2027-03-02T00:00:00+01:00", "", "late_strict_within_legal", false},
	{"now at the deadline", berlin(`"regime":"nis2","stage":"early_warning","now":"2026-06-11T10:20:00Z","inputs":{"aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"now after it", berlin(`"regime":"nis2","stage":"early_warning","now":"2026-06-11T10:20:01Z","inputs":{"aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "overdue", false},
	{"final overdue", berlin(`"regime":"nis2","stage":"final_report","now":"2026-08-01T00:00:00Z","inputs":{"notification_submitted_at":"2026-06-12T08:00:00Z"}`), "2026-07-12T10:00:00+02:00", "2026-07-14T00:00:00+02:00", "", "overdue", false},
	{"known to be ongoing after the due date", berlin(`"regime":"nis2","stage":"final_report","now":"2026-08-01T00:00:00Z","inputs":{"notification_submitted_at":"2026-06-12T08:00:00Z","handled_at":null}`), "", "", "", "clock_not_started", false},
	{"DORA relief used", berlin(`"regime":"dora","stage":"initial_notification","inputs":{"aware_at":"2026-06-13T08:00:00Z","classified_at":"2026-06-13T09:00:00Z","submitted_at":"2026-06-15T10:00:00Z"}`), "2026-06-13T13:00:00Z", "2026-06-13T14:00:00Z", "2026-06-15T10:00:00Z", "late_strict_within_legal", false},
	{"DORA relief missed", berlin(`"regime":"dora","stage":"initial_notification","inputs":{"aware_at":"2026-06-13T08:00:00Z","classified_at":"2026-06-13T09:00:00Z","submitted_at":"2026-06-15T10:00:01Z"}`), "2026-06-13T13:00:00Z", "2026-06-13T14:00:00Z", "2026-06-15T10:00:00Z", "late", false},
}

// National deviations, explicit holidays, local times.
var variations = []clockCase{
	{"six hours", berlin(`"regime":"nis2","stage":"early_warning","profile":{"early_warning":{"period":"PT6H","from":"aware_at"}},"inputs":{"aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-10T16:20:00Z", "2026-06-10T17:00:00Z", "", "open", false},
	{"from detection", berlin(`"regime":"nis2","stage":"early_warning","profile":{"early_warning":{"from":"detected_at"}},"inputs":{"detected_at":"2026-06-10T08:20:00Z","aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-11T08:20:00Z", "2026-06-11T09:00:00Z", "", "open", false},
	{"30 days", berlin(`"regime":"nis2","stage":"final_report","profile":{"final_report":{"period":"P30D","from":"notification_submitted_at"}},"inputs":{"notification_submitted_at":"2026-10-12T08:00:00+02:00"}`), "2026-11-11T08:00:00+01:00", "2026-11-12T00:00:00+01:00", "", "open", false},
	{"30 days after handling", berlin(`"regime":"nis2","stage":"final_report","profile":{"final_report":{"period":"P30D","from":"handled_at"}},"inputs":{"notification_submitted_at":"2026-01-12T08:00:00Z","handled_at":"2026-10-12T08:00:00+02:00"}`), "2026-11-11T08:00:00+01:00", "2026-11-12T00:00:00+01:00", "", "open", false},
	{"72 h from the early warning", berlin(`"regime":"nis2","stage":"incident_notification","profile":{"incident_notification":{"period":"PT72H","from":"early_warning_submitted_at"}},"inputs":{"aware_at":"2026-06-10T10:20:00Z","early_warning_submitted_at":"2026-06-11T10:00:00Z"}`), "2026-06-14T10:00:00Z", "2026-06-14T11:00:00Z", "", "open", false},
	{"72 h from the early warning, projected", berlin(`"regime":"nis2","stage":"incident_notification","profile":{"incident_notification":{"period":"PT72H","from":"early_warning_submitted_at"}},"inputs":{"aware_at":"2026-06-10T10:20:00Z"}`), "2026-06-14T10:20:00Z", "2026-06-14T11:00:00Z", "", "open", true},
	{"30 working days", berlin(`"regime":"nis2","stage":"final_report","profile":{"final_report":{"period":"P3B","from":"handled_at"}},"inputs":{"handled_at":"2026-12-23T08:00:00+01:00"}`), "2026-12-29T08:00:00+01:00", "2026-12-30T00:00:00+01:00", "", "open", false},
	{"trust service keeps 24 h", berlin(`"regime":"nis2","stage":"incident_notification","trust_service":true,"profile":{"incident_notification":{"period":"PT72H","from":"detected_at"}},"inputs":{"detected_at":"2026-06-10T10:20:00Z"}`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"circular profile", berlin(`"regime":"nis2","stage":"early_warning","profile":{"early_warning":{"period":"PT1H","from":"notification_submitted_at"},"incident_notification":{"period":"PT1H","from":"early_warning_submitted_at"}},"inputs":{}`), "", "", "", "clock_not_started", false},
	{"listed holidays replace the country's", `{"id":"h","regime":"nis2","stage":"final_report","tz":"Europe/Berlin","country":"DE","holidays":["2027-03-01"],"inputs":{"notification_submitted_at":"2027-01-31T15:00:00+01:00"}}`, "2027-02-28T15:00:00+01:00", "2027-03-03T00:00:00+01:00", "", "open", false},
	{"no holidays at all", `{"id":"h","regime":"nis2","stage":"final_report","tz":"Europe/Berlin","country":"DE","holidays":[],"inputs":{"notification_submitted_at":"2026-11-25T15:00:00+01:00"}}`, "2026-12-25T15:00:00+01:00", "2026-12-26T00:00:00+01:00", "", "open", false},
	{"EL is Greece, Orthodox Easter", `{"id":"h","regime":"nis2","stage":"final_report","tz":"Europe/Athens","country":"EL","inputs":{"notification_submitted_at":"2026-03-10T10:00:00+02:00"}}`, "2026-04-10T10:00:00+03:00", "2026-04-15T00:00:00+03:00", "", "open", false},
	{"local time", nis2("early_warning", `"aware_at":"2026-06-10T12:20:00"`), "2026-06-11T10:20:00Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"local time that exists twice: the earlier", nis2("early_warning", `"aware_at":"2026-10-25T02:30:00"`), "2026-10-26T00:30:00Z", "2026-10-26T01:00:00Z", "", "open", false},
	{"milliseconds are kept", nis2("early_warning", `"aware_at":"2026-06-10T10:20:30.250Z"`), "2026-06-11T10:20:30.250Z", "2026-06-11T11:00:00Z", "", "open", false},
	{"midnight in the gap of the Azores", `{"id":"z","regime":"nis2","stage":"final_report","tz":"Atlantic/Azores","inputs":{"notification_submitted_at":"2026-02-28T00:30:00-01:00"}}`, "2026-03-28T00:30:00-01:00", "2026-03-31T00:00:00+00:00", "", "open", false},
}

func TestClocks(t *testing.T) {
	for group, cases := range map[string][]clockCase{"worked": workedExamples, "anchors": anchors, "status": statuses, "variations": variations} {
		for _, tc := range cases {
			t.Run(group+"/"+tc.name, func(t *testing.T) { tc.check(t, clocksOut(t, tc.in)) })
		}
	}
}

func (tc clockCase) check(t *testing.T, got map[string]any) {
	t.Helper()
	sameInstant(t, "strict", got["strict"], tc.strict)
	sameInstant(t, "legal_end_excl", got["legal_end_excl"], tc.legal)
	sameInstant(t, "extended", got["extended"], tc.extended)
	if got["status"] != tc.status || got["projected"] != tc.projected {
		t.Errorf("status %v, projected %v; want %v, %v", got["status"], got["projected"], tc.status, tc.projected)
	}
	if t.Failed() {
		t.Logf("input %s\noutput %v", tc.in, got)
	}
}

func sameInstant(t *testing.T, field string, got any, want string) {
	t.Helper()
	if want == "" {
		if got != nil {
			t.Errorf("%s is %v, want null", field, got)
		}
		return
	}
	text, _ := got.(string)
	g, err := time.Parse(time.RFC3339Nano, text)
	w, wantErr := time.Parse(time.RFC3339Nano, want)
	if wantErr != nil {
		t.Fatal(wantErr)
	}
	if err != nil || !g.Equal(w) {
		t.Errorf("%s is %v, want %s", field, got, want)
	}
}

// clocksOut answers one line and decodes the answer.
func clocksOut(t *testing.T, line string, whatIf ...string) map[string]any {
	t.Helper()
	var out bytes.Buffer
	if _, err := contract.Run(strings.NewReader(line+"\n"), &out, contract.NewClocks(whatIf...).Answer); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%s: %v", out.Bytes(), err)
	}
	return got
}

func TestClocksShape(t *testing.T) {
	var out bytes.Buffer
	line := nis2("early_warning", `"aware_at":"2026-06-10T10:20:00Z"`)
	ok, err := contract.Run(strings.NewReader(line), &out, contract.NewClocks().Answer)
	const want = `{"id":"x","strict":"2026-06-11T12:20:00+02:00","legal_end_excl":"2026-06-11T13:00:00+02:00","extended":null,"status":"open","projected":false}` + "\n"
	if !ok || err != nil || out.String() != want {
		t.Errorf("got %v %v %s want %s", ok, err, out.String(), want)
	}
}

func TestClocksErrors(t *testing.T) {
	for _, tc := range []struct{ name, in, code, field string }{
		{"typed time in the gap", nis2("early_warning", `"aware_at":"2026-03-29T02:30:00"`), "invalid_value", "inputs.aware_at"},
		{"present in the gap", berlin(`"regime":"nis2","stage":"early_warning","now":"2026-03-29T02:00:00","inputs":{}`), "invalid_value", "now"},
		{"unknown field", berlin(`"regime":"nis2","stage":"early_warning","inputs":{},"extra":1`), "unknown_field", "extra"},
		{"unknown input", nis2("early_warning", `"noticed_at":"2026-06-10T10:20:00Z"`), "unknown_field", "inputs.noticed_at"},
		{"day without time", nis2("early_warning", `"aware_at":"2026-06-10"`), "invalid_value", "inputs.aware_at"},
		{"day that does not exist", nis2("early_warning", `"aware_at":"2026-02-30T10:00:00Z"`), "invalid_value", "inputs.aware_at"},
		{"hour 24", nis2("early_warning", `"aware_at":"2026-02-20T24:00:00Z"`), "invalid_value", "inputs.aware_at"},
		{"number as instant", nis2("early_warning", `"aware_at":1781086800`), "wrong_type", "inputs.aware_at"},
		{"text as boolean", nis2("early_warning", `"significant":"no"`), "wrong_type", "inputs.significant"},
		{"no zone", `{"id":1,"regime":"nis2","stage":"early_warning","inputs":{}}`, "missing_field", "tz"},
		{"invented zone", `{"id":1,"regime":"nis2","stage":"early_warning","tz":"Europe/Atlantis","inputs":{}}`, "invalid_value", "tz"},
		{"the machine's zone", `{"id":1,"regime":"nis2","stage":"early_warning","tz":"Local","inputs":{}}`, "invalid_value", "tz"},
		{"no regime", `{"id":1,"stage":"early_warning","tz":"UTC"}`, "missing_field", "regime"},
		{"invented regime", `{"id":1,"regime":"nis3","stage":"early_warning","tz":"UTC"}`, "invalid_value", "regime"},
		{"stage of another regime", `{"id":1,"regime":"gdpr","stage":"early_warning","tz":"UTC"}`, "invalid_value", "stage"},
		{"not a Member State", `{"id":1,"regime":"gdpr","stage":"breach_notification","tz":"UTC","country":"US"}`, "invalid_value", "country"},
		{"bad holiday", `{"id":1,"regime":"gdpr","stage":"breach_notification","tz":"UTC","holidays":["24.12.2026"]}`, "invalid_value", "holidays"},
		{"bad period", berlin(`"regime":"nis2","stage":"early_warning","profile":{"early_warning":{"period":"24h"}}`), "invalid_value", "profile.early_warning.period"},
		{"negative period", berlin(`"regime":"nis2","stage":"early_warning","profile":{"early_warning":{"period":"-PT24H"}}`), "invalid_value", "profile.early_warning.period"},
		{"bad anchor", berlin(`"regime":"nis2","stage":"early_warning","profile":{"early_warning":{"from":"noticed_at"}}`), "invalid_value", "profile.early_warning.from"},
		{"profile of an invented stage", berlin(`"regime":"nis2","stage":"early_warning","profile":{"warning":{}}`), "unknown_field", "profile.warning"},
		{"profile that is a text", berlin(`"regime":"nis2","stage":"early_warning","profile":"DE"`), "wrong_type", "profile"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			problem, _ := clocksOut(t, tc.in)["error"].(map[string]any)
			if problem["code"] != tc.code || problem["field"] != tc.field || problem["message"] == "" {
				t.Errorf("%s: got %v, want %s on %s", tc.in, problem, tc.code, tc.field)
			}
		})
	}
}

// The Digital Omnibus is a proposal: 96 hours only when asked for, and labelled.
func TestClocksWhatIf(t *testing.T) {
	line := berlin(`"regime":"gdpr","stage":"breach_notification","inputs":{"aware_at":"2026-06-10T10:20:00Z"}`)
	got := clocksOut(t, line, "com-2025-837")
	sameInstant(t, "strict", got["strict"], "2026-06-14T10:20:00Z")
	if got["not_in_force"] != "com-2025-837" {
		t.Errorf("a proposal must be labelled: %v", got)
	}
	if _, labelled := clocksOut(t, line)["not_in_force"]; labelled {
		t.Error("law in force must not be labelled as a proposal")
	}
}

func FuzzClocks(f *testing.F) {
	for _, tc := range workedExamples {
		f.Add(tc.in)
	}
	f.Add(`{"id":null,"regime":"nis2","stage":"final_report","tz":"Atlantic/Azores","now":"2026-03-29T00:30","inputs":{"handled_at":null},"profile":{"final_report":{"period":"P30B"}}}`)
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\n\r") {
			t.Skip()
		}
		var out bytes.Buffer
		if _, err := contract.Run(strings.NewReader(line), &out, contract.NewClocks().Answer); err != nil {
			t.Fatal(err)
		}
		if out.Len() > 0 && (!json.Valid(out.Bytes()) || bytes.Count(out.Bytes(), []byte("\n")) != 1) {
			t.Errorf("%q gives %q", line, out.String())
		}
	})
}
