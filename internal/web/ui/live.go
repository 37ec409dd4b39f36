package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Live is a part with an id, so that later answers of the server can replace it
// with Moved.
func Live(id string, c templ.Component) templ.Component { return livePart(id, "", c) }

// Moved is the new form of a Live part. htmx puts it in the place of the old one,
// beside whatever else the answer brings.
func Moved(id string, c templ.Component) templ.Component {
	return livePart(id, ` hx-swap-oob="true"`, c)
}

func livePart(id, flag string, c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		b := templ.GetBuffer()
		defer templ.ReleaseBuffer(b)
		m := &markup{b}
		m.raw("<span")
		m.attr("id", id)
		m.raw(flag, ">")
		if f, ok := c.(byHand); ok {
			f(ctx, m)
		} else if err := c.Render(ctx, b); err != nil {
			return err
		}
		m.raw("</span>")
		_, err := w.Write(b.Bytes())
		return err
	})
}
