package exposure

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Target is one thing that is looked at.
type Target struct {
	Declared string     `json:"declared"`          // as the person wrote it
	Name     string     `json:"name,omitempty"`    // folded name; "" for a bare address
	Address  netip.Addr `json:"address,omitzero"`  // pinned; zero for a domain as such
	Port     uint16     `json:"port,omitempty"`    // 0: the host or the domain as such
	Service  string     `json:"service,omitempty"` // "https", "smtp", …; "" when unknown
}

// String is name, address and port as far as they are known.
func (t Target) String() string {
	var parts []string
	if t.Name != "" {
		parts = append(parts, t.Name)
	}
	switch {
	case t.Address.IsValid() && t.Port != 0:
		parts = append(parts, netip.AddrPortFrom(t.Address, t.Port).String())
	case t.Address.IsValid():
		parts = append(parts, t.Address.String())
	}
	return strings.Join(parts, " ")
}

// Finding is what one check found at one target, with all that an audit asks for.
type Finding struct {
	Check      string    `json:"check"`
	Catalogue  string    `json:"catalogue"`         // edition
	Profile    string    `json:"profile,omitempty"` // of cryptography, when it decided
	Verdict    string    `json:"verdict,omitempty"` // how it stands against the profile: "met", "partly", "not-met" or "open"
	Target     Target    `json:"target"`
	Start      time.Time `json:"start"` // UTC
	End        time.Time `json:"end"`   // UTC
	Scanner    string    `json:"scanner"`
	Outcome    Outcome   `json:"outcome"`
	Severity   Severity  `json:"severity"`
	Observed   string    `json:"observed"`             // the value that was seen
	Expected   string    `json:"expected,omitempty"`   // what would pass
	Reason     string    `json:"reason,omitempty"`     // of not-tested, not-applicable and error
	Confidence string    `json:"confidence,omitempty"` // "exact", "range", "vendor" or "unconfirmed"
	Keys       []string  `json:"keys,omitempty"`       // SHA-256 of the public keys of the certificates, hexadecimal; of the check that compares them
	Transcript string    `json:"transcript,omitempty"` // SHA-256 of the bytes that were exchanged, hexadecimal
	Reproduce  string    `json:"reproduce,omitempty"`  // a command that shows the same
	Permit     string    `json:"authorisation"`
	Measures   []string  `json:"measures,omitempty"` // points of Art. 21(2)
	Points     []string  `json:"points,omitempty"`   // of the annex to Implementing Regulation (EU) 2024/2690
	Citation   string    `json:"citation,omitempty"` // of the reference that the check compares with
}

// Say settles a finding with what was seen.
func (f *Finding) Say(o Outcome, format string, args ...any) {
	f.Outcome, f.Observed = o, fmt.Sprintf(format, args...)
}

// Leave settles a finding that could not be decided, with the reason.
func (f *Finding) Leave(o Outcome, format string, args ...any) {
	f.Outcome, f.Reason = o, fmt.Sprintf(format, args...)
}

// few is how many values stand in one finding.
const few = 12

// Few joins different values in their order, not more than people read.
func Few(values []string, separator string) string {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	if len(values) > few {
		return strings.Join(values[:few], separator) + strings.TrimRight(separator, ", ") + fmt.Sprintf(" and %d more", len(values)-few)
	}
	return strings.Join(values, separator)
}

// longest is how many characters of what a stranger wrote stand in a finding.
const longest = 160

// Clip shortens what a stranger wrote, and marks what is no text.
func Clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}

// TranscriptHash is the hash of exchanged bytes for Finding.Transcript.
func TranscriptHash(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Key is the same for the same check at the same target in every scan, so that
// scans can be compared.
func (f Finding) Key() string {
	return strings.Join([]string{f.Check, f.Profile, f.Target.Name, f.Target.String()}, "|")
}
