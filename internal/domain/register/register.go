// Package register holds the lists that an organisation keeps of itself: its assets,
// the suppliers that it depends on, and its risks.
package register

import (
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/law"
)

// Asset is something that the organisation needs for its services, point 12.4 of the
// annex to Implementing Regulation (EU) 2024/2690.
type Asset struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Name         string    `json:"name"`            // unique within the organisation
	Kind         string    `json:"kind"`            // of AssetKinds
	Hosts        []string  `json:"hosts,omitempty"` // names and addresses under which the internet reaches it
	PortsSaid    bool      `json:"ports_said"`      // Ports is the whole truth, also when it is empty
	Ports        []uint16  `json:"ports,omitempty"` // that should be open to the internet, TCP and UDP alike
	Criticality  string    `json:"criticality"`     // of Levels
	Owner        string    `json:"owner,omitempty"`
	Location     string    `json:"location,omitempty"`
	Supplier     string    `json:"supplier,omitempty"` // name of who runs or supplies it
	Note         string    `json:"note,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

// AssetKinds lists the kinds of assets.
func AssetKinds() []string {
	return []string{"service", "application", "server", "network", "workstation", "industrial", "data", "facility", "other"}
}

// Levels lists how much depends on an asset or a supplier, the most first.
func Levels() []string { return []string{"critical", "high", "medium", "low"} }

// The bounds of text that people write.
const (
	LongestName = 200  // characters
	LongestText = 4000 // characters
	mostHosts   = 50
	mostPorts   = 200
)

// Tidy is the asset as it is kept. The fault names the field that cannot be used.
func (a Asset) Tidy() (Asset, error) {
	trim(&a.Name, &a.Kind, &a.Criticality, &a.Owner, &a.Location, &a.Supplier, &a.Note)
	if a.Kind == "" {
		a.Kind = "other"
	}
	if a.Criticality == "" {
		a.Criticality = "medium"
	}
	err := first(name("name", a.Name), oneOf("kind", a.Kind, AssetKinds()), oneOf("criticality", a.Criticality, Levels()),
		short("owner", a.Owner, LongestName), short("location", a.Location, LongestName), short("supplier", a.Supplier, LongestName), short("note", a.Note, LongestText))
	if err != nil {
		return a, err
	}
	if a.Hosts, err = hosts("hosts", a.Hosts, true); err != nil {
		return a, err
	}
	if a.Ports != nil {
		a.Ports = slices.Compact(slices.Sorted(slices.Values(a.Ports)))
	}
	switch {
	case len(a.Ports) > mostPorts:
		return a, invalid("ports", "there are too many ports", fmt.Sprintf("up to %d", mostPorts))
	case len(a.Ports) > 0 && a.Ports[0] == 0:
		return a, invalid("ports", "there is no port 0", "ports from 1 to 65535")
	case len(a.Ports) > 0:
		a.PortsSaid = true
	}
	return a, nil
}

// None is how a list of ports says that none is open.
const None = "none"

// PortsText is what a person would write: "", "none" or "80, 443".
func (a Asset) PortsText() string {
	switch {
	case !a.PortsSaid:
		return ""
	case len(a.Ports) == 0:
		return None
	}
	out := make([]string, len(a.Ports))
	for i, p := range a.Ports {
		out[i] = strconv.Itoa(int(p))
	}
	return strings.Join(out, ", ")
}

// ParsePorts reads what PortsText writes; separators may be commas, semicolons or
// spaces.
func ParsePorts(text string) (ports []uint16, said bool, err error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, false, nil
	}
	if strings.EqualFold(text, None) {
		return nil, true, nil
	}
	for _, word := range Words(text) {
		p, err := strconv.ParseUint(word, 10, 16)
		if err != nil || p == 0 {
			return nil, false, invalid("ports", strconv.Quote(cut(word))+" is no port", "numbers from 1 to 65535 such as \"80, 443\", \"none\", or nothing when it is not known")
		}
		ports = append(ports, uint16(p))
		if len(ports) > mostPorts {
			return nil, false, invalid("ports", "there are too many ports", fmt.Sprintf("up to %d", mostPorts))
		}
	}
	return ports, true, nil
}

// Words splits a list that a person wrote with commas, semicolons, spaces or lines.
func Words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) })
}

// Supplier is somebody on whom the organisation depends, point 5.2 of the annex to
// Implementing Regulation (EU) 2024/2690.
type Supplier struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Name         string    `json:"name"`        // unique within the organisation
	Supplies     string    `json:"supplies"`    // products and services
	Criticality  string    `json:"criticality"` // of Levels
	Contact      string    `json:"contact,omitempty"`
	Email        string    `json:"email,omitempty"`    // where it is asked to mend what is seen from outside
	Language     string    `json:"language,omitempty"` // in which it is asked; "": that of whoever asks
	Owner        string    `json:"owner,omitempty"`    // who looks after the contract
	Domains      []string  `json:"domains,omitempty"`  // of its web and mail
	ReviewBy     law.Date  `json:"review_by"`          // when it is looked at again; zero: not planned
	Note         string    `json:"note,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

