package mailprobe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
)

// recordJudges are the checks of what a domain publishes about its mail.
func recordJudges() []judge {
	return []judge{
		{"MAIL-01", "dig +short MX %s", true, mailServers},
		{"MAIL-02", "dig +short TXT %s | grep spf1", true, oneSPF},
		{"MAIL-03", "dig +short TXT %s | grep spf1", true, soundSPF},
		{"MAIL-04", "dig +short TXT %s | grep spf1", true, narrowSPF},
		{"MAIL-05", "dig +short TXT _dmarc.%s", true, oneDMARC},
		{"MAIL-06", "dig +short TXT _dmarc.%s", true, strictDMARC},
		{"MAIL-07", "dig +short TXT _dmarc.%s", true, reportsDMARC},
		{"MAIL-08", "dig +short TXT %s; dig +short TXT _dmarc.%s; dig +short MX %s", true, parked},
		{"MAIL-09", "dig +short TXT <selector>._domainkey.%s", true, keys},
		{"MAIL-10", "dig +short TXT _mta-sts.%s; curl https://mta-sts.%s/.well-known/mta-sts.txt", false, strictTransport},
		{"MAIL-11", "dig +short TXT _smtp._tls.%s", false, reporting},
		{"MAIL-17", "delv A <mail server of %s>", false, signedServers},
		{"MAIL-22", "dig +short -x <address of a mail server of %s>", false, reverse},
		{"MAIL-26", "dig +short TXT default._bimi.%s", true, mark},
	}
}

func hosts(mx []dnsprobe.MX) (out []string) {
	for _, m := range mx {
		out = append(out, m.Host)
	}
	return out
}

func mailServers(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "mail servers by name, or a null MX"
	var p problems
	if d.null && len(d.mx) > 0 {
		p.failf("a null MX stands beside mail servers")
	}
	for i, m := range d.mx {
		if i == mostServers {
			break
		}
		if _, err := netip.ParseAddr(m.Host); err == nil {
			p.failf("%s is an address, not a name", m.Host)
			continue
		}
		found, err := d.names.IPs(ctx, m.Host)
		switch {
		case err != nil:
			return err
		case len(found.Chain) > 0:
			p.failf("%s is an alias of %s", m.Host, found.Chain[0])
		case len(found.Values) == 0:
			p.failf("%s has no address", m.Host)
		}
	}
	switch {
	case len(d.mx) > 0 || len(p.fail) > 0:
		p.settle(f, "%s", list(hosts(d.mx)))
	case d.null:
		set(f, exposure.Pass, "a null MX: the domain takes no mail")
	case d.implied:
		set(f, exposure.Warn, "no MX record: mail goes to the address of the domain")
	default:
		set(f, exposure.Pass, "no MX record and no address: no mail is taken")
	}
	return nil
}

func oneSPF(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "one SPF record"
	switch len(d.texts) {
	case 0:
		set(f, exposure.Fail, "no SPF record")
	case 1:
		set(f, exposure.Pass, "%s", exposure.Clip(d.texts[0]))
	default:
		set(f, exposure.Fail, "%d SPF records: receivers use none", len(d.texts))
	}
	return nil
}

// oneRecord decides when the checks of a record have nothing to look at.
func (d *domain) oneRecord(f *exposure.Finding) bool {
	if len(d.texts) != 1 {
		skip(f, exposure.NotApplicable, "there is not exactly one SPF record")
	}
	return len(d.texts) == 1
}

func soundSPF(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "up to 10 look-ups, up to 2 in vain, -all or ~all at the end"
	if !d.oneRecord(f) {
		return nil
	}
	if d.bad != nil {
		set(f, exposure.Fail, "%v", d.bad)
		return nil
	}
	var p problems
	v := d.view
	for _, b := range v.Broken {
		p.failf("%s", b)
	}
	if v.Lookups > mostLookups {
		p.failf("%d look-ups", v.Lookups)
	}
	if v.Void > mostVoid {
		p.failf("%d look-ups in vain", v.Void)
	}
	switch v.All {
	case '+':
		p.failf("+all allows everybody")
	case '?':
		p.failf("?all says nothing about strangers")
	case 0:
		p.failf("there is no all: strangers are not refused")
	}
	if v.Pointer {
		p.warnf("ptr is used, which receivers may ignore")
	}
	p.settle(f, "%d look-ups, %call", v.Lookups, v.All)
	return nil
}

