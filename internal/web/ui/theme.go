package ui

import (
	"net/http"
	"time"

	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

// Theme is the reader's choice of colours; the zero value follows the machine.
type Theme string

// The themes.
const (
	FollowMachine Theme = ""
	LightTheme    Theme = "light"
	DarkTheme     Theme = "dark"
)

// ThemePath is where the theme buttons post to.
const ThemePath = "/theme"

// themeCookie keeps the choice. Scripts need not read it.
const themeCookie = "theme"

// ThemeOf is the theme that the reader has chosen.
func ThemeOf(r *http.Request) Theme {
	c, err := r.Cookie(themeCookie)
	if err != nil {
		return FollowMachine
	}
	return parseTheme(c.Value)
}

func parseTheme(s string) Theme {
	if t := Theme(s); t == LightTheme || t == DarkTheme {
		return t
	}
	return FollowMachine
}

// SetTheme handles POST ThemePath: it keeps the form value "theme" for a year in
// a cookie and leads back to the page that it came from.
func SetTheme(w http.ResponseWriter, r *http.Request) error {
	c := &http.Cookie{Name: themeCookie, Value: string(parseTheme(r.FormValue("theme"))), Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil}
	if c.Value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
	return guard.Redirect(w, r, guard.Back(r, "/"))
}

// themes are the buttons in the order in which they stand.
func themes() []Theme { return []Theme{FollowMachine, LightTheme, DarkTheme} }

func (t Theme) key() string {
	if t == FollowMachine {
		return "ui.theme.machine"
	}
	return "ui.theme." + string(t)
}
