package mailprobe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Limits of a dialogue with a mail server.
const (
	longestLine = 4096
	mostLines   = 100
	patience    = 8 * time.Second
)

// helloName is how the scanner names itself; nobody has it (RFC 2606).
const helloName = "nisaba.invalid"

// dialogue talks in lines, within limits.
type dialogue struct {
	net.Conn
	in *bufio.Reader
}

func talk(c net.Conn) *dialogue { return &dialogue{c, bufio.NewReaderSize(c, longestLine)} }

func (d *dialogue) line() (string, error) {
	b, err := d.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errors.New("a line of the server is too long")
	}
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// say sends a line, when there is one, and reads the reply of SMTP.
func (d *dialogue) say(s string) (code string, text []string, err error) {
	if s != "" {
		if _, err := io.WriteString(d.Conn, s+"\r\n"); err != nil {
			return "", nil, err
		}
	}
	for range mostLines {
		l, err := d.line()
		if err != nil {
			return "", nil, err
		}
		if len(l) < 3 || strings.Trim(l[:3], "0123456789") != "" || len(l) > 3 && l[3] != ' ' && l[3] != '-' {
			return "", nil, fmt.Errorf("%q is no reply of a mail server", exposure.Clip(l))
		}
		text = append(text, strings.TrimSpace(l[min(4, len(l)):]))
		if len(l) == 3 || l[3] == ' ' {
			return l[:3], text, nil
		}
	}
	return "", nil, errors.New("a reply of the server has too many lines")
}

// Greeting is what a mail server says before anything is asked of it.
type Greeting struct {
	Banner   string
	Offers   []string // capabilities in the clear, upper case
	StartTLS bool
	SignIn   bool // sign-in is offered without encryption
}

// greet reads the greeting and the capabilities of a service: "smtp", "imap" or
// "pop3". The connection can be used for STARTTLS afterwards.
func greet(c net.Conn, service string) (Greeting, *dialogue, error) {
	d := talk(c)
	switch service {
	case "imap":
		return greetIMAP(d)
	case "pop3":
		return greetPOP3(d)
	}
	code, text, err := d.say("")
	if err != nil {
		return Greeting{}, d, err
	}
	g := Greeting{Banner: strings.Join(text, " ")}
	if code != "220" {
		return g, d, fmt.Errorf("the server does not want to talk: %s %s", code, exposure.Clip(g.Banner))
	}
	code, text, err = d.say("EHLO " + helloName)
	if err != nil {
		return g, d, err
	}
	if !strings.HasPrefix(code, "2") {
		return g, d, fmt.Errorf("the server answers %s to EHLO", code)
	}
	for _, l := range text[1:] {
		g.Offers = append(g.Offers, strings.ToUpper(l))
	}
	g.StartTLS, g.SignIn = g.has("STARTTLS"), g.has("AUTH")
	return g, d, nil
}

func (g Greeting) has(word string) bool {
	for _, l := range g.Offers {
		if first, _, _ := strings.Cut(strings.ReplaceAll(l, "=", " "), " "); first == word {
			return true
		}
	}
	return false
}

func greetIMAP(d *dialogue) (g Greeting, _ *dialogue, err error) {
	if g.Banner, err = d.line(); err != nil {
		return g, d, err
	}
	if !strings.HasPrefix(g.Banner, "* OK") {
		return g, d, fmt.Errorf("%q is no greeting of IMAP", exposure.Clip(g.Banner))
	}
	if _, err := io.WriteString(d.Conn, "a CAPABILITY\r\n"); err != nil {
		return g, d, err
	}
	for range mostLines {
		l, err := d.line()
		if err != nil {
			return g, d, err
		}
		if list, ok := strings.CutPrefix(strings.ToUpper(l), "* CAPABILITY "); ok {
			g.Offers = append(g.Offers, strings.Fields(list)...)
		}
		if strings.HasPrefix(l, "a ") {
			break
		}
	}
	g.StartTLS = g.has("STARTTLS")
	g.SignIn = !g.has("LOGINDISABLED") // LOGIN works unless it is said to be off (RFC 9051 section 6.2.3)
	return g, d, nil
}

func greetPOP3(d *dialogue) (g Greeting, _ *dialogue, err error) {
	if g.Banner, err = d.line(); err != nil {
		return g, d, err
	}
	if !strings.HasPrefix(g.Banner, "+OK") {
		return g, d, fmt.Errorf("%q is no greeting of POP3", exposure.Clip(g.Banner))
	}
	if _, err := io.WriteString(d.Conn, "CAPA\r\n"); err != nil {
		return g, d, err
	}
	for range mostLines {
		l, err := d.line()
		if err != nil {
			return g, d, err
		}
		if l == "." || strings.HasPrefix(l, "-ERR") {
			break
		}
		g.Offers = append(g.Offers, strings.ToUpper(l))
	}
	g.StartTLS = g.has("STLS")
	g.SignIn = g.has("USER") || g.has("SASL")
	return g, d, nil
}

var version = regexp.MustCompile(`\b\d+\.\d+(\.\d+)*[a-z]?\d*\b`)

// tellsVersion finds a version in a greeting; its first word is a name or address.
func tellsVersion(banner string) string {
	_, rest, _ := strings.Cut(banner, " ")
	for _, v := range version.FindAllString(rest, -1) {
		if net.ParseIP(v) == nil {
			return v
		}
	}
	return ""
}
