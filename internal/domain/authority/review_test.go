package authority_test

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// TestLate: on the wire the time of arrival counts, for what an officer entered the
// time that the officer says; both sides judge alike.
func TestLate(t *testing.T) {
	aware := time.Date(2026, 6, 10, 8, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		channel             string
		submitted, received time.Duration // since awareness
		corrects            string
		voluntary, late     bool
	}{
		"in time":                         {channel: authority.OnTheWire, submitted: 20 * time.Hour, received: 24 * time.Hour},
		"submitted in time, arrived late": {channel: authority.OnTheWire, submitted: 20 * time.Hour, received: 24*time.Hour + time.Second, late: true},
		"by hand: entered later":          {channel: authority.ByHand, submitted: 20 * time.Hour, received: 90 * time.Hour},
		"by hand: late":                   {channel: authority.ByHand, submitted: 25 * time.Hour, received: 90 * time.Hour, late: true},
		"a correction":                    {channel: authority.OnTheWire, submitted: 50 * time.Hour, received: 50 * time.Hour, corrects: "r"},
		"voluntary":                       {channel: authority.OnTheWire, submitted: 50 * time.Hour, received: 50 * time.Hour, voluntary: true},
	} {
		r := authority.Report{Channel: tc.channel, ReceivedAt: aware.Add(tc.received)}
		r.Describe(incident.Frozen{Regime: clocks.NIS2, Stage: clocks.EarlyWarning, AwareAt: aware, SubmittedAt: aware.Add(tc.submitted), Corrects: tc.corrects, Voluntary: tc.voluntary})
		if r.Late != tc.late {
			t.Errorf("%s: late is %t", name, r.Late)
		}
	}
}
