// Package filing is the protocol by which an entity files reports with an
// authority: JSON over HTTPS, every request and every reply signed with HTTP
// Message Signatures (RFC 9421) over a Content-Digest (RFC 9530), with ed25519 keys
// that both sides pinned before. docs/filing.md describes it.
//
// The signatures are written here, in the small part that the protocol needs,
// because what signs must take the time from its caller: the tests move it, and a
// server has one clock.
package filing

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

const (
	label     = "nisaba"
	tag       = "nisaba-filing" // keeps a signature from counting for another purpose
	algorithm = "ed25519"
)

// Skew is by how much the clocks of the two sides may differ.
const Skew = 5 * time.Minute

// lasts is how long a signature counts.
const lasts = 5 * time.Minute

// KeyID is how signatures name a public key: its SHA-256, base64url.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ParseKey reads a public key as EncodeKey wrote it.
func ParseKey(text string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, &fault.Error{Kind: fault.Invalid, What: "this is no public key", Expected: "an ed25519 public key of 32 bytes in base64"}
	}
	return b, nil
}

// EncodeKey writes a public key as text.
func EncodeKey(public ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(public) }

// Message is what is signed of a request, or of the reply to one.
type Message struct {
	Method    string
	Authority string // as in the Host field
	Path      string // escaped
	Query     string // without the question mark
	Status    int    // of a reply
	Header    http.Header
	Body      []byte
	Request   *Message // the one that a reply answers
}

// RequestMessage is the message of a request that came in or goes out.
func RequestMessage(r *http.Request, body []byte) *Message {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	return &Message{Method: r.Method, Authority: host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header, Body: body}
}

// Signature is what a checked signature says.
type Signature struct {
	KeyID   string
	Created time.Time
	Expires time.Time
	Nonce   string
	Sum     string // SHA-256 of what was signed, hexadecimal: the same for the same request only
}

// covered lists what a signature must cover.
func covered(reply bool) []httpsfv.Item {
	if !reply {
		return []httpsfv.Item{httpsfv.NewItem("@method"), httpsfv.NewItem("@authority"), httpsfv.NewItem("@path"), httpsfv.NewItem("@query"), httpsfv.NewItem("content-digest")}
	}
	request := httpsfv.NewItem("signature")
	request.Params.Add("req", true)
	return []httpsfv.Item{httpsfv.NewItem("@status"), httpsfv.NewItem("content-digest"), request}
}

// Sign adds digest and signature to the header of m. A reply names its request,
// which was signed before.
func Sign(m *Message, key ed25519.PrivateKey, now time.Time) error {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok || len(key) != ed25519.PrivateKeySize {
		return &fault.Error{Kind: fault.Internal, What: "the private key cannot be used"}
	}
	m.Header.Set("Content-Digest", digest(m.Body))
	params := httpsfv.NewParams()
	params.Add("created", now.Unix())
	params.Add("expires", now.Add(lasts).Unix())
	params.Add("nonce", rand.Text())
	params.Add("keyid", KeyID(public))
	params.Add("alg", algorithm)
	params.Add("tag", tag)
	list := httpsfv.InnerList{Items: covered(m.Request != nil), Params: params}
	base, err := base(m, list)
	if err != nil {
		return err
	}
	input, signature := httpsfv.NewDictionary(), httpsfv.NewDictionary()
	input.Add(label, list)
	signature.Add(label, httpsfv.NewItem(ed25519.Sign(key, base)))
	for name, d := range map[string]*httpsfv.Dictionary{"Signature-Input": input, "Signature": signature} {
		text, err := httpsfv.Marshal(d)
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		m.Header.Set(name, text)
	}
	return nil
}

// digest is the value of Content-Digest, RFC 9530.
func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// base is the signature base, RFC 9421 section 2.5.
func base(m *Message, list httpsfv.InnerList) ([]byte, error) {
	var b bytes.Buffer
	for _, item := range list.Items {
		name, ok := item.Value.(string)
		if !ok {
			return nil, bad("a covered component is no string")
		}
		from := m
		for _, p := range item.Params.Names() {
			if p != "req" || m.Request == nil {
				return nil, bad("component " + name + " has a parameter that is not used here")
			}
			from = m.Request
		}
		value, err := component(from, name)
		if err != nil {
			return nil, err
		}
		id, err := httpsfv.Marshal(item)
		if err != nil {
			return nil, bad("component " + name + " cannot be read")
		}
		b.WriteString(id + ": " + value + "\n")
	}
	params, err := httpsfv.Marshal(list)
	if err != nil {
		return nil, bad("the parameters cannot be read")
	}
	b.WriteString(`"@signature-params": ` + params)
	return b.Bytes(), nil
}

// component is the value of one covered component, RFC 9421 sections 2.1 and 2.2.
func component(m *Message, name string) (string, error) {
	switch name {
	case "@method":
		return m.Method, nil
	case "@authority":
		return strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(m.Authority), ":443"), ":80"), nil
	case "@path":
		if m.Path == "" {
			return "/", nil
		}
		return m.Path, nil
	case "@query":
		return "?" + m.Query, nil
	case "@status":
		return strconv.Itoa(m.Status), nil
	}
	values := m.Header.Values(name)
	if strings.HasPrefix(name, "@") || name != strings.ToLower(name) || len(values) == 0 {
		return "", bad("the signature covers " + name + ", which is not there")
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.TrimSpace(v)
	}
	return strings.Join(trimmed, ", "), nil
}

