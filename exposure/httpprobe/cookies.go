package httpprobe

import (
	"slices"
	"strings"
)

// longestCookie is what browsers take, RFC 6265bis section 5.6.
const longestCookie = 4096

// Cookie is what a server said about a cookie. Its value is not kept: it may be
// a secret.
type Cookie struct {
	Name     string
	Secure   bool
	HTTPOnly bool
	SameSite string // lower case; "" when not said
	Domain   string
	Path     string
}

// ParseCookie reads one Set-Cookie header; ok is false when browsers drop it.
func ParseCookie(line string) (c Cookie, ok bool) {
	if len(line) > 2*longestCookie {
		return c, false
	}
	pair, rest, _ := strings.Cut(line, ";")
	name, value, found := strings.Cut(pair, "=")
	if !found { // a value without a name
		name, value = "", pair
	}
	c.Name = strings.TrimSpace(name)
	if c.Name == "" && strings.TrimSpace(value) == "" || len(c.Name)+len(value) > longestCookie || strings.ContainsFunc(pair, control) {
		return c, false
	}
	for rest != "" {
		var attribute string
		attribute, rest, _ = strings.Cut(rest, ";")
		key, value, _ := strings.Cut(attribute, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "secure":
			c.Secure = true
		case "httponly":
			c.HTTPOnly = true
		case "samesite":
			c.SameSite = strings.ToLower(value)
		case "domain":
			c.Domain = strings.ToLower(strings.TrimPrefix(value, "."))
		case "path":
			c.Path = value
		}
	}
	return c, true
}

func control(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }

// session reports whether the name is one of those under which people stay signed
// in.
func (c Cookie) session() bool {
	n := strings.ToLower(c.Name)
	for _, word := range []string{"sess", "login", "auth", "jwt", "cfid", "cftoken", "remember_me"} {
		if strings.Contains(n, word) {
			return !c.forgery()
		}
	}
	return slices.Contains([]string{"sid", "connect.sid", "apisid", "bigipserver", "laravel_token"}, strings.TrimPrefix(strings.TrimPrefix(n, "__host-"), "__secure-"))
}

// forgery reports whether the name is one of a token against forged requests,
// which scripts may have to read.
func (c Cookie) forgery() bool {
	n := strings.ToLower(c.Name)
	return strings.Contains(n, "csrf") || strings.Contains(n, "xsrf")
}

// faults lists what is wrong; grave ones let others read or set the cookie.
func (c Cookie) faults(encrypted bool) (grave, weak []string) {
	lower := strings.ToLower(c.Name)
	switch {
	case strings.HasPrefix(lower, "__host-") && (!c.Secure || c.Path != "/" || c.Domain != ""):
		grave = append(grave, "browsers drop it (__Host- needs Secure, Path=/ and no Domain)")
	case strings.HasPrefix(lower, "__secure-") && !c.Secure:
		grave = append(grave, "browsers drop it (__Secure- needs Secure)")
	case c.SameSite == "none" && !c.Secure:
		grave = append(grave, "browsers drop it (SameSite=None needs Secure)")
	case !c.Secure || !encrypted:
		grave = append(grave, "it travels without encryption (no Secure)")
	}
	if c.session() && !c.HTTPOnly {
		grave = append(grave, "scripts can read it (no HttpOnly)")
	}
	if c.SameSite != "" && !slices.Contains([]string{"strict", "lax", "none"}, c.SameSite) {
		weak = append(weak, "SameSite is not a value that is known")
	}
	if c.SameSite == "" && (c.session() || c.forgery()) {
		weak = append(weak, "SameSite is missing")
	}
	return grave, weak
}
