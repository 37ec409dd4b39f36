package incidents_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// TestSignalsJoin: the window of a source decides how long the same joins a case; a case
// that is over takes no more; nothing but a security event comes of it.
func TestSignalsJoin(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna, clerk := d.actor("anna", authz.Owner), d.actor("clara", authz.Contributor)
	if _, _, err := d.AddSource(ctx, clerk, d.organisation, incident.Source{Kind: incident.Webhook, Name: "SIEM"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a contributor makes an address: %v", err)
	}
	source, token, err := d.AddSource(ctx, anna, d.organisation, incident.Source{Kind: incident.Webhook, Name: "SIEM", Window: 30})
	must(t, err)
	say := func(body string) string {
		t.Helper()
		taken, err := d.ReceiveSignal(ctx, token, "", []byte(body))
		must(t, err)
		return taken.Reference
	}
	first := say(`{"title":"Brute force","host":"web"}`)
	d.clock.Move(29 * time.Minute)
	if again := say(`{"title":"brute force","host":"web"}`); again != first {
		t.Errorf("within the window: %s, %s", first, again)
	}
	d.clock.Move(29 * time.Minute) // after the second one
	if again := say(`{"title":"Brute force","host":"web"}`); again != first {
		t.Error("the window goes on from the last signal")
	}
	if other := say(`{"title":"Brute force","host":"mail"}`); other == first {
		t.Error("another host")
	}
	d.clock.Move(31 * time.Minute)
	later := say(`{"title":"Brute force","host":"web"}`)
	if later == first {
		t.Error("after the window")
	}
	list, err := d.List(ctx, anna, d.organisation)
	must(t, err)
	for _, i := range list {
		if i.Kind != incident.Event || i.Channel != "webhook" || i.AwareAt.Known() || i.Zone != "Europe/Berlin" {
			t.Errorf("%+v", i)
		}
		if i.Reference == later {
			must(t, d.Triage(ctx, anna, d.organisation, i.ID, incident.Event, incident.Dismissed, "a test"))
		}
	}
	if again := say(`{"title":"Brute force","host":"web"}`); again == later {
		t.Error("it joined a case that was dismissed")
	}
	if n := say(`{"title":"` + strings.Repeat("ä", 5000) + `","description":"` + strings.Repeat("€", 60_000) + `"}`); n == "" {
		t.Error("long words are lost")
	}
	must(t, d.RevokeSource(ctx, anna, d.organisation, source.ID))
	if _, err := d.ReceiveSignal(ctx, token, "", []byte("{}")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("after it was revoked: %v", err)
	}
}

// TestSameSignalAtOnce: the same event from many connections at once is one case.
func TestSameSignalAtOnce(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Owner)
	_, token, err := d.AddSource(ctx, anna, d.organisation, incident.Source{Kind: incident.Webhook, Name: "SIEM"})
	must(t, err)
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			if _, err := d.ReceiveSignal(ctx, token, fmt.Sprint("e", n%2), []byte(`{"title":"x"}`)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	list, err := d.List(ctx, anna, d.organisation)
	must(t, err)
	if len(list) != 2 {
		t.Errorf("%d cases", len(list))
	}
}

// TestSignalToArchive: the address of an organisation in the archive is none, until it is
// back.
func TestSignalToArchive(t *testing.T) {
	d, ctx := open(t), t.Context()
	_, token, err := d.AddSource(ctx, d.actor("anna", authz.Owner), d.organisation, incident.Source{Kind: incident.Webhook, Name: "SIEM"})
	must(t, err)
	for _, archived := range []bool{true, false} {
		must(t, d.store.Write(ctx, tenant.System("test").In(home, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
			o, err := tx.Organisation(d.organisation)
			if err != nil {
				return err
			}
			o.Archived = archived
			_, err = tx.PutOrganisation(o)
			return err
		}))
		_, err := d.ReceiveSignal(ctx, token, "e", []byte(`{"title":"x"}`))
		if refused := err != nil && fault.KindOf(err) == fault.NotFound; refused != archived || !refused && err != nil {
			t.Errorf("archived %v: %v", archived, err)
		}
	}
}
