package store_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

func TestWorld(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			o, err := tx.Organisation(w.organisation)
			if err != nil {
				return err
			}
			if o.Name != "acme Ltd" || o.Version != 1 || !o.CreatedAt.Equal(storetest.Start8()) || string(o.Facts) != `{"size":1}` {
				t.Errorf("organisation %+v", o)
			}
			return nil
		})
		if b.Engine() == "PostgreSQL" && !b.RowSecurity() {
			t.Error("the test account bypasses row-level security")
		}
	})
}
