package store_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
)

// filler gives every field that is still empty a value of its own, so that two
// columns that were mixed up are found.
type filler struct{ n int }

func (f *filler) fill(v reflect.Value) {
	if !v.IsZero() && v.Kind() != reflect.Struct {
		return
	}
	f.n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.UnixMilli(int64(1_700_000_000_000 + f.n)).UTC()
		return
	case *law.Date:
		*x = law.MustDate("2026-01-01").AddDays(f.n)
		return
	case *json.RawMessage:
		*x = json.RawMessage(fmt.Sprintf(`{"n":%d}`, f.n))
		return
	case *law.Message:
		*x = law.Message{Key: fmt.Sprint("key", f.n), Args: []law.Arg{{Name: "name", Value: "value"}}}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Version" {
				f.fill(v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("é'\"?%d", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint8: // law.Truth: true
		v.SetUint(uint64(law.True))
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		f.fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(fmt.Sprint("key", f.n)).Convert(v.Type().Key()), value)
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.25)
	default:
		panic("no value for " + v.Type().String())
	}
}

// roundTrip writes a value with all fields set, reads it back, removes it and
// undoes that. Whoever still has what was written first changes nothing after that.
func roundTrip[T any](t *testing.T, s *store.Store, w world, v T, put func(*store.Tx, T) (T, error), get func(*store.Tx) (T, error),
	remove func(*store.Tx) error) {
	t.Helper()
	setField(&v, "Person", w.person)
	setField(&v, "Workspace", w.workspace)
	new(filler).fill(reflect.ValueOf(&v).Elem())
	var saved, got T
	write(t, s, w.scope, func(tx *store.Tx) (err error) {
		saved, err = put(tx, v)
		return err
	})
	fetch := func(tx *store.Tx) (err error) {
		got, err = get(tx)
		return err
	}
	read(t, s, w.scope, fetch)
	if diff := cmp.Diff(saved, got); diff != "" {
		t.Errorf("written and read (-written +read):\n%s", diff)
	}
	loose := cmp.FilterPath(func(p cmp.Path) bool {
		return p.Last().String() == ".Version" || p.Last().String() == ".UpdatedAt"
	}, cmp.Ignore())
	if diff := cmp.Diff(v, got, loose); diff != "" {
		t.Errorf("asked for and read (-asked +read):\n%s", diff)
	}
	write(t, s, w.scope, remove)
	gone := func() {
		t.Helper()
		if err := s.Read(t.Context(), w.scope, fetch); fault.KindOf(err) != fault.NotFound || err == nil {
			t.Errorf("after the removal: %v", err)
		}
	}
	gone()
	old := func() { // what was written first is the page that somebody left open
		t.Helper()
		err := s.Write(t.Context(), w.scope, by, func(tx *store.Tx) error { return drop(put(tx, saved)) })
		if err == nil || fault.KindOf(err) != fault.Conflict {
			t.Errorf("written with an old version: %v", err)
		}
	}
	_, versioned := reflect.TypeFor[T]().FieldByName("Version")
	if versioned {
		old()
		gone()
	}
	err := s.Write(t.Context(), w.scope, by, func(tx *store.Tx) error { return tx.Undo(lastSeqIn(tx)) })
	if fault.KindOf(err) == fault.Forbidden && err != nil {
		return // the ledger does not hold all of it
	}
	if err != nil {
		t.Fatal(err)
	}
	read(t, s, w.scope, fetch)
	if diff := cmp.Diff(v, got, loose); diff != "" {
		t.Errorf("after undo:\n%s", diff)
	}
	if !versioned {
		return
	}
	old()
	write(t, s, w.scope, remove)
	write(t, s, w.scope, func(tx *store.Tx) error { return drop(put(tx, v)) }) // another with the same key
	old()
}

func setField(v any, name, to string) {
	if f := reflect.ValueOf(v).Elem().FieldByName(name); f.IsValid() && f.Kind() == reflect.String {
		f.SetString(to)
	}
}

func TestRoundTrip(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		tested := 0
		for name, p := range probes() {
			if p.trip != nil {
				tested++
				t.Run(name, func(t *testing.T) { p.trip(t, b.Store, w) })
			}
		}
		if tested < 17 {
			t.Errorf("only %d aggregates", tested)
		}
		if r := verified(t, b.Store, w.scope, ""); len(r.Faults) != 0 {
			t.Errorf("%+v", r.Faults)
		}
	})
}

