package clocks_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/holidays"
)

// unionZones are the IANA zones in use in the 27 Member States and their regions
// to which Union law applies in full.
var unionZones = []string{
	"Europe/Vienna", "Europe/Brussels", "Europe/Sofia", "Asia/Nicosia", "Asia/Famagusta", "Europe/Prague", "Europe/Berlin",
	"Europe/Busingen", "Europe/Copenhagen", "Europe/Tallinn", "Europe/Madrid", "Africa/Ceuta", "Atlantic/Canary",
	"Europe/Helsinki", "Europe/Mariehamn", "Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne",
	"Indian/Reunion", "Indian/Mayotte", "America/Marigot", "Europe/Athens", "Europe/Zagreb", "Europe/Budapest",
	"Europe/Dublin", "Europe/Rome", "Europe/Vilnius", "Europe/Luxembourg", "Europe/Riga", "Europe/Malta",
	"Europe/Amsterdam", "Europe/Warsaw", "Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Azores", "Europe/Bucharest",
	"Europe/Stockholm", "Europe/Ljubljana", "Europe/Bratislava",
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// anchorNear draws an instant from 2026 to 2032, half of the time within two
// days of a change of the clocks in Europe, or of the same a month before.
func anchorNear(rt *rapid.T) time.Time {
	if rapid.Bool().Draw(rt, "anywhere") {
		return time.Unix(rapid.Int64Range(1767225600, 1988150399).Draw(rt, "unix"), rapid.Int64Range(0, 999).Draw(rt, "ms")*1e6)
	}
	year := rapid.IntRange(2026, 2032).Draw(rt, "year")
	month := rapid.SampledFrom([]time.Month{time.March, time.October}).Draw(rt, "month")
	change := time.Date(year, month, 31, 1, 0, 0, 0, time.UTC)
	change = change.AddDate(0, 0, -int(change.Weekday()))
	if rapid.Bool().Draw(rt, "a month before") {
		change = change.AddDate(0, -1, 0)
	}
	return change.Add(time.Duration(rapid.IntRange(-2*24*60, 2*24*60).Draw(rt, "minutes")) * time.Minute)
}

func request(regime clocks.Regime, stage clocks.Stage, z *time.Location, anchor clocks.Input, at time.Time) clocks.Request {
	return clocks.Request{Regime: regime, Stage: stage, Zone: z, Inputs: clocks.Inputs{}.With(anchor, at)}
}

// timed is every stage with a limit that counts from one instant.
var timed = []struct {
	regime clocks.Regime
	stage  clocks.Stage
	anchor clocks.Input
	hours  int
	days   int
	months int
}{
	{clocks.NIS2, clocks.EarlyWarning, clocks.AwareAt, 24, 0, 0},
	{clocks.NIS2, clocks.IncidentNotification, clocks.AwareAt, 72, 0, 0},
	{clocks.NIS2, clocks.FinalReport, clocks.NotificationSubmittedAt, 0, 0, 1},
	{clocks.NIS2, clocks.ProgressReport, clocks.NotificationSubmittedAt, 0, 0, 1},
	{clocks.GDPR, clocks.BreachNotification, clocks.AwareAt, 72, 0, 0},
	{clocks.DORA, clocks.InitialNotification, clocks.ClassifiedAt, 4, 0, 0},
	{clocks.DORA, clocks.IntermediateReport, clocks.InitialSubmittedAt, 72, 0, 0},
	{clocks.DORA, clocks.FinalReport, clocks.LatestIntermediateSubmittedAt, 0, 0, 1},
	{clocks.CRAVulnerability, clocks.EarlyWarning, clocks.AwareAt, 24, 0, 0},
	{clocks.CRAVulnerability, clocks.VulnerabilityNotification, clocks.AwareAt, 72, 0, 0},
	{clocks.CRAVulnerability, clocks.FinalReport, clocks.MeasureAvailableAt, 0, 14, 0},
	{clocks.CRAIncident, clocks.EarlyWarning, clocks.AwareAt, 24, 0, 0},
	{clocks.CRAIncident, clocks.IncidentNotification, clocks.AwareAt, 72, 0, 0},
	{clocks.CRAIncident, clocks.FinalReport, clocks.NotificationSubmittedAt, 0, 0, 1},
	{clocks.CER, clocks.InitialNotification, clocks.AwareAt, 24, 0, 0},
	{clocks.CER, clocks.DetailedReport, clocks.InitialSubmittedAt, 0, 0, 1},
	{clocks.EIDAS, clocks.Notification, clocks.AwareAt, 24, 0, 0},
	{clocks.EPrivacy, clocks.BreachNotification, clocks.DetectedAt, 24, 0, 0},
}

// oracle finds the deadline in another way than the package: it walks through
// the minutes of the target day until one shows the wanted wall time.
func oracle(anchor time.Time, z *time.Location, hours, days, months int) time.Time {
	if hours > 0 {
		return time.Unix(0, anchor.UnixNano()+int64(hours)*3600*1e9)
	}
	local := anchor.In(z)
	year, month, day := local.Date()
	if months == 1 {
		if month++; month == 13 {
			year, month = year+1, 1
		}
		lengths := [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
		if year%4 == 0 {
			lengths[2] = 29
		}
		day = min(day, lengths[month])
	}
	noon := time.Date(year, month, day+days, 12, 0, 0, 0, time.UTC)
	wall := noon.Format("2006-01-02 ") + local.Format("15:04")
	within := time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	previous := ""
	for minute := noon.Add(-40 * time.Hour); ; minute = minute.Add(time.Minute) {
		shown := minute.In(z).Format("2006-01-02 15:04")
		if shown == wall {
			return minute.Add(within)
		}
		if previous != "" && previous < wall && shown > wall {
			return minute
		}
		previous = shown
	}
}

func TestStrictMatchesOracle(t *testing.T) {
	for _, name := range unionZones {
		z := zone(t, name)
		rapid.Check(t, func(rt *rapid.T) {
			at := anchorNear(rt)
			tc := rapid.SampledFrom(timed).Draw(rt, "stage")
			c := clocks.Compute(request(tc.regime, tc.stage, z, tc.anchor, at))
			if want := oracle(at, z, tc.hours, tc.days, tc.months); !c.Strict.Equal(want) {
				rt.Fatalf("%s %s in %s from %s: %s, want %s", tc.regime, tc.stage, name, at.In(z), c.Strict, want.In(z))
			}
			if !c.Strict.After(at) {
				rt.Fatalf("deadline %s is not after its anchor %s", c.Strict, at)
			}
			if !c.LegalEndExcl.After(c.Strict) {
				rt.Fatalf("legal end %s is not after the strict deadline %s", c.LegalEndExcl, c.Strict)
			}
		})
	}
}

// A later anchor never gives an earlier deadline: exactly for hours, by calendar
// day for months, where several days end on the last day of a short month.
func TestStrictIsMonotonic(t *testing.T) {
	for _, name := range unionZones {
		z := zone(t, name)
		rapid.Check(t, func(rt *rapid.T) {
			at := anchorNear(rt)
			later := at.Add(time.Duration(rapid.Int64Range(1, int64(40*24*time.Hour)).Draw(rt, "later")))
			tc := rapid.SampledFrom(timed).Draw(rt, "stage")
			a := clocks.Compute(request(tc.regime, tc.stage, z, tc.anchor, at))
			b := clocks.Compute(request(tc.regime, tc.stage, z, tc.anchor, later))
			if tc.hours > 0 {
				if got, want := b.Strict.Sub(a.Strict), later.Sub(at); got != want {
					rt.Fatalf("anchors %v apart give deadlines %v apart", want, got)
				}
			} else if law.DateOf(b.Strict).Before(law.DateOf(a.Strict)) || b.LegalEndExcl.Before(a.LegalEndExcl) {
				rt.Fatalf("%s gives %s, the later %s gives %s", at, a.Strict, later, b.Strict)
			}
		})
	}
}

// Periods not in hours end with a working day of the authority's country,
// Regulation (EEC, Euratom) No 1182/71 Art. 3(4); the strict deadline ignores it.
func TestLegalEndIsAfterAWorkingDay(t *testing.T) {
	for _, country := range holidays.Countries() {
		calendar, ok := holidays.For(country, 2026, 2033)
		if !ok {
			t.Fatal(country)
		}
		rapid.Check(t, func(rt *rapid.T) {
			r := request(clocks.NIS2, clocks.FinalReport, zone(t, "Europe/Berlin"), clocks.NotificationSubmittedAt, anchorNear(rt))
			bare := clocks.Compute(r)
			r.Holiday = calendar.Holiday
			c := clocks.Compute(r)
			if !c.Strict.Equal(bare.Strict) {
				rt.Fatalf("holidays moved the strict deadline from %s to %s", bare.Strict, c.Strict)
			}
			last := law.DateOf(c.LegalEndExcl).AddDays(-1)
			if w := last.At(time.UTC).Weekday(); w == time.Saturday || w == time.Sunday || calendar.Holiday(last) {
				rt.Fatalf("the legal period ends with %s, which is not a working day in %s", last, country)
			}
			for d := law.DateOf(c.Strict); d.Before(last); d = d.AddDays(1) {
				if w := d.At(time.UTC).Weekday(); w != time.Saturday && w != time.Sunday && !calendar.Holiday(d) {
					rt.Fatalf("the legal period ends with %s although %s is a working day", last, d)
				}
			}
		})
	}
}

func TestWall(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, tc := range []struct {
		day   string
		clock time.Duration
		want  string
		times clocks.Occurrence
	}{
		{"2026-03-29", 90 * time.Minute, "2026-03-29T01:30:00+01:00", clocks.Once},
		{"2026-03-29", 2 * time.Hour, "2026-03-29T03:00:00+02:00", clocks.Never},
		{"2026-03-29", 150 * time.Minute, "2026-03-29T03:00:00+02:00", clocks.Never},
		{"2026-03-29", 3 * time.Hour, "2026-03-29T03:00:00+02:00", clocks.Once},
		{"2026-10-25", 2*time.Hour - 1, "2026-10-25T01:59:59.999999999+02:00", clocks.Once},
		{"2026-10-25", 2 * time.Hour, "2026-10-25T02:00:00+02:00", clocks.Twice},
		{"2026-10-25", 3*time.Hour - 1, "2026-10-25T02:59:59.999999999+02:00", clocks.Twice},
		{"2026-10-25", 3 * time.Hour, "2026-10-25T03:00:00+01:00", clocks.Once},
	} {
		got, times := clocks.Wall(law.MustDate(tc.day), tc.clock, berlin)
		if got.Format(time.RFC3339Nano) != tc.want || times != tc.times {
			t.Errorf("%s %v: %s %d, want %s %d", tc.day, tc.clock, got.Format(time.RFC3339Nano), times, tc.want, tc.times)
		}
	}
}

func TestParsePeriod(t *testing.T) {
	for s, want := range map[string]clocks.Period{
		"PT24H": clocks.Hours(24), "PT72H": clocks.Hours(72), "PT90M": {Elapsed: 90 * time.Minute}, "PT1H30M": {Elapsed: 90 * time.Minute},
		"P14D": clocks.Days(14), "P2W": clocks.Days(14), "P1M": clocks.Months(1), "P1Y": clocks.Months(12), "P30B": {WorkingDays: 30},
	} {
		if got, err := clocks.ParsePeriod(s); err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "P", "PT", "P0D", "PT0H", "24H", "P1", "P1H", "PT1D", "P1M2D", "PT1M1H", "P-1D", "P1.5D", "P99999999D", "P9999M", "p1d", "PT1H ", "P1MT1H"} {
		if got, err := clocks.ParsePeriod(s); err == nil {
			t.Errorf("%q was read as %+v", s, got)
		}
	}
}

func TestStages(t *testing.T) {
	want := []clocks.Stage{clocks.EarlyWarning, clocks.IncidentNotification, clocks.IntermediateReport, clocks.ProgressReport, clocks.FinalReport, clocks.RecipientInformation}
	if diff := cmp.Diff(want, clocks.Stages(clocks.NIS2)); diff != "" {
		t.Error(diff)
	}
	for _, r := range clocks.Regimes() {
		if len(clocks.Stages(r)) == 0 {
			t.Errorf("%s has no stage", r)
		}
	}
}

// The rows of a regime stand together, which the search for a term relies on.
func TestTermsStandTogether(t *testing.T) {
	seen := map[clocks.Regime]bool{}
	var last clocks.Regime
	for _, term := range clocks.Terms() {
		if term.Regime != last && seen[term.Regime] {
			t.Errorf("%s stands apart from the other terms of %s", term.ID, term.Regime)
		}
		last, seen[term.Regime] = term.Regime, true
	}
}
