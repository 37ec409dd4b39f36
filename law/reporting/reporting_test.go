package reporting_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

func forms(t *testing.T) *reporting.Set {
	t.Helper()
	s, err := reporting.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var today = law.MustDate("2026-11-28")

func nis2(t *testing.T) reporting.Form {
	t.Helper()
	f, ok := forms(t).Find(clocks.NIS2, clocks.EarlyWarning, "AT", today)
	if !ok {
		t.Fatal("no form of NIS2")
	}
	return f
}

// TestEarlyWarningAsksLittle: within 24 hours nothing is compulsory but what alerts,
// recital 102, and "not known" answers everything.
func TestEarlyWarningAsksLittle(t *testing.T) {
	f, values := nis2(t), reporting.Values{}
	missing := f.Missing(clocks.EarlyWarning, values)
	if len(missing) > 6 {
		t.Errorf("%d fields are required for the early warning", len(missing))
	}
	for _, m := range missing {
		values[m.ID] = reporting.Value{Unknown: true}
	}
	if left := f.Missing(clocks.EarlyWarning, values); len(left) != 0 {
		t.Errorf("unknown is no answer to %v", left)
	}
}

// TestConditions: the Member States are required once cross-border impact is
// stated, in the final report.
func TestConditions(t *testing.T) {
	f := nis2(t)
	for answer, want := range map[string]reporting.Need{"": reporting.Optional, "no": reporting.Optional, "yes": reporting.Required} {
		field, _ := f.Field("cross_border_states")
		if got := f.Need(field, clocks.FinalReport, reporting.Values{"cross_border": {Text: answer}}); got != want {
			t.Errorf("with %q: %s, want %s", answer, got, want)
		}
	}
}

// TestDORAFormIsWhole: every data field of Annex I of Implementing Regulation (EU)
// 2025/302 but the kind of submission, 1.1, which is the stage, is asked for; the part
// of the template says in which report at the latest; a criterion that is met makes
// its own fields required, and 4 hours ask for no more than the first two parts.
func TestDORAFormIsWhole(t *testing.T) {
	f, ok := forms(t).Find(clocks.DORA, clocks.FinalReport, "AT", today)
	if !ok {
		t.Fatal("no form of DORA")
	}
	from := map[int]clocks.Stage{1: clocks.InitialNotification, 2: clocks.InitialNotification, 3: clocks.IntermediateReport, 4: clocks.FinalReport}
	asked := map[string]bool{}
	for _, field := range f.Fields {
		part, first, last := 0, 0, 0
		for span := range strings.SplitSeq(field.Official, ", ") {
			begin, end, many := strings.Cut(span, "–")
			if _, err := fmt.Sscanf(begin, "%d.%d", &part, &first); field.Official != "" && err != nil {
				t.Fatalf("%s: %q is no number of the template", field.ID, field.Official)
			}
			last = first
			if many {
				if _, err := fmt.Sscanf(end, "%d.%d", &part, &last); err != nil {
					t.Fatalf("%s: %q is no number of the template", field.ID, field.Official)
				}
			}
			for n := first; n <= last; n++ {
				asked[fmt.Sprintf("%d.%d", part, n)] = true
			}
		}
		if field.Official != "" && f.Need(field, from[part], nil) == reporting.Hidden {
			t.Errorf("%s: %s does not ask for %s", field.ID, from[part], field.Official)
		}
		if part > 2 && f.Need(field, clocks.InitialNotification, nil) == reporting.Required {
			t.Errorf("%s: %s is required within 4 hours", field.ID, field.Official)
		}
	}
	for part, last := range map[int]int{1: 15, 2: 10, 3: 35, 4: 16} {
		for n := 1; n <= last; n++ {
			if at := fmt.Sprintf("%d.%d", part, n); at != "1.1" && !asked[at] {
				t.Errorf("%s is not asked for", at)
			}
		}
	}
	field, _ := f.Field("dora_reputation")
	for criterion, want := range map[string]reporting.Need{"duration": reporting.Optional, "reputation": reporting.Required} {
		values := reporting.Values{"dora_criteria": {List: []string{"critical_services", criterion}}}
		if got := f.Need(field, clocks.IntermediateReport, values); got != want {
			t.Errorf("with %s: %s, want %s", criterion, got, want)
		}
	}
}

func TestValues(t *testing.T) {
	f := nis2(t)
	for _, tc := range []struct {
		field string
		value reporting.Value
		ok    bool
	}{
		{"malicious", reporting.Value{Text: "yes"}, true}, {"malicious", reporting.Value{Text: "maybe"}, false},
		{"malicious", reporting.Value{Unknown: true}, true}, {"malicious", reporting.Value{Unknown: true, Text: "yes"}, false},
		{"users_affected", reporting.Value{Text: "1200"}, true}, {"users_affected", reporting.Value{Text: "-1"}, false},
		{"users_affected", reporting.Value{Text: "NaN"}, false}, {"users_affected", reporting.Value{Text: "Inf"}, false},
		{"users_affected_pct", reporting.Value{Text: "101"}, false}, {"loss", reporting.Value{Text: "125000.00 EUR"}, true},
		{"loss", reporting.Value{Text: "125000"}, false}, {"outage_from", reporting.Value{Text: "2026-03-29T03:10:00+02:00"}, true},
		{"outage_from", reporting.Value{Text: "29.3.2026"}, false}, {"cross_border_states", reporting.Value{List: []string{"AT", "DE"}}, true},
		{"cross_border_states", reporting.Value{List: []string{"XX"}}, false}, {"cross_border_states", reporting.Value{Text: "AT"}, false},
		{"reporter_email", reporting.Value{Text: "anna@example.org"}, true}, {"reporter_email", reporting.Value{Text: "Anna <anna@example.org>"}, false},
		{"reporter_phone", reporting.Value{Text: "+43 1 2345678"}, true}, {"reporter_phone", reporting.Value{Text: "call me"}, false},
		{"description", reporting.Value{Text: "a\x00b"}, false}, {"description", reporting.Value{Text: strings.Repeat("x", reporting.LongestText+1)}, false},
		{"tlp", reporting.Value{Text: "CLEAR"}, false}, {"severity", reporting.Value{Text: "high"}, true}, {"severity", reporting.Value{Text: "awful"}, false},
	} {
		field, ok := f.Field(tc.field)
		if !ok {
			t.Fatalf("no field %s", tc.field)
		}
		if err := field.Check(tc.value); (err == nil) != tc.ok {
			t.Errorf("%s = %+v: %v", tc.field, tc.value, err)
		}
	}
}

// TestChangesAndRedaction: what differs is listed once; what is withheld is named
// and gone; nothing else moves.
func TestChangesAndRedaction(t *testing.T) {
	f := nis2(t)
	rapid.Check(t, func(r *rapid.T) {
		draw := func(label string) reporting.Values {
			v := reporting.Values{}
			for _, field := range f.Fields {
				if field.Type == reporting.Text && rapid.Bool().Draw(r, label+field.ID) {
					v[field.ID] = reporting.Value{Text: rapid.SampledFrom([]string{"a", "b"}).Draw(r, label+"v"+field.ID)}
				}
			}
			return v
		}
		before, after := draw("before"), draw("after")
		for _, c := range f.Changes(before, after) {
			before[c.Field] = c.After
		}
		if left := f.Changes(before, after); len(left) != 0 {
			r.Fatalf("after applying the changes: %v", left)
		}
		withhold := []string{"reporter_name", "supplier"}
		kept, left := f.Redact(after, withhold)
		if len(kept)+len(left) != len(after) {
			r.Fatalf("%d kept, %d left out, of %d", len(kept), len(left), len(after))
		}
		for _, id := range withhold {
			if _, ok := kept[id]; ok {
				r.Fatalf("%s was not withheld", id)
			}
		}
	})
}

// TestBadForms: mistakes of form files are named.
func TestBadForms(t *testing.T) {
	const head = "id: x\nversion: 1\nregime: nis2\ntitle: t\nbasis: content\nsource: s\nchecked: 2026-11-28\nconfidence: verified\nstages: [early_warning]\nfields:\n"
	for name, tc := range map[string]struct{ text, says string }{
		"unknown field":  {head + "  - {id: a, colour: red}\n", "colour"},
		"unknown type":   {head + "  - {id: a, number: 1, type: poem, source: s, title: {en: a, de: a, fr: a}, stages: {early_warning: required}}\n", "poem"},
		"unknown stage":  {strings.Replace(head, "[early_warning]", "[party]", 1) + "  - {id: a, number: 1, type: text, source: s, title: {en: a, de: a, fr: a}, stages: {party: required}}\n", "party"},
		"no French":      {head + "  - {id: a, number: 1, type: text, source: s, title: {en: a, de: a}, stages: {early_warning: required}}\n", "fr"},
		"empty choice":   {head + "  - {id: a, number: 1, type: choice, source: s, title: {en: a, de: a, fr: a}, stages: {early_warning: required}}\n", "options"},
		"bad condition":  {head + "  - {id: a, number: 1, type: text, when: {field: b, is: [x]}, source: s, title: {en: a, de: a, fr: a}, stages: {early_warning: required}}\n", "condition"},
		"not even YAML":  {"[", "reports/x.yaml"},
		"nothing at all": {"{}", "required"},
		"no basis":       {strings.Replace(head, "basis: content\n", "", 1) + "  []\n", "basis"},
		"no source":      {strings.Replace(head, "source: s\n", "", 1) + "  []\n", "source"},
		"source of ours": {strings.Replace(head, "content", "own", 1) + "  []\n", "ours"},
	} {
		_, err := reporting.Load(fstest.MapFS{"reports/x.yaml": {Data: []byte(tc.text)}})
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFormsSayWhereTheyComeFrom: no form is unverified; those of agreements are ours; of the
// form of NIS2, what Art. 23(4) of the Directive names is not ours, and what no paragraph
// of it names is.
func TestFormsSayWhereTheyComeFrom(t *testing.T) {
	for _, f := range forms(t).All() {
		agreed := f.Regime == reporting.Contract || f.Regime == reporting.Insurer
		if (f.Basis == reporting.OfOurs) != agreed || f.Confidence == law.Unverified {
			t.Errorf("%s: %s, %s", f.ID, f.Basis, f.Confidence)
		}
		for _, x := range f.Fields {
			if x.Own && x.Official != "" && x.ID != "reporter_role" { // a part of 1.7 that the template does not name
				t.Errorf("%s, %s is ours and of the template", f.ID, x.ID)
			}
		}
	}
	// What the provision names is not ours; what it leaves to forms is.
	for regime, tc := range map[clocks.Regime]struct {
		stage       clocks.Stage
		named, ours string
	}{
		clocks.GDPR:             {clocks.BreachNotification, "description data_categories data_subjects data_records dpo_contact breach_consequences measures_taken measures_planned delay_reason", "entity_name reporter_name own_reference detected_at aware_at tlp"},
		clocks.EPrivacy:         {clocks.BreachNotification, "entity_name dpo_contact notification_round occurred_at detected_at description data_categories data_protection supplier breach_place data_subjects breach_consequences measures_taken recipients_informed_how cross_border other_authorities delay_reason", "entity_number reporter_name telecom_service own_reference authority_reference tlp"},
		clocks.CRAIncident:      {clocks.FinalReport, "malicious product_states initial_assessment description severity impact_text root_cause measures_taken measures_planned user_measures sensitivity", "entity_name product_name severe_grounds indicators other_authorities tlp"},
		clocks.CRAVulnerability: {clocks.FinalReport, "product_name product_states exploit_nature vulnerability_nature measures_taken user_measures sensitivity severity impact_text malicious_actor fix_details", "entity_name aware_at indicators measure_available_at tlp"},
		clocks.EIDAS:            {clocks.Notification, "trust_services description impact_text personal_data recipients_informed public_interest other_authorities", "entity_name provider_kind users_affected malicious measures_taken tlp"},
		clocks.CER:              {clocks.InitialNotification, "users_affected users_affected_pct outage_from area_affected area_isolated six_states description root_cause consequences cross_border", "entity_name reporter_name aware_at measures_taken tlp"},
	} {
		f, ok := forms(t).Find(regime, tc.stage, "AT", today)
		if !ok {
			t.Errorf("%s has no form of %s", regime, tc.stage)
		}
		for _, id := range strings.Fields(tc.named + " " + tc.ours) {
			if x, ok := f.Field(id); !ok || x.Own != slices.Contains(strings.Fields(tc.ours), id) {
				t.Errorf("%s, %s: there: %v, own: %v", regime, id, ok, x.Own)
			}
		}
	}
	f := nis2(t)
	for id, own := range map[string]bool{"malicious": false, "cross_border": false, "description": false, "severity": false, "indicators": false, "root_cause": false,
		"measures_taken": false, "cross_border_states": false, "entity_name": true, "users_affected": true, "loss": true, "tlp": true} {
		if x, _ := f.Field(id); x.Own != own || strings.HasSuffix(x.Marked(), reporting.OwnMark) != own {
			t.Errorf("%s: own is %v", id, x.Own)
		}
	}
}

// TestDORAConditions: a field is required when what Annex II of Implementing Regulation
// (EU) 2025/302 makes it depend on was answered so.
func TestDORAConditions(t *testing.T) {
	f, _ := forms(t).Find(clocks.DORA, clocks.FinalReport, "AT", today)
	list := func(words ...string) reporting.Value { return reporting.Value{List: words} }
	for _, tc := range []struct {
		field, on string
		no, yes   reporting.Value
	}{
		{"cross_border_states", "dora_criteria", list("duration"), list("duration", "geographic_spread")},
		{"outage_to", "outage_extent", reporting.Value{Text: "none"}, reporting.Value{Text: "limited"}},
		{"dora_downtime", "outage_extent", reporting.Value{Unknown: true}, reporting.Value{Text: "total"}},
		{"dora_transactions", "dora_figures_state", list("clients_actual", "transactions_none"), list("transactions_estimated")},
		{"measures_taken", "dora_temporary", reporting.Value{Text: "no"}, reporting.Value{Text: "yes"}},
		{"indicators", "dora_incident_type", list("payment"), list("payment", "cybersecurity")},
		{"dora_root_causes_more", "dora_root_causes_detail", list("human_mistake"), list("process_operations")},
	} {
		field, ok := f.Field(tc.field)
		if !ok {
			t.Fatalf("there is no %s", tc.field)
		}
		for _, value := range []struct {
			is   reporting.Value
			want reporting.Need
		}{{tc.no, reporting.Optional}, {tc.yes, reporting.Required}} {
			if got := f.Need(field, clocks.FinalReport, reporting.Values{tc.on: value.is}); got != value.want {
				t.Errorf("%s with %v: %s, want %s", tc.field, value.is, got, value.want)
			}
		}
	}
	for _, id := range []string{"dora_currency", "dora_economic_text"} {
		if x, _ := f.Field(id); f.Need(x, clocks.FinalReport, nil) != reporting.Required {
			t.Errorf("%s is not required", id)
		}
	}
}

// TestEveryDutyHasAForm: whatever clock runs, there is a form for its report, what it
// requires is little where hours count, and "not known" answers all of it.
func TestEveryDutyHasAForm(t *testing.T) {
	set := forms(t)
	stages := map[clocks.Regime][]clocks.Stage{reporting.Contract: {reporting.Notice}, reporting.Insurer: {reporting.Notice}}
	for _, r := range clocks.Regimes() {
		stages[r] = clocks.Stages(r)
	}
	for r, list := range stages {
		for _, stage := range list {
			f, ok := set.Find(r, stage, "AT", today)
			if !ok {
				t.Errorf("%s has no form for %s", r, stage)
				continue
			}
			missing, values := f.Missing(stage, nil), reporting.Values{}
			if o, _ := clocks.Default(r, stage); o.Period == clocks.Hours(24) && len(missing) > 8 {
				t.Errorf("%s asks %d answers within 24 hours: %v", r, len(missing), missing)
			}
			for _, x := range missing {
				values[x.ID] = reporting.Value{Unknown: true}
			}
			if left := f.Missing(stage, values); len(left) != 0 {
				t.Errorf("%s, %s: unknown is no answer to %v", r, stage, left)
			}
			if _, asked := f.Field("tlp"); asked && !stage.ToAuthority() {
				for _, x := range f.Shown(stage) {
					if x.ID == "tlp" {
						t.Errorf("%s, %s: who is told does not share on, and sees no label", r, stage)
					}
				}
			}
		}
	}
}
