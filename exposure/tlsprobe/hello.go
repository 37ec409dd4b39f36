// Package tlsprobe finds out what a TLS server speaks, from SSL 2 to TLS 1.3, with
// hello messages made by hand: versions, every cipher suite and group, key sizes,
// signature algorithms, extensions, certificates. No key exchange is computed, so
// nothing that a TLS library refuses to speak is hidden.
package tlsprobe

import (
	"crypto/rand"

	"golang.org/x/crypto/cryptobyte"
)

// Versions of the protocol, as on the wire.
const (
	SSL2  uint16 = 0x0002
	SSL3  uint16 = 0x0300
	TLS10 uint16 = 0x0301
	TLS11 uint16 = 0x0302
	TLS12 uint16 = 0x0303
	TLS13 uint16 = 0x0304
)

// VersionName is the name of a version, such as "TLS 1.2".
func VersionName(v uint16) string {
	switch v {
	case SSL2:
		return "SSL 2"
	case SSL3:
		return "SSL 3"
	case TLS10:
		return "TLS 1.0"
	case TLS11:
		return "TLS 1.1"
	case TLS12:
		return "TLS 1.2"
	case TLS13:
		return "TLS 1.3"
	}
	return "unknown"
}

// Extensions, by their number in the IANA registry.
const (
	extServerName      uint16 = 0
	extStatusRequest   uint16 = 5
	extGroups          uint16 = 10
	extPointFormats    uint16 = 11
	extSignatures      uint16 = 13
	extHeartbeat       uint16 = 15
	extALPN            uint16 = 16
	extSCT             uint16 = 18
	extEncryptThenMAC  uint16 = 22
	extExtendedMaster  uint16 = 23
	extSessionTicket   uint16 = 35
	extEarlyData       uint16 = 42
	extVersions        uint16 = 43
	extPSKModes        uint16 = 45
	extKeyShare        uint16 = 51
	extRenegotiation   uint16 = 0xff01
	signalRenegotation uint16 = 0x00ff // TLS_EMPTY_RENEGOTIATION_INFO_SCSV
	signalFallback     uint16 = 0x5600 // TLS_FALLBACK_SCSV
)

// question is what one hello asks.
type question struct {
	version     uint16 // highest that is offered
	suites      []uint16
	groups      []uint16 // nil: every one that is known
	signatures  []uint16 // nil: every one that is known
	compression []byte   // nil: none
	name        string   // server name; "": left out
	alpn        []string
	heartbeat   bool
	plain       bool     // without any extension
	extra       []uint16 // signals among the suites
	grease      bool     // unknown values that a server must ignore
	padding     int      // bytes of an unknown extension
	datagram    bool     // of DTLS
	wire        uint16   // version of DTLS that is named where TLS 1.2 names its own
	cookie      []byte   // of DTLS
	session     []byte   // number of the session; nil: none, or random
	ticket      []byte   // of a session
	verify      []byte   // what the client said last in the handshake before, RFC 5746; nil: it is the first
}

// Groups by their number in the IANA registry.
var groupNames = map[uint16]string{
	1: "sect163k1", 2: "sect163r1", 3: "sect163r2", 4: "sect193r1", 5: "sect193r2", 6: "sect233k1", 7: "sect233r1", 8: "sect239k1",
	9: "sect283k1", 10: "sect283r1", 11: "sect409k1", 12: "sect409r1", 13: "sect571k1", 14: "sect571r1", 15: "secp160k1", 16: "secp160r1",
	17: "secp160r2", 18: "secp192k1", 19: "secp192r1", 20: "secp224k1", 21: "secp224r1", 22: "secp256k1", 23: "secp256r1", 24: "secp384r1",
	25: "secp521r1", 26: "brainpoolP256r1", 27: "brainpoolP384r1", 28: "brainpoolP512r1", 29: "x25519", 30: "x448",
	31: "brainpoolP256r1tls13", 32: "brainpoolP384r1tls13", 33: "brainpoolP512r1tls13",
	256: "ffdhe2048", 257: "ffdhe3072", 258: "ffdhe4096", 259: "ffdhe6144", 260: "ffdhe8192",
	0x0200: "MLKEM512", 0x0201: "MLKEM768", 0x0202: "MLKEM1024",
	0x11eb: "SecP256r1MLKEM768", 0x11ec: "X25519MLKEM768", 0x11ed: "SecP384r1MLKEM1024", 0x6399: "X25519Kyber768Draft00",
}

// GroupName is the name of a group.
func GroupName(id uint16) string { return groupNames[id] }

// PostQuantum reports whether a group withstands quantum computers, alone or in a
// hybrid.
func PostQuantum(id uint16) bool {
	return id >= 0x0200 && id <= 0x0202 || id >= 0x11eb && id <= 0x11ed || id == 0x6399
}

// commonGroups is the order in which groups are offered.
var commonGroups = []uint16{0x11ec, 29, 23, 24, 25, 30, 0x11eb, 0x11ed, 0x6399, 0x0201, 0x0202, 0x0200, 256, 257, 258, 259, 260, 26, 27, 28, 31, 32, 33,
	22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}

