package incident

import (
	"slices"
	"strings"
)

// SaidKinds lists the kinds of lines that people write, and may correct.
func SaidKinds() []string { return []string{"note", "action", "decision", "communication"} }

// Handwritten reports whether a person wrote the line in their own words: it says nothing
// else, and belongs to nothing that is kept elsewhere.
func (e Entry) Handwritten() bool {
	return slices.Contains(SaidKinds(), e.Kind) && e.By != "" && e.Object == "" && e.Before == "" && e.After == ""
}

// Line is a line of the record as it reads now: of a corrected one, Entry has the time
// and the text of the newest correction.
type Line struct {
	Entry
	Said        Entry   // as it was written first
	Corrections []Entry // oldest first; none: it is as it was written
}

// Timeline are the lines of a record as they read now, in the order in which they
// happened; those of one moment in the order in which they were written. Corrections
// stand with their line, not by themselves. entries are in the order of writing.
func Timeline(entries []Entry) []Line {
	at := map[string]int{}
	var out []Line
	for _, e := range entries {
		if n, ok := at[e.Object]; ok && e.Kind == "correction" {
			out[n].Corrections = append(out[n].Corrections, e)
			out[n].At, out[n].Text = e.At, e.After
			continue
		}
		at[e.ID] = len(out)
		out = append(out, Line{Entry: e, Said: e})
	}
	slices.SortStableFunc(out, func(a, b Line) int { return a.At.At.Compare(b.At.At) })
	return out
}

// Matches reports whether a line is of a kind ("": any) and has the words in it, in
// whatever case ("": any).
func (l Line) Matches(kind, words string) bool {
	if kind != "" && l.Kind != kind {
		return false
	}
	words = strings.ToLower(words)
	return slices.ContainsFunc([]string{l.Text, l.Said.Text, l.Before, l.After, l.ByName}, func(s string) bool { return strings.Contains(strings.ToLower(s), words) })
}
