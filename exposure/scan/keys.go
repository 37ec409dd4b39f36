package scan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
)

// mostHosts is how many other hosts with a key a finding names.
const mostHosts = 12

// compareKeys judges the keys of a scan when all are known, so that no order of the
// hosts changes what is found: it warns where several hosts show the same key, and
// passes where a host shows another key than in an earlier scan. Of a scan that left
// hosts out, those count as they were then.
func compareKeys(found, earlier []exposure.Finding, leftOut bool) {
	list := slices.Clone(found)
	for _, f := range earlier {
		if leftOut && !slices.ContainsFunc(found, func(x exposure.Finding) bool { return x.Key() == f.Key() }) {
			list = append(list, f)
		}
	}
	shareKeys(found, list)
	for i := range found {
		f := &found[i]
		if f.Outcome == exposure.NotTested && f.Check == certprobe.KeyCheck && renewed(*f, earlier) {
			f.Say(exposure.Pass, "another key than in the scan before")
			f.Reason = ""
		}
	}
}

// renewed reports whether a target shows other keys than in an earlier scan.
func renewed(f exposure.Finding, earlier []exposure.Finding) bool {
	i := slices.IndexFunc(earlier, func(x exposure.Finding) bool { return x.Key() == f.Key() })
	return i >= 0 && len(f.Keys) > 0 && len(earlier[i].Keys) > 0 && !slices.ContainsFunc(f.Keys, func(k string) bool { return slices.Contains(earlier[i].Keys, k) })
}

// shareKeys warns at findings whose key others of a list have, which begins with them.
func shareKeys(found, list []exposure.Finding) {
	byKey := map[string][]int{}
	for i, f := range list {
		if f.Check != certprobe.KeyCheck {
			continue
		}
		for _, key := range f.Keys {
			byKey[key] = append(byKey[key], i)
		}
	}
	others := map[int][]string{}
	for _, at := range byKey {
		hosts, of := hostsOf(list, at)
		for _, i := range at {
			for _, h := range hosts {
				if len(hosts) > 1 && h != of[i] && len(others[i]) <= mostHosts {
					others[i] = append(others[i], h)
				}
			}
		}
	}
	for i, hosts := range others {
		if i >= len(found) {
			continue
		}
		f := &found[i]
		words := "other hosts with the same key: " + named(hosts)
		if f.Outcome == exposure.Warn {
			words = f.Observed + "; " + words
		}
		f.Outcome, f.Observed, f.Reason = exposure.Warn, words, ""
	}
}

// named joins hosts, and says that there are more.
func named(hosts []string) string {
	slices.Sort(hosts)
	hosts = slices.Compact(hosts)
	if len(hosts) > mostHosts {
		return strings.Join(hosts[:mostHosts], ", ") + " and more"
	}
	return strings.Join(hosts, ", ")
}

// hostsOf tells the hosts of findings apart: targets with one name or one address, also
// by way of others, are one host. A host is called as the first of its targets.
func hostsOf(list []exposure.Finding, at []int) (hosts []string, of map[int]string) {
	parent := map[string]string{}
	var root func(string) string
	root = func(x string) string {
		if parent[x] == "" || parent[x] == x {
			return x
		}
		parent[x] = root(parent[x])
		return parent[x]
	}
	for _, i := range at {
		if t := list[i].Target; t.Name != "" {
			parent[root("name "+t.Name)] = root(address(t))
		}
	}
	called := map[string]string{}
	for _, i := range at {
		t := list[i].Target
		r := root(address(t))
		words := cmp.Or(t.Name, t.Address.String())
		if called[r] == "" || words < called[r] {
			called[r] = words
		}
	}
	of = map[int]string{}
	for _, i := range at {
		of[i] = called[root(address(list[i].Target))]
		hosts = append(hosts, of[i])
	}
	slices.Sort(hosts)
	return slices.Compact(hosts), of
}

func address(t exposure.Target) string { return fmt.Sprintf("address %s", t.Address.Unmap()) }
