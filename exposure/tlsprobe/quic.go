package tlsprobe

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/net/quic"

	"github.com/nisaba-platform/nisaba/exposure"
)

// quicPatience is how long a server of QUIC may take for one answer.
const quicPatience = time.Second

// quicGrease is a version that no server has, RFC 9000 section 15.
const quicGrease = 0x1a2a3a4a

// quicQuestion is a packet of a version that nobody has, whose answer lists those that
// the server has, RFC 9000 section 6. ids are the numbers of the connection: of the
// server, of the client.
func quicQuestion(server, client []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{0xc0}, quicGrease)
	b = append(append(b, byte(len(server))), server...)
	b = append(append(b, byte(len(client))), client...)
	return append(b, make([]byte, 1200-len(b))...) // shorter ones are not answered
}

// readQUICVersions reads the list, which must be meant for the connection.
func readQUICVersions(b, server, client []byte) (versions []uint32, ok bool) {
	s := cryptobyte.String(b)
	var first uint8
	var version uint32
	var to, from cryptobyte.String
	if !s.ReadUint8(&first) || first&0x80 == 0 || !s.ReadUint32(&version) || version != 0 || !s.ReadUint8LengthPrefixed(&to) || !s.ReadUint8LengthPrefixed(&from) ||
		!bytes.Equal(to, client) || !bytes.Equal(from, server) {
		return nil, false
	}
	for v := uint32(0); s.ReadUint32(&v) && len(versions) < 64; {
		if v&0x0f0f0f0f != 0x0a0a0a0a { // those are never spoken
			versions = append(versions, v)
		}
	}
	return versions, true
}

func quicVersionName(v uint32) string {
	switch v {
	case 1:
		return "QUIC 1"
	case 0x6b3343cf:
		return "QUIC 2"
	}
	return fmt.Sprintf("0x%08x", v)
}

// quicVersions asks which versions a server has; ok is false when nothing there speaks
// QUIC.
func quicVersions(c net.Conn) (versions []uint32, ok bool, err error) {
	var ids [16]byte
	rand.Read(ids[:])
	server, client := ids[:8], ids[8:]
	b := make([]byte, 1<<16)
	for range 2 { // the first may have been lost
		if err := c.SetDeadline(time.Now().Add(quicPatience / 2)); err != nil {
			return nil, false, err
		}
		if _, err := c.Write(quicQuestion(server, client)); err != nil {
			return nil, false, unlessAbsent(err)
		}
		for range 16 {
			n, err := c.Read(b)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return nil, false, unlessAbsent(err)
			}
			if list, ok := readQUICVersions(b[:n], server, client); ok {
				return list, true, nil
			}
		}
	}
	return nil, false, nil
}

// unlessAbsent drops the error of a port where nothing listens.
func unlessAbsent(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	return err
}

// quicSocket lets the library use a connection that the dialer opened.
type quicSocket struct{ net.Conn }

// ReadFrom implements net.PacketConn.
func (s quicSocket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := s.Read(b)
	return n, s.RemoteAddr(), err
}

// WriteTo implements net.PacketConn. There is nobody else to write to.
func (s quicSocket) WriteTo(b []byte, _ net.Addr) (int, error) { return s.Write(b) }

// quicHandshake finishes a handshake with a server and leaves. It closes the connection.
func quicHandshake(ctx context.Context, c net.Conn, name string) (tls.ConnectionState, error) {
	if err := c.SetDeadline(time.Time{}); err != nil {
		return tls.ConnectionState{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*quicPatience)
	defer cancel()
	end, err := quic.NewEndpoint(quicSocket{c}, nil)
	if err != nil {
		c.Close()
		return tls.ConnectionState{}, err
	}
	over, stop := context.WithCancel(context.Background())
	stop() // nobody waits for the farewell
	defer end.Close(over)
	config := &quic.Config{HandshakeTimeout: quicPatience, TLSConfig: &tls.Config{ServerName: name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, // looked at, not trusted
		NextProtos: []string{"h3"}}}
	conn, err := end.Dial(ctx, "udp", c.RemoteAddr().String(), config)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	return conn.ConnectionState(), nil
}

// quicProbe compares QUIC with TLS on the same port of a web server.
func quicProbe() exposure.Probe {
	return exposure.Probe{Name: "quic", Level: exposure.OfService, Checks: []string{"TLS-67"}, Class: exposure.Handshake, Run: runQUIC,
		Wants: func(t exposure.Target) bool {
			return t.Service == "https" || t.Service == "" && (t.Port == 443 || t.Port == 8443)
		}}
}

func runQUIC(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	r := exposure.Request{Name: t.Name, Address: place(t), Class: exposure.Handshake, UDP: true}
	c, err := s.Dialer.Dial(ctx, r)
	if err != nil {
		return err
	}
	f := s.Finding("TLS-67", t)
	f.Expected, f.Reproduce = "the certificate that TLS shows on the same port", "curl --http3-only -skv https://"+place(t).String()+"/"
	versions, ok, err := quicVersions(c)
	if err != nil || !ok {
		c.Close()
		if err != nil {
			return err
		}
		f.Outcome, f.Reason = exposure.NotApplicable, fmt.Sprintf("nothing answers QUIC on UDP port %d", t.Port)
		s.Record(f)
		return nil
	}
	server := At(s.Dialer, t, 1)
	state, err := quicHandshake(ctx, c, server.name)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var names []string
	for _, v := range versions {
		names = append(names, quicVersionName(v))
	}
	f.Observed = strings.Join(names, ", ")
	if err != nil || len(state.PeerCertificates) == 0 {
		f.Outcome, f.Reason = exposure.Info, fmt.Sprintf("its certificate was not seen: %v", err)
		s.Record(f)
		return nil
	}
	f.Observed += "; " + SuiteOf(state.CipherSuite).Name + ", " + GroupName(uint16(state.CurveID))
	server.compare(ctx, state, &f)
	s.Record(f)
	return nil
}

// compare compares what QUIC showed with what TLS shows.
func (s *Server) compare(ctx context.Context, seen tls.ConnectionState, f *exposure.Finding) {
	h, err := s.finish(ctx, TLS12, TLS13, nil)
	if err != nil {
		f.Outcome, f.Reason = exposure.Info, "the certificate of TLS was not seen: "+err.Error()
		return
	}
	h.Close()
	if len(h.tls.PeerCertificates) > 0 && bytes.Equal(h.tls.PeerCertificates[0].Raw, seen.PeerCertificates[0].Raw) {
		f.Outcome = exposure.Pass
		f.Observed += "; the certificate of TLS"
		return
	}
	f.Outcome = exposure.Warn
	f.Observed += "; another certificate than that of TLS: " + seen.PeerCertificates[0].Subject.String()
}
