package tlsprobe

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/cryptobyte"
)

// Ticket is what a server promises with a session ticket.
type Ticket struct {
	Version   uint16
	Lifetime  time.Duration // 0: not said, which TLS 1.2 allows
	EarlyData uint32        // bytes that may be sent at once with it (0-RTT); 0: none
}

// Finished is what only connections show whose handshake is finished.
type Finished struct {
	Tickets   []Ticket
	TicketErr error    // why there may be more
	Modern    bool     // a connection of TLS 1.3 was finished
	Chain     [][]byte // of that connection
	Again     Answer   // a client may negotiate again in one connection
}

// errUnfinished is why a question that needs a finished handshake has no answer.
var errUnfinished = errors.New("the handshake could not be finished")

func (f *Finished) add(list []Ticket, chain [][]byte, err error) {
	f.Tickets, f.Chain, f.TicketErr, f.Modern = list, chain, err, err == nil
}

// finishOld finishes a handshake of the highest version up to TLS 1.2, and looks at what
// follows.
func (d *details) finishOld(best uint16) {
	switch {
	case best < TLS10:
		return
	case best < TLS12:
		d.view.Finished.Again = unsure(fmt.Errorf("%w with TLS 1.2", errUnfinished))
		d.crew.add(func() { d.finishAny(best) })
		return
	}
	d.crew.add(func() {
		h, err := d.Server.finish(d.ctx, TLS12, TLS12, gcmSuites)
		if err != nil {
			d.view.Finished.Again = unsure(err)
			d.finishAny(TLS12)
			return
		}
		defer h.Close()
		d.tickets = oldTickets(h.seen.Bytes(), TLS12)
		d.view.Finished.Again = d.again(h)
	})
}

// finishAny finishes a handshake with any suites.
func (d *details) finishAny(best uint16) {
	h, err := d.Server.finish(d.ctx, best, best, nil)
	if err != nil {
		d.ticketErr = err
		return
	}
	defer h.Close()
	d.tickets = oldTickets(h.seen.Bytes(), best)
}

// handshake is a connection whose handshake is finished, with all that a reader needs
// to look into it.
type handshake struct {
	net.Conn
	seen bytes.Buffer // what the server sent
	keys bytes.Buffer // in the format of NSS
	tls  tls.ConnectionState
}

// Read keeps what the server sends.
func (h *handshake) Read(b []byte) (int, error) {
	if h.seen.Len() > largestFlight {
		return 0, errTooLong
	}
	n, err := h.Conn.Read(b)
	h.seen.Write(b[:n])
	return n, err
}

// secret is what the key log holds under a label, with the random of the client.
func (h *handshake) secret(label string) (random, secret []byte, err error) {
	for line := range strings.Lines(h.keys.String()) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == label {
			random, err = hex.DecodeString(f[1])
			if err == nil {
				secret, err = hex.DecodeString(f[2])
			}
			return random, secret, err
		}
	}
	return nil, nil, fmt.Errorf("%w: no %s", errUnfinished, label)
}

// finish finishes a handshake. Suites are those of TLS 1.2 and below; nil: all that
// the library has.
func (s *Server) finish(ctx context.Context, low, high uint16, suites []uint16) (*handshake, error) {
	return s.finishWith(ctx, low, high, suites, tls.NewLRUClientSessionCache(1))
}

// finishWith is finish with a place for sessions.
func (s *Server) finishWith(ctx context.Context, low, high uint16, suites []uint16, sessions tls.ClientSessionCache) (*handshake, error) {
	c, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	if suites == nil {
		for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
			for _, suite := range list {
				suites = append(suites, suite.ID)
			}
		}
	}
	c.SetDeadline(time.Now().Add(s.timeout))
	h := &handshake{Conn: c}
	client := tls.Client(h, &tls.Config{ServerName: s.name, InsecureSkipVerify: true, MinVersion: low, MaxVersion: high, CipherSuites: suites, // looked at, not trusted
		KeyLogWriter: &h.keys, ClientSessionCache: sessions})
	if err := client.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("%w: %w", errUnfinished, err)
	}
	h.tls = client.ConnectionState()
	return h, nil
}

// ticketPatience is how long a server may take to send a ticket after the handshake.
const ticketPatience = time.Second

// modernTickets waits for the first ticket of TLS 1.3, which comes encrypted, and
// keeps the certificates, which do so, too.
func (s *Server) modernTickets(ctx context.Context) (list []Ticket, chain [][]byte, err error) {
	h, err := s.finish(ctx, TLS13, TLS13, nil)
	if err != nil {
		return nil, nil, err
	}
	defer h.Close()
	for _, c := range h.tls.PeerCertificates {
		chain = append(chain, c.Raw)
	}
	_, secret, err := h.secret("SERVER_TRAFFIC_SECRET_0")
	if err != nil {
		return nil, chain, err
	}
	open, err := opener(h.tls.CipherSuite, secret)
	if err != nil {
		return nil, chain, err
	}
	h.SetReadDeadline(time.Now().Add(min(s.timeout, ticketPatience)))
	var b [4096]byte
	for {
		if list := ticketsIn(h.seen.Bytes(), open); len(list) > 0 {
			return list, chain, nil
		}
		if _, err := h.Read(b[:]); err != nil {
			if silent(err) {
				err = nil // the server has no more to say
			}
			return nil, chain, err
		}
	}
}

