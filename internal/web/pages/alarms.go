package pages

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/alarming"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	queued "github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// deskAlarms is the page of an authority's own alarms.
const deskAlarms = "/authority/alarms"

func (s *Site) alarmRoutes(add adder) {
	for _, of := range []struct {
		access Access
		path   string
	}{{Client, client + "/alarms"}, {Workspace, deskAlarms}} {
		add(of.access, "GET "+of.path, s.alarmChannels)
		add(of.access, "POST "+of.path, s.chooseChannels)
		add(of.access, "POST "+of.path+"/test", s.tryAlarm)
	}
}

// alarmView is the page of how alarms leave the platform. chosen is what was typed, or
// what is kept.
type alarmView struct {
	alarming.Overview
	chosen alarming.Channels
	action string
	secret string // of a new webhook, shown once
	edit   bool
	desk   bool
	errors ui.Errors
}

// waits reports whether a message is still on its way.
func (v alarmView) waits() bool {
	for _, d := range v.Last {
		if d.Error == "" && (d.State == queued.Waiting || d.State == queued.Running) {
			return true
		}
	}
	return false
}

func (s *Site) alarmChannels(w http.ResponseWriter, r *http.Request) error {
	return s.showAlarms(w, r, alarmView{}, nil)
}

func (s *Site) showAlarms(w http.ResponseWriter, r *http.Request, v alarmView, typed *alarming.Channels) (err error) {
	organisation := r.PathValue("organisation")
	if v.Overview, err = s.alarms.Overview(r.Context(), visitOf(r).Actor, organisation); err != nil {
		return err
	}
	v.action, v.desk, v.edit = deskAlarms, organisation == "", mayDesk(r, organisation, authz.OrganisationEdit)
	if v.chosen = v.Channels; typed != nil {
		v.chosen = *typed
	}
	var p ui.PageProps
	if v.desk {
		p = s.frame(r, ui.T(r.Context(), "alarms.title"), ui.T(r.Context(), "alarms.lead.authority"))
	} else {
		c, err := s.load(r)
		if err != nil {
			return err
		}
		p, v.action = s.incidentFrame(r, c, "alarms.title", "alarms.lead"), clientURL(r, "alarms")
	}
	if r.FormValue("saved") != "" && len(v.errors) == 0 {
		p.Flashes = append(p.Flashes, ui.Flash{Tone: ui.Good, Text: ui.T(r.Context(), "alarms.saved")})
	}
	return ui.Render(w, r, statusOf(v.errors), alarmPage(r, p, v))
}

func (s *Site) chooseChannels(w http.ResponseWriter, r *http.Request) error {
	organisation := r.PathValue("organisation")
	c := alarming.Channels{Mail: r.PostFormValue("mail") != "", OthersFrom: r.PostFormValue("others_from"), URL: r.PostFormValue("url"), URLFrom: r.PostFormValue("url_from"),
		Command: r.PostFormValue("command") != "", CommandFrom: r.PostFormValue("command_from")}
	secret, err := s.alarms.Choose(r.Context(), visitOf(r).Actor, organisation, c)
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showAlarms(w, r, alarmView{errors: wrong}, &c)
	}
	if err != nil {
		return err
	}
	if secret != "" {
		return s.showAlarms(w, r, alarmView{secret: secret}, nil)
	}
	return guard.Redirect(w, r, alarmsURL(r)+"?saved=1")
}

func (s *Site) tryAlarm(w http.ResponseWriter, r *http.Request) error {
	if err := s.alarms.Try(r.Context(), visitOf(r).Actor, r.PathValue("organisation")); err != nil {
		return err
	}
	return guard.Redirect(w, r, alarmsURL(r)+"#sent")
}

func alarmsURL(r *http.Request) string {
	if r.PathValue("organisation") == "" {
		return deskAlarms
	}
	return clientURL(r, "alarms")
}

func alarmFields(r *http.Request, v alarmView) map[string]ui.Field {
	out := map[string]ui.Field{}
	for _, name := range []string{"mail", "others_from", "url", "url_from", "command", "command_from"} {
		f := ui.Field{Name: name, Label: ui.T(r.Context(), "alarms."+name), Error: v.errors[name]}
		switch name {
		case "url":
			f.Value, f.MaxLength, f.Placeholder, f.Hint = v.chosen.URL, 2000, "https://example.org/alarms", ui.T(r.Context(), "alarms.url.hint")
		case "mail", "others_from":
			f.Hint = ui.T(r.Context(), "alarms."+name+".hint")
		case "command":
			f.Hint = ui.T(r.Context(), "alarms.command.hint")
			if f.Disabled = !v.HasCommand && !v.chosen.Command; f.Disabled {
				f.Hint = ui.T(r.Context(), "alarms.command.none")
			}
		}
		out[name] = f
	}
	return out
}

