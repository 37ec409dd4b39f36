// Package form writes a report in the form that somebody chose: one place knows which
// forms there are, and what such a file is called on the net.
package form

import (
	"fmt"
	"io"

	"github.com/nisaba-platform/nisaba/internal/report/docx"
	"github.com/nisaba-platform/nisaba/internal/report/html"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/report/pdf"
)

// The forms, which are the endings of their files too.
const (
	PDF  = "pdf"
	HTML = "html"
	DOCX = "docx"
)

// of is how a form is written, and the type of its files.
var of = map[string]struct {
	write     func(io.Writer, model.Document) error
	mediaType string
}{
	PDF:  {pdf.Write, "application/pdf"},
	HTML: {html.Write, "text/html; charset=utf-8"},
	DOCX: {docx.Write, docx.MediaType},
}

// Write writes the document in a form. One that there is not is an error.
func Write(w io.Writer, form string, d model.Document) error {
	f, ok := of[form]
	if !ok {
		return fmt.Errorf("there is no form %q of a report", form)
	}
	return f.write(w, d)
}

// MediaType is the type of a file in a form; "" for one that there is not.
func MediaType(form string) string { return of[form].mediaType }
