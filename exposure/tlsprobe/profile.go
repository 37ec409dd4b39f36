package tlsprobe

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

// View is everything that was found out about a server.
type View struct {
	Versions []Support
	Groups   map[uint16][]uint16 // by version: 1.3, and the highest below
	GroupErr map[uint16]error

	Fallback       Answer // TLS_FALLBACK_SCSV is honoured
	Compression    Answer // of TLS is offered
	Extended       Answer // Extended Master Secret
	Secure         Answer // RFC 5746
	OldSignature   Answer // signs the key exchange with SHA-1 or MD5
	ShortSignature Answer // … with SHA-224
	Tolerant       Answer // of unknown values and long hellos
	PostQuantum    Answer // a hybrid group is offered
	Preferred      Answer // … and chosen before a classical one
	Heartbleed     Answer
	ClientCert     Answer
	Staple         []byte
	Protocols      []string // of ALPN that are accepted
	Chains         [][][]byte
	Unknown        Answer // a name that is not served gets another certificate, or an alert
	DefaultChain   [][]byte
	Finished       Finished // asked for by LookAndFinish
	Connections    int
	Raw            []byte // first flight, for the transcript
}

// Answer is yes, no, or not known with the reason.
type Answer struct {
	Known, Yes bool
	Err        error
}

func yes(b bool) Answer       { return Answer{Known: true, Yes: b} }
func unsure(err error) Answer { return Answer{Err: err} }

// errNotOffered is why something cannot be asked.
var errNotOffered = errors.New("the version that it belongs to is not offered")

// errNoHybrid is why no preference can be seen.
var errNoHybrid = fmt.Errorf("no hybrid group is offered, or %w", errNotOffered)

// Support is what is known of one version.
func (v *View) Support(version uint16) Support {
	i := slices.IndexFunc(v.Versions, func(s Support) bool { return s.Version == version })
	if i < 0 {
		return Support{Version: version, Err: errNotOffered}
	}
	return v.Versions[i]
}

// Highest is the highest version offered below a limit, 0 for none.
func (v *View) Highest(limit uint16) uint16 {
	for _, s := range v.Versions { // highest first
		if s.Offered && s.Version <= limit {
			return s.Version
		}
	}
	return 0
}

// Speaks reports whether any version is offered.
func (v *View) Speaks() bool { return v.Highest(TLS13) != 0 }

// Look asks everything that does not need a finished handshake. The error is that of
// the first connection: nothing could be asked then.
func (s *Server) Look(ctx context.Context) (*View, error) { return s.look(ctx, false) }

// LookAndFinish asks everything, also what follows a handshake.
func (s *Server) LookAndFinish(ctx context.Context) (*View, error) { return s.look(ctx, true) }

func (s *Server) look(ctx context.Context, finish bool) (*View, error) {
	v := &View{Groups: map[uint16][]uint16{}, GroupErr: map[uint16]error{}, Finished: Finished{Again: unsure(errNotOffered)}}
	d := &details{Server: s, ctx: ctx, crew: newCrew(s.parallel), view: v, finish: finish, found: map[uint16][]uint16{}}
	s.decide()
	v.Versions = s.versions(ctx, d.crew, d.took, d.recent)
	d.crew.finish()
	if err := s.unreachable(); err != nil {
		return nil, err
	}
	settle(v.Versions)
	if v.Speaks() {
		d.rest()
		d.conclude()
	}
	v.Connections = s.Connections()
	if !v.Speaks() {
		return v, firstError(v.Versions)
	}
	return v, nil
}

func firstError(list []Support) error {
	for _, s := range list {
		if s.Err != nil {
			return s.Err
		}
	}
	return nil
}

// quantum judges whether the groups of TLS 1.3 withstand quantum computers.
func (s *Server) quantum(ctx context.Context, all *crew, v *View, groups []uint16, err error) {
	v.PostQuantum = yes(slices.ContainsFunc(groups, PostQuantum))
	if err != nil && !v.PostQuantum.Yes {
		v.PostQuantum, v.Preferred = unsure(err), unsure(err)
		return
	}
	all.add(func() { v.Preferred = s.preferred(ctx, groups) })
}

