package clients_test

import (
	"context"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/law"
)

// in is the owner in a time zone.
func (o office) in(zone string) authz.Actor {
	return authz.NewActor(authz.Actor{Person: "anna", Name: "Anna", Session: authz.Browser, Zone: tenant.ZoneOf(zone)}, home,
		[]tenant.Membership{{Workspace: home, Role: authz.Owner}}, o.store)
}

// TestDaysOfPeople: what somebody notes bears the day where they are, what they read is
// as of it, and the row of the portfolio has the day of the workspace.
func TestDaysOfPeople(t *testing.T) {
	ctx, day := context.Background(), law.MustDate
	for _, tc := range []struct {
		at                       string // UTC
		workspace, person        string
		ofWorkspace, ofThePerson law.Date
	}{
		{"2026-11-28T23:30:00Z", "", "", day("2026-11-28"), day("2026-11-28")},
		{"2026-11-28T23:30:00Z", "Europe/Vienna", "Europe/Vienna", day("2026-11-29"), day("2026-11-29")},
		{"2026-11-28T23:30:00Z", "Europe/Vienna", "America/Lima", day("2026-11-29"), day("2026-11-28")},
		{"2026-11-28T10:30:00Z", "Europe/Vienna", "Pacific/Kiritimati", day("2026-11-28"), day("2026-11-29")},
		{"2026-11-29T10:30:00Z", "Pacific/Niue", "Europe/Vienna", day("2026-11-28"), day("2026-11-29")},
		{"2027-03-27T23:30:00Z", "Europe/Vienna", "UTC", day("2027-03-28"), day("2027-03-27")}, // the night in which summer time begins
		{"2027-03-28T22:00:00Z", "Europe/Vienna", "UTC", day("2027-03-29"), day("2027-03-28")},
		{"2027-10-30T22:00:00Z", "Europe/Vienna", "UTC", day("2027-10-31"), day("2027-10-30")}, // it ends
		{"2027-10-31T22:59:59Z", "Europe/Vienna", "UTC", day("2027-10-31"), day("2027-10-31")},
	} {
		t.Run(tc.at+" "+tc.workspace+" "+tc.person, func(t *testing.T) {
			o, org := imported(t)
			o.zone(t, home, tc.workspace)
			at, err := time.Parse(time.RFC3339, tc.at)
			if err != nil {
				t.Fatal(err)
			}
			o.clock.Move(at.Sub(o.clock.Now()))
			anna := o.in(tc.person)
			if _, _, err := o.Answer(ctx, anna, org.ID, "q.backup.exists", []string{"none"}, ""); err != nil {
				t.Fatal(err)
			}
			d, err := o.Determine(ctx, anna, org.ID)
			if err != nil {
				t.Fatal(err)
			}
			c, err := o.Load(ctx, anna, org.ID)
			if err != nil {
				t.Fatal(err)
			}
			if d.On != tc.ofThePerson || c.In.AsOf != tc.ofThePerson || answered(c) != tc.ofThePerson {
				t.Errorf("determined on %v, answered on %v, read as of %v, want %v", d.On, answered(c), c.In.AsOf, tc.ofThePerson)
			}
			if r := o.row(t, org.ID).Rollup; r.AsOf != tc.ofWorkspace {
				t.Errorf("the row is of %v, want %v", r.AsOf, tc.ofWorkspace)
			}
			told := clients.Told{Register: "nis2.27", State: "AT", On: tc.ofThePerson.AddDays(1)}
			if _, err := o.Register(ctx, anna, org.ID, told); err == nil {
				t.Error("a registration of tomorrow was taken")
			}
			if told.On = tc.ofThePerson; second(o.Register(ctx, anna, org.ID, told)) != nil {
				t.Error("a registration of today was refused")
			}
		})
	}
}

func answered(c clients.Client) law.Date {
	for _, a := range c.Answers {
		if a.Question == "q.backup.exists" && a.Source == assessment.ByPerson {
			return a.On
		}
	}
	return law.Date{}
}
