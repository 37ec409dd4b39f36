package netprobe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gaissmai/bart"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Kinds of exposure.Data that the checks of networks read.
const (
	VRPsKind         = "vrps"    // *VRPs
	OriginsKind      = "origins" // *Origins
	ParticipantsKind = "manrs"   // Participants
)

// mostRoutes bounds an imported file: the Internet has about a million routes.
const (
	mostRoutes = 10_000_000
	mostBytes  = 2 << 30 // unpacked
)

var errTooMany = fmt.Errorf("the file has more than %d entries", mostRoutes)

// authorisation is a validated payload of a ROA: who may announce a prefix and down
// to which length.
type authorisation struct {
	as   uint32
	most uint8
}

// VRPs are the validated payloads of all ROAs on one day.
type VRPs struct {
	Source string // what it is, and of when as the file says
	Count  int
	table  bart.Table[[]authorisation]
}

// State is the outcome of route origin validation, RFC 6811.
type State string

// The states.
const (
	Valid    State = "valid"
	Invalid  State = "invalid"
	NotFound State = "not found"
)

// Validate compares an announcement with the ROAs.
func (v *VRPs) Validate(p netip.Prefix, as uint32) State {
	state := NotFound
	for _, list := range v.table.Supernets(p.Masked()) {
		for _, a := range list {
			if a.as == as && as != 0 && p.Bits() <= int(a.most) {
				return Valid
			}
			state = Invalid
		}
	}
	return state
}

// Covers reports whether a ROA exists for an address or an announced prefix.
func (v *VRPs) Covers(p netip.Prefix) bool { return v.Validate(p, 0) != NotFound }

func (v *VRPs) add(as, prefix string, most int) error {
	p, err := netip.ParsePrefix(prefix)
	if err != nil {
		return fmt.Errorf("%q is no prefix", clip(prefix))
	}
	n, err := parseAS(as)
	if err != nil {
		return err
	}
	if most == 0 {
		most = p.Bits()
	}
	if most < p.Bits() || most > p.Addr().BitLen() {
		return fmt.Errorf("%s: the longest length %d does not fit", p, most)
	}
	if v.Count++; v.Count > mostRoutes {
		return errTooMany
	}
	v.table.Modify(p.Masked(), func(list []authorisation, _ bool) ([]authorisation, bool) {
		return append(list, authorisation{n, uint8(most)}), false
	})
	return nil
}

func parseAS(s string) (uint32, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "AS"), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is no number of a network", clip(s))
	}
	return uint32(n), nil
}

func clip(s string) string {
	if s = strings.ToValidUTF8(s, "?"); len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// ReadVRPs reads what Routinator and rpki-client write, in JSON or CSV, compressed
// with gzip or not.
func ReadVRPs(source string, r io.Reader) (*VRPs, error) {
	in, err := exposure.Unpack(r, mostBytes)
	if err != nil {
		return nil, err
	}
	v := &VRPs{Source: source}
	head, _ := in.Peek(1)
	if bytes.Equal(head, []byte("{")) {
		err = v.readJSON(in)
	} else {
		err = v.readCSV(in)
	}
	if err == nil && v.Count == 0 {
		err = errors.New("the file holds no ROA")
	}
	if err != nil {
		return nil, fmt.Errorf("read ROAs: %w", err)
	}
	return v, nil
}

// entry is a ROA in JSON; the number of the network is a number or a text.
type entry struct {
	AS     json.RawMessage `json:"asn"`
	Prefix string          `json:"prefix"`
	Most   int             `json:"maxLength"`
}

// readJSON reads the list member by member, so that it need not be held twice.
func (v *VRPs) readJSON(r io.Reader) error {
	d := json.NewDecoder(r)
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if key != "roas" {
			var about struct {
				Time string `json:"generatedTime"`
				Day  string `json:"buildtime"`
			}
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				return err
			}
			if key == "metadata" && json.Unmarshal(raw, &about) == nil && about.Time+about.Day != "" {
				v.Source += " of " + clip(about.Time+about.Day)
			}
			continue
		}
		if t, err := d.Token(); err != nil || t != json.Delim('[') {
			return errors.New("roas: expected a list")
		}
		for d.More() {
			var e entry
			if err := d.Decode(&e); err != nil {
				return err
			}
			if err := v.add(strings.Trim(string(e.AS), `"`), e.Prefix, e.Most); err != nil {
				return err
			}
		}
		if _, err := d.Token(); err != nil {
			return err
		}
	}
	return nil
}

