package tlsprobe_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/cryptobyte"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

// imagined is a server that takes what it is told to, and chooses in its own order.
type imagined struct {
	suites map[uint16][]uint16 // by version
	groups []uint16            // of TLS 1.3
	closes bool                // instead of an alert
	most   int                 // suites that it can bear; 0: any number
	warns  bool                // that it does not know the name, before it answers
	ended  func([]byte) []byte // what an answer becomes for whoever ends their half of the connection; nil: it stays
}

// connect makes a connection to the server.
func (m *imagined) connect(context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	go m.serve(server)
	return client, nil
}

func (m *imagined) serve(server net.Conn) {
	defer server.Close()
	var head [5]byte
	if _, err := io.ReadFull(server, head[:]); err != nil {
		return
	}
	body := make([]byte, int(head[3])<<8|int(head[4]))
	if head[0] != 22 { // SSL 2, which has two bytes before the rest
		body = make([]byte, int(head[0]&0x7f)<<8|int(head[1])-3)
	}
	if _, err := io.ReadFull(server, body); err != nil {
		return
	}
	answer := m.answer(body)
	if head[0] != 22 || len(answer) == 0 || m.closes && answer[0] == 21 {
		return
	}
	if m.warns {
		server.Write([]byte{21, 3, 3, 0, 2, 1, 112})
	}
	if m.ended != nil {
		server.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		if _, err := server.Read(head[:]); errors.Is(err, io.EOF) {
			answer = m.ended(answer)
		}
	}
	server.Write(answer)
}

// TestHalfClosed: servers that serve whoever ends their half of a connection otherwise
// than others are seen as they are.
func TestHalfClosed(t *testing.T) {
	t.Parallel()
	for name, ended := range map[string]func([]byte) []byte{
		"answers":                  func(b []byte) []byte { return b },
		"says nothing":             func([]byte) []byte { return nil },
		"says half of its answer":  func(b []byte) []byte { return b[:len(b)/2] },
		"says goodbye":             func([]byte) []byte { return []byte{21, 3, 3, 0, 2, 1, 0} },
		"complains about the end":  func([]byte) []byte { return []byte{21, 3, 3, 0, 2, 2, 80} },
		"forgets the last message": func(b []byte) []byte { b[4] -= 4; return b[:len(b)-4] },
	} {
		m := &imagined{ended: ended, groups: []uint16{29, 23}, suites: map[uint16][]uint16{tlsprobe.TLS13: {0x1301, 0x1303}, tlsprobe.TLS12: {0xc02f, 0x0035}}}
		l := exposuretest.Listen(t, "127.0.0.1")
		go func() {
			for c, err := l.Accept(); err == nil; c, err = l.Accept() {
				go m.serve(c)
			}
		}()
		v, err := ask(l.Addr().String()).Look(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, s := range v.Versions {
			if got, want := slices.Sorted(slices.Values(s.Suites)), slices.Sorted(slices.Values(m.suites[s.Version])); !slices.Equal(got, want) || s.Err != nil || s.Rest != nil {
				t.Errorf("%s: %s: %x, %v, %v; want %x", name, tlsprobe.VersionName(s.Version), got, s.Err, s.Rest, want)
			}
		}
		if got := v.Groups[tlsprobe.TLS13]; !slices.Equal(slices.Sorted(slices.Values(got)), []uint16{23, 29}) || v.GroupErr[tlsprobe.TLS13] != nil {
			t.Errorf("%s: groups %x, %v", name, got, v.GroupErr[tlsprobe.TLS13])
		}
	}
}

// TestUnknownName: a server that warns of a name that it does not know, and goes on,
// speaks what it speaks.
func TestUnknownName(t *testing.T) {
	t.Parallel()
	all := map[uint16][]uint16{tlsprobe.TLS13: {0x1301}, tlsprobe.TLS12: {0xc02f, 0x0035}}
	speaks(t, &imagined{warns: true, groups: []uint16{29}, suites: all})
}

// TestManySuites: a server that hangs up on whoever offers many suites speaks what it
// speaks.
func TestManySuites(t *testing.T) {
	t.Parallel()
	for _, all := range []map[uint16][]uint16{{tlsprobe.TLS12: {0xc02f, 0x0035}}, {tlsprobe.TLS13: {0x1301}, tlsprobe.TLS10: {0x0004, 0x002f, 0x0035}}} {
		speaks(t, &imagined{most: 64, groups: []uint16{29}, suites: all})
	}
}

// speaks fails the test unless what is found is what the server has.
func speaks(t *testing.T, m *imagined) {
	t.Helper()
	for _, s := range tlsprobe.NewServer(m.connect, "example.org", 5*time.Second, 4).Versions(t.Context()) {
		if got, want := slices.Sorted(slices.Values(s.Suites)), slices.Sorted(slices.Values(m.suites[s.Version])); !slices.Equal(got, want) || s.Err != nil || s.Rest != nil {
			t.Errorf("%s: %x, %v, %v; want %x", tlsprobe.VersionName(s.Version), got, s.Err, s.Rest, want)
		}
	}
}

// TestUnreachable: where the first connection cannot be made, not many are tried.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	var tried atomic.Int32
	s := tlsprobe.NewServer(func(context.Context) (net.Conn, error) { tried.Add(1); return nil, refused }, "", time.Second, 4)
	if _, err := s.LookAndFinish(t.Context()); !errors.Is(err, refused) {
		t.Errorf("the error is %v", err)
	}
	if n := tried.Load(); n > 8 {
		t.Errorf("%d connections were tried", n)
	}
}

