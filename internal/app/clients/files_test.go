package clients_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/posture"
)

// judge is a scanner that the test directs.
type judge struct {
	harmful string // files with this text are harmful
	err     error
}

func (j *judge) Harmful(_ context.Context, file io.Reader) (bool, error) {
	b, err := io.ReadAll(file)
	if err != nil {
		return false, err
	}
	return bytes.Contains(b, []byte(j.harmful)), j.err
}

// scanned is the service of an office again, with a scanner.
func (o office) scanned(t *testing.T, j *judge) *clients.Service {
	t.Helper()
	files, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return clients.New(o.store, o.k, files, clients.WithScanner(j))
}

func TestScannedFiles(t *testing.T) {
	o, org := imported(t)
	ctx, j := context.Background(), &judge{harmful: "EICAR"}
	s := o.scanned(t, j)
	clean, err := s.Upload(ctx, o.owner, org.ID, "policy.txt", strings.NewReader("our policy"))
	if err != nil || clean.Scan != assessment.ScanClean {
		t.Fatalf("%+v, %v", clean, err)
	}
	if _, r, err := s.Download(ctx, o.owner, org.ID, clean.ID); err != nil {
		t.Error(err)
	} else {
		r.Close()
	}
	bad, err := s.Upload(ctx, o.owner, org.ID, "invoice.pdf", strings.NewReader("EICAR"))
	if !errors.Is(err, clients.ErrHarmful) || fault.KindOf(err) != fault.Invalid || bad.Scan != assessment.ScanHarmful {
		t.Fatalf("%+v, %v", bad, err)
	}
	_, _, err = s.Download(ctx, o.owner, org.ID, bad.ID)
	wantKind(t, "a harmful file", err, fault.Forbidden)
	piece := assessment.Evidence{Evidence: posture.Evidence{Kind: "doc.security-policy", Title: "Policy", Date: today}, Files: []string{bad.ID}}
	_, err = s.PutPiece(ctx, o.owner, org.ID, piece)
	wantKind(t, "a harmful file as evidence", err, fault.Invalid)
}

// TestFilesThatCannotBeJudged are kept and not served until the scanner answers.
func TestFilesThatCannotBeJudged(t *testing.T) {
	o, org := imported(t)
	ctx, j := context.Background(), &judge{harmful: "EICAR", err: errors.New("the scanner is away")}
	s := o.scanned(t, j)
	f, err := s.Upload(ctx, o.owner, org.ID, "policy.txt", strings.NewReader("our policy"))
	if err != nil || f.Scan != assessment.ScanPending {
		t.Fatalf("%+v, %v", f, err)
	}
	_, _, err = s.Download(ctx, o.owner, org.ID, f.ID)
	wantKind(t, "a file that was not scanned", err, fault.Forbidden)
	if f, err = s.Rescan(ctx, o.owner, org.ID, f.ID); err != nil || f.Scan != assessment.ScanPending {
		t.Errorf("while the scanner is away: %+v, %v", f, err)
	}
	j.err = nil
	if f, err = s.Rescan(ctx, o.owner, org.ID, f.ID); err != nil || f.Scan != assessment.ScanClean {
		t.Errorf("with the scanner back: %+v, %v", f, err)
	}
	if _, r, err := s.Download(ctx, o.owner, org.ID, f.ID); err != nil {
		t.Error(err)
	} else {
		r.Close()
	}
	_, err = s.Rescan(ctx, o.owner, org.ID, "0190a000-0000-7000-8000-00000000dead")
	wantKind(t, "a file that is not there", err, fault.NotFound)
}

func TestOwnersOfEvidence(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	piece := assessment.Evidence{Evidence: posture.Evidence{Kind: "doc.security-policy", Title: "Policy", Date: today}, OwnerPerson: "p-nobody"}
	_, err := o.PutPiece(ctx, o.owner, org.ID, piece)
	wantKind(t, "an owner who is no member", err, fault.Invalid)
}

func TestServes(t *testing.T) {
	k, err := knowledge()
	if err != nil {
		t.Fatal(err)
	}
	e := posture.Evidence{Kind: "doc.security-policy"}
	byKind := clients.Serves(k.Catalogue, e)
	if len(byKind) == 0 || len(byKind) != len(k.Catalogue.Naming(e.Kind)) {
		t.Errorf("the kind serves %v", byKind)
	}
	e.Covers = []string{"cir.4.2", "no.such"}
	more, below := clients.Serves(k.Catalogue, e), len(k.Catalogue.LeafPlaces("cir.4.2"))
	if below == 0 || len(more) != len(byKind)+below {
		t.Errorf("with a heading of %d points it serves %v", below, more)
	}
}

func TestValidityOf(t *testing.T) {
	k, err := knowledge()
	if err != nil {
		t.Fatal(err)
	}
	for end, want := range map[int]clients.Validity{-1: clients.Expired, 0: clients.Expiring, 30: clients.Expiring, 31: clients.Valid} {
		e := assessment.Evidence{Evidence: posture.Evidence{Kind: "doc.security-policy", Date: today.AddDays(-400), ValidUntil: today.AddDays(end)}}
		if got := clients.ValidityOf(k.Catalogue, e, today); got != want {
			t.Errorf("an end in %d days: %s", end, got)
		}
	}
}
