package dnsprobe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
)

// server is who is asked.
type server struct {
	name    string         // folded; "" for a resolver
	address netip.AddrPort // pinned
	via     *exposure.Via  // nil for a resolver
	class   exposure.Class // "": passive
}

func (s server) request(udp bool) exposure.Request {
	class := s.class
	if class == "" {
		class = exposure.Passive
	}
	return exposure.Request{Name: s.name, Address: s.address, Class: class, Via: s.via, UDP: udp}
}

// reply is one message as it came.
type reply struct {
	Msg  *dns.Msg
	Size int // bytes
	TCP  bool
}

// newQuestion asks for signatures; size is what may come over UDP.
func newQuestion(name string, kind uint16, size uint16) *dns.Msg {
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(name), kind)
	m.RecursionDesired = false
	m.SetEdns0(size, true)
	return m
}

// tries is how often a question over UDP is sent.
const tries = 2

// errNoAnswer is returned for a server that kept silent.
var errNoAnswer = errors.New("no answer came")

// exchange asks over UDP, again when nothing came, over TCP when the answer was cut,
// and without EDNS when the server does not know it.
func (c *Client) exchange(ctx context.Context, to server, m *dns.Msg) (reply, error) {
	var r reply
	err := errNoAnswer
	for range tries {
		if r, err = c.once(ctx, to, m, true); err == nil || ctx.Err() != nil || !lost(err) {
			break
		}
	}
	if err != nil {
		return reply{}, err
	}
	if code := r.Msg.Rcode; m.IsEdns0() != nil && (code == dns.RcodeFormatError || code == dns.RcodeNotImplemented || code == dns.RcodeBadVers) {
		plain := m.Copy()
		plain.Extra = nil
		if again, err := c.once(ctx, to, plain, true); err == nil {
			r = again
		}
	}
	if r.Msg.Truncated {
		return c.once(ctx, to, m, false)
	}
	return r, nil
}

// lost reports whether an error is that of a packet which did not arrive.
func lost(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// once sends one question and reads its answer.
func (c *Client) once(ctx context.Context, to server, m *dns.Msg, udp bool) (reply, error) {
	m = m.Copy()
	m.Id = dns.Id()
	conn, err := c.dialer.Dial(ctx, to.request(udp))
	if err != nil {
		return reply{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(c.o.Timeout)); err != nil {
		return reply{}, err
	}
	if err := write(conn, m, udp); err != nil {
		return reply{}, err
	}
	if udp {
		return readPacket(conn, m)
	}
	answer, size, err := readMessage(conn)
	if err == nil && !answers(answer, m) {
		err = errors.New("the server answers another question")
	}
	return reply{answer, size, true}, err
}

func write(w io.Writer, m *dns.Msg, udp bool) error {
	b, err := m.Pack()
	if err != nil {
		return fmt.Errorf("make a question: %w", err)
	}
	if !udp {
		b = append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
	}
	_, err = w.Write(b)
	return err
}

// mostStrays is how many packets that answer something else are read: more are an
// attempt to guess.
const mostStrays = 16

func readPacket(r io.Reader, m *dns.Msg) (reply, error) {
	b := make([]byte, dns.MaxMsgSize)
	for range mostStrays {
		n, err := r.Read(b)
		if err != nil {
			return reply{}, err
		}
		answer, err := parse(b[:n])
		if err == nil && answers(answer, m) {
			return reply{answer, n, false}, nil
		}
	}
	return reply{}, errors.New("the answers belong to other questions")
}

// readMessage reads a message of a stream.
func readMessage(r io.Reader) (*dns.Msg, int, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, 0, err
	}
	b := make([]byte, binary.BigEndian.Uint16(head[:]))
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, 0, err
	}
	m, err := parse(b)
	return m, len(b), err
}

// parse reads a message. A message that is cut stays useful up to the cut.
func parse(b []byte) (*dns.Msg, error) {
	m := new(dns.Msg)
	err := m.Unpack(b)
	if err != nil && m.Truncated && len(m.Question) > 0 {
		m.Answer, m.Ns, m.Extra = nil, nil, nil
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the answer cannot be read: %w", err)
	}
	return m, nil
}

// answers reports whether a message answers a question.
func answers(a, q *dns.Msg) bool {
	return a.Response && a.Id == q.Id && len(a.Question) == 1 && len(q.Question) == 1 &&
		strings.EqualFold(a.Question[0].Name, q.Question[0].Name) && a.Question[0].Qtype == q.Question[0].Qtype && a.Question[0].Qclass == q.Question[0].Qclass
}
