package scan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Remedy is ready configuration and the checks that it mends, of those that failed or
// warned.
type Remedy struct {
	Snippet exposure.Snippet
	Checks  []string
}

// programs says for the programs that are recognised what their snippets are called.
var programs = map[string]string{"nginx": "nginx", "Apache HTTP Server": "Apache", "Internet Information Services": "IIS", "Caddy": "Caddy", "Postfix": "Postfix"}

// Remedies lists ready configuration for what was found, by program. Where a program
// was recognised (check BAN-01) for which there is some, only its own is listed;
// elsewhere that of every program, because some do not tell their name.
func Remedies(c *exposure.Catalogue, findings Findings) ([]Remedy, error) {
	known, err := recognised(findings)
	if err != nil {
		return nil, err
	}
	checks, snippets := map[string][]string{}, map[string]exposure.Snippet{}
	for f, err := range Problems(findings) {
		if err != nil {
			return nil, err
		}
		for _, s := range known.fitting(c.Snippets(f.Check), f.Target) {
			snippets[s.ID] = s
			if !slices.Contains(checks[s.ID], f.Check) {
				checks[s.ID] = append(checks[s.ID], f.Check)
			}
		}
	}
	var out []Remedy
	for id, s := range snippets {
		slices.Sort(checks[id])
		out = append(out, Remedy{s, checks[id]})
	}
	slices.SortFunc(out, func(a, b Remedy) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Snippet.Software), strings.ToLower(b.Snippet.Software)), cmp.Compare(a.Checks[0], b.Checks[0]), cmp.Compare(a.Snippet.ID, b.Snippet.ID))
	})
	return out, nil
}

// software is what was recognised, by address and port, by address, and by name.
type software map[string]map[string]bool

// recognised reads the findings about programs.
func recognised(findings Findings) (software, error) {
	out := software{}
	for f, err := range findings.Worst() {
		if err != nil {
			return nil, err
		}
		if f.Check != "BAN-01" || f.Outcome != exposure.Info {
			continue
		}
		for _, part := range strings.Split(f.Observed, "; ") {
			for name, called := range programs {
				if part != name && !strings.HasPrefix(part, name+" ") {
					continue
				}
				for _, key := range []string{f.Target.String(), f.Target.Name} {
					if key == "" {
						continue
					}
					if out[key] == nil {
						out[key] = map[string]bool{}
					}
					out[key][called] = true
				}
			}
		}
	}
	return out, nil
}

// fitting picks the configuration of the programs that were recognised, or all when
// there is none for them.
func (s software) fitting(all []exposure.Snippet, t exposure.Target) (out []exposure.Snippet) {
	at := s.at(t)
	for _, snippet := range all {
		if at[snippet.Software] {
			out = append(out, snippet)
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}

// at is the software of a service; of a name as such, that of all its services.
func (s software) at(t exposure.Target) map[string]bool {
	if t.Port != 0 {
		return s[t.String()]
	}
	return s[t.Name]
}