// preferred offers the classical groups first, and sees whether the server still
// takes the one that withstands quantum computers.
func (s *Server) preferred(ctx context.Context, groups []uint16) Answer {
	classical, quantum := []uint16(nil), []uint16(nil)
	for _, g := range groups {
		if PostQuantum(g) {
			quantum = append(quantum, g)
		} else {
			classical = append(classical, g)
		}
	}
	if len(quantum) == 0 {
		return unsure(errNoHybrid)
	}
	if len(classical) == 0 {
		return yes(true)
	}
	f, err := s.ask(ctx, question{version: TLS13, suites: offered(TLS13), groups: append(classical, quantum...)})
	if err != nil {
		return unsure(err)
	}
	return yes(PostQuantum(f.Group))
}

// extensions reads what the flights already say.
func (v *View) extensions() {
	v.Extended, v.Secure, v.ClientCert = unsure(errNotOffered), unsure(errNotOffered), unsure(errNotOffered)
	seen := map[string]bool{}
	for _, sup := range v.Versions {
		for _, f := range sup.Flights {
			if len(v.Raw) == 0 {
				v.Raw = f.Raw
			}
			if len(f.Staple) > 0 {
				v.Staple = f.Staple
			}
			if len(f.Certificates) > 0 && !seen[string(f.Certificates[0])] {
				seen[string(f.Certificates[0])] = true
				v.Chains = append(v.Chains, f.Certificates)
			}
		}
	}
	if sup := v.Support(v.Highest(TLS12)); sup.Offered && sup.Version >= TLS10 && len(sup.Flights) > 0 {
		f := sup.Flights[0]
		_, extended := f.Extensions[extExtendedMaster]
		_, secure := f.Extensions[extRenegotiation]
		v.Extended, v.Secure = yes(extended), yes(secure)
		// Suites without a certificate of the server ask for none of the client.
		v.ClientCert = yes(slices.ContainsFunc(sup.Flights, func(f Flight) bool { return f.ClientCert }))
	}
	ephemeral := func(id uint16) bool { suite := SuiteOf(id); return suite.Ephemeral() && !suite.Anonymous() }
	if !slices.ContainsFunc(v.Support(TLS12).Suites, ephemeral) { // nothing is signed
		v.OldSignature, v.ShortSignature = unsure(errNotOffered), unsure(errNotOffered)
	}
}

// habits asks what only a question of its own shows.
func (d *details) habits(b basis) {
	v := d.view
	if b.best < TLS10 {
		v.Compression, v.OldSignature, v.ShortSignature, v.Heartbleed = unsure(errNotOffered), unsure(errNotOffered), unsure(errNotOffered), yes(false)
	} else {
		d.crew.add(func() { d.several(b) },
			func() { v.OldSignature = d.signs(d.ctx, b, 0x0201, 0x0203, 0x0202, 0x0101) },
			func() { v.ShortSignature = d.signs(d.ctx, b, 0x0301, 0x0303, 0x0302) })
	}
	d.crew.add(func() {
		f, err := d.ask(d.ctx, question{version: b.top, suites: b.suites[b.top], grease: true, padding: 1500, plain: b.top == SSL3})
		v.Tolerant = answered(err, func() bool { return f.Suite != 0 })
		if errors.Is(err, errRefused) || silent(err) {
			v.Tolerant = yes(false)
		}
	})
}

// usualProtocols are those of ALPN that are asked for.
var usualProtocols = []string{"h2", "http/1.1", "imap", "pop3", "smtp", "ftp"}

