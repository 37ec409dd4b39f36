package tlsprobe

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
)

// Limits of what is read: a hostile server may send forever.
const (
	largestFlight = 256 << 10 // bytes of one answer
	largestRecord = 16<<10 + 2048
	mostRecords   = 512
)

// Flight is what a server answers to a hello, up to the point where a client would
// have to compute something.
type Flight struct {
	Version      uint16
	Suite        uint16
	Compression  byte
	Session      []byte // its number, as the server names it
	Extensions   map[uint16][]byte
	Retry        bool   // the server asks for another group
	Group        uint16 // named by the server
	Certificates [][]byte
	Staple       []byte // OCSP answer
	DHPrime      *big.Int
	DHPublic     []byte
	Signature    uint16 // scheme of the signed key exchange; 0: none, or before TLS 1.2
	ClientCert   bool   // a certificate of the client is asked for
	Authorities  [][]byte
	Done         bool // the flight was whole
	Alert        Alert
	Ciphers2     []string // of SSL 2
	Raw          []byte
}

// Alert is a fatal or warning message.
type Alert struct {
	Level, Description byte
	Set                bool
}

// Error names the alert.
func (a Alert) Error() string { return fmt.Sprintf("alert %d of level %d", a.Description, a.Level) }

// nameUnknown is the warning of a server that does not know the name and goes on all
// the same, RFC 6066 section 3.
var nameUnknown = Alert{Level: 1, Description: 112, Set: true}

// retryRandom marks a HelloRetryRequest, RFC 8446 section 4.1.3.
var retryRandom, _ = hex.DecodeString("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

var (
	errTooLong   = errors.New("the answer is longer than any honest one")
	errMalformed = errors.New("the answer is not TLS")
)

// readFlight reads records until the server waits for the client, sends an alert,
// or ends. It returns what was understood together with the error that ended it.
func readFlight(r io.Reader) (Flight, error) {
	f := Flight{Extensions: map[uint16][]byte{}}
	var messages []byte // handshake messages may be split over records and share one
	for range mostRecords {
		kind, body, err := readRecord(r, &f)
		if err != nil {
			return f, err
		}
		switch kind {
		case 21:
			if len(body) >= 2 {
				f.Alert = Alert{body[0], body[1], true}
			}
			if f.Alert != nameUnknown && (len(body) < 2 || body[0] == 2 || f.Version == 0) {
				return f, f.Alert
			}
		case 22:
			messages = append(messages, body...)
			if messages, err = f.take(messages); err != nil || f.Done {
				return f, err
			}
		case 20, 23: // what follows is encrypted
			if f.Version == TLS13 {
				f.Done = true
				return f, nil
			}
			return f, errMalformed
		default:
			return f, errMalformed
		}
	}
	return f, errTooLong
}

func readRecord(r io.Reader, f *Flight) (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int(head[3])<<8 | int(head[4])
	if head[1] != 3 || n > largestRecord || head[0] < 20 || head[0] > 24 {
		f.Raw = append(f.Raw, head[:]...)
		return 0, nil, errMalformed
	}
	if len(f.Raw)+n > largestFlight {
		return 0, nil, errTooLong
	}
	body = make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, nil, err
	}
	f.Raw = append(append(f.Raw, head[:]...), body...)
	return head[0], body, nil
}

// take parses the whole messages at the start and returns what is left.
func (f *Flight) take(b []byte) (rest []byte, err error) {
	for len(b) >= 4 && !f.Done {
		n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		if n > largestFlight {
			return b, errTooLong
		}
		if len(b) < 4+n {
			return b, nil
		}
		if err := f.message(b[0], b[4:4+n]); err != nil {
			return b, err
		}
		b = b[4+n:]
	}
	return b, nil
}

func (f *Flight) message(kind byte, body []byte) error {
	s := cryptobyte.String(body)
	ok := true
	switch kind {
	case 2:
		ok = f.serverHello(&s)
	case 11:
		ok = f.certificate(&s)
	case 12:
		ok = f.keyExchange(&s)
	case 13:
		ok = f.certificateRequest(&s)
	case 14:
		f.Done = true
	case 22:
		var status uint8
		var staple cryptobyte.String
		ok = s.ReadUint8(&status) && s.ReadUint24LengthPrefixed(&staple)
		f.Staple = bytes.Clone(staple)
	}
	if !ok {
		return fmt.Errorf("%w: message %d", errMalformed, kind)
	}
	return nil
}

