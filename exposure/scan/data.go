package scan

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/netprobe"
)

// Imports lists what Import reads, as people write it.
const Imports = "vrps=FILE, origins=FILE, manrs=FILE, zone:NAME=FILE, rdap:NAME=FILE"

// mostRegistration bounds an answer of a registry.
const mostRegistration = 1 << 20

// Import adds what the operator has in a file, named as in Imports: validated ROAs
// of Routinator or rpki-client (JSON or CSV), announcing networks as RISwhois lists
// them, participants of MANRS, the zone file of a domain, the answer of a registry
// about a domain (RDAP). Lists may be compressed with gzip.
func (k *Knowledge) Import(what string) error {
	kind, file, ok := strings.Cut(what, "=")
	kind, name, _ := strings.Cut(kind, ":")
	if !ok {
		return fmt.Errorf("%q: expected %s", what, Imports)
	}
	if named := kind == "zone" || kind == "rdap"; named != (name != "") {
		return fmt.Errorf("%q: expected %s", what, Imports)
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := k.read(kind, name, filepath.Base(file), f); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (k *Knowledge) read(kind, name, source string, r io.Reader) error {
	if name != "" {
		var err error
		if name, err = exposure.FoldName(name); err != nil {
			return err
		}
	}
	kinds := k.Data.Kinds
	switch kind {
	case "vrps":
		v, err := netprobe.ReadVRPs(source, r)
		kinds[netprobe.VRPsKind] = v
		return err
	case "origins": // IPv4 and IPv6 come in two files
		o, ok := kinds[netprobe.OriginsKind].(*netprobe.Origins)
		if !ok {
			o = &netprobe.Origins{}
			kinds[netprobe.OriginsKind] = o
		}
		o.Source = strings.TrimPrefix(o.Source+", "+source, ", ")
		return o.ReadOrigins(r)
	case "manrs":
		p, err := netprobe.ReadParticipants(source, r)
		kinds[netprobe.ParticipantsKind] = p
		return err
	case "zone":
		names, err := dnsprobe.ReadZone(name, r)
		zones, _ := kinds[dnsprobe.ZonesKind].(dnsprobe.Zones)
		if zones == nil {
			zones = dnsprobe.Zones{}
		}
		zones[name], kinds[dnsprobe.ZonesKind] = names, zones
		return err
	case "rdap":
		b, err := io.ReadAll(io.LimitReader(r, mostRegistration))
		answers, _ := kinds[dnsprobe.RegistrationKind].(dnsprobe.Registrations)
		if answers == nil {
			answers = dnsprobe.Registrations{}
		}
		answers[name], kinds[dnsprobe.RegistrationKind] = b, answers
		return err
	}
	return fmt.Errorf("%q is no kind of data: expected %s", cmp.Or(kind, source), Imports)
}
