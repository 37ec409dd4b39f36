package model

import "strconv"

// Entry is one heading of the outline.
type Entry struct {
	Level  int
	ID     string
	Number string // "2.3"; empty when the heading is not numbered
	Text   string
}

// Label is the number and the text.
func (e Entry) Label() string {
	if e.Number == "" {
		return e.Text
	}
	return e.Number + "  " + e.Text
}

// Outline lists the headings of the document in order, with their numbers.
// Headings inside a Split are part of it.
func (d Document) Outline() []Entry {
	var counts [4]int
	var entries []Entry
	walk(d.Blocks, func(b Block) {
		h, ok := b.(Heading)
		if !ok {
			return
		}
		e := Entry{Level: h.Level, ID: h.ID, Text: h.Text}
		if h.Numbered && h.Level >= 1 && h.Level < len(counts) {
			counts[h.Level]++
			clear(counts[h.Level+1:])
			e.Number = dotted(counts[1 : h.Level+1])
		}
		entries = append(entries, e)
	})
	return entries
}

// Anchors are the places in the document that links can lead to.
func (d Document) Anchors() map[string]bool {
	out := map[string]bool{}
	walk(d.Blocks, func(b Block) {
		switch b := b.(type) {
		case Heading:
			out[b.ID] = true
		case Table:
			for _, r := range b.Rows {
				out[r.ID] = true
			}
		}
	})
	delete(out, "")
	return out
}

func dotted(counts []int) string {
	s := ""
	for i, c := range counts {
		if i > 0 {
			s += "."
		}
		s += strconv.Itoa(c)
	}
	return s
}

// walk visits every block, those inside a Split too.
func walk(blocks []Block, visit func(Block)) {
	for _, b := range blocks {
		visit(b)
		if s, ok := b.(Split); ok {
			walk(s.Left, visit)
			walk(s.Right, visit)
		}
	}
}
