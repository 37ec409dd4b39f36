package tlsprobe

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed suites.txt
var suiteList string

// Suite is a cipher suite by its parts.
type Suite struct {
	ID   uint16
	Name string // as in the IANA registry
	Key  string // key exchange: "RSA", "DH", "DHE", "ECDH", "ECDHE", "PSK", …; "" from TLS 1.3 on
	Auth string // "RSA", "ECDSA", "DSS", "anon", …
	Enc  string // "AES_128_GCM", "RC4_128", "NULL", …
	MAC  string
}

// suites is the table by code point.
var suites = sync.OnceValue(func() map[uint16]Suite {
	all := map[uint16]Suite{}
	for line := range strings.Lines(suiteList) {
		code, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		id, err := strconv.ParseUint(code, 16, 16)
		if !ok || err != nil {
			continue // comments
		}
		all[uint16(id)] = parseSuite(uint16(id), name)
	}
	return all
})

// parseSuite takes a name apart, such as TLS_DHE_RSA_WITH_AES_128_CBC_SHA.
func parseSuite(id uint16, name string) Suite {
	s := Suite{ID: id, Name: name}
	rest := strings.TrimPrefix(strings.TrimPrefix(name, "TLS_"), "SSL_")
	key, cipher, ok := strings.Cut(rest, "_WITH_")
	if !ok {
		key, cipher = "", rest // TLS 1.3
	}
	s.Key, s.Auth, _ = strings.Cut(key, "_")
	if s.Auth == "" {
		s.Auth = s.Key
	}
	i := strings.LastIndexByte(cipher, '_')
	if i > 0 && slices.Contains([]string{"MD5", "SHA", "SHA256", "SHA384", "SM3"}, cipher[i+1:]) {
		s.Enc, s.MAC = cipher[:i], cipher[i+1:]
	} else {
		s.Enc = cipher
	}
	return s
}

// SuiteOf is the suite of a code point; one that is not in the registry has its
// number as its name.
func SuiteOf(id uint16) Suite {
	if s, ok := suites()[id]; ok {
		return s
	}
	return Suite{ID: id, Name: fmt.Sprintf("0x%04X", id)}
}

// Modern reports whether the suite belongs to TLS 1.3.
func (s Suite) Modern() bool { return s.ID>>8 == 0x13 }

// Export reports whether the strength was cut down for export.
func (s Suite) Export() bool { return strings.Contains(s.Name, "EXPORT") }

// Anonymous reports whether the server proves nothing about itself.
func (s Suite) Anonymous() bool { return strings.Contains(strings.ToLower(s.Name), "_anon_") }

// Ephemeral reports whether keys are made for each connection.
func (s Suite) Ephemeral() bool {
	return s.Modern() || strings.HasPrefix(s.Key, "DHE") || strings.HasPrefix(s.Key, "ECDHE") || s.Key == "CECPQ1" || strings.Contains(s.Name, "_anon_")
}

// AEAD reports whether encryption and integrity are one.
func (s Suite) AEAD() bool {
	return strings.Contains(s.Enc, "GCM") || strings.Contains(s.Enc, "CCM") || strings.Contains(s.Enc, "POLY1305")
}

// SmallBlocks reports whether the cipher works on blocks of 64 bits.
func (s Suite) SmallBlocks() bool {
	for _, c := range []string{"DES", "IDEA", "RC2"} {
		if strings.Contains(s.Enc, c) {
			return true
		}
	}
	return false
}

// RC4 and Null report the ciphers that protect little or nothing.
func (s Suite) RC4() bool  { return strings.Contains(s.Enc, "RC4") }
func (s Suite) Null() bool { return strings.HasPrefix(s.Enc, "NULL") }

// offered lists the code points that a version is asked about.
func offered(version uint16) []uint16 {
	var out []uint16
	for id, s := range suites() {
		if s.Modern() == (version == TLS13) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// curved reports whether keys are made with a group, and not with a secret that both
// sides have.
func curved(s Suite) bool { return strings.HasPrefix(s.Key, "ECDH") && s.Auth != "PSK" }

// proven reports whether the server proves with a certificate who it is.
func proven(s Suite) bool { return slices.Contains([]string{"RSA", "ECDSA", "DSS"}, s.Auth) }

// signed reports whether the server signs a key that it made for the connection.
func signed(s Suite) bool { return s.Ephemeral() && proven(s) }

// usual reports whether a server that does not have one of these suites is odd.
func usual(s Suite) bool {
	return proven(s) && (s.Key == "RSA" || s.Key == "DHE" || s.Key == "ECDHE") && !s.Null() && !s.Export()
}

// listed are the suites up to TLS 1.2 of a kind, the best first, as many as may be
// offered to who speaks TLS 1.2.
func listed(kind func(Suite) bool) []uint16 {
	list := slices.DeleteFunc(offered(TLS12), func(id uint16) bool { return !kind(SuiteOf(id)) })
	slices.SortFunc(list, byRank)
	return list[:min(len(list), modernChunk)]
}

// withUsual are suites that a server takes, and usual ones, so many in all.
func withUsual(taken []uint16, most int) []uint16 {
	list := slices.Clone(taken[:min(len(taken), most)])
	for _, id := range listed(usual) {
		if len(list) < most && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	slices.SortFunc(list, byRank)
	return list
}
