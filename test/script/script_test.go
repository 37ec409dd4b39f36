// Package script tests the command line as its users run it.
package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/internal/cli"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// today is the day on which every script runs.
var today = time.Date(2026, time.November, 25, 9, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	testscript.Main(program{m}, map[string]func(){
		"nisaba": func() {
			os.Exit(cli.Run(os.Args[1:], cli.System{
				In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: func() time.Time { return today },
			}))
		},
	})
}

func TestScripts(t *testing.T) {
	var v visitors
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			root, err := os.Getwd()
			if err != nil {
				return err
			}
			e.Setenv("EXAMPLES", root+"/../../examples")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sql":      runSQL,
			"freeport": freePort,
			"fetch":    fetch,
			"form":     v.form,
			"find":     v.find,
			"await":    v.await,
			"postgres": func(s *testscript.TestScript, _ bool, _ []string) { s.Setenv("PG", kit.Postgres(t)) },
		},
		Condition: func(name string) (bool, error) {
			if name != "postgres" {
				return false, errors.New("there is no such condition")
			}
			return storetest.Installed(), nil
		},
	})
}

// kit holds the PostgreSQL of the scripts that ask for one.
var kit storetest.Kit

// program runs the tests and ends the PostgreSQL that they started.
type program struct{ *testing.M }

func (p program) Run() int { return kit.Main(p.M) }

// runSQL runs a statement on a SQLite file behind the back of the program.
func runSQL(s *testscript.TestScript, _ bool, args []string) {
	db, err := sqldb.Open(context.Background(), s.MkAbs(args[0]), sqldb.Options{})
	s.Check(err)
	result, err := db.Pool().ExecContext(context.Background(), args[1])
	s.Check(err)
	if n, err := result.RowsAffected(); err != nil || n == 0 && strings.HasPrefix(args[1], "UPDATE") {
		s.Fatalf("%s changed %d rows: %v", args[1], n, err)
	}
	s.Check(db.Close())
}

// freePort sets a variable to a port of this machine on which nobody listens.
func freePort(ts *testscript.TestScript, _ bool, args []string) {
	port, claim, err := exposuretest.Claim()
	ts.Check(err)
	ts.Defer(func() { claim.Close() })
	ts.Setenv(args[0], fmt.Sprint(port))
}

// fetch waits until a server answers at the address and looks for a text on the page.
func fetch(ts *testscript.TestScript, _ bool, args []string) {
	const patience = 4 * time.Minute
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		r, err := http.Get(args[0])
		if err != nil && time.Now().Before(end) {
			continue
		}
		ts.Check(err)
		page, err := io.ReadAll(r.Body)
		r.Body.Close()
		ts.Check(err)
		if !strings.Contains(string(page), args[1]) {
			ts.Fatalf("%s has no %q", args[0], args[1])
		}
		return
	}
}
