package letter

import (
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plainText is what an HTML text says, without markup, scripts and styles. Links show
// where they lead, so that nobody is led by a word.
func plainText(s string) string {
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(mostText)
	var w writer
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); err != nil && !errors.Is(err, io.EOF) {
				w.word("…")
			}
			return clean(strings.TrimSpace(w.String()))
		case html.TextToken:
			if w.silent == 0 {
				w.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			w.open(z.Token())
		case html.EndTagToken:
			w.close(z.Token())
		}
	}
}

// writer writes the text of an HTML page.
type writer struct {
	strings.Builder
	silent int      // depth of elements that nobody reads
	links  []string // where the open links lead
	space  bool     // something stands apart from what comes
	lines  int      // line breaks before what comes
}

func (w *writer) open(t html.Token) {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript:
		if t.Type == html.StartTagToken {
			w.silent++
		}
	case atom.Br:
		w.lines++
	case atom.P, atom.Div, atom.Table, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Blockquote, atom.Tr:
		w.lines = max(w.lines, 1)
	case atom.Li:
		w.lines = max(w.lines, 1)
		w.word("* ")
	case atom.Td, atom.Th:
		w.space = true
	case atom.A:
		link := ""
		for _, a := range t.Attr {
			if a.Key == "href" {
				link = strings.TrimSpace(a.Val)
			}
		}
		w.links = append(w.links, link)
	}
}

func (w *writer) close(t html.Token) {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript:
		w.silent = max(0, w.silent-1)
	case atom.P, atom.Table, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Blockquote:
		w.lines = max(w.lines, 2)
	case atom.Div, atom.Tr, atom.Li:
		w.lines = max(w.lines, 1)
	case atom.A:
		if n := len(w.links); n > 0 {
			if link := w.links[n-1]; link != "" && w.silent == 0 && !strings.HasSuffix(w.tail(len(link)), link) {
				w.space = true
				w.word("<" + link + ">")
			}
			w.links = w.links[:n-1]
		}
	}
}

// tail is the last n bytes of what was written.
func (w *writer) tail(n int) string { s := w.String(); return s[max(0, len(s)-n):] }

func (w *writer) text(s string) {
	fields := strings.Fields(s)
	if len(fields) == 0 {
		w.space = w.space || s != ""
		return
	}
	w.space = w.space || strings.TrimLeft(s, " \t\r\n\f") != s
	for i, f := range fields {
		w.space = w.space || i > 0
		w.word(f)
	}
	w.space = strings.TrimRight(s, " \t\r\n\f") != s
}

// word writes a word after the space or the lines that stand before it.
func (w *writer) word(s string) {
	if w.Len() > mostText {
		return
	}
	if w.Len() > 0 {
		switch {
		case w.lines > 0:
			w.WriteString(strings.Repeat("\n", min(w.lines, 2)))
		case w.space:
			w.WriteByte(' ')
		}
	}
	w.WriteString(s)
	w.lines, w.space = 0, false
}
