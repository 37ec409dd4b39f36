// Package tsa asks a time-stamping authority to sign that a text existed at a time
// (RFC 3161), and checks what it signed.
package tsa

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// Bounds of a request.
const (
	patience    = 30 * time.Second
	mostAnswer  = 1 << 20
	queryType   = "application/timestamp-query"
	mostForward = 3 // redirects
)

// Stamp is what an authority signed.
type Stamp struct {
	At          time.Time // in UTC, to the second or finer, as the authority says
	Authority   string    // subject of the certificate that signed
	Certificate string    // its SHA-256, hexadecimal
	Policy      string    // object identifier
	Root        string    // subject of the root that its certificate led to; "" when no roots were given
	Until       time.Time // end of the certificate that ends first on the way to Root
}

// Client asks one authority. It is safe for concurrent use.
type Client struct {
	url   string
	roots *x509.CertPool
	http  *http.Client
}

// New makes a client of the authority at an address. With roots (PEM), only stamps
// whose certificate leads to one of them are taken; without, the certificate that
// comes with the stamp is.
func New(address string, roots []byte) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, &fault.Error{Kind: fault.Invalid, Field: "--timestamp-url", What: "this is not the address of a time-stamping authority", Expected: "for example http://timestamp.example.org"}
	}
	c := &Client{url: address, http: &http.Client{Timeout: patience, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) > mostForward {
			return errors.New("too many redirects")
		}
		return nil
	}}}
	c.roots, err = Roots(roots)
	return c, err
}

// Roots are the certificates in a PEM file, nil for an empty one: then nothing says
// whom to believe, and chains are not checked.
func Roots(pem []byte) (*x509.CertPool, error) {
	if len(pem) == 0 {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &fault.Error{Kind: fault.Invalid, Field: "--timestamp-ca", What: "the file holds no certificate", Expected: "certificates in PEM"}
	}
	return pool, nil
}

// reading is held while the library reads a token: it counts its depth in a variable
// of the package, which two at a time would write.
var reading sync.Mutex

// ReadAnswer reads the answer of an authority (RFC 3161, DER) without judging its
// signer. It is safe for concurrent use, as the library's own is not.
func ReadAnswer(answer []byte) (*timestamp.Timestamp, error) {
	reading.Lock()
	defer reading.Unlock()
	return timestamp.ParseResponse(answer)
}

// read reads a token, and its envelope for the signer.
func read(token []byte) (*timestamp.Timestamp, *pkcs7.PKCS7, error) {
	reading.Lock()
	defer reading.Unlock()
	t, err := timestamp.Parse(token)
	if err != nil {
		return nil, nil, err
	}
	p, err := pkcs7.Parse(token)
	return t, p, err
}

// Stamp has the message signed with the present time and returns the token, which
// Verify checks without the authority.
func (c *Client) Stamp(ctx context.Context, message []byte) (token []byte, s Stamp, err error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, s, fmt.Errorf("make a nonce: %w", err)
	}
	sum := sha256.Sum256(message)
	query, err := (&timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Nonce: nonce, Certificates: true}).Marshal()
	if err != nil {
		return nil, s, fmt.Errorf("write the request: %w", err)
	}
	answer, err := c.ask(ctx, query)
	if err != nil {
		return nil, s, err
	}
	t, err := ReadAnswer(answer)
	if err != nil {
		return nil, s, fmt.Errorf("read the answer of the time-stamping authority: %w", err)
	}
	if t.Nonce == nil || t.Nonce.Cmp(nonce) != 0 {
		return nil, s, errors.New("the time-stamping authority answered another request")
	}
	s, err = Verify(t.RawToken, message, c.roots)
	return t.RawToken, s, err
}

func (c *Client) ask(ctx context.Context, query []byte) (answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(query))
	if err != nil {
		return nil, fmt.Errorf("ask the time-stamping authority: %w", err)
	}
	r.Header.Set("Content-Type", queryType)
	res, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask the time-stamping authority: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the time-stamping authority answered %d", res.StatusCode)
	}
	return io.ReadAll(io.LimitReader(res.Body, mostAnswer))
}

// ErrNotStamped is the cause of every refusal of a token.
var ErrNotStamped = errors.New("the time stamp does not hold")

// ErrNotTrusted is the cause of the refusal of a token whose certificate did not
// lead to a root that is given, or led there over one that was not valid at the time.
var ErrNotTrusted = errors.New("its certificate leads to no root that is trusted")

// Verify checks that a token signs the message: the hash is that of the message, the
// signature is that of a certificate for time stamps, and, with roots, the
// certificate led to one of them at the time. Without roots it says who signed, not
// whether to believe them.
func Verify(token, message []byte, roots *x509.CertPool) (s Stamp, err error) {
	refuse := func(format string, args ...any) (Stamp, error) {
		return Stamp{}, fmt.Errorf("%w: "+format, append([]any{ErrNotStamped}, args...)...)
	}
	t, p, err := read(token)
	if err != nil {
		return refuse("%w", err)
	}
	signer := p.GetOnlySigner()
	if signer == nil || len(t.Certificates) == 0 { // Parse checks no signature without
		return refuse("its certificate is missing")
	}
	h := crypto.SHA256
	if t.HashAlgorithm != h {
		return refuse("its hash is not SHA-256")
	}
	sum := sha256.Sum256(message)
	if !bytes.Equal(t.HashedMessage, sum[:]) {
		return refuse("it signs something else")
	}
	if !slices.Contains(signer.ExtKeyUsage, x509.ExtKeyUsageTimeStamping) || t.Time.Before(signer.NotBefore) || t.Time.After(signer.NotAfter) {
		return refuse("its certificate is not one for time stamps at that time")
	}
	if roots != nil {
		between := x509.NewCertPool()
		for _, c := range t.Certificates {
			between.AddCert(c)
		}
		chains, err := signer.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: t.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}})
		if err != nil {
			return refuse("%w: %w", ErrNotTrusted, err)
		}
		s.Root, s.Until = best(chains)
	}
	print := sha256.Sum256(signer.Raw)
	s.At, s.Authority, s.Certificate, s.Policy = t.Time.UTC(), signer.Subject.String(), hex.EncodeToString(print[:]), t.Policy.String()
	return s, nil
}

// best is the chain that is valid longest: its root, and when its first certificate
// ends.
func best(chains [][]*x509.Certificate) (root string, until time.Time) {
	for _, chain := range chains {
		end := chain[0].NotAfter
		for _, c := range chain {
			if c.NotAfter.Before(end) {
				end = c.NotAfter
			}
		}
		if end.After(until) {
			root, until = chain[len(chain)-1].Subject.String(), end.UTC()
		}
	}
	return root, until
}
