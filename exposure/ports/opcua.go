package ports

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Messages of OPC UA, by the number of their binary encoding (part 6, annex A.3).
const (
	opcOpenRequest       = 446
	opcOpenResponse      = 449
	opcEndpointsRequest  = 428
	opcEndpointsResponse = 431

	opcNone = "http://opcfoundation.org/UA/SecurityPolicy#None"
	opcURL  = "opc.tcp://nisaba.invalid/"
)

// opcWriter writes the binary encoding of OPC UA (part 6, section 5.2).
type opcWriter []byte

func (w *opcWriter) number(v ...uint32) {
	for _, n := range v {
		*w = binary.LittleEndian.AppendUint32(*w, n)
	}
}

func (w *opcWriter) text(s string) {
	w.number(uint32(len(s)))
	*w = append(*w, s...)
}

// request begins the body of a request: its kind and a header that asks for nothing.
func (w *opcWriter) request(kind uint16, handle uint32) {
	*w = append(*w, 1, 0, byte(kind), byte(kind>>8)) // number of four bytes
	*w = append(*w, 0, 0)                            // no session
	*w = append(*w, make([]byte, 8)...)              // no time
	w.number(handle, 0, opcNull, 3000)
	*w = append(*w, 0, 0, 0) // nothing more
}

// opcNull is the length of a text or a list that is not there.
const opcNull = 0xffffffff

// message makes a message of one piece.
func opcMessage(kind string, body []byte) []byte {
	b := append([]byte(kind+"F"), 0, 0, 0, 0)
	b = append(b, body...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)))
	return b
}

// opcHello is the hello (part 6, section 7.1.2.3) without an address.
var opcHello = func() []byte {
	var w opcWriter
	w.number(0, 65535, 65535, 65536, 1)
	w.text(opcURL)
	return opcMessage("HEL", w)
}()

// opcOpen asks for a channel without protection (section 6.7).
var opcOpen = func() []byte {
	var w opcWriter
	w.number(0)
	w.text(opcNone)
	w.number(opcNull, opcNull, 1, 1)
	w.request(opcOpenRequest, 1)
	w.number(0, 0, 1, opcNull, 60000) // protocol 0, issue, no protection, no nonce, a minute
	return opcMessage("OPN", w)
}()

// opcEndpoints asks on a channel how the server can be reached (part 4, section 5.5.4).
func opcEndpoints(channel, token uint32) []byte {
	var w opcWriter
	w.number(channel, token, 2, 2)
	w.request(opcEndpointsRequest, 2)
	w.text(opcURL)
	w.number(opcNull, opcNull)
	return opcMessage("MSG", w)
}

// opcWhole is satisfied by a whole message.
func opcWhole(b []byte) bool {
	return len(b) >= 8 && uint64(len(b)) >= uint64(binary.LittleEndian.Uint32(b[4:]))
}

// opcReader reads the binary encoding; what is missing makes it fail for good.
type opcReader struct {
	b      []byte
	failed bool
}

