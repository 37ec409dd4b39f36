package incidents

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/oncall"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// prefilled is what a report says now: what is known otherwise, unless a fact of the
// case or the report says something there.
func (s *Service) prefilled(tx *store.Tx, i incident.Incident, o incident.Obligation, r incident.Report) (reporting.Values, error) {
	out, err := s.derived(tx, i, o, r)
	if err != nil {
		return nil, err
	}
	for id, v := range r.Values(i) {
		out[id] = v
	}
	if o.AwareAt.Known() {
		out["aware_at"] = reporting.Value{Text: o.AwareAt.Local().Format(time.RFC3339)}
	}
	return out, nil
}

// derived is what the platform knows of the fields of a report without being told
// for it: of the organisation, the person who writes, the duty, and from the work on
// the case. It follows its sources until somebody says otherwise.
func (s *Service) derived(tx *store.Tx, i incident.Incident, o incident.Obligation, r incident.Report) (reporting.Values, error) {
	file, err := facts(tx, i.Organisation)
	if err != nil {
		return nil, err
	}
	out := known{}
	out.put("entity_name", orElse(o.Entity, file.Organisation.Name))
	out.put("entity_number", file.Organisation.RegistrationNumber)
	out.put("recipients", o.Partner)
	out["provider_kind"] = reporting.Value{Unknown: true}
	if o.Qualified.Known() {
		out.put("provider_kind", map[bool]string{true: "qualified", false: "non_qualified"}[o.Qualified == law.True])
	}
	out["measure_available_at"] = reporting.Value{Unknown: true}
	zone, err := time.LoadLocation(zoneOr(o.Zone))
	if err != nil {
		zone = time.UTC
	}
	for id, at := range map[string]time.Time{"measure_available_at": o.MeasureAt, "classified_at": o.Classified} {
		if !at.IsZero() {
			out.put(id, at.In(zone).Format(time.RFC3339))
		}
	}
	s.class(out, tx, file)
	out.criteria(i)
	for _, step := range []func() error{
		func() error { return out.people(tx, i, r, file) },
		func() error { return out.work(tx, i) },
		func() error { return out.others(tx, i, o) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return reporting.Values(out), nil
}

// known is values that are being collected.
type known reporting.Values

func (k known) put(id, text string) {
	if text = strings.TrimSpace(text); text != "" && len(text) <= reporting.LongestLine {
		k[id] = reporting.Value{Text: text}
	}
}

func (k known) list(id string, list []string) {
	list = slices.DeleteFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" || len(s) > reporting.LongestLine })
	if len(list) > 0 && len(list) <= reporting.MostLines {
		k[id] = reporting.Value{List: list}
	}
}

// class is class and sectors by the scope test. Facts that contradict each other say
// neither.
func (s *Service) class(out known, tx *store.Tx, file *organisation.File) {
	d, err := s.determined(file, tx.Now())
	if err != nil {
		return
	}
	if c := string(d.Scope.Class); slices.Contains([]string{string(law.Essential), string(law.Important), string(law.Out)}, c) {
		out.put("entity_class", c)
	}
	language, err := languageOf(tx, file)
	if err != nil || s.messages == nil {
		return
	}
	printer, sectors := s.messages.Printer(language), []string(nil)
	for _, id := range d.Scope.EntityTypes {
		if t, ok := annex.Lookup(id); ok {
			sectors = append(sectors, printer.T("ui.label", "text", printer.Say(t.SectorTitle()))+printer.Say(t.Title()))
		}
	}
	out.list("entity_sectors", sectors)
}

// criteria are the answers of the significance test to what reports ask too. The
// test asks whether a death, damage or loss of secrets happened or is possible, the
// reports whether it happened: there, only "no" answers both.
func (k known) criteria(i incident.Incident) {
	said := func(f significance.Field) string { return i.Criteria[f.String()] }
	for id, f := range map[string]significance.Field{"malicious": significance.SuspectedMalicious, "death": significance.Death,
		"health_damage": significance.HealthDamage, "trade_secrets": significance.TradeSecrets} {
		switch {
		case said(f) == "false":
			k.put(id, "no")
		case said(f) == "true" && f == significance.SuspectedMalicious:
			k.put(id, "yes")
		case said(f) == "unknown":
			k[id] = reporting.Value{Unknown: true}
		}
	}
	for id, f := range map[string]significance.Field{"users_affected": significance.UsersAffected, "users_affected_pct": significance.UsersAffectedPct,
		"loss": significance.Loss, "loss_expected": significance.PossibleLoss} {
		n, err := strconv.ParseFloat(said(f), 64)
		switch {
		case said(f) == "unknown":
			k[id] = reporting.Value{Unknown: true}
		case err == nil && f.Info().Unit == significance.Euros:
			k.put(id, strconv.FormatFloat(n, 'f', 0, 64)+" EUR")
		case err == nil:
			k.put(id, strconv.FormatFloat(n, 'f', -1, 64))
		}
	}
	unavailable, limited := said(significance.Unavailable), said(significance.Limited)
	switch {
	case unavailable == "true":
		k.put("outage_extent", "total")
	case unavailable == "false" && limited == "true":
		k.put("outage_extent", "limited")
	case unavailable == "false" && limited == "false":
		k.put("outage_extent", "none")
	}
	var impaired []string
	for _, x := range []struct {
		kind string
		is   bool
	}{{"confidentiality", said(significance.ConfidentialityCompromised) == "true"}, {"integrity", said(significance.IntegrityCompromised) == "true"},
		{"availability", unavailable == "true" || limited == "true"}, {"authenticity", said(significance.AuthenticityCompromised) == "true"}} {
		if x.is {
			impaired = append(impaired, x.kind)
		}
	}
	k.list("impact_kinds", impaired)
	if i.Significance.Decided && i.Significance.Is {
		k.list("significance_grounds", []string{i.Significance.Reason})
	}
}

// people are who writes the report, and who can be reached day and night.
func (k known) people(tx *store.Tx, i incident.Incident, r incident.Report, file *organisation.File) error {
	members, err := tx.MembersOf(i.Organisation)
	if err != nil {
		return err
	}
	roster, err := Roster(tx, i.Organisation)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Person != r.CreatedBy {
			continue
		}
		k.put("reporter_name", m.Name)
		k.put("reporter_email", m.Email)
		for _, c := range roster.Contacts {
			if c.Person == m.Person || c.Email != "" && strings.EqualFold(c.Email, m.Email) {
				k.put("reporter_phone", c.Phone)
			}
		}
	}
	reached := func(parts ...string) string {
		return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
	}
	if n := slices.IndexFunc(roster.Contacts, func(c oncall.Contact) bool { return c.Role == "lead" }); n >= 0 {
		c := roster.Contacts[n]
		k.put("contact_24_7", reached(c.Name, c.Phone, c.Email))
	} else if len(file.Registration.Contacts) > 0 {
		c := file.Registration.Contacts[0]
		k.put("contact_24_7", reached(c.Name, c.Role, c.Phone, c.Email))
	}
	return nil
}

// mostDerived is how many indicators come into a report by themselves; more are sent
// as a list beside it.
const mostDerived = 100

// work is what was recorded while the case was handled: what is affected, who was
// told, the indicators that may be shared, earlier cases with the same cause.
func (k known) work(tx *store.Tx, i incident.Incident) error {
	all, err := tx.Incidents(i.Organisation)
	if err != nil {
		return err
	}
	lineage := incident.Lineage(i.ID, all)
	affected, err := tx.AffectedBy(i.Organisation, lineage...)
	if err != nil {
		return err
	}
	names := map[string][]string{}
	users := int64(0)
	for _, x := range affected {
		if x.Condition == "unaffected" {
			continue
		}
		names[x.Kind] = append(names[x.Kind], x.Name)
		if x.Kind == "users" {
			users += x.Count
		}
	}
	k.list("services_affected", names["service"])
	k.list("assets_affected", names["asset"])
	k.put("supplier", strings.Join(names["supplier"], ", "))
	if _, said := k["users_affected"]; !said && users > 0 {
		k.put("users_affected", strconv.FormatInt(users, 10))
	}
	if len(names["data"]) > 0 {
		k.list("data_categories", names["data"])
	}
	var earlier []string
	for _, x := range all {
		if slices.Contains(i.Linked, x.ID) {
			earlier = append(earlier, x.Reference+" "+x.Title)
		}
	}
	k.list("recurring", earlier)
	told, err := tx.InformedOf(i.Organisation, lineage...)
	if err != nil {
		return err
	}
	k.told(slices.DeleteFunc(told, func(x incident.Informed) bool { return x.Struck != "" }))
	list, err := tx.Indicators(i.Organisation, store.IndicatorFilter{Incidents: lineage}, 0, mostDerived+1)
	if err != nil {
		return err
	}
	var shared []string
	for _, x := range list {
		if x.TLP != "RED" {
			shared = append(shared, indicators.Defang(x.Type, x.Value))
		}
	}
	if len(list) <= mostDerived {
		k.list("indicators", shared)
	}
	return nil
}

// told is who was informed, Directive (EU) 2022/2555 Art. 23(1) and (2).
func (k known) told(list []incident.Informed) {
	if len(list) == 0 {
		return
	}
	k.put("recipients_informed", "yes")
	var lines []string
	for _, x := range list {
		line := x.Whom
		if x.At.Known() {
			line = x.At.Local().Format("2006-01-02 15:04 MST") + ": " + line
		}
		if x.Count > 0 {
			line += " (" + strconv.FormatInt(x.Count, 10) + ")"
		}
		if x.Text != "" {
			line += "\n" + x.Text
		}
		lines = append(lines, line)
	}
	if text := strings.Join(lines, "\n\n"); len(text) <= reporting.LongestText {
		k["recipients_informed_how"] = reporting.Value{Text: text}
	}
}

// others is what the authorities said: the number that this one gave, and which other
// ones know.
func (k known) others(tx *store.Tx, i incident.Incident, o incident.Obligation) error {
	list, err := tx.Obligations(i.Organisation, i.ID)
	if err != nil {
		return err
	}
	reports, err := tx.IncidentReports(i.Organisation, i.ID)
	if err != nil {
		return err
	}
	var informed []string
	for _, x := range list {
		line := ""
		for _, r := range reports {
			if r.Obligation != x.ID || !r.Sent() || !r.Stage.ToAuthority() {
				continue
			}
			if line = x.Authority; r.Reference != "" {
				line += ": " + r.Reference
			}
			if x.ID == o.ID {
				k.put("authority_reference", r.Reference)
			}
		}
		if line != "" && x.ID != o.ID && x.Authority != "" && x.Authority != o.Authority {
			informed = append(informed, line)
		}
		if x.Regime == clocks.GDPR && x.Applies == "yes" {
			k.put("personal_data", "yes")
		}
	}
	k.list("other_authorities", informed)
	return nil
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
