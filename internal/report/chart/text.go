package chart

import (
	"strings"
	"unicode/utf8"
)

// wrap breaks a text into lines no wider than width, at spaces where it can and
// inside a word where it must. It never returns more than most lines; what does
// not fit is cut with an ellipsis.
func wrap(c Canvas, text string, size float64, bold bool, width float64, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for word != "" {
			try := word
			if line != "" {
				try = line + " " + word
			}
			if c.Measure(try, size, bold) <= width {
				line, word = try, ""
				continue
			}
			if line != "" {
				lines, line = append(lines, line), ""
				continue
			}
			head := fit(c, word, size, bold, width)
			lines, word = append(lines, head), word[len(head):]
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = clip(c, lines[most-1]+" …", size, bold, width)
	}
	return lines
}

// fit is the longest head of the text that fits, at least one rune.
func fit(c Canvas, text string, size float64, bold bool, width float64) string {
	end := 0
	for i, r := range text {
		next := i + utf8.RuneLen(r)
		if end > 0 && c.Measure(text[:next], size, bold) > width {
			break
		}
		end = next
	}
	return text[:end]
}

// clip shortens a text to the width and marks the cut with an ellipsis.
func clip(c Canvas, text string, size float64, bold bool, width float64) string {
	if c.Measure(text, size, bold) <= width {
		return text
	}
	runes := []rune(strings.TrimSuffix(text, "…"))
	for len(runes) > 1 {
		runes = runes[:len(runes)-1]
		if s := strings.TrimRight(string(runes), " ,;") + "…"; c.Measure(s, size, bold) <= width {
			return s
		}
	}
	return "…"
}
