package incidents

import (
	"bytes"
	"context"
	"io"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Scanner looks for harmful content. An error says that it could not tell.
type Scanner interface {
	Harmful(ctx context.Context, file io.Reader) (bool, error)
}

// WithScanner has every file that comes in looked at; nil: nobody does.
func (s *Service) WithScanner(x Scanner) *Service {
	s.scanner = x
	return s
}

// look has a file looked at. It fails only when the caller has gone: an alarm at night
// does not wait for a scanner that cannot tell.
func (s *Service) look(ctx context.Context, file io.Reader) (assessment.Scan, error) {
	if s.scanner == nil {
		return assessment.NotScanned, nil
	}
	harmful, err := s.scanner.Harmful(ctx, file)
	return assessment.ScanOf(ctx, harmful, err)
}

// lookAtStored has a stored file looked at.
func (s *Service) lookAtStored(ctx context.Context, sha256 string) (assessment.Scan, error) {
	if s.scanner == nil {
		return assessment.NotScanned, nil
	}
	r, err := s.files.Open(sha256)
	if err != nil {
		return "", err
	}
	defer r.Close()
	return s.look(ctx, r)
}

// examine has the files of a mail looked at and keeps them. Of a harmful one only name
// and hash are kept. One that the scanner cannot judge is kept and marked.
func (s *Service) examine(ctx context.Context, files []attached) (out []attached, err error) {
	for _, f := range files {
		if f.scan, err = s.look(ctx, bytes.NewReader(f.body)); err != nil {
			return nil, err
		}
		if f.scan != assessment.ScanHarmful && s.files != nil {
			if _, err := s.keep(bytes.NewReader(f.body)); err != nil {
				return nil, err
			}
			f.kept = true
		}
		out = append(out, f)
	}
	return out, nil
}

// judged is what is known of the file of a piece of evidence before it is handed out.
// One that the scanner could not judge is looked at again, and what is found now is
// kept. Forbidden while nobody can tell, and when it is harmful.
func (s *Service) judged(ctx context.Context, a authz.Actor, x incident.Exhibit) (incident.Exhibit, error) {
	if x.Scan != assessment.ScanPending || s.scanner == nil {
		return x, nil
	}
	found, err := s.lookAtStored(ctx, x.SHA256)
	if err != nil {
		return x, err
	}
	if found == assessment.ScanPending {
		return x, &fault.Error{Kind: fault.Forbidden, What: "this file was not scanned yet"}
	}
	err = s.store.Write(ctx, tenant.System("scan of evidence").In(a.WorkspaceID(), x.Organisation), store.Change{Actor: "system"}, func(tx *store.Tx) error {
		if x, err = tx.Exhibit(x.ID); err != nil {
			return err
		}
		if x.Scan = found; found == assessment.ScanHarmful {
			x.File = "" // its name and hash stay
		}
		x, err = tx.PutExhibit(x)
		return err
	})
	if err == nil && found == assessment.ScanHarmful {
		err = &fault.Error{Kind: fault.Forbidden, What: "a scan found something harmful in this file"}
	}
	return x, err
}