// Tidy is the supplier as it is kept. The fault names the field that cannot be used.
func (s Supplier) Tidy() (Supplier, error) {
	trim(&s.Name, &s.Supplies, &s.Criticality, &s.Contact, &s.Email, &s.Language, &s.Owner, &s.Note)
	if s.Criticality == "" {
		s.Criticality = "medium"
	}
	err := first(name("name", s.Name), oneOf("criticality", s.Criticality, Levels()), short("supplies", s.Supplies, LongestText),
		short("contact", s.Contact, LongestName), short("owner", s.Owner, LongestName), short("note", s.Note, LongestText))
	if err == nil {
		err = address("email", s.Email)
	}
	if err == nil && s.Language != "" {
		err = oneOf("language", s.Language, Languages())
	}
	if err == nil {
		s.Domains, err = hosts("domains", s.Domains, false)
	}
	return s, err
}

// Languages lists those in which suppliers are asked.
func Languages() []string { return []string{"en", "de", "fr"} }

// address reports what is wrong with an address of mail; "" is fine.
func address(field, text string) error {
	if text == "" {
		return nil
	}
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text || len(text) > 254 {
		return invalid(field, strconv.Quote(cut(text))+" is no address of mail", "an address such as name@example.org")
	}
	return nil
}

// Request is a mail in which a supplier was asked to mend what is seen from outside.
type Request struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Supplier     string    `json:"supplier"`
	Scan         string    `json:"scan"`    // whose findings it tells of; "": none
	Address      string    `json:"address"` // to which it went
	Language     string    `json:"language"`
	Body         string    `json:"body"`
	AskedBy      string    `json:"asked_by"`
	AskedName    string    `json:"asked_name"`
	CreatedAt    time.Time `json:"created_at"`
}

// Check is the fault of a request that cannot be sent.
func (r Request) Check() error {
	if r.Address == "" {
		return invalid("address", "the address is missing", "an address such as name@example.org")
	}
	return first(address("address", r.Address), oneOf("language", r.Language, Languages()), short("body", r.Body, LongestRequest))
}

// LongestRequest is how many characters a request may have.
const LongestRequest = 40000

// hosts are names, and addresses where they may stand, in small letters, each once.
func hosts(field string, list []string, addresses bool) (out []string, err error) {
	for _, h := range list {
		h = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(h), "."))
		if h == "" {
			continue
		}
		if a, err := netip.ParseAddr(h); err == nil && addresses && a.Zone() == "" {
			h = a.Unmap().String()
		} else if err == nil || !hostName(h) {
			expected := "names such as www.example.org"
			if addresses {
				expected += ", or addresses such as 192.0.2.1"
			}
			return nil, invalid(field, strconv.Quote(cut(h))+" is no name of a host", expected)
		}
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	if len(out) > mostHosts {
		return nil, invalid(field, "there are too many names", fmt.Sprintf("up to %d", mostHosts))
	}
	return out, nil
}

// hostName reports whether the text may be a name with a domain. Letters beyond ASCII
// are left to whoever looks the name up.
func hostName(h string) bool {
	if len(h) > 253 || !strings.Contains(h, ".") {
		return false
	}
	for label := range strings.SplitSeq(h, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") || strings.ContainsAny(label, " /:@?#[]%\\\"'<>*") {
			return false
		}
	}
	return true
}

func trim(texts ...*string) {
	for _, t := range texts {
		*t = strings.TrimSpace(*t)
	}
}

func name(field, text string) error {
	if text == "" {
		return invalid(field, "the name is missing", "a name by which everybody knows it")
	}
	return short(field, text, LongestName)
}

func short(field, text string, most int) error {
	if len([]rune(text)) > most {
		return invalid(field, "the text is too long", fmt.Sprintf("up to %d characters", most))
	}
	return nil
}

func oneOf(field, text string, list []string) error {
	if !slices.Contains(list, text) {
		return invalid(field, strconv.Quote(cut(text))+" is not among the choices", strings.Join(list, ", "))
	}
	return nil
}

func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func invalid(field, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}
