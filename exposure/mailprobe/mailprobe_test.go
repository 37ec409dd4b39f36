package mailprobe_test

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/mailprobe"
	"github.com/nisaba-platform/nisaba/test/dnslab"
)

type outcomes map[string]exposure.Outcome

func dkim(bits int) string {
	key := must(rsa.GenerateKey(rand.Reader, bits))
	p := base64.StdEncoding.EncodeToString(must(x509.MarshalPKIXPublicKey(key.Public())))
	return fmt.Sprintf(`"v=DKIM1; k=rsa; p=%s" "%s"`, p[:100], p[100:])
}

// sound is a domain whose mail is as it should be.
const sound = `
@            NS    ns1
ns1          A     127.0.0.2
@            MX    10 mx1
mx1          A     127.0.0.1
@            TXT   "v=spf1 mx ip4:203.0.113.0/28 include:_spf.provider.test -all"
_dmarc       TXT   "v=DMARC1; p=reject; rua=mailto:dmarc@corp.test, mailto:in@reports.test"
mail._domainkey TXT KEY
_mta-sts     TXT   "v=STSv1; id=20261128"
mta-sts      A     127.0.0.1
_smtp._tls   TXT   "v=TLSRPTv1; rua=mailto:tls@corp.test"
`

const provider = `
@ NS ns1
_spf TXT "v=spf1 ip4:203.0.113.16/28 ~all"
loop TXT "v=spf1 include:loop.provider.test -all"
none TXT "nothing"
`

const goodRules = "version: STSv1\r\nmode: enforce\r\nmx: mx1.corp.test\r\nmax_age: 1209600\r\n"

// lab runs the probes on corp.test; with servers, the mail servers are talked to.
type lab struct {
	text    string
	rules   string
	status  int
	cert    *tls.Certificate // of the host of rules
	server  *mailServer
	change  func(*exposure.Scope)
	sign    *dnslab.Signing
	records bool   // only the records
	name    string // "": corp.test
}

