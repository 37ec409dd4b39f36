package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// width is the line length of text for people.
const width = 100

// text writes headed, wrapped and indented text to a terminal or a file.
type text struct{ w io.Writer }

func (t text) title(s string) {
	fmt.Fprintf(t.w, "%s\n%s\n", s, strings.Repeat("─", min(width, utf8.RuneCountInString(s))))
}

func (t text) heading(s string) { fmt.Fprintf(t.w, "\n%s\n", s) }

func (t text) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

// para writes wrapped text with the indent on every line.
func (t text) para(indent int, s string) { t.hang(indent, "", s) }

// hang writes a label and wrapped text that hangs to the right of it.
func (t text) hang(indent int, label, s string) {
	pad := strings.Repeat(" ", indent)
	hang := pad + strings.Repeat(" ", utf8.RuneCountInString(label))
	for i, l := range wrap(s, width-utf8.RuneCountInString(hang)) {
		if i == 0 {
			fmt.Fprintf(t.w, "%s%s%s\n", pad, label, l)
			continue
		}
		fmt.Fprintf(t.w, "%s%s\n", hang, l)
	}
}

// wrap breaks text into lines of at most n runes, between words.
func wrap(s string, n int) []string {
	var lines []string
	for _, par := range strings.Split(s, "\n") {
		line, length := "", 0
		for _, word := range strings.Fields(par) {
			w := utf8.RuneCountInString(word)
			if length > 0 && length+1+w > n {
				lines = append(lines, line)
				line, length = "", 0
			}
			if length > 0 {
				line, length = line+" ", length+1
			}
			line, length = line+word, length+w
		}
		lines = append(lines, line)
	}
	return lines
}

// table writes rows with columns as wide as their content; the last column is
// wrapped to what is left of the line.
func (t text) table(indent int, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r[:len(r)-1] {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for _, r := range rows {
		var label strings.Builder
		for i, c := range r[:len(r)-1] {
			label.WriteString(c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)+2))
		}
		t.hang(indent, label.String(), r[len(r)-1])
	}
}

// bar draws points of 100 as a bar of blocks.
func bar(points float64, cells int) string {
	full := int(points/100*float64(cells) + 0.5)
	return strings.Repeat("█", full) + strings.Repeat("░", cells-full)
}
