package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/ports"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
)

type scanCommand struct {
	Targets []string `arg:"" optional:"" help:"Names, addresses and ranges: example.org, 192.0.2.1, 192.0.2.0/28, example.org:8443, smtp://mx.example.org."`
	From    string   `help:"File with more targets, one per line; lines that begin with # are skipped." type:"path"`

	AuthorisedBy string   `name:"authorised-by" env:"NISABA_AUTHORISED_BY" placeholder:"WHO" help:"Who allows the scan: name and function. By this you state that WHO may have all targets scanned. Required."`
	Until        string   `help:"End of the authorisation, as 2026-12-31 or with a time. Default: a day from now."`
	Exclude      []string `help:"Never contact this name, address, range, or port (as :3389). Wins over everything."`
	Subtree      bool     `help:"The names below the given ones are covered, too."`
	Sweep        bool     `help:"All ports of the hosts of names are covered; their owner agreed. Without it, only those of web, mail, names and remote sign-in."`
	NoServices   bool     `help:"Do not ask name servers and mail servers that others run for the names."`
	Classes      string   `help:"Kinds of checks: P passive, H handshake, X intrusive." default:"P,H"`
	OT           bool     `name:"ot" help:"Connect to ports of industrial protocols, too; one at a time."`
	Internal     bool     `help:"Private addresses among the targets may be scanned."`
	Loopback     bool     `help:"For tests: addresses of this machine among the targets may be scanned."`

	Ports     string        `help:"Ports to look at on every host, as 22,80,8000-8100. Default: the usual ones."`
	Expect    []string      `help:"Ports that should be open on a host, as example.org=25,443. Anything else that is open there fails. Can stand several times." sep:"none" placeholder:"HOST=PORTS"`
	Only      []string      `help:"Only these checks, as TLS-03,CERT-01."`
	Selectors []string      `help:"Selectors of your DKIM keys, as mail2026,news; the usual ones are looked at anyway."`
	Data      []string      `sep:"none" placeholder:"KIND=FILE" help:"What you have in files, once for each: validated ROAs (vrps=FILE), announcing networks as RISwhois lists them (origins=FILE), participants of MANRS (manrs=FILE), the zone file of a name (zone:example.org=FILE), the answer of its registry (rdap:example.org=FILE), exploited vulnerabilities (kev=FILE, taken when newer than the shipped ones), the vulnerability database (nvd=FILE, one for each year), scores of exploitation (epss=FILE), the European database (euvd=FILE), ends of life (endoflife=FILE), libraries as retire.js lists them (libraries=FILE), names of your hosts (names=FILE), an export of crt.sh (ct=FILE), your own root certificates (roots=FILE), lists of revoked certificates (crl=FILE), certificates that you have or had, to see keys that were kept (certificates=FILE)."`
	Resolver  string        `help:"Recursive resolver to ask about names, as 192.0.2.53. Default: those of this machine."`
	Rate      float64       `help:"Contacts per second in all; a fifth of it per address, half per neighbourhood. Default: 1000."`
	Timeout   time.Duration `help:"How long a connection may take." default:"5s"`
	Journal   string        `help:"File that remembers finished work: a scan that was stopped goes on from there." type:"path"`
	Contacts  string        `help:"Log of every contact and refusal, as JSON lines." type:"path"`
	Compare   string        `help:"Journal of an earlier scan: say what changed." type:"path"`

	JSON     bool   `name:"json" help:"Write one JSON object per target, in one line each, instead of text."`
	SARIF    string `name:"sarif" help:"Write the result in SARIF 2.1.0 to this file." type:"path"`
	CSV      string `name:"csv" help:"Write the result as a table to this file." type:"path"`
	OSCAL    string `name:"oscal" help:"Write the result as OSCAL assessment results to this file." type:"path"`
	Badge    string `help:"Write a small picture of the grade (SVG) to this file." type:"path"`
	Report   string `help:"Write a report to this file, .html or .pdf." type:"path"`
	Language string `help:"Language of text and report: en, de or fr." enum:"en,de,fr" default:"en"`
	Quiet    bool   `help:"No progress bar."`
}

// Run scans. The exit status is 1 when a check failed.
func (c *scanCommand) Run(s *session) error {
	p, err := s.printer(c.Language)
	if err != nil {
		return err
	}
	o, err := c.options(s)
	if err != nil {
		return err
	}
	var before *scan.Spool
	if c.Compare != "" {
		if before, err = scan.SpoolJournal(c.Compare); err != nil {
			return argument("--compare", err.Error(), "the journal of an earlier scan")
		}
		defer before.Close()
	}
	contacts, err := c.contactLog(&o)
	if err != nil {
		return err
	}
	// The findings wait on the disk, so that the memory that is needed does not grow
	// with the targets.
	spool, err := scan.NewSpool()
	if err != nil {
		return errors.Join(err, contacts.Close())
	}
	defer spool.Close()
	var kept error
	r, err := c.scan(s, p, o, func(f exposure.Finding) { kept = cmp.Or(kept, spool.Add(f)) })
	if err = errors.Join(err, kept, contacts.Close()); err != nil {
		return err
	}
	r.Findings = spool
	return c.tell(s, p, r, before)
}

