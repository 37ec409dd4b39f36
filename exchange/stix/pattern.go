package stix

import (
	"errors"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
)

// paths are the object paths of patterns that have a type of ours.
var paths = map[string]string{
	"ipv4-addr:value": indicators.IP, "ipv6-addr:value": indicators.IP, "domain-name:value": indicators.Domain, "url:value": indicators.URL,
	"email-addr:value": indicators.Email, "email-message:sender_ref.value": indicators.Email, "email-message:from_ref.value": indicators.Email,
	"network-traffic:dst_ref.value": indicators.IP, "network-traffic:src_ref.value": indicators.IP,
	"file:name": indicators.Filename, "file:hashes.MD5": indicators.MD5, "file:hashes.SHA-1": indicators.SHA1, "file:hashes.SHA1": indicators.SHA1,
	"file:hashes.SHA-256": indicators.SHA256, "file:hashes.SHA256": indicators.SHA256, "file:hashes.SHA-512": indicators.SHA512, "file:hashes.SHA512": indicators.SHA512,
	"windows-registry-key:key": indicators.Registry, "mutex:name": indicators.Mutex, "vulnerability:name": indicators.CVE,
}

// errPattern is for a pattern that says more than a list of indicators can.
var errPattern = errors.New("the pattern says more than that something equals a value; add it by hand")

// parsePattern lists the indicators of a pattern: comparisons of a known path with
// = or IN, joined by AND, OR or FOLLOWEDBY. The times that a pattern names are
// left out. Any other pattern is an error: half of one would be wrong.
func parsePattern(p string) ([]indicators.Indicator, error) {
	t := tokens(p)
	var out []indicators.Indicator
	for n := 0; n < len(t); n++ {
		switch word := strings.ToUpper(t[n]); {
		case t[n] == "[" || t[n] == "]" || t[n] == "(" || t[n] == ")" || word == "AND" || word == "OR" || word == "FOLLOWEDBY":
		case word == "START" || word == "STOP" || word == "WITHIN" || word == "REPEATS":
			n++ // its value; then the unit, which is skipped as a word
		case word == "SECONDS" || word == "TIMES":
		default:
			kind := paths[strings.ReplaceAll(t[n], "'", "")]
			if kind == "" || n+2 >= len(t) {
				return nil, errPattern
			}
			values, next := compared(t, n+1)
			if len(values) == 0 {
				return nil, errPattern
			}
			for _, v := range values {
				out = append(out, indicators.Indicator{Type: kind, Value: v})
			}
			n = next - 1
		}
	}
	if len(out) == 0 {
		return nil, errPattern
	}
	return out, nil
}

// compared are the values to which the operator at n compares, and the place after
// them.
func compared(t []string, n int) (values []string, next int) {
	switch strings.ToUpper(t[n]) {
	case "=", "==":
		if v, ok := literal(t[n+1]); ok {
			return []string{v}, n + 2
		}
	case "IN":
		if t[n+1] != "(" {
			return nil, n
		}
		for n += 2; n < len(t) && t[n] != ")"; n++ {
			if t[n] == "," {
				continue
			}
			v, ok := literal(t[n])
			if !ok {
				return nil, n
			}
			values = append(values, v)
		}
		return values, n + 1
	}
	return nil, n
}

// literal is the text of a quoted token.
func literal(t string) (string, bool) {
	if len(t) < 2 || t[0] != '\'' || t[len(t)-1] != '\'' {
		return "", false
	}
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`).Replace(t[1 : len(t)-1]), true
}

// tokens cuts a pattern into brackets, operators, paths and quoted texts. A path
// may have quoted parts: file:hashes.'SHA-256'.
func tokens(p string) (out []string) {
	for n := 0; n < len(p); {
		c := p[n]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			n++
		case strings.IndexByte("[](),", c) >= 0:
			out = append(out, string(c))
			n++
		case strings.IndexByte("=<>!", c) >= 0:
			end := n + 1
			for end < len(p) && p[end] == '=' {
				end++
			}
			out = append(out, p[n:end])
			n = end
		default:
			end := n
			for end < len(p) && strings.IndexByte(" \t\r\n[](),=<>!", p[end]) < 0 {
				if p[end] == '\'' {
					end = quoted(p, end)
					continue
				}
				end++
			}
			out = append(out, p[n:end])
			n = end
		}
	}
	return out
}

// quoted is the place after the quoted text that begins at n.
func quoted(p string, n int) int {
	for n++; n < len(p); n++ {
		switch p[n] {
		case '\\':
			n++
		case '\'':
			return n + 1
		}
	}
	return len(p)
}
