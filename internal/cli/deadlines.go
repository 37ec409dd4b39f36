package cli

import (
	"bytes"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/calendar"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// deadlineCalendar is an iCalendar file with one event per deadline, in the
// printer's language. Clocks without a deadline, and reports that were already
// submitted, are left out; so are alarms before now, which a calendar would
// otherwise raise when it reads the file.
func deadlineCalendar(p *locale.Printer, all []clocks.Clock, now time.Time) ([]byte, error) {
	var entries []calendar.Entry
	written := map[string]bool{}
	for _, c := range all {
		uid := c.TermID + "." + c.AnchorAt.UTC().Format("20060102T150405Z") + "@deadlines.nisaba"
		if c.Strict.IsZero() || !c.Submitted.IsZero() || written[uid] {
			continue
		}
		written[uid] = true
		e := calendar.Entry{
			UID:         uid,
			Summary:     p.T("ui.label", "text", p.Say(c.Regime.Title())) + p.Say(c.Title()),
			Description: deadlineDescription(p, c),
			At:          c.Strict,
		}
		for _, at := range clocks.Reminders(c) {
			if !at.Before(now) {
				e.Alarms = append(e.Alarms, at)
			}
		}
		entries = append(entries, e)
	}
	var b bytes.Buffer
	if err := calendar.Write(&b, p.T("cli.clocks.calendar_name"), entries, now); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func deadlineDescription(p *locale.Printer, c clocks.Clock) string {
	lines := []string{
		p.Say(c.Basis()) + " (" + p.Cite(c.Citation) + ")",
		p.T("ui.label", "text", p.T("cli.clocks.to")) + p.Say(c.Recipient()),
	}
	if c.Projected {
		lines = append(lines, p.T("cli.clocks.projected"))
	}
	return strings.Join(append(lines, "", p.T("cli.clocks.note")), "\n")
}
