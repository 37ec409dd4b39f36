package mailprobe

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// DMARC is a record of RFC 9989.
type DMARC struct {
	Policy     string // p: "none", "quarantine" or "reject"; "" when it is missing or cannot be read
	Subdomain  string // sp
	Absent     string // np: for names below that do not exist
	Test       bool   // t=y
	Public     string // psd: "y", "n" or "u"
	Aggregate  []string
	Failure    []string
	Removed    []string // tags of RFC 7489 that are no more
	Unreadable []string // addresses of reports that cannot be read
}

// ParseDMARC reads a record. Values that cannot be read count as missing, as RFC
// 9989 section 4.7 wants; what is no list of tags at all is an error.
func ParseDMARC(record string) (DMARC, error) {
	if !begins(record, "DMARC1") {
		return DMARC{}, errors.New("it does not begin with v=DMARC1")
	}
	list, err := tags(record)
	if err != nil {
		return DMARC{}, err
	}
	policy := func(name string) string {
		v, _ := value(list, name)
		if v = strings.ToLower(v); strength(v) < 0 {
			return ""
		}
		return v
	}
	d := DMARC{Policy: policy("p"), Subdomain: policy("sp"), Absent: policy("np"), Public: "u"}
	if t, _ := value(list, "t"); strings.EqualFold(t, "y") {
		d.Test = true
	}
	if p, _ := value(list, "psd"); slices.Contains([]string{"y", "n"}, strings.ToLower(p)) {
		d.Public = strings.ToLower(p)
	}
	for _, name := range []string{"pct", "rf", "ri"} {
		if _, ok := value(list, name); ok {
			d.Removed = append(d.Removed, name)
		}
	}
	for name, to := range map[string]*[]string{"rua": &d.Aggregate, "ruf": &d.Failure} {
		v, _ := value(list, name)
		for part := range strings.SplitSeq(v, ",") {
			part = strings.Trim(part, " \t")
			if part == "" {
				continue
			}
			address, err := mailto(part)
			if err != nil {
				d.Unreadable = append(d.Unreadable, name+"="+exposure.Clip(part))
				continue
			}
			*to = append(*to, address)
		}
	}
	return d, nil
}

// mailto reads mailto:somebody@example.org, with or without the size that RFC 7489
// allowed after it.
func mailto(s string) (string, error) {
	s, _, _ = strings.Cut(s, "!")
	u, err := url.Parse(s)
	if err != nil || !strings.EqualFold(u.Scheme, "mailto") {
		return "", fmt.Errorf("%q is no mailto address", exposure.Clip(s))
	}
	address, err := url.PathUnescape(u.Opaque)
	local, domain, ok := strings.Cut(address, "@")
	if err != nil || !ok || local == "" || !strings.Contains(domain, ".") || strings.ContainsAny(domain, "@ /\\") {
		return "", fmt.Errorf("%q is no mail address", exposure.Clip(s))
	}
	return address, nil
}

// strength orders policies; -1 for none of them.
func strength(policy string) int {
	return slices.Index([]string{"none", "quarantine", "reject"}, policy)
}

// weaker is the policy one level lower.
func weaker(policy string) string {
	return []string{"none", "none", "quarantine"}[max(0, strength(policy))]
}

// DMARCWalk is what the tree walk of RFC 9989 section 4.10 found for a domain.
type DMARCWalk struct {
	Organisation string // organisational domain
	At           string // where the record that holds stands; "" for none
	Record       string
	DMARC
	Several []string // names with more than one record, which count as none
	Bad     error    // why the record cannot be read
}

// deepest is the number of labels above which the walk leaps (RFC 9989 section
// 4.10).
const deepest = 8

// WalkDMARC finds the record that holds for a domain.
func WalkDMARC(ctx context.Context, n Names, domain string) (DMARCWalk, error) {
	type step struct {
		name, record string
		parsed       DMARC
		bad          error
	}
	var found []step
	w := DMARCWalk{Organisation: domain}
	for at := domain; at != ""; at = leap(at) {
		answer, err := n.TXT(ctx, "_dmarc."+at)
		if err != nil {
			return w, err
		}
		list := slices.DeleteFunc(slices.Clone(answer.Values), func(s string) bool { return !begins(s, "DMARC1") })
		if len(list) > 1 {
			w.Several = append(w.Several, at)
		}
		if len(list) != 1 {
			continue
		}
		parsed, bad := ParseDMARC(list[0])
		found = append(found, step{at, list[0], parsed, bad})
		if parsed.Public == "n" || parsed.Public == "y" && at != domain {
			break
		}
	}
	use := func(s step) { w.At, w.Record, w.DMARC, w.Bad = s.name, s.record, s.parsed, s.bad }
	if len(found) == 0 {
		return w, nil
	}
	last := found[len(found)-1]
	w.Organisation = last.name
	if last.parsed.Public == "y" && last.name != domain {
		w.Organisation = below(domain, last.name)
	}
	for _, s := range found {
		if s.name == domain || s.name == w.Organisation {
			use(s)
			return w, nil
		}
	}
	use(last) // of a public suffix
	return w, nil
}

// leap is the next name of the walk.
func leap(name string) string {
	labels := strings.Split(name, ".")
	if len(labels) > deepest {
		return strings.Join(labels[len(labels)-deepest+1:], ".")
	}
	return strings.Join(labels[1:], ".")
}

// below is the ancestor of name, or name, one label below zone.
func below(name, zone string) string {
	labels := strings.Split(strings.TrimSuffix(name, "."+zone), ".")
	return labels[len(labels)-1] + "." + zone
}

// Effective is the policy for mail from a domain whose record, its own or
// inherited, was found.
func (w DMARCWalk) Effective(domain string) string {
	p := w.Policy
	if w.At != domain && w.Subdomain != "" {
		p = w.Subdomain
	}
	if p == "" {
		p = "none"
	}
	if w.Test {
		p = weaker(p)
	}
	return p
}
