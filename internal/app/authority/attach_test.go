package authority_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	app "github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// looking finds the word EICAR harmful, and cannot tell of the word riddle.
type looking struct{}

func (looking) Harmful(_ context.Context, file io.Reader) (bool, error) {
	b, err := io.ReadAll(file)
	if err == nil && bytes.Contains(b, []byte("riddle")) {
		err = errors.New("the scanner has no answer")
	}
	return bytes.Contains(b, []byte("EICAR")), err
}

// keeping is the service with a folder of files and a scanner.
func keeping(t testing.TB, b *storetest.Bench) (s *app.Service, folder string) {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	folder = t.TempDir()
	files, err := blob.Open(folder)
	must(t, err)
	return app.New(b.Store, box, app.Options{Forms: forms(t), Files: files, Scanner: looking{}}), folder
}

// zeros is a file without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func stored(t testing.TB, folder string) (n int) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, "??", "*"))
	must(t, err)
	return len(all)
}

func text(name, content string) app.File {
	return app.File{Name: name, Body: strings.NewReader(content)}
}

// TestAttach: files come with a line or to one, keep their exact bytes and their
// hash, are read by those who may read the file of the entity, and are in the ledger.
func TestAttach(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		s, folder := keeping(t, b)
		o, other := open(t, b, s, tenant.Authority), open(t, b, s, tenant.Authority)
		ctx, olga, reader := t.Context(), o.officer(authz.Editor), o.officer(authz.Auditor)
		const report = "%PDF-1.7\n\x00\xff findings"
		written, err := o.Act(ctx, olga, o.organisation, app.Act{Kind: authority.Finding, Title: "No backups", File: text(`C:\audits\report 7.pdf`, report)})
		must(t, err)
		line := written.ID
		_, err = o.Attach(ctx, olga, o.organisation, line, text("../answer.html", "<script>alert(1)</script>"))
		must(t, err)
		e, err := o.Entity(ctx, reader, o.organisation)
		must(t, err)
		files := e.AttachedTo(line)
		sum := sha256.Sum256([]byte(report))
		if len(files) != 2 || files[0].Name != "report 7.pdf" || files[0].SHA256 != hex.EncodeToString(sum[:]) || files[0].MediaType != "application/pdf" ||
			files[0].Size != int64(len(report)) || files[0].ByName != "Olga" || files[1].Name != "answer.html" || len(e.AttachedTo("x")) != 0 {
			t.Fatalf("%+v", files)
		}
		_, r, err := o.Attached(ctx, reader, o.organisation, files[0].ID)
		must(t, err)
		got, err := io.ReadAll(r)
		if must(t, r.Close()); err != nil || string(got) != report {
			t.Errorf("%q, %v", got, err)
		}
		kept := stored(t, folder)
		for name, try := range map[string]struct {
			who          authz.Actor
			organisation string
			record       string
			kind         fault.Kind
		}{"an auditor": {reader, o.organisation, line, fault.Forbidden}, "another authority": {other.officer(authz.Owner), o.organisation, line, fault.NotFound},
			"the line of another authority": {other.officer(authz.Owner), other.organisation, line, fault.NotFound}, "no line": {olga, o.organisation, "x", fault.NotFound}} {
			if _, err := o.Attach(ctx, try.who, try.organisation, try.record, text("a.txt", name)); err == nil || fault.KindOf(err) != try.kind {
				t.Errorf("%s adds a file: %v", name, err)
			}
		}
		if _, err := o.Act(ctx, olga, o.organisation, app.Act{Kind: authority.Note, File: text("a.txt", "without a title")}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a line without a title: %v", err)
		}
		if n := stored(t, folder); n != kept {
			t.Errorf("%d files stored for those who may not", n-kept)
		}
		for _, who := range []struct {
			authz.Actor
			organisation string
		}{{other.officer(authz.Owner), o.organisation}, {other.officer(authz.Owner), other.organisation}, {olga, other.organisation}} {
			if _, _, err := o.Attached(ctx, who.Actor, who.organisation, files[0].ID); err == nil || fault.KindOf(err) != fault.NotFound {
				t.Errorf("a file is read from elsewhere: %v", err)
			}
		}
		must(t, b.Read(ctx, tenant.System("test").In(o.workspace, ""), func(tx *store.Tx) error {
			list, err := tx.Entries(store.Filter{Kind: "authority_record_file"})
			if len(list) != 2 || list[0].ActorName != "Olga" || !strings.Contains(string(list[1].After), files[0].SHA256) {
				t.Errorf("the ledger says %+v", list)
			}
			return err
		}))
	})
}

