package alarming_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// TestAlarmsOfWhatIsOnItsWay: a report that was submitted and did not arrive silences
// no alarm; each says so, in every language, and asks for another way.
func TestAlarmsOfWhatIsOnItsWay(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		f := furnish(t, b.Store, 1)
		s, _, err := service(b.Store, nil, nil)
		must(t, err)
		must(t, b.Write(t.Context(), system().In(f.workspace, ""), by, func(tx *store.Tx) error {
			all, err := f.open(tx, f.organisations[0], tx.Now().Add(-22*time.Hour-30*time.Minute), 1, false)
			if err != nil {
				return err
			}
			n := slices.IndexFunc(all, func(a incident.Alarm) bool { return a.Stage == clocks.EarlyWarning })
			_, err = tx.PutIncidentReport(incident.Report{Organisation: f.organisations[0], Incident: all[n].Incident, Obligation: all[n].Obligation,
				Stage: clocks.EarlyWarning, Status: incident.Submitted, Channel: incident.OnTheWire, SubmittedAt: tx.Now()})
			return err
		}))
		for _, tc := range []struct {
			wait   time.Duration
			anna   string
			ben    string
			inMore string
		}{
			{time.Hour, "noch nicht zugestellt", "is not delivered yet", "the portal or the telephone"},
			{time.Hour, "hat die Behörde nicht erreicht", "did not reach the authority", "the portal or the telephone"},
		} {
			b.Clock.Move(tc.wait)
			if n, err := s.Sound(t.Context(), system()); n != 1 || err != nil {
				t.Fatalf("%d rang, %v", n, err)
			}
			must(t, b.Read(t.Context(), system().In(f.workspace, ""), func(tx *store.Tx) error {
				for person, want := range map[string][]string{f.anna.ID: {tc.anna}, f.ben.ID: {tc.ben, tc.inMore}} {
					inbox, err := tx.Inbox(person, 1)
					if err != nil {
						return err
					}
					language := f.anna.Language
					if person == f.ben.ID {
						language = "en"
					}
					text := noticing.Say(s.Mails.Printer(language), inbox[0])
					for _, w := range want {
						if !strings.Contains(text, w) {
							t.Errorf("after %v it says %q, without %q", tc.wait, text, w)
						}
					}
				}
				return nil
			}))
		}
	})
}