var retryRandom, _ = hex.DecodeString("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

func (m *imagined) answer(hello []byte) []byte {
	version, suites, groups := readHello(hello)
	if m.most > 0 && len(suites) > m.most {
		return nil
	}
	alert := func(n byte) []byte { return []byte{21, 3, 1, 0, 2, 2, n} }
	mine, ok := m.suites[version]
	if !ok {
		return alert(70)
	}
	suite := slices.IndexFunc(mine, func(s uint16) bool { return slices.Contains(suites, s) })
	if suite < 0 {
		return alert(40)
	}
	random, extensions := make([]byte, 32), []byte(nil)
	if version == tlsprobe.TLS13 {
		group := slices.IndexFunc(m.groups, func(g uint16) bool { return slices.Contains(groups, g) })
		if group < 0 {
			return alert(40)
		}
		random = retryRandom
		extensions = binary.BigEndian.AppendUint16([]byte{0, 43, 0, 2, 3, 4, 0, 51, 0, 2}, m.groups[group])
	}
	var b cryptobyte.Builder
	b.AddUint8(22)
	b.AddUint16(0x0303)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(2)
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16(min(version, tlsprobe.TLS12))
			b.AddBytes(random)
			b.AddUint8(0)
			b.AddUint16(mine[suite])
			b.AddUint8(0)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(extensions) })
		})
		if version < tlsprobe.TLS13 {
			b.AddBytes([]byte{14, 0, 0, 0}) // that is all
		}
	})
	return b.BytesOrPanic()
}

// readHello reads what a hello offers.
func readHello(b []byte) (version uint16, suites, groups []uint16) {
	s := cryptobyte.String(b)
	var random []byte
	var session, list, compression, extensions cryptobyte.String
	if !s.Skip(4) || !s.ReadUint16(&version) || !s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&session) ||
		!s.ReadUint16LengthPrefixed(&list) || !s.ReadUint8LengthPrefixed(&compression) {
		return 0, nil, nil
	}
	values := func(s cryptobyte.String) (out []uint16) {
		for v := uint16(0); s.ReadUint16(&v); {
			out = append(out, v)
		}
		return out
	}
	suites = values(list)
	for s.ReadUint16LengthPrefixed(&extensions); !extensions.Empty(); {
		var id uint16
		var body cryptobyte.String
		if !extensions.ReadUint16(&id) || !extensions.ReadUint16LengthPrefixed(&body) {
			break
		}
		switch {
		case id == 43:
			version = tlsprobe.TLS13
		case id == 10 && body.Skip(2):
			groups = values(body)
		}
	}
	return version, suites, groups
}

// some draws a part of a list, in any order.
func some(t *rapid.T, from []uint16, most int, label string) []uint16 {
	list := rapid.Permutation(from).Draw(t, label)
	return list[:rapid.IntRange(1, min(most, len(list))).Draw(t, label+" taken")]
}

// TestManyAtOnce: what is found is what the server takes, whether it is asked one
// thing after the other or many at a time.
func TestManyAtOnce(t *testing.T) {
	usual := []uint16{0x0004, 0x0005, 0x000a, 0x0016, 0x002f, 0x0033, 0x0035, 0x0039, 0x003c, 0x003d, 0x0067, 0x006b, 0x009c, 0x009d, 0x009e, 0x009f,
		0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc024, 0xc027, 0xc028, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0x0018, 0x0034, 0x0041, 0x0084}
	groups := []uint16{0x11ec, 29, 23, 24, 25, 30, 256, 257, 258}
	rapid.Check(t, func(t *rapid.T) {
		m := &imagined{suites: map[uint16][]uint16{}, groups: some(t, groups, len(groups), "groups"), closes: rapid.Bool().Draw(t, "closes")}
		for _, v := range []uint16{tlsprobe.SSL3, tlsprobe.TLS10, tlsprobe.TLS11, tlsprobe.TLS12} {
			if rapid.Bool().Draw(t, tlsprobe.VersionName(v)) {
				m.suites[v] = some(t, usual, 30, "suites")
			}
		}
		if rapid.Bool().Draw(t, "TLS 1.3") || len(m.suites) == 0 {
			m.suites[tlsprobe.TLS13] = some(t, []uint16{0x1301, 0x1302, 0x1303, 0x1304}, 4, "suites")
		}
		var first []tlsprobe.Support
		for _, parallel := range []int{1, rapid.IntRange(2, 8).Draw(t, "at once")} {
			s := tlsprobe.NewServer(m.connect, "example.org", 5*time.Second, parallel)
			found := s.Versions(t.Context())
			for i, v := range found {
				if want := slices.Sorted(slices.Values(m.suites[v.Version])); !slices.Equal(slices.Sorted(slices.Values(v.Suites)), want) || v.Offered != (want != nil) || v.Err != nil || v.Rest != nil {
					t.Fatalf("%s, %d at once: %x, %v, %v, want %x", tlsprobe.VersionName(v.Version), parallel, v.Suites, v.Err, v.Rest, want)
				}
				if first != nil && (!slices.Equal(first[i].Suites, v.Suites) || first[i].Better != v.Better) {
					t.Fatalf("%s: %s", tlsprobe.VersionName(v.Version), cmp.Diff(first[i].Suites, v.Suites))
				}
			}
			first = found
			if len(m.suites[tlsprobe.TLS13]) > 0 {
				got, err := s.Groups(t.Context(), tlsprobe.TLS13, m.suites[tlsprobe.TLS13])
				if slices.Sort(got); err != nil || !slices.Equal(got, slices.Sorted(slices.Values(m.groups))) {
					t.Fatalf("%d at once: groups %x, %v, want %x", parallel, got, err, m.groups)
				}
			}
		}
	})
}