// commonSignatures are schemes by their number in the IANA registry, as they are offered.
var commonSignatures = []uint16{0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
	0x0402, 0x0301, 0x0303, 0x0302, 0x0201, 0x0203, 0x0202, 0x081a, 0x081b, 0x081c, 0x0904, 0x0905, 0x0906}

// bytes is the hello as one record (version 2 of SSL has its own shape, see
// hello2).
func (q question) bytes() ([]byte, error) {
	var b cryptobyte.Builder
	record := min(q.version, TLS10)
	b.AddUint8(22)
	b.AddUint16(record)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(1)
		b.AddUint24LengthPrefixed(q.body)
	})
	return b.Bytes()
}

func (q question) body(b *cryptobyte.Builder) {
	var random [64]byte
	rand.Read(random[:])
	if q.datagram {
		b.AddUint16(q.wire)
	} else {
		b.AddUint16(min(q.version, TLS12))
	}
	b.AddBytes(random[:32])
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) {
		switch {
		case q.session != nil:
			b.AddBytes(q.session)
		case q.version == TLS13 && !q.datagram:
			b.AddBytes(random[32:]) // compatibility with middle boxes, RFC 8446 appendix D.4
		}
	})
	if q.datagram {
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(q.cookie) })
	}
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		if q.grease {
			b.AddUint16(0x0a0a)
		}
		for _, s := range q.suites {
			b.AddUint16(s)
		}
		for _, s := range q.extra {
			b.AddUint16(s)
		}
	})
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddBytes(append(append([]byte(nil), q.compression...), 0))
	})
	if !q.plain {
		b.AddUint16LengthPrefixed(q.extensions)
	}
}

func (q question) extensions(b *cryptobyte.Builder) {
	add := func(id uint16, f func(*cryptobyte.Builder)) {
		b.AddUint16(id)
		b.AddUint16LengthPrefixed(f)
	}
	list := func(id uint16, values []uint16) {
		add(id, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				for _, v := range values {
					b.AddUint16(v)
				}
			})
		})
	}
	nothing := func(*cryptobyte.Builder) {}
	if q.grease {
		add(0x1a1a, nothing)
	}
	if q.name != "" {
		add(extServerName, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				b.AddUint8(0)
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(q.name)) })
			})
		})
	}
	groups, signatures := q.groups, q.signatures
	if groups == nil {
		groups = commonGroups
	}
	if signatures == nil {
		signatures = commonSignatures
	}
	list(extGroups, groups)
	list(extSignatures, signatures)
	add(extPointFormats, func(b *cryptobyte.Builder) { b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) }) })
	add(extStatusRequest, func(b *cryptobyte.Builder) { b.AddBytes([]byte{1, 0, 0, 0, 0}) })
	add(extSCT, nothing)
	if len(q.alpn) > 0 {
		add(extALPN, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				for _, p := range q.alpn {
					b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(p)) })
				}
			})
		})
	}
	if q.version < TLS13 {
		add(extExtendedMaster, nothing)
		add(extEncryptThenMAC, nothing)
		add(extSessionTicket, func(b *cryptobyte.Builder) { b.AddBytes(q.ticket) })
		add(extRenegotiation, func(b *cryptobyte.Builder) {
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(q.verify) })
		})
		if q.heartbeat {
			add(extHeartbeat, func(b *cryptobyte.Builder) { b.AddUint8(1) })
		}
	} else {
		version := TLS13
		if q.datagram {
			version = dtls13
		}
		add(extVersions, func(b *cryptobyte.Builder) {
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(version) })
		})
		add(extPSKModes, func(b *cryptobyte.Builder) { b.AddBytes([]byte{1, 1}) })
		// An empty list of shares makes the server name the group that it wants,
		// RFC 8446 section 4.2.8: nothing has to be computed.
		add(extKeyShare, func(b *cryptobyte.Builder) { b.AddUint16(0) })
	}
	if q.padding > 0 {
		add(0x2a2a, func(b *cryptobyte.Builder) { b.AddBytes(make([]byte, q.padding)) })
	}
}

// ciphers2 are the cipher kinds of SSL 2.
var ciphers2 = map[uint32]string{
	0x010080: "SSL_CK_RC4_128_WITH_MD5", 0x020080: "SSL_CK_RC4_128_EXPORT40_WITH_MD5", 0x030080: "SSL_CK_RC2_128_CBC_WITH_MD5",
	0x040080: "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5", 0x050080: "SSL_CK_IDEA_128_CBC_WITH_MD5", 0x060040: "SSL_CK_DES_64_CBC_WITH_MD5",
	0x0700c0: "SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
}

// hello2 is the hello of SSL 2.
func hello2() []byte {
	var challenge [16]byte
	rand.Read(challenge[:])
	body := []byte{1, 0, 2, 0, byte(3 * len(ciphers2)), 0, 0, 0, 16}
	for _, kind := range []uint32{0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700c0} {
		body = append(body, byte(kind>>16), byte(kind>>8), byte(kind))
	}
	body = append(body, challenge[:]...)
	return append([]byte{0x80 | byte(len(body)>>8), byte(len(body))}, body...)
}
