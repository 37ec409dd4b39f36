package ports

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Limits of an answer over UDP.
const (
	udpPatience   = time.Second
	mostDatagrams = 64
)

// datagram is a service of UDP that one packet finds.
type datagram struct {
	check string
	service
	send [][]byte // tried one after the other until something answers
	read func([]byte) reading
}

// anything is the reading of services whose every answer counts.
func anything(b []byte) reading { return reading{known: len(b) > 0} }

// datagrams lists the services of UDP.
func datagrams() []datagram {
	name := func(name, title string, port uint16, severity exposure.Severity) service {
		return service{name: name, title: title, ports: []uint16{port}, severity: severity}
	}
	vpn := name("ike", "IKE (IPsec)", 500, exposure.None)
	vpn.outcome = exposure.Info
	open := name("openvpn", "OpenVPN over UDP", 1194, exposure.None)
	open.outcome = exposure.Info
	return []datagram{
		{"PORT-02", name("netbios-ns", "NetBIOS names", 137, exposure.High), [][]byte{nameStatus}, readNameStatus},
		{"PORT-06", name("snmp", "SNMP", 161, exposure.Critical), [][]byte{snmpGet(1), snmpGet(0)}, readSNMP},
		{"PORT-06", name("ipmi", "IPMI", 623, exposure.Critical), [][]byte{ipmiHello}, readIPMI},
		tftp(),
		{"PORT-10", vpn, [][]byte{ikeHello()}, readIKE},
		{"PORT-10", open, [][]byte{openVPNHello}, func(b []byte) reading { return reading{known: len(b) > 9 && b[0]>>3 == 8} }},
		{"PORT-11", name("dns", "open resolver", 53, ""), [][]byte{dnsQuestion}, readResolver},
		{"PORT-11", name("ntp-control", "NTP control (mode 6)", 123, ""), [][]byte{{0x16, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}}, func(b []byte) reading {
			return reading{known: len(b) >= 12 && b[0]&7 == 6 && b[1]&0xc0 == 0x80}
		}},
		{"PORT-11", name("ntp-private", "NTP list of clients (mode 7)", 123, ""), [][]byte{{0x17, 0, 3, 0x2a, 0, 0, 0, 0}}, func(b []byte) reading {
			return reading{known: len(b) >= 8 && b[0]&0x87 == 0x87 && binary.BigEndian.Uint16(b[4:])&0x0fff > 0}
		}},
		{"PORT-11", name("ssdp", "SSDP", 1900, ""), [][]byte{[]byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n")}, func(b []byte) reading {
			return reading{known: bytes.HasPrefix(b, []byte("HTTP/1.1 200")), product: header(b, "server")}
		}},
		{"PORT-11", name("cldap", "CLDAP", 389, ""), [][]byte{rootDSE}, func(b []byte) reading { return reading{known: isLDAP(b)} }},
		{"PORT-11", name("chargen", "chargen", 19, ""), [][]byte{[]byte("\n")}, anything},
		{"PORT-11", name("qotd", "quote of the day", 17, ""), [][]byte{[]byte("\n")}, anything},
		{"PORT-11", name("memcached-udp", "memcached over UDP", 11211, exposure.Critical), [][]byte{[]byte("\x00\x01\x00\x00\x00\x01\x00\x00version\r\n")}, func(b []byte) reading {
			return reading{known: len(b) > 16 && bytes.HasPrefix(b[8:], []byte("VERSION ")), defect: true}
		}},
		{"PORT-11", name("coap", "CoAP", 5683, ""), [][]byte{[]byte("\x40\x01\x4e\x49\xbb.well-known\x04core")}, func(b []byte) reading {
			return reading{known: len(b) >= 4 && b[0]>>6 == 1 && b[2] == 0x4e && b[3] == 0x49}
		}},
		{"PORT-11", name("ws-discovery", "WS-Discovery", 3702, ""), [][]byte{wsProbe}, func(b []byte) reading { return reading{known: bytes.Contains(b, []byte("Envelope"))} }},
		{"PORT-11", name("rpcbind", "rpcbind", 111, ""), [][]byte{rpcDump()}, func(b []byte) reading { return reading{known: isRPC(b)} }},
		{"PORT-11", name("mdns", "multicast DNS", 5353, ""), [][]byte{[]byte("\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x09_services\x07_dns-sd\x04_udp\x05local\x00\x00\x0c\x00\x01")}, func(b []byte) reading {
			return reading{known: len(b) > 12 && b[2]&0x80 != 0}
		}},
		{"PORT-12", name("sip", "SIP over UDP", 5060, exposure.Medium), [][]byte{sipOptions("nisaba.invalid", "UDP")}, func(b []byte) reading {
			return reading{known: bytes.HasPrefix(b, []byte("SIP/2.0 ")), product: header(b, "server", "user-agent")}
		}},
	}
}

