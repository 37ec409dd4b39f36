package organisation

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// check holds the rules that one field alone cannot show. Whether ids exist in
// the catalogue is checked by the caller, who has it.
func (d *decoder) check(f *File) {
	for i, id := range f.Activity.EntityTypes {
		if _, ok := annex.Lookup(id); !ok {
			d.failFor(fmt.Sprintf("activity.entity_types[%d]", i), fmt.Sprintf("no entity type %q", id),
				"an id that \"nisaba catalog types\" lists")
		}
	}
	years := map[int]bool{}
	for i, y := range f.Figures {
		if years[y.Year] {
			d.failFor(fmt.Sprintf("figures[%d].year", i), fmt.Sprintf("the year %d is given twice", y.Year), "one entry per year")
		}
		years[y.Year] = true
	}
	ids := map[string]bool{}
	for i, e := range f.Evidence {
		if e.ID != "" && ids[e.ID] {
			d.failFor(fmt.Sprintf("evidence[%d].id", i), fmt.Sprintf("the id %q is given twice", e.ID), "an id of its own for each piece")
		}
		ids[e.ID] = true
		if !e.ValidUntil.IsZero() && e.ValidUntil.Before(e.Date) {
			d.failFor(fmt.Sprintf("evidence[%d].valid_until", i), "the evidence ends before it begins", "a day on or after "+e.Date.String())
		}
	}
	for i, e := range f.Exceptions {
		if !e.Until.IsZero() && e.Until.Before(e.On) {
			d.failFor(fmt.Sprintf("exceptions[%d].until", i), "the exception ends before it begins", "a day on or after "+e.On.String())
		}
		if e.Kind == "compensated" && e.Compensation == "" {
			d.failFor(fmt.Sprintf("exceptions[%d].compensation", i), "the other measure is not named", "the measure that serves the purpose instead")
		}
	}
	for i, r := range f.Registration.IPRanges {
		if _, err := netip.ParsePrefix(r); err != nil {
			if _, err := netip.ParseAddr(r); err != nil {
				d.failFor(fmt.Sprintf("registration.ip_ranges[%d]", i), fmt.Sprintf("found %q", r), "an IP range such as 192.0.2.0/28")
			}
		}
	}
}

func (d *decoder) failFor(field, what, expected string) {
	d.failAt(d.lines[field], field, what, expected)
}

// Fault is a fault at a field of the file that was read, with its line when the
// field, or the nearest one that holds it, stands in the file.
func (f *File) Fault(field, what, expected string) *fault.Error {
	line := 0
	for at := field; at != "" && line == 0; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		line = f.lines[at]
	}
	return &fault.Error{Kind: fault.Invalid, File: f.name, Line: line, Field: field, What: what, Expected: expected}
}

// sections maps the first word of a field of the scope test to where the file
// keeps it.
var sections = map[string]string{
	"entity_types": "activity.", "facts": "activity.", "linked": "group.", "partners": "group.",
	"established_in": "establishment.", "serves": "establishment.", "decisions_in": "establishment.",
	"operations_in": "establishment.", "most_staff_in": "establishment.", "representative_in": "establishment.",
	"established_by": "establishment.", "cer_critical": "status.", "dora_exempt": "status.", "nis1_oes": "status.",
	"nis1_oes_before_2023_01_16": "status.", "identified_as": "status.",
}

// FieldOf is where the file keeps a field of the scope test, for example
// "group.partners.share_pct" for "partners.share_pct".
func FieldOf(scopeField string) string {
	first := scopeField
	if i := strings.IndexAny(scopeField, ".["); i >= 0 {
		first = scopeField[:i]
	}
	return sections[first] + scopeField
}