func (f *Flight) serverHello(s *cryptobyte.String) bool {
	var random []byte
	var session cryptobyte.String
	if !s.ReadUint16(&f.Version) || !s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&session) || !s.ReadUint16(&f.Suite) || !s.ReadUint8(&f.Compression) {
		return false
	}
	f.Session = bytes.Clone(session)
	var list cryptobyte.String
	if !s.Empty() && !s.ReadUint16LengthPrefixed(&list) {
		return false
	}
	for !list.Empty() {
		var id uint16
		var body cryptobyte.String
		if !list.ReadUint16(&id) || !list.ReadUint16LengthPrefixed(&body) {
			return false
		}
		f.Extensions[id] = bytes.Clone(body)
	}
	if v := f.Extensions[extVersions]; len(v) == 2 {
		f.Version = uint16(v[0])<<8 | uint16(v[1])
	}
	if k := f.Extensions[extKeyShare]; len(k) >= 2 {
		f.Group = uint16(k[0])<<8 | uint16(k[1])
	}
	f.Retry = bytes.Equal(random, retryRandom)
	f.Done = f.Retry // the server waits for another hello
	return true
}

func (f *Flight) certificate(s *cryptobyte.String) bool {
	var list cryptobyte.String
	if !s.ReadUint24LengthPrefixed(&list) {
		return false
	}
	for !list.Empty() {
		var c cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&c) {
			return false
		}
		f.Certificates = append(f.Certificates, bytes.Clone(c))
	}
	return true
}

// keyExchange reads the parameters of the server, whose shape follows from the
// suite.
func (f *Flight) keyExchange(s *cryptobyte.String) bool {
	suite := SuiteOf(f.Suite)
	switch {
	case len(suite.Key) >= 5 && suite.Key[:5] == "ECDHE" || suite.Key == "ECDH":
		var kind uint8
		var public cryptobyte.String
		if !s.ReadUint8(&kind) {
			return false
		}
		if kind != 3 { // explicit curve: seen, and not understood
			return true
		}
		if !s.ReadUint16(&f.Group) || !s.ReadUint8LengthPrefixed(&public) {
			return false
		}
	case suite.Key == "DHE" || suite.Key == "DH":
		var p, g, y cryptobyte.String
		if !s.ReadUint16LengthPrefixed(&p) || !s.ReadUint16LengthPrefixed(&g) || !s.ReadUint16LengthPrefixed(&y) || len(p) > 4096 {
			return false
		}
		f.DHPrime, f.DHPublic = new(big.Int).SetBytes(p), bytes.Clone(y)
	default: // PSK, SRP, export RSA: seen, and not needed
		return true
	}
	if f.Version == TLS12 && !suite.Anonymous() {
		return s.ReadUint16(&f.Signature)
	}
	return true
}

func (f *Flight) certificateRequest(s *cryptobyte.String) bool {
	f.ClientCert = true
	var kinds, schemes, names cryptobyte.String
	if !s.ReadUint8LengthPrefixed(&kinds) {
		return false
	}
	if f.Version == TLS12 && !s.ReadUint16LengthPrefixed(&schemes) {
		return false
	}
	if !s.ReadUint16LengthPrefixed(&names) {
		return false
	}
	for !names.Empty() {
		var n cryptobyte.String
		if !names.ReadUint16LengthPrefixed(&n) {
			return false
		}
		f.Authorities = append(f.Authorities, bytes.Clone(n))
	}
	return true
}

// readFlight2 reads the answer to the hello of SSL 2.
func readFlight2(r io.Reader) (Flight, error) {
	f := Flight{}
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return f, err
	}
	if head[0]&0x80 == 0 {
		return f, errMalformed
	}
	body := make([]byte, int(head[0]&0x7f)<<8|int(head[1]))
	if _, err := io.ReadFull(r, body); err != nil {
		return f, err
	}
	f.Raw = append(head[:], body...)
	s := cryptobyte.String(body)
	var kind, hit, certType uint8
	var version, nCert, nCiphers, nID uint16
	if !s.ReadUint8(&kind) || kind != 4 || !s.ReadUint8(&hit) || !s.ReadUint8(&certType) || !s.ReadUint16(&version) || version != SSL2 ||
		!s.ReadUint16(&nCert) || !s.ReadUint16(&nCiphers) || !s.ReadUint16(&nID) {
		return f, errMalformed
	}
	var cert, ciphers []byte
	if !s.ReadBytes(&cert, int(nCert)) || !s.ReadBytes(&ciphers, int(nCiphers)) {
		return f, errMalformed
	}
	f.Version, f.Done = SSL2, true
	if len(cert) > 0 {
		f.Certificates = [][]byte{cert}
	}
	for ; len(ciphers) >= 3; ciphers = ciphers[3:] {
		kind := uint32(ciphers[0])<<16 | uint32(ciphers[1])<<8 | uint32(ciphers[2])
		name := ciphers2[kind]
		if name == "" {
			name = fmt.Sprintf("0x%06X", kind)
		}
		f.Ciphers2 = append(f.Ciphers2, name)
	}
	return f, nil
}
