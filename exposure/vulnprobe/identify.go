package vulnprobe

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed products.yaml
var productText []byte

// form says how a program gives itself away.
type form struct {
	Name     string   `yaml:"name"`
	Vendor   string   `yaml:"vendor"`
	Product  string   `yaml:"product"`
	Also     []string `yaml:"also"` // vendor:product
	KEV      []string `yaml:"kev"`  // vendor|product
	Packaged bool     `yaml:"packaged"`
	From     []string `yaml:"from"`
	Match    string   `yaml:"match"`

	expression *regexp.Regexp
}

// forms reads the shipped list once; that it can be read, a test proves.
var forms = sync.OnceValue(func() []form {
	var list []form
	d := yaml.NewDecoder(bytes.NewReader(productText))
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil {
		panic(fmt.Sprintf("products.yaml: %v", err))
	}
	for i := range list {
		list[i].expression = regexp.MustCompile(list[i].Match)
		for j, name := range list[i].KEV {
			vendor, product, _ := strings.Cut(name, "|")
			list[i].KEV[j] = kevName(vendor, product)
		}
	}
	return list
})

// Banner is what a service says about itself.
type Banner struct {
	From string // "server", "powered", "generator", "header:NAME", "ssh", "smtp", "ftp", "imap", "pop3", "mysql"
	Text string
}

// longestBanner is how much of a banner is looked at.
const longestBanner = 1024

// Product is a program that a banner names.
type Product struct {
	Name         string
	CPE          CPE
	Also         []CPE  // further names under which vulnerabilities are listed
	Distribution string // "Debian", "Ubuntu", …; "" when the banner names none
	Release      string // of the distribution, such as "12"; "" when unknown
	Revision     string // of the package, such as "2+deb12u3"
	Upstream     bool   // not from a distribution: its version tells what is mended
	Banner       Banner
	kev          []string // names in the catalogue of exploited vulnerabilities, folded
}

// Versioned reports whether the banner told the version.
func (p Product) Versioned() bool { return p.CPE.Version != "*" }

// String is the name, the version and where it comes from.
func (p Product) String() string {
	s := p.Name
	if p.Versioned() {
		s += " " + p.CPE.Version
		if p.CPE.Update != "*" {
			s += p.CPE.Update
		}
	}
	if p.Distribution != "" {
		s += " (" + strings.TrimSpace(p.Distribution+" "+p.Release) + ")"
	}
	return s
}

// Identify names the programs that banners give away, each once.
func Identify(banners []Banner) (out []Product) {
	for _, b := range banners {
		b.Text = b.Text[:min(len(b.Text), longestBanner)]
		for _, f := range forms() {
			if !slices.Contains(f.From, b.From) {
				continue
			}
			m := f.expression.FindStringSubmatch(b.Text)
			if m == nil {
				continue
			}
			p := f.product(b, m)
			if i := slices.IndexFunc(out, func(q Product) bool { return q.CPE.Product == p.CPE.Product && q.CPE.Vendor == p.CPE.Vendor }); i < 0 {
				out = append(out, p)
			} else if !out[i].Versioned() && p.Versioned() {
				out[i] = p
			}
		}
	}
	return out
}

func (f form) product(b Banner, m []string) Product {
	p := Product{Name: f.Name, Banner: b, kev: f.KEV, CPE: CPE{"a", f.Vendor, f.Product, group(m, 1), group(m, 2)}}
	for _, other := range f.Also {
		vendor, product, _ := strings.Cut(other, ":")
		p.Also = append(p.Also, CPE{"a", vendor, product, p.CPE.Version, p.CPE.Update})
	}
	p.Distribution, p.Release, p.Revision = distribution(b.Text)
	p.Upstream = p.Distribution == "" && (!f.Packaged || foreign.MatchString(b.Text))
	return p
}

// foreign marks builds that come from no distribution of Linux.
var foreign = regexp.MustCompile(`\((?:Unix|Win32|Win64|FreeBSD)\)|for_Windows`)

func group(m []string, i int) string {
	if i < len(m) && m[i] != "" {
		return strings.ToLower(strings.TrimRight(m[i], "."))
	}
	return "*"
}

var (
	debianRevision = regexp.MustCompile(`\bDebian-(\S+)|[-+~](\d+\+deb(?:\d+)u\d+)`)
	debianRelease  = regexp.MustCompile(`\+deb(\d+)u\d+`)
	ubuntuRevision = regexp.MustCompile(`\bUbuntu-(\S+)|[-+~](\S*ubuntu\S+)`)
	ubuntuRelease  = regexp.MustCompile(`ubuntu(?:\d+\.)?(\d\d\.(?:04|10))(?:\D|$)`)
	redHatRelease  = regexp.MustCompile(`\.el(\d+)`)
	named          = regexp.MustCompile(`(?i)\((debian|ubuntu|raspbian|centos|red hat|rhel|fedora|suse|almalinux|rocky linux|oracle linux|amazon linux)[^)]*\)`)
)

// distribution reads from a banner who built the program.
func distribution(text string) (name, release, revision string) {
	if m := ubuntuRevision.FindStringSubmatch(text); m != nil {
		if r := ubuntuRelease.FindStringSubmatch(text); r != nil {
			release = r[1]
		}
		return "Ubuntu", release, m[1] + m[2]
	}
	if m := debianRevision.FindStringSubmatch(text); m != nil {
		if r := debianRelease.FindStringSubmatch(text); r != nil {
			release = r[1]
		}
		return "Debian", release, m[1] + m[2]
	}
	if m := redHatRelease.FindStringSubmatch(text); m != nil {
		return "Red Hat Enterprise Linux", m[1], ""
	}
	if m := named.FindStringSubmatch(text); m != nil {
		return strings.ToUpper(m[1][:1]) + m[1][1:], "", ""
	}
	return "", "", ""
}