// tell writes what was asked for.
func (c *scanCommand) tell(s *session, p *locale.Printer, r scan.Result, before *scan.Spool) error {
	report := scanning.Report{Result: r}
	if before != nil {
		steps, err := scan.DriftOf(before, r.Findings)
		if err != nil {
			return err
		}
		report.Drift = append([]scan.Step{}, steps...)
	}
	tally, err := r.Tally()
	if err != nil {
		return err
	}
	if err := c.write(p, report, tally); err != nil {
		return err
	}
	if err := c.print(s, p, report, tally); err != nil {
		return err
	}
	if tally.Counts[exposure.Fail] > 0 {
		return errSomeFailed
	}
	return nil
}

// scan runs until the end or until somebody presses Ctrl-C, and hands the findings out.
func (c *scanCommand) scan(s *session, p *locale.Printer, o scan.Options, found func(exposure.Finding)) (scan.Result, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	bar := newBar(s.Err, c.Quiet)
	o.Progress = bar.show
	r := scan.Result{Scanner: program, Catalogue: o.Knowledge.Catalogue, Permit: o.Permit.ID(), Start: s.Now()}
	for _, e := range o.Entries {
		r.Declared = append(r.Declared, e.Declared)
	}
	err := scan.Run(ctx, o, found)
	bar.end()
	r.End = s.Now()
	var refusal *exposure.Refusal
	switch {
	case errors.Is(err, scan.ErrNoJournal):
		return r, argument("--journal", "the journal is no file", "a file that can be written")
	case errors.Is(err, scan.ErrOtherScan):
		return r, argument("--journal", "the journal belongs to another scan, or to other checks", "the same targets and options, or another file")
	case ctx.Err() != nil:
		fmt.Fprintln(s.Err, p.T(map[bool]string{true: "exposure.cli.stopped", false: "exposure.cli.stopped_without"}[c.Journal != ""]))
		return r, errSomeFailed
	case errors.As(err, &refusal):
		return r, argument(refusal.Target, refusal.Reason, "targets that the authorisation covers")
	}
	return r, err
}

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
	if ext := strings.ToLower(filepath.Ext(c.Report)); c.Report != "" && !slices.Contains([]string{".html", ".htm", ".pdf"}, ext) {
		return argument("--report", fmt.Sprintf("there is no report with the ending %q", ext), "a name that ends in .html or .pdf")
	}
	return nil
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

type contactLog struct {
	mu   sync.Mutex
	file *os.File
	out  *bufio.Writer
	err  error
}

func (l *contactLog) add(c exposure.Contact) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := json.NewEncoder(l.out).Encode(c); err != nil && l.err == nil {
		l.err = err
	}
}

// Close writes what is left; a log with gaps is an error.
func (l *contactLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.err, l.out.Flush(), l.file.Close())
}

// write makes the files that were asked for.
func (c *scanCommand) write(p *locale.Printer, r scanning.Report, tally *scan.Tally) error {
	table := func(w io.Writer) error { return delimited.Stream(w, scan.TableHead(), r.Result.Rows()) }
	badge := func(w io.Writer) error {
		_, grade := tally.Grades()
		_, err := w.Write(scan.Badge(p.T("exposure.badge"), grade, p.Date(law.DateOf(r.Result.End))))
		return err
	}
	report := func(w io.Writer) error {
		format := scanning.HTML
		if strings.EqualFold(filepath.Ext(c.Report), ".pdf") {
			format = scanning.PDF
		}
		b, err := r.Write(p, format)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	}
	for _, f := range []struct {
		path string
		to   func(io.Writer) error
	}{{c.SARIF, r.Result.WriteSARIF}, {c.CSV, table}, {c.OSCAL, r.Result.WriteOSCAL}, {c.Badge, badge}, {c.Report, report}} {
		if err := writeTo(f.path, f.to); err != nil {
			return err
		}
	}
	return nil
}

func writeTo(path string, to func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		expected := "a file in a folder that exists"
		if errors.Is(err, fs.ErrPermission) {
			expected = "a file that can be written"
		}
		return &fault.Error{Kind: fault.Invalid, File: path, What: "the file cannot be written", Expected: expected, Cause: err}
	}
	out := bufio.NewWriter(f)
	return errors.Join(to(out), out.Flush(), f.Close())
}

func (c *scanCommand) print(s *session, p *locale.Printer, r scanning.Report, tally *scan.Tally) error {
	out := bufio.NewWriter(s.Out)
	if c.JSON {
		return errors.Join(r.Result.WriteJSON(out), out.Flush())
	}
	return errors.Join(scanText{text{out}, p, r}.print(tally), out.Flush())
}

// scanText prints a result for people.
type scanText struct {
	text
	p *locale.Printer
	r scanning.Report
}