// TestAttachRefuses: what is empty, too large, harmful or cannot be judged is
// refused, and no line is written with it; a file whose bytes changed is not handed
// out.
func TestAttachRefuses(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	s, folder := keeping(t, b)
	o := open(t, b, s, tenant.Authority)
	ctx, olga := t.Context(), o.officer(authz.Editor)
	line, err := o.Act(ctx, olga, o.organisation, app.Act{Kind: authority.Note, Title: "Called", File: text("a.txt", "said")})
	must(t, err)
	for name, f := range map[string]app.File{"nothing": {}, "an empty file": text("a", ""), "a harmful file": text("a", "EICAR"), "a riddle": text("a", "riddle"),
		"too large a file": {Name: "a", Body: io.LimitReader(zeros{}, app.LargestFile+1)}} {
		var wrong *fault.Error
		if _, err := o.Attach(ctx, olga, o.organisation, line.ID, f); !errors.As(err, &wrong) || wrong.Kind != fault.Invalid || wrong.Field != "file" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := o.Act(ctx, olga, o.organisation, app.Act{Kind: authority.Note, Title: "Called again", File: text("a", "EICAR")}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a line with a harmful file: %v", err)
	}
	e, err := o.Entity(ctx, olga, o.organisation)
	must(t, err)
	if len(e.Records) != 1 || len(e.Attachments) != 1 {
		t.Fatalf("%d lines, %d files", len(e.Records), len(e.Attachments))
	}
	f := e.Attachments[0]
	path := filepath.Join(folder, f.SHA256[:2], f.SHA256)
	must(t, os.WriteFile(path, []byte("altered"), 0o600))
	if _, _, err := o.Attached(ctx, olga, o.organisation, f.ID); fault.KindOf(err) != fault.Internal {
		t.Errorf("an altered file: %v", err)
	}
	must(t, os.Remove(path))
	if _, _, err := o.Attached(ctx, olga, o.organisation, f.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a lost file: %v", err)
	}
}

// TestDetach: a file is removed by those who may add one, and comes back through the
// ledger with its exact bytes, unless somebody else changed it or it is too long ago.
func TestDetach(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		s, _ := keeping(t, b)
		o, other := open(t, b, s, tenant.Authority), open(t, b, s, tenant.Authority)
		ctx, olga, reader := t.Context(), o.officer(authz.Editor), o.officer(authz.Auditor)
		line, err := o.Act(ctx, olga, o.organisation, app.Act{Kind: authority.Finding, Title: "No backups", File: text("report.txt", "findings")})
		must(t, err)
		files := func() []authority.Attachment {
			t.Helper()
			e, err := o.Entity(ctx, reader, o.organisation)
			must(t, err)
			return e.AttachedTo(line.ID)
		}
		before := files()
		f := before[0]
		for name, try := range map[string]struct {
			who          authz.Actor
			organisation string
			file         string
			kind         fault.Kind
		}{"an auditor": {reader, o.organisation, f.ID, fault.Forbidden}, "another authority": {other.officer(authz.Owner), o.organisation, f.ID, fault.NotFound},
			"a file of another authority": {other.officer(authz.Owner), other.organisation, f.ID, fault.NotFound}, "no file": {olga, o.organisation, "x", fault.NotFound}} {
			if _, err := o.Detach(ctx, try.who, try.organisation, try.file); err == nil || fault.KindOf(err) != try.kind {
				t.Errorf("%s removes a file: %v", name, err)
			}
		}
		if _, err := o.Detach(ctx, olga, o.organisation, f.ID); err != nil || len(files()) != 0 {
			t.Fatalf("%d files are left, %v", len(files()), err)
		}
		if _, _, err := o.Attached(ctx, reader, o.organisation, f.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a removed file is read: %v", err)
		}
		scope := tenant.System("test").In(o.workspace, o.organisation)
		var removal int64
		must(t, b.Read(ctx, scope, func(tx *store.Tx) error {
			list, err := tx.Entries(store.Filter{Kind: "authority_record_file", Object: f.ID})
			if len(list) != 2 || list[0].Action != "remove" && list[0].After != nil || list[0].ActorName != "Olga" {
				t.Fatalf("the ledger says %+v", list)
			}
			removal = list[0].Seq
			return err
		}))
		undo := func(seq int64) error {
			return b.Write(ctx, scope, store.Change{Actor: "olga", ActorName: "Olga"}, func(tx *store.Tx) error { return tx.Undo(seq) })
		}
		must(t, undo(removal))
		if after := files(); !slices.Equal(after, before) {
			t.Errorf("brought back as %+v, was %+v", after, before)
		}
		_, r, err := o.Attached(ctx, reader, o.organisation, f.ID)
		must(t, err)
		got, err := io.ReadAll(r)
		if must(t, r.Close()); err != nil || string(got) != "findings" {
			t.Errorf("%q, %v", got, err)
		}
		if err := undo(removal); fault.KindOf(err) != fault.Conflict {
			t.Errorf("undone twice: %v", err)
		}
	})
}
