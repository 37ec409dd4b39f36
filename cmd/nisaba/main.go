// Command nisaba is the open NIS2 platform in one binary.
package main

import (
	"os"
	"time"
	_ "time/tzdata" // deadlines need every zone, also where the system has none

	"github.com/nisaba-platform/nisaba/internal/cli"
)

func main() {
	os.Exit(cli.Run(os.Args[1:], cli.System{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now,
	}))
}
