package ui

import (
	"io"

	"github.com/a-h/templ"
)

type writer = io.Writer

func writeText(w io.Writer, s string) error {
	_, err := io.WriteString(w, templ.EscapeString(s))
	return err
}
