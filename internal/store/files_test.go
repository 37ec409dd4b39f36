package store_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/posture"
)

// contentOf is a SHA-256 that consists of one digit.
func contentOf(digit string) string { return strings.Repeat(digit, 64) }

// upload describes an uploaded file with the content.
func upload(t *testing.T, s *store.Store, w world, digit string) (f assessment.File) {
	t.Helper()
	write(t, s, w.scope, func(tx *store.Tx) (err error) {
		f, err = tx.PutFile(assessment.File{Organisation: w.organisation, SHA256: contentOf(digit), Name: digit})
		return err
	})
	return f
}

func pieceWith(w world, id string, files ...string) assessment.Evidence {
	return assessment.Evidence{Organisation: w.organisation, Evidence: posture.Evidence{ID: id, Kind: "doc.security-policy", Title: id}, Files: files}
}

// TestForgottenFiles: an upload that no evidence named is found and swept; one that
// is named, or was, never. Its content goes when nothing can bring it back, and that
// which a setting named once when changes can no longer be undone.
func TestForgottenFiles(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, start := makeWorld(t, b.Store, "uploads"), b.Clock.Now()
		var setting desk.Setting
		named, once, forgotten := upload(t, b.Store, w, "a"), upload(t, b.Store, w, "b"), upload(t, b.Store, w, "c")
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			if err := drop(tx.PutEvidence(pieceWith(w, "now", named.ID))); err != nil {
				return err
			}
			if err := drop(tx.PutEvidence(pieceWith(w, "before", once.ID))); err != nil {
				return err
			}
			workspace, err := tx.Workspace()
			if err != nil {
				return err
			}
			workspace.Brand.Logo = contentOf("d")
			if err := drop(tx.PutWorkspace(workspace)); err != nil {
				return err
			}
			if setting, err = tx.PutSetting(desk.Setting{Organisation: w.organisation, Name: "copies", Value: json.RawMessage(`["` + contentOf("1") + `","` + contentOf("2") + `"]`)}); err != nil {
				return err
			}
			return drop(tx.Enqueue(work.Job{Kind: "import", Args: json.RawMessage(`{"file":"` + contentOf("e") + `"}`)}))
		})
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			setting.Value = json.RawMessage(`["` + contentOf("1") + `"]`) // and no longer the other one
			if err := drop(tx.PutSetting(setting)); err != nil {
				return err
			}
			return tx.RemoveEvidence(w.organisation, "before")
		})
		b.Clock.Move(8 * 24 * time.Hour)
		upload(t, b.Store, w, "f") // younger than the grace
		var found []assessment.File
		read(t, b.Store, w.scope, func(tx *store.Tx) (err error) {
			found, err = tx.NeverNamedFiles(start.Add(-time.Hour), start.Add(24*time.Hour))
			return err
		})
		if len(found) != 1 || found[0].ID != forgotten.ID {
			t.Fatalf("found %+v, want the forgotten one only", found)
		}
		for _, f := range []assessment.File{named, once, forgotten} {
			write(t, b.Store, w.scope, func(tx *store.Tx) error {
				swept, err := tx.SweepFile(f)
				if swept != (f.ID == forgotten.ID) {
					t.Errorf("%s swept: %t", f.Name, swept)
				}
				return err
			})
		}
		unnamed := func() (digits []string) {
			read(t, b.Store, system(), func(tx *store.Tx) error {
				var all []string
				for _, d := range strings.Split("abcdef012", "") {
					all = append(all, contentOf(d))
				}
				out, err := tx.UnnamedContents(all, b.Clock.Now().Add(-store.UndoFor))
				for _, sha256 := range out {
					digits = append(digits, sha256[:1])
				}
				return err
			})
			return digits
		}
		if got := unnamed(); !slices.Equal(got, []string{"0"}) {
			t.Errorf("unnamed while the sweep can be undone: %v", got)
		}
		b.Clock.Move(store.UndoFor + time.Second)
		if got := unnamed(); !slices.Equal(got, []string{"c", "0", "2"}) {
			t.Errorf("unnamed afterwards: %v", got)
		}
	})
}

// TestSweepWhileNaming: a file that evidence is about to name is swept before that,
// so that the evidence is refused, or not at all.
func TestSweepWhileNaming(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "race")
		outcomes := map[bool]int{}
		for range 20 {
			f := upload(t, b.Store, w, "a")
			var wait sync.WaitGroup
			var naming error
			wait.Go(func() {
				naming = b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error {
					held, err := tx.FileToName(f.ID)
					if err != nil {
						return err
					}
					return drop(tx.PutEvidence(pieceWith(w, "of-"+f.ID, held.ID)))
				})
			})
			swept := false
			wait.Go(func() {
				if err := b.Write(t.Context(), w.scope, by, func(tx *store.Tx) (err error) {
					swept, err = tx.SweepFile(f)
					return err
				}); err != nil {
					t.Error(err)
				}
			})
			wait.Wait()
			if naming != nil && fault.KindOf(naming) != fault.NotFound {
				t.Fatal(naming)
			}
			if swept != (naming != nil) {
				t.Fatalf("swept %t, and naming it said %v", swept, naming)
			}
			outcomes[swept]++
		}
		t.Logf("swept first: %d, named first: %d", outcomes[true], outcomes[false])
	})
}

// TestContentColumns: no table names contents without the sweep looking there.
func TestContentColumns(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	found := column(t, storetest.Raw(t, b.Target), `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name LIKE '%sha256%' ORDER BY 1`)
	known := store.ContentColumns()
	slices.Sort(known)
	if diff := cmp.Diff(known, found); diff != "" {
		t.Errorf("-in contents of files.go +in the schema:\n%s", diff)
	}
}
