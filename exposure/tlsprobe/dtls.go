package tlsprobe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/ports"
)

// Versions of DTLS, as on the wire.
const (
	dtls10 uint16 = 0xfeff
	dtls12 uint16 = 0xfefd
	dtls13 uint16 = 0xfefc
)

func dtlsName(v uint16) string {
	return map[uint16]string{dtls10: "DTLS 1.0", dtls12: "DTLS 1.2", dtls13: "DTLS 1.3"}[v]
}

// dtlsPorts are those on which VPNs, remote desktops, relays of calls, and small
// devices speak DTLS.
var dtlsPorts = []uint16{443, 3391, 4433, 5349, 5684, 8443, 10443}

// dtlsSuites are offered: few, so that a hello is one packet.
var dtlsSuites = []uint16{0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0x009e, 0x009f, 0xc0ac, 0xc0ae, 0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc027,
	0x0033, 0x0039, 0x0067, 0x006b, 0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, 0x000a, 0x0016, 0x00a8, 0xc0a8, 0x008c, 0x00ae}

// dtlsHello is a hello in one record, RFC 6347 section 4.2. number is that of the
// message; a cookie is what the server asked to be shown.
func dtlsHello(version, number uint16, cookie []byte) ([]byte, error) {
	q := question{version: TLS12, suites: dtlsSuites, datagram: true, wire: version, cookie: cookie, groups: []uint16{29, 23, 24, 25}}
	if version == dtls13 {
		q.version, q.suites, q.wire = TLS13, []uint16{0x1301, 0x1302, 0x1303}, dtls12
	}
	var b cryptobyte.Builder
	q.body(&b)
	body, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	length := func(b []byte, n int) []byte { return append(b, byte(n>>16), byte(n>>8), byte(n)) }
	message := length([]byte{1}, len(body))
	message = binary.BigEndian.AppendUint16(message, number)
	message = append(length(length(message, 0), len(body)), body...)
	record := append([]byte{22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0}, byte(number>>8), byte(number)) // version, epoch, number
	return append(binary.BigEndian.AppendUint16(record, uint16(len(message))), message...), nil
}

// dtlsAnswer is what a datagram says.
type dtlsAnswer struct {
	spoke   bool   // it is DTLS
	version uint16 // that the server chose; 0: none
	cookie  []byte // that it wants to be shown; nil: none
	refused bool
}

// readDTLS reads the records of a datagram.
func readDTLS(b []byte) (a dtlsAnswer) {
	s := cryptobyte.String(b)
	for !s.Empty() {
		var kind uint8
		var version uint16
		var body cryptobyte.String
		if !s.ReadUint8(&kind) || !s.ReadUint16(&version) || version>>8 != 0xfe || !s.Skip(8) || !s.ReadUint16LengthPrefixed(&body) {
			return a
		}
		switch kind {
		case 21:
			a.spoke, a.refused = true, true
		case 22:
			a.handshake(body)
		}
	}
	return a
}

// handshake reads the first piece of a message.
func (a *dtlsAnswer) handshake(s cryptobyte.String) {
	var kind uint8
	var whole, offset uint32
	var number uint16
	var body cryptobyte.String
	if !s.ReadUint8(&kind) || !s.ReadUint24(&whole) || !s.ReadUint16(&number) || !s.ReadUint24(&offset) || !s.ReadUint24LengthPrefixed(&body) || offset != 0 {
		return
	}
	switch kind {
	case 3: // HelloVerifyRequest; its version says nothing
		var cookie cryptobyte.String
		if body.Skip(2) && body.ReadUint8LengthPrefixed(&cookie) {
			a.spoke, a.cookie = true, append([]byte{}, cookie...)
		}
	case 2:
		f := Flight{Extensions: map[uint16][]byte{}}
		if f.serverHello(&body) && f.Version>>8 == 0xfe {
			a.spoke, a.version = true, f.Version
		}
	}
}

// dtlsPatience is how long a server may take for one answer.
const dtlsPatience = 700 * time.Millisecond

// errNoDTLS says that nothing there speaks DTLS.
var errNoDTLS = errors.New("nothing answers DTLS")

// askDTLS asks for a version; 0: the server refuses it. errNoDTLS says that nothing
// answered.
func askDTLS(c net.Conn, version uint16) (uint16, error) {
	var cookie []byte
	spoke := false
	for number := uint16(0); number < 3; {
		hello, err := dtlsHello(version, number, cookie)
		if err != nil {
			return 0, err
		}
		a, err := exchangeDTLS(c, hello)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ECONNREFUSED):
			if spoke {
				return 0, fmt.Errorf("the server stopped answering: %w", err)
			}
			return 0, errNoDTLS
		case err != nil:
			return 0, err
		case a.version != 0:
			return a.version, nil
		case a.refused:
			return 0, nil
		}
		cookie, number, spoke = a.cookie, number+1, true
	}
	return 0, fmt.Errorf("%w: one cookie after the other", errMalformed)
}

