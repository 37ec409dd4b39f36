package tlsprobe

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/exposure"
)

// ProfilesKind is the kind of exposure.Data that holds a []Profile.
const ProfilesKind = "profiles"

// Level is what a profile says about one thing that a service offers.
type Level string

// The levels. A thing that a profile does not name is Open: neither allowed nor
// forbidden by what is known of the profile.
const (
	Allowed   Level = "allowed"
	PhaseOut  Level = "phase-out"
	Forbidden Level = "forbidden"
	Open      Level = "open"
)

// anyLevel stands, as an exception, for all levels.
const anyLevel Level = "named"

// levels, worst last.
var levels = []Level{Allowed, Open, PhaseOut, Forbidden}

func worse(x, y Level) int { return cmp.Compare(slices.Index(levels, x), slices.Index(levels, y)) }

// Profile is a published recommendation for TLS, as data.
type Profile struct {
	ID         string      `yaml:"id"`
	Title      string      `yaml:"title"`
	Source     string      `yaml:"source"`  // and through whom it was read, when not itself
	Checked    string      `yaml:"checked"` // day on which it was compared with the source as named, or "unverified"
	Versions   []NameRule  `yaml:"versions"`
	Suites     []NameRule  `yaml:"suites"`
	Groups     []NameRule  `yaml:"groups"`
	Signatures []NameRule  `yaml:"signatures"` // hashes of the signed key exchange: "SHA-1", "MD5", "SHA-224"
	Primes     []SizeRule  `yaml:"primes"`     // of finite-field Diffie-Hellman
	Keys       []SizeRule  `yaml:"keys"`       // of certificates
	Required   []string    `yaml:"required"`   // versions that must be offered
	Wanted     Alternative `yaml:"wanted"`
}

// NameRule gives names a level. Names may hold "*". The worst rule that matches
// decides.
type NameRule struct {
	Level  Level    `yaml:"level"`
	Word   string   `yaml:"word"` // of the source, when it has finer levels
	Is     []string `yaml:"is"`
	Except Level    `yaml:"except"` // not for names to which another rule gives this level; named: any level
	Until  string   `yaml:"until"`  // year with which the level ends
}

// SizeRule gives a length a level: the rule with the greatest length that is reached
// decides.
type SizeRule struct {
	Level    Level  `yaml:"level"`
	Kind     string `yaml:"kind"` // "RSA", "ECDSA" or "Ed25519"; "" for primes
	Bits     int    `yaml:"bits"`
	Standard bool   `yaml:"standard"` // only the groups of RFC 7919
}

// Alternative are groups of which one should be offered.
type Alternative struct {
	Any   []string `yaml:"any"`
	Until string   `yaml:"until"` // year until which the service may do without
}

// LoadProfiles reads exposure/profiles/*.yaml of a content folder, in the order of
// their names. Errors name the file.
func LoadProfiles(fsys fs.FS) ([]Profile, error) {
	files, err := fs.Glob(fsys, "exposure/profiles/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the profiles: %w", err)
	}
	var out []Profile
	var errs []error
	for _, name := range files {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read the profiles: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true)
		var p Profile
		if err := cmp.Or(d.Decode(&p), p.validate()); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		if slices.ContainsFunc(out, func(o Profile) bool { return o.ID == p.ID }) {
			errs = append(errs, fmt.Errorf("%s: the profile %q stands twice", name, p.ID))
		}
		out = append(out, p)
	}
	return out, errors.Join(errs...)
}

