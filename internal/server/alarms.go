package server

import (
	"github.com/nisaba-platform/nisaba/internal/app/alarming"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/notify"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// AlarmConfig is how alarms of reporting deadlines leave the server.
type AlarmConfig struct {
	Command string // program that gets each alarm as JSON, see notify.NewCommand; "": none
	Private bool   // webhooks may lie in the server's own network, and be http
}

func (c Config) alarms(s *store.Store, mailer *mailing.Mailer, box secret.Box) (*alarming.Service, error) {
	o := alarming.Options{Mails: mailer, Box: box, Web: notify.NewWeb(c.Alarms.Private), Log: c.Log, Roster: incidents.Roster, Zone: c.zoneOf}
	if c.Alarms.Command != "" {
		var err error
		if o.Command, err = notify.NewCommand(c.Alarms.Command, notify.Limit); err != nil {
			return nil, err
		}
	}
	return alarming.New(s, o), nil
}

// zoneOf is the zone of the authorities of a Member State, "" for one that nobody knows.
func (c Config) zoneOf(country string) string {
	p, _ := c.Knowledge.Countries.Get(country)
	return p.Zone
}