// readCSV reads lines of network, prefix and longest length; these tables quote
// nothing.
func (v *VRPs) readCSV(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for first := true; lines.Scan(); first = false {
		row := strings.Split(strings.TrimSpace(lines.Text()), ",")
		if row[0] == "" || first && strings.EqualFold(row[0], "ASN") {
			continue
		}
		if len(row) < 3 {
			return errors.New("expected the columns ASN, IP Prefix and Max Length")
		}
		most, err := strconv.Atoi(strings.TrimSpace(row[2]))
		if err != nil {
			return fmt.Errorf("%q is no length", clip(row[2]))
		}
		if err := v.add(row[0], strings.TrimSpace(row[1]), most); err != nil {
			return err
		}
	}
	return lines.Err()
}

// Origins says which networks announce which prefixes.
type Origins struct {
	Source string
	Count  int
	table  bart.Table[[]uint32]
}

// Announced is the most special announced prefix of an address, and who announces
// it; ok is false when nobody does.
func (o *Origins) Announced(a netip.Addr) (p netip.Prefix, as []uint32, ok bool) {
	a = a.Unmap()
	return o.table.LookupPrefixLPM(netip.PrefixFrom(a, a.BitLen()))
}

// leastPeers is from how many vantage points a route must be seen: fewer are leaks
// of one neighbour.
const leastPeers = 3

// ReadOrigins reads the form of RISwhois, one "network prefix peers" per line with
// comments after %, compressed with gzip or not. Several files make one table when
// one after the other is added.
func (o *Origins) ReadOrigins(r io.Reader) error {
	in, err := exposure.Unpack(r, mostBytes)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<16)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '%' || line[0] == '#' {
			continue
		}
		if err := o.add(strings.Fields(line)); err != nil {
			return fmt.Errorf("read routes: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read routes: %w", err)
	}
	return nil
}

func (o *Origins) add(words []string) error {
	if len(words) < 2 {
		return errors.New("expected a network, a prefix and a count in each line")
	}
	p, err := netip.ParsePrefix(words[1])
	if err != nil {
		return fmt.Errorf("%q is no prefix", clip(words[1]))
	}
	if len(words) > 2 {
		if peers, err := strconv.Atoi(words[2]); err != nil || peers < leastPeers {
			return err
		}
	}
	if p.Bits() == 0 { // a default route is nobody's address
		return nil
	}
	var list []uint32
	for one := range strings.SplitSeq(strings.Trim(words[0], "{}"), ",") {
		as, err := parseAS(one)
		if err != nil {
			return err
		}
		list = append(list, as)
	}
	if o.Count++; o.Count > mostRoutes {
		return errTooMany
	}
	o.table.Modify(p.Masked(), func(old []uint32, _ bool) ([]uint32, bool) {
		for _, as := range list {
			if !slices.Contains(old, as) {
				old = append(old, as)
			}
		}
		return old, false
	})
	return nil
}

// Participants are the networks that take part in MANRS.
type Participants struct {
	Source string
	AS     map[uint32]bool
}

// ReadParticipants reads a list with the number of a network at the beginning of
// each line; what follows a comma or a blank is not read, nor are lines after #.
func ReadParticipants(source string, r io.Reader) (Participants, error) {
	out := Participants{source, map[uint32]bool{}}
	lines := bufio.NewScanner(io.LimitReader(r, 64<<20))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if i := strings.IndexAny(line, " ,;\t"); i >= 0 {
			line = line[:i]
		}
		as, err := parseAS(line)
		if err != nil {
			return out, fmt.Errorf("read participants: %w", err)
		}
		out.AS[as] = true
	}
	if err := lines.Err(); err != nil {
		return out, fmt.Errorf("read participants: %w", err)
	}
	if len(out.AS) == 0 {
		return out, errors.New("read participants: the file names no network")
	}
	return out, nil
}