// fieldList is the fields in the order of the page, for the summary of errors.
func fieldList(m map[string]ui.Field) []ui.Field {
	return []ui.Field{m["mail"], m["others_from"], m["url"], m["url_from"], m["command"], m["command_from"]}
}

func stepOptions(ctx context.Context, chosen string) (out []ui.Option) {
	for _, step := range alarming.Begins() {
		out = append(out, ui.Option{Value: step, Label: ui.T(ctx, "alarms.step."+stepWord(step)), Selected: step == chosen})
	}
	return out
}

// stepWord names a step in the messages.
func stepWord(step string) string {
	if step == "" {
		return "start"
	}
	return step
}

func mailTitle(v alarmView) string {
	if !v.MailReady {
		return "alarms.mail.none"
	}
	return "alarms.mail.trouble"
}

func hearerTable(ctx context.Context, r *http.Request, v alarmView) ui.TableProps {
	t := ui.TableProps{ID: "hearers", Caption: ui.T(ctx, "alarms.people"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "alarms.person")}, {Label: ui.T(ctx, "alarms.role")}, {Label: ui.T(ctx, "alarms.reached")}},
		Empty: ui.Empty{Title: ui.T(ctx, "alarms.nobody"), Text: ui.T(ctx, "alarms.nobody.text")}}
	for _, h := range v.People {
		note := ""
		if h.OnCall {
			note = ui.T(ctx, "alarms.on_call")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(h.Name, "", note), ui.Words(ui.T(ctx, "pages.role."+string(h.Role))),
			hearerCell(v, h, h.Person == visitOf(r).Person.ID)}})
	}
	return t
}

// hearing says how somebody hears of an alarm.
func hearing(ctx context.Context, v alarmView, d desk.Delivery) ui.Status {
	switch {
	case !v.Channels.Mail || !v.MailReady || d == desk.InboxOnly:
		return ui.Status{Tone: ui.Partly, Word: ui.T(ctx, "noticing.delivery."+string(desk.InboxOnly))}
	case d == desk.AtOnce:
		return ui.Status{Tone: ui.Good, Word: ui.T(ctx, "noticing.delivery."+string(d))}
	}
	return ui.Status{Tone: ui.Partly, Word: ui.T(ctx, "noticing.delivery."+string(d))}
}

func callTable(ctx context.Context, v alarmView) ui.TableProps {
	t := ui.TableProps{ID: "calls", Caption: ui.T(ctx, "alarms.calls"), Columns: []ui.Column{
		{Label: ui.T(ctx, "handling.column.name")}, {Label: ui.T(ctx, "handling.column.role")}, {Label: ui.T(ctx, "handling.column.phone")}}}
	for _, c := range v.Calls {
		note := ""
		if c.OnCall {
			note = ui.T(ctx, "alarms.on_call")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(c.Name, "", note), ui.Words(ui.T(ctx, "handling.role."+c.Role)), ui.Words(c.Phone)}})
	}
	return t
}

func deliveryTable(ctx context.Context, v alarmView) ui.TableProps {
	t := ui.TableProps{ID: "deliveries", Caption: ui.T(ctx, "alarms.last"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "alarms.when"), Narrow: true}, {Label: ui.T(ctx, "alarms.what")}, {Label: ui.T(ctx, "alarms.result")}},
		Empty: ui.Empty{Title: ui.T(ctx, "alarms.last.none"), Text: ui.T(ctx, "alarms.last.none.text")}}
	for _, d := range v.Last {
		note := ui.T(ctx, "alarms.kind."+kindWord(d.Kind))
		if d.To != "" {
			note += " · " + d.To
		}
		t.Rows = append(t.Rows, ui.Row{ID: "sent-" + d.ID, Cells: []templ.Component{ui.Moment(d.CreatedAt), ui.LinkCell(d.What, "", note), deliveryResult(d)}})
	}
	return t
}

func kindWord(kind string) string {
	return map[string]string{mailing.Kind: "mail", alarming.WebKind: "webhook", alarming.CommandKind: "command"}[kind]
}
