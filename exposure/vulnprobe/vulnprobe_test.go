package vulnprobe_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/vulnprobe"
)

// The files have the forms of the real ones and hold a few of their entries.
const (
	kevFile = `{"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.11.20", "dateReleased": "2026-11-20T14:00:00.0000Z", "count": 1,
		"vulnerabilities": [{"cveID": "CVE-2021-41773", "vendorProject": "Apache", "product": "HTTP Server", "dateAdded": "2021-11-03", "dueDate": "2021-11-17", "knownRansomwareCampaignUse": "Known"}]}`
	epssFile = "#model_version:v2025.03.14,score_date:2025-08-25T00:00:00+0000\ncve,epss,percentile\nCVE-2021-41773,0.94300,0.99900\nCVE-2024-6387,0.50000,0.97000\n"
	euvdFile = `{"items": [{"id": "EUVD-2021-28000", "aliases": "CVE-2021-41773\nGHSA-xxxx\n", "baseScore": 7.5, "epss": 94.3, "exploitedSince": "Nov 3, 2021"}], "total": 1}`
	nvdFile  = `{"resultsPerPage": 3, "format": "NVD_CVE", "version": "2.0", "timestamp": "2025-08-25T00:00:00.000", "vulnerabilities": [
		{"cve": {"id": "CVE-2021-41773", "vulnStatus": "Analyzed", "metrics": {"cvssMetricV31": [{"type": "Primary", "cvssData": {"baseScore": 7.5}}]},
			"configurations": [{"nodes": [{"operator": "OR", "negate": false, "cpeMatch": [{"vulnerable": true, "criteria": "cpe:2.3:a:apache:http_server:2.4.49:*:*:*:*:*:*:*"}]}]}]}},
		{"cve": {"id": "CVE-2024-6387", "vulnStatus": "Modified", "metrics": {"cvssMetricV31": [{"type": "Secondary", "cvssData": {"baseScore": 8.1}}]},
			"configurations": [{"nodes": [{"operator": "OR", "cpeMatch": [{"vulnerable": true, "criteria": "cpe:2.3:a:openbsd:openssh:*:*:*:*:*:*:*:*", "versionStartIncluding": "8.6", "versionEndExcluding": "9.8"}]}]}]}},
		{"cve": {"id": "CVE-2000-0001", "vulnStatus": "Rejected", "configurations": [{"nodes": [{"cpeMatch": [{"vulnerable": true, "criteria": "cpe:2.3:a:apache:http_server:*:*:*:*:*:*:*:*"}]}]}]}}]}`
)

// shipped is, for data, the catalogue of exploited vulnerabilities that is shipped.
const shipped = "shipped"

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func data(kinds ...string) exposure.Data {
	d := exposure.Data{Kinds: map[string]any{}}
	for _, k := range kinds {
		switch k {
		case vulnprobe.KEVKind:
			d.Kinds[k] = must(vulnprobe.LoadKEV(strings.NewReader(kevFile)))
		case shipped:
			d.Kinds[vulnprobe.KEVKind] = must(vulnprobe.LoadShippedKEV(content.FS))
		case vulnprobe.EPSSKind:
			d.Kinds[k] = must(vulnprobe.LoadEPSS(strings.NewReader(epssFile)))
		case vulnprobe.EUVDKind:
			d.Kinds[k] = must(vulnprobe.LoadEUVD(strings.NewReader(euvdFile)))
		case vulnprobe.NVDKind:
			d.Kinds[k] = must(vulnprobe.LoadNVD(strings.NewReader(nvdFile)))
		}
	}
	return d
}

// scan looks at one target on the day for which the shipped table was made.
func scan(t *testing.T, d exposure.Data, at netip.AddrPort, service string) map[string]exposure.Finding {
	t.Helper()
	permit := must(exposure.Own(exposure.Scope{ID: "test", Until: time.Now().Add(time.Hour), Classes: []exposure.Class{exposure.Passive, exposure.Handshake}, Loopback: true,
		Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}}))
	out := map[string]exposure.Finding{}
	s := exposure.Scan{Probes: vulnprobe.Probes(), Targets: []exposure.Target{{Declared: "x", Address: at.Addr(), Port: at.Port(), Service: service}},
		Session: exposure.Session{Dialer: exposure.NewDialer(permit, exposure.DialerOptions{Timeout: time.Minute}), Catalogue: exposuretest.Catalogue(t), Scanner: "test", Data: d,
			Now: func() time.Time { return time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC) }}}
	if err := s.Run(t.Context(), func(f exposure.Finding) { out[f.Check] = f }); err != nil {
		t.Fatal(err)
	}
	return out
}

