package tlsprobe

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the suites that are tested use it
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// intrusiveChecks send what no client sends. They end each connection themselves and
// learn nothing that is secret: what is compared is how the server refuses.
var intrusiveChecks = []struct {
	check string
	ask   func(*Server, context.Context, *exposure.Finding)
}{{"TLS-61", (*Server).earlyChange}, {"TLS-62", (*Server).robot}, {"TLS-63", (*Server).leaks}}

func intrusiveProbe() exposure.Probe {
	p := exposure.Probe{Name: "tls, intrusive", Level: exposure.OfService, Class: exposure.Intrusive, Wants: Wanted, Run: runIntrusive}
	for _, c := range intrusiveChecks {
		p.Checks = append(p.Checks, c.check)
	}
	return p
}

// runIntrusive needs the consent to intrusive checks, and does one thing after the other.
func runIntrusive(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	allowed := s.Dialer.Permit().Allows(exposure.Intrusive)
	server := at(s.Dialer, t, 1, exposure.Intrusive)
	for _, c := range intrusiveChecks {
		f := s.Finding(c.check, t)
		if !allowed {
			f.Outcome, f.Reason = exposure.NotTested, "the scope does not allow intrusive checks"
			s.Record(f)
			continue
		}
		c.ask(server, ctx, &f)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.Record(f)
	}
	return nil
}

// unable says why something could not be asked.
func unable(f *exposure.Finding, err error) {
	f.Outcome, f.Reason = exposure.Error, err.Error()
	if errors.Is(err, errRefused) || errors.Is(err, ErrNoStartTLS) || errors.Is(err, errUnfinished) {
		f.Outcome, f.Reason = exposure.NotApplicable, "the server does not speak what the flaw is in: "+err.Error()
	}
}

// oldest and newest of the versions that have the flaws.
var flawedVersions = []uint16{TLS12, TLS10}

// open sends a hello and reads the flight, and leaves the connection open.
func (s *Server) open(ctx context.Context, suites []uint16) (c net.Conn, f Flight, err error) {
	for _, version := range flawedVersions {
		var hello []byte
		if hello, err = (question{version: version, suites: suites, name: s.name}).bytes(); err != nil {
			return nil, f, err
		}
		if c, err = s.dial(ctx); err != nil {
			return nil, f, err
		}
		c.SetDeadline(time.Now().Add(s.timeout))
		if _, err = c.Write(hello); err == nil {
			f, err = readFlight(c)
		}
		if err == nil && f.Done && f.Version == version {
			return c, f, nil
		}
		c.Close()
		if err == nil || f.Alert.Set {
			err = fmt.Errorf("%w: %v", errRefused, f.Alert)
		}
	}
	return nil, f, err
}

// someSuites are suites without elliptic curves and with, that old servers have.
var someSuites = []uint16{0xc02f, 0xc030, 0xc013, 0xc014, 0xc02b, 0xc02c, 0xc009, 0xc00a, 0x009e, 0x0033, 0x0039, 0x009c, 0x009d, 0x002f, 0x0035, 0x000a, 0x0005}

// intrusivePatience is how long a server may take to refuse.
const intrusivePatience = 1500 * time.Millisecond

// change is a ChangeCipherSpec.
func change(version uint16) []byte { return []byte{20, byte(version >> 8), byte(version), 0, 1, 1} }

// earlyChange sends a change of keys before there are any (CVE-2014-0224). A server
// without the flaw refuses at once. One that goes on has changed its keys: to it the
// second change is a record that it cannot read.
func (s *Server) earlyChange(ctx context.Context, f *exposure.Finding) {
	f.Expected, f.Reproduce = "an alert or the end of the connection at once", "nmap -Pn -p "+fmt.Sprint(f.Target.Port)+" --script ssl-ccs-injection "+f.Target.Address.String()
	c, flight, err := s.open(ctx, someSuites)
	if err != nil {
		unable(f, err)
		return
	}
	defer c.Close()
	first := refusal(c, change(flight.Version))
	if first != silence {
		f.Outcome, f.Observed = exposure.Pass, "refused at once: "+first
		return
	}
	switch second := refusal(c, change(flight.Version)); second {
	case "alert 20", "alert 21": // bad_record_mac, decryption_failed
		f.Outcome, f.Observed = exposure.Fail, "a change of keys before there are any is accepted"
	case silence:
		f.Outcome, f.Reason = exposure.Error, "the server neither refused nor went on"
	default:
		f.Outcome, f.Observed = exposure.Pass, "refused: "+second
	}
}

