// Package mailing is how use cases write mails: one call in the transaction of the
// change puts a letter into the outbox, and the server sends it exactly once.
package mailing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/mail"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Kind of the effects that are mails.
const Kind = "mail"

// Letter is one mail to one address.
type Letter struct {
	Key          string // what it is about; the workspace sends one mail per key, however often it is posted
	Organisation string // "": of the workspace
	To           string // address
	Language     string // "": that of the workspace
	// Message names two messages: Message+".subject" and Message+".text". Arguments
	// are name, value pairs for both.
	Message   string
	Arguments []any
	// Body is text that stands between the message and the footer, such as a list
	// with links; the caller has it in the reader's language.
	Body string
	// Unsubscribe is the address where one click ends mails of this kind; "" for
	// none. It stands in the footer too.
	Unsubscribe string
	// File is the SHA-256 of a kept file that goes with the letter, "" for none, with its
	// name and media type for the reader. It is read when the mail is sent.
	File, FileName, FileType string
}

// Mailer writes letters. Make one with New; a nil Mailer writes none.
type Mailer struct {
	box      secret.Box
	messages *locale.Catalogue
	base     string // absolute address of the platform, without a slash at the end
	server   server // nil: not set up
	domain   string // of the message ids
	files    *blob.Dir
}

// server is what sends; mail.Server is one.
type server interface {
	Send(ctx context.Context, m mail.Message) error
}

// Options of New.
type Options struct {
	Box      secret.Box // seals the texts while they wait
	Messages *locale.Catalogue
	Base     string       // address under which people reach the platform, such as https://nisaba.example.org
	Server   *mail.Server // nil: mails are held until there is one
	Files    *blob.Dir    // of files that go with mails; nil: there are none
}

// New makes a mailer.
func New(o Options) (*Mailer, error) {
	m := &Mailer{box: o.Box, messages: o.Messages, base: strings.TrimRight(o.Base, "/"), files: o.Files}
	if o.Server != nil {
		m.server = o.Server
	}
	u, err := url.Parse(m.base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("the address of the platform %q cannot be used; expected for example https://nisaba.example.org", o.Base)
	}
	m.domain = u.Hostname()
	return m, nil
}

// Ready reports whether mails are sent; otherwise they are held in the outbox.
func (m *Mailer) Ready() bool { return m != nil && m.server != nil }

// Link is the absolute address of a page, such as "/inbox".
func (m *Mailer) Link(page string) string {
	if strings.HasPrefix(page, "/") {
		return m.base + page
	}
	return page
}

// Printer renders in a language, "" for English.
func (m *Mailer) Printer(language string) *locale.Printer {
	if language == "" {
		language = "en"
	}
	return m.messages.Printer(language)
}

// payload is how a mail waits in the outbox. The text is sealed, because links in
// it may let people in, and removed once the mail is sent.
type payload struct {
	To          string `json:"to"`
	Subject     string `json:"subject"`
	Sealed      string `json:"sealed,omitempty"`
	Unsubscribe string `json:"unsubscribe,omitempty"` // sealed too
	File        string `json:"file,omitempty"`        // SHA-256
	FileName    string `json:"file_name,omitempty"`
	FileType    string `json:"file_type,omitempty"`
}

