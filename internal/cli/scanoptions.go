package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/ports"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/law"
)

// options turns the command line into a scan. Whoever calls states that the targets
// may be scanned.
func (c *scanCommand) options(s *session) (scan.Options, error) {
	o := scan.Options{Scanner: program, Agent: "Mozilla/5.0 (compatible; " + strings.ReplaceAll(program, " ", "/") + "; exposure scan)", Journal: c.Journal,
		Only: c.Only, Timeout: c.Timeout, Workers: 256, Now: s.Now}
	var err error
	if err = c.sensible(); err != nil {
		return o, err
	}
	if o.Entries, err = c.entries(); err != nil {
		return o, err
	}
	if o.Permit, err = c.permit(s, o.Entries); err != nil {
		return o, err
	}
	if c.Ports != "" {
		if o.Ports, err = ports.ParsePorts(c.Ports); err != nil {
			return o, argument("--ports", err.Error(), "for example --ports 22,80,8000-8100")
		}
	}
	if o.Declared, err = c.expected(); err != nil {
		return o, err
	}
	if o.Knowledge, err = scan.Load(content.FS); err != nil {
		return o, err
	}
	for _, what := range c.Data {
		if err := o.Knowledge.Import(what); errors.Is(err, scan.ErrKind) {
			return o, argument("--data", err.Error(), "one of these kinds, once for each file")
		} else if err != nil {
			return o, argument("--data", err.Error(), "a whole file of that kind, as it was published")
		}
	}
	o.Selectors = c.Selectors
	for _, id := range c.Only {
		if _, ok := o.Knowledge.Catalogue.Get(id); !ok {
			return o, argument("--only", fmt.Sprintf("there is no check %q", id), "ids such as TLS-03")
		}
	}
	return o, c.resolver(&o)
}

// sensible refuses what would make a scan that sees nothing look like one that found
// nothing.
func (c *scanCommand) sensible() error {
	switch {
	case c.Timeout <= 0:
		return argument("--timeout", "there is no time for an answer", "more than zero, as 5s")
	case !(c.Rate >= 0) || math.IsInf(c.Rate, 0):
		return argument("--rate", "it is no number of contacts per second", "a number above zero, such as 200")
	}
	if ext := strings.ToLower(filepath.Ext(c.Report)); c.Report != "" && reportForms()[ext] == "" {
		return argument("--report", fmt.Sprintf("there is no report with the ending %q", ext), "a name that ends in .html, .pdf or .docx")
	}
	return nil
}

// reportForms are the forms of a report, by the endings of its file.
func reportForms() map[string]string {
	return map[string]string{".html": scanning.HTML, ".htm": scanning.HTML, ".pdf": scanning.PDF, ".docx": scanning.DOCX}
}

// expected reads which ports should be open.
func (c *scanCommand) expected() (ports.Declared, error) {
	var out ports.Declared
	for _, x := range c.Expect {
		host, list, _ := strings.Cut(x, "=")
		e, err := scan.Parse(host)
		if err == nil && (e.Port != 0 || e.Name == "" && !e.Prefix.IsSingleIP()) {
			err = fmt.Errorf("%q: it is not one host", host)
		}
		var open []uint16
		if err == nil {
			open, err = ports.ParsePorts(list)
		}
		if err != nil {
			return nil, argument("--expect", err.Error(), "for example --expect example.org=25,443")
		}
		if out == nil {
			out = ports.Declared{}
		}
		key := e.Name
		if key == "" {
			key = e.Prefix.Addr().String()
		}
		out[key] = append(out[key], open...)
	}
	return out, nil
}

// entries reads the targets of the arguments and of the file.
func (c *scanCommand) entries() ([]scan.Entry, error) {
	targets := slices.Clone(c.Targets)
	if c.From != "" {
		b, err := os.ReadFile(c.From)
		if err != nil {
			return nil, &fault.Error{Kind: fault.NotFound, File: c.From, What: "the file with the targets cannot be read", Expected: "a text file, one target per line", Cause: err}
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				targets = append(targets, line)
			}
		}
	}
	if len(targets) == 0 {
		return nil, argument("TARGET", "there is none", "for example nisaba scan example.org --authorised-by \"Anna Huber, head of IT\"")
	}
	var out []scan.Entry
	for _, t := range targets {
		e, err := scan.Parse(t)
		if err != nil {
			return nil, argument("TARGET", err.Error(), "a name, an address or a range")
		}
		if !slices.ContainsFunc(out, func(o scan.Entry) bool { return o.Declared == e.Declared }) {
			out = append(out, e)
		}
	}
	return out, nil
}

