package clients

import (
	"context"
	"errors"
	"io"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Scanner looks for harmful content in a file. An error says that it is not known.
type Scanner interface {
	Harmful(ctx context.Context, file io.Reader) (bool, error)
}

// Why an upload is refused; each is the cause of an Invalid fault on "file".
var (
	ErrTooLarge  = errors.New("the file is larger than LargestFile")
	ErrEmptyFile = errors.New("the file has no content")
	ErrHarmful   = errors.New("a scan found something harmful")
)

// LargestFile is the largest file in bytes that can be uploaded.
const LargestFile = 50 << 20

// Upload stores a file for an organisation. Its type is found in its content, and a
// scanner looks at it. Nothing is stored for an actor without the right. A harmful
// file is recorded but refused; one that the scanner could not judge is kept, and
// cannot be read before Rescan has found it clean. A contributor needs an
// assignment.
func (s *Service) Upload(ctx context.Context, a authz.Actor, organisation, name string, r io.Reader) (f assessment.File, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.AssignedEdit)
	if err != nil {
		return f, err
	}
	if err := s.store.Read(ctx, scope, func(tx *store.Tx) error { return s.assigned(tx, a, organisation, Reach.Any) }); err != nil {
		return f, err
	}
	stored, err := s.files.Put(r, LargestFile)
	if errors.Is(err, blob.ErrTooLarge) {
		return f, refused(ErrTooLarge, "the file is too large", "at most 50 MB")
	}
	if err != nil {
		return f, err
	}
	if stored.Bytes == 0 {
		return f, refused(ErrEmptyFile, "the file is empty", "a file with content")
	}
	scan, err := s.scan(ctx, stored.SHA256)
	if err != nil {
		return f, err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		f, err = tx.PutFile(assessment.File{Organisation: organisation, SHA256: stored.SHA256, Name: assessment.FileName(name), MediaType: stored.Type,
			Size: stored.Bytes, UploadedBy: signature(a), Scan: scan})
		return err
	})
	if err == nil && scan == assessment.ScanHarmful {
		err = refused(ErrHarmful, "a scan found something harmful in this file", "a file that is clean")
	}
	return f, err
}

func refused(cause error, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: "file", What: what, Expected: expected, Cause: cause}
}

// scan has the stored content looked at. It fails only when the content cannot be
// read or the caller has gone; a scanner that fails leaves the file pending.
func (s *Service) scan(ctx context.Context, sha256 string) (assessment.Scan, error) {
	if s.scanner == nil {
		return assessment.NotScanned, nil
	}
	r, err := s.files.Open(sha256)
	if err != nil {
		return "", err
	}
	defer r.Close()
	harmful, err := s.scanner.Harmful(ctx, r)
	return assessment.ScanOf(ctx, harmful, err)
}

// Rescan has an uploaded file looked at again.
func (s *Service) Rescan(ctx context.Context, a authz.Actor, organisation, file string) (f assessment.File, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.AssessmentEdit)
	if err != nil {
		return f, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		f, err = tx.File(file)
		return err
	})
	if err != nil || s.scanner == nil {
		return f, err
	}
	found, err := s.scan(ctx, f.SHA256)
	if err != nil || found == f.Scan {
		return f, err
	}
	f.Scan = found
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		f, err = tx.PutFile(f)
		return err
	})
	return f, err
}

// Download opens an uploaded file of the organisation. The caller closes it. A file
// in which a scan found something, or which a scan has still to judge, is refused.
func (s *Service) Download(ctx context.Context, a authz.Actor, organisation, file string) (f assessment.File, r io.ReadSeekCloser, err error) {
	err = s.read(ctx, a, organisation, authz.AssessmentRead, func(tx *store.Tx) error {
		f, err = tx.File(file)
		return err
	})
	if err != nil {
		return f, nil, err
	}
	switch f.Scan {
	case assessment.ScanHarmful:
		return f, nil, &fault.Error{Kind: fault.Forbidden, What: "a scan found something harmful in this file"}
	case assessment.ScanPending:
		return f, nil, &fault.Error{Kind: fault.Forbidden, What: "this file was not scanned yet"}
	}
	r, err = s.files.Open(f.SHA256)
	if errors.Is(err, blob.ErrNotFound) {
		return f, nil, &fault.Error{Kind: fault.NotFound, What: "the content of this file is missing", Cause: err}
	}
	return f, r, err
}