// says is a service that says one thing.
func says(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	l := exposuretest.Listen(t, "127.0.0.1")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, text)
			c.Close()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

func web(t *testing.T, server string) netip.AddrPort {
	t.Helper()
	s := exposuretest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", server)
		fmt.Fprint(w, "<html></html>")
	}))
	return netip.MustParseAddrPort(s.Listener.Addr().String())
}

func TestPrograms(t *testing.T) {
	everything := []string{vulnprobe.KEVKind, vulnprobe.EPSSKind, vulnprobe.EUVDKind, vulnprobe.NVDKind}
	type want map[string]exposure.Outcome
	for name, tc := range map[string]struct {
		at      func(*testing.T) netip.AddrPort
		service string
		kinds   []string
		want    want
		text    map[string]string // that the finding must hold
	}{
		"upstream Apache": {func(t *testing.T) netip.AddrPort { return web(t, "Apache/2.4.49 (Unix)") }, "http", everything,
			want{"BAN-01": exposure.Info, "VULN-01": exposure.Fail, "VULN-02": exposure.Fail, "VULN-03": exposure.Info, "VULN-04": exposure.Fail, "VULN-05": exposure.Info},
			map[string]string{"BAN-01": "cpe:2.3:a:apache:http_server:2.4.49:*", "VULN-01": "ransomware", "VULN-02": "exact", "VULN-03": "94.3 %", "VULN-04": "EUVD-2021-28000"}},
		"Apache of Debian": {func(t *testing.T) netip.AddrPort { return web(t, "Apache/2.4.49 (Debian)") }, "http", everything,
			want{"VULN-01": exposure.Warn, "VULN-02": exposure.Warn, "VULN-04": exposure.Warn, "VULN-05": exposure.NotTested}, map[string]string{"VULN-02": "unconfirmed"}},
		"Apache of whoever": {func(t *testing.T) netip.AddrPort { return web(t, "Apache/2.4.49") }, "http", everything,
			want{"VULN-01": exposure.Warn, "VULN-02": exposure.Warn}, map[string]string{"VULN-02": "unconfirmed"}},
		"newer Apache": {func(t *testing.T) netip.AddrPort { return web(t, "Apache/2.4.62 (Unix)") }, "http", everything,
			want{"VULN-01": exposure.Pass, "VULN-02": exposure.Pass, "VULN-03": exposure.Info, "VULN-04": exposure.Info},
			map[string]string{"VULN-01": "none; KEV as of 2026-11-20 (imported)", "VULN-02": "numbers of 2000 to 2024"}},
		"newer Apache, shipped catalogue": {func(t *testing.T) netip.AddrPort { return web(t, "Apache/2.4.62 (Unix)") }, "http", []string{shipped, vulnprobe.NVDKind},
			want{"VULN-01": exposure.Info}, map[string]string{"VULN-01": "none; KEV as of 2026-08-27 (shipped); the catalogue is 93 days old: import a newer one; NVD of "}},
		"old Apache, shipped catalogue": {func(t *testing.T) netip.AddrPort { return web(t, "Apache/2.4.49 (Unix)") }, "http", []string{shipped, vulnprobe.NVDKind},
			want{"VULN-01": exposure.Fail}, map[string]string{"VULN-01": "CVE-2021-41773 (exact, exploited since 2021-11-03 at the latest, by ransomware too); KEV as of 2026-08-27 (shipped); the catalogue is 93 days old"}},
		"shipped catalogue alone": {func(t *testing.T) netip.AddrPort { return web(t, "Apache") }, "http", []string{shipped},
			want{"VULN-01": exposure.Info}, map[string]string{"VULN-01": "of some version, exploited are Apache HTTP Server: CVE-2019-0211, CVE-2021-41773, CVE-2021-42013, CVE-2021-40438, CVE-2024-38475; versions were not compared"}},
		"no version": {func(t *testing.T) netip.AddrPort { return web(t, "Apache") }, "http", everything,
			want{"BAN-01": exposure.Info, "VULN-01": exposure.NotTested, "VULN-02": exposure.NotTested}, nil},
		"no data": {func(t *testing.T) netip.AddrPort { return web(t, "Apache/2.4.49 (Unix)") }, "http", nil,
			want{"VULN-01": exposure.NotTested, "VULN-02": exposure.NotTested, "VULN-03": exposure.NotTested, "VULN-04": exposure.NotTested}, nil},
		"KEV alone": {func(t *testing.T) netip.AddrPort { return web(t, "Apache/2.4.49 (Unix)") }, "http", []string{vulnprobe.KEVKind},
			want{"VULN-01": exposure.Info}, map[string]string{"VULN-01": "versions were not compared"}},
		"KEV alone, nothing there": {func(t *testing.T) netip.AddrPort { return web(t, "nginx/1.22.1") }, "http", []string{vulnprobe.KEVKind},
			want{"VULN-01": exposure.NotTested, "VULN-05": exposure.Warn}, map[string]string{"VULN-05": "2023-04-11"}},
		"OpenSSH of Debian 12": {func(t *testing.T) netip.AddrPort { return says(t, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n") }, "ssh", everything,
			want{"BAN-01": exposure.Info, "VULN-01": exposure.Pass, "VULN-02": exposure.Warn, "VULN-05": exposure.Warn},
			map[string]string{"BAN-01": "OpenSSH 9.2p1 (Debian 12)", "VULN-02": "CVE-2024-6387", "VULN-05": "until 2028-06-30"}},
		"OpenSSH for Windows": {func(t *testing.T) netip.AddrPort { return says(t, "SSH-2.0-OpenSSH_for_Windows_8.6\r\n") }, "ssh", everything,
			want{"VULN-02": exposure.Fail}, map[string]string{"VULN-02": "range"}},
		"old PHP": {func(t *testing.T) netip.AddrPort { return web(t, "Apache/2.2.34 (Win64) PHP/5.6.40") }, "http", nil,
			want{"VULN-05": exposure.Fail}, map[string]string{"VULN-05": "PHP 5.6 has not been mended since 2018-12-31"}},
		"MySQL": {func(t *testing.T) netip.AddrPort { return says(t, "\x4a\x00\x00\x00\x0a8.4.9\x00rest") }, "mysql", nil, want{"BAN-01": exposure.Info, "VULN-05": exposure.Pass}, nil},
		"MariaDB": {func(t *testing.T) netip.AddrPort {
			return says(t, "\x4a\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\x00")
		}, "mysql", nil, want{"VULN-05": exposure.Warn}, map[string]string{"BAN-01": "MariaDB 10.11.6 (Debian 12)"}},
		"unknown":  {func(t *testing.T) netip.AddrPort { return says(t, "220 mail.example.org ready\r\n") }, "smtp", everything, want{"BAN-01": exposure.NotApplicable, "VULN-02": exposure.NotApplicable}, nil},
		"says no":  {func(t *testing.T) netip.AddrPort { return says(t, "") }, "smtp", everything, want{"BAN-01": exposure.Error, "VULN-02": exposure.Error}, nil},
		"gigabyte": {func(t *testing.T) netip.AddrPort { return says(t, strings.Repeat("x", 1<<20)) }, "ftp", everything, want{"BAN-01": exposure.NotApplicable}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := scan(t, data(tc.kinds...), tc.at(t), tc.service)
			for check, o := range tc.want {
				if f := got[check]; f.Outcome != o {
					t.Errorf("%s: %s (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, o)
				}
			}
			for check, text := range tc.text {
				if f := got[check]; !strings.Contains(f.Observed, text) {
					t.Errorf("%s: %q does not hold %q", check, f.Observed, text)
				}
			}
		})
	}
}

func TestIdentify(t *testing.T) {
	for _, tc := range []struct{ from, text, want string }{
		{"server", "nginx/1.18.0 (Ubuntu)", "nginx 1.18.0 (Ubuntu)"},
		{"server", "Microsoft-IIS/10.0", "Internet Information Services 10.0"},
		{"server", "Apache-Coyote/1.1", ""},
		{"powered", "PHP/8.2.7", "PHP 8.2.7"},
		{"generator", "WordPress 6.4.2", "WordPress 6.4.2"},
		{"generator", "Joomla! - Open Source Content Management", "Joomla"},
		{"ssh", "SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.10", "OpenSSH 8.9p1 (Ubuntu)"},
		{"ssh", "SSH-2.0-dropbear_2022.83", "Dropbear 2022.83"},
		{"smtp", "220 mail.example.org ESMTP Exim 4.96 Sat, 28 Nov 2026 07:00:00 +0000", "Exim 4.96"},
		{"smtp", "220 mail.example.org ESMTP Postfix (Debian/GNU)", "Postfix (Debian)"},
		{"ftp", "220 ProFTPD 1.3.5e Server (Debian)", "ProFTPD 1.3.5e (Debian)"},
		{"ftp", "220 (vsFTPd 3.0.3)", "vsftpd 3.0.3"},
		{"imap", "* OK [CAPABILITY IMAP4rev1] Dovecot (Debian) ready.", "Dovecot (Debian)"},
		{"mysql", "8.0.45-0ubuntu0.22.04.1", "MySQL 8.0.45 (Ubuntu 22.04)"},
	} {
		var got []string
		for _, p := range vulnprobe.Identify([]vulnprobe.Banner{{From: tc.from, Text: tc.text}}) {
			got = append(got, p.String())
			if c, err := vulnprobe.ParseCPE(p.CPE.String()); err != nil || c != p.CPE {
				t.Errorf("%s: %v %v", p.CPE, c, err)
			}
		}
		if strings.Join(got, ", ") != tc.want {
			t.Errorf("%s: %q, want %q", tc.text, got, tc.want)
		}
	}
}

// TestImports: files that are damaged, cut off or something else are not taken.
func TestImports(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(epssFile))
	z.Close()
	if e, err := vulnprobe.LoadEPSS(&packed); err != nil || e.Date != "2025-08-25" {
		t.Errorf("packed scores: %v %v", e, err)
	}
	for name, load := range map[string]func(string) error{
		"KEV":  func(s string) error { _, err := vulnprobe.LoadKEV(strings.NewReader(s)); return err },
		"EPSS": func(s string) error { _, err := vulnprobe.LoadEPSS(strings.NewReader(s)); return err },
		"EUVD": func(s string) error { _, err := vulnprobe.LoadEUVD(strings.NewReader(s)); return err },
		"NVD":  func(s string) error { _, err := vulnprobe.LoadNVD(strings.NewReader(s)); return err },
		"end of life": func(s string) error {
			if s == "" {
				return nil
			}
			_, err := vulnprobe.LoadEndOfLife(strings.NewReader(s))
			return err
		},
	} {
		for _, text := range []string{"", "{}", "[]", "hello", kevFile[:200], nvdFile[:len(nvdFile)-20], euvdFile[:60], "cve,epss,percentile\nCVE-2024-1,2,1\n", "a: b", "\x1f\x8bxx"} {
			if name == "end of life" && (text == "{}" || text == "") {
				continue
			}
			if load(text) == nil {
				t.Errorf("%s takes %q", name, text[:min(len(text), 40)])
			}
		}
	}
}

func TestEveryCheckIsInTheCatalogue(t *testing.T) {
	catalogue := exposuretest.Catalogue(t)
	for _, id := range vulnprobe.Checks() {
		if c, ok := catalogue.Get(id); !ok || c.Area != exposure.AreaVulnerability {
			t.Errorf("%s is not in the catalogue", id)
		}
	}
}

func FuzzCPE(f *testing.F) {
	f.Add("cpe:2.3:a:f5:nginx:1.24.0:*:*:*:*:*:*:*")
	f.Add(`cpe:2.3:a:joomla:joomla\!:3.9\:1:-:*:*:*:*:*:*`)
	f.Fuzz(func(t *testing.T, s string) {
		c, err := vulnprobe.ParseCPE(s)
		if err != nil {
			return
		}
		again, err := vulnprobe.ParseCPE(c.String())
		if err != nil || again != c {
			t.Errorf("%q: %+v became %+v (%v)", s, c, again, err)
		}
	})
}

func FuzzIdentify(f *testing.F) {
	f.Add("server", "Apache/2.4.57 (Debian) OpenSSL/1.1.1w PHP/8.2.7-1+ubuntu22.04.1")
	f.Add("ssh", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3")
	f.Fuzz(func(t *testing.T, from, text string) {
		for _, p := range vulnprobe.Identify([]vulnprobe.Banner{{From: from, Text: text}}) {
			if _, err := vulnprobe.ParseCPE(p.CPE.String()); err != nil {
				t.Errorf("%q makes %s", text, p.CPE)
			}
		}
	})
}

func FuzzImports(f *testing.F) {
	for _, s := range []string{kevFile, epssFile, euvdFile, nvdFile} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		vulnprobe.LoadKEV(bytes.NewReader(b))
		vulnprobe.LoadEPSS(bytes.NewReader(b))
		vulnprobe.LoadEUVD(bytes.NewReader(b))
		if n, err := vulnprobe.LoadNVD(bytes.NewReader(b)); err == nil {
			for _, p := range vulnprobe.Identify([]vulnprobe.Banner{{From: "server", Text: "Apache/2.4.49 (Unix)"}}) {
				n.Matches(p)
			}
		}
	})
}