func (l lab) scan(t *testing.T, ca authority, good tls.Certificate, signed string) map[string]exposure.Finding {
	t.Helper()
	text := strings.ReplaceAll(l.text, "KEY", signed)
	cert := ca.issue("mta-sts.corp.test")
	if l.cert != nil {
		cert = *l.cert
	}
	if l.rules == "" {
		l.rules = goodRules
	}
	if l.status == 0 {
		l.status = 200
	}
	rules := rulesServer(t, cert, l.status, l.rules)
	server := mailServer{config: &tls.Config{Certificates: []tls.Certificate{good}}}
	if l.server != nil {
		server = *l.server
	}
	mail := listen(t, exposuretest.Address(t, "127.0.0.1"), server.handle)
	names, err := dnslab.Start([]*dnslab.Zone{
		{Name: "corp.test", Text: text, Sign: l.sign}, {Name: "test", Text: "@ NS ns1.corp.test.\n", Sign: &dnslab.Signing{}},
		{Name: "provider.test", Text: provider}, {Name: "reports.test", Text: "@ NS ns1\ncorp.test._report._dmarc TXT \"v=DMARC1\"\n"},
		{Name: "127.in-addr.arpa", Text: "@ NS ns1.corp.test.\n1.0.0 PTR mx1.corp.test.\n"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { names.Close() })
	d, err := names.Dialer([]string{"corp.test"}, l.change)
	if err != nil {
		t.Fatal(err)
	}
	catalogue := exposuretest.Catalogue(t)
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	probes := mailprobe.Probes()[:2]
	if l.records {
		probes = probes[:1]
	}
	out := map[string]exposure.Finding{}
	s := exposure.Scan{Probes: probes, Targets: []exposure.Target{{Declared: "corp.test", Name: cmp.Or(l.name, "corp.test")}},
		Session: exposure.Session{Dialer: d, Catalogue: catalogue, Scanner: "test", Settings: map[string]string{mailprobe.PortSetting: fmt.Sprint(mail.Port()), mailprobe.RulesPortSetting: fmt.Sprint(rules.Port())},
			Data: exposure.Data{Kinds: map[string]any{certprobe.RootsKind: certprobe.Roots{Pool: roots, Source: "test"}}}}}
	if err := s.Run(t.Context(), func(f exposure.Finding) { out[f.Check] = f }); err != nil {
		t.Fatal(err)
	}
	return out
}

func replaced(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(sound) }

// TestMail spoils one thing of a domain at a time: the check that is about it
// notices, and the others do not.
func TestMail(t *testing.T) {
	ca := newAuthority()
	cert, other := ca.issue("mx1.corp.test"), ca.issue("mx1.corp.test")
	signed, weak, tiny := dkim(2048), dkim(1024), dkim(1024)
	withTLSA := func(records ...string) string {
		text := sound
		for _, r := range records {
			text += "_25._tcp.mx1 TLSA " + r + "\n"
		}
		return text
	}
	good := outcomes{"MAIL-01": exposure.Pass, "MAIL-02": exposure.Pass, "MAIL-03": exposure.Pass, "MAIL-04": exposure.Pass, "MAIL-05": exposure.Pass, "MAIL-06": exposure.Pass, "MAIL-07": exposure.Pass,
		"MAIL-08": exposure.NotApplicable, "MAIL-09": exposure.Pass, "MAIL-10": exposure.Pass, "MAIL-11": exposure.Pass, "MAIL-17": exposure.Pass, "MAIL-22": exposure.Pass, "MAIL-26": exposure.Info}
	servers := outcomes{"MAIL-12": exposure.Pass, "MAIL-13": exposure.Pass, "MAIL-14": exposure.Pass, "MAIL-15": exposure.Info, "MAIL-16": exposure.NotApplicable, "MAIL-18": exposure.Pass,
		"MAIL-23": exposure.Fail, "MAIL-24": exposure.Pass} // the laboratory has its mail server on IPv4 only
	none := outcomes{}
	for id := range servers {
		none[id] = exposure.NotApplicable
	}
	with := func(m outcomes, more outcomes) outcomes { m = maps.Clone(m); maps.Copy(m, more); return m }
	noMail := outcomes{"MAIL-09": exposure.NotApplicable, "MAIL-10": exposure.NotApplicable, "MAIL-11": exposure.NotApplicable, "MAIL-17": exposure.NotApplicable, "MAIL-22": exposure.NotApplicable}
	config := func(c tls.Certificate, change func(*tls.Config)) *tls.Config {
		k := &tls.Config{Certificates: []tls.Certificate{c}}
		if change != nil {
			change(k)
		}
		return k
	}
	secure := &dnslab.Signing{}
	for name, tc := range map[string]struct {
		lab  lab
		want outcomes
	}{
		"good":            {lab{}, nil},
		"mail by address": {lab{text: replaced("@            MX    10 mx1", "@ A 203.0.113.1"), records: true}, with(noMail, outcomes{"MAIL-01": exposure.Warn, "MAIL-08": exposure.NotApplicable, "MAIL-09": exposure.Pass, "MAIL-03": exposure.Pass})},
		"null beside":     {lab{text: sound + "@ MX 0 .\n", records: true}, outcomes{"MAIL-01": exposure.Fail}},
		"alias":           {lab{text: replaced("mx1          A     127.0.0.1", "mx1 CNAME mx2\nmx2 A 127.0.0.1"), records: true}, outcomes{"MAIL-01": exposure.Fail}},
		"no SPF":          {lab{text: replaced("v=spf1 ", "v=spf "), records: true}, outcomes{"MAIL-02": exposure.Fail, "MAIL-03": exposure.NotApplicable, "MAIL-04": exposure.NotApplicable}},
		"two SPF":         {lab{text: sound + `@ TXT "v=spf1 -all"` + "\n", records: true}, outcomes{"MAIL-02": exposure.Fail, "MAIL-03": exposure.NotApplicable, "MAIL-04": exposure.NotApplicable}},
		"SPF syntax":      {lab{text: replaced("ip4:203", "ipv4:203"), records: true}, outcomes{"MAIL-03": exposure.Fail, "MAIL-04": exposure.Error}},
		"+all":            {lab{text: replaced("-all", "+all"), records: true}, outcomes{"MAIL-03": exposure.Fail, "MAIL-04": exposure.Fail}},
		"?all":            {lab{text: replaced("-all", "?all"), records: true}, outcomes{"MAIL-03": exposure.Fail}},
		"no all":          {lab{text: replaced(" -all", ""), records: true}, outcomes{"MAIL-03": exposure.Fail}},
		"loop":            {lab{text: replaced("_spf.provider", "loop.provider"), records: true}, outcomes{"MAIL-03": exposure.Fail, "MAIL-04": exposure.Error}},
		"lost include":    {lab{text: replaced("_spf.provider", "none.provider"), records: true}, outcomes{"MAIL-03": exposure.Fail, "MAIL-04": exposure.Error}},
		"eleven":          {lab{text: replaced("v=spf1 mx", "v=spf1 mx"+strings.Repeat(" a:mx1.corp.test", 9)), records: true}, outcomes{"MAIL-03": exposure.Fail}},
		"in vain":         {lab{text: replaced("v=spf1 mx", "v=spf1 mx a:x.corp.test a:y.corp.test a:z.corp.test"), records: true}, outcomes{"MAIL-03": exposure.Fail}},
		"ptr":             {lab{text: replaced("v=spf1 mx", "v=spf1 mx ptr"), records: true}, outcomes{"MAIL-03": exposure.Warn}},
		"wide":            {lab{text: replaced("203.0.113.0/28", "11.0.0.0/8"), records: true}, outcomes{"MAIL-04": exposure.Fail}},
		"wide IPv6":       {lab{text: replaced("ip4:203.0.113.0/28", "ip6:2001::/16"), records: true}, outcomes{"MAIL-04": exposure.Fail}},
		"no DMARC":        {lab{text: replaced("v=DMARC1", "v=DMARC"), records: true}, outcomes{"MAIL-05": exposure.Fail, "MAIL-06": exposure.Fail, "MAIL-07": exposure.Fail}},
		"two DMARC":       {lab{text: sound + `_dmarc TXT "v=DMARC1; p=none"` + "\n", records: true}, outcomes{"MAIL-05": exposure.Fail, "MAIL-06": exposure.Fail, "MAIL-07": exposure.Fail}},
		"p=none":          {lab{text: replaced("p=reject", "p=none"), records: true}, outcomes{"MAIL-06": exposure.Fail}},
		"p=quarantine":    {lab{text: replaced("p=reject", "p=quarantine"), records: true}, outcomes{}},
		"t=y":             {lab{text: replaced("p=reject", "p=reject; t=y"), records: true}, outcomes{"MAIL-06": exposure.Warn}},
		"t=y quarantine":  {lab{text: replaced("p=reject", "p=quarantine; t=y"), records: true}, outcomes{"MAIL-06": exposure.Fail}},
		"sp":              {lab{text: replaced("p=reject", "p=reject; sp=none"), records: true}, outcomes{"MAIL-06": exposure.Warn}},
		"pct":             {lab{text: replaced("p=reject", "p=reject; pct=100"), records: true}, outcomes{"MAIL-06": exposure.Warn}},
		"not agreed":      {lab{text: replaced("in@reports.test", "in@provider.test"), records: true}, outcomes{"MAIL-07": exposure.Fail}},
		"no reports":      {lab{text: replaced("; rua=mailto:dmarc@corp.test, mailto:in@reports.test", ""), records: true}, outcomes{"MAIL-07": exposure.Warn}},
		"bad rua":         {lab{text: replaced("mailto:dmarc@corp.test", "dmarc@corp.test"), records: true}, outcomes{"MAIL-07": exposure.Fail}},
		"parked": {lab{text: "@ NS ns1\nns1 A 127.0.0.2\n@ MX 0 .\n@ TXT \"v=spf1 -all\"\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:x@corp.test\"\n"},
			with(with(noMail, none), outcomes{"MAIL-08": exposure.Pass})},
		"not parked": {lab{text: "@ NS ns1\nns1 A 127.0.0.2\n@ A 203.0.113.1\n@ TXT \"v=spf1 ~all\"\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:x@corp.test\"\n", records: true},
			with(noMail, outcomes{"MAIL-08": exposure.Fail, "MAIL-01": exposure.Warn})},
		"weak key":     {lab{text: replaced("KEY", weak), records: true}, outcomes{"MAIL-09": exposure.Warn}},
		"no key":       {lab{text: replaced("mail._domainkey TXT KEY\n", ""), records: true}, outcomes{"MAIL-09": exposure.Fail}},
		"other key":    {lab{text: replaced("mail._domainkey", "hidden._domainkey"), records: true}, outcomes{"MAIL-09": exposure.NotTested}},
		"spoiled key":  {lab{text: replaced("KEY", strings.Replace(tiny, "MI", "MA", 1)), records: true}, outcomes{"MAIL-09": exposure.Fail}},
		"sha1":         {lab{text: replaced("KEY", strings.Replace(signed, "k=rsa", "h=sha1", 1)), records: true}, outcomes{"MAIL-09": exposure.Fail}},
		"test key":     {lab{text: replaced("KEY", strings.Replace(signed, "k=rsa", "t=y", 1)), records: true}, outcomes{"MAIL-09": exposure.Warn}},
		"no MTA-STS":   {lab{text: replaced("v=STSv1", "v=STS"), records: true}, outcomes{"MAIL-10": exposure.Fail}},
		"testing":      {lab{rules: strings.Replace(goodRules, "enforce", "testing", 1), records: true}, outcomes{"MAIL-10": exposure.Warn}},
		"short":        {lab{rules: strings.Replace(goodRules, "1209600", "86400", 1), records: true}, outcomes{"MAIL-10": exposure.Warn}},
		"other server": {lab{rules: strings.Replace(goodRules, "mx1", "mx9", 1), records: true}, outcomes{"MAIL-10": exposure.Fail}},
		"redirected":   {lab{status: 302, records: true}, outcomes{"MAIL-10": exposure.Fail}},
		"wrong name":   {lab{cert: &cert, records: true}, outcomes{"MAIL-10": exposure.Fail}},
		"endless":      {lab{rules: goodRules + strings.Repeat("mx: a.test\r\n", 10000), records: true}, outcomes{"MAIL-10": exposure.Fail}},
		"no TLS-RPT":   {lab{text: replaced("v=TLSRPTv1", "v=TLSRPT"), records: true}, outcomes{"MAIL-11": exposure.Fail}},
		"unsigned":     {lab{sign: &dnslab.Signing{NoDS: true}, records: true}, outcomes{"MAIL-17": exposure.Fail}},
		"no name":      {lab{text: replaced("mx1          A     127.0.0.1", "mx1 A 127.0.0.1\nmx1 A 127.0.0.8"), records: true}, outcomes{"MAIL-22": exposure.Info}},
		"not covered": {lab{change: func(s *exposure.Scope) { s.Classes = []exposure.Class{exposure.Passive} }}, outcomes{"MAIL-12": exposure.NotTested, "MAIL-13": exposure.NotTested, "MAIL-14": exposure.NotTested,
			"MAIL-15": exposure.NotTested, "MAIL-16": exposure.NotTested, "MAIL-18": exposure.NotTested, "MAIL-23": exposure.NotTested, "MAIL-24": exposure.NotTested}},
		"no STARTTLS": {lab{server: &mailServer{}}, outcomes{"MAIL-12": exposure.Fail, "MAIL-13": exposure.Fail, "MAIL-14": exposure.Fail}},
		"TLS 1.1 only": {lab{server: &mailServer{config: config(cert, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })}},
			outcomes{"MAIL-12": exposure.Fail, "MAIL-13": exposure.Fail, "MAIL-14": exposure.Error}},
		"TLS 1.0 too": {lab{server: &mailServer{config: config(cert, func(c *tls.Config) { c.MinVersion = tls.VersionTLS10 })}}, outcomes{"MAIL-13": exposure.Fail}},
		"RSA exchange": {lab{server: &mailServer{config: config(rsaCertificate(ca), func(c *tls.Config) {
			c.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
		})}}, outcomes{"MAIL-13": exposure.Warn}},
		"wrong certificate": {lab{server: &mailServer{config: config(ca.issue("other.test"), nil)}}, outcomes{"MAIL-14": exposure.Fail}},
		"not needed":        {lab{text: replaced("v=STSv1", "v=STS"), server: &mailServer{config: config(ca.issue("other.test"), nil)}}, outcomes{"MAIL-10": exposure.Fail, "MAIL-14": exposure.Info}},
		"DANE":              {lab{text: withTLSA(tlsa(3, cert.Certificate[0]), tlsa(3, other.Certificate[0])), sign: secure}, outcomes{"MAIL-15": exposure.Pass, "MAIL-16": exposure.Pass}},
		"DANE, authority":   {lab{text: withTLSA(tlsa(2, ca.cert.Raw)), sign: secure}, outcomes{"MAIL-15": exposure.Pass, "MAIL-16": exposure.Pass}},
		"DANE, one":         {lab{text: withTLSA(tlsa(3, cert.Certificate[0])), sign: secure}, outcomes{"MAIL-15": exposure.Pass, "MAIL-16": exposure.Warn}},
		"DANE, other":       {lab{text: withTLSA(tlsa(3, other.Certificate[0])), sign: secure}, outcomes{"MAIL-15": exposure.Fail, "MAIL-16": exposure.Pass}},
		"DANE, usage 1":     {lab{text: withTLSA(tlsa(1, cert.Certificate[0])), sign: secure}, outcomes{"MAIL-15": exposure.Fail, "MAIL-16": exposure.Warn}},
		"DANE, unsigned":    {lab{text: withTLSA(tlsa(3, cert.Certificate[0]), tlsa(3, other.Certificate[0])), sign: &dnslab.Signing{NoDS: true}}, outcomes{"MAIL-15": exposure.Fail, "MAIL-16": exposure.Pass, "MAIL-17": exposure.Fail}},
		"sign-in":           {lab{server: &mailServer{config: config(cert, nil), auth: true}}, outcomes{"MAIL-18": exposure.Fail}},
		"version":           {lab{server: &mailServer{config: config(cert, nil), banner: "mx1.corp.test ESMTP Exim 4.97.1"}}, outcomes{"MAIL-24": exposure.Fail}},
		"address":           {lab{server: &mailServer{config: config(cert, nil), banner: "mx1.corp.test ESMTP [192.0.2.1]"}}, outcomes{}},
		"silent":            {lab{server: &mailServer{silent: true}}, outcomes{"MAIL-12": exposure.Error, "MAIL-13": exposure.Error, "MAIL-14": exposure.Error, "MAIL-18": exposure.Error, "MAIL-24": exposure.Error}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := tc.lab
			if l.text == "" {
				l.text = sound
			}
			if l.sign == nil {
				l.sign = secure
			}
			signing := *l.sign
			l.sign = &signing
			got := l.scan(t, ca, cert, signed)
			all := maps.Clone(good)
			if !l.records {
				maps.Copy(all, servers)
			}
			for check, want := range all {
				if special, ok := tc.want[check]; ok {
					want = special
				}
				if f := got[check]; f.Outcome != want {
					t.Errorf("%s: %q (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, want)
				}
			}
		})
	}
}

// TestNamesWithoutMail: a host that has nothing to do with mail is not blamed for having
// no SPF; one with a record of its own is looked at.
func TestNamesWithoutMail(t *testing.T) {
	ca := newAuthority()
	cert, signed := ca.issue("mx1.corp.test"), dkim(2048)
	for check, f := range (lab{text: sound, records: true, name: "mx1.corp.test"}).scan(t, ca, cert, signed) {
		if f.Outcome != exposure.NotApplicable {
			t.Errorf("%s of a host without mail: %v", check, f)
		}
	}
	if found := (lab{text: sound + "mx1 TXT \"v=spf1 a -all\"\n", records: true, name: "mx1.corp.test"}).scan(t, ca, cert, signed); found["MAIL-02"].Outcome != exposure.Pass {
		t.Errorf("a host with SPF: %v", found["MAIL-02"])
	}
}

func rsaCertificate(ca authority) tls.Certificate {
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	c := must(x509.ParseCertificate(ca.issue("mx1.corp.test").Certificate[0]))
	der := must(x509.CreateCertificate(rand.Reader, c, ca.cert, key.Public(), ca.key))
	return tls.Certificate{Certificate: [][]byte{der, ca.cert.Raw}, PrivateKey: key}
}

// TestServices: single services and what only class X may try.
func TestServices(t *testing.T) {
	ca := newAuthority()
	config := &tls.Config{Certificates: []tls.Certificate{ca.issue("mx1.corp.test")}}
	for name, tc := range map[string]struct {
		server mailServer
		target string // service
		want   outcomes
	}{
		"good":              {mailServer{config: config}, "smtp", outcomes{"MAIL-18": exposure.Pass, "MAIL-20": exposure.Pass, "MAIL-21": exposure.Pass, "MAIL-24": exposure.Pass}},
		"injection":         {mailServer{config: config, injected: true}, "smtp", outcomes{"MAIL-20": exposure.Fail, "MAIL-21": exposure.Pass}},
		"relay":             {mailServer{config: config, relay: true}, "smtp", outcomes{"MAIL-20": exposure.Pass, "MAIL-21": exposure.Fail}},
		"no TLS":            {mailServer{}, "submission", outcomes{"MAIL-20": exposure.NotApplicable, "MAIL-21": exposure.Pass}},
		"imap":              {mailServer{config: config, service: "imap"}, "imap", outcomes{"MAIL-18": exposure.Pass, "MAIL-19": exposure.Pass}},
		"imap in the clear": {mailServer{service: "imap"}, "imap", outcomes{"MAIL-18": exposure.Fail, "MAIL-19": exposure.Fail}},
		"pop3":              {mailServer{config: config, service: "pop3"}, "pop3", outcomes{"MAIL-18": exposure.Pass}},
		"pop3 with user":    {mailServer{config: config, service: "pop3", auth: true}, "pop3", outcomes{"MAIL-18": exposure.Fail}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := listen(t, exposuretest.Address(t, "127.0.0.1"), tc.server.handle)
			permit := must(exposure.Own(exposure.Scope{ID: "test", Until: time.Now().Add(time.Hour), Loopback: true, Classes: []exposure.Class{exposure.Passive, exposure.Handshake, exposure.Intrusive},
				Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}}))
			out := map[string]exposure.Finding{}
			s := exposure.Scan{Probes: mailprobe.Probes(), Targets: []exposure.Target{{Address: at.Addr(), Port: at.Port(), Service: tc.target}},
				Session: exposure.Session{Dialer: exposure.NewDialer(permit, exposure.DialerOptions{Timeout: time.Minute}), Catalogue: exposuretest.Catalogue(t), Scanner: "test"}}
			if err := s.Run(t.Context(), func(f exposure.Finding) { out[f.Check] = f }); err != nil {
				t.Fatal(err)
			}
			for check, want := range tc.want {
				if f := out[check]; f.Outcome != want {
					t.Errorf("%s: %q (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, want)
				}
			}
		})
	}
}