// wide is the number of IPv4 addresses that are too many.
var wide = big.NewInt(1 << 16)

func narrowSPF(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "fewer than 65,536 IPv4 addresses of your own"
	if !d.oneRecord(f) {
		return nil
	}
	if d.bad != nil {
		skip(f, exposure.Error, "the record cannot be read: %v", d.bad)
		return nil
	}
	var p problems
	if d.view.Four.Cmp(wide) >= 0 {
		p.failf("%s IPv4 addresses may send", d.view.Four)
	}
	for _, w := range d.view.Wide {
		p.failf("the IPv6 network %s may send", w)
	}
	if d.view.All == '+' {
		p.failf("everybody may send")
	}
	for _, s := range d.view.Shared {
		p.warnf("%s sends for many customers", s)
	}
	for _, b := range d.view.Broken {
		p.unknownf("%s", b)
	}
	p.settle(f, "%s IPv4 addresses", d.view.Four)
	return nil
}

func oneDMARC(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "one DMARC record"
	w := d.dmarc
	switch {
	case len(w.Several) > 0 && (w.At == "" || slices.Contains(w.Several, d.name)):
		set(f, exposure.Fail, "several records at _dmarc.%s: receivers use none", w.Several[0])
	case w.At == "":
		set(f, exposure.Fail, "no DMARC record")
	case w.Bad != nil:
		set(f, exposure.Fail, "the record at _dmarc.%s cannot be read: %v", w.At, w.Bad)
	case w.Policy == "":
		set(f, exposure.Fail, "the record at _dmarc.%s names no policy that can be read: %s", w.At, exposure.Clip(w.Record))
	default:
		set(f, exposure.Pass, "_dmarc.%s: %s", w.At, exposure.Clip(w.Record))
	}
	return nil
}

// record decides when the other checks of DMARC have nothing to look at.
func (d *domain) record(f *exposure.Finding) bool {
	if d.dmarc.At == "" || d.dmarc.Bad != nil {
		set(f, exposure.Fail, "no DMARC record that can be read")
		return false
	}
	return true
}

func strictDMARC(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "p=reject or p=quarantine"
	if !d.record(f) {
		return nil
	}
	var p problems
	w, effective := d.dmarc, d.dmarc.Effective(d.name)
	how := "p=" + w.Policy
	if w.At != d.name {
		how = fmt.Sprintf("%s by the record of %s", effective, w.At)
	}
	if w.Test {
		how += ", t=y"
	}
	switch {
	case effective == "none" && w.Test:
		p.failf("%s: forged mail is delivered", how)
	case effective == "none":
		p.failf("%s: forged mail is delivered", how)
	case w.Test:
		p.warnf("%s: the policy is one step weaker than it says", how)
	}
	for name, v := range map[string]string{"sp": w.Subdomain, "np": w.Absent} {
		if w.At == d.name && v != "" && strength(v) < strength(w.Policy) {
			p.warnf("%s=%s is weaker than p=%s", name, v, w.Policy)
		}
	}
	for _, name := range w.Removed {
		p.warnf("the tag %s is no more (RFC 9989)", name)
	}
	slices.Sort(p.warn)
	p.settle(f, "%s", how)
	return nil
}

