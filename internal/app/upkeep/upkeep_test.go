package upkeep_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/app/upkeep"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/internal/tsa/tsatest"
)

var kit storetest.Kit

// The environment variable that turns the test program into a restore: file and
// folder.
const restorer = "NISABA_TEST_RESTORER"

func TestMain(m *testing.M) {
	if spec := os.Getenv(restorer); spec != "" { // a child of TestKilledRestore
		file, folder, _ := strings.Cut(spec, "\n")
		_, err := upkeep.Restore(context.Background(), file, upkeep.Place{Folder: folder}, clock.System{}, noKey)
		fmt.Println(err)
		os.Exit(0)
	}
	os.Exit(kit.Main(m))
}

func noKey(string) (string, error) { return "", nil }

// server is the data of a server with a person, an organisation and files.
type server struct {
	place upkeep.Place
	store *store.Store
	files *blob.Dir
	names []string // SHA-256 of the files

	workspace, organisation string
}

func newServer(t *testing.T, database string, files int) server {
	t.Helper()
	v := server{place: upkeep.Place{Folder: t.TempDir(), Database: database, Secrets: []string{"key"}}}
	target := database
	if target == "" {
		target = filepath.Join(v.place.Folder, "nisaba.db")
	}
	v.store = storetest.Open(t, target).Store
	must(t, os.WriteFile(filepath.Join(v.place.Folder, "key"), []byte("secret\n"), 0o600))
	var err error
	if v.files, err = blob.Open(filepath.Join(v.place.Folder, "files")); err != nil {
		t.Fatal(err)
	}
	v.populate(t, files)
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (v *server) populate(t *testing.T, files int) {
	t.Helper()
	w, o := id.New(), id.New()
	v.workspace, v.organisation = w, o
	for i := range files {
		f, err := v.files.Put(strings.NewReader(fmt.Sprintf("file %d %s", i, strings.Repeat("x", i*1000))), 1<<20)
		must(t, err)
		v.names = append(v.names, f.SHA256)
	}
	err := v.store.Write(t.Context(), tenant.System("test"), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		if _, err := tx.PutPerson(tenant.Person{Email: "anna@example.org", Name: "Anna \u2028 Ünïcode"}); err != nil {
			return err
		}
		in := tx.In(w, "")
		if _, err := in.PutWorkspace(tenant.Workspace{ID: w, Kind: tenant.Provider, Name: "Seewinkel"}); err != nil {
			return err
		}
		if _, err := in.PutOrganisation(tenant.Organisation{ID: o, Kind: tenant.Client, Name: "Werk", Facts: json.RawMessage(`{}`)}); err != nil {
			return err
		}
		for _, sha := range v.names {
			if _, err := in.PutFile(assessment.File{Organisation: o, SHA256: sha, Name: "f"}); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err)
	private, public, err := ledger.GenerateKey(rand.Reader, "test")
	must(t, err)
	signer, err := ledger.NewSigner(private, public)
	must(t, err)
	_, err = v.store.SealLedgers(t.Context(), signer, "test", nil)
	must(t, err)
	v.place.Public = public
}

func (v server) dump(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	_, err := v.store.Dump(t.Context(), &b)
	must(t, err)
	return b.String()
}

func (v server) backup(t *testing.T, o upkeep.BackupOptions) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.tar.gz")
	_, err := upkeep.New(v.store, v.place).Backup(t.Context(), file, o)
	must(t, err)
	return file
}

// restore restores and opens the result.
func restore(t *testing.T, file, database, public string) (server, upkeep.Restored) {
	t.Helper()
	v := server{place: upkeep.Place{Folder: filepath.Join(t.TempDir(), "data"), Database: database, Secrets: []string{"key"}, Public: public}}
	r, err := upkeep.Restore(t.Context(), file, v.place, clock.System{}, func(folder string) (string, error) {
		b, err := os.ReadFile(filepath.Join(folder, upkeep.PublicKeys))
		return string(b), err
	})
	must(t, err)
	target := database
	if target == "" {
		target = filepath.Join(v.place.Folder, "nisaba.db")
	}
	v.store = storetest.Open(t, target).Store
	if v.files, err = blob.Open(filepath.Join(v.place.Folder, "files")); err != nil {
		t.Fatal(err)
	}
	return v, r
}

// TestRoundTrip carries a server from SQLite to PostgreSQL and back, with and
// without its private key.
func TestRoundTrip(t *testing.T) {
	lite := newServer(t, "", 30)
	want := lite.dump(t)
	pg, r := restore(t, lite.backup(t, upkeep.BackupOptions{WithKey: true}), kit.Postgres(t), lite.place.Public)
	if !r.Keys || r.Files != 30 || len(r.Damaged) != 0 {
		t.Errorf("%+v", r)
	}
	back, again := restore(t, pg.backup(t, upkeep.BackupOptions{}), "", lite.place.Public)
	if again.Keys {
		t.Error("the private key is in a backup that was to be without")
	}
	for name, v := range map[string]server{"PostgreSQL": pg, "SQLite": back} {
		if diff := cmp.Diff(want, v.dump(t)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		for _, sha := range lite.names {
			if err := v.files.Verify(sha); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, l := range append(r.Ledgers, again.Ledgers...) {
		if len(l.Faults) != 0 || l.Checkpoints != 1 {
			t.Errorf("%+v", l)
		}
	}
	if b, err := os.ReadFile(filepath.Join(pg.place.Folder, "key")); err != nil || string(b) != "secret\n" {
		t.Errorf("%q %v", b, err)
	}
}

// TestRestoreChecksLedgers: after a restore the ledgers are checked as always: against
// the signed checkpoints, and their time stamps against the roots in the backup, or
// those that are given.
func TestRestoreChecksLedgers(t *testing.T) {
	v := newServer(t, "", 0)
	now := v.store.Now() // the certificates are of the day on which the checkpoint was signed
	ours := tsatest.NewCA(t, "Ours", now, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	theirs := tsatest.NewCA(t, "Theirs", now, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
	v.place.Roots = ours.Roots
	must(t, v.store.Write(t.Context(), tenant.System("test").In(v.workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		all, err := tx.Checkpoints()
		if err != nil {
			return err
		}
		_, err = tx.PutStamp(all[0].Size, ours.Token(t, []byte(all[0].Note), all[0].At))
		return err
	}))
	checked := func(file, public string, roots []byte) upkeep.Ledger {
		into := upkeep.Place{Folder: filepath.Join(t.TempDir(), "data"), Roots: roots}
		r, err := upkeep.Restore(t.Context(), file, into, clock.At(now), func(string) (string, error) { return public, nil })
		must(t, err)
		return r.Ledgers[slices.IndexFunc(r.Ledgers, func(l upkeep.Ledger) bool { return l.Workspace == v.workspace })]
	}
	file := v.backup(t, upkeep.BackupOptions{})
	if l := checked(file, v.place.Public, nil); len(l.Faults) != 0 || len(l.Stamps) != 1 || l.Stamps[0].Chain != upkeep.ChainTrusted || l.Stamps[0].Root != "CN=Ours Root" {
		t.Errorf("with what is in the backup: %+v", l)
	}
	if l := checked(file, v.place.Public, theirs.Roots); len(l.Faults) != 1 || l.Stamps[0].Chain != upkeep.ChainBroken {
		t.Errorf("with other roots: %+v", l)
	}
	if l := checked(file, newServer(t, "", 0).place.Public, nil); len(l.Faults) != 1 || l.Faults[0].Table != "checkpoints" {
		t.Errorf("with the key of another server: %+v", l)
	}
}

// TestRefused: nothing is restored over anything.
func TestRefused(t *testing.T) {
	full := newServer(t, "", 1)
	file := full.backup(t, upkeep.BackupOptions{})
	try := func(into upkeep.Place) error {
		_, err := upkeep.Restore(t.Context(), file, into, clock.System{}, noKey)
		return err
	}
	if err := try(full.place); fault.KindOf(err) != fault.Conflict {
		t.Errorf("into a folder in use: %v", err)
	}
	database := kit.Postgres(t)
	newServer(t, database, 0)
	folder := filepath.Join(t.TempDir(), "data")
	if err := try(upkeep.Place{Folder: folder, Database: database}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("into a database in use: %v", err)
	}
	nothingAt(t, folder)
	if _, err := upkeep.New(full.store, full.place).Backup(t.Context(), file, upkeep.BackupOptions{}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("over a file: %v", err)
	}
	if _, err := upkeep.New(full.store, full.place).Backup(t.Context(), file, upkeep.BackupOptions{Overwrite: true}); err != nil {
		t.Error(err)
	}
}

// TestPlantedKeys: nothing of a backup lands in the data folder in place of the
// database or of the files, whatever name it has.
func TestPlantedKeys(t *testing.T) {
	full := newServer(t, "", 0)
	for _, name := range []string{"nisaba.db.new", "Key"} {
		planted := full
		planted.place.Secrets = []string{"key", name}
		must(t, os.WriteFile(filepath.Join(full.place.Folder, name), []byte("planted"), 0o600))
		file := filepath.Join(t.TempDir(), "backup")
		_, err := upkeep.New(full.store, planted.place).Backup(t.Context(), file, upkeep.BackupOptions{WithKey: true})
		must(t, err)
		folder := filepath.Join(t.TempDir(), "data")
		if _, err := upkeep.Restore(t.Context(), file, upkeep.Place{Folder: folder}, clock.System{}, noKey); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "does not belong") {
			t.Errorf("a key named %s: %v", name, err)
		}
		nothingAt(t, folder)
	}
}

// nothingAt checks that neither the folder nor anything half-done beside it is left.
func nothingAt(t *testing.T, folder string) {
	t.Helper()
	left, err := os.ReadDir(filepath.Dir(folder))
	must(t, err)
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestDamagedBackups: a backup that was cut off or altered anywhere is refused
// before anything is written. The compressed form has a few bits that mean
// nothing; where one of them is altered, everything is restored as it was.
func TestDamagedBackups(t *testing.T) {
	v := newServer(t, "", 5)
	good, err := os.ReadFile(v.backup(t, upkeep.BackupOptions{WithKey: true}))
	must(t, err)
	bad := map[string][]byte{"empty": nil, "text": []byte("hello"), "twice": append(bytes.Clone(good), good...)}
	for _, cut := range []int{1, 9, 100, len(good) / 2, len(good) - 9, len(good) - 1} {
		bad[fmt.Sprintf("cut at %d", cut)] = good[:cut]
	}
	for at := 12; at < len(good); at += len(good)/60 + 1 {
		c := bytes.Clone(good)
		c[at] ^= 4
		bad[fmt.Sprintf("byte %d", at)] = c
	}
	for name, content := range bad {
		file, folder := filepath.Join(t.TempDir(), "b"), filepath.Join(t.TempDir(), "data")
		must(t, os.WriteFile(file, content, 0o600))
		_, err := upkeep.Restore(t.Context(), file, upkeep.Place{Folder: folder}, clock.System{}, noKey)
		if err == nil && strings.HasPrefix(name, "byte") {
			got := server{store: storetest.Open(t, filepath.Join(folder, "nisaba.db")).Store}
			if diff := cmp.Diff(v.dump(t), got.dump(t)); diff != "" {
				t.Errorf("%s:\n%s", name, diff)
			}
			continue
		}
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
		nothingAt(t, folder)
	}
	if _, err := upkeep.Restore(t.Context(), "/nowhere", upkeep.Place{Folder: t.TempDir()}, clock.System{}, noKey); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

// TestDamagedFiles: files that are missing or altered are left out and named.
func TestDamagedFiles(t *testing.T) {
	v := newServer(t, "", 3)
	path := func(i int) string { return filepath.Join(v.place.Folder, "files", v.names[i][:2], v.names[i]) }
	must(t, os.WriteFile(path(0), []byte("altered"), 0o600))
	must(t, os.Remove(path(1)))
	b, err := upkeep.New(v.store, v.place).Backup(t.Context(), filepath.Join(t.TempDir(), "b"), upkeep.BackupOptions{})
	if err != nil || b.Files != 1 || !cmp.Equal(b.Damaged, v.names[:2]) {
		t.Errorf("%+v %v", b, err)
	}
}

// TestMissingFiles: whatever is named and kept as a file is named when it is missing,
// also reports, what was approved, logos and binders.
func TestMissingFiles(t *testing.T) {
	v := newServer(t, "", 0)
	sha := func(n int) string { return fmt.Sprintf("%064x", n) }
	must(t, v.store.Write(t.Context(), tenant.System("test").In(v.workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		w.Brand.Logo = sha(1)
		o, err := tx.Organisation(v.organisation)
		if err != nil {
			return err
		}
		o.Brand.Logo = sha(2)
		_, e1 := tx.PutWorkspace(w)
		_, e2 := tx.PutOrganisation(o)
		_, e3 := tx.PutApproval(board.Approval{Organisation: o.ID, Subject: "plan", Title: "plan", SHA256: sha(3), File: id.New(), Decision: board.Waiting})
		_, e4 := tx.PutReport(assessment.Report{Organisation: o.ID, Format: "pdf", Language: "en", SHA256: sha(4), File: id.New()})
		_, e5 := tx.PutSetting(desk.Setting{Organisation: o.ID, Name: "incidents.binder", Value: json.RawMessage(`{"copies":[{"at":"2026-01-01T00:00:00Z","sha256":"` + sha(5) + `"}]}`)})
		_, e6 := tx.PutApproval(board.Approval{Organisation: o.ID, Subject: "report", Title: "kept elsewhere", SHA256: sha(6), Decision: board.Waiting})
		return errors.Join(e1, e2, e3, e4, e5, e6)
	}))
	b, err := upkeep.New(v.store, v.place).Backup(t.Context(), filepath.Join(t.TempDir(), "b"), upkeep.BackupOptions{})
	if want := []string{sha(1), sha(2), sha(3), sha(4), sha(5)}; err != nil || !cmp.Equal(b.Damaged, want) {
		t.Errorf("%+v %v", b, err)
	}
}

// TestStoppedBackup: a backup that is stopped leaves nothing.
func TestStoppedBackup(t *testing.T) {
	v := newServer(t, "", 3)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	file := filepath.Join(t.TempDir(), "b")
	if _, err := upkeep.New(v.store, v.place).Backup(ctx, file, upkeep.BackupOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	nothingAt(t, file)
}

// TestKilledRestore kills a restore at different moments: the data folder is whole
// or not there, and the next restore clears up and works.
func TestKilledRestore(t *testing.T) {
	v := newServer(t, "", 40)
	file, want := v.backup(t, upkeep.BackupOptions{WithKey: true}), v.dump(t)
	parent := t.TempDir()
	folder := filepath.Join(parent, "data")
	killed, whole := 0, 0
	for round := range 25 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), restorer+"="+file+"\n"+folder)
		must(t, cmd.Start())
		time.Sleep(time.Duration(round) * 8 * time.Millisecond)
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			killed++
			continue
		}
		whole++
		got := server{store: storetest.Open(t, filepath.Join(folder, "nisaba.db")).Store}
		if diff := cmp.Diff(want, got.dump(t)); diff != "" {
			t.Fatalf("round %d:\n%s", round, diff)
		}
		must(t, os.RemoveAll(folder))
	}
	if killed == 0 {
		t.Error("no restore was killed in time: the test proves nothing")
	}
	t.Logf("%d killed, %d whole", killed, whole)
	if _, err := upkeep.Restore(t.Context(), file, upkeep.Place{Folder: folder}, clock.System{}, noKey); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(parent)
	if err != nil || len(left) != 1 {
		t.Errorf("%v %v", left, err)
	}
}
