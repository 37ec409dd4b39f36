package scanning

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// endsSoon is how many days before its end an authorisation is spoken of.
const endsSoon = 14

// Authorised are the targets that may be scanned on a day.
func (e Exposure) Authorised(today law.Date) []survey.Target {
	return e.targets(func(t survey.Target) bool { return t.Proven(today) })
}

// Ended are the targets whose authorisation ended before a day.
func (e Exposure) Ended(today law.Date) []survey.Target {
	return e.targets(func(t survey.Target) bool { return !t.ProvenAt.IsZero() && !t.Proven(today) })
}

// Lost are the targets whose proof was found once, and not when it was looked for last.
func (e Exposure) Lost() []survey.Target {
	return e.targets(func(t survey.Target) bool { return t.ProvenAt.IsZero() && t.Proof != "" && t.Problem != "" })
}

// EndSoon are the targets whose authorisation holds on a day and ends within two weeks
// from it.
func (e Exposure) EndSoon(today law.Date) []survey.Target {
	return e.targets(func(t survey.Target) bool { return soon(t, today) })
}

func (e Exposure) targets(which func(survey.Target) bool) (out []survey.Target) {
	for _, t := range e.Targets {
		if which(t) {
			out = append(out, t)
		}
	}
	return out
}

func soon(t survey.Target, today law.Date) bool {
	return t.Proven(today) && !t.Until.After(today.AddDays(endsSoon))
}

// tellEnding says once of each authorisation that it ends soon, to everybody who may
// scan: after its end the weekly scans leave the target out.
func tellEnding(tx *store.Tx, organisation string) error {
	list, err := tx.ScanTargets(organisation)
	if err != nil {
		return err
	}
	today, err := tx.Today()
	if err != nil {
		return err
	}
	first, count := law.Date{}, 0
	for _, t := range list {
		if !soon(t, today) {
			continue
		}
		fresh, err := tx.Mark("authorisation-ends/" + t.ID + "/" + t.Until.String())
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		if count++; first.IsZero() || t.Until.Before(first) {
			first = t.Until
		}
	}
	if count == 0 {
		return nil
	}
	return tellScanners(tx, organisation, desk.Notice{Key: "job.scan.ending", Link: "/organisations/" + organisation + "/exposure/targets"}, map[string]any{"count": count, "on": first.String()})
}

// tellScanners sends a notice to everybody of an organisation who may scan, and to the
// people that are named beside.
func tellScanners(tx *store.Tx, organisation string, n desk.Notice, args map[string]any, beside ...string) error {
	var err error
	if n.Args, err = json.Marshal(args); err != nil {
		return fmt.Errorf("notice of scans: %w", err)
	}
	members, err := tx.MembersOf(organisation)
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, m := range members {
		if told[m.Person] || !authz.Allows(m.Role, authz.ExposureScan) && !slices.Contains(beside, m.Person) {
			continue
		}
		told[m.Person] = true
		n.Person, n.Organisation = m.Person, organisation
		if err := tx.Notify(n); err != nil {
			return err
		}
	}
	return nil
}