// several offers compression, a heartbeat and protocols with one hello. A server that
// does not take it is asked for each alone.
func (d *details) several(b basis) {
	v, q := d.view, question{version: b.best, suites: b.suites[b.best], name: d.name}
	together, alone := q, q
	together.heartbeat, together.compression, together.alpn = true, []byte{1}, usualProtocols
	alone.heartbeat = true
	f, beaten, err := d.heartbeat(d.ctx, together)
	if err == nil && f.Done && f.Version == b.best {
		v.Compression, v.Heartbleed = yes(f.Compression != 0), beaten
		v.Protocols = d.protocols(d.ctx, b, f)
		return
	}
	d.crew.add(func() {
		q.compression = []byte{1}
		f, err := d.ask(d.ctx, q)
		v.Compression = answered(err, func() bool { return f.Compression != 0 })
	}, func() { _, v.Heartbleed, _ = d.heartbeat(d.ctx, alone) }, func() {
		protocols := alone
		protocols.heartbeat, protocols.alpn = false, usualProtocols
		if f, err := d.ask(d.ctx, protocols); err == nil {
			v.Protocols = d.protocols(d.ctx, b, f)
		}
	})
}

// answered is a clear answer, or a clear no of the server, or not known.
func answered(err error, f func() bool) Answer {
	switch {
	case err == nil:
		return yes(f())
	case errors.Is(err, errRefused):
		return yes(false)
	}
	return unsure(err)
}

// signs offers nothing but some schemes, and sees whether one of them is used.
func (s *Server) signs(ctx context.Context, b basis, schemes ...uint16) Answer {
	if b.best != TLS12 {
		return unsure(errNotOffered)
	}
	suites := listed(signed)
	f, err := s.ask(ctx, question{version: TLS12, suites: suites[:min(len(suites), s.bears())], signatures: schemes})
	return answered(err, func() bool { return slices.Contains(schemes, f.Signature) })
}

// fallback pretends to be a client that was talked down.
func (s *Server) fallback(ctx context.Context, b basis) Answer {
	if b.below == 0 {
		return unsure(errNotOffered)
	}
	_, err := s.ask(ctx, question{version: b.below, suites: b.suites[b.below], extra: []uint16{signalFallback}})
	switch {
	case err == nil:
		return yes(false)
	case errors.Is(err, errRefused):
		return yes(true)
	}
	return unsure(err)
}

// protocols finds out which of the usual protocols the server agrees on, from its answer
// to all of them: it takes off what was chosen, and offers the rest, until nothing is
// chosen. Most servers that are no web servers know nothing of this, and say so once.
func (s *Server) protocols(ctx context.Context, b basis, f Flight) (found []string) {
	for rest := slices.Clone(usualProtocols); ; {
		i := slices.IndexFunc(rest, func(p string) bool { return chose(f, p) })
		if i < 0 {
			break
		}
		found = append(found, rest[i])
		if rest = slices.Delete(rest, i, i+1); len(rest) == 0 {
			break
		}
		var err error
		if f, err = s.ask(ctx, question{version: b.best, suites: b.suites[b.best], alpn: rest}); err != nil {
			break
		}
	}
	slices.SortFunc(found, func(a, b string) int { return slices.Index(usualProtocols, a) - slices.Index(usualProtocols, b) })
	return found
}

// chose reports whether a flight chooses a protocol: a list with it alone, RFC 7301
// section 3.1.
func chose(f Flight, protocol string) bool {
	n := len(protocol)
	return string(f.Extensions[extALPN]) == string([]byte{0, byte(n + 1), byte(n)})+protocol
}

// unknownName judges the answer to a name that nobody has.
func (v *View) unknownName(f Flight, err error) {
	if err == nil {
		v.DefaultChain = f.Certificates
	}
	v.Unknown = answered(err, func() bool {
		return len(f.Certificates) > 0 && !slices.ContainsFunc(v.Chains, func(c [][]byte) bool { return bytes.Equal(c[0], f.Certificates[0]) })
	})
	if errors.Is(err, errRefused) {
		v.Unknown = yes(true)
	}
}

