package ports

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// smb1Hello offers "NT LM 0.12" alone, MS-SMB section 2.2.4.5.
var smb1Hello = func() []byte {
	head := append([]byte{0xff, 'S', 'M', 'B', 0x72, 0, 0, 0, 0, 0x18, 0x01, 0x28}, make([]byte, 20)...)
	dialect := []byte("\x02NT LM 0.12\x00")
	body := append([]byte{0, byte(len(dialect)), 0}, dialect...)
	return frame(append(head, body...))
}()

// smb2Hello offers the dialects 2.0.2 to 3.0.2, MS-SMB2 section 2.2.3.
var smb2Hello = func() []byte {
	b := make([]byte, 64, 110)
	copy(b, "\xfeSMB")
	binary.LittleEndian.PutUint16(b[4:], 64) // size of the header
	binary.LittleEndian.PutUint16(b[14:], 1) // credits
	dialects := []uint16{0x0202, 0x0210, 0x0300, 0x0302}
	b = binary.LittleEndian.AppendUint16(b, 36)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(dialects)))
	b = binary.LittleEndian.AppendUint16(b, 1) // signing enabled
	b = append(b, make([]byte, 2+4+16+8)...)
	for _, d := range dialects {
		b = binary.LittleEndian.AppendUint16(b, d)
	}
	return frame(b)
}()

// frame is the transport of SMB on port 445: a length of three bytes.
func frame(b []byte) []byte { return append([]byte{0, 0, byte(len(b) >> 8), byte(len(b))}, b...) }

func framed(b []byte) bool {
	return len(b) >= 4 && len(b) >= 4+(int(b[1])<<16|int(b[2])<<8|int(b[3]))
}

// smbAnswer is what a server of SMB chose.
type smbAnswer struct {
	version1 bool // an answer of SMB 1 that accepts the dialect
	version2 bool
	dialect  uint16
	signing  bool // required
}

// readSMB reads an answer to either hello; ok is false when it is none of SMB.
func readSMB(b []byte) (a smbAnswer, ok bool) {
	if len(b) < 4+4 {
		return a, false
	}
	b = b[4:]
	switch {
	case bytes.HasPrefix(b, []byte("\xffSMB")) && len(b) >= 35 && b[4] == 0x72:
		// Words: the index of the dialect, 0xffff for none, then the security mode.
		a.version1 = b[32] > 0 && binary.LittleEndian.Uint16(b[33:]) != 0xffff && binary.LittleEndian.Uint32(b[5:]) == 0
		a.signing = len(b) > 35 && b[35]&0x08 != 0
		return a, true
	case bytes.HasPrefix(b, []byte("\xfeSMB")) && len(b) >= 64+6:
		a.version2 = binary.LittleEndian.Uint32(b[8:]) == 0
		a.signing = b[64+2]&0x02 != 0
		a.dialect = binary.LittleEndian.Uint16(b[64+4:])
		return a, true
	}
	return a, false
}

// smb asks for SMB 1 and for SMB 2 and later, each on its own connection.
func smb(ctx context.Context, v *visit) (reading, error) {
	old, err := v.ask(ctx, smb1Hello, framed)
	if err != nil {
		return reading{}, err
	}
	modern, err := v.ask(ctx, smb2Hello, framed)
	if err != nil {
		return reading{}, err
	}
	one, ok1 := readSMB(old)
	two, ok2 := readSMB(modern)
	r := reading{known: ok1 || ok2}
	if one.version1 {
		r.facts, r.defect = append(r.facts, "SMB 1 is on"), true
	}
	if two.version2 {
		r.facts = append(r.facts, fmt.Sprintf("SMB %d.%d", two.dialect>>8, two.dialect>>4&15))
		if !two.signing {
			r.facts, r.defect = append(r.facts, "signatures are not required"), true
		}
	}
	return r, nil
}

// Kinds of security of RDP, MS-RDPBCGR section 2.2.1.1.1.
const (
	rdpStandard = 0
	rdpTLS      = 1
	rdpNLA      = 2
)

// rdpHello is the connection request of X.224 that offers kinds of security.
func rdpHello(offer byte) []byte {
	return []byte{3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, offer, 0, 0, 0}
}

// readRDP reads the confirmation: which kind of security was chosen. accepted is
// false for a refusal; ok is false when the answer is none of RDP.
func readRDP(b []byte) (chosen uint32, accepted, ok bool) {
	if len(b) < 11 || b[0] != 3 || b[5] != 0xd0 {
		return 0, false, false
	}
	if len(b) < 19 {
		return rdpStandard, true, true // servers before negotiation know the standard alone
	}
	return binary.LittleEndian.Uint32(b[15:]), b[11] == 2, true
}

func tpkt(b []byte) bool { return len(b) >= 4 && len(b) >= int(binary.BigEndian.Uint16(b[2:])) }

// rdp offers each kind of security on its own, the weakest first.
func rdp(ctx context.Context, v *visit) (reading, error) {
	var r reading
	var taken []string
	weak := false
	for _, kind := range []struct {
		offer byte
		want  uint32 // bit of what has to be chosen
		name  string
	}{{rdpStandard, 0, "the standard security of RDP"}, {rdpTLS, rdpTLS, "TLS without network level authentication"}, {rdpTLS | rdpNLA, rdpNLA, "network level authentication"}} {
		b, err := v.ask(ctx, rdpHello(kind.offer), tpkt)
		if err != nil {
			return reading{}, err
		}
		chosen, accepted, ok := readRDP(b)
		r.known = r.known || ok
		if ok && accepted && chosen&kind.want == kind.want {
			taken = append(taken, kind.name)
			weak = weak || kind.want != rdpNLA
		}
	}
	if len(taken) > 0 {
		r.facts = []string{"it accepts " + strings.Join(taken, ", ")}
	}
	if weak {
		r.defect, r.severity = true, exposure.Critical
	}
	return r, nil
}
