package incidents

import (
	"context"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/holidays"
)

// Propose adds the duties that follow from who the organisation is and that the
// case does not have yet: NIS2 towards each Member State of its jurisdiction, and
// the regimes of its activities, undecided until somebody says whether they apply.
// It returns how many were added.
func (s *Service) Propose(ctx context.Context, a authz.Actor, organisation, id string) (added int, err error) {
	err = s.revise(ctx, a, organisation, id, authz.IncidentEdit, func(tx *store.Tx, i *incident.Incident) error {
		proposals, err := s.proposals(tx, *i)
		if err != nil {
			return err
		}
		known, err := tx.Obligations(organisation, id)
		if err != nil {
			return err
		}
		for _, o := range proposals {
			same := func(k incident.Obligation) bool { return k.Regime == o.Regime && k.Country == o.Country }
			if slices.ContainsFunc(known, same) {
				continue
			}
			if _, err := tx.PutObligation(o); err != nil {
				return err
			}
			added++
		}
		return nil
	})
	return added, err
}

func (s *Service) proposals(tx *store.Tx, i incident.Incident) ([]incident.Obligation, error) {
	file, err := facts(tx, i.Organisation)
	if err != nil {
		return nil, err
	}
	d, err := s.determined(file, tx.Now())
	if err != nil {
		return nil, err
	}
	var out []incident.Obligation
	for _, pack := range d.Countries {
		propose := func(r clocks.Regime, applies string) {
			o := s.under(pack, r, tx.Now())
			o.Organisation, o.Incident, o.Entity, o.Applies = i.Organisation, i.ID, file.Organisation.Name, applies
			o.TrustService = r == clocks.NIS2 && slices.ContainsFunc(d.Scope.EntityTypes, trustService)
			o.Qualified = qualified(r, d.Scope.EntityTypes)
			out = append(out, o)
		}
		if d.Scope.Class == law.Essential || d.Scope.Class == law.Important {
			propose(clocks.NIS2, "yes")
		} else {
			propose(clocks.NIS2, "undecided")
		}
		propose(clocks.GDPR, "undecided")
		if file.Status.CERCritical == law.True && slices.ContainsFunc(d.Scope.EntityTypes, reportsUnderCER) {
			propose(clocks.CER, "undecided")
		}
		if slices.ContainsFunc(d.Scope.EntityTypes, trustService) {
			propose(clocks.EIDAS, "undecided")
		}
	}
	return out, nil
}

func trustService(entityType string) bool {
	return annex.In(entityType, annex.TrustServices)
}

// reportsUnderCER reports whether Chapter III of Directive (EU) 2022/2557 applies to a
// critical entity of the type: not to banking, financial market infrastructures and
// digital infrastructure, Art. 8.
func reportsUnderCER(entityType string) bool {
	t, ok := annex.Lookup(entityType)
	return !ok || !slices.Contains([]string{"banking", "fmi", "digital-infra"}, t.Sector)
}

// qualified tells the two duties of Regulation (EU) No 910/2014 apart: Art. 24(2)(fb)
// counts from the incident, Art. 19a(1)(b) from awareness. Unknown for a provider of
// both kinds, and for other regimes.
func qualified(r clocks.Regime, entityTypes []string) law.Truth {
	is := slices.Contains(entityTypes, "digital-infra.trust.qualified")
	not := slices.Contains(entityTypes, "digital-infra.trust.nonqualified")
	switch {
	case r != clocks.EIDAS || is == not:
		return law.Unknown
	case is:
		return law.True
	}
	return law.False
}

// under is an obligation under the law of a Member State, with its terms as they
// are now: a running clock does not move when a pack changes.
func (s *Service) under(p country.Pack, r clocks.Regime, now time.Time) incident.Obligation {
	o := incident.Obligation{Regime: r, Country: p.Code, Zone: p.Zone, Authority: p.CSIRT.Value, Qualified: law.Unknown, AwareAt: incident.Moment{Certainty: incident.Unknown}}
	if o.Authority == "" {
		o.Authority = p.Authority.Value
	}
	if r != clocks.NIS2 {
		o.Authority = ""
	}
	if c, ok := holidays.For(p.Code, now.Year()-1, now.Year()+2); ok {
		for day := law.DateOf(now).AddDays(-31); day.Before(law.DateOf(now).AddDays(400)); day = day.AddDays(1) {
			if c.Holiday(day) {
				o.Holidays = append(o.Holidays, day)
			}
		}
	}
	if r == clocks.NIS2 {
		o.Terms = map[clocks.Stage]incident.Term{}
		for stage, t := range p.Terms() {
			o.Terms[clocks.Stage(stage)] = incident.Term{Period: t.Period, From: t.From}
		}
	}
	return o
}