func reportsDMARC(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "an address in rua that takes reports"
	if !d.record(f) {
		return nil
	}
	var p problems
	w := d.dmarc
	for _, u := range w.Unreadable {
		p.failf("%s cannot be read", u)
	}
	if len(w.Aggregate) == 0 && len(w.Unreadable) == 0 {
		p.warnf("no rua: nobody is told of forged mail")
	}
	to := append(slices.Clone(w.Aggregate), w.Failure...)
	if len(to) > most {
		p.warnf("%d addresses for reports; only %d were looked at", len(to), most)
	}
	for _, address := range to[:min(len(to), most)] {
		_, receiver, _ := strings.Cut(address, "@")
		receiver = fold(receiver)
		if exposure.Below(receiver, w.Organisation) {
			continue
		}
		other, err := WalkDMARC(ctx, d.names, receiver)
		if err != nil {
			return err
		}
		if other.Organisation == w.Organisation {
			continue
		}
		agreed, err := d.names.TXT(ctx, w.At+"._report._dmarc."+receiver)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(agreed.Values, func(s string) bool { return begins(s, "DMARC1") }) {
			p.failf("%s has not agreed to take reports about %s", receiver, w.At)
		}
	}
	note := ""
	if len(w.Failure) > 0 {
		note = "; ruf asks for reports with personal data"
	}
	p.settle(f, "%s%s", list(w.Aggregate), note)
	return nil
}

func parked(_ context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "v=spf1 -all, p=reject, a null MX"
	if d.receives() {
		skip(f, exposure.NotApplicable, "the domain has mail servers")
		return nil
	}
	if d.sends() {
		skip(f, exposure.NotApplicable, "the domain sends mail: its SPF record allows servers")
		return nil
	}
	var p problems
	if len(d.texts) != 1 || d.bad != nil || len(d.spf.Terms) != 1 || d.spf.All() != '-' {
		p.failf("SPF does not refuse all")
	}
	if d.dmarc.At == "" || d.dmarc.Bad != nil || d.dmarc.Effective(d.name) != "reject" {
		p.failf("DMARC does not reject")
	}
	if !d.null && d.implied {
		p.warnf("there is no null MX")
	}
	p.settle(f, "no mail, and it says so")
	return nil
}

// sends reports whether the SPF record lets somebody send.
func (d *domain) sends() bool {
	return len(d.texts) == 1 && d.bad == nil && (d.spf.Redirect != "" || slices.ContainsFunc(d.spf.Terms, func(t Term) bool { return t.Mechanism != "all" && t.Qualifier == '+' }))
}

func keys(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "RSA keys of 2048 bits or more, or Ed25519 keys"
	if !d.receives() && !d.sends() {
		skip(f, exposure.NotApplicable, "the domain neither takes nor sends mail")
		return nil
	}
	any, err := d.names.TXT(ctx, "nisaba-scan-no-such-selector._domainkey."+d.name)
	if err != nil {
		return err
	}
	if len(any.Values) > 0 {
		skip(f, exposure.Error, "every selector has a record, so that real ones cannot be told")
		return nil
	}
	top, err := d.names.TXT(ctx, "_domainkey."+d.name)
	if err != nil {
		return err
	}
	var p problems
	var seen []string
	var names []string
	for _, selector := range d.selectors() {
		names = append(names, selector+"._domainkey."+d.name)
	}
	d.names.Prefetch(ctx, dnsprobe.TypeTXT, names)
	for _, selector := range d.selectors() {
		found, err := d.names.TXT(ctx, selector+"._domainkey."+d.name)
		if err != nil {
			return err
		}
		for _, text := range found.Values {
			seen = append(seen, judgeKey(selector, text, &p))
		}
	}
	switch {
	case len(seen) > 0:
		p.settle(f, "%s", list(seen))
	case !top.Exists:
		set(f, exposure.Fail, "no key: the name _domainkey.%s does not exist", d.name)
	default:
		skip(f, exposure.NotTested, "keys seem to exist, but not under the usual selectors: name yours")
	}
	return nil
}