// Post puts a letter into the outbox in the caller's transaction. fresh is false,
// and nothing happens, when the workspace posted a letter with the key before.
func (m *Mailer) Post(tx *store.Tx, l Letter) (fresh bool, err error) {
	if m == nil {
		return false, nil
	}
	if l.Language == "" {
		w, err := tx.Workspace()
		if err != nil {
			return false, err
		}
		l.Language = w.Language
	}
	p := m.Printer(l.Language)
	subject := strings.Join(strings.Fields(p.T(l.Message+".subject", l.Arguments...)), " ")
	owner := tx.Scope().WorkspaceID() + "/" + l.Key
	sealed, err := m.box.Seal("mail", owner, []byte(m.text(p, l)))
	if err != nil {
		return false, fmt.Errorf("seal a mail: %w", err)
	}
	out := payload{To: l.To, Subject: subject, Sealed: sealed, File: l.File, FileName: l.FileName, FileType: l.FileType}
	if l.Unsubscribe != "" {
		if out.Unsubscribe, err = m.box.Seal("mail", owner, []byte(l.Unsubscribe)); err != nil {
			return false, fmt.Errorf("seal a mail: %w", err)
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return false, fmt.Errorf("write a mail: %w", err)
	}
	return jobs.Post(tx, work.Effect{Kind: Kind, Key: l.Key, Organisation: l.Organisation, Payload: b})
}

// text is the message, the body and the footer.
func (m *Mailer) text(p *locale.Printer, l Letter) string {
	parts := []string{p.T(l.Message+".text", l.Arguments...)}
	if l.Body != "" {
		parts = append(parts, strings.TrimRight(l.Body, "\n"))
	}
	footer := "-- \n" + p.T("mailing.footer", "address", m.base)
	if l.Unsubscribe != "" {
		footer += "\n" + p.T("mailing.unsubscribe", "link", l.Unsubscribe)
	}
	return strings.Join(append(parts, footer), "\n\n") + "\n"
}

// Send delivers a mail from the outbox. The message id follows from the workspace
// and the key, so that the receiver's server sees a second copy for what it is.
func (m *Mailer) Send(ctx context.Context, e work.Effect) (receipt string, err error) {
	if m.server == nil {
		return "", fmt.Errorf("mail is %w", jobs.ErrNotSetUp)
	}
	var p payload
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return "", jobs.Permanent(fmt.Errorf("the mail cannot be read: %w", err))
	}
	owner := e.Workspace + "/" + e.Key
	text, err := m.box.Open("mail", owner, p.Sealed)
	if err != nil {
		return "", jobs.Permanent(fmt.Errorf("open the mail: %w", err))
	}
	message := mail.Message{To: p.To, Subject: p.Subject, Text: string(text), ID: m.messageID(owner)}
	if p.Unsubscribe != "" {
		link, err := m.box.Open("mail", owner, p.Unsubscribe)
		if err != nil {
			return "", jobs.Permanent(fmt.Errorf("open the mail: %w", err))
		}
		message.Unsubscribe = string(link)
	}
	if p.File != "" {
		file, err := m.attachment(p)
		if err != nil {
			return "", err
		}
		message.Attachment = &file
	}
	err = m.server.Send(ctx, message)
	if errors.Is(err, mail.ErrRefused) {
		return "", jobs.Permanent(err)
	}
	return message.ID, err
}

// attachment reads the file that goes with a mail. One that is gone does not come back.
func (m *Mailer) attachment(p payload) (out mail.Attachment, err error) {
	if m.files == nil {
		return out, jobs.Permanent(errors.New("the file of the mail is not kept here"))
	}
	f, err := m.files.Open(p.File)
	if errors.Is(err, blob.ErrNotFound) {
		return out, jobs.Permanent(fmt.Errorf("the file of the mail: %w", err))
	}
	if err != nil {
		return out, fmt.Errorf("open the file of the mail: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	content, err := io.ReadAll(f)
	if err != nil {
		return out, fmt.Errorf("read the file of the mail: %w", err)
	}
	return mail.Attachment{Name: p.FileName, Type: p.FileType, Content: content}, nil
}

// Forget keeps only to whom a mail went and its subject.
func (m *Mailer) Forget(b json.RawMessage) json.RawMessage {
	var p payload
	if json.Unmarshal(b, &p) != nil {
		return b
	}
	p.Sealed, p.Unsubscribe = "", ""
	kept, err := json.Marshal(p)
	if err != nil {
		return b
	}
	return kept
}

// Own reports whether a Message-ID, without brackets, is one that the platform gives.
func (m *Mailer) Own(id string) bool {
	local, domain, _ := strings.Cut(id, "@")
	_, err := hex.DecodeString(local)
	return m != nil && err == nil && len(local) == 32 && domain == m.domain
}

func (m *Mailer) messageID(owner string) string {
	sum := sha256.Sum256([]byte(owner))
	return hex.EncodeToString(sum[:16]) + "@" + m.domain
}

// Envelope is what lists show of a mail in the outbox.
type Envelope struct {
	To      string
	Subject string
}

// EnvelopeOf reads an effect of Kind; ok is false for any other.
func EnvelopeOf(e work.Effect) (v Envelope, ok bool) {
	var p payload
	if e.Kind != Kind || json.Unmarshal(e.Payload, &p) != nil {
		return Envelope{}, false
	}
	return Envelope{To: p.To, Subject: p.Subject}, true
}

var (
	_ jobs.Sender    = (*Mailer)(nil)
	_ jobs.Forgetter = (*Mailer)(nil)
)