// validate finds slips of the pen: a name that nothing bears would never match.
func (p *Profile) validate() error {
	if p.ID == "" || p.Title == "" || p.Source == "" || p.Checked == "" {
		return errors.New("id, title, source and checked are required")
	}
	var versions, ciphers, groups []string
	for _, v := range []uint16{SSL2, SSL3, TLS10, TLS11, TLS12, TLS13} {
		versions = append(versions, VersionName(v))
	}
	for _, s := range suites() {
		ciphers = append(ciphers, s.Name)
	}
	for _, g := range groupNames {
		groups = append(groups, g)
	}
	for _, part := range []struct {
		rules []NameRule
		known []string
	}{{p.Versions, versions}, {p.Suites, ciphers}, {p.Groups, groups}, {p.Signatures, []string{"MD5", "SHA-1", "SHA-224"}},
		{[]NameRule{{Level: Allowed, Is: p.Required}}, versions}, {[]NameRule{{Level: Allowed, Is: p.Wanted.Any}}, groups}} {
		for _, r := range part.rules {
			if !slices.Contains(levels, r.Level) || r.Except != "" && r.Except != anyLevel && !slices.Contains(levels, r.Except) {
				return fmt.Errorf("level %q %q: expected allowed, phase-out or forbidden", r.Level, r.Except)
			}
			for _, pattern := range r.Is {
				if !slices.ContainsFunc(part.known, func(name string) bool { return matches(pattern, name) }) {
					return fmt.Errorf("%q matches nothing that is known", pattern)
				}
			}
		}
	}
	for _, r := range slices.Concat(p.Primes, p.Keys) {
		if !slices.Contains(levels, r.Level) {
			return fmt.Errorf("level %q: expected allowed, phase-out or forbidden", r.Level)
		}
	}
	return nil
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// ruled is what the rules say about a name: the level, and how it is told.
func ruled(rules []NameRule, name string) (Level, string) {
	level, text := Level(""), name
	for _, exceptions := range []bool{false, true} { // rules with an exception look at the others
		for _, r := range rules {
			if (r.Except != "") != exceptions || exceptions && (r.Except == level || r.Except == anyLevel && level != "") || !slices.ContainsFunc(r.Is, func(p string) bool { return matches(p, name) }) {
				continue
			}
			if level == "" || worse(r.Level, level) > 0 {
				level, text = r.Level, name
				if r.Until != "" {
					text += " (until " + r.Until + ")"
				}
			}
		}
	}
	return cmp.Or(level, Open), text
}

// sized is what the rules say about a length.
func sized(rules []SizeRule, kind string, bits int, standard bool) Level {
	level, reached := Open, -1
	for _, r := range rules {
		if r.Kind == kind && bits >= r.Bits && r.Bits > reached && (standard || !r.Standard) {
			level, reached = r.Level, r.Bits
		}
	}
	return level
}

// Verdict is how a service stands against a profile.
type Verdict string

// The verdicts. A verdict is open when something that was seen is not named by the
// profile, or something could not be seen, and nothing speaks against the service.
const (
	Met     Verdict = "met"
	Partly  Verdict = "partly"
	NotMet  Verdict = "not-met"
	Unclear Verdict = "open"
)

// Rating is a verdict with its reasons.
type Rating struct {
	Verdict   Verdict
	Forbidden []string // and what is required and missing
	PhaseOut  []string // and what is wanted and missing
	Open      []string // not named by the profile
	Unseen    []string // could not be looked at
}

// Rate judges what was seen of a service. The chains are those of its certificates,
// leaf first.
func (p *Profile) Rate(v *View, chains [][][]byte) Rating {
	var r Rating
	r.add(p.Required, func(name string) (Level, string) {
		offered := slices.ContainsFunc(v.Versions, func(s Support) bool { return s.Offered && VersionName(s.Version) == name })
		return map[bool]Level{true: Allowed, false: Forbidden}[offered], name + " is missing"
	})
	var versions, ciphers []string
	for _, s := range v.Versions {
		if s.Err != nil {
			r.Unseen = append(r.Unseen, VersionName(s.Version))
		}
		if s.Offered {
			versions = append(versions, VersionName(s.Version))
		}
	}
	list, _ := all(v) // what could not be asked is in Unseen
	for _, s := range list {
		ciphers = append(ciphers, s.Name)
	}
	slices.Sort(ciphers)
	groups := groupNamesOf(v)
	by := func(rules []NameRule) func(string) (Level, string) {
		return func(name string) (Level, string) { return ruled(rules, name) }
	}
	r.add(versions, by(p.Versions))
	r.add(ciphers, by(p.Suites))
	r.add(groups, by(p.Groups))
	if groupError(v) != nil {
		r.Unseen = append(r.Unseen, "groups")
	}
	p.sizes(&r, v, chains)
	p.signatures(&r, v)
	if len(p.Wanted.Any) > 0 && !slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(p.Wanted.Any, g) }) && groupError(v) == nil {
		text := strings.Join(p.Wanted.Any, " or ") + " is missing"
		if p.Wanted.Until != "" {
			text += " (allowed until " + p.Wanted.Until + ")"
		}
		r.PhaseOut = append(r.PhaseOut, text)
	}
	switch {
	case len(r.Forbidden) > 0:
		r.Verdict = NotMet
	case len(r.PhaseOut) > 0:
		r.Verdict = Partly
	case len(r.Open)+len(r.Unseen) > 0:
		r.Verdict = Unclear
	default:
		r.Verdict = Met
	}
	return r
}

