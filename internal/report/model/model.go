// Package model is the document that a report is before it becomes a page, a
// PDF or anything else: headings, paragraphs, tables, figures and charts with
// finished sentences in one language. It holds no markup; writers decide how a
// block looks, and all of them print the same words and numbers.
package model

import (
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/law"
)

// Document is a whole report in one language.
type Document struct {
	Title    string
	Subtitle string
	Language string // BCP 47, for example "en"
	Brand    Brand
	AsOf     law.Date // the day that the report speaks of; writers use it as their date
	DateText string   // AsOf as the report prints it
	Notice   string   // one line for the foot of every page
	Labels   Labels
	Blocks   []Block
}

// Brand is how the report is dressed. Every member may be empty.
type Brand struct {
	Client   string // whom the report is about
	Preparer string // who made it
	Logo     Logo
	Colour   string // "#rrggbb"; anything else gives the colour used by default
}

// Labels are the words that writers need beside the blocks.
type Labels struct {
	SkipToContent string // link for keyboards before everything else
	Contents      string // heading of the list of contents
	AsTable       string // opens the figures of a chart as a table
	PreparedBy    string // before Brand.Preparer
	AsOf          string // before DateText
	Continued     string // after a heading of a table that goes on over the page
}

// Block is one piece of the document, in reading order.
type Block interface{ block() }

// Tone is the meaning of a status mark.
type Tone = chart.Tone

// Heading opens a part of the document. Level is 1–3.
type Heading struct {
	Level    int
	ID       string // anchor, unique in the document: lower-case letters, digits, "-" and "."
	Text     string
	Numbered bool
}

// Paragraph is running text.
type Paragraph struct {
	Text  Text
	Small bool
}

// List is a bulleted or an ordered list.
type List struct {
	Items   []Text
	Ordered bool
	Small   bool
}

// Figure is one key figure.
type Figure struct {
	Value string
	Label string
	Note  string
	Tone  Tone // ToneNeutral draws no mark
}

// KeyFigures is a row of figures that must be seen at a glance.
type KeyFigures struct{ Items []Figure }

// Callout is a framed remark.
type Callout struct {
	Tone  Tone
	Title string
	Body  []Text
}

// Code is text for a machine, such as configuration. Lines and the spaces before
// them are kept.
type Code struct {
	Label string // says what it is, for those who do not see it
	Text  string
}

// Picture is a chart with its caption.
type Picture struct {
	Chart       chart.Chart
	HideCaption bool // the heading before it says the same
}

// Split sets two groups of blocks side by side where there is room. Share is
// the part of the width that the left one takes, between 0 and 1.
type Split struct {
	Left, Right []Block
	Share       float64
}

// TraceItem is one reason for a status.
type TraceItem struct {
	Kind    string // the word for where it comes from
	Text    Text
	Date    string // as the report prints it; may be empty
	Counted bool   // false: overruled or expired, and set apart
}

// Trace is a compact list of reasons.
type Trace struct{ Items []TraceItem }

// PageBreak starts a new printed page.
type PageBreak struct{}

// Contents is the list of the numbered headings down to the level, under the
// heading that the labels give. A writer whose pages have one anyway leaves it out.
type Contents struct{ Depth int }

func (Heading) block()    {}
func (Paragraph) block()  {}
func (List) block()       {}
func (KeyFigures) block() {}
func (Callout) block()    {}
func (Code) block()       {}
func (Picture) block()    {}
func (Split) block()      {}
func (Trace) block()      {}
func (PageBreak) block()  {}
func (Contents) block()   {}
func (Table) block()      {}
