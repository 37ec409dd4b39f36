package server_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
	"github.com/nisaba-platform/nisaba/internal/server"
)

// attached is the receiver of a mail as it came over SMTP, and its one attachment.
func attached(t *testing.T, received string) (to, name, kind string, content []byte) {
	t.Helper()
	to, text, _ := strings.Cut(received, "\n")
	m, err := mail.ReadMessage(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return to, name, kind, content
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.FileName() == "" {
			continue
		}
		if content != nil || p.Header.Get("Content-Transfer-Encoding") != "base64" {
			t.Errorf("attachment %q with %v", p.FileName(), p.Header)
		}
		name, kind = p.FileName(), p.Header.Get("Content-Type")
		if content, err = io.ReadAll(base64.NewDecoder(base64.StdEncoding, p)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBinderByMail: the binder goes out over SMTP as a PDF, byte for byte the copy that
// is kept, to each receiver, also when the server stops between sending and noting that,
// and when another receiver is refused.
func TestBinderByMail(t *testing.T) {
	inbox := mailtest.Start(t)
	c := config(t, clock.At(time.Now()))
	c.BaseURL, c.Mail = "https://nisaba.example.org", server.MailConfig{Server: inbox.Address, From: "nisaba@example.org"}
	site, stop := run(t, c)
	anna := browser(t)
	begin(t, anna, site)
	example, err := examples.FS.ReadFile("water-supplier.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := post(t, anna, site+"/organisations/import", url.Values{"kind": {"client"}, "text": {string(example)}})
	organisation := regexp.MustCompile(`^/organisations/[0-9a-f-]{36}`).FindString(r.Request.URL.Path)
	if organisation == "" {
		t.Fatalf("the import led to %s with %d", r.Request.URL, r.StatusCode)
	}
	if r := post(t, anna, site+organisation+"/binder/refresh", nil); r.StatusCode != http.StatusOK {
		t.Fatalf("a copy of now: %d", r.StatusCode)
	}
	stopped := make(chan struct{})
	inbox.After(func() { close(stopped) }) // has arrived; the server does not know yet
	if r := post(t, anna, site+organisation+"/binder/mail", url.Values{"receivers": {"unknown@example.net\nvault@example.net\nceo@example.com"}}); r.StatusCode != http.StatusOK {
		t.Fatalf("the receivers: %d", r.StatusCode)
	}
	<-stopped
	stop()
	site, _ = run(t, c)
	until(t, "the binder arrives at both", func() bool { return len(inbox.Mails()) >= 2 })
	page, err := anna.Get(site + organisation + "/binder")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(page.Body)
	page.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`/binder/copies/([0-9a-f]{64})\.pdf`).FindSubmatch(text)
	if link == nil {
		t.Fatalf("no copy on the page: %d", page.StatusCode)
	}
	got := map[string]int{}
	for _, m := range inbox.Mails() {
		to, name, kind, content := attached(t, m)
		sum := sha256.Sum256(content)
		if got[to]++; !strings.HasSuffix(name, ".pdf") || !strings.HasPrefix(kind, "application/pdf") || !bytes.HasPrefix(content, []byte("%PDF-")) || hex.EncodeToString(sum[:]) != string(link[1]) {
			t.Errorf("%s got %q (%s) of %d bytes with another hash than %s", to, name, kind, len(content), link[1])
		}
	}
	if len(got) != 2 || got["vault@example.net"] == 0 || got["ceo@example.com"] == 0 {
		t.Errorf("received: %v", got)
	}
}
