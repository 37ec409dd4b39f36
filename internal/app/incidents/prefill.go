package incidents

import (
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// prefilled is what a report says now: what is known of the organisation, of the person
// who writes and of the duty, unless a fact of the case or the report says otherwise.
func prefilled(tx *store.Tx, i incident.Incident, o incident.Obligation, r incident.Report) (reporting.Values, error) {
	file, err := facts(tx, i.Organisation)
	if err != nil {
		return nil, err
	}
	out := reporting.Values{}
	put := func(id, text string) {
		if text = strings.TrimSpace(text); text != "" {
			out[id] = reporting.Value{Text: text}
		}
	}
	put("entity_name", orElse(o.Entity, file.Organisation.Name))
	put("entity_number", file.Organisation.RegistrationNumber)
	members, err := tx.MembersOf(i.Organisation)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.Person == r.CreatedBy {
			put("reporter_name", m.Name)
			put("reporter_email", m.Email)
		}
	}
	put("recipients", o.Partner)
	out["provider_kind"] = reporting.Value{Unknown: true}
	if o.Qualified.Known() {
		put("provider_kind", map[bool]string{true: "qualified", false: "non_qualified"}[o.Qualified == law.True])
	}
	out["measure_available_at"] = reporting.Value{Unknown: true}
	if !o.MeasureAt.IsZero() {
		zone, err := time.LoadLocation(zoneOr(o.Zone))
		if err != nil {
			zone = time.UTC
		}
		put("measure_available_at", o.MeasureAt.In(zone).Format(time.RFC3339))
	}
	for id, v := range r.Values(i) {
		out[id] = v
	}
	if o.AwareAt.Known() {
		out["aware_at"] = reporting.Value{Text: o.AwareAt.Local().Format(time.RFC3339)}
	}
	return out, nil
}

// reader is the name of whom a report goes to; empty when it is no single one.
func reader(o incident.Obligation, s clocks.Stage) string {
	switch {
	case o.Regime == incident.Contract || o.Regime == incident.Insurer:
		return orElse(o.Partner, o.Authority)
	case !s.ToAuthority():
		return o.Partner
	}
	return o.Authority
}

// informed records in the case that recipients were told, Directive (EU) 2022/2555
// Art. 23(1) and (2), with the text and the time.
func informed(tx *store.Tx, i incident.Incident, said reporting.Values, channel string, at time.Time) error {
	v := incident.Informed{Organisation: i.Organisation, Incident: i.ID, About: orElse(said["recipient_ground"].Text, "incident"), Channel: channel,
		Whom: orElse(said["recipients"].Text, strings.Join(said["services_affected"].List, ", ")), Text: said["recipient_text"].Text,
		At: incident.Moment{At: at, Zone: i.Zone, Certainty: incident.Exact}}
	v.Whom = orElse(v.Whom, "-")
	if measures := said["recipient_measures"].Text; measures != "" {
		v.Text += "\n\n" + measures
	}
	if n, err := strconv.ParseFloat(said["recipients_count"].Text, 64); err == nil && n < 1e12 {
		v.Count = int64(n)
	}
	_, err := tx.PutInformed(v)
	return err
}