// Oblige adds a duty that Propose does not know: a customer under DORA, a contract,
// the insurer, an authority of another Member State.
func (s *Service) Oblige(ctx context.Context, a authz.Actor, organisation, id string, o incident.Obligation) (out incident.Obligation, err error) {
	if !slices.Contains(append(clocks.Regimes(), incident.Contract, incident.Insurer), o.Regime) {
		return out, invalid("regime", "there is no such regime", "one of the list")
	}
	if pack, ok := s.countries.Get(o.Country); ok {
		under := s.under(pack, o.Regime, s.store.Now())
		o.Holidays = under.Holidays
		if o.Zone == "" {
			o.Zone = under.Zone
		}
		if o.Terms == nil {
			o.Terms = under.Terms
		}
		if o.Authority == "" {
			o.Authority = under.Authority
		}
	}
	if _, err := time.LoadLocation(zoneOr(o.Zone)); err != nil {
		return out, invalid("zone", "there is no such time zone", "a name such as Europe/Vienna")
	}
	for stage, t := range o.Terms {
		if _, err := clocks.ParsePeriod(t.Period); err != nil {
			return out, invalid("period", err.Error(), "a period such as PT24H or P1M")
		}
		if _, ok := clocks.ParseInput(t.From); !ok {
			return out, invalid("from", "nothing is counted from "+t.From+" ("+string(stage)+")", "an event such as aware_at")
		}
	}
	err = s.revise(ctx, a, organisation, id, authz.IncidentDecide, func(tx *store.Tx, i *incident.Incident) error {
		file, err := facts(tx, organisation)
		if err != nil {
			return err
		}
		o.Entity = orElse(o.Entity, file.Organisation.Name)
		if !o.Qualified.Known() {
			o.Qualified = qualified(o.Regime, file.Activity.EntityTypes)
		}
		o.ID, o.Version, o.Organisation, o.Incident, o.Zone = "", 0, organisation, id, zoneOr(o.Zone)
		o.AwareAt.Certainty = incident.Certainty(orElse(string(o.AwareAt.Certainty), string(incident.Unknown)))
		o.DecidedBy, o.DecidedAt = a.Person, tx.Now()
		if !slices.Contains([]string{"yes", "no", "undecided"}, o.Applies) {
			o.Applies = "yes"
		}
		if out, err = tx.PutObligation(o); err != nil {
			return err
		}
		return entry(tx, a, *i, incident.Entry{Kind: "decision", Object: out.ID, Text: o.Reason, After: string(o.Regime) + ": " + o.Applies})
	})
	return out, err
}

// Apply records whether a duty applies, with the reason.
func (s *Service) Apply(ctx context.Context, a authz.Actor, organisation, id, obligation, applies, reason string) error {
	if !slices.Contains([]string{"yes", "no", "undecided"}, applies) {
		return invalid("applies", "the answer cannot be used", "yes, no or undecided")
	}
	if applies == "no" && reason == "" {
		return invalid("reason", "the reason is missing", "why this duty does not apply")
	}
	return s.change(ctx, a, organisation, id, obligation, authz.IncidentDecide, func(tx *store.Tx, i *incident.Incident, o *incident.Obligation) error {
		before := o.Applies
		o.Applies, o.Reason, o.DecidedBy, o.DecidedAt = applies, reason, a.Person, tx.Now()
		return entry(tx, a, *i, incident.Entry{Kind: "decision", Object: o.ID, Text: reason, Before: string(o.Regime) + ": " + before, After: string(o.Regime) + ": " + applies})
	})
}

// SetInput says when something happened that a clock of the duty counts from:
// aware_at of this regime alone, classified_at, measure_available_at, requested_at
// or due_set_by_authority. The zero moment takes it back.
func (s *Service) SetInput(ctx context.Context, a authz.Actor, organisation, id, obligation, which string, m incident.Moment) error {
	return s.change(ctx, a, organisation, id, obligation, authz.IncidentEdit, func(tx *store.Tx, i *incident.Incident, o *incident.Obligation) error {
		now := i.Now(tx.Now())
		if which == clocks.DueSetByAuthority.String() {
			now = now.AddDate(2, 0, 0) // a day to come
		}
		if err := checkMoment(which, &m, now); err != nil {
			return err
		}
		before := incident.Moment{Zone: o.Zone, Certainty: incident.Exact}
		switch which {
		case clocks.AwareAt.String():
			before, o.AwareAt = o.AwareAt, m
		case clocks.ClassifiedAt.String():
			before.At, o.Classified = o.Classified, m.At
		case clocks.MeasureAvailableAt.String():
			before.At, o.MeasureAt = o.MeasureAt, m.At
		case clocks.RequestedAt.String():
			before.At, o.RequestedAt = o.RequestedAt, m.At
		case clocks.DueSetByAuthority.String():
			before.At, o.RequestDue = o.RequestDue, m.At
		default:
			return invalid("moment", "there is no such time", "aware_at, classified_at, measure_available_at, requested_at or due_set_by_authority")
		}
		return entry(tx, a, *i, incident.Entry{Kind: "correction", Object: o.ID + " " + which, Text: m.Reason, Before: spell(before), After: spell(m)})
	})
}

// change revises an obligation of a case.
func (s *Service) change(ctx context.Context, a authz.Actor, organisation, id, obligation string, need authz.Permission, f func(*store.Tx, *incident.Incident, *incident.Obligation) error) error {
	return s.revise(ctx, a, organisation, id, need, func(tx *store.Tx, i *incident.Incident) error {
		o, err := obligationOf(tx, *i, obligation)
		if err != nil {
			return err
		}
		if err := f(tx, i, &o); err != nil {
			return err
		}
		_, err = tx.PutObligation(o)
		return err
	})
}

func obligationOf(tx *store.Tx, i incident.Incident, id string) (incident.Obligation, error) {
	o, err := tx.Obligation(id)
	if err == nil && (o.Incident != i.ID || o.Organisation != i.Organisation) {
		err = missing("duty to report")
	}
	return o, err
}