// tftp asks for a file that nobody has: a server says so, from a port of its own
// (RFC 1350, section 4). It knows no sign-in, so that its files are everybody's.
func tftp() datagram {
	question := []byte("\x00\x01nisaba-no-such-file\x00octet\x00")
	return datagram{check: "PORT-09", service: service{name: "tftp", title: "TFTP", ports: []uint16{69}, severity: exposure.High, moves: true},
		send: [][]byte{question}, read: readTFTP}
}

// readTFTP reads an error, the first block of a file, or an agreement on options.
func readTFTP(b []byte) reading {
	if len(b) < 4 || b[0] != 0 || b[1] < 3 || b[1] > 6 || b[1] == 4 {
		return reading{}
	}
	r := reading{known: true}
	if text, _, ended := bytes.Cut(b[4:], []byte{0}); b[1] == 5 && ended && len(text) > 0 {
		r.facts = []string{"it says " + quote(text)}
	}
	return r
}

// nameStatus asks for the names of a Windows machine, RFC 1002 section 4.2.17.
var nameStatus = []byte("NI\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01")

func readNameStatus(b []byte) reading {
	const names = 12 + 34 + 10 // header, name, type to length
	if len(b) < names+1 || string(b[:2]) != "NI" || b[2]&0x80 == 0 {
		return reading{}
	}
	r := reading{known: true}
	for i := range int(b[names]) {
		if at := names + 1 + 18*i; at+15 <= len(b) && i < 4 {
			r.product = strings.TrimSpace(r.product + " " + word(b[at:at+15]))
		}
	}
	return r
}

// snmpGet asks for the description of a device with the community that devices
// have from the factory. version is 0 for SNMPv1, 1 for SNMPv2c.
func snmpGet(version byte) []byte {
	return append([]byte{0x30, 0x29, 2, 1, version, 4, 6, 'p', 'u', 'b', 'l', 'i', 'c', 0xa0, 0x1c, 2, 4, 'N', 'I', 'S', 'A', 2, 1, 0, 2, 1, 0,
		0x30, 0x0e, 0x30, 0x0c, 6, 8}, 0x2b, 6, 1, 2, 1, 1, 1, 0, 5, 0)
}

// readSNMP reads the description out of the response (RFC 3416).
func readSNMP(b []byte) reading {
	var message, pdu, list, one, value cryptobyte.String
	var version, id, status, index int64
	in := cryptobyte.String(b)
	ok := in.ReadASN1(&message, asn1.SEQUENCE) && message.ReadASN1Integer(&version) && message.SkipASN1(asn1.OCTET_STRING) &&
		message.ReadASN1(&pdu, asn1.Tag(2).ContextSpecific().Constructed()) && pdu.ReadASN1Integer(&id) && pdu.ReadASN1Integer(&status) && pdu.ReadASN1Integer(&index)
	if !ok || id != 0x4e495341 {
		return reading{}
	}
	r := reading{known: true, defect: true, facts: []string{"it answers to the community \"public\""}}
	if pdu.ReadASN1(&list, asn1.SEQUENCE) && list.ReadASN1(&one, asn1.SEQUENCE) && one.SkipASN1(asn1.OBJECT_IDENTIFIER) && one.ReadASN1(&value, asn1.OCTET_STRING) {
		r.product = word(value)
	}
	return r
}

// ipmiHello asks which kinds of sign-in a channel has (IPMI 2.0 section 22.13).
var ipmiHello = []byte{6, 0, 0xff, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x20, 0x18, 0xc8, 0x81, 0, 0x38, 0x8e, 4, 0xb5}

func readIPMI(b []byte) reading {
	if len(b) < 24 || !bytes.Equal(b[:4], []byte{6, 0, 0xff, 7}) || b[19] != 0x38 {
		return reading{}
	}
	r := reading{known: true}
	if b[22]&1 != 0 {
		r.facts, r.defect = []string{"sign-in without a password is offered"}, true
	}
	return r
}

// ikeHello is IKE_SA_INIT (RFC 7296) with one proposal. The public value belongs to
// no secret: nothing is ever agreed.
func ikeHello() []byte {
	transform := func(last, kind, id byte, attribute ...byte) []byte {
		return append([]byte{last, 0, 0, byte(8 + len(attribute)), kind, 0, 0, id}, attribute...)
	}
	proposal := slices.Concat(transform(3, 1, 12, 0x80, 0x0e, 1, 0), transform(3, 2, 5), transform(3, 3, 12), transform(0, 4, 14))
	proposal = append([]byte{0, 0, 0, byte(8 + len(proposal)), 1, 1, 0, 4}, proposal...)
	payload := func(next byte, body []byte) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{next, 0}, uint16(4+len(body))), body...)
	}
	body := slices.Concat(payload(34, proposal), payload(40, append([]byte{0, 14, 0, 0}, bytes.Repeat([]byte{0x5a}, 256)...)), payload(0, bytes.Repeat([]byte{0x4e}, 32)))
	head := append([]byte("nisaba01"), make([]byte, 8)...)
	head = append(head, 33, 0x20, 34, 0x08, 0, 0, 0, 0)
	return append(binary.BigEndian.AppendUint32(head, uint32(28+len(body))), body...)
}

