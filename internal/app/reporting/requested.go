package reporting

import (
	"context"
	"encoding/json"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// MakeKind is the kind of the jobs that make a report.
const MakeKind = "reports.make"

// Made is the result of such a job.
type Made struct {
	Report  string   `json:"report"`  // id of the first
	Reports []string `json:"reports"` // ids, one per format
}

// Request has a report made in the background. What cannot be a report is refused at
// once; whoever asked is told when it is there.
func (s *Service) Request(ctx context.Context, a authz.Actor, organisation string, o Order) (job work.Job, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.ReportCreate)
	if err != nil {
		return job, err
	}
	if err := s.check(&o); err != nil {
		return job, err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		if err := tx.Changes(organisation); err != nil {
			return err
		}
		job, err = jobs.Enqueue(tx, MakeKind, o, work.Job{Organisation: organisation, Priority: 10})
		return err
	})
	return job, err
}

// makeRequested makes a report with the rights that its person has now.
func (s *Service) makeRequested(ctx context.Context, run *jobs.Run) error {
	var o Order
	if err := run.Args(&o); err != nil {
		return err
	}
	a, err := clients.ActorOf(ctx, s.store, run)
	if err != nil {
		return err
	}
	run.Progress(0.1, "")
	d, err := s.write(ctx, a, run.Job.Organisation, o, func(share float64) { run.Progress(0.1+0.8*share, "") })
	if k := fault.KindOf(err); err != nil && k != fault.Internal {
		return jobs.Permanent(err)
	}
	if err != nil {
		return err
	}
	var out Made
	return run.FinishWith(ctx, func(tx *store.Tx) (any, error) {
		kept, err := d.keep(tx)
		if err != nil {
			return nil, err
		}
		out.Report = kept[0].ID
		for _, r := range kept {
			out.Reports = append(out.Reports, r.ID)
		}
		o, err := tx.Organisation(run.Job.Organisation)
		if err != nil {
			return nil, err
		}
		return out, clients.TellDone(tx, run.Job, "job.report.done", "/organisations/"+run.Job.Organisation+"/reports?made="+out.Report, map[string]any{"name": o.Name})
	})
}

// MadeBy is what a job made; ok is false for any other job, and before its end.
func MadeBy(j work.Job) (m Made, ok bool) {
	ok = j.Kind == MakeKind && json.Unmarshal(j.Result, &m) == nil && m.Report != ""
	return m, ok
}
