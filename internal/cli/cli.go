// Package cli is the command line: it parses arguments, calls the use cases and
// renders their answers. Exit status: 0 success, 1 some input lines or checks
// failed, 2 unusable input or arguments, 3 internal error.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// Exit statuses of the machine contract.
const (
	exitOK       = 0
	exitFailed   = 1
	exitUnusable = 2
	exitInternal = 3
)

// System is what the command line needs from the outside.
type System struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	Now func() time.Time
}

// errSomeFailed ends a run whose answers are written but partly errors.
var errSomeFailed = errors.New("some lines could not be used")

type commands struct {
	Countries string `help:"Folder with country packs that \"nisaba country update\" has installed. Default: the built-in ones." env:"NISABA_COUNTRIES" placeholder:"DIR"`

	Demo         demoCommand         `cmd:"" help:"Three example organisations, the whole job: class, score, gaps, report."`
	Init         initCommand         `cmd:"" help:"Ask the minimum and write an organisation file."`
	Scope        scopeCommand        `cmd:"" help:"Which class an organisation has, why, where, and what follows."`
	Assess       assessCommand       `cmd:"" help:"Gaps against what binds the organisation, a plan, and the report."`
	Clocks       clocksCommand       `cmd:"" help:"Deadlines of an incident under every regime."`
	Significance significanceCommand `cmd:"" help:"Whether an incident is significant, and which fact would decide."`
	Catalog      catalogCommand      `cmd:"" help:"Requirements, questions, entity types and kinds of evidence."`
	Country      countryCommand      `cmd:"" help:"National laws: list, show, compare and update the country packs."`
	Scan         scanCommand         `cmd:"" help:"What the outside world sees of names and addresses, judged against dated references."`
	Serve        serveCommand        `cmd:"" help:"The platform with its pages, on this machine or for many."`
	User         userCommand         `cmd:"" help:"People of a server on this machine: list, add, reset, disable."`
	Token        tokenCommand        `cmd:"" help:"API tokens of a server on this machine: create, list, revoke."`
	Migrate      migrateCommand      `cmd:"" help:"Make the database of a server, or bring its tables up to date."`
	Backup       backupCommand       `cmd:"" help:"Everything of a server in one file, also while it runs."`
	Restore      restoreCommand      `cmd:"" help:"A server's data from a backup, on either database; all or nothing."`
	VerifyLedger verifyLedgerCommand `cmd:"" help:"Check every ledger of a server, or one proof from a file."`
	Schema       schemaCommand       `cmd:"" help:"JSON Schema of an input file."`
	Version      versionCommand      `cmd:"" help:"Version of the program and of its data."`
}

// AfterApply hands the global flags to the session.
func (c *commands) AfterApply(s *session) error {
	s.countriesDir = c.Countries
	return nil
}

// Run executes one command line and returns its exit status.
func Run(args []string, sys System) int {
	var c commands
	exit := -1
	out := &output{to: sys.Out}
	sys.Out = out
	parser, err := kong.New(&c,
		kong.Name("nisaba"),
		kong.Vars{"target": strconv.Itoa(assessing.DefaultTarget)},
		kong.Description("The open NIS2 platform: scope, duties, gaps, plan and report; deadlines and significance of incidents.\nNot legal advice. Start with: nisaba demo"),
		kong.Writers(sys.Out, sys.Err),
		kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(&session{System: sys}),
	)
	if err != nil {
		fmt.Fprintln(sys.Err, "nisaba:", err)
		return exitInternal
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(args)
	if lost := out.lost(); lost != nil {
		return report(sys.Err, lost)
	}
	if exit >= 0 {
		return exit // help was printed
	}
	if err != nil {
		fmt.Fprintf(sys.Err, "nisaba: %v\nRun \"nisaba --help\" for the commands.\n", err)
		return exitUnusable
	}
	return report(sys.Err, out.outcome(ctx.Run()))
}

// output is the standard output. It keeps the first error, because much of what
// commands print does not look for one, and says it once.
type output struct {
	to io.Writer
	mu sync.Mutex
	// err is why something that was printed got lost.
	err error
}

// Write prints, unless something got lost before.
func (o *output) Write(b []byte) (n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	n, o.err = o.to.Write(b)
	return n, o.err
}

func (o *output) lost() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// outcome is how a command ended, given what it says itself: output that was lost is
// an error, and where it is what the command speaks of, it is said once, as it is.
func (o *output) outcome(err error) error {
	lost := o.lost()
	if lost == nil || err != nil && !errors.Is(err, lost) && !errors.Is(err, errSomeFailed) {
		return err
	}
	return lost
}

// report prints an error for the person at the terminal and picks the exit status.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errSomeFailed) {
		return exitFailed
	}
	if isBrokenPipe(err) {
		return exitOK
	}
	fmt.Fprintln(w, err)
	if fault.KindOf(err) == fault.Internal {
		return exitInternal
	}
	return exitUnusable
}

// isBrokenPipe: the reader of our output went away, as "head" does. Any other output
// that was lost, such as on a full disk, is an error.
func isBrokenPipe(err error) bool {
	var p *os.PathError
	return errors.As(err, &p) && p.Op == "write" && p.Path == "/dev/stdout" && errors.Is(err, syscall.EPIPE)
}
