package incidents

import (
	"context"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Correct mends a line of the record that a person wrote: by another line, with the text
// and the time that are right and the reason. The first line stays in the record. A time
// that is not known leaves the one that the line has.
func (s *Service) Correct(ctx context.Context, a authz.Actor, organisation, id, line, text string, at incident.Moment, reason string) error {
	text, reason = strings.TrimSpace(text), strings.TrimSpace(reason)
	switch {
	case text == "" || len(text) > reporting.LongestText:
		return invalid("text", "the text is missing or too long", "what happened, up to 20 kB")
	case reason == "" || len(reason) > reporting.LongestText:
		return invalid("reason", "the reason is missing", "why the line is corrected")
	}
	return s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		all, err := tx.Incidents(organisation)
		if err != nil {
			return err
		}
		entries, err := tx.IncidentEntries(organisation, incident.Lineage(i.ID, all)...)
		if err != nil {
			return err
		}
		lines := incident.Timeline(entries)
		n := slices.IndexFunc(lines, func(l incident.Line) bool { return l.ID == line })
		if n < 0 || !lines[n].Said.Handwritten() {
			return missing("line that a person wrote")
		}
		now := lines[n]
		if !at.Known() {
			at = now.At
		}
		if err := checkMoment("at", &at, i.Now(tx.Now())); err != nil {
			return err
		}
		if text == now.Text && at.At.Equal(now.At.At) && at.Zone == now.At.Zone {
			return invalid("text", "nothing is corrected", "another text or another time")
		}
		return entry(tx, a, i, incident.Entry{Kind: "correction", Object: line, At: at, Text: reason, Before: now.Text, After: text})
	})
}
