// Package indicators reads and writes lists of indicators of compromise: plain
// lists and tables here, STIX 2.1 and MISP in the packages beside it. Indicators
// are kept as they are; Refang mends what was made harmless for a mail or a report,
// and Defang makes it harmless again for the eyes of people.
package indicators

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Indicator is one indicator of compromise.
type Indicator struct {
	Type   string // see Types
	Value  string // as it is, not defanged
	TLP    string // label of the Traffic Light Protocol 2.0; "": as the list says
	Note   string
	SeenAt time.Time // when it was first seen; zero: not known

	AddedAt time.Time // when it was written down, of what is handed out; zero: not known
}

// The types.
const (
	IP       = "ip" // an address or a network
	Domain   = "domain"
	URL      = "url"
	Email    = "email"
	MD5      = "md5"
	SHA1     = "sha1"
	SHA256   = "sha256"
	SHA512   = "sha512"
	Filename = "filename"
	Registry = "registry"
	Mutex    = "mutex"
	CVE      = "cve"
	Other    = "other"
)

// Types lists the types.
func Types() []string {
	return []string{IP, Domain, URL, Email, MD5, SHA1, SHA256, SHA512, Filename, Registry, Mutex, CVE, Other}
}

// Labels of the Traffic Light Protocol 2.0 of FIRST, most restricted first.
func Labels() []string { return []string{"RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"} }

// Label reads a label of the Traffic Light Protocol as people and programs write
// it, with or without "TLP:", also WHITE of version 1. "" when it is none.
func Label(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	s = strings.TrimSpace(strings.TrimPrefix(s, "TLP:"))
	if s == "WHITE" {
		return "CLEAR"
	}
	if slices.Contains(Labels(), s) {
		return s
	}
	return ""
}

// LongestValue and LongestNote bound an indicator, in bytes.
const (
	LongestValue = 2048
	LongestNote  = 2000
)

// Problems of a value.
var (
	ErrEmpty   = errors.New("it is empty")
	ErrLong    = fmt.Errorf("it is longer than %d bytes", LongestValue)
	ErrText    = errors.New("it holds characters that cannot be printed, or is not UTF-8")
	ErrUnknown = errors.New("it cannot be told what it is")
	ErrNoType  = errors.New("there is no such type")
)

// refangs are the ways in which dots, colons and the rest are made harmless.
var refangs = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".", "{dot}", ".", "[DOT]", ".", "\\.", ".",
	"[://]", "://", "[:]", ":", "[@]", "@", "(@)", "@", "[at]", "@", "(at)", "@", "[AT]", "@", "[/]", "/")

var defangedScheme = regexp.MustCompile(`(?i)^(h[x*]{2}p|f[x*]p)(s?)(?:\[:\]//|://|:\\\\)`)

// Refang makes an indicator what it was before somebody made it harmless:
// hxxps://evil[.]example is https://evil.example.
func Refang(s string) string {
	s = strings.TrimSpace(s)
	if m := defangedScheme.FindStringSubmatch(s); m != nil {
		scheme := "http"
		if strings.HasPrefix(strings.ToLower(m[1]), "f") {
			scheme = "ftp"
		}
		s = scheme + strings.ToLower(m[2]) + "://" + s[len(m[0]):]
	}
	return refangs.Replace(s)
}

// Defang makes an indicator harmless to show: no program takes it for a link.
// Types that nothing takes for one stay as they are.
func Defang(kind, value string) string {
	switch kind {
	case IP:
		if strings.Contains(value, ":") {
			return strings.ReplaceAll(value, ":", "[:]")
		}
		return strings.ReplaceAll(value, ".", "[.]")
	case Domain:
		return strings.ReplaceAll(value, ".", "[.]")
	case Email:
		return strings.ReplaceAll(strings.ReplaceAll(value, "@", "[@]"), ".", "[.]")
	case URL:
		scheme, rest, ok := strings.Cut(value, "://")
		if !ok {
			return strings.ReplaceAll(value, ".", "[.]")
		}
		host, path := rest, ""
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			host, path = rest[:i], rest[i:]
		}
		scheme = strings.NewReplacer("http", "hxxp", "ftp", "fxp").Replace(scheme)
		return scheme + "://" + strings.ReplaceAll(host, ".", "[.]") + path
	}
	return value
}

var (
	hexText    = regexp.MustCompile(`^[0-9a-fA-F]+$`)
	cveText    = regexp.MustCompile(`(?i)^CVE-[0-9]{4}-[0-9]{4,19}$`)
	domainText = regexp.MustCompile(`^(?i:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?\.)+(?i:[\p{L}][\p{L}\p{N}-]{0,61}[\p{L}\p{N}])\.?$`)
	emailText  = regexp.MustCompile(`^[^@\s<>"]{1,64}@[^@\s<>"]{1,255}$`)
	keyText    = regexp.MustCompile(`(?i)^(HKEY_|HKLM|HKCU|HKCR|HKU|HKCC)[A-Z_]*\\`)
	schemeText = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*://`)
)

