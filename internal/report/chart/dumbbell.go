package chart

// Pair is one line of a dumbbell chart: the same figure at two times.
type Pair struct {
	Key, Name     string
	Before, After float64 // 0–100; below zero: not known
	BeforeText    string  // as the report prints it
	AfterText     string
	Change        string // the difference as the report prints it
}

// Dumbbell shows how figures moved between two times: a ring for the first, a disc
// for the second, a line between them.
type Dumbbell struct {
	Heading, About string
	First, Second  string    // the legend of ring and disc
	Columns        [5]string // heads of the twin: key, name, first, second, change
	Items          []Pair
}

var _ Chart = Dumbbell{}

// Title names the picture.
func (d Dumbbell) Title() string { return d.Heading }

// Description says in a sentence what the picture shows.
func (d Dumbbell) Description() string { return d.About }

// Twin is the same as a table.
func (d Dumbbell) Twin() Twin {
	t := Twin{Columns: d.Columns[:]}
	for _, i := range d.Items {
		t.Rows = append(t.Rows, []string{i.Key, i.Name, i.BeforeText, i.AfterText, i.Change})
	}
	return t
}

// Draw sets the names beside the lines on a wide canvas and above them on a narrow
// one.
func (d Dumbbell) Draw(c Canvas, width float64) float64 {
	narrow := width < 420
	nameWidth, textWidth := width*0.42, 0.0
	for _, i := range d.Items {
		textWidth = max(textWidth, c.Measure(values(i), textSize, true)+8)
	}
	left := nameWidth + 12
	if narrow {
		nameWidth, left = width, 6
	}
	track := width - left - textWidth - 10
	y := d.legend(c, left, width)
	for _, i := range d.Items {
		y = d.row(c, i, y, nameWidth, left, track, narrow)
	}
	return y
}

// values is what stands behind the line of a pair.
func values(i Pair) string { return i.BeforeText + " → " + i.AfterText + "  " + i.Change }

func (d Dumbbell) legend(c Canvas, left, width float64) float64 {
	ring := Stroke{Width: 1.4, Ink: Muted}
	c.Circle(Point{left + 4, 7}, 3.5, Paper, ring)
	first := clip(c, d.First, smallSize, false, width/3)
	c.Text(Point{left + 12, 10}, first, Font{Size: smallSize, Ink: Muted})
	x := left + 12 + c.Measure(first, smallSize, false) + 26
	c.Circle(Point{x, 7}, 4, Accent, Stroke{})
	c.Text(Point{x + 8, 10}, clip(c, d.Second, smallSize, false, width-x-8), Font{Size: smallSize, Ink: Muted})
	return 20
}

func (d Dumbbell) row(c Canvas, i Pair, y, nameWidth, left, track float64, narrow bool) float64 {
	indent := 0.0
	if i.Key != "" {
		indent = 16
		c.Text(Point{0, y + 9.5}, i.Key, Font{Size: textSize, Bold: true, Ink: Accent})
	}
	lines := wrap(c, i.Name, textSize, false, nameWidth-indent, 2)
	for n, l := range lines {
		c.Text(Point{indent, y + 9.5 + float64(n)*leading}, l, Font{Size: textSize, Ink: Text})
	}
	height := max(1, float64(len(lines))) * leading
	middle := y + 6
	if narrow {
		middle, height = y+height+6, height+leading+3
	}
	at := func(v float64) Point { return Point{left + track*min(100, max(0, v))/100, middle} }
	c.Line(Point{left, middle}, Point{left + track, middle}, Stroke{Width: 1, Ink: Track})
	if i.Before >= 0 && i.After >= 0 {
		c.Line(at(i.Before), at(i.After), Stroke{Width: 2.4, Ink: Accent})
	}
	if i.Before >= 0 {
		c.Circle(at(i.Before), 3.5, Paper, Stroke{Width: 1.4, Ink: Muted})
	}
	if i.After >= 0 {
		c.Circle(at(i.After), 4, Accent, Stroke{})
	}
	c.Text(Point{left + track + 12, middle + 3.5}, values(i), Font{Size: textSize, Bold: true, Ink: Text})
	return y + height + 5
}