// silence is the answer of a server that says nothing and stays.
const silence = "silence"

// refusal sends something and says what comes back: records by their kind and size,
// alerts in the clear by their number, and how the connection ended.
func refusal(c net.Conn, send []byte) string {
	c.SetDeadline(time.Now().Add(intrusivePatience))
	if _, err := c.Write(send); err != nil {
		return "closed"
	}
	var seen []string
	var f Flight
	for range 8 {
		kind, body, err := readRecord(c, &f)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if len(seen) == 0 {
				return silence
			}
			return strings.Join(append(seen, silence), ", ")
		case err != nil:
			return strings.Join(append(seen, "closed"), ", ")
		case kind == 21 && len(body) == 2:
			return strings.Join(append(seen, fmt.Sprintf("alert %d", body[1])), ", ")
		default:
			seen = append(seen, fmt.Sprintf("record %d of %d bytes", kind, len(body)))
		}
	}
	return strings.Join(seen, ", ")
}

// answers asks the same in several ways, and says how the server answered each.
func answers(n int, ask func(i int) (string, error)) (out []string, err error) {
	for i := range n {
		a, err := ask(i)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// oracle reports whether a server lets its visitor tell things apart that must look
// alike: it does when its answers differ, and differ in the same way once more.
func oracle(n int, ask func(i int) (string, error)) (differ bool, seen []string, err error) {
	if seen, err = answers(n, ask); err != nil {
		return false, nil, err
	}
	if len(slices.Compact(slices.Clone(seen))) == 1 {
		return false, seen, nil
	}
	again, err := answers(n, ask)
	switch {
	case err != nil:
		return false, nil, err
	case !slices.Equal(seen, again):
		return false, nil, fmt.Errorf("the answers differ from time to time: %s; %s", strings.Join(seen, " | "), strings.Join(again, " | "))
	}
	return true, seen, nil
}

// robotSuites exchange keys with RSA.
var robotSuites = []uint16{0x009c, 0x009d, 0x002f, 0x0035, 0x003c, 0x003d, 0x000a}

// robot sends secrets of five shapes, one right and four wrong, as the authors of
// ROBOT (2017) do, with the end of the handshake and without. A server must answer all
// of them alike.
func (s *Server) robot(ctx context.Context, f *exposure.Finding) {
	f.Expected, f.Reproduce = "the same answer to every shape of a secret", "testssl.sh --robot "+place(f.Target).String()
	for _, whole := range []bool{true, false} {
		differ, seen, err := oracle(len(robotShapes), func(i int) (string, error) { return s.robotAnswer(ctx, i, whole) })
		switch {
		case err != nil:
			unable(f, err)
			return
		case differ:
			f.Outcome, f.Observed = exposure.Fail, "the answers tell the shapes of a secret apart: "+strings.Join(seen, " | ")
			return
		}
		f.Outcome, f.Observed = exposure.Pass, strings.TrimPrefix(f.Observed+"; "+seen[0], "; ")
	}
}

// robotShapes are the blocks that are encrypted, by the size of the key.
var robotShapes = []func(n int, version uint16, secret []byte) []byte{
	func(n int, v uint16, secret []byte) []byte {
		return robotBlock(n, 0, 2, []byte{0, byte(v >> 8), byte(v)}, secret)
	},
	func(n int, v uint16, secret []byte) []byte {
		return robotBlock(n, 0x41, 0x17, []byte{0, byte(v >> 8), byte(v)}, secret)
	},
	func(n int, _ uint16, secret []byte) []byte { // the end of the padding stands at the end
		return append(robotBlock(n-2, 0, 2, []byte{0x11}, secret), 0, 0x11)
	},
	func(n int, _ uint16, secret []byte) []byte {
		return robotBlock(n, 0, 2, []byte{0x11, 0x11, 0x11}, secret)
	},
	func(n int, _ uint16, secret []byte) []byte { return robotBlock(n, 0, 2, []byte{0, 2, 2}, secret) },
}

// robotBlock is a block as PKCS #1 1.5 pads it: two bytes, padding, a middle, a secret.
func robotBlock(n int, first, second byte, middle, secret []byte) []byte {
	b := []byte{first, second}
	for len(b) < n-len(middle)-len(secret) {
		b = append(b, 0xab)
	}
	return append(append(b, middle...), secret...)
}

func (s *Server) robotAnswer(ctx context.Context, shape int, whole bool) (string, error) {
	c, f, err := s.open(ctx, robotSuites)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if len(f.Certificates) == 0 {
		return "", fmt.Errorf("%w: no certificate", errRefused)
	}
	leaf, err := x509.ParseCertificate(f.Certificates[0])
	if err != nil {
		return "", fmt.Errorf("read the certificate: %w", err)
	}
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok || key.Size() < 128 || key.Size() > 2048 {
		return "", fmt.Errorf("%w: no key of RSA", errRefused)
	}
	secret := bytes.Repeat([]byte{0x5a}, 46) // without a zero, which would end the padding
	block := robotShapes[shape](key.Size(), f.Version, secret)
	sealed := new(big.Int).Exp(new(big.Int).SetBytes(block), big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
	message := append([]byte{16, 0, byte((len(sealed) + 2) >> 8), byte(len(sealed) + 2), byte(len(sealed) >> 8), byte(len(sealed))}, sealed...)
	send := record(22, f.Version, message)
	if whole {
		send = append(append(send, change(f.Version)...), record(22, f.Version, bytes.Repeat([]byte{0x3c}, 64))...)
	}
	return refusal(c, send), nil
}

// record is a record in the clear.
func record(kind byte, version uint16, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{kind, byte(version >> 8), byte(version)}, uint16(len(body))), body...)
}

// leaks looks for Ticketbleed and for servers that tell wrong padding apart.
func (s *Server) leaks(ctx context.Context, f *exposure.Finding) {
	f.Expected, f.Reproduce = "no more bytes than were sent, and the same answer to every wrong record", "testssl.sh --ticketbleed --poodle "+place(f.Target).String()
	bleeds, err := s.ticketbleed(ctx)
	var parts []string
	switch {
	case err == nil && bleeds:
		f.Outcome, f.Observed = exposure.Fail, "the server names more bytes of a session than it was shown (Ticketbleed)"
		return
	case err == nil:
		parts = append(parts, "no Ticketbleed")
	case !errors.Is(err, errUnfinished) && !errors.Is(err, errRefused):
		unable(f, err)
		return
	}
	differ, seen, failed := oracle(len(paddings), func(i int) (string, error) { return s.paddingAnswer(ctx, i) })
	switch {
	case failed == nil && differ:
		f.Outcome, f.Observed = exposure.Fail, "wrong padding is told apart, or accepted: "+strings.Join(seen, " | ")
		return
	case failed == nil && seen[0] == silence:
		unable(f, errors.New("the server does not say whether it refuses wrong records"))
		return
	case failed == nil:
		parts = append(parts, "wrong records look alike: "+seen[0])
	case !errors.Is(failed, errUnfinished):
		unable(f, failed)
		return
	}
	if len(parts) == 0 {
		f.Outcome, f.Reason = exposure.NotApplicable, "neither tickets nor CBC could be used: "+failed.Error()
		return
	}
	f.Outcome, f.Observed = exposure.Pass, strings.Join(parts, "; ")
}

// ticketbleed shows a ticket with a short number of a session (CVE-2016-9244): the
// answer of a flawed server is longer than what it was shown.
func (s *Server) ticketbleed(ctx context.Context) (bool, error) {
	cache := &keeper{}
	h, err := s.finishWith(ctx, TLS12, TLS12, nil, cache)
	if err != nil {
		return false, err
	}
	h.Close()
	if cache.state == nil {
		return false, fmt.Errorf("%w: no ticket was sent", errRefused)
	}
	ticket, _, err := cache.state.ResumptionState()
	if err != nil || len(ticket) == 0 {
		return false, fmt.Errorf("%w: no ticket was sent", errRefused)
	}
	shown := bytes.Repeat([]byte{'N'}, 16)
	f, err := s.ask(ctx, question{version: TLS12, suites: []uint16{h.tls.CipherSuite}, session: shown, ticket: ticket})
	if err != nil {
		return false, err
	}
	return len(f.Session) > len(shown) && bytes.HasPrefix(f.Session, shown), nil
}

// keeper keeps the last session.
type keeper struct{ state *tls.ClientSessionState }

// Get implements tls.ClientSessionCache.
func (*keeper) Get(string) (*tls.ClientSessionState, bool) { return nil, false }

// Put implements tls.ClientSessionCache.
func (k *keeper) Put(_ string, s *tls.ClientSessionState) { k.state = s }

// cbcSuites are those of TLS 1.2 whose records are made wrong.
var cbcSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA}

