// Package letter reads a mail as people and monitoring systems send it: who wrote what
// about what, and which files came with it. Everything is bounded, and whatever cannot
// be read is left out rather than guessed; only a message without a readable head is an
// error.
package letter

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// Limits of what is read.
const (
	LongestSubject = 200   // characters
	LongestText    = 5_000 // characters
	LongestName    = 200   // characters of a file's name and of the sender
	MostFiles      = 20
	mostParts      = 200
	deepest        = 8       // parts within parts
	mostText       = 1 << 20 // bytes of one part that is read as text
	mostHops       = 30      // servers that a mail came through
)

// Letter is what was read of a mail.
type Letter struct {
	ID      string // Message-ID, without brackets; or, when there is none, "sha256:" and the hash of the mail
	Subject string // one line; "" when there is none
	From    string // name and address, as the mail says; nobody proved it
	At      time.Time
	Text    string // plain text of the body
	Cut     bool   // the text was longer
	Files   []File
	Dropped int // files beyond MostFiles
	Refused string
	SHA256  string // of the mail as it came
}

// Why a mail is refused, in Letter.Refused.
const (
	Reply  = "automatic reply"
	Bounce = "delivery report"
	Loop   = "loop"
)

// File is a file that came with a mail.
type File struct {
	Name string
	Body []byte
}

// Read reads a mail in the form of RFC 5322 and MIME.
func Read(raw []byte) (Letter, error) {
	sum := sha256.Sum256(raw)
	l := Letter{SHA256: hex.EncodeToString(sum[:])}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return l, &fault.Error{Kind: fault.Invalid, What: "the message has no head that can be read", Expected: "a mail in the form of RFC 5322", Cause: err}
	}
	h := textproto.MIMEHeader(m.Header)
	l.ID = strings.Trim(oneLine(h.Get("Message-Id"), 2*LongestName), "<> ")
	if l.ID == "" {
		l.ID = "sha256:" + l.SHA256
	}
	l.Subject = oneLine(words(h.Get("Subject")), LongestSubject)
	l.From = oneLine(words(h.Get("From")), LongestName)
	if at, err := m.Header.Date(); err == nil {
		l.At = at.UTC()
	}
	l.Refused = refused(h)
	r := reader{letter: &l}
	r.part(h, m.Body, 0)
	l.Text = r.text()
	return l, nil
}

// refused says why nobody should take in a mail with this head: programs that answer
// mails, reports about mails that did not arrive, and mails that go in circles. Mails
// that programs write of themselves are what monitoring systems send, and are welcome.
func refused(h textproto.MIMEHeader) string {
	is := func(name string, values ...string) bool {
		v := strings.ToLower(h.Get(name)) + ";"
		return slices.Contains(values, strings.TrimSpace(v[:strings.IndexAny(v, ";(")]))
	}
	switch {
	case len(h.Values("Received")) > mostHops:
		return Loop
	case is("Auto-Submitted", "auto-replied"), is("Precedence", "auto_reply"), h.Get("X-Autoreply") != "", h.Get("X-Autorespond") != "":
		return Reply
	case is("Content-Type", "multipart/report"):
		return Bounce
	}
	return ""
}

// reader walks through the parts of a mail.
type reader struct {
	letter      *Letter
	parts       int
	plain, html []string
}

// text is the plain parts, or, when there are none, what the HTML says.
func (r *reader) text() string {
	list := r.plain
	if strings.TrimSpace(strings.Join(list, "")) == "" {
		list = r.html
	}
	var out []string
	for _, t := range list {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	text, cut := shortened(strings.Join(out, "\n\n"), LongestText)
	r.letter.Cut = cut
	return text
}

func (r *reader) part(h textproto.MIMEHeader, body io.Reader, depth int) {
	if r.parts++; r.parts > mostParts {
		return
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil && kind == "" {
		kind = "text/plain"
	}
	disposition, place, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
	name := place["filename"]
	if name == "" {
		name = params["name"]
	}
	switch {
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" && depth < deepest:
		r.multipart(multipart.NewReader(body, params["boundary"]), depth)
	case disposition != "attachment" && name == "" && (kind == "text/plain" || kind == "text/html"):
		text := decodedText(decoded(h, body), params["charset"])
		if kind == "text/html" {
			r.html = append(r.html, plainText(text))
		} else {
			r.plain = append(r.plain, text)
		}
	default:
		r.file(name, kind, decoded(h, body))
	}
}

func (r *reader) multipart(m *multipart.Reader, depth int) {
	for {
		p, err := m.NextRawPart()
		if err != nil {
			return // its end, or what is cut off
		}
		r.part(p.Header, p, depth+1)
		if r.parts > mostParts {
			return
		}
	}
}

func (r *reader) file(name, kind string, body io.Reader) {
	b, _ := io.ReadAll(body) // what is damaged is kept as far as it goes
	if len(b) == 0 {
		return
	}
	if len(r.letter.Files) >= MostFiles {
		r.letter.Dropped++
		return
	}
	if name = oneLine(words(name), LongestName); name == "" {
		name = "file"
		if ends, err := mime.ExtensionsByType(kind); err == nil && len(ends) > 0 {
			name += ends[0]
		}
		if kind == "message/rfc822" {
			name = "mail.eml"
		}
	}
	r.letter.Files = append(r.letter.Files, File{Name: name, Body: b})
}

// decoded takes the transfer encoding off.
func decoded(h textproto.MIMEHeader, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding"))) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, &noSpace{r: body})
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}

// noSpace leaves out what is no letter of base64, such as spaces at ends of lines.
type noSpace struct{ r io.Reader }

func (n *noSpace) Read(p []byte) (int, error) {
	for {
		k, err := n.r.Read(p)
		kept := 0
		for _, c := range p[:k] {
			if c == '+' || c == '/' || c == '=' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
				p[kept] = c
				kept++
			}
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}

// decodedText reads text in a character set; one that nobody knows is taken for UTF-8.
func decodedText(body io.Reader, set string) string {
	body = io.LimitReader(body, mostText)
	if set != "" {
		if r, err := charset.NewReaderLabel(set, body); err == nil {
			body = r
		}
	}
	b, _ := io.ReadAll(body) // what is damaged is shown as far as it goes
	return clean(strings.ToValidUTF8(string(b), "\uFFFD"))
}

// words decodes the words of a head that are not ASCII, RFC 2047.
func words(s string) string {
	d := mime.WordDecoder{CharsetReader: func(set string, r io.Reader) (io.Reader, error) {
		out, err := charset.NewReaderLabel(set, r)
		if err != nil {
			return nil, errors.New("no such character set")
		}
		return out, nil
	}}
	if out, err := d.DecodeHeader(s); err == nil {
		s = out
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// oneLine is a text in one line without characters that do not print, shortened.
func oneLine(s string, most int) string {
	s = strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return ' '
		}
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, s)), " ")
	s, _ = shortened(s, most)
	return s
}

func shortened(s string, most int) (string, bool) {
	if utf8.RuneCountInString(s) <= most {
		return s, false
	}
	return string([]rune(s)[:most-1]) + "…", true
}

// clean leaves lines and what prints: no control characters, none that turn the
// direction of what follows.
func clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\t':
			return c
		case c == '\r':
			return '\n'
		case unicode.IsControl(c), unicode.Is(unicode.Bidi_Control, c):
			return -1
		}
		return c
	}, s)
}
