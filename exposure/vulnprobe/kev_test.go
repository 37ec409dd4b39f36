package vulnprobe_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure/vulnprobe"
)

func TestShippedKEV(t *testing.T) {
	k := must(vulnprobe.LoadShippedKEV(content.FS))
	if k.Len() != 1685 || k.State() != "KEV as of 2026-08-27 (shipped)" {
		t.Errorf("%d entries, %s", k.Len(), k.State())
	}
	for id, want := range map[string]vulnprobe.Exploited{
		"CVE-2021-44228": {Added: "2021-12-10", Ransomware: true},
		"CVE-2014-0160":  {Added: "2022-05-04"},
		"CVE-2024-3400":  {Added: "2024-04-12", Ransomware: true},
		"CVE-2023-44487": {Added: "2023-10-10"},
		"CVE-2026-66384": {Added: "2026-08-27"},
	} {
		want.ID = id
		if e, ok := k.Get(id); !ok || e != want {
			t.Errorf("%s: %+v, want %+v", id, e, want)
		}
	}
	if _, ok := k.Get("CVE-2024-6387"); ok {
		t.Error("CVE-2024-6387 is not in the catalogue")
	}
}

// TestShippedKEVIsWhole: a catalogue that does not fit what is said of it is refused.
func TestShippedKEVIsWhole(t *testing.T) {
	const about = "as_of: 2026-08-27\ncount: 2\n"
	const head = "cveID\tvendorProject\tproduct\tdateAdded\tknownRansomwareCampaignUse\n"
	const first, second = "CVE-2021-41773\tApache\tHTTP Server\t2021-11-03\tKnown\n", "CVE-2026-66384\tJFrog\tArtifactory\t2026-08-27\tUnknown\n"
	load := func(about, table string) error {
		_, err := vulnprobe.LoadShippedKEV(fstest.MapFS{"exposure/kev.yaml": {Data: []byte(about)}, "exposure/kev.tsv": {Data: []byte(table)}})
		return err
	}
	if err := load(about, head+first+second); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string][2]string{
		"cut off":         {about, head + first},
		"twice":           {about, head + second + second},
		"a newer entry":   {about, head + second + strings.Replace(first, "2021-11-03", "2026-09-01", 1)},
		"no newest entry": {about, head + first + strings.Replace(second, "2026-08-27", "2026-08-26", 1)},
		"no day":          {about, head + second + strings.Replace(first, "2021-11-03", "2021-13-03", 1)},
		"no number":       {about, head + second + strings.Replace(first, "CVE-", "CVE", 1)},
		"other columns":   {about, "id\tvendor\tproduct\tadded\transomware\n" + first + second},
		"missing field":   {about, head + first + "CVE-2026-66384\tJFrog\n"},
		"empty":           {about, ""},
		"head alone":      {"as_of: 2026-08-27\ncount: 0\n", head},
		"nothing about":   {"", head + first + second},
	} {
		if load(bad[0], bad[1]) == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestNewerKEV(t *testing.T) {
	imported := func(day string) *vulnprobe.KEV {
		return must(vulnprobe.LoadKEV(strings.NewReader(`{"catalogVersion": "` + strings.ReplaceAll(day, "-", ".") + `", "vulnerabilities": [{"cveID": "CVE-2021-41773", "dateAdded": "2021-11-03"}]}`)))
	}
	have := must(vulnprobe.LoadShippedKEV(content.FS))
	for day, want := range map[string]string{
		"2026-08-26": "KEV as of 2026-08-27 (shipped)",
		"2026-08-27": "KEV as of 2026-08-27 (imported)",
		"2026-11-20": "KEV as of 2026-11-20 (imported)",
	} {
		k := imported(day).Newer(have)
		if k.State() != want {
			t.Errorf("imported of %s: %s, want %s", day, k.State(), want)
		}
		s, ok := vulnprobe.ParseKEVState(k.State())
		if !ok || s.AsOf != k.AsOf || s.Shipped != k.Shipped {
			t.Errorf("%s was read as %+v", k.State(), s)
		}
	}
	if k := imported("2026-08-01"); k.Newer(nil) != k {
		t.Error("the only catalogue is not taken")
	}
	for _, text := range []string{"", "KEV", "KEV as of soon (shipped)", "KEV as of 2026-08-27", "RFC 9325"} {
		if s, ok := vulnprobe.ParseKEVState(text); ok {
			t.Errorf("%q was read as %+v", text, s)
		}
	}
	s, _ := vulnprobe.ParseKEVState(have.State())
	for day, want := range map[int]bool{0: false, 30: false, 31: true} {
		if days, old := s.Old(s.AsOf.AddDate(0, 0, day)); old != want || days != day {
			t.Errorf("after %d days: %d, old %v", day, days, old)
		}
	}
}
