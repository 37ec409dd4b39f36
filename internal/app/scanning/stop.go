package scanning

import (
	"context"
	"os"
	"path/filepath"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// stopped is what a scan says of itself that somebody stopped.
const stopped = "it was stopped"

var errNoScan = &fault.Error{Kind: fault.Conflict, What: "no scan waits or runs", Expected: "a scan that has not ended"}

// Stop ends the scan of an organisation that waits or runs: within a moment nothing is
// contacted any more, and what was found is not kept. Conflict when there is none.
func (s *Service) Stop(ctx context.Context, a authz.Actor, organisation string) error {
	return s.stop(ctx, a, organisation, "")
}

// StopSupplier is Stop for the scan of a supplier.
func (s *Service) StopSupplier(ctx context.Context, a authz.Actor, organisation, supplier string) error {
	return s.stop(ctx, a, organisation, supplier)
}

func (s *Service) stop(ctx context.Context, a authz.Actor, organisation, supplier string) error {
	var scan string
	err := s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		if supplier != "" {
			if _, err := supplierOf(tx, organisation, supplier); err != nil {
				return err
			}
		}
		list, err := tx.SupplierScans(organisation, supplier)
		if err != nil {
			return err
		}
		if len(list) == 0 || list[0].State != survey.Waiting {
			return errNoScan
		}
		x := list[0]
		j, err := tx.Job(x.Job)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if err == nil && (j.State == work.Waiting || j.State == work.Running) {
			if err := tx.CancelJob(j.ID); err != nil {
				return err
			}
		}
		scan = x.ID
		x.State, x.EndedAt, x.Problem = survey.Failed, tx.Now(), stopped
		_, err = tx.PutScan(x)
		return err
	})
	if err == nil { // what a scan that never goes on remembers is only in the way
		_ = os.Remove(filepath.Join(s.o.Folder, journalOf(scan)))
		_ = os.Remove(filepath.Join(s.o.Folder, visitJournalOf(scan)))
	}
	return err
}

// journalOf is the file in which a scan remembers finished work, and visitJournalOf
// that of its visits.
func journalOf(scan string) string { return scan + ".journal" }

func visitJournalOf(scan string) string { return scan + ".visit.journal" }