// heartbeat asks a question that offers heartbeats. A server that agrees gets one that
// claims one byte more than it has, after it has said all that it says: an answer means
// CVE-2014-0160, Heartbleed. The error is why the question has no answer.
func (s *Server) heartbeat(ctx context.Context, q question) (f Flight, bleeds Answer, err error) {
	hello, err := q.bytes()
	if err != nil {
		return f, unsure(err), err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return f, unsure(err), err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(s.timeout))
	if _, err := c.Write(hello); err != nil {
		return f, unsure(err), err
	}
	f, err = readFlight(c)
	if _, ok := f.Extensions[extHeartbeat]; !ok {
		return f, answered(err, func() bool { return false }), err
	}
	// type 1 (request), claimed length 20, payload 3, padding 16: one byte too much.
	beat := append([]byte{24, byte(q.version >> 8), byte(q.version), 0, 22, 1, 0, 20}, make([]byte, 19)...)
	if _, err := c.Write(beat); err != nil {
		return f, unsure(err), nil
	}
	c.SetReadDeadline(time.Now().Add(min(s.timeout, 2*time.Second)))
	return f, beaten(c), nil
}

func beaten(c net.Conn) Answer {
	var head [5]byte
	_, err := io.ReadFull(c, head[:])
	switch {
	case err == nil && head[0] == 24:
		return yes(true)
	case err == nil, silent(err):
		return yes(false)
	}
	return unsure(fmt.Errorf("after the heartbeat: %w", err))
}

// Served is a certificate as a server shows it.
type Served struct {
	Chain  [][]byte // the certificate first
	Staple []byte   // OCSP answer that came with it; nil: none
}

// Chains lists the chains of Certificates.
func (s *Server) Chains(ctx context.Context) (chains [][][]byte, err error) {
	list, err := s.Certificates(ctx)
	for _, served := range list {
		chains = append(chains, served.Chain)
	}
	return chains, err
}

// Certificates lists the different certificates that the server shows: one for RSA and
// one for elliptic curves, when it has both.
func (s *Server) Certificates(ctx context.Context) ([]Served, error) {
	kinds := []string{"ECDSA", "RSA"}
	found, errs := make([]Served, len(kinds)), make([]error, len(kinds))
	all := newCrew(s.parallel)
	for i, auth := range kinds {
		all.add(func() {
			found[i], errs[i] = s.served(ctx, func(suite Suite) bool {
				return suite.Auth == auth && (suite.Key == "ECDHE" || suite.Key == "DHE" || suite.Key == "RSA")
			})
		})
	}
	all.finish()
	var list []Served
	for _, c := range found {
		if len(c.Chain) > 0 && !slices.ContainsFunc(list, func(x Served) bool { return bytes.Equal(x.Chain[0], c.Chain[0]) }) {
			list = append(list, c)
		}
	}
	if len(list) > 0 {
		return list, nil
	}
	other, failed := s.served(ctx, func(suite Suite) bool { return !suite.Anonymous() })
	if len(other.Chain) > 0 {
		return []Served{other}, nil
	}
	modern, err := s.servedModern(ctx)
	if err == nil {
		return []Served{modern}, nil
	}
	return nil, cmp.Or(failed, errs[0], errs[1], err)
}

// served asks for the certificate with some of the suites. Without one, the error says
// why it is not known whether there is one; nil: there is none.
func (s *Server) served(ctx context.Context, wanted func(Suite) bool) (out Served, failed error) {
	for _, version := range []uint16{TLS12, TLS10} {
		var suites []uint16
		for _, id := range offered(version) {
			if wanted(SuiteOf(id)) {
				suites = append(suites, id)
			}
		}
		f, err := s.ask(ctx, question{version: version, suites: suites[:min(len(suites), 2*chunk)]})
		switch {
		case err == nil && len(f.Certificates) > 0:
			return Served{f.Certificates, f.Staple}, nil
		case err == nil:
			return out, nil
		case !errors.Is(err, errRefused):
			failed = err
		}
	}
	return out, failed
}

// servedModern finishes a handshake, because TLS 1.3 encrypts the certificate.
func (s *Server) servedModern(ctx context.Context) (Served, error) {
	c, err := s.dial(ctx)
	if err != nil {
		return Served{}, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(s.timeout))
	var chain [][]byte
	client := tls.Client(c, &tls.Config{ServerName: s.name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, // judged afterwards, whatever it is
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error { chain = raw; return nil }})
	if err := client.HandshakeContext(ctx); err != nil && len(chain) == 0 {
		return Served{}, err
	}
	return Served{chain, client.ConnectionState().OCSPResponse}, nil
}
