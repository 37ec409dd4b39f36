package scanning

import (
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// closeMended closes the tasks that came from checks which the scan saw mended at all
// places where they asked for something, and says so.
func (s *Service) closeMended(tx *store.Tx, x survey.Scan, list []exposure.Finding) error {
	tasks, err := tx.Tasks(x.Organisation)
	if err != nil {
		return err
	}
	asks := map[string]bool{}
	for _, f := range list {
		asks[f.Check] = asks[f.Check] || bad(f)
	}
	tasks = slices.DeleteFunc(tasks, func(t planning.Task) bool {
		check, of := strings.CutPrefix(t.Origin, FindingOrigin)
		return !of || asks[check] || !t.State.Open()
	})
	if len(tasks) == 0 {
		return nil
	}
	earlier, err := earlierFindings(tx, x.Organisation)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		check := strings.TrimPrefix(t.Origin, FindingOrigin)
		if !sawMended(check, before(earlier, t), list) {
			continue
		}
		if err := s.clients.FinishTask(tx, t); err != nil {
			return err
		}
		if err := tellMended(tx, x, t, check); err != nil {
			return err
		}
	}
	return nil
}

func bad(f exposure.Finding) bool { return f.Outcome == exposure.Fail || f.Outcome == exposure.Warn }

// seenScan is an earlier scan with what it found.
type seenScan struct {
	survey.Scan
	list []exposure.Finding
}

// earlierFindings are the scans whose findings are kept, newest first.
func earlierFindings(tx *store.Tx, organisation string) (out []seenScan, err error) {
	all, err := tx.Scans(organisation)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if x.State != survey.Done {
			continue
		}
		list, err := findings(tx, x.ID)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			break // the findings of older ones are not kept either
		}
		if err != nil {
			return nil, err
		}
		out = append(out, seenScan{x, list})
	}
	return out, nil
}

// before are the findings that a task can have come from: those of the scan before it
// was made, and of all since.
func before(earlier []seenScan, t planning.Task) (out []exposure.Finding) {
	for _, x := range earlier {
		out = append(out, x.list...)
		if !x.EndedAt.After(t.CreatedAt) {
			break
		}
	}
	return out
}

// sawMended reports whether every place at which a check asked for something was looked
// at again and is in order, or is gone. A place that could not be looked at is not.
func sawMended(check string, before, now []exposure.Finding) bool {
	states, sight, asked := map[string]exposure.Finding{}, scan.SightOf(now), false
	for _, f := range now {
		if f.Check == check {
			states[f.Key()] = f
		}
	}
	for _, f := range before {
		if f.Check != check || !bad(f) {
			continue
		}
		asked = true
		state, seen := states[f.Key()]
		if seen && unsure(state) || !seen && sight.Lost(f.Target) {
			return false
		}
	}
	return asked
}

// tellMended says that a task was closed: to whoever has it, and to everybody who may
// scan.
func tellMended(tx *store.Tx, x survey.Scan, t planning.Task, check string) error {
	return tellScanners(tx, x.Organisation, desk.Notice{Key: "job.scan.mended", Link: "/organisations/" + x.Organisation + "/exposure/checks/" + check}, map[string]any{"task": t.Title}, t.Owner)
}