func (t scanText) print(tally *scan.Tally) error {
	t.r.Result.Catalogue = t.r.Result.Catalogue.In(t.p.Language)
	r := t.r.Result
	areas, all := tally.Grades()
	t.title(t.p.T("exposure.report.title") + " · " + t.p.T("exposure.grade") + " " + cmp.Or(string(all), "–"))
	t.line("%s", t.p.T("exposure.cli.finished", "findings", t.p.Number(float64(tally.Len()), 0), "targets", t.p.Number(float64(len(r.Declared)), 0), "seconds", t.p.Number(r.End.Sub(r.Start).Seconds(), 1)))
	var rows [][]string
	for _, a := range areas {
		var counts []string
		for _, o := range exposure.Outcomes() {
			if a.Counts[o] > 0 {
				counts = append(counts, fmt.Sprintf("%s %d", t.p.T("exposure.outcome."+string(o)), a.Counts[o]))
			}
		}
		rows = append(rows, []string{cmp.Or(string(a.Grade), "–"), t.p.T("exposure.area." + string(a.Area)), strings.Join(counts, ", ")})
	}
	t.heading(t.p.T("exposure.report.grades"))
	t.table(2, rows)
	t.drift()
	if err := t.missed(); err != nil {
		return err
	}
	t.heading(t.p.T("exposure.report.findings"))
	shown := 0
	for f, err := range r.Findings.Worst() {
		if err != nil {
			return err
		}
		if f.Outcome == exposure.Fail || f.Outcome == exposure.Warn || f.Outcome == exposure.Error {
			t.finding(f)
			shown++
		}
	}
	if shown == 0 {
		t.para(2, t.p.T("exposure.report.no_findings"))
	}
	if err := t.profiles(); err != nil {
		return err
	}
	t.line("")
	if text := scanning.ExploitedText(t.p, tally, r.End); text != "" {
		t.para(0, text)
	}
	t.para(0, t.p.T("exposure.report.limits"))
	return nil
}

// mostMissed is how many hosts the text names that were not looked at.
const mostMissed = 20

// missed names the targets and hosts that were not looked at, and why.
func (t scanText) missed() error {
	var rows [][]string
	count := 0
	for f, err := range t.r.Result.Findings.Worst() {
		if err != nil {
			return err
		}
		if !scan.Missed(f) {
			continue
		}
		if count++; count <= mostMissed {
			rows = append(rows, []string{f.Target.String(), scanning.Evidence(t.p, f)})
		}
	}
	if count == 0 {
		return nil
	}
	t.heading(t.p.T("exposure.cli.missed", "count", count))
	t.table(2, rows)
	return nil
}

// profiles shows how each service stands against published profiles.
func (t scanText) profiles() error {
	list, err := t.r.Result.Profiles()
	if err != nil || len(list) == 0 {
		return err
	}
	t.heading(t.p.T("profile.title"))
	place := ""
	for _, f := range list {
		if f.Target.String() != place {
			place = f.Target.String()
			t.para(2, place)
		}
		t.hang(4, f.Profile+"  ", t.p.T("profile.verdict."+f.Verdict)+". "+f.Observed)
	}
	return nil
}

func (t scanText) finding(f exposure.Finding) {
	c, _ := t.r.Result.Catalogue.Get(f.Check)
	word := t.p.T("exposure.outcome." + string(f.Outcome))
	if f.Outcome != exposure.Error {
		word += ", " + t.p.T("exposure.severity."+string(f.Severity))
	}
	t.hang(2, f.Check+"  ", fmt.Sprintf("%s (%s): %s", c.Title, word, f.Target))
	t.para(4+len(f.Check), scan.Evidence(f))
	if f.Outcome != exposure.Error && c.Fix != "" {
		t.para(4+len(f.Check), "→ "+c.Fix)
	}
}

func (t scanText) drift() {
	if t.r.Drift == nil {
		return
	}
	t.heading(t.p.T("exposure.report.drift"))
	if len(t.r.Drift) == 0 {
		t.para(2, t.p.T("exposure.report.no_drift"))
	}
	var rows [][]string
	for _, s := range t.r.Drift {
		f := s.Finding()
		c, _ := t.r.Result.Catalogue.Get(f.Check)
		rows = append(rows, []string{t.p.T("exposure.change." + string(s.Change)), f.Check, c.Title + ": " + f.Target.String()})
	}
	t.table(2, rows)
}

// progressBar shows how far a scan is, on a terminal.
type progressBar struct {
	out  io.Writer
	mu   sync.Mutex
	last time.Time
}

// newBar is nil-like when nobody watches: when w is no terminal.
func newBar(w io.Writer, quiet bool) *progressBar {
	if f, ok := w.(*os.File); ok && !quiet {
		if about, err := f.Stat(); err == nil && about.Mode()&os.ModeCharDevice != 0 {
			return &progressBar{out: w}
		}
	}
	return &progressBar{}
}

func (b *progressBar) show(p exposure.Progress) {
	if b.out == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.last) < 100*time.Millisecond || p.Known == 0 {
		return
	}
	b.last = time.Now()
	const cells = 30
	full := cells * p.Done / p.Known
	now := p.Now
	if len(now) > 40 {
		now = now[:40]
	}
	fmt.Fprintf(b.out, "\r\x1b[K%s%s %d/%d %s", strings.Repeat("█", full), strings.Repeat("░", cells-full), p.Done, p.Known, now)
}

func (b *progressBar) end() {
	if b.out != nil {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