// permit is the authorisation that the caller states.
func (c *scanCommand) permit(s *session, entries []scan.Entry) (*exposure.Permit, error) {
	who := strings.TrimSpace(c.AuthorisedBy)
	if who == "" {
		return nil, argument("--authorised-by", "nobody is named who allows the scan", "the person who may allow it, for example --authorised-by \"Anna Huber, head of IT\"; scan only what is yours, or what its owner agreed to")
	}
	now := s.Now()
	until, err := endOf(c.Until, now)
	if err != nil {
		return nil, err
	}
	scope := exposure.Scope{By: who, Until: until, Services: !c.NoServices, OT: c.OT, Internal: c.Internal, Loopback: c.Loopback}
	for class := range strings.SplitSeq(c.Classes, ",") {
		class := exposure.Class(strings.ToUpper(strings.TrimSpace(class)))
		if !slices.Contains([]exposure.Class{exposure.Passive, exposure.Handshake, exposure.Intrusive}, class) {
			return nil, argument("--classes", fmt.Sprintf("there is no class %q", class), "P, H and X, with commas")
		}
		scope.Classes = append(scope.Classes, class)
	}
	for _, x := range c.Exclude {
		if err := scan.Exclude(&scope.Exclude, x); err != nil {
			return nil, argument("--exclude", err.Error(), "a name, an address, a range, or a port as :3389")
		}
	}
	scan.Covers(&scope, entries, exposure.Proof{Kind: "statement", At: now, By: []string{who}}, c.Sweep, c.Subtree)
	if c.Rate > 0 {
		scope.Rate = exposure.Rate{Total: c.Rate, PerNetwork: c.Rate / 2, PerAddress: c.Rate / 5}
	}
	scope.ID = statementID(scope)
	p, err := exposure.Own(scope)
	if err != nil {
		return nil, argument("TARGET", err.Error(), "names and addresses that can be scanned")
	}
	return p, nil
}

// statementID is the same for the same statement, so that a scan can go on with its
// journal.
func statementID(s exposure.Scope) string {
	s.Until = time.Time{}
	for i := range s.Domains {
		s.Domains[i].Proof.At = time.Time{}
	}
	b, _ := json.Marshal([]any{s.By, s.Domains, len(s.Networks), s.Exclude, s.Classes, s.Services, s.OT, s.Internal, s.Loopback}) // plain values always have a form
	return "statement-" + exposure.TranscriptHash(b, fmt.Append(nil, prefixes(s)))[:12]
}

func prefixes(s exposure.Scope) (out []netip.Prefix) {
	for _, n := range s.Networks {
		out = append(out, n.Prefix)
	}
	return out
}

// endOf is the first instant after the authorisation; a day counts whole.
func endOf(until string, now time.Time) (time.Time, error) {
	if until == "" {
		return now.Add(24 * time.Hour), nil
	}
	t, err := time.Parse(time.RFC3339, until)
	if day, dayErr := law.ParseDate(until); dayErr == nil {
		t, err = day.AddDays(1).At(time.UTC), nil
	}
	if err != nil {
		return t, argument("--until", fmt.Sprintf("%q is no day", until), "a day as 2026-12-31, or a time as 2026-12-31T18:00:00Z")
	}
	if !t.After(now) {
		return t, argument("--until", "the authorisation has ended", "a day that is not over")
	}
	return t, nil
}

// resolver says who is asked about names: who was named, otherwise the resolvers of
// this machine. Where these cannot be read, the machine itself looks addresses up.
func (c *scanCommand) resolver(o *scan.Options) error {
	if c.Resolver == "" {
		var err error
		if o.Resolvers, err = dnsprobe.SystemResolvers("/etc/resolv.conf"); err != nil {
			o.Resolver = scanning.SystemResolver(netip.AddrPort{})
		}
		return nil
	}
	var err error
	o.Resolvers, err = resolverList("--resolver", []string{c.Resolver})
	return err
}

// resolverList reads addresses of recursive resolvers, with or without a port.
func resolverList(flag string, list []string) (out []netip.AddrPort, err error) {
	for _, r := range list {
		at, err := netip.ParseAddrPort(r)
		if a, addrErr := netip.ParseAddr(r); addrErr == nil {
			at, err = netip.AddrPortFrom(a, 53), nil
		}
		if err != nil {
			return nil, argument(flag, fmt.Sprintf("%q is no address", r), "an address such as 192.0.2.53")
		}
		if at.Port() != 53 && !at.Addr().IsLoopback() {
			return nil, argument(flag, fmt.Sprintf("%s is another port than 53", at), "a recursive resolver on port 53, or one on this machine")
		}
		out = append(out, at)
	}
	return out, nil
}

// contactLog writes every contact to the file that --contacts names.
func (c *scanCommand) contactLog(o *scan.Options) (io.Closer, error) {
	if c.Contacts == "" {
		return io.NopCloser(nil), nil
	}
	f, err := os.OpenFile(c.Contacts, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, File: c.Contacts, What: "the log of contacts cannot be written", Expected: "a file that can be made", Cause: err}
	}
	l := &contactLog{file: f, out: bufio.NewWriter(f)}
	o.Contact = l.add
	return l, nil
}
