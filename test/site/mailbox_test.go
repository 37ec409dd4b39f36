package site

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// startMail runs a server that takes in mails for alarms.example.org.
func startMail(t *testing.T) (site, address string) {
	t.Helper()
	c := platform.Config(t)
	c.ScanCommand, c.Mailbox = scanCommand(t), server.MailboxConfig{Address: "127.0.0.1:0", Domain: "alarms.example.org"}
	s, err := server.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.ServeMail(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		h.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return h.URL, l.Addr().String()
}

// mailTo sends a mail over a connection of its own.
func mailTo(address, to, mail string) error {
	return smtp.SendMail(address, nil, "watch@example.org", []string{to}, []byte(strings.ReplaceAll(mail, "\n", "\r\n")))
}

var mailAddress = regexp.MustCompile(`[a-z0-9]{26}@alarms\.example\.org`)

// exhibitFile is the link to the file of an exhibit.
var exhibitFile = regexp.MustCompile(`/handling/exhibits/[0-9a-f-]{36}"`)

// TestMailbox: a mail to the secret address becomes a security event with its files as
// evidence, the same mail changes nothing, and no other address tells whether it exists.
func TestMailbox(t *testing.T) {
	site, at := startMail(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	if status, _, _ := v.post(organisation+"/signals", url.Values{"kind": {"mail"}, "name": {"x"}, "window": {"0"}, "mapping": {"title = x"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("names of fields for a mail: %d", status)
	}
	page, _ := v.must(organisation+"/signals", url.Values{"kind": {"mail"}, "name": {"Staff"}, "window": {"0"}})
	to := mailAddress.FindString(page)
	if _, page := v.get(organisation + "/signals"); to == "" || !strings.Contains(page, to) {
		t.Fatalf("no address that stays visible:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	file := func(name, content string) string {
		return "--b\nContent-Disposition: attachment; filename=\"" + name + "\"\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(content)) + "\n"
	}
	mail := "From: Ben <ben@example.org>\nTo: " + to + "\nSubject: Strange <b>mail</b>\nMessage-ID: <1@example.org>\nDate: " + time.Now().Add(-time.Minute).Format(time.RFC1123Z) +
		"\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>I <a href=\"https://evil.example/\">clicked</a><script>alert(1)</script></p>\n" +
		file("../../etc/invoice.pdf", "PDF") + file("virus.exe", "EICAR") + "--b--\n"
	if err := mailTo(at, strings.ToUpper(to), mail); err != nil {
		t.Fatal(err)
	}
	if err := mailTo(at, to, mail); err != nil {
		t.Errorf("the same mail again: %v", err)
	}
	_, page = v.get(organisation + "/incidents?show=all")
	cases := regexp.MustCompile(`href="(/organisations/[^"]+/incidents/[0-9a-f-]{36})"`).FindAllStringSubmatch(page, -1)
	if len(cases) != 1 {
		t.Fatalf("%d cases", len(cases))
	}
	_, page = v.get(cases[0][1])
	for _, want := range []string{"Strange &lt;b&gt;mail&lt;/b&gt;", "clicked &lt;https://evil.example/&gt;", "a scan found something harmful", "1 in all"} {
		if !strings.Contains(page, want) {
			t.Errorf("the case does not say %q:\n%.4000s", want, page[strings.Index(page, "<main"):])
		}
	}
	if strings.Contains(page, "alert(1)") {
		t.Error("a script of the mail is in the case")
	}
	_, page = v.get(cases[0][1] + "/handling?tab=evidence")
	if !strings.Contains(page, "invoice.pdf") || !strings.Contains(page, "virus.exe") || len(exhibitFile.FindAllString(page, -1)) != 1 {
		t.Errorf("the evidence:\n%.4000s", page[strings.Index(page, "<main"):])
	}
	_, page, _ = v.upload(cases[0][1]+"/handling/exhibits", url.Values{"who": {"Anna"}, "where": {"safe 12"}}, sent{"sample.exe", strings.NewReader("EICAR")})
	if !strings.Contains(page, "sample.exe") || !strings.Contains(page, "name and hash are kept, the content is not") || len(exhibitFile.FindAllString(page, -1)) != 1 {
		t.Errorf("evidence by hand in which a scan finds something:\n%.4000s", page[strings.Index(page, "<main"):])
	}
	v.refusals(at, to)
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		v.look(folder, "signals-mail", organisation+"/signals")
	}
	_, page = v.get(organisation + "/signals")
	source := regexp.MustCompile(`name="source" value="([^"]+)"`).FindStringSubmatch(page)
	v.must(organisation+"/signals/revoke", url.Values{"source": {source[1]}})
	if err := mailTo(at, to, strings.Replace(mail, "<1@", "<2@", 1)); err == nil || !strings.Contains(err.Error(), `550 "5.1.1`) {
		t.Errorf("after it was revoked: %v", err)
	}
}

// refusals tries what is not taken in.
func (v visitor) refusals(at, to string) {
	v.t.Helper()
	const nobody = `550 "5.1.1 There is no such address here`
	plain := "From: a@example.org\nSubject: x\nMessage-ID: <9@example.org>\n\nx\n"
	for name, x := range map[string]struct{ to, mail, want string }{
		"another token":     {"aaaaaaaaaaaaaaaaaaaaaaaaaa@alarms.example.org", plain, nobody},
		"another domain":    {strings.Replace(to, "alarms", "other", 1), plain, nobody},
		"no token":          {"postmaster@alarms.example.org", plain, nobody},
		"an answer":         {to, "Auto-Submitted: auto-replied\n" + plain, `550 "5.7.1`},
		"a delivery report": {to, "Content-Type: multipart/report; boundary=b\n" + plain, `550 "5.7.1`},
		"an own mail":       {to, "From: a@example.org\nMessage-ID: <" + strings.Repeat("0a", 16) + "@127.0.0.1>\n\nx\n", `550 "5.7.1`},
		"no mail":           {to, "\x00\x01\n", `554 "5.6.0`},
		"too large":         {to, plain + strings.Repeat(strings.Repeat("x", 900)+"\n", 30_000), "552"},
	} {
		if err := mailTo(at, x.to, x.mail); err == nil || !strings.HasPrefix(err.Error(), x.want) {
			v.t.Errorf("%s: %v", name, err)
		}
	}
	c, err := smtp.Dial(at)
	if err != nil {
		v.t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail(""); err == nil || !strings.HasPrefix(err.Error(), "550") {
		v.t.Errorf("without a sender: %v", err)
	}
	if err := c.Mail("a@example.org"); err != nil {
		v.t.Fatal(err)
	}
	for n := range 4 { // guesses of one connection
		want := nobody
		if n == 3 {
			want = "450"
		}
		if err := c.Rcpt(fmt.Sprintf("guess%d@alarms.example.org", n)); err == nil || !strings.HasPrefix(err.Error(), want) {
			v.t.Errorf("guess %d: %v", n, err)
		}
	}
	line, err := net.Dial("tcp", at)
	if err != nil {
		v.t.Fatal(err)
	}
	defer line.Close()
	answer := make([]byte, 1000)
	if _, err := line.Write(append([]byte("EHLO x\r\nNOOP "), bytes.Repeat([]byte("x"), 100_000)...)); err != nil {
		v.t.Log(err) // it hung up already
	}
	_ = line.SetReadDeadline(time.Now().Add(time.Minute))
	for {
		n, err := line.Read(answer)
		if err != nil {
			v.t.Errorf("a line without an end: %v", err)
			return
		}
		if bytes.Contains(answer[:n], []byte("Too long line")) {
			return
		}
	}
}

// TestMailStorm: the connections of one place are few at a time, and so are its mails in
// a while.
func TestMailStorm(t *testing.T) {
	_, at := startMail(t)
	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	greeted := 0
	for range 20 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		if n, err := c.Read(make([]byte, 200)); err == nil && n > 0 {
			greeted++
		}
	}
	if greeted != 10 {
		t.Errorf("%d of 20 connections of one place at a time were let in", greeted)
	}
}
