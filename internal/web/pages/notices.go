package pages

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) noticeRoutes(add adder) {
	add(Workspace, "GET /inbox", s.inbox)
	add(SignedIn, "POST /inbox/read", s.markRead)
	add(SignedIn, "GET /account/notices", s.choices)
	add(SignedIn, "POST /account/notices", s.choose)
	add(Public, "GET /unsubscribe/{token}", s.unsubscribePage)
	add(Public, "POST /unsubscribe/{token}", s.unsubscribe)
}

// zoneOf is the time zone of a name, nil for none.
func zoneOf(name string) *time.Location {
	if !tenant.KnownZone(name) {
		return nil
	}
	return tenant.ZoneOf(name)
}

// zoneNames is the id of the list of time zones.
const zoneNames = "zones"

// inboxLink leads to the inbox, with the number of unread notices. A page is not
// kept back when they cannot be counted.
func (s *Site) inboxLink(r *http.Request) ui.Link {
	v := visitOf(r)
	l := ui.Link{Text: ui.T(r.Context(), "noticing.title"), URL: "/inbox", Current: r.URL.Path == "/inbox", CountText: ui.T(r.Context(), "noticing.unread")}
	if n, ok := v.Unread(); ok && looks(r) {
		l.Count = n
	} else if n, err := s.notices.Unread(r.Context(), v.Actor); err == nil {
		l.Count = n
	}
	return l
}

func (s *Site) inbox(w http.ResponseWriter, r *http.Request) error {
	list, err := s.notices.Inbox(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	unread := r.FormValue("show") == "unread"
	if unread {
		list = slices.DeleteFunc(list, func(n desk.Notice) bool { return !n.ReadAt.IsZero() })
	}
	p := s.frame(r, ui.T(r.Context(), "noticing.title"), ui.T(r.Context(), "noticing.lead"))
	return ui.Render(w, r, http.StatusOK, inboxPage(p, list, unread))
}

func (s *Site) markRead(w http.ResponseWriter, r *http.Request) error {
	if err := s.notices.MarkRead(r.Context(), visitOf(r).Actor, r.PostFormValue("notice")); err != nil {
		return err
	}
	return guard.Redirect(w, r, guard.Local(r.PostFormValue("next"), "/inbox"))
}

func inboxTable(ctx context.Context, list []desk.Notice, unread bool) ui.TableProps {
	t := ui.TableProps{ID: "inbox", Caption: ui.T(ctx, "noticing.title"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "noticing.column.notice")}, {Label: ui.T(ctx, "noticing.column.when"), Narrow: true},
		{Label: ui.T(ctx, "noticing.read"), HideLabel: true, Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "noticing.none"), Text: ui.T(ctx, "noticing.none.text")}}
	if unread {
		t.Empty.Title = ui.T(ctx, "noticing.none.new")
	}
	for _, n := range list {
		t.Rows = append(t.Rows, ui.Row{ID: "notice-" + n.ID, Cells: []templ.Component{noticeCell(n), ui.Ago(n.CreatedAt), readButton(n)}})
	}
	return t
}

func (s *Site) choices(w http.ResponseWriter, r *http.Request) error {
	return s.showChoices(w, r, noticing.ChoicesOf(visitOf(r).Person), nil)
}

func (s *Site) showChoices(w http.ResponseWriter, r *http.Request, c noticing.Choices, e ui.Errors) error {
	p := s.frame(r, ui.T(r.Context(), "noticing.choices.title"), ui.T(r.Context(), "noticing.choices.lead"))
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.account.title"), URL: "/account"}}
	if r.FormValue("saved") != "" && len(e) == 0 {
		p.Flashes = []ui.Flash{{Tone: ui.Good, Text: ui.T(r.Context(), "noticing.choices.saved")}}
	}
	return ui.Render(w, r, statusOf(e), choicesPage(r, p, c, s.messages.Languages(), s.mails.Ready(), e))
}

func (s *Site) choose(w http.ResponseWriter, r *http.Request) error {
	now := noticing.ChoicesOf(visitOf(r).Person)
	c := noticing.Choices{Zone: strings.TrimSpace(r.PostFormValue("zone")), Language: now.Language, Kinds: map[desk.Kind]desk.Delivery{}}
	if l := r.PostFormValue("language"); l == browserLanguage {
		c.Language = ""
	} else if slices.Contains(s.messages.Languages(), l) {
		c.Language = l
	}
	for _, k := range desk.Kinds() {
		c.Kinds[k] = now.Kinds[k]
		if d := r.PostFormValue("kind." + string(k)); d != "" {
			c.Kinds[k] = desk.Delivery(d)
		}
	}
	err := s.notices.Choose(r.Context(), visitOf(r).Actor, c)
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showChoices(w, r, c, e)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/account/notices?saved=1")
}

func zoneField(r *http.Request, c noticing.Choices, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "zone", Label: ui.T(r.Context(), "noticing.choices.zone"), Hint: ui.T(r.Context(), "noticing.choices.zone.hint", "zone", tenant.ZoneOf(visitOf(r).Workspace.Zone).String()),
		Value: c.Zone, MaxLength: 60, Autocomplete: "off", Attributes: templ.Attributes{"list": zoneNames}})
}

// browserLanguage is the choice to leave the language to the browser.
const browserLanguage = "browser"

func ownLanguageOptions(ctx context.Context, languages []string, chosen string) []ui.Option {
	return append(languageOptions(ctx, languages, chosen), ui.Option{Value: browserLanguage, Label: ui.T(ctx, "noticing.choices.language.browser"), Selected: chosen == ""})
}

func languageOptions(ctx context.Context, languages []string, chosen string) []ui.Option {
	names := map[string]string{"en": "English", "de": "Deutsch", "fr": "Français"}
	var out []ui.Option
	for _, l := range languages {
		out = append(out, ui.Option{Value: l, Label: names[l], Selected: l == chosen})
	}
	return out
}

func deliveryOptions(ctx context.Context, chosen desk.Delivery) []ui.Option {
	var out []ui.Option
	for _, d := range desk.Deliveries() {
		out = append(out, ui.Option{Value: string(d), Label: ui.T(ctx, "noticing.delivery."+string(d)), Selected: d == chosen})
	}
	return out
}

func (s *Site) unsubscribePage(w http.ResponseWriter, r *http.Request) error {
	if err := s.notices.Unsubscribe(r.Context(), r.PathValue("token"), "", true); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, unsubscribePage(r.URL.Path))
}

// unsubscribe is also what a mail program calls for its reader (RFC 8058), without
// a session.
func (s *Site) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := s.notices.Unsubscribe(r.Context(), r.PathValue("token"), guard.Address(r.Context()).String(), false); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, unsubscribedPage())
}
