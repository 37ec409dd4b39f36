package tlsprobe

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// Limits of a dialogue before TLS.
const (
	longestLine = 4096
	mostLines   = 100
)

// ErrNoStartTLS is returned when the server does not offer TLS on a connection that
// begins in the clear.
var ErrNoStartTLS = errors.New("the server does not offer STARTTLS")

// StartTLS lists the services whose connections begin in the clear, by name.
func StartTLS() map[string]func(net.Conn) error {
	return map[string]func(net.Conn) error{
		"smtp": startSMTP, "submission": startSMTP, "lmtp": startLMTP, "imap": startIMAP, "pop3": startPOP3, "ftp": startFTP, "nntp": startNNTP,
		"sieve": startSieve, "ldap": startLDAP, "xmpp-client": startXMPP("jabber:client"), "xmpp-server": startXMPP("jabber:server"),
		"postgres": startPostgres, "mysql": startMySQL, "rdp": startRDP, "mssql": startTDS,
	}
}

// dialogue reads lines within limits.
type dialogue struct {
	net.Conn
	in *bufio.Reader
}

func talk(c net.Conn) dialogue { return dialogue{c, bufio.NewReaderSize(c, longestLine)} }

// line reads one line; a longer one than any honest server sends is an error.
func (d dialogue) line() (string, error) {
	b, err := d.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errTooLong
	}
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

func (d dialogue) say(s string) error {
	_, err := io.WriteString(d.Conn, s)
	return err
}

// reply reads a reply of numbered lines ("250-…", "250 …") and returns its code and
// text.
func (d dialogue) reply() (code string, text []string, err error) {
	for range mostLines {
		l, err := d.line()
		if err != nil {
			return "", nil, err
		}
		if len(l) < 3 {
			return "", nil, errMalformed
		}
		text = append(text, strings.TrimLeft(l[3:], " -"))
		if len(l) == 3 || l[3] == ' ' {
			return l[:3], text, nil
		}
	}
	return "", nil, errTooLong
}

// expect reads a reply that must begin with a code.
func (d dialogue) expect(code string) ([]string, error) {
	got, text, err := d.reply()
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(got, code) {
		return nil, fmt.Errorf("%w: the answer was %q", ErrNoStartTLS, got+" "+strings.Join(text, " "))
	}
	return text, nil
}

// ready ends a dialogue: bytes that came early were not encrypted.
func (d dialogue) ready() error {
	if d.in.Buffered() > 0 {
		return fmt.Errorf("%w: bytes before TLS began", errMalformed)
	}
	return nil
}

func startSMTP(c net.Conn) error { return startMail(c, "EHLO") }
func startLMTP(c net.Conn) error { return startMail(c, "LHLO") }

func startMail(c net.Conn, hello string) error {
	d := talk(c)
	if _, err := d.expect("220"); err != nil {
		return err
	}
	if err := d.say(hello + " nisaba.invalid\r\n"); err != nil {
		return err
	}
	list, err := d.expect("250")
	if err != nil {
		return err
	}
	if !offers(list, "STARTTLS") {
		return ErrNoStartTLS
	}
	if err := d.say("STARTTLS\r\n"); err != nil {
		return err
	}
	if _, err := d.expect("220"); err != nil {
		return err
	}
	return d.ready()
}

func offers(lines []string, word string) bool {
	for _, l := range lines {
		if first, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(l)), " "); first == word {
			return true
		}
	}
	return false
}

func startFTP(c net.Conn) error {
	d := talk(c)
	if _, err := d.expect("220"); err != nil {
		return err
	}
	if err := d.say("AUTH TLS\r\n"); err != nil {
		return err
	}
	if _, err := d.expect("234"); err != nil {
		return err
	}
	return d.ready()
}

func startNNTP(c net.Conn) error {
	d := talk(c)
	if _, err := d.expect("20"); err != nil {
		return err
	}
	if err := d.say("STARTTLS\r\n"); err != nil {
		return err
	}
	if _, err := d.expect("382"); err != nil {
		return err
	}
	return d.ready()
}

func startPOP3(c net.Conn) error {
	d := talk(c)
	for _, say := range []string{"", "STLS\r\n"} {
		if err := d.say(say); err != nil {
			return err
		}
		l, err := d.line()
		if err != nil {
			return err
		}
		if !strings.HasPrefix(l, "+OK") {
			return fmt.Errorf("%w: the answer was %q", ErrNoStartTLS, l)
		}
	}
	return d.ready()
}

func startIMAP(c net.Conn) error {
	d := talk(c)
	if l, err := d.line(); err != nil || !strings.HasPrefix(l, "* OK") {
		return errors.Join(err, fmt.Errorf("%w: the greeting was %q", ErrNoStartTLS, l))
	}
	return tagged(d, "a STARTTLS\r\n", "a ")
}