// paddings are wrong in ways that a server must not tell apart: the bytes of the
// padding, the sum, both, and padding that is longer than the record.
var paddings = []func(data, sum []byte) []byte{
	func(data, sum []byte) []byte { return padded(data, sum, func(p []byte) { p[0] ^= 0x80 }) },
	func(data, sum []byte) []byte { sum[0] ^= 1; return padded(data, sum, func([]byte) {}) },
	func(data, sum []byte) []byte { sum[0] ^= 1; return padded(data, sum, func(p []byte) { p[0] ^= 0x80 }) },
	func(data, sum []byte) []byte { return padded(data, sum, func(p []byte) { p[len(p)-1] = 0xff }) },
}

func padded(data, sum []byte, change func([]byte)) []byte {
	b := append(bytes.Clone(data), sum...)
	n := 2*aes.BlockSize - len(b)%aes.BlockSize // at least one whole block, so that there is something to get wrong
	padding := bytes.Repeat([]byte{byte(n - 1)}, n)
	change(padding)
	return append(b, padding...)
}

// paddingAnswer finishes a handshake with a CBC suite, sends one wrong record, and says
// how the server refuses it (POODLE in TLS, GOLDENDOODLE, Zombie POODLE).
func (s *Server) paddingAnswer(ctx context.Context, i int) (string, error) {
	h, err := s.finish(ctx, TLS12, TLS12, cbcSuites)
	if err != nil {
		return "", err
	}
	defer h.Close()
	wrong, err := h.cbcRecord([]byte("GET / HTTP/1.0\r\n"), paddings[i])
	if err != nil {
		return "", err
	}
	return refusal(h.Conn, wrong), nil
}

