package incidents

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Inform records that recipients of a service were told of the incident, or of a
// threat with what they can do, Directive (EU) 2022/2555 Art. 23(1) and (2).
func (s *Service) Inform(ctx context.Context, a authz.Actor, organisation, id string, v incident.Informed) (out incident.Informed, err error) {
	if v, err = checkInformed(v); err != nil {
		return v, err
	}
	err = s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		if !v.At.Known() {
			v.At = incident.Moment{At: i.Now(tx.Now()), Zone: orElse(v.At.Zone, i.Zone), Certainty: incident.Exact}
		}
		if err := checkMoment("at", &v.At, i.Now(tx.Now())); err != nil {
			return err
		}
		v.ID, v.Version, v.Organisation, v.Incident, v.Struck = "", 0, organisation, id, ""
		if out, err = tx.PutInformed(v); err != nil {
			return err
		}
		return entry(tx, a, i, incident.Entry{Kind: "communication", Object: out.ID, At: v.At, Text: v.Whom + ": " + v.Text})
	})
	return out, err
}

// ChangeInformed corrects the record with v.ID, from v.Version. What it said before and
// the reason go to the record of the case; a time that is not known leaves the one that
// it has. Reports that were sent stay as they are.
func (s *Service) ChangeInformed(ctx context.Context, a authz.Actor, organisation, id string, v incident.Informed, reason string) error {
	v, err := checkInformed(v)
	if err != nil {
		return err
	}
	return s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		old, err := standing(tx, i, v.ID, tx.Informed, informedPlace)
		if err != nil {
			return err
		}
		if !v.At.Known() {
			v.At = old.At
		}
		if err := checkMoment("at", &v.At, i.Now(tx.Now())); err != nil {
			return err
		}
		v.Organisation, v.Incident, v.Struck, v.CreatedAt = old.Organisation, old.Incident, "", old.CreatedAt
		if _, err = tx.PutInformed(v); err != nil {
			return err
		}
		return corrected(tx, a, i, v.ID, informedText(old), informedText(v), reason)
	})
}

// StrikeInformed marks a record of people told as one that counts no more: it stays to
// be seen with the reason, and no new report says it.
func (s *Service) StrikeInformed(ctx context.Context, a authz.Actor, organisation, id, told, reason string) error {
	return s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		v, err := standing(tx, i, told, tx.Informed, informedPlace)
		if err != nil {
			return err
		}
		if v.Struck, err = reasonOf(reason); err != nil {
			return err
		}
		if _, err = tx.PutInformed(v); err != nil {
			return err
		}
		return corrected(tx, a, i, v.ID, informedText(v), incident.Struck, reason)
	})
}

func checkInformed(v incident.Informed) (incident.Informed, error) {
	v.Whom, v.Channel, v.Text = strings.TrimSpace(v.Whom), strings.TrimSpace(v.Channel), strings.TrimSpace(v.Text)
	switch {
	case v.Whom == "":
		return v, invalid("whom", "it is not said who was told", "for example: all customers of the mail service")
	case v.Text == "" || len(v.Text) > reporting.LongestText:
		return v, invalid("text", "the text is missing or too long", "what they were told, up to 20 kB")
	case v.Count < 0 || v.Count > 1e12:
		return v, invalid("count", "the number cannot be used", "0 or more")
	case v.About != "incident" && v.About != "threat":
		return v, invalid("about", "there is no such ground", "incident (Art. 23(1)) or threat (Art. 23(2))")
	}
	for field, text := range map[string]string{"whom": v.Whom, "channel": v.Channel} {
		if err := short(field, text); err != nil {
			return v, err
		}
	}
	return v, nil
}

// informedText is a record of people told as the record of the case keeps it, in words
// of no language.
func informedText(v incident.Informed) string {
	parts := []string{v.At.Local().Format("2006-01-02 15:04 MST"), v.Whom}
	if v.Count > 0 {
		parts = append(parts, fmt.Sprint(v.Count))
	}
	if v.Channel != "" {
		parts = append(parts, v.Channel)
	}
	paragraph := map[string]string{"incident": "Art. 23(1)", "threat": "Art. 23(2)"}[v.About]
	return strings.Join(append(parts, paragraph), " · ") + "\n" + v.Text
}

// AddCost adds a cost.
func (s *Service) AddCost(ctx context.Context, a authz.Actor, organisation, id string, v incident.Cost) (out incident.Cost, err error) {
	if v, err = checkCost(v); err != nil {
		return v, err
	}
	err = s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		v.ID, v.Version, v.Organisation, v.Incident, v.Struck = "", 0, organisation, id, ""
		if v.On.IsZero() {
			v.On = a.Day(i.Now(tx.Now()))
		}
		out, err = tx.PutIncidentCost(v)
		return err
	})
	return out, err
}