// tagged sends a command and reads lines up to the one with its tag.
func tagged(d dialogue, command, tag string) error {
	if err := d.say(command); err != nil {
		return err
	}
	for range mostLines {
		l, err := d.line()
		if err != nil {
			return err
		}
		if rest, ok := strings.CutPrefix(l, tag); ok {
			if !strings.HasPrefix(strings.ToUpper(rest), "OK") {
				return fmt.Errorf("%w: the answer was %q", ErrNoStartTLS, l)
			}
			return d.ready()
		}
	}
	return errTooLong
}

// startSieve reads the capabilities of the greeting, then asks for TLS.
func startSieve(c net.Conn) error {
	d := talk(c)
	for range mostLines {
		l, err := d.line()
		if err != nil {
			return err
		}
		if strings.HasPrefix(strings.ToUpper(l), "OK") {
			break
		}
	}
	if err := d.say("STARTTLS\r\n"); err != nil {
		return err
	}
	l, err := d.line()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(strings.ToUpper(l), "OK") {
		return fmt.Errorf("%w: the answer was %q", ErrNoStartTLS, l)
	}
	return d.ready()
}

func startXMPP(space string) func(net.Conn) error {
	return func(c net.Conn) error {
		d := talk(c)
		if err := d.say("<?xml version='1.0'?><stream:stream xmlns='" + space + "' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"); err != nil {
			return err
		}
		if err := d.until("</stream:features>", "starttls"); err != nil {
			return err
		}
		if err := d.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"); err != nil {
			return err
		}
		return d.until(">", "<proceed")
	}
}

// until reads up to an end and checks that a word came before.
func (d dialogue) until(end, word string) error {
	var b bytes.Buffer
	for b.Len() < 16*longestLine {
		x, err := d.in.ReadByte()
		if err != nil {
			return err
		}
		b.WriteByte(x)
		if bytes.HasSuffix(b.Bytes(), []byte(end)) {
			if !bytes.Contains(b.Bytes(), []byte(word)) {
				return ErrNoStartTLS
			}
			return nil
		}
	}
	return errTooLong
}

// startLDAP sends the extended request 1.3.6.1.4.1.1466.20037, RFC 4511.
func startLDAP(c net.Conn) error {
	const oid = "1.3.6.1.4.1.1466.20037"
	request := append([]byte{0x30, byte(len(oid) + 7), 2, 1, 1, 0x77, byte(len(oid) + 2), 0x80, byte(len(oid))}, oid...)
	if _, err := c.Write(request); err != nil {
		return err
	}
	var head [2]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return err
	}
	if head[0] != 0x30 || head[1] > 0x82 {
		return errMalformed
	}
	n := int(head[1])
	if n > 0x80 { // long form
		size := make([]byte, n-0x80)
		if _, err := io.ReadFull(c, size); err != nil {
			return err
		}
		n = 0
		for _, b := range size {
			n = n<<8 | int(b)
		}
	}
	if n > longestLine {
		return errTooLong
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(c, body); err != nil {
		return err
	}
	if !bytes.Contains(body, []byte{0x0a, 1, 0}) { // resultCode success
		return ErrNoStartTLS
	}
	return nil
}

func startPostgres(c net.Conn) error {
	if _, err := c.Write([]byte{0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f}); err != nil {
		return err
	}
	var answer [1]byte
	if _, err := io.ReadFull(c, answer[:]); err != nil {
		return err
	}
	if answer[0] != 'S' {
		return ErrNoStartTLS
	}
	return nil
}

func startMySQL(c net.Conn) error {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return err
	}
	n := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	if n > longestLine || n < 20 {
		return errMalformed
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(c, body); err != nil {
		return err
	}
	end := bytes.IndexByte(body[1:], 0) // of the version
	if body[0] != 10 || end < 0 || len(body) < end+2+4+8+1+2 {
		return errMalformed
	}
	flags := binary.LittleEndian.Uint16(body[end+2+4+8+1:])
	const wantsTLS = 1 << 11
	if flags&wantsTLS == 0 {
		return ErrNoStartTLS
	}
	request := make([]byte, 36)
	request[0], request[3] = 32, 1
	binary.LittleEndian.PutUint32(request[4:], 0x0000aa85|wantsTLS)
	binary.LittleEndian.PutUint32(request[8:], 1<<24)
	request[12] = 33
	_, err := c.Write(request)
	return err
}

// startRDP asks for TLS in the X.224 connection request, [MS-RDPBCGR] 2.2.1.1.
func startRDP(c net.Conn) error {
	if _, err := c.Write([]byte{3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0}); err != nil {
		return err
	}
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return err
	}
	n := int(head[2])<<8 | int(head[3])
	if head[0] != 3 || n < 11 || n > longestLine {
		return errMalformed
	}
	body := make([]byte, n-4)
	if _, err := io.ReadFull(c, body); err != nil {
		return err
	}
	if len(body) < 15 || body[7] != 2 || body[11] == 0 {
		return ErrNoStartTLS
	}
	return nil
}