// cbcRecord is the first record after a handshake with a CBC suite. pad makes what is
// encrypted of the data and their sum.
func (h *handshake) cbcRecord(data []byte, pad func(data, sum []byte) []byte) ([]byte, error) {
	random, master, err := h.secret("CLIENT_RANDOM")
	if err != nil {
		return nil, err
	}
	const randomAt = 5 + 4 + 2 // record, message, version
	if h.seen.Len() < randomAt+32 {
		return nil, errMalformed
	}
	const macSize, keySize = 20, 16
	keys := prf12(sha256.New, master, "key expansion", append(bytes.Clone(h.seen.Bytes()[randomAt:randomAt+32]), random...), 2*macSize+2*keySize)
	mac := hmac.New(sha1.New, keys[:macSize])
	mac.Write(bound(1, 23, len(data))) // 0 was the end of the handshake
	mac.Write(data)
	plain := pad(data, mac.Sum(nil))
	key, err := aes.NewCipher(keys[2*macSize : 2*macSize+keySize])
	if err != nil {
		return nil, err
	}
	body := make([]byte, aes.BlockSize+len(plain))
	rand.Read(body[:aes.BlockSize])
	cipher.NewCBCEncrypter(key, body[:aes.BlockSize]).CryptBlocks(body[aes.BlockSize:], plain)
	return record(23, TLS12, body), nil
}
