package mailprobe

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// SPF is a record of RFC 7208.
type SPF struct {
	Terms    []Term
	Redirect string // a domain, or one with macros; "" for none
	Explain  string
}

// Term is a mechanism of a record.
type Term struct {
	Qualifier byte   // '+', '-', '~' or '?'
	Mechanism string // "all", "include", "a", "mx", "ptr", "ip4", "ip6" or "exists"
	Domain    string // as written; "" for the domain of the record
	Network   netip.Prefix
	Four, Six int // lengths of prefixes of "a" and "mx"
}

// IsSPF reports whether a text is meant to be such a record.
func IsSPF(text string) bool {
	t := strings.ToLower(text)
	return t == "v=spf1" || strings.HasPrefix(t, "v=spf1 ")
}

// ParseSPF reads a record. The error says which term is wrong.
func ParseSPF(record string) (SPF, error) {
	if len(record) > longestRecord {
		return SPF{}, errTooLong
	}
	if !IsSPF(record) {
		return SPF{}, errors.New("it does not begin with v=spf1")
	}
	var out SPF
	seen := map[string]bool{}
	for _, word := range strings.Split(record[len("v=spf1"):], " ") {
		if word == "" {
			continue
		}
		if name, v, ok := modifier(word); ok {
			if err := domainSpec(v, name == "redirect" || name == "exp"); err != nil {
				return out, fmt.Errorf("%q: %w", exposure.Clip(word), err)
			}
			if (name == "redirect" || name == "exp") && seen[name] {
				return out, fmt.Errorf("%s stands twice", name)
			}
			seen[name] = true
			switch name {
			case "redirect":
				out.Redirect = v
			case "exp":
				out.Explain = v
			}
			continue
		}
		t, err := parseTerm(word)
		if err != nil {
			return out, fmt.Errorf("%q: %w", exposure.Clip(word), err)
		}
		out.Terms = append(out.Terms, t)
	}
	return out, nil
}

// modifier splits name=value; a name begins with a letter.
func modifier(word string) (name, v string, ok bool) {
	name, v, ok = strings.Cut(word, "=")
	if !ok || name == "" || !letter(name[0]) {
		return "", "", false
	}
	for i := range len(name) {
		if c := name[i]; !letter(c) && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return "", "", false
		}
	}
	return strings.ToLower(name), v, true
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

var errMechanism = errors.New("no such mechanism")

func parseTerm(word string) (Term, error) {
	t := Term{Qualifier: '+', Four: 32, Six: 128}
	if strings.ContainsRune("+-~?", rune(word[0])) {
		t.Qualifier, word = word[0], word[1:]
	}
	end := strings.IndexAny(word, ":/")
	if end < 0 {
		end = len(word)
	}
	t.Mechanism = strings.ToLower(word[:end])
	rest := word[end:]
	argument, has := strings.CutPrefix(rest, ":")
	switch t.Mechanism {
	case "all":
		if rest != "" {
			return t, errors.New("all takes no value")
		}
		return t, nil
	case "ip4", "ip6":
		return t.network(argument, has)
	case "include", "exists":
		if !has {
			return t, errors.New("a domain is missing")
		}
		t.Domain = argument
		return t, domainSpec(argument, true)
	case "ptr":
		if rest == "" {
			return t, nil
		}
		if !has {
			return t, errors.New("ptr takes a domain only")
		}
		t.Domain = argument
		return t, domainSpec(argument, true)
	case "a", "mx":
		return t.lengths(rest)
	}
	return t, errMechanism
}

func (t Term) network(argument string, has bool) (Term, error) {
	wrong := fmt.Errorf("expected an address or a network of %s", t.Mechanism)
	if !has {
		return t, wrong
	}
	if !strings.Contains(argument, "/") {
		a, err := netip.ParseAddr(argument)
		if err != nil || a.Zone() != "" {
			return t, wrong
		}
		argument += "/" + strconv.Itoa(a.BitLen())
	}
	p, err := netip.ParsePrefix(argument)
	if err != nil || p.Addr().Is4() != (t.Mechanism == "ip4") {
		return t, wrong
	}
	t.Network = p.Masked()
	return t, nil
}

// lengths reads the value of a and mx: [":" domain] ["/" length] ["//" length].
func (t Term) lengths(rest string) (Term, error) {
	domain, has := strings.CutPrefix(rest, ":")
	if has {
		rest = ""
		if i := strings.IndexByte(domain, '/'); i >= 0 && !strings.Contains(domain[i:], "}") {
			domain, rest = domain[:i], domain[i:]
		}
		t.Domain = domain
		if err := domainSpec(domain, true); err != nil {
			return t, err
		}
	}
	four, six, two := rest, "", false
	if four, six, two = strings.Cut(rest, "//"); two {
		n, err := length(six, 128)
		if err != nil {
			return t, err
		}
		t.Six = n
	}
	if four != "" {
		n, err := length(strings.TrimPrefix(four, "/"), 32)
		if err != nil || four[0] != '/' {
			return t, errors.New("the length of the network cannot be read")
		}
		t.Four = n
	}
	return t, nil
}

func length(s string, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most || strconv.Itoa(n) != s {
		return 0, fmt.Errorf("%q is no length from 0 to %d", exposure.Clip(s), most)
	}
	return n, nil
}

// domainSpec checks a domain, which may hold macros (RFC 7208 section 7).
func domainSpec(s string, domain bool) error {
	if domain && s == "" {
		return errors.New("a domain is missing")
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c <= ' ' || c > '~':
			return errors.New("a character that a domain cannot have")
		case c != '%':
		case i+1 < len(s) && strings.IndexByte("%_-", s[i+1]) >= 0:
			i++
		case i+1 < len(s) && s[i+1] == '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 || !macro(s[i+2:i+end]) {
				return errors.New("a macro that cannot be read")
			}
			i += end
		default:
			return errors.New("a macro that cannot be read")
		}
	}
	if domain && !strings.Contains(s, "%") && (!strings.Contains(strings.TrimSuffix(s, "."), ".") || strings.Contains(s, "..") || s[0] == '.' || len(s) > 254) {
		return errors.New("expected a domain")
	}
	return nil
}

// macro checks the inside of %{…}: a letter, digits, r, delimiters.
func macro(s string) bool {
	if s == "" || strings.IndexByte("slodipvhcrtSLODIPVHCRT", s[0]) < 0 {
		return false
	}
	s = strings.TrimLeft(s[1:], "0123456789")
	if s != "" && (s[0] == 'r' || s[0] == 'R') {
		s = s[1:]
	}
	return strings.Trim(s, ".-+,/_=") == ""
}

// All is how the record ends: the qualifier of its all, and 0 when it has none.
func (s SPF) All() byte {
	for _, t := range s.Terms {
		if t.Mechanism == "all" {
			return t.Qualifier
		}
	}
	return 0
}
