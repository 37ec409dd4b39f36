package authority

import (
	"context"
	"errors"
	"io"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// LargestFile is the largest file in bytes that can be added to the file of an entity.
const LargestFile = clients.LargestFile

// File is a file as it comes; without a Body there is none.
type File struct {
	Name string
	Body io.Reader
}

// Attach adds a file to a line of the file of an entity. Its type is found in its
// content, and a scanner looks at it: one that is harmful, or that cannot be judged,
// is refused. Nothing is stored for an actor without the right. Invalid on "file"
// says why a file is refused.
func (s *Service) Attach(ctx context.Context, a authz.Actor, organisation, record string, file File) (f authority.Attachment, err error) {
	err = s.before(ctx, a, organisation, func(tx *store.Tx, organisation string) error {
		_, err := recordOf(tx, organisation, record)
		return err
	})
	if err != nil {
		return f, err
	}
	kept, err := s.keepFile(ctx, file)
	if err != nil {
		return f, err
	}
	err = s.write(ctx, a, organisation, authz.IncidentDecide, func(tx *store.Tx) error {
		r, err := recordOf(tx, organisation, record)
		if err == nil {
			f, err = attach(tx, a, r, kept)
		}
		return err
	})
	return f, err
}

// Detach removes a file from a line of the file of an entity. The ledger keeps what it
// was, and can bring it back.
func (s *Service) Detach(ctx context.Context, a authz.Actor, organisation, file string) (f authority.Attachment, err error) {
	err = s.write(ctx, a, organisation, authz.IncidentDecide, func(tx *store.Tx) error {
		if f, err = attachmentOf(tx, organisation, file); err != nil {
			return err
		}
		return tx.RemoveAuthorityAttachment(f.ID)
	})
	return f, err
}

// attachmentOf is a file of the file of the entity.
func attachmentOf(tx *store.Tx, organisation, file string) (authority.Attachment, error) {
	f, err := tx.AuthorityAttachment(file)
	if err == nil && f.Organisation != organisation {
		err = &fault.Error{Kind: fault.NotFound, What: "there is no such file"}
	}
	return f, err
}

func attach(tx *store.Tx, a authz.Actor, r authority.Record, f authority.Attachment) (authority.Attachment, error) {
	f.Organisation, f.Record, f.By, f.ByName = r.Organisation, r.ID, a.Person, a.Name
	return tx.AddAuthorityAttachment(f)
}

// before checks what is to be written before a file is stored for it.
func (s *Service) before(ctx context.Context, a authz.Actor, organisation string, check func(*store.Tx, string) error) error {
	scope, err := a.Organisation(ctx, organisation, authz.IncidentDecide)
	if err != nil {
		return err
	}
	return s.store.Read(ctx, scope, func(tx *store.Tx) error {
		if err := only(tx); err != nil {
			return err
		}
		return check(tx, organisation)
	})
}

// keepFile stores the content of a file that has nothing harmful in it. What no line
// names afterwards is swept.
func (s *Service) keepFile(ctx context.Context, file File) (f authority.Attachment, err error) {
	if s.options.Files == nil {
		return f, &fault.Error{Kind: fault.Internal, What: "this server keeps no files"}
	}
	if file.Body == nil {
		return f, invalid("file", "the file is missing or empty", "a file with content")
	}
	kept, err := s.options.Files.Put(file.Body, LargestFile)
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return f, invalid("file", "the file is too large", "at most 50 MB")
	case err != nil:
		return f, err
	case kept.Bytes == 0:
		return f, invalid("file", "the file is missing or empty", "a file with content")
	}
	content, err := s.options.Files.Open(kept.SHA256)
	if err != nil {
		return f, err
	}
	defer content.Close()
	if err := s.judge(ctx, content); err != nil {
		return f, err
	}
	return authority.Attachment{Name: assessment.FileName(file.Name), MediaType: kept.Type, Size: kept.Bytes, SHA256: kept.SHA256}, nil
}

// Attached opens a file of the file of an entity, once its bytes are proved to be
// those that were added. The caller closes it.
func (s *Service) Attached(ctx context.Context, a authz.Actor, organisation, file string) (f authority.Attachment, r io.ReadSeekCloser, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.IncidentRead)
	if err != nil {
		return f, nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		if err := only(tx); err != nil {
			return err
		}
		f, err = attachmentOf(tx, organisation, file)
		return err
	})
	if err != nil {
		return f, nil, err
	}
	if s.options.Files == nil {
		return f, nil, &fault.Error{Kind: fault.NotFound, What: "the content of this file is missing"}
	}
	err = s.options.Files.Verify(f.SHA256)
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return f, nil, &fault.Error{Kind: fault.NotFound, What: "the content of this file is missing", Cause: err}
	case err != nil:
		return f, nil, &fault.Error{Kind: fault.Internal, What: "the content of this file is not the one that was added", Cause: err}
	}
	r, err = s.options.Files.Open(f.SHA256)
	return f, r, err
}