func TestEveryCheckIsInTheCatalogue(t *testing.T) {
	c := exposuretest.Catalogue(t)
	if n := len(mailprobe.Checks()); n != 26 {
		t.Errorf("%d checks", n)
	}
	for _, id := range mailprobe.Checks() {
		if check, ok := c.Get(id); !ok || check.Area != exposure.AreaMail {
			t.Errorf("%s is not in the catalogue", id)
		}
	}
}

// TestPorts: which ways to mailboxes a host offers. The usual ports must be free on
// an address of this machine and allowed to be used; otherwise nothing is proven.
func TestPorts(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{newAuthority().issue("box.corp.test")}}
	const at = "127.0.77.1"
	for _, port := range []int{143, 110, 993} {
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", at, port))
		if err != nil {
			t.Skipf("the ports of mail cannot be used: %v", err)
		}
		l.Close()
	}
	names, err := dnslab.Start([]*dnslab.Zone{{Name: "corp.test", Text: "@ NS box\nbox A " + at + "\n"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer names.Close()
	look := func() outcomes {
		d := must(names.Dialer([]string{"corp.test"}, nil))
		if _, err := d.Lookup(t.Context(), "box.corp.test"); err != nil {
			t.Fatal(err)
		}
		found := must(names.Scan(t.Context(), d, exposuretest.Catalogue(t), mailprobe.Probes(), exposure.Data{}, exposure.Target{Name: "box.corp.test", Address: netip.MustParseAddr(at)}))
		return outcomes{"MAIL-19": found["MAIL-19"].Outcome, "MAIL-25": found["MAIL-25"].Outcome}
	}
	expect := func(boxes, mixed exposure.Outcome) {
		t.Helper()
		if got := look(); got["MAIL-19"] != boxes || got["MAIL-25"] != mixed {
			t.Errorf("%v", got)
		}
	}
	expect(exposure.NotApplicable, exposure.NotApplicable)
	secure := must(tls.Listen("tcp", at+":993", config))
	defer secure.Close()
	expect(exposure.Pass, exposure.Pass)
	listen(t, at+":143", mailServer{config: config, service: "imap"}.handle)
	expect(exposure.Pass, exposure.Warn)
	listen(t, at+":110", mailServer{service: "pop3"}.handle)
	expect(exposure.Fail, exposure.Warn)
}

// TestSnippets: a zone of the ready records passes the checks that they mend.
func TestSnippets(t *testing.T) {
	catalogue := exposuretest.Catalogue(t)
	parts, mended := map[string]string{}, map[string]map[string]bool{}
	for _, c := range catalogue.Checks {
		for _, s := range catalogue.Snippets(c.ID) {
			if s.Software != "Zone file" && s.Software != "Web server" || c.Area != exposure.AreaMail || s.Context == "command line" {
				continue
			}
			if mended[s.Context] == nil {
				mended[s.Context] = map[string]bool{}
			}
			if mended[s.Context][c.ID] = true; !strings.Contains(parts[s.Context], s.Text) {
				parts[s.Context] += s.Text
			}
		}
	}
	ca := newAuthority()
	name := strings.NewReplacer("example.org", "corp.test", "example.net", "reports.test")
	for context, base := range map[string]string{"zone of the domain": "@ NS ns1\nns1 A 127.0.0.2\n@ MX 1 mail\nmail A 127.0.0.1\nmta-sts A 127.0.0.1\n", "zone of the parked domain": "@ NS ns1\nns1 A 127.0.0.2\n@ A 203.0.113.1\n"} {
		l := lab{text: base + name.Replace(parts[context]), rules: name.Replace(parts["mta-sts.txt"]), records: true, sign: &dnslab.Signing{}}
		got := l.scan(t, ca, ca.issue("mail.corp.test"), "")
		for check := range mended[context] {
			if f := got[check]; f.Outcome != exposure.Pass {
				t.Errorf("%s: %s: %s (%s%s)", context, check, f.Outcome, f.Observed, f.Reason)
			}
		}
	}
	if len(mended["zone of the domain"]) < 8 || !mended["zone of the parked domain"]["MAIL-08"] {
		t.Errorf("the ready records mend %v", mended)
	}
}
