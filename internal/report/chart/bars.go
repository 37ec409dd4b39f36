package chart

import "slices"

// Bar is one line of a bar chart.
type Bar struct {
	Key    string // short key before the name, for example "a"; may be empty
	Name   string
	Value  float64 // 0–100
	Text   string  // the value as the report prints it
	Target float64 // 0–100; 0 draws no mark
	Tone   Tone    // the mark before the value, with Word; a value without judgement has neither
	Word   string  // the word for the tone
	Note   string  // the last column of the twin, for example "12 of 30"
}

// Bars is a chart of horizontal bars from 0 to 100 with a target mark.
type Bars struct {
	Heading, About string
	TargetLabel    string    // the legend of the target mark
	Columns        [5]string // heads of the twin: key, name, value, target, note
	Items          []Bar
	TargetText     string // the target as the report prints it
}

var _ Chart = Bars{}

// Title names the picture.
func (b Bars) Title() string { return b.Heading }

// Description says in a sentence what the picture shows.
func (b Bars) Description() string { return b.About }

// Twin is the same as a table.
func (b Bars) Twin() Twin {
	t := Twin{Columns: b.Columns[:]}
	for _, i := range b.Items {
		t.Rows = append(t.Rows, []string{i.Key, i.Name, i.Text + " " + i.Word, b.TargetText, i.Note})
	}
	return t
}

const (
	textSize  = 9.5
	smallSize = 8.5
	leading   = 12.5
)

// Draw sets the names beside the bars on a wide canvas and above them on a
// narrow one.
func (b Bars) Draw(c Canvas, width float64) float64 {
	narrow := width < 420
	nameWidth, valueWidth := width*0.46, 0.0
	items := b.fitted(c, width)
	for _, i := range items {
		valueWidth = max(valueWidth, c.Measure(i.Text, textSize, true)+c.Measure(i.Word, smallSize, false)+22)
	}
	left := nameWidth + 8
	if narrow {
		nameWidth, left = width, 0
	}
	track := width - left - valueWidth - 8
	y := 2.0
	for _, item := range items {
		y = b.row(c, item, y, nameWidth, left, track, narrow)
	}
	if b.TargetLabel != "" {
		y += 3
		c.Line(Point{left, y}, Point{left, y + 9}, Stroke{Width: 1.6, Ink: Text})
		c.Text(Point{left + 6, y + 8}, clip(c, b.TargetLabel, smallSize, false, width-left-6), Font{Size: smallSize, Ink: Muted})
		y += 12
	}
	return y
}

// fitted is the items with keys, values and words cut to the room they have.
func (b Bars) fitted(c Canvas, width float64) []Bar {
	items := slices.Clone(b.Items)
	for n := range items {
		i := &items[n]
		i.Key = clip(c, i.Key, textSize, true, 14)
		i.Text = clip(c, i.Text, textSize, true, width*0.12)
		i.Word = clip(c, i.Word, smallSize, false, width*0.2)
	}
	return items
}

func (b Bars) row(c Canvas, item Bar, y, nameWidth, left, track float64, narrow bool) float64 {
	indent := 0.0
	if item.Key != "" {
		indent = 16
	}
	lines := wrap(c, item.Name, textSize, false, nameWidth-indent, 2)
	if item.Key != "" {
		c.Text(Point{0, y + 9.5}, item.Key, Font{Size: textSize, Bold: true, Ink: Accent})
	}
	for n, l := range lines {
		c.Text(Point{indent, y + 9.5 + float64(n)*leading}, l, Font{Size: textSize, Ink: Text})
	}
	height := max(1, float64(len(lines))) * leading
	top := y + 1.5
	if narrow {
		top, height = y+height+1.5, height+leading+3
	}
	c.Rect(left, top, track, 9, 2, Track)
	c.Rect(left, top, track*min(100, max(0, item.Value))/100, 9, 2, Accent)
	if item.Target > 0 {
		x := left + track*min(100, item.Target)/100
		c.Line(Point{x, top - 1.5}, Point{x, top + 10.5}, Stroke{Width: 1.6, Ink: Text})
	}
	x := left + track + 8
	if item.Tone != ToneNeutral || item.Word != "" {
		Mark(c, item.Tone, x, top, 9)
		x += 13
	}
	c.Text(Point{x, top + 8}, item.Text, Font{Size: textSize, Bold: true, Ink: Text})
	c.Text(Point{x + 5 + c.Measure(item.Text, textSize, true), top + 8}, item.Word, Font{Size: smallSize, Ink: Muted})
	return y + height + 3
}
