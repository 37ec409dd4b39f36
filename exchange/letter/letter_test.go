package letter_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/exchange/letter"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

func TestRead(t *testing.T) {
	const head = "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\nMessage-ID: <1@example.org>\nDate: Mon, 12 Jan 2026 10:00:00 +0100\nMIME-Version: 1.0\n"
	for name, tc := range map[string]struct {
		mail, subject, text string
		files               string // names and sizes
	}{
		"plain": {head + "Subject: =?iso-8859-1?q?St=F6rung?=\n\nDer Server antwortet nicht.\n", "Störung", "Der Server antwortet nicht.", ""},
		"latin-1": {head + "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nSt=F6rung=\n!\n",
			"", "Störung!", ""},
		"base64": {head + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nR3LDvMOf\n IGUh\n", "", "Grüß e!", ""},
		"only html": {head + "Content-Type: text/html; charset=utf-8\n\n<html><head><title>t</title><style>p{}</style></head><body><p>Click <a href=\"https://evil.example/x\">here</a></p>" +
			"<script>alert(1)</script><ul><li>one<li>two</ul><img src=x onerror=alert(1)>&lt;b&gt;</body></html>", "",
			"Click here <https://evil.example/x>\n\n* one\n* two\n\n<b>", ""},
		"both ways": {head + "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<p>html\n--b--\n", "", "plain", ""},
		"with files": {head + "Subject: see\nContent-Type: multipart/mixed; boundary=b\n\nno mime\n--b\nContent-Type: text/plain\n\nlook\n--b\n" +
			"Content-Type: application/pdf; name=\"a.pdf\"\nContent-Transfer-Encoding: base64\n\nQUJD\n--b\nContent-Type: message/rfc822\n\nSubject: evil\n\nx\n--b\n" +
			"Content-Type: text/plain\nContent-Disposition: attachment; filename*=utf-8''%C3%BCber.txt\n\nnote\n--b--\n", "see", "look", "a.pdf 3, mail.eml 18, über.txt 4"},
		"cut off":        {head + "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhalf", "", "half", ""},
		"control":        {head + "Content-Type: text/plain\n\na\x00b\x1b[31mc\u202Ed\n", "", "ab[31mcd", ""},
		"no mime at all": {"From: a@example.org\n\nx\n", "", "x", ""},
	} {
		l, err := letter.Read(crlf(tc.mail))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var files []string
		for _, f := range l.Files {
			files = append(files, fmt.Sprintf("%s %d", f.Name, len(f.Body)))
		}
		if l.Subject != tc.subject || l.Text != tc.text || strings.Join(files, ", ") != tc.files || l.Refused != "" {
			t.Errorf("%s: %q %q %v %q", name, l.Subject, l.Text, files, l.Refused)
		}
		if strings.HasPrefix(tc.mail, head) && (l.ID != "1@example.org" || l.From != "Jürgen <j@example.org>" || l.At.Hour() != 9) {
			t.Errorf("%s: %q %q %v", name, l.ID, l.From, l.At)
		}
	}
	if _, err := letter.Read([]byte("no head\x00\r\n")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no head: %v", err)
	}
	if l, err := letter.Read(crlf("Subject: x\n\ny")); err != nil || l.ID != "sha256:"+l.SHA256 {
		t.Errorf("without an id: %q %v", l.ID, err)
	}
}

func TestRefused(t *testing.T) {
	for head, want := range map[string]string{
		"Auto-Submitted: auto-replied (vacation)": letter.Reply, "Auto-Submitted: auto-replied": letter.Reply, "Auto-Submitted: Auto-Replied; owner=x": letter.Reply, "X-Autoreply: yes": letter.Reply,
		"Auto-Submitted: auto-generated": "", "Precedence: bulk": "", "Precedence: auto_reply": letter.Reply,
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b": letter.Bounce,
		strings.Repeat("Received: by a.example.org\n", 31) + "X: y":               letter.Loop,
	} {
		l, err := letter.Read(crlf("From: a@example.org\n" + head + "\n\nx\n"))
		if err != nil || l.Refused != want {
			t.Errorf("%.60q: %q, %v", head, l.Refused, err)
		}
	}
}

// TestBounds: many files, many parts, parts in parts and a long text are cut, not
// refused.
func TestBounds(t *testing.T) {
	part := "--b\nContent-Disposition: attachment; filename=a\n\nx\n"
	l, err := letter.Read(crlf("From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat(part, 500) + "--b--\n"))
	if err != nil || len(l.Files) != letter.MostFiles || l.Dropped == 0 {
		t.Errorf("%d files, %d dropped, %v", len(l.Files), l.Dropped, err)
	}
	var deep strings.Builder
	deep.WriteString("From: a@example.org\n")
	for n := range 200 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", n, n)
	}
	if _, err := letter.Read(crlf(deep.String())); err != nil {
		t.Error(err)
	}
	l, err = letter.Read(crlf("From: a@example.org\nSubject: " + strings.Repeat("ä", 500) + "\n\n" + strings.Repeat("word ", 100_000)))
	if err != nil || utf8.RuneCountInString(l.Text) != letter.LongestText || !l.Cut || utf8.RuneCountInString(l.Subject) != letter.LongestSubject {
		t.Errorf("%d characters, %d in the subject, %v", utf8.RuneCountInString(l.Text), utf8.RuneCountInString(l.Subject), err)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"From: a@b\n\nx", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n", "Content-Type: text/html\n\n<a href=x>y<li></a></script><b",
		"Content-Transfer-Encoding: base64\n\n====", "Subject: =?x?q?=?=\nContent-Type: text/plain; charset=utf-16\n\n\xff\xfe"} {
		f.Add(crlf(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := letter.Read(raw)
		if err != nil {
			return
		}
		for _, s := range []string{l.ID, l.Subject, l.From, l.Text} {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Errorf("%q", s)
			}
		}
		if strings.ContainsAny(l.Subject+l.From+l.ID, "\r\n") || utf8.RuneCountInString(l.Text) > letter.LongestText || len(l.Files) > letter.MostFiles || l.ID == "" {
			t.Errorf("%+v", l)
		}
	})
}
