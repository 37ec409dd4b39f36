package httpprobe

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// largestSecurityTxt is how much of the file is read.
const largestSecurityTxt = 100 << 10

// SecurityTxt is a file of RFC 9116.
type SecurityTxt struct {
	Contact   []string
	Expires   []string
	Canonical []string
	Languages int
	Signed    bool     // an OpenPGP cleartext signature is there; it is not verified
	Broken    []string // lines that are none
}

// ParseSecurityTxt reads a file; it takes every file and says what is no field.
func ParseSecurityTxt(body []byte) (t SecurityTxt) {
	armour := false
	for i, line := range strings.Split(string(body[:min(len(body), largestSecurityTxt)]), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if t.Signed { // RFC 9580 section 7.2 escapes lines with a dash
			line = strings.TrimPrefix(line, "- ")
		}
		switch {
		case strings.HasPrefix(line, "-----BEGIN PGP SIGNED MESSAGE-----"):
			t.Signed, armour = true, true
			continue
		case t.Signed && strings.HasPrefix(line, "-----BEGIN PGP SIGNATURE-----"):
			return t
		case strings.TrimSpace(line) == "":
			armour = false
			continue
		case armour || strings.HasPrefix(line, "#"): // the header of the signature, a comment
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(name, " \t") {
			if len(t.Broken) < 5 {
				t.Broken = append(t.Broken, fmt.Sprintf("line %d", i+1))
			}
			continue
		}
		t.field(strings.ToLower(name), strings.TrimSpace(value))
	}
	return t
}

func (t *SecurityTxt) field(name, value string) {
	keep := func(list *[]string) {
		if len(*list) < 50 {
			*list = append(*list, value)
		}
	}
	switch name {
	case "contact":
		keep(&t.Contact)
	case "expires":
		keep(&t.Expires)
	case "canonical":
		keep(&t.Canonical)
	case "preferred-languages":
		t.Languages++
	}
}

// Judge lists what breaks the RFC and what could be better.
func (t SecurityTxt) Judge(at *url.URL, now time.Time) (wrong, weak []string) {
	if len(t.Contact) == 0 {
		wrong = append(wrong, "Contact is missing")
	}
	for _, c := range t.Contact {
		u, err := url.Parse(c)
		switch {
		case err != nil || u.Scheme == "":
			wrong = append(wrong, "a Contact is no URI (mail addresses begin with mailto:)")
		case u.Scheme == "http":
			wrong = append(wrong, "a Contact is a page without encryption")
		}
	}
	switch len(t.Expires) {
	case 0:
		wrong = append(wrong, "Expires is missing")
	case 1:
		w, k := judgeExpiry(t.Expires[0], now)
		wrong, weak = append(wrong, w...), append(weak, k...)
	default:
		wrong = append(wrong, "Expires stands more than once")
	}
	if t.Languages > 1 {
		wrong = append(wrong, "Preferred-Languages stands more than once")
	}
	if len(t.Broken) > 0 {
		wrong = append(wrong, "not a field: "+strings.Join(t.Broken, ", "))
	}
	if len(t.Canonical) > 0 && !hasCanonical(t.Canonical, at) {
		weak = append(weak, "Canonical does not name "+at.String())
	}
	return wrong, weak
}

func hasCanonical(list []string, at *url.URL) bool {
	for _, c := range list {
		if u, err := url.Parse(c); err == nil && sameOrigin(u, at) && u.Path == at.Path {
			return true
		}
	}
	return false
}

func judgeExpiry(value string, now time.Time) (wrong, weak []string) {
	end, err := time.Parse(time.RFC3339, strings.ToUpper(value))
	switch {
	case err != nil:
		return []string{"Expires is no date of RFC 3339"}, nil
	case !end.After(now):
		return []string{"it expired on " + end.UTC().Format(time.DateOnly)}, nil
	case end.After(now.AddDate(1, 0, 1)):
		return nil, []string{"Expires is more than a year away"}
	}
	return nil, nil
}

// judgeSecurityType judges how the file is sent.
func judgeSecurityType(contentType string, body []byte) (wrong, weak []string) {
	kind, parameters, _ := strings.Cut(strings.ToLower(contentType), ";")
	if strings.TrimSpace(kind) != "text/plain" {
		wrong = append(wrong, "it is not sent as text/plain")
	} else if p := strings.ReplaceAll(strings.TrimSpace(parameters), `"`, ""); p != "charset=utf-8" {
		weak = append(weak, "the character set is not said to be UTF-8")
	}
	if !utf8.Valid(body) {
		wrong = append(wrong, "it is not UTF-8")
	}
	return wrong, weak
}
