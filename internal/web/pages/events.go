package pages

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/live"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// events sends what is new to whoever is signed in, until the session ends. Rights
// are checked anew for every look.
func (s *Site) events(w http.ResponseWriter, r *http.Request) error {
	err := s.streams.Follow(w, r, live.Listener{Key: "session/" + visitOf(r).Session.ID, Printer: ui.From(r.Context()).Printer,
		Since: cmp.Or(r.Header.Get("Last-Event-ID"), r.FormValue("since")), // since is when the page was made
		Who: func(r *http.Request) (accounts.Visit, error) {
			v, err := s.accounts.Look(r.Context(), s.tokenOf(r), s.device(r))
			if errors.Is(err, accounts.ErrNoSession) {
				err = live.ErrEnded
			}
			return v, err
		}})
	if errors.Is(err, live.ErrTooMany) {
		return guard.Status(http.StatusTooManyRequests, "too many streams of one session")
	}
	return err
}
