package scanning

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
)

// RecordName is where the record with the token of a name stands, RecordText what it
// says, and FilePath where the file on the web server lies. The file holds the text
// of the record.
func RecordName(t survey.Target) string { return "_nisaba-challenge." + t.Declared }

// RecordText is the text of the record and of the file.
func RecordText(t survey.Target) string { return "nisaba-scan=" + t.Token }

// FilePath is the path of the file on the web server.
const FilePath = "/.well-known/nisaba-scan.txt"

// FileSuffices reports whether a file on the web server proves enough: it says
// nothing of other names, nor of other ports of the host.
func FileSuffices(t survey.Target) bool { return IsName(t) && !t.Subtree && !t.Sweep }

// RecordSuffices reports whether a record proves enough: it says nothing of the
// owner of a host with other services.
func RecordSuffices(t survey.Target) bool { return IsName(t) && !t.Sweep }

// IsName reports whether the target is a name, and no range.
func IsName(t survey.Target) bool {
	_, err := netip.ParsePrefix(t.Declared)
	return err != nil
}

// look searches for the record, then for the file. The error says what was seen.
func (s *Service) look(ctx context.Context, t survey.Target) (survey.Proof, error) {
	if !RecordSuffices(t) {
		return "", errors.New("ranges, and hosts with all their ports, need a signed letter")
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	texts, recordErr := s.o.TXT(ctx, RecordName(t)+".")
	for _, text := range texts {
		if same(text, RecordText(t)) {
			return survey.DNS, nil
		}
	}
	if recordErr == nil {
		recordErr = fmt.Errorf("%d records without the text", len(texts))
	} else {
		recordErr = unanswered(RecordName(t), recordErr)
	}
	if !FileSuffices(t) {
		return "", fmt.Errorf("no record: %w", recordErr)
	}
	text, err := s.fetch(ctx, t.Declared)
	if err == nil && same(text, RecordText(t)) {
		return survey.File, nil
	}
	if err == nil {
		err = errors.New("it does not hold the text")
	}
	return "", fmt.Errorf("no record: %w; no file: %w", recordErr, err)
}

// unanswered names the record that was not found, and why unless it does not exist. Which
// resolver was asked is of no use to whoever adds the record.
func unanswered(name string, err error) error {
	var f *net.DNSError
	switch {
	case !errors.As(err, &f):
		return err
	case f.IsNotFound:
		return errors.New(name)
	}
	return errors.New(name + ": " + f.Err)
}

func same(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(strings.TrimSpace(a)), []byte(b)) == 1
}

// fetch reads the file with the token, over https or else http. Nothing but public
// addresses of the name is contacted, and no redirect is followed.
func (s *Service) fetch(ctx context.Context, name string) (string, error) {
	scope := exposure.Scope{ID: "proof", Until: s.store.Now().Add(time.Minute), Classes: []exposure.Class{exposure.Passive}, Domains: []exposure.Domain{{Name: name}}}
	if s.o.Loopback {
		scope.Loopback = true
		scope.Networks = []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}
	}
	permit, err := exposure.Own(scope)
	if err != nil {
		return "", err
	}
	d := scan.Options{Permit: permit, Resolver: s.o.Resolver, Resolvers: s.o.Resolvers, Now: s.store.Now, Timeout: 5 * time.Second}.Dialer()
	defer d.Stop()
	roots, _ := s.knowledge.Data.Kinds[certprobe.RootsKind].(certprobe.Roots)
	c := http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dialFirst(d), DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10, TLSClientConfig: &tls.Config{RootCAs: roots.Pool}}}
	text, err := get(ctx, &c, "https://"+name+FilePath)
	if err != nil {
		var plainErr error
		if text, plainErr = get(ctx, &c, "http://"+name+FilePath); plainErr != nil {
			return "", fmt.Errorf("%w; %w", err, plainErr)
		}
	}
	return text, nil
}

// dialFirst connects to the first address of a name that answers.
func dialFirst(d *exposure.Dialer) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		host, text, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return nil, err
		}
		list, err := d.Lookup(ctx, host)
		if err != nil {
			return nil, err
		}
		err = errors.New("the name has no address")
		for _, a := range list {
			var c net.Conn
			if c, err = d.Dial(ctx, exposure.Request{Name: host, Address: netip.AddrPortFrom(a, uint16(port)), Class: exposure.Passive}); err == nil {
				return c, nil
			}
		}
		return nil, err
	}
}

func get(ctx context.Context, c *http.Client, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := c.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %s", url, res.Status)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	return string(b), err
}
