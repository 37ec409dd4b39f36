package ports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// SettingPorts is the key of exposure.Session.Settings with the ports to ask:
// numbers and ranges with commas, such as "22,80,8000-8100"; "" for the usual ones.
const SettingPorts = "ports"

// ParsePorts reads a list of ports. The result is sorted and holds no port twice.
// The error names the part that is no port.
func ParsePorts(s string) ([]uint16, error) {
	var seen [65536]bool
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		from, err := strconv.ParseUint(first, 10, 16)
		to := from
		if err == nil && isRange {
			to, err = strconv.ParseUint(last, 10, 16)
		}
		if err != nil || from == 0 || to < from {
			return nil, fmt.Errorf("%q is no port and no range of ports: expected ports such as 22,80,8000-8100", part)
		}
		for p := from; p <= to; p++ {
			seen[p] = true
		}
	}
	var out []uint16
	for p, ok := range seen {
		if ok {
			out = append(out, uint16(p))
		}
	}
	return out, nil
}

// further are ports above 1023 on which programs for people and machines usually
// stand, besides those of the checks.
var further = []uint16{1080, 1099, 1352, 1434, 1521, 1900, 2000, 2082, 2083, 2086, 2087, 2095, 2096, 2121, 2222, 2375, 2376, 2380, 2483, 2484, 3000, 3001, 3128, 3260, 3299,
	3690, 4000, 4022, 4040, 4190, 4200, 4243, 4369, 4443, 4444, 4500, 4567, 4646, 4848, 5000, 5001, 5003, 5006, 5044, 5050, 5060, 5061, 5222, 5223, 5269, 5280, 5357, 5433, 5555, 5601, 5632,
	5666, 5671, 5800, 5986, 6379, 6380, 6443, 6666, 6667, 7000, 7001, 7002, 7070, 7077, 7443, 7474, 7547, 7687, 7777, 8000, 8001, 8002, 8008, 8009, 8010, 8020, 8025, 8042, 8060, 8069, 8080,
	8081, 8082, 8083, 8084, 8085, 8086, 8087, 8088, 8089, 8090, 8091, 8096, 8097, 8098, 8118, 8123, 8140, 8161, 8172, 8180, 8181, 8200, 8222, 8280, 8333, 8383, 8400, 8443, 8444, 8448, 8500,
	8530, 8531, 8649, 8686, 8765, 8787, 8800, 8834, 8880, 8883, 8888, 8889, 8983, 9000, 9001, 9002, 9010, 9043, 9080, 9090, 9091, 9093, 9094, 9100, 9160, 9191, 9300, 9390, 9392, 9418, 9443,
	9500, 9595, 9735, 9800, 9876, 9990, 9999, 10011, 10050, 10051, 10255, 10256, 10443, 11211, 12345, 13579, 15671, 15692, 16010, 16992, 16993, 17988, 18080, 20256, 22222, 25565, 26257,
	27018, 28015, 28017, 30015, 32400, 32764, 32768, 37777, 41795, 49152, 49153, 49154, 49155, 50000, 50051, 50070, 55443, 55553, 60000, 61616, 62078, 64738}

// Usual lists the ports that are asked when nobody says otherwise: 1 to 1023, those
// of every check, industrial ones included, and other usual ones. Sorted.
func Usual() []uint16 {
	out := append(span(1, 1023), further...)
	for _, f := range families() {
		out = append(out, f.ports()...)
	}
	for _, d := range datagrams() {
		out = append(out, d.ports...)
	}
	out = append(out, exposure.IndustrialPorts...)
	slices.Sort(out)
	return slices.Compact(out)
}

// expected are the ports whose service is known by their number: the checks of
// this package and of TLS, mail and web begin with it.
var expected = func() map[uint16]bool {
	out := map[uint16]bool{}
	for _, p := range []uint16{25, 53, 80, 110, 119, 143, 443, 465, 563, 587, 636, 853, 990, 993, 995, 4190, 5222, 5223, 5269, 8080, 8443} {
		out[p] = true
	}
	for _, f := range families() {
		for _, p := range f.ports() {
			out[p] = true
		}
	}
	return out
}()

// ranges writes ports as people do: "22, 80, 8000–8002", twenty parts at most.
func ranges(list []uint16) string {
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.Compact(list)
	var parts []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		switch {
		case len(parts) == 20:
			return strings.Join(parts, ", ") + fmt.Sprintf(" and %d more", len(list)-i)
		case j > i:
			parts = append(parts, fmt.Sprintf("%d–%d", list[i], list[j]))
		default:
			parts = append(parts, strconv.Itoa(int(list[i])))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// DeclaredKind is the kind of exposure.Data that holds Declared.
const DeclaredKind = "declared"

// Declared is what an organisation says should be open, by name or address: TCP
// and UDP alike.
type Declared map[string][]uint16

// For are the ports that should be open at a target; ok is false when nothing was
// said about it.
func (d Declared) For(t exposure.Target) (list []uint16, ok bool) {
	for _, key := range []string{t.Name, t.Address.String()} {
		if more, said := d[key]; said && key != "" {
			list, ok = append(slices.Clip(list), more...), true
		}
	}
	return list, ok
}
