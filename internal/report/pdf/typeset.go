package pdf

import (
	"strings"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/fonts"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// look is how running text starts out; the styles of its runs change it.
type look struct {
	size    float64
	leading float64 // distance of baselines
	face    face
	ink     chart.Ink
}

// fragment is a piece of a line in one look.
type fragment struct {
	text            string
	x, width        float64
	face            face
	size            float64
	ink             chart.Ink
	anchor, address string
}

// line is one set line.
type line struct {
	parts []fragment
	width float64
}

// fragmentOf is the look of a run.
func (l look) fragmentOf(r model.Run) fragment {
	f := fragment{face: l.face, size: l.size, ink: l.ink}
	switch r.Style {
	case model.Strong:
		f.face = bold
	case model.Emphasis:
		f.face = italic
	case model.Citation:
		f.size, f.ink = l.size*0.92, chart.Muted
	case model.Muted:
		f.ink = chart.Muted
	}
	if f.anchor, f.address = r.Target(); f.anchor+f.address != "" {
		f.ink = chart.Accent
	}
	return f
}

// setter breaks runs into lines.
type setter struct {
	m     *metrics
	width float64
	lines []line
	cur   line
}

// set breaks a text into lines no wider than width.
func (m *metrics) set(t model.Text, l look, width float64) []line {
	s := &setter{m: m, width: width}
	glue := false // the next word follows without a space
	for _, r := range t {
		text := fonts.Glyphs(r.Text)
		f := l.fragmentOf(r)
		space := strings.HasPrefix(text, " ")
		for i, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }) {
			s.word(w, f, i > 0 || space || !glue)
		}
		glue = !strings.HasSuffix(text, " ")
		if text == "" {
			glue = true
		}
	}
	s.finish()
	return s.lines
}

// word adds a word; spaced words may go to the next line.
func (s *setter) word(w string, f fragment, spaced bool) {
	gap := 0.0
	if spaced && len(s.cur.parts) > 0 {
		gap = s.m.width(" ", f.face, f.size)
	}
	width := s.m.width(w, f.face, f.size)
	if s.cur.width+gap+width > s.width+0.01 && len(s.cur.parts) > 0 && (spaced || width > s.width) {
		s.finish()
		gap = 0
	}
	for width > s.width+0.01 {
		head := s.head(w, f)
		s.place(head, f, 0, s.m.width(head, f.face, f.size))
		s.finish()
		w = w[len(head):]
		width = s.m.width(w, f.face, f.size)
	}
	if w != "" {
		s.place(w, f, gap, width)
	}
}

// head is the longest start of an overlong word that fits, cut after a
// separator where one is near.
func (s *setter) head(w string, f fragment) string {
	end, good := 0, 0
	total := 0.0
	for i, r := range w {
		total += s.m.width(string(r), f.face, f.size)
		if total > s.width && i > 0 {
			break
		}
		end = i + utf8.RuneLen(r)
		if strings.ContainsRune("-/._,:@", r) {
			good = end
		}
	}
	if good > end/2 && good < len(w) {
		return w[:good]
	}
	return w[:end]
}

func (s *setter) place(w string, f fragment, gap, width float64) {
	if n := len(s.cur.parts); n > 0 {
		last := &s.cur.parts[n-1]
		same := last.face == f.face && last.size == f.size && last.ink == f.ink && last.anchor == f.anchor && last.address == f.address
		if same {
			if gap > 0 {
				last.text += " "
			}
			last.text += w
			last.width += gap + width
			s.cur.width += gap + width
			return
		}
	}
	f.text, f.x, f.width = w, s.cur.width+gap, width
	s.cur.parts = append(s.cur.parts, f)
	s.cur.width += gap + width
}

func (s *setter) finish() {
	if len(s.cur.parts) > 0 {
		s.lines = append(s.lines, s.cur)
	}
	s.cur = line{}
}

// draw puts a line on the sheet with its baseline at y.
func (l line) draw(s *sheet, x, y float64) {
	for _, f := range l.parts {
		s.add(mark{kind: textMark, x: x + f.x, y: y, text: f.text, face: f.face, size: f.size, ink: f.ink})
		if f.anchor+f.address != "" {
			s.add(mark{kind: linkMark, x: x + f.x, y: y - f.size, w: f.width, h: f.size * 1.25, anchor: f.anchor, address: f.address})
		}
	}
}

// longest is the width of the widest single word, which a column should hold.
func (m *metrics) longest(s string, f face, size float64) float64 {
	w := 0.0
	for word := range strings.FieldsSeq(fonts.Glyphs(s)) {
		w = max(w, m.width(word, f, size))
	}
	return w
}