// ChangeCost corrects the cost with v.ID, from v.Version. What it was before and the
// reason go to the record of the case; a missing day leaves the one that it has.
func (s *Service) ChangeCost(ctx context.Context, a authz.Actor, organisation, id string, v incident.Cost, reason string) error {
	v, err := checkCost(v)
	if err != nil {
		return err
	}
	return s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		old, err := standing(tx, i, v.ID, tx.IncidentCost, costPlace)
		if err != nil {
			return err
		}
		if v.On.IsZero() {
			v.On = old.On
		}
		v.Organisation, v.Incident, v.Struck, v.CreatedAt = old.Organisation, old.Incident, "", old.CreatedAt
		if _, err = tx.PutIncidentCost(v); err != nil {
			return err
		}
		return corrected(tx, a, i, v.ID, costText(old), costText(v), reason)
	})
}

// StrikeCost marks a cost as one that counts no more: it stays to be seen with the
// reason, and no total has it.
func (s *Service) StrikeCost(ctx context.Context, a authz.Actor, organisation, id, cost, reason string) error {
	return s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		v, err := standing(tx, i, cost, tx.IncidentCost, costPlace)
		if err != nil {
			return err
		}
		if v.Struck, err = reasonOf(reason); err != nil {
			return err
		}
		if _, err = tx.PutIncidentCost(v); err != nil {
			return err
		}
		return corrected(tx, a, i, v.ID, costText(v), incident.Struck, reason)
	})
}

func checkCost(v incident.Cost) (incident.Cost, error) {
	v.What = strings.TrimSpace(v.What)
	switch {
	case v.What == "":
		return v, invalid("what", "it is not said what the money is for", "for example: forensic analysis")
	case v.Cents <= 0 || v.Cents > 1e14:
		return v, invalid("amount", "the amount cannot be used", "more than 0")
	case !slices.Contains(planning.Currencies(), v.Currency):
		return v, invalid("currency", "there is no such currency here", "one of "+strings.Join(planning.Currencies(), ", "))
	}
	return v, short("what", v.What)
}

// costText is a cost as the record of the case keeps it, in words of no language.
func costText(v incident.Cost) string {
	about := ""
	if v.Estimated {
		about = "≈ "
	}
	return fmt.Sprintf("%s · %s%d.%02d %s · %s", v.What, about, v.Cents/100, v.Cents%100, v.Currency, v.On)
}

// place is whose a row is, and why it counts no more.
type place struct{ organisation, incident, what, struck string }

func informedPlace(v incident.Informed) place {
	return place{v.Organisation, v.Incident, "record of people told", v.Struck}
}

func costPlace(v incident.Cost) place {
	return place{v.Organisation, v.Incident, "cost", v.Struck}
}

// standing is a row of the case that was not struck out.
func standing[T any](tx *store.Tx, i incident.Incident, id string, get func(string) (T, error), of func(T) place) (T, error) {
	v, err := get(id)
	if err != nil {
		return v, err
	}
	p := of(v)
	if err = belongs(tx, i, p.incident, p.organisation, p.what); err == nil && p.struck != "" {
		err = &fault.Error{Kind: fault.Conflict, What: "this was struck out", Expected: "a new record"}
	}
	return v, err
}

// corrected writes to the record what was corrected, and why.
func corrected(tx *store.Tx, a authz.Actor, i incident.Incident, object, before, after, reason string) error {
	reason, err := reasonOf(reason)
	if err != nil {
		return err
	}
	if before == after {
		return invalid("", "nothing is corrected", "another text or another value")
	}
	return entry(tx, a, i, incident.Entry{Kind: "correction", Object: object, Text: reason, Before: before, After: after})
}

func reasonOf(reason string) (string, error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return "", invalid("reason", "the reason is missing", "why it is corrected or struck out")
	}
	return reason, short("reason", reason)
}

// Totals adds the costs up, by currency: what was paid or agreed, and what is
// estimated, in hundredths. Those that were struck out do not count.
func Totals(costs []incident.Cost) (out []Total) {
	for _, c := range costs {
		if c.Struck != "" {
			continue
		}
		n := slices.IndexFunc(out, func(t Total) bool { return t.Currency == c.Currency })
		if n < 0 {
			n, out = len(out), append(out, Total{Currency: c.Currency})
		}
		if c.Estimated {
			out[n].Estimated += c.Cents
		} else {
			out[n].Known += c.Cents
		}
	}
	return out
}

// Total is a sum of costs in one currency.
type Total struct {
	Currency         string
	Known, Estimated int64
}
