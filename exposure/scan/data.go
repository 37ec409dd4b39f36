package scan

import (
	"cmp"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/httpprobe"
	"github.com/nisaba-platform/nisaba/exposure/nameprobe"
	"github.com/nisaba-platform/nisaba/exposure/netprobe"
	"github.com/nisaba-platform/nisaba/exposure/vulnprobe"
)

// Imports lists what Import reads, as people write it.
const Imports = "vrps=FILE, origins=FILE, manrs=FILE, zone:NAME=FILE, rdap:NAME=FILE, kev=FILE, nvd=FILE, epss=FILE, euvd=FILE, endoflife=FILE, libraries=FILE, names=FILE, ct=FILE, roots=FILE, crl=FILE, certificates=FILE"

// ErrKind answers what is none of Imports.
var ErrKind = errors.New("expected " + Imports)

// mostRegistration bounds an answer of a registry.
const mostRegistration = 1 << 20

// Import adds what the operator has in a file, named as in Imports: validated ROAs
// of Routinator or rpki-client (JSON or CSV), announcing networks as RISwhois lists
// them, participants of MANRS, the zone file of a domain, the answer of a registry
// about a domain (RDAP); vulnerabilities that are exploited (KEV, taken when it is newer
// than the shipped one), of the National Vulnerability Database in its format 2.0 (any
// number of files), scores of exploitation (EPSS), answers of the European database
// (EUVD), ends of life in the form of the shipped table, libraries of pages as retire.js
// lists them, names of own hosts, an export of crt.sh, own root certificates in PEM,
// lists of revoked certificates in DER or PEM, and certificates that are or were in use,
// in DER or PEM. Lists may be compressed with gzip.
func (k *Knowledge) Import(what string) error {
	kind, file, ok := strings.Cut(what, "=")
	kind, name, _ := strings.Cut(kind, ":")
	if !ok {
		return fmt.Errorf("%q: %w", what, ErrKind)
	}
	if named := kind == "zone" || kind == "rdap"; named != (name != "") {
		return fmt.Errorf("%q: %w", what, ErrKind)
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
		if err == nil {
			err = json.Unmarshal(b, &map[string]any{})
		}
		if err != nil {
			return fmt.Errorf("the file is no answer of a registry: %w", err)
		}
		answers, _ := kinds[dnsprobe.RegistrationKind].(dnsprobe.Registrations)
		if answers == nil {
			answers = dnsprobe.Registrations{}
		}
		answers[name], kinds[dnsprobe.RegistrationKind] = b, answers
		return nil
	}
	return k.readMore(kind, source, r)
}

// largestRoots bounds a file of own root certificates.
const largestRoots = 16 << 20

// readMore reads what is known about programs, names and certificates.
func (k *Knowledge) readMore(kind, source string, r io.Reader) (err error) {
	kinds := k.Data.Kinds
	switch kind {
	case "kev": // an old file does not hide a newer catalogue that came with the program
		imported, err := vulnprobe.LoadKEV(r)
		if err != nil {
			return err
		}
		have, _ := kinds[vulnprobe.KEVKind].(*vulnprobe.KEV)
		kinds[vulnprobe.KEVKind] = imported.Newer(have)
		return nil
	case "nvd": // comes in a file for each year
		if n, ok := kinds[vulnprobe.NVDKind].(*vulnprobe.NVD); ok {
			return n.Add(r)
		}
		kinds[vulnprobe.NVDKind], err = vulnprobe.LoadNVD(r)
	case "epss":
		kinds[vulnprobe.EPSSKind], err = vulnprobe.LoadEPSS(r)
	case "euvd":
		kinds[vulnprobe.EUVDKind], err = vulnprobe.LoadEUVD(r)
	case "endoflife":
		kinds[vulnprobe.EndOfLifeKind], err = vulnprobe.LoadEndOfLife(r)
	case "libraries":
		kinds[httpprobe.LibrariesKind], err = httpprobe.LoadLibraries(r, source)
	case "names":
		kinds[nameprobe.NamesKind], err = nameprobe.LoadNames(r, source)
	case "ct":
		kinds[nameprobe.CTKind], err = nameprobe.LoadCT(r, source)
	case "roots":
		pem, err := io.ReadAll(io.LimitReader(r, largestRoots))
		if err != nil {
			return err
		}
		roots, _ := kinds[certprobe.RootsKind].(certprobe.Roots)
		roots, err = roots.With(source, pem)
		kinds[certprobe.RootsKind] = roots
		return err
	case "crl":
		list, err := certprobe.LoadCRLs(r)
		have, _ := kinds[certprobe.CRLsKind].([]*x509.RevocationList)
		kinds[certprobe.CRLsKind] = append(have, list...)
		return err
	case "certificates": // may come in many files
		known, ok := kinds[certprobe.KnownKind].(*certprobe.Known)
		if !ok {
			known = &certprobe.Known{}
			kinds[certprobe.KnownKind] = known
		}
		return known.Add(r)
	default:
		return fmt.Errorf("%q is no kind of data: %w", cmp.Or(kind, source), ErrKind)
	}
	return err
}
