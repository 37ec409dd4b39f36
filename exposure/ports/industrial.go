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
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

func at(t exposure.Target, port uint16) netip.AddrPort { return netip.AddrPortFrom(t.Address, port) }

// industrialNames are the protocols of exposure.IndustrialPorts that run on TCP.
var industrialNames = map[uint16]string{
	102: "S7, IEC 61850 (ISO-TSAP)", 502: "Modbus", 789: "Crimson", 1911: "Niagara Fox", 1962: "PCWorx", 2222: "EtherNet/IP", 2404: "IEC 60870-5-104", 2455: "CODESYS",
	4840: "OPC UA", 4911: "Niagara Fox over TLS", 5006: "MELSEC", 5007: "MELSEC", 5094: "HART-IP", 9600: "FINS", 10001: "Veeder-Root", 11740: "CODESYS", 18245: "GE-SRTP",
	20000: "DNP3", 20547: "ProConOS", 34962: "PROFINET", 34963: "PROFINET", 34964: "PROFINET", 44818: "EtherNet/IP",
}

// industrial answers OT-01 by connecting alone, and keeps which ports belong to
// industrial devices. Port 2222 is also used for SSH, whose servers speak first:
// it is listened to.
func (v *survey) industrial(ctx context.Context) error {
	var found, asked, left []uint16
	for _, p := range exposure.IndustrialPorts {
		switch {
		case industrialNames[p] == "":
		case slices.Contains(v.open, p):
			asked, found = append(asked, p), append(found, p)
		case slices.Contains(v.asked, p):
			asked = append(asked, p)
		default:
			left = append(left, p)
		}
	}
	if i := slices.Index(found, 2222); i >= 0 {
		b, err := v.listen(ctx, 2222)
		if errors.Is(err, exposure.ErrStopped) || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if bytes.HasPrefix(b, []byte("SSH-")) {
			found = slices.Delete(found, i, i+1)
		}
	}
	building, err := v.bacnet(ctx)
	if err != nil {
		return err
	}
	f := v.session.Finding("OT-01", v.target)
	f.Expected = "no port of an industrial protocol can be reached from outside"
	if len(left) > 0 {
		f.Reason = "not asked: " + ranges(left) + " (" + v.why(left) + ")"
	}
	switch {
	case len(found) > 0 || building:
		var names []string
		for _, p := range found {
			names = append(names, fmt.Sprintf("%s on port %d", industrialNames[p], p))
		}
		var seen []string
		if len(found) > 0 {
			seen = []string{"open: " + strings.Join(names, ", ") + "; nothing was sent"}
			f.Reproduce = v.reproduce(found)
		}
		if building {
			seen = append(seen, "BACnet answers on UDP port 47808")
			f.Reproduce = strings.TrimPrefix(f.Reproduce+" && ", " && ") + "nmap -Pn -sU -p 47808 --script bacnet-info " + v.target.Address.String()
		}
		f.Outcome, f.Observed = exposure.Fail, strings.Join(seen, "; ")
		if internalAddress(v.target) {
			f.Outcome, f.Reason = exposure.Warn, "the address is private: whether strangers can reach it was not seen"
		}
	case !v.session.Dialer.Permit().Scope().OT:
		f.Outcome, f.Reason = exposure.NotTested, "the scope does not allow ports of industrial protocols"
	case len(left) > 0:
		f.Outcome = exposure.NotTested
	default:
		f.Outcome = exposure.Pass
	}
	if len(found) == 0 && len(asked) > 0 {
		f.Observed, f.Reproduce = "not open: "+ranges(asked), v.reproduce(asked)
	}
	v.record(f)
	v.plant = found
	for _, p := range found {
		if _, known := identityOf(p); known && v.session.Dialer.Permit().Allows(exposure.Intrusive) { // OT-02, by consent only
			t := v.target
			t.Port = p
			v.session.Discover(t)
		}
	}
	return nil
}

// bacnetPort is the port of BACnet/IP, which runs on UDP: connecting says nothing.
const bacnetPort = 47808

