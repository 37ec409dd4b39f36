// Package version compares versions of programs by the rules of those who number
// them.
package version

import (
	"strings"
)

// Compare orders two dotted versions such as "1.10.2", "9.6p1" or "3.0.0-beta1":
// runs of digits count as numbers, and a word after a hyphen or a name of a
// preliminary version ("alpha", "beta", "rc", "dev", "pre") comes before the
// version without it. The result is negative, zero or positive.
func Compare(a, b string) int {
	x, y := parts(a), parts(b)
	for i := range max(len(x), len(y)) {
		if c := comparePart(at(x, i), at(y, i)); c != 0 {
			return c
		}
	}
	return 0
}

// at is a part, "" after the end.
func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// parts splits into runs of digits and of letters. Build information after a plus
// does not count.
func parts(v string) (out []string) {
	v, _, _ = strings.Cut(strings.ToLower(strings.TrimPrefix(strings.TrimSpace(v), "v")), "+")
	for v != "" {
		n := 0
		for n < len(v) && kind(v[n]) == kind(v[0]) {
			n++
		}
		if kind(v[0]) != 0 {
			out = append(out, v[:n])
		}
		v = v[n:]
	}
	return out
}

// kind is 1 for digits, 2 for letters, 0 for what separates.
func kind(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return 1
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		return 2
	}
	return 0
}

func comparePart(a, b string) int {
	switch {
	case a == b:
		return 0
	case number(a) && number(b):
		return compareNumbers(a, b)
	case a == "" && number(b):
		return compareNumbers("0", b)
	case b == "" && number(a):
		return compareNumbers(a, "0")
	case rank(a) != rank(b):
		return rank(a) - rank(b)
	}
	return strings.Compare(a, b)
}

// rank orders what is no number: preliminary versions, the end, other words,
// numbers.
func rank(p string) int {
	switch {
	case p == "":
		return 1
	case number(p):
		return 3
	case preliminary(p):
		return 0
	}
	return 2
}

func preliminary(word string) bool {
	for _, w := range []string{"alpha", "beta", "rc", "dev", "pre", "snapshot", "preview", "nightly", "canary"} {
		if strings.HasPrefix(word, w) {
			return true
		}
	}
	return word == "a" || word == "b"
}

func number(p string) bool { return p != "" && p[0] >= '0' && p[0] <= '9' }

// compareNumbers compares digits of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// CompareDebian orders versions of Debian packages, Debian Policy 5.6.12:
// epoch:upstream-revision, where a tilde comes before everything.
func CompareDebian(a, b string) int {
	ae, au, ar := splitDebian(a)
	be, bu, br := splitDebian(b)
	if c := compareNumbers(ae, be); c != 0 {
		return c
	}
	if c := compareDebianPart(au, bu); c != 0 {
		return c
	}
	return compareDebianPart(ar, br)
}

func splitDebian(v string) (epoch, upstream, revision string) {
	epoch, rest, ok := strings.Cut(v, ":")
	if !ok {
		epoch, rest = "0", v
	}
	if i := strings.LastIndexByte(rest, '-'); i >= 0 {
		return epoch, rest[:i], rest[i+1:]
	}
	return epoch, rest, ""
}

func compareDebianPart(a, b string) int {
	for a != "" || b != "" {
		for a != "" && !number(a) || b != "" && !number(b) {
			if c := debianOrder(a) - debianOrder(b); c != 0 {
				return c
			}
			a, b = a[1:], b[1:]
		}
		var x, y string
		x, a = digits(a)
		y, b = digits(b)
		if c := compareNumbers(x, y); c != 0 {
			return c
		}
	}
	return 0
}

// debianOrder of the first character: a tilde, the end or a digit, letters, others.
func debianOrder(s string) int {
	switch {
	case s == "" || number(s):
		return 0
	case s[0] == '~':
		return -1
	case kind(s[0]) == 2:
		return int(s[0])
	}
	return int(s[0]) + 256
}

func digits(s string) (run, rest string) {
	n := 0
	for n < len(s) && kind(s[n]) == 1 {
		n++
	}
	return s[:n], s[n:]
}

// CompareRPM orders versions of RPM packages, [epoch:]version[-release]. A missing
// release does not count.
func CompareRPM(a, b string) int {
	ae, av, ar := splitDebian(a)
	be, bv, br := splitDebian(b)
	if c := compareNumbers(ae, be); c != 0 {
		return c
	}
	if c := compareRPMPart(av, bv); c != 0 || ar == "" || br == "" {
		return c
	}
	return compareRPMPart(ar, br)
}

// compareRPMPart is rpmvercmp: runs of digits and of letters, where digits are
// newer than letters, a tilde comes before the end and a caret after it.
func compareRPMPart(a, b string) int {
	for {
		a, b = skipRPM(a), skipRPM(b)
		if c, decided := rpmMark(&a, &b, '~', -1); decided {
			return c
		} else if c, decided := rpmMark(&a, &b, '^', 1); decided {
			return c
		}
		if a == "" || b == "" {
			return len(a) - len(b)
		}
		if a[0] == '~' || a[0] == '^' {
			continue
		}
		x, y := runRPM(a, b)
		if kind(a[0]) != kind(b[0]) {
			if kind(a[0]) == 1 {
				return 1
			}
			return -1
		}
		c := strings.Compare(x, y)
		if kind(a[0]) == 1 {
			c = compareNumbers(x, y)
		}
		if c != 0 {
			return c
		}
		a, b = a[len(x):], b[len(y):]
	}
}

// skipRPM drops what separates.
func skipRPM(s string) string {
	for s != "" && kind(s[0]) == 0 && s[0] != '~' && s[0] != '^' {
		s = s[1:]
	}
	return s
}

// rpmMark handles a mark at the start of either: sign says how the one that has it
// compares with the end.
func rpmMark(a, b *string, mark byte, sign int) (order int, decided bool) {
	x, y := strings.HasPrefix(*a, string(mark)), strings.HasPrefix(*b, string(mark))
	switch {
	case x && y:
		*a, *b = (*a)[1:], (*b)[1:]
		return 0, false
	case x && (mark == '~' || *b == ""):
		return sign, true
	case y && (mark == '~' || *a == ""):
		return -sign, true
	case x: // a caret comes before more text
		return -1, true
	case y:
		return 1, true
	}
	return 0, false
}

// runRPM are the first runs of both.
func runRPM(a, b string) (x, y string) {
	n, m := 0, 0
	for n < len(a) && kind(a[n]) == kind(a[0]) {
		n++
	}
	for m < len(b) && kind(b[m]) == kind(b[0]) {
		m++
	}
	return a[:n], b[:m]
}