func (r *Rating) add(names []string, level func(string) (Level, string)) {
	for _, name := range names {
		switch l, text := level(name); l {
		case Forbidden:
			r.Forbidden = append(r.Forbidden, text)
		case PhaseOut:
			r.PhaseOut = append(r.PhaseOut, text)
		case Open:
			r.Open = append(r.Open, text)
		}
	}
}

// sizes judges primes and the keys of certificates, when the profile speaks of them.
func (p *Profile) sizes(r *Rating, v *View, chains [][][]byte) {
	if len(p.Primes) > 0 {
		for _, n := range bits(v) {
			r.add([]string{fmt.Sprintf("prime of %d bits", n)}, func(name string) (Level, string) { return sized(p.Primes, "", n, standardPrimes(v)), name })
		}
	}
	if len(p.Keys) == 0 {
		return
	}
	if len(chains) == 0 {
		r.Unseen = append(r.Unseen, "certificate")
	}
	for _, chain := range chains {
		c, err := x509.ParseCertificate(chain[0])
		if err != nil {
			r.Unseen = append(r.Unseen, "certificate")
			continue
		}
		kind, n := keyOf(c)
		name := fmt.Sprintf("key %s of %d bits", kind, n)
		r.add([]string{name}, func(string) (Level, string) { return sized(p.Keys, kind, n, false), name })
	}
}

func keyOf(c *x509.Certificate) (kind string, bits int) {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return "RSA", k.N.BitLen()
	case *ecdsa.PublicKey:
		return "ECDSA", k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "Ed25519", 256
	}
	return "of an unknown kind", 0
}

// signatures judges the hashes with which TLS 1.2 signs the key exchange.
func (p *Profile) signatures(r *Rating, v *View) {
	if len(p.Signatures) == 0 {
		return
	}
	for _, ask := range []struct {
		answer Answer
		name   string
	}{{v.OldSignature, "SHA-1"}, {v.ShortSignature, "SHA-224"}} {
		switch a := ask.answer; {
		case a.Known && a.Yes:
			level, _ := ruled(p.Signatures, ask.name)
			r.add([]string{"signature with " + ask.name}, func(text string) (Level, string) { return level, text })
		case !a.Known && !errors.Is(a.Err, errNotOffered):
			r.Unseen = append(r.Unseen, "signature with "+ask.name)
		}
	}
}

// shown is how many reasons of a kind are told.
const shown = 4

// String tells the first reasons.
func (r Rating) String() string {
	var parts []string
	for _, part := range []struct {
		word string
		list []string
	}{{"not allowed", r.Forbidden}, {"to phase out", r.PhaseOut}, {"not named by the profile", r.Open}, {"could not be seen", r.Unseen}} {
		if n := len(part.list); n > shown {
			parts = append(parts, fmt.Sprintf("%s: %s, and %d more", part.word, strings.Join(part.list[:shown], ", "), n-shown))
		} else if n > 0 {
			parts = append(parts, part.word+": "+strings.Join(part.list, ", "))
		}
	}
	return cmp.Or(strings.Join(parts, "; "), "all that was seen is allowed")
}

// profileCheck is the check that compares with profiles.
const profileCheck = "TLS-50"

// rate records one finding for each profile. What a profile says beyond the other
// checks is for those who follow it: it is told, and is no failure.
func rate(s *exposure.Session, v *View, chains [][][]byte, start exposure.Finding) {
	profiles, _ := s.Data.Kinds[ProfilesKind].([]Profile)
	if len(profiles) == 0 {
		start.Outcome, start.Reason = exposure.NotTested, "no profile was loaded"
		s.Record(start)
		return
	}
	for _, p := range profiles {
		f, r := start, p.Rate(v, chains)
		f.Profile, f.Verdict, f.Observed, f.Citation, f.Expected = p.ID, string(r.Verdict), r.String(), p.Source, "what the profile allows, and nothing else"
		switch {
		case r.Verdict == Met:
			f.Outcome = exposure.Pass
		case r.Verdict == Unclear && len(r.Unseen) > 0:
			f.Outcome, f.Reason = exposure.Error, "not everything could be seen"
		default:
			f.Outcome = exposure.Info
		}
		s.Record(f)
	}
}
