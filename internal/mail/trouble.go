package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// Trouble is why a mail did not leave, in a word for which people are told what
// happened and what to do.
type Trouble string

// The troubles.
const (
	Unknown     Trouble = "unknown"     // there is no server of the name
	Unreachable Trouble = "unreachable" // nobody answers, or the line breaks
	Unprotected Trouble = "unprotected" // no TLS, or a certificate that does not fit
	SignIn      Trouble = "sign_in"     // name or password do not fit, or are missing
	Sender      Trouble = "sender"      // the server takes no mails from the address of the platform
	Recipient   Trouble = "recipient"   // the server takes no mails to the address
	Busy        Trouble = "busy"        // the server asks to come again later
	Content     Trouble = "content"     // the server takes this mail not
	Other       Trouble = "other"
)

// Troubles lists them.
func Troubles() []Trouble {
	return []Trouble{Unknown, Unreachable, Unprotected, SignIn, Sender, Recipient, Busy, Content, Other}
}

// sentences begin the texts of errors, by which TroubleOf knows them again.
var sentences = map[Trouble]string{
	Unknown:     "the name of the mail server is unknown",
	Unreachable: "the mail server cannot be reached",
	Unprotected: "the connection to the mail server cannot be protected",
	SignIn:      "the mail server refused the sign-in",
	Sender:      "the mail server refused the sender",
	Recipient:   "the mail server refused the recipient",
	Busy:        "the mail server asks to wait",
	Content:     ErrRefused.Error(),
	Other:       "send the mail",
}

// TroubleOf reads the text of an error of Send that was kept: the trouble, and what
// the server or the line said. ok is false for any other text.
func TroubleOf(text string) (t Trouble, said string, ok bool) {
	for _, t := range Troubles() {
		if said, ok := strings.CutPrefix(text, sentences[t]+": "); ok {
			return t, said, true
		}
	}
	return "", "", false
}

// failure is an error of Send.
type failure struct {
	trouble Trouble
	final   bool
	cause   error
}

func (f *failure) Error() string { return sentences[f.trouble] + ": " + f.cause.Error() }

// Unwrap is the cause, and ErrRefused of what makes no sense to try again.
func (f *failure) Unwrap() []error {
	if f.final {
		return []error{f.cause, ErrRefused}
	}
	return []error{f.cause}
}

// judge says what an error of the library means.
func judge(err error) *failure {
	var sent *gomail.SendError
	if !errors.As(err, &sent) {
		return &failure{trouble: onTheWay(err), cause: err}
	}
	f := &failure{trouble: Other, cause: err, final: !sent.IsTemp() && sent.ErrorCode() >= 500}
	switch {
	case sent.ErrorCode() == 530 || sent.ErrorCode() == 535:
		f.trouble = SignIn
	case sent.IsTemp() && sent.ErrorCode() >= 400:
		f.trouble = Busy
	case f.final:
		f.trouble = map[gomail.SendErrReason]Trouble{gomail.ErrSMTPMailFrom: Sender, gomail.ErrSMTPRcptTo: Recipient}[sent.Reason]
		if f.trouble == "" {
			f.trouble = Content
		}
	case sent.ErrorCode() == 0:
		f.trouble = Unreachable // the line broke in the middle
	}
	return f
}

// onTheWay is the trouble of an error before the server was asked to take a mail.
func onTheWay(err error) Trouble {
	var (
		name     *net.DNSError
		line     *net.OpError
		answer   *textproto.Error
		record   tls.RecordHeaderError
		alert    tls.AlertError
		trust    *tls.CertificateVerificationError
		host     x509.HostnameError
		stranger x509.UnknownAuthorityError
	)
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return Unknown
	case errors.As(err, &trust), errors.As(err, &host), errors.As(err, &stranger), errors.As(err, &record), errors.As(err, &alert),
		strings.Contains(err.Error(), "STARTTLS"):
		return Unprotected
	case errors.As(err, &answer) && answer.Code >= 400 && answer.Code < 500:
		return Busy
	case errors.As(err, &answer), strings.Contains(err.Error(), "AUTH"):
		return SignIn
	case errors.As(err, &name), errors.As(err, &line), errors.Is(err, context.DeadlineExceeded):
		return Unreachable
	}
	return Other
}