func readIKE(b []byte) reading {
	if len(b) < 28 || string(b[:8]) != "nisaba01" {
		return reading{}
	}
	return reading{known: true, product: fmt.Sprintf("version %d", b[17]>>4)}
}

// dnsQuestion asks for a name that no server but those of its own zone knows, with
// recursion desired.
var dnsQuestion = []byte("NI\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01")

// readResolver: only a server that found the answer for a stranger is open.
func readResolver(b []byte) reading {
	return reading{known: len(b) >= 12 && string(b[:2]) == "NI" && b[2]&0x80 != 0 && b[3]&0x8f == 0x80 && binary.BigEndian.Uint16(b[6:]) > 0}
}

var wsProbe = []byte(`<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><a:MessageID>urn:uuid:6e697361-6261-4000-8000-000000000001</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></e:Header><e:Body><d:Probe/></e:Body></e:Envelope>`)

// rpcDump asks rpcbind for its list (procedure 4), without the mark of TCP.
func rpcDump() []byte {
	b := rpcNull(100000, 2)[4:]
	binary.BigEndian.PutUint32(b[20:], 4)
	return b
}

// heard is what came back for a packet.
type heard struct {
	first []byte
	bytes int
	count int
	sent  int
}

// askUDP sends the packets until one is answered. closed says that the host
// refused the port.
func (v *visit) askUDP(ctx context.Context, packets [][]byte) (h heard, closed bool, err error) {
	r := exposure.Request{Name: v.target.Name, Address: v.place(), Class: exposure.Handshake, UDP: true}
	c, err := v.dialer.Dial(ctx, r)
	if err != nil {
		return h, false, err
	}
	return exchangeUDP(ctx, c, packets)
}

// exchangeUDP is askUDP on a socket, which it closes.
func exchangeUDP(ctx context.Context, c net.Conn, packets [][]byte) (h heard, closed bool, err error) {
	defer c.Close()
	if len(packets) == 1 {
		packets = append(packets, packets[0]) // the first may have been lost
	}
	for _, p := range packets {
		if err := c.SetDeadline(time.Now().Add(udpPatience)); err != nil {
			return h, false, err
		}
		if _, err := c.Write(p); err != nil {
			return h, errors.Is(err, syscall.ECONNREFUSED), unlessRefused(err)
		}
		if h, err = hear(c); err != nil {
			return h, errors.Is(err, syscall.ECONNREFUSED), unlessRefused(err)
		}
		if h.count > 0 {
			h.sent = len(p)
			return h, false, nil
		}
		if ctx.Err() != nil {
			return h, false, ctx.Err()
		}
	}
	return h, false, nil
}

// askMoving is askUDP for a service that answers from another port than the one that
// was asked. Nothing but the address asked is heard.
func (v *visit) askMoving(ctx context.Context, packets [][]byte) (h heard, closed bool, err error) {
	release, err := v.dialer.Admit(ctx, exposure.Request{Name: v.target.Name, Address: v.place(), Class: exposure.Handshake, UDP: true})
	if err != nil {
		return h, false, err
	}
	defer release()
	c, err := net.ListenUDP("udp", nil)
	if err != nil {
		return h, false, err
	}
	return exchangeUDP(ctx, moving{c, v.place()}, packets)
}

// moving is a socket that asks one port of an address and hears all of them.
type moving struct {
	*net.UDPConn
	at netip.AddrPort
}

// Write asks.
func (m moving) Write(b []byte) (int, error) { return m.WriteToUDPAddrPort(b, m.at) }

// Read hears.
func (m moving) Read(b []byte) (int, error) {
	for {
		n, from, err := m.ReadFromUDPAddrPort(b)
		if err != nil || from.Addr().Unmap() == m.at.Addr().Unmap() {
			return n, err
		}
	}
}

func unlessRefused(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	return err
}

// hear reads datagrams until none comes any more.
func hear(c net.Conn) (h heard, err error) {
	b := make([]byte, 65535)
	for h.count < mostDatagrams {
		n, err := c.Read(b)
		if err != nil {
			if n, ok := err.(net.Error); h.count > 0 || ok && n.Timeout() {
				return h, nil
			}
			return h, err
		}
		if h.count == 0 {
			h.first = slices.Clone(b[:n])
			if err := c.SetReadDeadline(time.Now().Add(udpPatience / 4)); err != nil {
				return h, err
			}
		}
		h.count++
		h.bytes += n
	}
	return h, nil
}
