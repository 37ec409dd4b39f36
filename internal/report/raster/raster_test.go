package raster_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/fonts"
	"github.com/nisaba-platform/nisaba/internal/report/raster"
)

func letters(t *testing.T) *fonts.Reader {
	t.Helper()
	r, err := fonts.NewReader()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var palette = chart.Light(chart.Accented(""))

// drawn is the picture that draw makes, three pixels to the point.
func drawn(t *testing.T, width, height float64, draw func(chart.Canvas)) image.Image {
	t.Helper()
	file, tall, err := raster.Draw(width, height, palette, letters(t), draw)
	if err != nil {
		t.Fatal(err)
	}
	p, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if got := float64(p.Bounds().Dy()) / 3; got != tall || tall < height {
		t.Errorf("the picture is %v points high, %v are said", got, tall)
	}
	return p
}

// TestShapes: each shape fills what lies inside it, and nothing else.
func TestShapes(t *testing.T) {
	t.Parallel()
	p := drawn(t, 100, 60, func(c chart.Canvas) {
		c.Rect(10, 10, 20, 10, 3, chart.Bad)
		c.Circle(chart.Point{X: 50, Y: 15}, 8, chart.Paper, chart.Stroke{Width: 2, Ink: chart.Good})
		c.Polygon([]chart.Point{{X: 70, Y: 5}, {X: 90, Y: 5}, {X: 80, Y: 25}}, chart.Partly)
		c.Line(chart.Point{X: 10, Y: 40}, chart.Point{X: 90, Y: 40}, chart.Stroke{Width: 3, Ink: chart.Text})
		c.Line(chart.Point{X: 10, Y: 50}, chart.Point{X: 90, Y: 50}, chart.Stroke{Width: 2, Ink: chart.Text, Dashed: true})
		c.Rect(5, 5, 0, 10, 0, chart.Bad)
		c.Rect(5, 5, 2, 2, 0, chart.None)
		c.Line(chart.Point{}, chart.Point{X: 9}, chart.Stroke{})
	})
	for _, x := range []struct {
		x, y float64
		ink  chart.Ink
	}{{20, 15, chart.Bad}, {10.2, 10.2, chart.Paper}, {5.5, 5.5, chart.Paper}, {50, 15, chart.Paper}, {58, 15, chart.Good}, {42, 15, chart.Good}, {50, 25, chart.Paper},
		{80, 10, chart.Partly}, {71, 20, chart.Paper}, {50, 40, chart.Text}, {50, 43, chart.Paper}, {10.5, 50, chart.Text}, {15.5, 50, chart.Paper}, {3, 0.5, chart.Paper}} {
		k := palette[x.ink]
		if got := color.RGBAModel.Convert(p.At(int(x.x*3), int(x.y*3))); got != (color.RGBA{k.R, k.G, k.B, 0xff}) {
			t.Errorf("at %v, %v is %v, want %s", x.x, x.y, got, x.ink.Name())
		}
	}
}

// TestText: a text is as wide as it is measured, wherever it is anchored.
func TestText(t *testing.T) {
	t.Parallel()
	const text = "HÄgρд ≥ 80"
	for anchor, at := range map[chart.Anchor]float64{chart.Start: 10, chart.Middle: 60, chart.End: 110} {
		var width float64
		p := drawn(t, 120, 20, func(c chart.Canvas) {
			width = c.Measure(text, 10, true)
			c.Text(chart.Point{X: at, Y: 15}, text, chart.Font{Size: 10, Bold: true, Ink: chart.Text, Anchor: anchor})
		})
		left, right := math.Inf(1), math.Inf(-1)
		for y := range p.Bounds().Dy() {
			for x := range p.Bounds().Dx() {
				if r, _, _, _ := p.At(x, y).RGBA(); r < 0x8000 {
					left, right = min(left, float64(x)/3), max(right, float64(x+1)/3)
				}
			}
		}
		want := map[chart.Anchor]float64{chart.Start: at, chart.Middle: at - width/2, chart.End: at - width}[anchor]
		if math.Abs(left-want) > 1.5 || math.Abs(right-want-width) > 1.5 {
			t.Errorf("anchor %d: from %.1f to %.1f, want %.1f to %.1f", anchor, left, right, want, want+width)
		}
	}
}

// TestAnyPlace: what lies outside, or nowhere, does no harm.
func TestAnyPlace(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{-1e9, -5, 0, 1e9, math.MaxFloat64, math.Inf(1), math.NaN()} {
		drawn(t, 30, 30, func(c chart.Canvas) {
			c.Rect(v, 5, 10, 10, 2, chart.Bad)
			c.Circle(chart.Point{X: v, Y: v}, 5, chart.Good, chart.Stroke{Width: 1, Ink: chart.Bad})
			c.Text(chart.Point{X: v, Y: 10}, "株🎉\x00\xff", chart.Font{Size: 9, Ink: chart.Text})
		})
	}
}

func TestTheSameBytes(t *testing.T) {
	t.Parallel()
	g := chart.Gauge{Heading: "Score", Value: 48, Text: "48", Caption: "of 100"}
	var files [2][]byte
	for i := range files {
		var err error
		if files[i], _, err = raster.PNG(g, 120, palette, letters(t)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same chart gave different pictures")
	}
}
