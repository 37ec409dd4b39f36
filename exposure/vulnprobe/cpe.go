package vulnprobe

import (
	"errors"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure/version"
)

// CPE is a name of the Common Platform Enumeration 2.3: as much of it as
// comparing needs. Members are in lower case and without escapes; "*" means any,
// "-" none.
type CPE struct {
	Part, Vendor, Product, Version, Update string
}

// errCPE is returned for text that is no formatted string of CPE 2.3.
var errCPE = errors.New("no name of CPE 2.3")

// longestCPE is more than any honest name has.
const longestCPE = 1024

// ParseCPE reads a formatted string, "cpe:2.3:a:f5:nginx:1.24.0:*:…".
func ParseCPE(s string) (CPE, error) {
	rest, ok := strings.CutPrefix(s, "cpe:2.3:")
	if !ok || len(s) > longestCPE {
		return CPE{}, errCPE
	}
	parts := splitCPE(rest)
	if len(parts) != 11 || parts[0] != "a" && parts[0] != "o" && parts[0] != "h" && parts[0] != "*" {
		return CPE{}, errCPE
	}
	for _, p := range parts {
		if p == "" {
			return CPE{}, errCPE
		}
	}
	return CPE{parts[0], parts[1], parts[2], parts[3], parts[4]}, nil
}

// splitCPE splits at colons that are not escaped, and takes the escapes away.
func splitCPE(s string) (parts []string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == ':':
			parts = append(parts, strings.ToLower(b.String()))
			b.Reset()
		default:
			b.WriteByte(s[i])
		}
	}
	return append(parts, strings.ToLower(b.String()))
}

// String is the formatted string.
func (c CPE) String() string {
	var b strings.Builder
	b.WriteString("cpe:2.3")
	for _, p := range []string{c.Part, c.Vendor, c.Product, c.Version, c.Update} {
		b.WriteByte(':')
		b.WriteString(escapeCPE(p))
	}
	return b.String() + ":*:*:*:*:*:*"
}

func escapeCPE(s string) string {
	if s == "" || s == "*" {
		return "*"
	}
	if s == "-" {
		return "-"
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' || c >= 0x80) {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// Range is which versions something concerns. Empty members do not limit.
type Range struct {
	From, After string // included, excluded
	Upto, Below string // included, excluded
}

// Confidence is how sure a match is.
type Confidence string

// The degrees of confidence, surest first.
const (
	Exact       Confidence = "exact"       // the very version is named
	InRange     Confidence = "range"       // the version lies in a range
	Unconfirmed Confidence = "unconfirmed" // a distribution may have mended it without a new version
	VendorOnly  Confidence = "vendor"      // the product fits, the version is unknown or was not compared
)

// match reports whether a criterion with a range concerns a product.
func (c CPE) match(criterion CPE, r Range) (Confidence, bool) {
	if c.Part != criterion.Part || c.Vendor != criterion.Vendor || c.Product != criterion.Product {
		return "", false
	}
	if c.Version == "" || c.Version == "*" {
		return VendorOnly, true
	}
	switch criterion.Version {
	case "-": // no version is concerned
		return "", false
	case "*":
		return InRange, r.holds(c.Version, c.Update)
	}
	same := version.Compare(c.Version, criterion.Version) == 0
	if criterion.Update != "*" && criterion.Update != "-" {
		same = same && c.Update == criterion.Update
	}
	return Exact, same
}

// holds reports whether a version lies in the range; an update such as "p1" makes
// it later.
func (r Range) holds(v, update string) bool {
	full := v
	if update != "" && update != "*" && update != "-" {
		full += update
	}
	return (r.From == "" || version.Compare(full, r.From) >= 0) && (r.After == "" || version.Compare(full, r.After) > 0) &&
		(r.Upto == "" || version.Compare(v, r.Upto) <= 0) && (r.Below == "" || version.Compare(v, r.Below) < 0)
}
