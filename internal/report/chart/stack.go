package chart

// Part is one status of a stacked bar.
type Part struct {
	Tone  Tone
	Label string
	Count int
	Text  string // the count as the report prints it
	Share string // the share as the report prints it
}

// Stack is one bar split by status.
type Stack struct {
	Heading, About string
	Columns        [3]string // heads of the twin: status, count, share
	Parts          []Part
}

var _ Chart = Stack{}

// Title names the picture.
func (s Stack) Title() string { return s.Heading }

// Description says in a sentence what the picture shows.
func (s Stack) Description() string { return s.About }

// Twin is the same as a table.
func (s Stack) Twin() Twin {
	t := Twin{Columns: s.Columns[:]}
	for _, p := range s.Parts {
		t.Rows = append(t.Rows, []string{p.Label, p.Text, p.Share})
	}
	return t
}

// Draw sets the bar and below it the legend with marks, words and counts.
func (s Stack) Draw(c Canvas, width float64) float64 {
	total := 0
	for _, p := range s.Parts {
		total += p.Count
	}
	const barHeight = 18
	x := 0.0
	c.Rect(0, 0, width, barHeight, 3, Track)
	for _, p := range s.Parts {
		if total == 0 || p.Count == 0 {
			continue
		}
		w := width * float64(p.Count) / float64(total)
		c.Rect(x, 0, max(0.8, w-1.2), barHeight, 2, p.Tone.Ink())
		if c.Measure(p.Text, textSize, true)+8 < w {
			c.Text(Point{x + w/2 - 0.6, 12.5}, p.Text, Font{Size: textSize, Bold: true, Ink: Paper, Anchor: Middle})
		}
		x += w
	}
	return s.legend(c, width, barHeight+8)
}

func (s Stack) legend(c Canvas, width, y float64) float64 {
	x := 0.0
	for _, p := range s.Parts {
		count := clip(c, p.Text+" ("+p.Share+")", smallSize, true, width*0.4)
		label := clip(c, p.Label, smallSize, false, width-c.Measure(count, smallSize, true)-18)
		w := 14 + c.Measure(label, smallSize, false) + 4 + c.Measure(count, smallSize, true)
		if x > 0 && x+w > width {
			x, y = 0, y+14
		}
		Mark(c, p.Tone, x, y, 9)
		c.Text(Point{x + 13, y + 8}, label, Font{Size: smallSize, Ink: Text})
		c.Text(Point{x + 17 + c.Measure(label, smallSize, false), y + 8}, count, Font{Size: smallSize, Bold: true, Ink: Text})
		x += w + 16
	}
	return y + 13
}