// hashes are the lengths of hashes in hexadecimal digits.
var hashes = map[string]int{MD5: 32, SHA1: 40, SHA256: 64, SHA512: 128}

// endings are those of files that are no top-level domains, or hardly ever.
var endings = []string{"exe", "dll", "ps1", "bat", "cmd", "vbs", "js", "jse", "wsf", "hta", "scr", "lnk", "doc", "docx", "docm", "xls", "xlsx", "xlsm",
	"ppt", "pptx", "pdf", "iso", "img", "rar", "7z", "sys", "bin", "dat", "tmp", "msi", "jar", "apk", "elf", "txt", "log", "ini", "json", "xml", "html", "php", "aspx", "jsp"}

// Guess says what a refanged value is; "" when it could be anything.
func Guess(value string) string {
	switch {
	case cveText.MatchString(value):
		return CVE
	case isNetwork(value):
		return IP
	case schemeText.MatchString(value):
		return URL
	case keyText.MatchString(value):
		return Registry
	case emailText.MatchString(value) && domainText.MatchString(value[strings.IndexByte(value, '@')+1:]):
		return Email
	}
	if hexText.MatchString(value) {
		for kind, length := range hashes {
			if len(value) == length {
				return kind
			}
		}
	}
	name := value[strings.LastIndexAny(value, `\/`)+1:]
	if i := strings.LastIndexByte(name, '.'); i >= 0 && slices.Contains(endings, strings.ToLower(name[i+1:])) {
		return Filename
	}
	if domainText.MatchString(value) {
		return Domain
	}
	return ""
}

func isNetwork(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	_, err := netip.ParsePrefix(s)
	return err == nil
}

// Clean mends, checks and completes an indicator: refanged, of a known type, in
// one spelling, so that the same indicator is the same text. Without a type it is
// guessed. The error says what is wrong with the value.
func Clean(i Indicator) (Indicator, error) {
	i.Type, i.Value = strings.ToLower(strings.TrimSpace(i.Type)), strings.TrimSpace(i.Value)
	i.Note = cut(strings.TrimSpace(printable(i.Note)), LongestNote)
	i.TLP = Label(i.TLP)
	if err := readable(i.Value); err != nil {
		return i, err
	}
	if i.Type == "" || slices.Contains([]string{IP, Domain, URL, Email}, i.Type) {
		i.Value = Refang(i.Value)
	}
	if i.Type == "" {
		if i.Type = Guess(i.Value); i.Type == "" {
			return i, ErrUnknown
		}
	}
	if !slices.Contains(Types(), i.Type) {
		return i, ErrNoType
	}
	value, err := spell(i.Type, i.Value)
	i.Value = value
	return i, err
}

func readable(s string) error {
	switch {
	case s == "":
		return ErrEmpty
	case len(s) > LongestValue:
		return ErrLong
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return ErrText
	}
	return nil
}

// printable is a text without what cannot be printed.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
}

func cut(s string, bytes int) string {
	if len(s) <= bytes {
		return s
	}
	for bytes > 0 && !utf8.RuneStart(s[bytes]) {
		bytes--
	}
	return s[:bytes]
}

// spell is the one spelling of a value of the type.
func spell(kind, value string) (string, error) {
	wrong := func(ok bool) error {
		if ok {
			return nil
		}
		return fmt.Errorf("it is no %s", words[kind])
	}
	switch kind {
	case IP:
		if a, err := netip.ParseAddr(value); err == nil {
			return a.String(), nil
		}
		p, err := netip.ParsePrefix(value)
		if err != nil {
			return value, wrong(false)
		}
		return p.Masked().String(), nil
	case Domain:
		value = strings.ToLower(strings.TrimSuffix(value, "."))
		return value, wrong(len(value) <= 253 && domainText.MatchString(value))
	case URL:
		u, err := url.Parse(value)
		return value, wrong(err == nil && u.Scheme != "" && u.Host != "")
	case Email:
		return strings.ToLower(value), wrong(emailText.MatchString(value))
	case MD5, SHA1, SHA256, SHA512:
		return strings.ToLower(value), wrong(len(value) == hashes[kind] && hexText.MatchString(value))
	case CVE:
		return strings.ToUpper(value), wrong(cveText.MatchString(value))
	}
	return value, nil
}

// words name the types in sentences.
var words = map[string]string{IP: "IP address or network", Domain: "domain name", URL: "address with https:// or the like", Email: "e-mail address",
	MD5: "MD5 of 32 hexadecimal digits", SHA1: "SHA-1 of 40 hexadecimal digits", SHA256: "SHA-256 of 64 hexadecimal digits",
	SHA512: "SHA-512 of 128 hexadecimal digits", CVE: "number such as CVE-2026-1234"}
