package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/upkeep"
	"github.com/nisaba-platform/nisaba/internal/server"
)

type migrateCommand struct {
	place
	Status bool `help:"Only say how the tables stand; exit status 1 when something is to do."`
	JSON   bool `name:"json" help:"The status for programs."`
}

func (c *migrateCommand) Run(s *session) error {
	ctx, stop := interruptible()
	defer stop()
	if !c.Status {
		if err := server.Migrate(ctx, c.at(s)); err != nil {
			return err
		}
	}
	list, err := server.Migrations(ctx, c.at(s))
	if err != nil {
		return err
	}
	open := 0
	for _, m := range list {
		if m.AppliedAt.IsZero() {
			open++
		}
	}
	switch {
	case c.JSON:
		err = s.printJSON(list)
	case c.Status:
		err = printMigrations(s, list)
	default:
		_, err = fmt.Fprintf(s.Out, "The tables are up to date: version %d.\n", list[len(list)-1].Version)
	}
	if err == nil && open > 0 {
		err = errSomeFailed
	}
	return err
}

func printMigrations(s *session, list []server.Migration) error {
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for _, m := range list {
		at := "to do"
		if !m.AppliedAt.IsZero() {
			at = "done " + m.AppliedAt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\n", m.Version, strings.TrimSuffix(m.Name, ".sql"), at)
	}
	return w.Flush()
}

type backupCommand struct {
	place
	File      string `arg:"" help:"File to write, for example nisaba.tar.gz." type:"path"`
	WithKey   bool   `help:"The private keys too. Who has the file then can read the secrets of second factors and sign ledgers."`
	Overwrite bool   `help:"Replace a file of that name."`
}

func (c *backupCommand) Run(s *session) error {
	return c.local(s, func(ctx context.Context, l *server.Local) error {
		b, err := l.Upkeep.Backup(ctx, c.File, upkeep.BackupOptions{WithKey: c.WithKey, Overwrite: c.Overwrite, Program: program})
		if err != nil {
			return err
		}
		fmt.Fprintf(s.Out, "%s: %d rows, %d files, %d bytes, as of %s.\n", c.File, b.Rows, b.Files, b.Bytes, b.MadeAt.Format(time.RFC3339))
		if c.WithKey {
			fmt.Fprintln(s.Out, "The private keys are in it: keep the file as you keep the server.")
		} else {
			fmt.Fprintf(s.Out, "The private keys are not in it. Keep copies of \"key\" and \"ledger-key\" from %s elsewhere: without \"key\" people set up their second factors again.\n", c.Data)
		}
		return s.damaged(b.Damaged)
	})
}

// damaged names the uploaded files that could not be kept.
func (s *session) damaged(files []string) error {
	for _, sha := range files {
		fmt.Fprintf(s.Err, "The uploaded file with the SHA-256 %s is missing or was altered; it is not in the backup.\n", sha)
	}
	if len(files) > 0 {
		return errSomeFailed
	}
	return nil
}

type restoreCommand struct {
	place
	File  string `arg:"" help:"Backup that nisaba backup wrote." type:"path"`
	Roots string `name:"timestamp-ca" help:"File with the root certificates (PEM) that those of time stamps must lead to. Default: those in the backup." type:"path" placeholder:"FILE"`
}

func (c *restoreCommand) Run(s *session) error {
	ctx, stop := interruptible()
	defer stop()
	roots, err := readRoots(c.Roots)
	if err != nil {
		return err
	}
	r, err := server.Restore(ctx, c.File, c.at(s), roots)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "Restored the state of %s: %d rows, %d files.\n", r.MadeAt.Format(time.RFC3339), r.Rows, r.Files)
	if !r.Keys {
		fmt.Fprintf(s.Out, "The backup holds no private keys. Put \"key\" and \"ledger-key\" of the old server into %s before the first start; without \"key\" people set up their second factors again (nisaba user reset-second-factor).\n", c.Data)
	}
	return errorsOf(printLedgers(s, r.Ledgers), s.damaged(r.Damaged))
}

// errorsOf is the first error that is more than a failed check, else that.
func errorsOf(list ...error) error {
	var out error
	for _, err := range list {
		if err != nil && (out == nil || out == errSomeFailed) {
			out = err
		}
	}
	return out
}

// chainText says whether to believe the authority of a time stamp.
func chainText(x upkeep.Stamp) string {
	switch x.Chain {
	case upkeep.ChainTrusted:
		return fmt.Sprintf("leads to %s, valid until %s", x.Root, x.Until.Format(time.DateOnly))
	case upkeep.ChainEnded:
		return fmt.Sprintf("led to %s when it was signed; a certificate has ended on %s", x.Root, x.Until.Format(time.DateOnly))
	case upkeep.ChainBroken:
		return "LEADS TO NO ROOT THAT IS TRUSTED"
	}
	return "signed; no root certificates are known to check who signed (--timestamp-ca)"
}

// printLedgers says how the ledgers stand, and fails when one is damaged.
func printLedgers(s *session, list []upkeep.Ledger) error {
	broken := false
	for _, l := range list {
		name := l.Name
		if l.Workspace == "" {
			name = "people and sign-in"
		}
		if name == "" {
			name = "removed workspace"
		}
		if l.Workspace != "" {
			name += " (" + l.Workspace + ")"
		}
		state := "sound"
		if len(l.Faults) > 0 {
			state, broken = "DAMAGED", true
		}
		fmt.Fprintf(s.Out, "%s: ledger of %d entries, %d checkpoints, root %s: %s\n", name, l.Size, l.Checkpoints, l.Root, state)
		for _, x := range l.Stamps {
			fmt.Fprintf(s.Out, "  time stamp of %d entries on %s by %s: %s\n", x.Size, x.At.Format(time.RFC3339), x.Authority, chainText(x))
		}
		for _, f := range l.Faults {
			at := "the ledger"
			if f.Seq >= 0 {
				at = fmt.Sprintf("entry %d", f.Seq)
			}
			fmt.Fprintf(s.Out, "  workspace %q, table %s, %s: %s\n", l.Workspace, f.Table, at, f.What)
		}
	}
	if broken {
		return errSomeFailed
	}
	return nil
}