// bacnetHello reads the number of the device (ASHRAE 135, ReadProperty of the device
// that any instance answers for).
var bacnetHello = []byte{0x81, 0x0a, 0, 0x11, 1, 4, 0, 5, 1, 0x0c, 0x0c, 2, 0x3f, 0xff, 0xff, 0x19, 0x4b}

// readBACnet reads the number of the device, or that the device refuses to tell.
func readBACnet(b []byte) (string, bool) {
	if len(b) < 9 || b[0] != 0x81 || b[1] != 0x0a || int(binary.BigEndian.Uint16(b[2:])) != len(b) || b[4] != 1 {
		return "", false
	}
	switch b[6] >> 4 {
	case 3: // the answer ends with 0x3e 0xc4, the object, 0x3f
		if n := len(b); n >= 12 && b[n-1] == 0x3f && b[n-6] == 0xc4 {
			return fmt.Sprintf("device %d", binary.BigEndian.Uint32(b[n-5:])&0x3fffff), true
		}
		return "", true
	case 5, 6, 7: // error, reject, abort
		return "it does not tell who it is", true
	}
	return "", false
}

// bacnet asks a device of building automation once, which needs the consent to
// intrusive checks of industrial devices, and reports who answered.
func (v *survey) bacnet(ctx context.Context) (bool, error) {
	r := v.request(bacnetPort)
	r.UDP, r.Class = true, exposure.Intrusive
	if _, listed := slices.BinarySearch(v.list, bacnetPort); !listed || v.session.Dialer.Check(r) != nil {
		return false, nil
	}
	t := v.target
	t.Port, t.Service = bacnetPort, "bacnet"
	f := v.session.Finding("OT-02", t)
	c, err := v.session.Dialer.Dial(ctx, r)
	if err != nil {
		return false, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(udpPatience)); err != nil {
		return false, err
	}
	if _, err := c.Write(bacnetHello); err != nil {
		return false, unlessRefused(err)
	}
	h, err := hear(c)
	who, ok := readBACnet(h.first)
	if err != nil || !ok {
		return false, unlessRefused(err)
	}
	f.Outcome, f.Observed, f.Transcript = exposure.Info, strings.TrimSuffix("BACnet: "+who, ": "), exposure.TranscriptHash(h.first)
	v.session.Record(f)
	return true, nil
}

// identity is one question to an industrial device: reads nothing but who it is,
// writes nothing, sets nothing.
type identity struct {
	title string
	ports []uint16
	send  []byte
	until enough
	read  func([]byte) (string, bool)
	talk  func(context.Context, *visit, net.Conn, *exposure.Finding) error // instead of one question
}

// identities lists the questions of OT-02.
func identities() []identity {
	return []identity{
		{"Modbus", []uint16{502}, []byte{0x4e, 0x49, 0, 0, 0, 5, 0xff, 0x2b, 0x0e, 1, 0}, size(9), readModbus, nil},
		{"ISO-TSAP", []uint16{102}, []byte{3, 0, 0, 22, 17, 0xe0, 0, 0, 0, 1, 0, 0xc0, 1, 0x0a, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2}, tpkt, readCOTP, nil},
		{"EtherNet/IP", []uint16{44818}, append([]byte{0x63}, make([]byte, 23)...), size(26), readEtherNetIP, nil},
		{"OPC UA", []uint16{4840}, nil, nil, nil, talkOPC},
		{"IEC 60870-5-104", []uint16{2404}, []byte{0x68, 4, 0x43, 0, 0, 0}, size(6), readIEC104, nil},
	}
}

func identityOf(port uint16) (identity, bool) {
	for _, i := range identities() {
		if slices.Contains(i.ports, port) {
			return i, true
		}
	}
	return identity{}, false
}

func identityProbe() exposure.Probe {
	return exposure.Probe{Name: "industrial identity", Level: exposure.OfService, Checks: []string{"OT-02"}, Class: exposure.Intrusive,
		Wants: func(t exposure.Target) bool { _, ok := identityOf(t.Port); return ok && t.Service == "" },
		Run:   runIdentity}
}

