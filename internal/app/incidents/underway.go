package incidents

import (
	"context"
	"errors"
	"fmt"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// underwayKind is the job that looks after reports on their way to an authority.
const underwayKind = "incidents.underway"

// rearmUnderway makes the alarms of every case that has a report on its way follow its
// clocks. Each change of a case does so by itself; but a report that an earlier version
// of the program took for made when it was sent had lost its alarms, and nobody may
// touch its case before the deadline. One case that fails does not keep the others.
func (s *Service) rearmUnderway(ctx context.Context, run *jobs.Run) error {
	type place struct{ workspace, incident string }
	var cases []place
	err := s.store.Read(ctx, run.Scope(), func(tx *store.Tx) error {
		cases = nil
		all, err := tx.Workspaces()
		if err != nil {
			return err
		}
		for _, w := range all {
			if w.Kind == tenant.Authority {
				continue
			}
			reports, err := tx.In(w.ID, "").UnderwayReports()
			if err != nil {
				return err
			}
			for _, r := range reports {
				cases = append(cases, place{w.ID, r.Incident})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var failed []error
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.incident] {
			continue
		}
		seen[c.incident] = true
		err := s.store.Write(ctx, run.Scope(), run.Change(), func(tx *store.Tx) error {
			own := tx.In(c.workspace, "")
			i, err := own.Incident(c.incident)
			if err != nil {
				return err
			}
			return rearm(own, i)
		})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("alarms of case %s: %w", c.incident, err))
		}
	}
	return errors.Join(append(failed, run.Finish(ctx, nil, func(*store.Tx) error { return nil }))...)
}
