package incidents

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/exchange/letter"
	"github.com/nisaba-platform/nisaba/exchange/signal"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// LargestMail is the largest mail that is taken in, in bytes as it is sent.
const LargestMail = 25 << 20

// Mailbox is what the service needs to take in mails.
type Mailbox struct {
	Domain string     // behind the @ of the addresses; "": this server takes in no mails
	Box    secret.Box // seals the addresses

	// Messages has the words for what became of a file; they are kept in the language of
	// the organisation.
	Messages *locale.Catalogue

	// Own reports whether a mail with this Message-ID is one of the platform's own; nil:
	// none is.
	Own func(id string) bool
}

// WithMailbox lets the service take in mails.
func (s *Service) WithMailbox(m Mailbox) *Service {
	s.mailbox = m
	return s
}

// MailDomain is the domain of the addresses for mails, "" when the server takes in none.
func (s *Service) MailDomain() string { return s.mailbox.Domain }

// sealedAddress is the purpose of sealed addresses. They are bound to the hash of their
// token.
const sealedAddress = "intake-address"

func (m Mailbox) seal(hash, token string) (string, error) {
	sealed, err := m.Box.Seal(sealedAddress, hash, []byte(token))
	if err != nil {
		return "", fmt.Errorf("seal an address: %w", err)
	}
	return sealed, nil
}

// address is where mails for a source go, "" when there is none.
func (m Mailbox) address(x incident.Source) (string, error) {
	if x.Sealed == "" || m.Domain == "" {
		return "", nil
	}
	token, err := m.Box.Open(sealedAddress, x.TokenHash, x.Sealed)
	if err != nil {
		return "", fmt.Errorf("open the address of source %s: %w", x.ID, err)
	}
	return string(token) + "@" + m.Domain, nil
}

// ErrAutomatic is the cause when a mail is refused because a program answered with it,
// or because it goes in circles.
var ErrAutomatic = errors.New("automatic replies, delivery reports and mails of this platform are not taken in")

// KnowsMailToken is nil when mails with this token are taken in, and NotFound otherwise.
func (s *Service) KnowsMailToken(ctx context.Context, token string) error {
	_, err := s.sourceOf(ctx, token, incident.Mail)
	return err
}

// ReceiveMail takes in one mail, from whoever has the address. It becomes a security
// event, with its files as evidence. The same mail again changes nothing. NotFound when
// the token opens nothing, Invalid when the mail cannot be read, or with the cause
// ErrAutomatic.
func (s *Service) ReceiveMail(ctx context.Context, token string, raw []byte) (Taken, error) {
	x, err := s.sourceOf(ctx, token, incident.Mail)
	if err != nil {
		return Taken{}, err
	}
	l, err := letter.Read(raw)
	if err != nil {
		return Taken{}, err
	}
	if l.Refused != "" || s.mailbox.Own != nil && s.mailbox.Own(l.ID) {
		return Taken{}, &fault.Error{Kind: fault.Invalid, What: "the mail is not taken in: " + orElse(l.Refused, letter.Loop), Expected: "a mail that somebody wrote", Cause: ErrAutomatic}
	}
	e := arrival{Event: signal.Event{ID: mailName(l.ID), Title: l.Subject, At: l.At, Text: l.Text}, raw: shownMail(raw, l), sha256: l.SHA256, size: int64(len(raw)),
		reporter: orElse(l.From, x.Name), guessed: true, dropped: l.Dropped}
	if t, found, err := s.before(ctx, x, e.ID); err != nil || found {
		return t, err
	}
	if e.files, err = s.examine(ctx, attachedTo(l)); err != nil {
		return Taken{}, err
	}
	return s.take(ctx, x, e)
}

// mailName is the sender's own name of a mail, in a length that can be kept.
func mailName(id string) string {
	if utf8.RuneCountInString(id) <= signal.LongestWord {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// before finds a mail that came already, so that its files are not looked at again.
func (s *Service) before(ctx context.Context, x store.OwnedSource, event string) (t Taken, found bool, err error) {
	err = s.store.Read(ctx, tenant.System("mail to "+x.Name).In(x.Workspace, x.Organisation), func(tx *store.Tx) error {
		earlier, ok, err := tx.IntakeSignalOf(x.ID, event)
		if err != nil || !ok {
			return err
		}
		i, err := tx.Incident(earlier.Incident)
		t, found = Taken{Reference: i.Reference, Repeated: true}, true
		return err
	})
	return t, found, err
}

// shownMail is the mail as it came, or, when it is large or no text, its head and what
// was read of it.
func shownMail(raw []byte, l letter.Letter) string {
	if len(raw) <= LargestSignal && utf8.Valid(raw) && !bytes.ContainsRune(raw, 0) {
		return string(raw)
	}
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	head = head[:min(len(head), LargestSignal/2)]
	return strings.ReplaceAll(strings.ToValidUTF8(string(head), "\uFFFD"), "\x00", "\uFFFD") + "\r\n\r\n" + l.Text
}

// attached is a file that came with a mail.
type attached struct {
	name   string
	body   []byte
	sha256 string
	kept   bool // the file is there
	scan   assessment.Scan
}

func attachedTo(l letter.Letter) (out []attached) {
	for _, f := range l.Files {
		sum := sha256.Sum256(f.Body)
		out = append(out, attached{name: assessment.FileName(f.Name), body: f.Body, sha256: hex.EncodeToString(sum[:])})
	}
	return out
}

// keepAttached makes evidence of the files of a mail, and says how many were too many.
func (m Mailbox) keepAttached(tx *store.Tx, by authz.Actor, i incident.Incident, files []attached, dropped int) error {
	if len(files) == 0 {
		return nil
	}
	file, err := facts(tx, i.Organisation)
	if err != nil {
		return err
	}
	language, err := languageOf(tx, file)
	if err != nil {
		return err
	}
	words := m.Messages.Printer(language)
	for _, f := range files {
		became := words.T(f.became())
		x := incident.Exhibit{Organisation: i.Organisation, Incident: i.ID, Name: f.name, SHA256: f.sha256, Scan: f.scan,
			Custody: []incident.Custody{{At: tx.Now().UTC().Truncate(time.Millisecond), Who: by.Name, Where: became, Action: incident.CustodyActions()[0]}}}
		if f.kept {
			x.File = f.name
		}
		if x, err = tx.PutExhibit(x); err != nil {
			return err
		}
		if err := entry(tx, by, i, incident.Entry{Kind: "evidence", Object: x.ID, Text: f.name + " (" + became + ")", After: f.sha256}); err != nil {
			return err
		}
	}
	if dropped == 0 {
		return nil
	}
	return entry(tx, by, i, incident.Entry{Kind: "evidence", Text: words.T("signals.file.dropped", "count", dropped)})
}

// became is the key of what is said of a file.
func (f attached) became() string {
	switch f.scan {
	case assessment.ScanHarmful:
		return "signals.file.harmful"
	case assessment.ScanPending:
		return "signals.file.unseen"
	}
	return "signals.file.came"
}
