package ports

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
)

// response begins the body of a response.
func (w *opcWriter) response(kind uint16) {
	*w = append(*w, 1, 0, byte(kind), byte(kind>>8))
	*w = append(*w, make([]byte, 8)...)
	w.number(1, 0)
	*w = append(*w, 0)
	w.number(0)
	*w = append(*w, 0, 0, 0)
}

// opcOpened and opcListed are what a server answers.
func opcOpened() []byte {
	var w opcWriter
	w.number(7)
	w.text(opcNone)
	w.number(opcNull, opcNull, 1, 1)
	w.response(opcOpenResponse)
	w.number(0, 7, 9, 0, 0, 60000, opcNull)
	return opcMessage("OPN", w)
}

func opcListed(modes ...uint32) []byte {
	var w opcWriter
	w.number(7, 9, 2, 2)
	w.response(opcEndpointsResponse)
	w.number(uint32(len(modes)))
	for _, mode := range modes {
		w.text("opc.tcp://plc.example:4840/")
		w.text("urn:plc")
		w.text("")
		w = append(w, 3) // with language and text
		w.text("en")
		w.text("Plant 1")
		w.number(0, opcNull, opcNull, 1)
		w.text("opc.tcp://plc.example:4840/")
		w.text(strings.Repeat("c", 1200))
		w.number(mode)
		w.text(map[uint32]string{1: opcNone, 3: "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"}[mode])
		w.number(1)
		w.text("anonymous")
		w.number(0, opcNull, opcNull, opcNull)
		w.text("http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary")
		w = append(w, 0)
	}
	return opcMessage("MSG", w)
}

// opcServer answers each message as it should be, up to the one without an answer.
func opcServer(modes ...uint32) func(net.Conn) {
	return func(c net.Conn) {
		var hello opcWriter
		hello.number(0, 65535, 65535, 0, 0)
		for _, answer := range [][]byte{opcMessage("ACK", hello), opcOpened(), opcListed(modes...)} {
			var head [8]byte
			if _, err := io.ReadFull(c, head[:]); err != nil {
				return
			}
			body := make([]byte, binary.LittleEndian.Uint32(head[4:])-8)
			if _, err := io.ReadFull(c, body); err != nil {
				return
			}
			for _, kind := range []uint16{opcOpenRequest, opcEndpointsRequest} {
				if mark := []byte{1, 0, byte(kind), byte(kind >> 8)}; string(head[:3]) == map[uint16]string{opcOpenRequest: "OPN", opcEndpointsRequest: "MSG"}[kind] && !bytes.Contains(body, mark) {
					return
				}
			}
			c.Write(answer)
		}
		drain(c)
	}
}

// TestOPCUA: with consent a server is asked how it can be reached, and one that can be
// without protection fails.
func TestOPCUA(t *testing.T) {
	t.Parallel()
	s := lab()
	s.OT, s.Classes = true, append(s.Classes, exposure.Intrusive)
	for address, tc := range map[string]struct {
		serve    func(net.Conn)
		outcome  exposure.Outcome
		observed string
	}{
		"127.2.0.31": {opcServer(1, 3), exposure.Fail, "OPC UA: Plant 1; 2 endpoints: None (no protection), Basic256Sha256 (signed and encrypted)"},
		"127.2.0.32": {opcServer(3), exposure.Info, "OPC UA: Plant 1; 1 endpoints: Basic256Sha256 (signed and encrypted)"},
		"127.2.0.33": {replies("ERRF\x10\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"), exposure.Info, "OPC UA: it refuses this connection"},
		"127.2.0.34": {replies("HTTP/1.1 400 Bad Request\r\n\r\n"), exposure.Error, "HTTP/1.1"},
	} {
		serve(t, address+":4840", tc.serve)
		f := find(scan(t, s, map[string]string{SettingPorts: "4840"}, exposure.Data{}, exposure.Target{Address: netip.MustParseAddr(address)}), "OT-02")
		if f.Outcome != tc.outcome || !strings.Contains(f.Observed, tc.observed) {
			t.Errorf("%s: %+v", address, f)
		}
	}
}

// FuzzOPCUA: whatever a device answers, no more is read out of it than is in it.
func FuzzOPCUA(f *testing.F) {
	f.Add(opcOpened())
	f.Add(opcListed(1, 3))
	f.Add([]byte("MSGF\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		readOPCChannel(b)
		opcWhole(b)
		list, _ := readOPCEndpoints(b)
		if len(list) > len(b) {
			t.Errorf("%d endpoints in %d bytes", len(list), len(b))
		}
		var finding exposure.Finding
		judgeOPC(&finding, list)
		if len(finding.Observed) > 4096 {
			t.Errorf("%d bytes in the finding", len(finding.Observed))
		}
		readTFTP(b)
	})
}
