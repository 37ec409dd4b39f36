package ui

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

// mostParts is how many bytes the kept parts take together.
const mostParts = 1 << 20

// Parts keeps the markup of parts of pages that follow from what never changes, such
// as entries of a ledger. It is safe for concurrent use.
type Parts struct {
	mu    sync.Mutex
	kept  map[string]string
	bytes int
}

// NewParts keeps nothing yet.
func NewParts() *Parts { return &Parts{kept: map[string]string{}} }

// Keep is the part that build makes, in the language and the time zone of the reader.
// The key must name all else that the part depends on: who may read it, what it
// tells, and where its links lead.
func (p *Parts) Keep(build func() templ.Component, key ...string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		name := fmt.Sprintf("%q", append([]string{language(ctx), Zone(ctx).String()}, key...))
		p.mu.Lock()
		text, ok := p.kept[name]
		p.mu.Unlock()
		if !ok {
			var b strings.Builder
			if err := build().Render(ctx, &b); err != nil {
				return err
			}
			text = b.String()
			p.keep(name, text)
		}
		_, err := io.WriteString(w, text)
		return err
	})
}

func (p *Parts) keep(name, text string) {
	size := len(name) + len(text)
	if size > mostParts/4 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.kept[name]; ok {
		return
	}
	for old, t := range p.kept { // in no order: any may go
		if p.bytes+size <= mostParts {
			break
		}
		p.bytes -= len(old) + len(t)
		delete(p.kept, old)
	}
	p.kept[name] = text
	p.bytes += size
}