func bad(what string) error {
	return &fault.Error{Kind: fault.Forbidden, Field: "signature", What: what, Expected: "a signature as docs/filing.md describes it"}
}

// Claim is a signature that was read, and not checked yet.
type Claim struct {
	Signature
	list  httpsfv.InnerList
	bytes []byte
}

// Claimed reads the signature of a message and whose it claims to be. Nothing in it
// is proved before Check.
func Claimed(m *Message) (Claim, error) {
	var none Claim
	inputs, err := httpsfv.UnmarshalDictionary(m.Header.Values("Signature-Input"))
	if err != nil {
		return none, bad("the field Signature-Input cannot be read")
	}
	values, err := httpsfv.UnmarshalDictionary(m.Header.Values("Signature"))
	if err != nil {
		return none, bad("the field Signature cannot be read")
	}
	for _, name := range inputs.Names() {
		member, _ := inputs.Get(name)
		list, ok := member.(httpsfv.InnerList)
		if !ok || text(list.Params, "tag") != tag {
			continue
		}
		value, _ := values.Get(name)
		item, _ := value.(httpsfv.Item)
		b, ok := item.Value.([]byte)
		if !ok {
			return none, bad("there is no signature to its input")
		}
		c := Claim{list: list, bytes: b, Signature: Signature{KeyID: text(list.Params, "keyid"), Nonce: text(list.Params, "nonce")}}
		created, hasCreated := number(list.Params, "created")
		expires, hasExpires := number(list.Params, "expires")
		if c.KeyID == "" || c.Nonce == "" || len(c.Nonce) > 200 || len(c.KeyID) > 200 || !hasCreated || !hasExpires {
			return none, bad("the signature lacks created, expires, nonce or keyid")
		}
		if alg := text(list.Params, "alg"); alg != "" && alg != algorithm {
			return none, bad("the signature is not of ed25519")
		}
		c.Created, c.Expires = time.Unix(created, 0).UTC(), time.Unix(expires, 0).UTC()
		return c, nil
	}
	return none, bad("the message has no signature")
}

func text(p *httpsfv.Params, name string) string {
	v, _ := p.Get(name)
	s, _ := v.(string)
	return s
}

func number(p *httpsfv.Params, name string) (int64, bool) {
	v, _ := p.Get(name)
	n, ok := v.(int64)
	return n, ok
}

// Check proves a claim: the digest is that of the body, everything that matters is
// covered, the signature is the key's, and its time is now.
func (c Claim) Check(m *Message, public ed25519.PublicKey, now time.Time) (Signature, error) {
	if !equalDigest(m) {
		return Signature{}, bad("the digest is not that of the content")
	}
	for _, need := range covered(m.Request != nil) {
		if !c.covers(need) {
			return Signature{}, bad(fmt.Sprintf("the signature does not cover %v", need.Value))
		}
	}
	base, err := base(m, c.list)
	if err != nil {
		return Signature{}, err
	}
	if len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, base, c.bytes) {
		return Signature{}, bad("the signature is not that of the key")
	}
	sum := sha256.Sum256(base)
	c.Sum = hex.EncodeToString(sum[:])
	return c.Signature, c.timely(now)
}

func (c Claim) covers(need httpsfv.Item) bool {
	want, err := httpsfv.Marshal(need)
	if err != nil {
		return false
	}
	for _, item := range c.list.Items {
		if have, err := httpsfv.Marshal(item); err == nil && have == want {
			return true
		}
	}
	return false
}

func (c Claim) timely(now time.Time) error {
	if d := now.Sub(c.Created); d > Skew || d < -Skew || now.After(c.Expires.Add(Skew)) {
		return &ClockError{Theirs: c.Created, Ours: now.UTC()}
	}
	return nil
}

// ClockError says that the clocks of the two sides differ by more than Skew, or
// that a message is old.
type ClockError struct{ Theirs, Ours time.Time }

// Error names both times.
func (e *ClockError) Error() string {
	return fmt.Sprintf("the message was signed at %s, and the clock here says %s: more than five minutes lie between them; set the clock that is wrong",
		e.Theirs.Format(time.RFC3339), e.Ours.Format(time.RFC3339))
}

// Unwrap makes it a fault that faces understand.
func (e *ClockError) Unwrap() error {
	return &fault.Error{Kind: fault.Forbidden, Field: "created", What: e.Error()}
}

// equalDigest reports whether Content-Digest names the SHA-256 of the body.
func equalDigest(m *Message) bool {
	d, err := httpsfv.UnmarshalDictionary(m.Header.Values("Content-Digest"))
	if err != nil {
		return false
	}
	member, _ := d.Get("sha-256")
	item, _ := member.(httpsfv.Item)
	have, _ := item.Value.([]byte)
	sum := sha256.Sum256(m.Body)
	return bytes.Equal(have, sum[:])
}
