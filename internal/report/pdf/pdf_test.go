package pdf_test

import (
	"bytes"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/report/pdf"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
)

func plain(s string) string { return s }

func render(t testing.TB, d model.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pdf.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	one, two := render(t, reporttest.Sample(plain)), render(t, reporttest.Sample(plain))
	if !bytes.Equal(one, two) {
		t.Error("the same document gave different files")
	}
	other := reporttest.Sample(plain)
	other.Title += "!"
	if bytes.Equal(one, render(t, other)) {
		t.Error("another title gave the same file")
	}
}

func BenchmarkWrite(b *testing.B) {
	d := reporttest.Sample(plain)
	for b.Loop() {
		render(b, d)
	}
}