// exchangeDTLS sends a hello, once more when nothing comes back, and reads until
// something is DTLS.
func exchangeDTLS(c net.Conn, hello []byte) (dtlsAnswer, error) {
	b := make([]byte, 1<<16)
	var failed error
	for range 2 {
		if err := c.SetDeadline(time.Now().Add(dtlsPatience)); err != nil {
			return dtlsAnswer{}, err
		}
		if _, err := c.Write(hello); err != nil {
			return dtlsAnswer{}, err
		}
		for range 16 {
			n, err := c.Read(b)
			if err != nil {
				failed = err
				break
			}
			if a := readDTLS(b[:n]); a.spoke {
				return a, nil
			}
			failed = os.ErrDeadlineExceeded // something else
		}
		if !errors.Is(failed, os.ErrDeadlineExceeded) {
			return dtlsAnswer{}, failed
		}
	}
	return dtlsAnswer{}, failed
}

// datagramProbe looks for DTLS on the ports of VPNs.
func datagramProbe() exposure.Probe {
	return exposure.Probe{Name: "dtls", Level: exposure.OfHost, Checks: []string{"TLS-68"}, Class: exposure.Handshake, Run: runDTLS}
}

func runDTLS(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	list := dtlsPorts
	if setting := s.Settings[ports.SettingPorts]; setting != "" {
		chosen, err := ports.ParsePorts(setting)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(slices.Clone(list), func(p uint16) bool { return !slices.Contains(chosen, p) })
	}
	var asked []string
	found := false
	var mu sync.Mutex
	var errs []error
	var wait sync.WaitGroup
	for _, p := range list {
		at := t
		at.Port = p
		r := exposure.Request{Name: t.Name, Address: netip.AddrPortFrom(t.Address, p), Class: exposure.Handshake, UDP: true}
		if s.Dialer.Check(r) != nil {
			continue
		}
		asked = append(asked, fmt.Sprint(p))
		wait.Go(func() {
			ok, err := versionsOfDTLS(ctx, s, at, r)
			mu.Lock()
			defer mu.Unlock()
			found = found || ok
			errs = append(errs, err)
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	switch {
	case len(asked) == 0:
		s.Skip("TLS-68", t, exposure.NotTested, "no port was asked")
	case !found:
		s.Skip("TLS-68", t, exposure.NotApplicable, "nothing answers DTLS on "+strings.Join(asked, ", "))
	}
	return nil
}

// versionsOfDTLS asks a port for each version, and records a finding when something
// there speaks DTLS.
func versionsOfDTLS(ctx context.Context, s *exposure.Session, t exposure.Target, r exposure.Request) (bool, error) {
	f := s.Finding("TLS-68", t)
	f.Expected, f.Reproduce = "DTLS 1.2 or 1.3 alone", "openssl s_client -dtls1 -connect "+place(t).String()
	offers := map[uint16]bool{}
	for _, v := range []uint16{dtls12, dtls10, dtls13} {
		c, err := s.Dialer.Dial(ctx, r)
		if err != nil {
			return false, err
		}
		chosen, err := askDTLS(c, v)
		c.Close()
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case errors.Is(err, errNoDTLS) && v == dtls12:
			return false, nil
		case err != nil && v == dtls13: // silence about it changes nothing about 1.0
		case err != nil:
			f.Outcome, f.Reason = exposure.Error, fmt.Sprintf("%s could not be asked: %v", dtlsName(v), err)
		case chosen != 0:
			offers[chosen] = true
		}
	}
	judgeDTLS(&f, offers)
	s.Record(f)
	return true, nil
}

// judgeDTLS fails on version 1.0, whatever else could not be asked.
func judgeDTLS(f *exposure.Finding, offers map[uint16]bool) {
	var names []string
	for _, v := range []uint16{dtls10, dtls12, dtls13} {
		if offers[v] {
			names = append(names, dtlsName(v))
		}
	}
	f.Observed = strings.Join(names, ", ")
	switch {
	case offers[dtls10]:
		f.Outcome, f.Reason = exposure.Fail, ""
	case f.Outcome == exposure.Error:
	case len(names) == 0:
		f.Outcome, f.Reason = exposure.Error, "the server answers, and agrees to no version"
	default:
		f.Outcome = exposure.Pass
	}
}