func judgeKey(selector, text string, p *problems) string {
	k, err := ParseDKIM(text)
	switch {
	case err != nil:
		p.failf("%s: %v", selector, err)
	case k.Revoked:
		return selector + ": taken back"
	case k.Kind == "rsa" && k.Bits < 1024:
		p.failf("%s: an RSA key of %d bits", selector, k.Bits)
	case k.Kind == "rsa" && k.Bits < 2048:
		p.warnf("%s: an RSA key of %d bits", selector, k.Bits)
	}
	if k.Test {
		p.warnf("%s: marked as a test", selector)
	}
	if len(k.Hashes) > 0 && !slices.Contains(k.Hashes, "sha256") {
		p.failf("%s: only %s", selector, exposure.Clip(strings.Join(k.Hashes, ", ")))
	}
	return fmt.Sprintf("%s: %s, %d bits", selector, k.Kind, k.Bits)
}

// selectors are the configured ones and the usual ones.
func (d *domain) selectors() []string {
	var out []string
	for s := range strings.SplitSeq(d.s.Settings[SelectorsSetting], ",") {
		if s = strings.ToLower(strings.TrimSpace(s)); s != "" && len(out) < most {
			out = append(out, s)
		}
	}
	for _, s := range selectors {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// announcement finds the record that announces a policy of MTA-STS.
func (d *domain) announcement(ctx context.Context) (texts []string, err error) {
	found, err := d.names.TXT(ctx, "_mta-sts."+d.name)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(found.Values), func(s string) bool { return !begins(s, "STSv1") }), nil
}

func strictTransport(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "a policy with mode enforce and a max_age of a week, which names every mail server"
	texts, err := d.announcement(ctx)
	if err != nil {
		return err
	}
	if len(texts) != 1 {
		set(f, exposure.Fail, "%d records at _mta-sts.%s", len(texts), d.name)
		return nil
	}
	var p problems
	if _, err := ParseSTS(texts[0]); err != nil {
		p.failf("the record: %v", err)
	}
	rules, err := d.fetchRules(ctx)
	switch {
	case refused(err) || errors.Is(err, errNoRoots):
		skip(f, exposure.NotTested, "%v", err)
		return nil
	case noWay(err):
		return err
	case err != nil:
		p.failf("the policy: %v", err)
		p.settle(f, "")
		return nil
	}
	switch {
	case rules.Mode == "none":
		p.failf("mode: none")
	case rules.Mode == "testing":
		p.warnf("mode: testing")
	}
	if rules.MaxAge < goodAge {
		p.warnf("max_age: %d seconds", rules.MaxAge)
	}
	for _, m := range d.mx {
		if rules.Mode != "none" && !rules.Names(m.Host) {
			p.failf("%s is not named", m.Host)
		}
	}
	p.settle(f, "mode: %s, max_age: %d", rules.Mode, rules.MaxAge)
	return nil
}

// errNoRoots is returned when the certificate of the host of rules cannot be judged.
var errNoRoots = errors.New("there is no store of root certificates")

// fetchRules reads the policy as a sender does: over HTTPS with a certificate that
// is valid for the name, without following anybody elsewhere.
func (d *domain) fetchRules(ctx context.Context) (Rules, error) {
	roots, ok := d.s.Data.Kinds[certprobe.RootsKind].(certprobe.Roots)
	if !ok {
		return Rules{}, errNoRoots
	}
	host := "mta-sts." + d.name
	via := exposure.Via{Domain: d.name, Port: 443}
	addresses, err := d.s.Dialer.LookupService(ctx, host, via)
	if err != nil {
		return Rules{}, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var last error
		for _, a := range addresses {
			at := netip.AddrPortFrom(a, number(d.s.Settings[RulesPortSetting], 443))
			c, err := d.s.Dialer.Dial(ctx, exposure.Request{Name: host, Address: at, Class: exposure.Passive, Via: &via})
			if err == nil {
				return c, nil
			}
			last = err
		}
		return nil, last
	}
	client := http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true, TLSHandshakeTimeout: patience,
			TLSClientConfig: &tls.Config{RootCAs: roots.Pool, ServerName: host, MinVersion: tls.VersionTLS12, Time: func() time.Time { return d.s.Now() }}}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/.well-known/mta-sts.txt", nil)
	if err != nil {
		return Rules{}, err
	}
	request.Header.Set("User-Agent", d.s.Agent)
	response, err := client.Do(request)
	if err != nil {
		return Rules{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return Rules{}, fmt.Errorf("the server answers %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, longestRules+1))
	if err != nil {
		return Rules{}, err
	}
	return ParseRules(string(body))
}

func reporting(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "one record with an address for reports"
	found, err := d.names.TXT(ctx, "_smtp._tls."+d.name)
	if err != nil {
		return err
	}
	texts := slices.DeleteFunc(slices.Clone(found.Values), func(s string) bool { return !begins(s, "TLSRPTv1") })
	if len(texts) != 1 {
		set(f, exposure.Fail, "%d records at _smtp._tls.%s", len(texts), d.name)
		return nil
	}
	to, err := ParseReporting(texts[0])
	if err != nil {
		set(f, exposure.Fail, "%v", err)
		return nil
	}
	set(f, exposure.Pass, "%s", exposure.Clip(list(to)))
	return nil
}

func signedServers(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "the addresses of every mail server are signed"
	var p problems
	for i, m := range d.mx {
		if i == mostServers {
			break
		}
		v, err := d.names.Validate(ctx, m.Host, dnsprobe.TypeA)
		switch {
		case err != nil:
			p.unknownf("%s: %v", m.Host, err)
		case v.Security != dnsprobe.Secure:
			p.failf("%s: %s", m.Host, v.Why)
		}
	}
	p.settle(f, "%s", list(hosts(d.mx)))
	return nil
}

func reverse(ctx context.Context, d *domain, f *exposure.Finding) error {
	f.Expected = "every address has a name that leads back to it"
	var without []string
	count := 0
	for i, m := range d.mx {
		if i == mostServers {
			break
		}
		found, err := d.names.IPs(ctx, m.Host)
		if err != nil {
			return err
		}
		for _, a := range found.Values[:min(len(found.Values), 2*mostAddresses)] {
			ok, err := d.leadsBack(ctx, a)
			if err != nil {
				return err
			}
			if count++; !ok {
				without = append(without, fmt.Sprintf("%s (%s)", a, m.Host))
			}
		}
	}
	switch {
	case count == 0:
		skip(f, exposure.Error, "the mail servers have no addresses")
	case len(without) > 0:
		set(f, exposure.Info, "no fitting name: %s", list(without))
	default:
		set(f, exposure.Pass, "%d addresses have fitting names", count)
	}
	return nil
}

func (d *domain) leadsBack(ctx context.Context, a netip.Addr) (bool, error) {
	names, err := d.names.PTR(ctx, a)
	if err != nil {
		return false, err
	}
	for i, n := range names.Values {
		if i == most {
			break
		}
		back, err := d.names.IPs(ctx, n)
		if err != nil {
			return false, err
		}
		if slices.Contains(back.Values, a) {
			return true, nil
		}
	}
	return false, nil
}

func mark(ctx context.Context, d *domain, f *exposure.Finding) error {
	found, err := d.names.TXT(ctx, "default._bimi."+d.name)
	if err != nil {
		return err
	}
	a, err := d.names.Authorities(ctx, d.name)
	if err != nil {
		return err
	}
	caa := "CAA does not say who may certify the mark"
	if a.Has("issuevmc") {
		caa = "CAA says who may certify the mark"
	}
	texts := slices.DeleteFunc(slices.Clone(found.Values), func(s string) bool { return !begins(s, "BIMI1") })
	if len(texts) == 0 {
		set(f, exposure.Info, "no BIMI record; %s", caa)
		return nil
	}
	tags, err := tags(texts[0])
	certificate := "without a certificate"
	if v, _ := value(tags, "a"); err == nil && v != "" && v != "self" {
		certificate = "with a certificate"
	}
	set(f, exposure.Info, "a BIMI record %s; %s", certificate, caa)
	return nil
}
