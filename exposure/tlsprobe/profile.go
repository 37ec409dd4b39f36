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
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	c.Close()
	all := newCrew(s.parallel)
	var list []uint16
	var failed error
	v.Versions = s.versions(ctx, all, func(version uint16) {
		if version != TLS13 {
			return
		}
		if finish { // what takes longest begins first
			all.add(func() { v.Finished.add(s.modernTickets(ctx)) })
		}
		s.groups(ctx, all, TLS13, offered(TLS13), func(l []uint16, err error) { list, failed = l, err })
	})
	all.finish()
	settle(v.Versions)
	if v.Speaks() {
		if v.Support(TLS13).Offered {
			v.Groups[TLS13], v.GroupErr[TLS13] = list, failed
		}
		s.details(ctx, v, finish)
	}
	v.Connections = s.Connections()
	if !v.Speaks() {
		return v, firstError(v.Versions)
	}
	return v, nil
}

// details asks what depends on the versions.
func (s *Server) details(ctx context.Context, v *View, finish bool) {
	all := newCrew(s.parallel)
	if finish {
		s.finishOld(ctx, all, v)
	}
	var list []uint16
	var failed error
	best := v.Highest(TLS12)
	if best > SSL3 {
		s.groups(ctx, all, best, v.Support(best).Suites, func(l []uint16, err error) { list, failed = l, err })
	}
	v.extensions()
	s.quantum(ctx, all, v)
	s.habits(ctx, all, v)
	all.add(func() { v.Heartbleed = s.heartbleed(ctx, v) }, func() { s.names(ctx, v) })
	all.finish()
	if best > SSL3 {
		v.Groups[best], v.GroupErr[best] = list, failed
	}
}

func firstError(list []Support) error {
	for _, s := range list {
		if s.Err != nil {
			return s.Err
		}
	}
	return nil
}

// quantum judges whether the groups withstand quantum computers.
func (s *Server) quantum(ctx context.Context, all *crew, v *View) {
	groups, known := v.Groups[TLS13]
	switch err := v.GroupErr[TLS13]; {
	case err != nil && !slices.ContainsFunc(groups, PostQuantum):
		v.PostQuantum, v.Preferred = unsure(err), unsure(err)
	case !known:
		v.PostQuantum, v.Preferred = yes(false), unsure(errNotOffered)
	default:
		v.PostQuantum = yes(slices.ContainsFunc(groups, PostQuantum))
		all.add(func() { v.Preferred = s.preferred(ctx, groups) })
	}
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
}

// offer are suites of a version that the server takes, as many as may be offered at a
// time.
func (v *View) offer(version uint16) []uint16 {
	suites := v.Support(version).Suites
	return suites[:min(len(suites), chunk)]
}