// TestRoundTripOfOthers covers what is not kept like the rest.
func TestRoundTripOfOthers(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		everything := w
		everything.scope = system()
		person := tenant.Person{}
		roundTripOf(t, b.Store, everything, person, (*store.Tx).PutPerson, func(tx *store.Tx, p tenant.Person) (tenant.Person, error) { return tx.Person(p.ID) })
		roundTripOf(t, b.Store, everything, account.Session{Person: w.person}, (*store.Tx).PutSession,
			func(tx *store.Tx, s account.Session) (account.Session, error) { return tx.SessionByToken(s.TokenHash) })
		roundTripOf(t, b.Store, everything, account.Passkey{Person: w.person}, (*store.Tx).PutPasskey,
			func(tx *store.Tx, p account.Passkey) (account.Passkey, error) { return tx.Passkey(p.ID) })
		roundTripOf(t, b.Store, w, tenant.Workspace{ID: w.workspace, Version: 1}, (*store.Tx).PutWorkspace,
			func(tx *store.Tx, _ tenant.Workspace) (tenant.Workspace, error) { return tx.Workspace() })
		roundTripOf(t, b.Store, w, assessment.Rollup{Organisation: w.organisation},
			func(tx *store.Tx, r assessment.Rollup) (assessment.Rollup, error) { return r, tx.PutRollup(r) },
			func(tx *store.Tx, r assessment.Rollup) (assessment.Rollup, error) {
				rows, err := tx.Portfolio()
				if len(rows) != 1 || !rows[0].Assessed || rows[0].Organisation.Name != "acme Ltd" {
					t.Errorf("%+v", rows)
				}
				return rows[0].Rollup, err
			})
		roundTripOf(t, b.Store, w, work.Job{Organisation: w.organisation, State: work.Waiting, MaxAttempts: 3, CreatedBy: "tester",
			Workspace: w.workspace, LeaseUntil: time.Time{}},
			(*store.Tx).Enqueue, func(tx *store.Tx, j work.Job) (work.Job, error) { return tx.Job(j.ID) })
		roundTripOf(t, b.Store, w, work.Effect{Organisation: w.organisation, Workspace: w.workspace},
			func(tx *store.Tx, e work.Effect) (work.Effect, error) {
				out, _, err := tx.Post(e)
				return out, err
			}, func(tx *store.Tx, e work.Effect) (work.Effect, error) { return tx.Effect(e.ID) })
		roundTripOf(t, b.Store, w, desk.Notice{Person: w.person, Organisation: w.organisation},
			func(tx *store.Tx, n desk.Notice) (desk.Notice, error) { return n, tx.Notify(n) },
			func(tx *store.Tx, n desk.Notice) (desk.Notice, error) {
				all, err := tx.Inbox(w.person, 1)
				return all[0], err
			})
	})
}

// roundTripOf compares what is read with what put returned; fields that the store
// sets by itself are left out of the comparison.
func roundTripOf[T any](t *testing.T, s *store.Store, w world, v T, put func(*store.Tx, T) (T, error), get func(*store.Tx, T) (T, error)) {
	t.Helper()
	new(filler).fill(reflect.ValueOf(&v).Elem())
	var saved, got T
	write(t, s, w.scope, func(tx *store.Tx) (err error) {
		saved, err = put(tx, v)
		return err
	})
	read(t, s, w.scope, func(tx *store.Tx) (err error) {
		got, err = get(tx, saved)
		return err
	})
	own := []string{"UpdatedAt"}
	switch any(v).(type) {
	case work.Job:
		own = []string{"Attempt", "LeaseUntil", "LeasedBy", "Progress", "Note", "Error", "Result", "FinishedAt"}
	case desk.Notice:
		own = []string{"ID", "CreatedAt", "ReadAt"}
	}
	have := own[:0:0]
	for _, name := range own {
		if _, ok := reflect.TypeFor[T]().FieldByName(name); ok {
			have = append(have, name)
		}
	}
	opts := []cmp.Option{}
	if len(have) > 0 {
		var zero T
		opts = append(opts, cmpopts.IgnoreFields(zero, have...))
	}
	if diff := cmp.Diff(saved, got, opts...); diff != "" {
		t.Errorf("%T (-written +read):\n%s", v, diff)
	}
}
