// Package script tests the command line as its users run it.
package script

import (
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nisaba-platform/nisaba/internal/cli"
)

// today is the day on which every script runs.
var today = time.Date(2026, time.November, 25, 9, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"nisaba": func() {
			os.Exit(cli.Run(os.Args[1:], cli.System{
				In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: func() time.Time { return today },
			}))
		},
	})
}

func TestScripts(t *testing.T) {
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
	})
}
