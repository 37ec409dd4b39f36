package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
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
	Report   string `help:"Write a report to this file, .html, .pdf or .docx." type:"path"`
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
	return cmp.Or(l.err, l.out.Flush(), l.file.Close())
}