// habits asks what only a question of its own shows.
func (s *Server) habits(ctx context.Context, all *crew, v *View) {
	best := v.Highest(TLS12)
	if best < TLS10 {
		v.Compression, v.OldSignature, v.ShortSignature = unsure(errNotOffered), unsure(errNotOffered), unsure(errNotOffered)
	} else {
		all.add(func() {
			f, err := s.ask(ctx, question{version: best, suites: v.offer(best), compression: []byte{1}})
			v.Compression = answered(err, func() bool { return f.Compression != 0 })
		}, func() { v.OldSignature = s.signs(ctx, v, 0x0201, 0x0203, 0x0202, 0x0101) },
			func() { v.ShortSignature = s.signs(ctx, v, 0x0301, 0x0303, 0x0302) })
	}
	all.add(func() { v.Fallback = s.fallback(ctx, v) }, func() {
		top := v.Highest(TLS13)
		f, err := s.ask(ctx, question{version: top, suites: v.offer(top), grease: true, padding: 1500, plain: top == SSL3})
		v.Tolerant = answered(err, func() bool { return f.Suite != 0 })
		if errors.Is(err, errRefused) || silent(err) {
			v.Tolerant = yes(false)
		}
	})
	s.protocols(ctx, all, v)
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
func (s *Server) signs(ctx context.Context, v *View, schemes ...uint16) Answer {
	sup := v.Support(TLS12)
	suites := slices.DeleteFunc(slices.Clone(sup.Suites), func(id uint16) bool {
		suite := SuiteOf(id)
		return !suite.Ephemeral() || suite.Anonymous()
	})
	if !sup.Offered || len(suites) == 0 {
		return unsure(errNotOffered)
	}
	f, err := s.ask(ctx, question{version: TLS12, suites: suites[:min(len(suites), chunk)], signatures: schemes})
	return answered(err, func() bool { return slices.Contains(schemes, f.Signature) })
}

// fallback pretends to be a client that was talked down.
func (s *Server) fallback(ctx context.Context, v *View) Answer {
	top := v.Highest(TLS13)
	var below uint16
	for _, sup := range v.Versions {
		if sup.Offered && sup.Version < top && sup.Version >= TLS10 {
			below = max(below, sup.Version)
		}
	}
	if below == 0 {
		return unsure(errNotOffered)
	}
	_, err := s.ask(ctx, question{version: below, suites: v.offer(below), extra: []uint16{signalFallback}})
	switch {
	case err == nil:
		return yes(false)
	case errors.Is(err, errRefused):
		return yes(true)
	}
	return unsure(err)
}

// protocols finds out which of the usual protocols the server agrees on: it offers all,
// takes off what was chosen, and offers the rest, until nothing is chosen. Most servers
// that are no web servers know nothing of this, and say so once.
func (s *Server) protocols(ctx context.Context, all *crew, v *View) {
	best := v.Highest(TLS12)
	if best < TLS10 {
		return
	}
	all.add(func() {
		usual := []string{"h2", "http/1.1", "imap", "pop3", "smtp", "ftp"}
		var found []string
		for rest := slices.Clone(usual); len(rest) > 0; {
			f, err := s.ask(ctx, question{version: best, suites: v.offer(best), alpn: rest})
			i := slices.IndexFunc(rest, func(p string) bool { return chose(f, p) })
			if err != nil || i < 0 {
				break
			}
			found = append(found, rest[i])
			rest = slices.Delete(rest, i, i+1)
		}
		slices.SortFunc(found, func(a, b string) int { return slices.Index(usual, a) - slices.Index(usual, b) })
		v.Protocols = found
	})
}

// chose reports whether a flight chooses a protocol: a list with it alone, RFC 7301
// section 3.1.
func chose(f Flight, protocol string) bool {
	n := len(protocol)
	return string(f.Extensions[extALPN]) == string([]byte{0, byte(n + 1), byte(n)})+protocol
}

// names asks with a name that nobody has.
func (s *Server) names(ctx context.Context, v *View) {
	best := v.Highest(TLS12)
	if best < TLS10 || len(v.Chains) == 0 {
		v.Unknown = unsure(errNotOffered)
		return
	}
	f, err := s.ask(ctx, question{version: best, suites: v.offer(best), name: "no-such-name.nisaba.invalid"})
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

// heartbleed sends one heartbeat that claims one byte more than it has, after the
// server has said all that it says: an answer means CVE-2014-0160.
func (s *Server) heartbleed(ctx context.Context, v *View) Answer {
	best := v.Highest(TLS12)
	if best < TLS10 {
		return yes(false)
	}
	q := question{version: best, suites: v.offer(best), heartbeat: true, name: s.name}
	hello, err := q.bytes()
	if err != nil {
		return unsure(err)
	}
	c, err := s.connect(ctx)
	if err != nil {
		return unsure(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(s.timeout))
	if _, err := c.Write(hello); err != nil {
		return unsure(err)
	}
	f, err := readFlight(c)
	if _, ok := f.Extensions[extHeartbeat]; !ok {
		return answered(err, func() bool { return false })
	}
	// type 1 (request), claimed length 20, payload 3, padding 16: one byte too much.
	beat := append([]byte{24, byte(best >> 8), byte(best), 0, 22, 1, 0, 20}, make([]byte, 19)...)
	if _, err := c.Write(beat); err != nil {
		return unsure(err)
	}
	c.SetReadDeadline(time.Now().Add(min(s.timeout, 2*time.Second)))
	return beaten(c)
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
	c, err := s.connect(ctx)
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