// runIdentity asks one device once. It needs the consent to industrial ports and to
// intrusive checks; the dialer keeps the pause between contacts.
func runIdentity(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	scope := s.Dialer.Permit().Scope()
	if !scope.OT || !s.Dialer.Permit().Allows(exposure.Intrusive) {
		s.Skip("OT-02", t, exposure.NotTested, "the scope does not allow intrusive checks of industrial devices")
		return nil
	}
	i, _ := identityOf(t.Port)
	v := visitor(s, t)
	f := s.Finding("OT-02", t)
	c, err := v.dial(ctx, exposure.Intrusive)
	if err != nil {
		return err
	}
	defer c.Close()
	if i.talk == nil {
		i.talk = i.once
	}
	if err := i.talk(ctx, v, c, &f); err != nil {
		return err
	}
	if len(v.said) > 0 {
		f.Transcript = exposure.TranscriptHash(v.said)
	}
	s.Record(f)
	return nil
}

// once asks one question.
func (i identity) once(_ context.Context, v *visit, c net.Conn, f *exposure.Finding) error {
	b, err := v.exchange(c, i.send, i.until)
	if err != nil {
		return err
	}
	switch who, ok := i.read(b); {
	case ok && who == "":
		f.Outcome, f.Observed = exposure.Info, i.title+" answers"
	case ok:
		f.Outcome, f.Observed = exposure.Info, i.title+": "+who
	default:
		unknownDevice(f, i.title, b)
	}
	return nil
}

// unknownDevice says that the answer was none, or not that of the protocol.
func unknownDevice(f *exposure.Finding, title string, b []byte) {
	f.Outcome, f.Reason = exposure.Error, "the device did not answer"
	if len(b) > 0 {
		f.Reason, f.Observed = "the answer is not that of "+title, quote(b)
	}
}

// readModbus reads the answer to "read device identification" (function 43/14): the
// names of maker, product and version, or the refusal of a device without them.
func readModbus(b []byte) (string, bool) {
	if len(b) < 9 || b[0] != 0x4e || b[1] != 0x49 || b[2]|b[3] != 0 {
		return "", false
	}
	if b[7] == 0xab {
		return "it does not tell who it is", true
	}
	if len(b) < 14 || b[7] != 0x2b || b[8] != 0x0e {
		return "", false
	}
	var parts []string
	for n, rest := int(b[13]), b[14:]; n > 0 && len(rest) >= 2 && len(rest) >= 2+int(rest[1]); n-- {
		parts = append(parts, word(rest[2:2+int(rest[1])]))
		rest = rest[2+int(rest[1]):]
	}
	return strings.Join(parts, " "), true
}

// readCOTP reads the confirmation or refusal of a connection (ISO 8073).
func readCOTP(b []byte) (string, bool) {
	if len(b) < 7 || b[0] != 3 {
		return "", false
	}
	switch b[5] & 0xf0 {
	case 0xd0:
		return "it accepts connections", true
	case 0x80:
		return "it refuses this connection", true
	}
	return "", false
}

// readEtherNetIP reads the answer to ListIdentity.
func readEtherNetIP(b []byte) (string, bool) {
	if len(b) < 26 || b[0] != 0x63 || b[1] != 0 || binary.LittleEndian.Uint32(b[8:]) != 0 {
		return "", false
	}
	// Header 24, count 2, type 2, length 2, protocol 2, address 16, then maker,
	// kind, product, revision, status, serial number, and the length of the name.
	const vendor, name = 24 + 6 + 2 + 16, 24 + 6 + 2 + 16 + 14
	if len(b) <= name || len(b) < name+1+int(b[name]) {
		return "", true
	}
	return fmt.Sprintf("%s, maker %d, revision %d.%d", word(b[name+1:name+1+int(b[name])]), binary.LittleEndian.Uint16(b[vendor:]), b[vendor+6], b[vendor+7]), true
}

func readOPC(b []byte) (string, bool) {
	switch {
	case len(b) >= 8 && bytes.HasPrefix(b, []byte("ACKF")):
		return "it accepts connections", true
	case len(b) >= 8 && bytes.HasPrefix(b, []byte("ERRF")):
		return "it refuses this connection", true
	}
	return "", false
}

// readIEC104 reads the confirmation of a test frame.
func readIEC104(b []byte) (string, bool) {
	return "", len(b) >= 6 && b[0] == 0x68 && b[1] == 4 && b[2] == 0x83
}
