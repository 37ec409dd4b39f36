package guard

import (
	"net/http"
	"net/url"
	"strings"
)

// Local returns target when it is a path of this server, otherwise fallback.
// Nothing that a browser could read as another host passes: no scheme, no "//",
// no backslash, no control character.
func Local(target, fallback string) string {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsRune(target, '\\') {
		return fallback
	}
	for _, r := range target {
		if r < 0x20 || r == 0x7f {
			return fallback
		}
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return fallback
	}
	return target
}

// Redirect sends the browser to a path of this server with 303 See Other; any
// other target leads to "/". Requests of htmx load the whole page too.
func Redirect(w http.ResponseWriter, r *http.Request, target string) error {
	target = Local(target, "/")
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// Back is the path of the page that sent the form, or fallback: for buttons that
// stand on every page.
func Back(r *http.Request, fallback string) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return fallback
	}
	return Local(u.RequestURI(), fallback)
}
