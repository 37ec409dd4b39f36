package scanlab

import (
	"encoding/asn1"
	"encoding/binary"
	"io"
	"math/big"
	"net"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

func marshalDH(prime *big.Int) ([]byte, error) {
	return asn1.Marshal(struct {
		P *big.Int
		G int
	}{prime, 2})
}

// relicSuites are what the relic takes, the worst first: RC4 with 40 bits, RC4 with
// 128 bits, 3DES.
var relicSuites = []uint16{0x0003, 0x0004, 0x000A}

// relic is a server as they were before 2014, which no library still is: SSL 3 and
// TLS 1.0, export suites, compression, and Heartbleed. It says what such a server
// says up to the end of its first flight, and answers a heartbeat with what it was
// not given.
func relic(c net.Conn, certificate []byte) {
	kind, body, err := record(c)
	if err != nil || kind != 22 {
		return
	}
	h, ok := parseHello(body)
	suite := slices.IndexFunc(relicSuites, func(s uint16) bool { return slices.Contains(h.suites, s) })
	if !ok || h.version < 0x0300 || suite < 0 {
		c.Write([]byte{21, 3, 0, 0, 2, 2, 40}) // handshake_failure
		return
	}
	version := min(h.version, 0x0301)
	beats := version > 0x0300 && h.heartbeat
	c.Write(flight(version, relicSuites[suite], h.deflate, beats, certificate))
	for beats {
		kind, body, err := record(c)
		if err != nil {
			return
		}
		if kind != 24 || len(body) < 3 || body[0] != 1 {
			continue
		}
		n := int(binary.BigEndian.Uint16(body[1:])) // believed, as it was then
		answer := append([]byte{2, body[1], body[2]}, make([]byte, n+16)...)
		for part := range slices.Chunk(answer, 1<<14) {
			c.Write(append([]byte{24, 3, 1, byte(len(part) >> 8), byte(len(part))}, part...))
		}
		return
	}
	_, _, _ = record(c) // until the client goes
}

func record(c net.Conn) (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return 0, nil, err
	}
	body = make([]byte, binary.BigEndian.Uint16(head[3:]))
	_, err = io.ReadFull(c, body)
	return head[0], body, err
}

type hello struct {
	version   uint16
	suites    []uint16
	deflate   bool
	heartbeat bool
}

func parseHello(b []byte) (h hello, ok bool) {
	s := cryptobyte.String(b)
	var kind uint8
	var body, session, suites, compression, extensions cryptobyte.String
	if !s.ReadUint8(&kind) || kind != 1 || !s.ReadUint24LengthPrefixed(&body) || !body.ReadUint16(&h.version) || !body.Skip(32) ||
		!body.ReadUint8LengthPrefixed(&session) || !body.ReadUint16LengthPrefixed(&suites) || !body.ReadUint8LengthPrefixed(&compression) {
		return h, false
	}
	h.deflate = slices.Contains(compression, 1)
	for v := uint16(0); suites.ReadUint16(&v); {
		h.suites = append(h.suites, v)
	}
	if body.ReadUint16LengthPrefixed(&extensions) {
		var id uint16
		for data := cryptobyte.String(nil); extensions.ReadUint16(&id) && extensions.ReadUint16LengthPrefixed(&data); {
			h.heartbeat = h.heartbeat || id == 15
		}
	}
	return h, true
}

// flight is server hello, certificate and server hello done.
func flight(version, suite uint16, deflate, heartbeat bool, certificate []byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8(22)
	b.AddUint16(version)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(2)
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16(version)
			b.AddBytes(make([]byte, 32))
			b.AddUint8(0)
			b.AddUint16(suite)
			b.AddUint8(map[bool]uint8{true: 1}[deflate])
			if heartbeat {
				b.AddBytes([]byte{0, 5, 0, 15, 0, 1, 1})
			}
		})
		b.AddUint8(11)
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
				b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(certificate) })
			})
		})
		b.AddBytes([]byte{14, 0, 0, 0})
	})
	return b.BytesOrPanic()
}
