package tlsprobe_test

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

func profiles(t testing.TB) map[string]tlsprobe.Profile {
	t.Helper()
	list, err := tlsprobe.LoadProfiles(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]tlsprobe.Profile{}
	for _, p := range list {
		out[p.ID] = p
	}
	return out
}

// offers is a view of a service that offers one version with suites and groups.
func offers(version uint16, suites, groups []uint16) *tlsprobe.View {
	no := tlsprobe.Answer{Known: true}
	return &tlsprobe.View{Versions: []tlsprobe.Support{{Version: version, Offered: true, Suites: suites}}, Groups: map[uint16][]uint16{version: groups},
		OldSignature: no, ShortSignature: no}
}

// TestRate: one thing more or less, and the verdict of each profile.
func TestRate(t *testing.T) {
	chain := [][][]byte{certificate(t).Certificate} // P-256
	all := profiles(t)
	const gcm, cbcSHA, cbcSHA256, static, tripleDES, dhe, ccm, ccm8, aria, psk, dss = 0xc02b, 0xc013, 0xc027, 0x009c, 0xc012, 0x009e, 0xc0ac, 0xc0ae, 0xc05c, 0xc037, 0x00a2
	const modern, chacha, hybrid, hybrid256, p256, p224, koblitz = 0x1302, 0x1303, 0x11ec, 0x11eb, 23, 21, 22
	old := offers(tlsprobe.TLS12, []uint16{gcm}, []uint16{p256})
	old.OldSignature.Yes = true
	short := offers(tlsprobe.TLS12, []uint16{gcm}, []uint16{p256})
	short.ShortSignature.Yes = true
	for _, tc := range []struct {
		name                            string
		view                            *tlsprobe.View
		modern, intermediate, ncsc, bsi tlsprobe.Verdict
	}{
		{"TLS 1.3 with a hybrid group", offers(tlsprobe.TLS13, []uint16{modern}, []uint16{hybrid, p256}), tlsprobe.Met, tlsprobe.Met, tlsprobe.Met, tlsprobe.Unclear},
		{"TLS 1.3 with another hybrid group", offers(tlsprobe.TLS13, []uint16{modern}, []uint16{hybrid256, p256}), tlsprobe.Partly, tlsprobe.Partly, tlsprobe.Met, tlsprobe.Met},
		{"TLS 1.3 without", offers(tlsprobe.TLS13, []uint16{modern, chacha}, []uint16{p256}), tlsprobe.Partly, tlsprobe.Partly, tlsprobe.Met, tlsprobe.Partly},
		{"TLS 1.2 with good suites", offers(tlsprobe.TLS12, []uint16{gcm}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.Partly, tlsprobe.Met, tlsprobe.Partly},
		{"CBC with SHA-256", offers(tlsprobe.TLS12, []uint16{gcm, cbcSHA256}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.Partly, tlsprobe.Partly},
		{"CBC with SHA-1", offers(tlsprobe.TLS12, []uint16{gcm, cbcSHA}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.Partly},
		{"static RSA", offers(tlsprobe.TLS12, []uint16{gcm, static}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.Partly},
		{"3DES", offers(tlsprobe.TLS12, []uint16{gcm, tripleDES}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.Partly},
		{"finite field", offers(tlsprobe.TLS12, []uint16{dhe}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.Partly, tlsprobe.Partly},
		{"CCM_8", offers(tlsprobe.TLS12, []uint16{gcm, ccm8}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.Partly},
		{"CCM", offers(tlsprobe.TLS12, []uint16{gcm, ccm}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.Met, tlsprobe.Partly},
		{"shared keys", offers(tlsprobe.TLS12, []uint16{gcm, psk}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.Partly},
		{"DSS", offers(tlsprobe.TLS12, []uint16{gcm, dss}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.Partly},
		{"ARIA", offers(tlsprobe.TLS12, []uint16{gcm, aria}, []uint16{p256}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.Partly, tlsprobe.Partly},
		{"short curve", offers(tlsprobe.TLS13, []uint16{modern}, []uint16{hybrid, p224}), tlsprobe.Unclear, tlsprobe.Unclear, tlsprobe.Partly, tlsprobe.Unclear},
		{"secp256k1", offers(tlsprobe.TLS13, []uint16{modern}, []uint16{hybrid, koblitz}), tlsprobe.Unclear, tlsprobe.Unclear, tlsprobe.NotMet, tlsprobe.Unclear},
		{"TLS 1.1", offers(tlsprobe.TLS11, []uint16{gcm}, []uint16{hybrid}), tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.NotMet, tlsprobe.NotMet},
		{"signs with SHA-1", old, tlsprobe.NotMet, tlsprobe.Partly, tlsprobe.NotMet, tlsprobe.Partly},
		{"signs with SHA-224", short, tlsprobe.NotMet, tlsprobe.Partly, tlsprobe.Partly, tlsprobe.Partly},
	} {
		for id, want := range map[string]tlsprobe.Verdict{"mozilla-modern": tc.modern, "mozilla-intermediate": tc.intermediate, "ncsc-nl-2025-05": tc.ncsc, "bsi-tr-02102-2": tc.bsi} {
			p := all[id]
			if r := p.Rate(tc.view, chain); r.Verdict != want {
				t.Errorf("%s, %s: %s (%s), want %s", tc.name, id, r.Verdict, r, want)
			}
		}
	}
}

// TestUnseenIsNotMet: what could not be asked never lets a profile be met.
func TestUnseenIsNotMet(t *testing.T) {
	for id, p := range profiles(t) {
		v := offers(tlsprobe.TLS13, []uint16{0x1302}, []uint16{0x11ec})
		v.Versions = append(v.Versions, tlsprobe.Support{Version: tlsprobe.TLS10, Err: exposure.ErrStopped})
		if r := p.Rate(v, [][][]byte{certificate(t).Certificate}); r.Verdict != tlsprobe.Unclear || !slices.Contains(r.Unseen, "TLS 1.0") {
			t.Errorf("%s: %s, %s", id, r.Verdict, r)
		}
		v.Versions = v.Versions[:1]
		if r := p.Rate(v, nil); len(p.Keys) > 0 && r.Verdict == tlsprobe.Met {
			t.Errorf("%s is met without a certificate", id)
		}
	}
}

// TestProfilesOfServers: real servers, all profiles side by side.
func TestProfilesOfServers(t *testing.T) {
	good := tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519MLKEM768, tls.CurveP256}}
	for _, tc := range []struct {
		name string
		at   string
		want map[string]string
	}{
		{"modern", serve(t, &good), map[string]string{"mozilla-modern": "met", "mozilla-intermediate": "met", "ncsc-nl-2025-05": "met", "bsi-tr-02102-2": "open"}},
		{"weak", openssl(t, "-cipher", "ALL:aNULL:eNULL:@SECLEVEL=0"), map[string]string{"mozilla-modern": "not-met", "mozilla-intermediate": "not-met", "ncsc-nl-2025-05": "not-met", "bsi-tr-02102-2": "not-met"}},
	} {
		got := map[string]string{}
		for _, f := range findings(t, tc.at, "https") {
			if f.Check == "TLS-50" {
				got[f.Profile] = f.Verdict
				if (f.Outcome == exposure.Pass) != (f.Verdict == "met") || f.Observed == "" || f.Citation == "" {
					t.Errorf("%s: %+v", tc.name, f)
				}
			}
		}
		for id, want := range tc.want {
			if got[id] != want {
				t.Errorf("%s: %s is %q, want %q", tc.name, id, got[id], want)
			}
		}
	}
}

// TestProfileFiles: a slip of the pen in a profile is found when it is read.
func TestProfileFiles(t *testing.T) {
	const head = "id: a\ntitle: A\nsource: B\nchecked: unverified\n"
	for text, want := range map[string]string{
		"id: a\n": "required",
		head + "versions: [{level: good, is: [TLS 1.2]}]\n":      "level",
		head + "versions: [{level: allowed, is: [TLS 1.4]}]\n":   "matches nothing",
		head + "suites: [{level: allowed, is: [TLS_NEVER_*]}]\n": "matches nothing",
		head + "keys: [{level: fine, kind: RSA, bits: 1}]\n":     "level",
		head + "colour: blue\n":                                  "colour",
	} {
		_, err := tlsprobe.LoadProfiles(fstest.MapFS{"exposure/profiles/a.yaml": {Data: []byte(text)}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "a.yaml") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
