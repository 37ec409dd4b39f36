package pages

import (
	"net/http"

	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

// openLink signs in whoever holds a link that the server's operator made; it works
// once, and on the server's own machine only.
func (s *Site) openLink(w http.ResponseWriter, r *http.Request) error {
	signed, err := s.accounts.OpenLink(r.Context(), r.PathValue("token"), s.device(r))
	if err != nil {
		return err
	}
	s.setCookie(w, signed)
	return guard.Redirect(w, r, "/")
}
