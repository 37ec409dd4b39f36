package incidents

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// Fulfilled reports whether an authority has what it asked for with a message: an
// answer, the report that it requested, or another one in place of the one that it sent
// back, for which words alone are not enough; or whether it said since that it does not
// need it. name is the authority's, messages are those of the case.
func Fulfilled(m filing.Message, name string, messages []filing.Message, list []Duty) bool {
	if !sentBack(m, list) && m.Answered(messages) {
		return true
	}
	switch m.Kind {
	case authority.Revision:
		for _, x := range messages {
			if x.Kind == authority.Settled && x.About == m.About && x.Endpoint == m.Endpoint && x.Number > m.Number {
				return true
			}
		}
		return anyReport(list, func(_ Duty, r incident.Report) bool { return r.Corrects == m.About && !r.Underway() })
	case authority.Request:
		return anyReport(list, func(d Duty, r incident.Report) bool {
			return r.Stage == clocks.IntermediateReport && string(d.Regime) == m.Regime && d.Authority == name && r.MadeAt().After(m.SaidAt)
		})
	}
	return false
}

// sentBack reports whether the message sends a report of the case back.
func sentBack(m filing.Message, list []Duty) bool {
	return m.Kind == authority.Revision && anyReport(list, func(_ Duty, r incident.Report) bool { return r.ID == m.About })
}

// anyReport reports whether a report that was sent is one of those.
func anyReport(list []Duty, of func(Duty, incident.Report) bool) bool {
	for _, d := range list {
		for _, r := range d.Reports {
			if r.Sent() && of(d, r) {
				return true
			}
		}
	}
	return false
}

// Remind makes the alarms of what authorities asked about the case by a time follow what
// was answered and sent.
func Remind(tx *store.Tx, i incident.Incident) error {
	list, err := Duties(tx, i)
	if err != nil {
		return err
	}
	return remind(tx, i, list)
}

func remind(tx *store.Tx, i incident.Incident, list []Duty) error {
	timed, err := tx.TimedFilingMessages(i.Organisation)
	if err != nil || len(timed) == 0 {
		return err
	}
	last := map[string]int64{} // number of the last time that a report was sent back
	for _, m := range timed {
		if m.Kind == authority.Revision {
			last[m.Endpoint+" "+m.About] = m.Number
		}
	}
	for _, m := range timed {
		of, err := tx.Incident(m.Incident)
		if err != nil {
			return err
		}
		if of, err = Current(tx, of); err != nil {
			return err
		}
		if of.ID != i.ID {
			continue
		}
		said, err := tx.FilingMessages(i.Organisation, m.Incident)
		if err != nil {
			return err
		}
		alarms, over := m.Alarms(), i.State == incident.Dismissed || Fulfilled(m, "", said, list)
		if m.Kind == authority.Revision && (m.Number != last[m.Endpoint+" "+m.About] || !sentBack(m, list)) || over {
			alarms = nil
		}
		for n := range alarms {
			alarms[n].Incident = i.ID
			alarms[n].At = alarms[n].At.Add(-i.Now(time.Time{}).Sub(time.Time{}))
		}
		if err := tx.ReplaceAlarms(m.Reminder(), alarms); err != nil {
			return err
		}
	}
	return nil
}
