// Package oncall holds who is called when an incident begins: the contacts of an
// organisation by role, and whose turn it is at an instant.
package oncall

import (
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// Roles lists the roles of contacts.
func Roles() []string {
	return []string{"lead", "deputy", "technical", "communication", "legal", "data_protection", "board", "outside"}
}

// Contact is somebody who is called.
type Contact struct {
	ID     string `json:"id"`
	Role   string `json:"role"`
	Name   string `json:"name"`
	Person string `json:"person,omitempty"` // member of the workspace, who then gets alarms while on call
	Phone  string `json:"phone"`
	Email  string `json:"email,omitempty"`
	Note   string `json:"note,omitempty"`
}

// Roster is who is called in an organisation.
type Roster struct {
	Contacts []Contact `json:"contacts,omitempty"`
	Rota     Rota      `json:"rota"`
}

// Rota says whose turn it is. Turns change at the same time on the wall whatever
// the clocks do: a turn may be an hour shorter or longer.
type Rota struct {
	Zone     string   `json:"zone,omitempty"`  // IANA name
	Begins   law.Date `json:"begins"`          // day of the first turn
	Handover string   `json:"handover"`        // hour and minute on the wall, "08:00"
	Days     int      `json:"days,omitempty"`  // of a turn
	Order    []string `json:"order,omitempty"` // ids of contacts
}

// Turn is one turn.
type Turn struct {
	Contact     Contact
	From, Until time.Time // UTC; Until belongs to the next turn
}

// At is whose turn it is; ok is false while there is no rota, or before it begins.
func (r Roster) At(t time.Time) (turn Turn, ok bool) {
	zone, err := time.LoadLocation(r.Rota.Zone)
	since, err2 := time.Parse("15:04", r.Rota.Handover)
	if err != nil || err2 != nil || len(r.Rota.Order) == 0 || r.Rota.Days < 1 || r.Rota.Begins.IsZero() {
		return Turn{}, false
	}
	change := func(d law.Date) time.Time {
		at, _ := clocks.Wall(d, time.Duration(since.Hour())*time.Hour+time.Duration(since.Minute())*time.Minute, zone)
		return at
	}
	day := law.DateOf(t.In(zone))
	if t.Before(change(day)) {
		day = day.AddDays(-1)
	}
	days := r.Rota.Begins.DaysUntil(day)
	if days < 0 {
		return Turn{}, false
	}
	n := days / r.Rota.Days
	id := r.Rota.Order[n%len(r.Rota.Order)]
	i := slices.IndexFunc(r.Contacts, func(c Contact) bool { return c.ID == id })
	if i < 0 {
		return Turn{}, false
	}
	first := r.Rota.Begins.AddDays(n * r.Rota.Days)
	return Turn{Contact: r.Contacts[i], From: change(first).UTC(), Until: change(first.AddDays(r.Rota.Days)).UTC()}, true
}
