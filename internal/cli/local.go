package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/server"
)

// place says where a server keeps its data, for the commands of its operator.
type place struct {
	Data        string `help:"Folder of the database, the keys and the files." default:"nisaba-data" type:"path"`
	DatabaseURL string `name:"database-url" env:"NISABA_DATABASE_URL" help:"PostgreSQL database, postgres://…. Default: SQLite in the data folder."`
}

func (p place) at(s *session) server.Place {
	return server.Place{Data: p.Data, DatabaseURL: p.DatabaseURL, Clock: clock.Func(s.Now)}
}

// local runs f on the data of a server. Ctrl-C ends it.
func (p place) local(s *session, f func(context.Context, *server.Local) error) error {
	ctx, stop := interruptible()
	defer stop()
	l, err := server.OpenLocal(ctx, p.at(s))
	if err != nil {
		return err
	}
	return errors.Join(f(ctx, l), l.Close())
}

func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// printJSON writes a value for programs.
func (s *session) printJSON(v any) error {
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// password reads one line from standard input when asked to, so that no password
// stands in the list of processes.
func (s *session) password(fromInput bool) (string, error) {
	if !fromInput {
		return "", nil
	}
	line, err := bufio.NewReader(s.In).ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", &fault.Error{Kind: fault.Invalid, Field: "--password-stdin", What: "no password came", Expected: "one line on standard input", Cause: err}
	}
	return line, nil
}
