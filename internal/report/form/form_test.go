package form_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/report/form"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	d := reporttest.Sample(func(s string) string { return s })
	for ending, want := range map[string][2]string{form.PDF: {"%PDF-", "application/pdf"}, form.HTML: {"<!doctype html>", "text/html; charset=utf-8"},
		form.DOCX: {"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}} {
		var b bytes.Buffer
		if err := form.Write(&b, ending, d); err != nil || !strings.HasPrefix(b.String(), want[0]) || form.MediaType(ending) != want[1] {
			t.Errorf("%s: %v, %.20q, %s", ending, err, b.String(), form.MediaType(ending))
		}
	}
	if err := form.Write(io.Discard, "exe", d); err == nil || form.MediaType("exe") != "" {
		t.Error("there is a form that there is not")
	}
}
