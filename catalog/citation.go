package catalog

import (
	"strings"
)

// citation derives where a point stands in its act from its id: "cir.3.2.3.b" is
// Implementing Regulation (EU) 2024/2690, Annex, point 3.2.3(b), and
// "nis2.21.2.j" is Directive (EU) 2022/2555 Art. 21(2)(j). Words at the end of
// an id, as in "nis2.21.2.c.backup", are ours and not cited.
func citation(framework, id string) string {
	parts := strings.Split(id, ".")[1:]
	if len(parts) == 0 || !number(parts[0]) {
		return ""
	}
	if framework == CIR2690 {
		return annexCitation(parts)
	}
	var b strings.Builder
	b.WriteString("Directive (EU) 2022/2555 Art. " + parts[0])
	for _, p := range parts[1:] {
		if !number(p) && len(p) > 1 {
			break
		}
		b.WriteString("(" + p + ")")
	}
	return b.String()
}

func annexCitation(parts []string) string {
	digits := 0
	for digits < len(parts) && number(parts[digits]) {
		digits++
	}
	var b strings.Builder
	b.WriteString("Implementing Regulation (EU) 2024/2690, Annex, ")
	if digits == 1 {
		b.WriteString("section ")
	} else {
		b.WriteString("point ")
	}
	b.WriteString(strings.Join(parts[:digits], "."))
	for _, p := range parts[digits:] {
		b.WriteString("(" + p + ")")
	}
	return b.String()
}

func number(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// parentOf drops the last segment of an id; sections have no parent.
func parentOf(id string) string {
	cut := strings.LastIndexByte(id, '.')
	if cut < 0 || !strings.Contains(id[:cut], ".") {
		return ""
	}
	return id[:cut]
}
