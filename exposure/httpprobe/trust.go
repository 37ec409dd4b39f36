package httpprobe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
)

// trustOf says why a browser would not trust the certificate: then it ignores
// HSTS (RFC 6797 section 8.1). Nil also when there is no store to compare with.
func trustOf(s *exposure.Session, t exposure.Target, state *tls.ConnectionState) error {
	roots, ok := s.Data.Kinds[certprobe.RootsKind].(certprobe.Roots)
	if !ok || state == nil || t.Name == "" {
		return nil
	}
	if len(state.PeerCertificates) == 0 {
		return errors.New("no certificate was sent")
	}
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: t.Name, Roots: roots.Pool, Intermediates: between, CurrentTime: s.Now()})
	return err
}

// protocol is what TLS agrees on when HTTP/2 is offered.
func (c *Client) protocol(ctx context.Context) (string, error) {
	c.Close() // the place of this host is needed
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	plain, err := c.transport.DialContext(ctx, "tcp", "")
	if err != nil {
		return "", err
	}
	defer plain.Close()
	config := c.transport.TLSClientConfig.Clone()
	config.NextProtos = []string{"h2", "http/1.1"}
	conn := tls.Client(plain, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return "", err
	}
	return conn.ConnectionState().NegotiatedProtocol, nil
}
