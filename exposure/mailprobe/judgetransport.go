package mailprobe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
)

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