func (r *opcReader) bytes(n int) []byte {
	if r.failed || n < 0 || n > len(r.b) {
		r.failed = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *opcReader) octet() byte {
	if b := r.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (r *opcReader) number() uint32 {
	if b := r.bytes(4); len(b) == 4 {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *opcReader) text() string {
	n := r.number()
	if n == opcNull {
		return ""
	}
	if n > mostBytes {
		r.failed = true
		return ""
	}
	return string(r.bytes(int(n)))
}

// each calls read for every member of a list.
func (r *opcReader) each(read func()) {
	n := r.number()
	for i := uint32(0); n != opcNull && i < n && !r.failed; i++ {
		read()
	}
}

// response reads the beginning of a response of a kind that went well.
func (r *opcReader) response(kind uint16) bool {
	head := r.bytes(4)
	r.bytes(8) // time
	r.number() // handle
	result := r.number()
	if r.octet() != 0 { // no diagnostics were asked for
		return false
	}
	r.each(func() { r.text() })
	return bytes.Equal(r.bytes(3), []byte{0, 0, 0}) && bytes.Equal(head, []byte{1, 0, byte(kind), byte(kind >> 8)}) && result == 0 && !r.failed
}

// readOPCChannel reads the answer to the request for a channel.
func readOPCChannel(b []byte) (channel, token uint32, ok bool) {
	r := opcReader{b: b}
	if string(r.bytes(4)) != "OPNF" {
		return 0, 0, false
	}
	r.number()
	r.number()
	r.text()
	r.text()
	r.text()
	r.number()
	r.number()
	if !r.response(opcOpenResponse) {
		return 0, 0, false
	}
	r.number()
	channel, token = r.number(), r.number()
	return channel, token, !r.failed
}

// opcEndpoint is one way to reach a server.
type opcEndpoint struct {
	application string
	mode        uint32 // 1: no protection, 2: signed, 3: signed and encrypted
	policy      string // what stands after the # of its address
}

// readOPCEndpoints reads the list of endpoints; of one that is cut off, what came.
func readOPCEndpoints(b []byte) (list []opcEndpoint, ok bool) {
	r := opcReader{b: b}
	if string(r.bytes(3)) != "MSG" {
		return nil, false
	}
	r.bytes(5 + 16)
	if !r.response(opcEndpointsResponse) {
		return nil, false
	}
	r.each(func() {
		var e opcEndpoint
		r.text() // address
		r.text()
		r.text()
		mask := r.octet()
		if mask&1 != 0 {
			r.text() // language
		}
		if mask&2 != 0 {
			e.application = word([]byte(r.text()))
		}
		r.number()
		r.text()
		r.text()
		r.each(func() { r.text() })
		r.text() // certificate
		e.mode = r.number()
		_, policy, _ := strings.Cut(r.text(), "#")
		e.policy = word([]byte(policy))
		whole := !r.failed
		r.each(func() {
			r.text()
			r.number()
			r.text()
			r.text()
			r.text()
		})
		r.text()
		r.octet()
		if whole {
			list = append(list, e)
		}
	})
	return list, true
}

// talkOPC asks a server of OPC UA how it can be reached, which needs no sign-in: a
// hello, a channel without protection, one question.
func talkOPC(_ context.Context, v *visit, c net.Conn, f *exposure.Finding) error {
	b, err := v.exchange(c, opcHello, opcWhole)
	if err != nil {
		return err
	}
	who, ok := readOPC(b)
	if !ok {
		unknownDevice(f, "OPC UA", b)
		return nil
	}
	f.Outcome, f.Observed = exposure.Info, "OPC UA: "+who
	if !bytes.HasPrefix(b, []byte("ACKF")) {
		return nil
	}
	if b, err = v.exchange(c, opcOpen, opcWhole); err != nil {
		return err
	}
	channel, token, ok := readOPCChannel(b)
	if !ok {
		f.Observed += "; it opens no channel without protection"
		return nil
	}
	if b, err = v.exchange(c, opcEndpoints(channel, token), opcWhole); err != nil {
		return err
	}
	list, ok := readOPCEndpoints(b)
	if !ok {
		f.Observed += "; it does not list its endpoints"
		return nil
	}
	judgeOPC(f, list)
	return nil
}

// judgeOPC fails on an endpoint without protection, SecurityPolicy None.
func judgeOPC(f *exposure.Finding, list []opcEndpoint) {
	modes := map[uint32]string{1: "no protection", 2: "signed", 3: "signed and encrypted"}
	var seen []string
	open := false
	for _, e := range list {
		open = open || e.mode == 1 || e.policy == "None"
		if s := strings.TrimSpace(e.policy + " (" + modes[e.mode] + ")"); !slices.Contains(seen, s) && len(seen) < 10 {
			seen = append(seen, s)
		}
	}
	f.Observed = "OPC UA"
	if len(list) > 0 && list[0].application != "" {
		f.Observed += ": " + list[0].application
	}
	f.Observed += fmt.Sprintf("; %d endpoints: %s", len(list), strings.Join(seen, ", "))
	if open {
		f.Outcome, f.Severity, f.Expected = exposure.Fail, exposure.High, "no endpoint without protection (SecurityPolicy None)"
	}
}
