package tenant_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

func TestZoneOf(t *testing.T) {
	for _, tc := range []struct{ person, workspace, want string }{
		{"", "", "UTC"}, {"", "Europe/Vienna", "Europe/Vienna"}, {"Europe/Lisbon", "Europe/Vienna", "Europe/Lisbon"},
		{"UTC", "Europe/Vienna", "UTC"}, // chosen
		{"Local", "Europe/Vienna", "Europe/Vienna"}, {"Mars/Olympus", "", "UTC"}, {"Pacific/Kiritimati", "Pacific/Niue", "Pacific/Kiritimati"},
	} {
		if got := tenant.ZoneOf(tc.person, tc.workspace).String(); got != tc.want {
			t.Errorf("%q in %q: %s, want %s", tc.person, tc.workspace, got, tc.want)
		}
	}
}

func TestZones(t *testing.T) {
	all := tenant.Zones()
	for _, name := range all {
		if bad := tenant.CheckZone(name); bad != nil {
			t.Errorf("%s is offered: %v", name, bad)
		}
	}
	if all[0] != "UTC" || !slices.IsSorted(all[1:]) || len(slices.Compact(all)) != len(tenant.Zones()) {
		t.Error("the list has no order, or names a zone twice")
	}
	for _, capital := range strings.Fields("Vienna Brussels Sofia Nicosia Prague Berlin Copenhagen Tallinn Madrid Helsinki Paris Athens Zagreb Budapest Dublin Rome Vilnius Luxembourg Riga Malta Amsterdam Warsaw Lisbon Bucharest Stockholm Ljubljana Bratislava") {
		if !slices.ContainsFunc(all, func(name string) bool { return strings.HasSuffix(name, "/"+capital) }) {
			t.Errorf("no zone is offered for %s", capital)
		}
	}
	for _, older := range []string{"Europe/Kiev", "Asia/Calcutta", "Etc/GMT+1", "CET"} { // as browsers say them
		if !tenant.KnownZone(older) {
			t.Errorf("%s is a zone", older)
		}
	}
	for _, bad := range []string{"", "Local", "Mars/Olympus", "../etc/passwd", "right/Europe/Vienna", "posix/Europe/Vienna", "+02:00", "Europe/Vienna\x00"} {
		if err := tenant.CheckZone(bad); err == nil || err.Kind != fault.Invalid || err.Field != "zone" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