// opener decrypts records of TLS 1.3 by their number, RFC 8446 section 5.2.
func opener(suite uint16, secret []byte) (func(number uint64, head, body []byte) ([]byte, error), error) {
	hashes, length := sha256.New, 16
	switch suite {
	case tls.TLS_AES_256_GCM_SHA384:
		hashes, length = sha512.New384, 32
	case tls.TLS_CHACHA20_POLY1305_SHA256:
		length = 32
	}
	key, err := expand(hashes, secret, "key", length)
	if err != nil {
		return nil, err
	}
	iv, err := expand(hashes, secret, "iv", 12)
	if err != nil {
		return nil, err
	}
	var aead cipher.AEAD
	if suite == tls.TLS_CHACHA20_POLY1305_SHA256 {
		aead, err = chacha20poly1305.New(key)
	} else {
		aead, err = gcm(key)
	}
	return func(number uint64, head, body []byte) ([]byte, error) {
		nonce := bytes.Clone(iv)
		for i := range 8 {
			nonce[11-i] ^= byte(number >> (8 * i))
		}
		return aead.Open(nil, nonce, body, head)
	}, err
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// expand is HKDF-Expand-Label with an empty context, RFC 8446 section 7.1.
func expand(h func() hash.Hash, secret []byte, label string, length int) ([]byte, error) {
	label = "tls13 " + label
	info := string([]byte{byte(length >> 8), byte(length), byte(len(label))}) + label + "\x00"
	return hkdf.Expand(h, secret, info, length)
}

// records splits what a server sent; the last, unfinished one is left out.
func records(b []byte) (out [][]byte) {
	for len(b) >= 5 {
		n := 5 + int(binary.BigEndian.Uint16(b[3:]))
		if len(b) < n {
			break
		}
		out, b = append(out, b[:n]), b[n:]
	}
	return out
}

// ticketsIn decrypts what it can: records of the handshake have other keys and stay
// closed, the first that opens has the number 0.
func ticketsIn(b []byte, open func(uint64, []byte, []byte) ([]byte, error)) (out []Ticket) {
	number := uint64(0)
	var messages []byte
	for _, r := range records(b) {
		if r[0] != 23 {
			continue
		}
		plain, err := open(number, r[:5], r[5:])
		if err != nil {
			continue
		}
		number++
		plain = bytes.TrimRight(plain, "\x00") // padding
		if len(plain) > 0 && plain[len(plain)-1] == 22 {
			messages = append(messages, plain[:len(plain)-1]...)
		}
	}
	eachMessage(messages, func(kind byte, body cryptobyte.String) {
		if t, ok := modernTicket(body); kind == 4 && ok {
			out = append(out, t)
		}
	})
	return out
}

// eachMessage hands out the whole messages of a handshake.
func eachMessage(b []byte, f func(kind byte, body cryptobyte.String)) {
	s := cryptobyte.String(b)
	for {
		var kind uint8
		var body cryptobyte.String
		if !s.ReadUint8(&kind) || !s.ReadUint24LengthPrefixed(&body) {
			return
		}
		f(kind, body)
	}
}

// modernTicket reads a NewSessionTicket of TLS 1.3, RFC 8446 section 4.6.1.
func modernTicket(s cryptobyte.String) (t Ticket, ok bool) {
	var lifetime, add uint32
	var nonce, ticket, list cryptobyte.String
	if !s.ReadUint32(&lifetime) || !s.ReadUint32(&add) || !s.ReadUint8LengthPrefixed(&nonce) || !s.ReadUint16LengthPrefixed(&ticket) || !s.ReadUint16LengthPrefixed(&list) {
		return t, false
	}
	t = Ticket{Version: TLS13, Lifetime: time.Duration(lifetime) * time.Second}
	for !list.Empty() {
		var id uint16
		var body cryptobyte.String
		if !list.ReadUint16(&id) || !list.ReadUint16LengthPrefixed(&body) || id == extEarlyData && !body.ReadUint32(&t.EarlyData) {
			return t, false
		}
	}
	return t, true
}

// oldTickets reads the tickets of TLS 1.2 and below, which come in the clear, RFC 5077
// section 3.3.
func oldTickets(b []byte, version uint16) (out []Ticket) {
	var messages []byte
	for _, r := range records(b) {
		if r[0] != 22 {
			break // what follows is encrypted
		}
		messages = append(messages, r[5:]...)
	}
	eachMessage(messages, func(kind byte, body cryptobyte.String) {
		var lifetime uint32
		if kind == 4 && body.ReadUint32(&lifetime) {
			out = append(out, Ticket{Version: version, Lifetime: time.Duration(lifetime) * time.Second})
		}
	})
	return out
}

// gcmSuites are the suites of TLS 1.2 whose records are written by hand.
var gcmSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384}

