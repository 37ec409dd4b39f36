package pages

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) feedRoutes(add adder) {
	add(SignedIn, "GET /account/calendar", s.feedList)
	add(SignedIn, "POST /account/calendar", s.createFeed)
	add(SignedIn, "POST /account/calendar/withdraw", s.withdrawFeed)
	add(Public, "GET /feed/{file}", s.guest(s.calendarFeed))
}

// feedView is what the page of calendar feeds shows.
type feedView struct {
	r     *http.Request
	list  []planning.Feed
	all   []assessment.Standing
	link  string // a new address, shown once
	whole bool   // the person reaches the whole workspace
}

func (s *Site) feedList(w http.ResponseWriter, r *http.Request) error { return s.showFeeds(w, r, "") }

func (s *Site) showFeeds(w http.ResponseWriter, r *http.Request, link string) error {
	visit := visitOf(r)
	if visit.Workspace.ID == "" {
		return guard.Redirect(w, r, "/workspaces")
	}
	if visit.Refused != nil {
		return visit.Refused
	}
	v := feedView{r: r, link: link}
	_, v.whole = visit.Actor.RoleIn("")
	var err error
	if v.list, err = s.feeds.Mine(r.Context(), visit.Actor); err != nil {
		return err
	}
	if v.all, err = s.clients.Portfolio(r.Context(), visit.Actor); err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "feeds.title"), ui.T(r.Context(), "feeds.lead"))
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.account.title"), URL: "/account"}}
	return ui.Render(w, r, http.StatusOK, feedPage(p, v))
}

func (s *Site) createFeed(w http.ResponseWriter, r *http.Request) error {
	token, err := s.feeds.Create(r.Context(), visitOf(r).Actor, r.PostFormValue("organisation"))
	if err != nil {
		return err
	}
	scheme := "http://"
	if s.secure {
		scheme = "https://"
	}
	return s.showFeeds(w, r, scheme+r.Host+"/feed/"+token+".ics")
}

func (s *Site) withdrawFeed(w http.ResponseWriter, r *http.Request) error {
	if err := s.feeds.Withdraw(r.Context(), visitOf(r).Actor, r.PostFormValue("feed")); err != nil {
		return err
	}
	return guard.Redirect(w, r, "/account/calendar")
}

// calendarFeed answers calendar programs, which have no session: the token in the
// address is all.
func (s *Site) calendarFeed(w http.ResponseWriter, r *http.Request) error {
	token, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		token = ""
	}
	content, err := s.feeds.Calendar(r.Context(), token, guard.Address(r.Context()))
	if err != nil {
		return err
	}
	guard.Download(w, `attachment; filename="nisaba.ics"`)
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	_, err = w.Write(content)
	return err
}

// nameOf is whose deadlines a feed shows.
func (v feedView) nameOf(ctx context.Context, organisation string) string {
	for _, o := range v.all {
		if o.Organisation.ID == organisation {
			return o.Organisation.Name
		}
	}
	return ui.T(ctx, "feeds.everything")
}

func feedOptions(ctx context.Context, v feedView) []ui.Option {
	var out []ui.Option
	if v.whole {
		out = append(out, ui.Option{Label: ui.T(ctx, "feeds.everything")})
	}
	for _, o := range v.all {
		out = append(out, ui.Option{Value: o.Organisation.ID, Label: o.Organisation.Name, Selected: v.r.FormValue("organisation") == o.Organisation.ID})
	}
	return out
}

func feedTable(ctx context.Context, v feedView) ui.TableProps {
	t := ui.TableProps{ID: "feeds", Caption: ui.T(ctx, "feeds.mine"), Columns: []ui.Column{
		{Label: ui.T(ctx, "feeds.of")}, {Label: ui.T(ctx, "feeds.since")}, {Label: ui.T(ctx, "feeds.withdraw"), HideLabel: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "feeds.none"), Text: ui.T(ctx, "feeds.none.text")}}
	for _, f := range v.list {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(v.nameOf(ctx, f.Organisation)), ui.Moment(f.CreatedAt), withdrawFeedForm(f.ID)}})
	}
	return t
}
