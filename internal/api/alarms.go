package api

import (
	"context"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/alarming"
)

// AlarmChannels is how alarms leave the platform, beside the inboxes.
type AlarmChannels struct {
	Mail        bool   `json:"mail" doc:"To those who want mails at once."`
	OthersFrom  string `json:"others_from,omitempty" enum:",half,4h,1h,overdue" doc:"Step from which mails go to all who may decide; before it, to the lead and who is on call."`
	URL         string `json:"url,omitempty" maxLength:"2000" doc:"Of a webhook; requests are signed, see the header Nisaba-Signature."`
	URLFrom     string `json:"url_from,omitempty" enum:",half,4h,1h,overdue" doc:"Step at which the webhook begins."`
	Command     bool   `json:"command,omitempty" doc:"The alarm command of the server."`
	CommandFrom string `json:"command_from,omitempty" enum:",half,4h,1h,overdue" doc:"Step at which the command begins."`
}

func channelsOf(c alarming.Channels) AlarmChannels {
	return AlarmChannels{c.Mail, c.OthersFrom, c.URL, c.URLFrom, c.Command, c.CommandFrom}
}

func (c AlarmChannels) channels() alarming.Channels {
	return alarming.Channels{Mail: c.Mail, OthersFrom: c.OthersFrom, URL: c.URL, URLFrom: c.URLFrom, Command: c.Command, CommandFrom: c.CommandFrom}
}

// ChosenChannels is the secret of a new webhook.
type ChosenChannels struct {
	Secret string `json:"secret,omitempty" doc:"Signs the webhook; shown once, for a new address."`
}

// AlarmReach is who hears of alarms, and what became of the last ones.
type AlarmReach struct {
	MailReady bool            `json:"mail_ready" doc:"The server sends mails."`
	MailDown  bool            `json:"mail_down" doc:"Mails do not leave at the moment; webhook and command begin at once."`
	Command   bool            `json:"command" doc:"The server has an alarm command."`
	People    []AlarmHearer   `json:"people"`
	Calls     []alarming.Call `json:"calls" doc:"Whom the command is told to ring, in this order."`
	Last      []AlarmDelivery `json:"last" doc:"Newest first."`
}

// AlarmHearer is somebody who hears of alarms.
type AlarmHearer struct {
	Person   string `json:"person"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	OnCall   bool   `json:"on_call"`
	Delivery string `json:"delivery" enum:"now,daily,weekly,inbox"`
}

// AlarmDelivery is one message of an alarm to the outside.
type AlarmDelivery struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind" enum:"mail,alarm.webhook,alarm.command"`
	Text      string    `json:"text"`
	To        string    `json:"to,omitempty"`
	Test      bool      `json:"test"`
	State     string    `json:"state"`
	Attempt   int       `json:"attempt"`
	Answer    string    `json:"answer,omitempty"`
	Error     string    `json:"error,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	SentAt    time.Time `json:"sent_at,omitzero"`
}

func alarmReachOf(v alarming.Overview) AlarmReach {
	out := AlarmReach{MailReady: v.MailReady, MailDown: v.MailDown, Command: v.HasCommand, Calls: v.Calls,
		People: list(v.People, func(h alarming.Hearer) AlarmHearer {
			return AlarmHearer{h.Person, h.Name, string(h.Role), h.OnCall, string(h.Delivery)}
		}),
		Last: list(v.Last, func(d alarming.Delivery) AlarmDelivery {
			return AlarmDelivery{d.ID, d.Kind, d.What, d.To, d.Test, string(d.State), d.Attempt, d.Answer, d.Error, d.CreatedAt, d.SentAt}
		})}
	if out.Calls == nil {
		out.Calls = []alarming.Call{}
	}
	return out
}

// alarmOperations are the alarms of an organisation.
func alarmOperations(a *API, in area) {
	const route = "organisations/{organisation}/alarm-channels"
	add(in, operation{id: "get-alarm-channels", route: "GET " + route, summary: "How alarms of reporting deadlines leave the platform"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[AlarmChannels], error) {
			c, err := a.Alarms.Channels(ctx, v.Actor, q.Organisation)
			return answerWith(channelsOf(c), err)
		})
	add(in, operation{id: "set-alarm-channels", route: "PUT " + route, summary: "Choose how alarms of reporting deadlines leave the platform"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body AlarmChannels
		}) (*body[ChosenChannels], error) {
			key, err := a.Alarms.Choose(ctx, v.Actor, q.Organisation, q.Body.channels())
			return answerWith(ChosenChannels{key}, err)
		})
	add(in, operation{id: "get-alarm-reach", route: "GET organisations/{organisation}/alarm-reach", summary: "Who hears of alarms, and what became of the last ones"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[AlarmReach], error) {
			o, err := a.Alarms.Overview(ctx, v.Actor, q.Organisation)
			return answerWith(alarmReachOf(o), err)
		})
	add(in, operation{id: "try-alarm", route: "POST organisations/{organisation}/alarm-tests", summary: "Send a test alarm over every channel"},
		func(ctx context.Context, v accounts.Visit, q *At) (*none, error) {
			return nil, a.Alarms.Try(ctx, v.Actor, q.Organisation)
		})
}