// again begins a second handshake of TLS 1.2 in a connection with one, and leaves as
// soon as the server agrees or refuses.
func (s *Server) again(h *handshake) Answer {
	q := question{version: TLS12, suites: gcmSuites, name: s.name, verify: h.tls.TLSUnique}
	var hello cryptobyte.Builder
	hello.AddUint8(1)
	hello.AddUint24LengthPrefixed(q.body)
	plain, err := hello.Bytes()
	if err != nil {
		return unsure(err)
	}
	client, server, err := h.ciphers()
	if err != nil {
		return unsure(err)
	}
	record := client.seal(1, 22, plain) // 0 was the last message of the first handshake
	rest, err := afterFinished(h.seen.Bytes())
	if err != nil {
		return unsure(err)
	}
	from := io.MultiReader(bytes.NewReader(bytes.Clone(rest)), h.Conn)
	h.SetDeadline(time.Now().Add(min(s.timeout, 2*time.Second)))
	if _, err := h.Write(record); err != nil {
		return yes(false)
	}
	return agreed(from, server)
}

// errLeft is why a server that left says nothing about what it was asked.
var errLeft = fmt.Errorf("%w: the server ended the connection before it answered", errUnfinished)

// agreed waits for the answer to a second hello: a long message of the handshake is
// one of agreement, an alert or a connection that breaks one of refusal. Data of the
// service, such as a greeting, may come first.
func agreed(r io.Reader, server direction) Answer {
	var f Flight
	for number := range uint64(mostRecords) {
		kind, body, err := readRecord(r, &f)
		switch {
		case err != nil && silent(err):
			return yes(false)
		case err != nil:
			return unsure(err)
		case kind == 22:
			return yes(len(body) > 8+16+4) // longer than an empty message, which a HelloRequest is
		case kind == 21:
			if alert, err := server.open(1+number, kind, body); err != nil || len(alert) == 2 && alert[1] == 0 {
				return unsure(errLeft) // close_notify
			}
			return yes(false)
		}
	}
	return unsure(errTooLong)
}

// afterFinished is what a server sent after the end of the handshake of TLS 1.2: the
// message after the change of the cipher.
func afterFinished(b []byte) ([]byte, error) {
	at, changed := 0, false
	for _, r := range records(b) {
		at += len(r)
		if changed {
			return b[at:], nil
		}
		changed = r[0] == 20
	}
	return nil, errMalformed
}

// direction is one half of a connection of TLS 1.2 with AES-GCM, RFC 5288.
type direction struct {
	aead cipher.AEAD
	salt []byte
}

// ciphers makes both halves from the keys of the connection.
func (h *handshake) ciphers() (client, server direction, err error) {
	random, master, err := h.secret("CLIENT_RANDOM")
	if err != nil {
		return client, server, err
	}
	const randomAt = 5 + 4 + 2 // record, message, version
	if h.seen.Len() < randomAt+32 {
		return client, server, errMalformed
	}
	hashes, n := sha256.New, 16
	if strings.HasSuffix(SuiteOf(h.tls.CipherSuite).Name, "SHA384") {
		hashes, n = sha512.New384, 32
	}
	block := prf12(hashes, master, "key expansion", append(bytes.Clone(h.seen.Bytes()[randomAt:randomAt+32]), random...), 2*n+8)
	client.salt, server.salt = block[2*n:2*n+4:2*n+4], block[2*n+4:2*n+8:2*n+8]
	if client.aead, err = gcm(block[:n]); err == nil {
		server.aead, err = gcm(block[n : 2*n])
	}
	return client, server, err
}

// bound is what is not encrypted and still protected.
func bound(number uint64, kind byte, length int) []byte {
	b := append(binary.BigEndian.AppendUint64(nil, number), kind, 3, 3)
	return binary.BigEndian.AppendUint16(b, uint16(length))
}

// seal makes a record.
func (d direction) seal(number uint64, kind byte, plain []byte) []byte {
	explicit := binary.BigEndian.AppendUint64(nil, number)
	body := d.aead.Seal(explicit, append(bytes.Clone(d.salt), explicit...), plain, bound(number, kind, len(plain)))
	return append(binary.BigEndian.AppendUint16([]byte{kind, 3, 3}, uint16(len(body))), body...)
}

// open decrypts the body of a record.
func (d direction) open(number uint64, kind byte, body []byte) ([]byte, error) {
	plain := len(body) - 8 - d.aead.Overhead()
	if plain < 0 {
		return nil, errMalformed
	}
	return d.aead.Open(nil, append(bytes.Clone(d.salt), body[:8]...), body[8:], bound(number, kind, plain))
}

// prf12 is the function of TLS 1.2 that makes keys, RFC 5246 section 5.
func prf12(h func() hash.Hash, secret []byte, label string, seed []byte, length int) []byte {
	sum := func(parts ...[]byte) []byte {
		m := hmac.New(h, secret)
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	seed = append([]byte(label), seed...)
	var out []byte
	for a := sum(seed); len(out) < length; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:length]
}
