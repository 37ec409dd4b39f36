// Package viruscheck runs the command that looks for harmful content in files, for
// example the client of a virus scanner.
package viruscheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// Limit is how long one file may take.
const Limit = 2 * time.Minute

// Command is a prepared command. It is safe for concurrent use; each call starts
// the program once.
type Command struct {
	program string
	args    []string
	limit   time.Duration
}

// New prepares a command line such as "clamdscan --no-summary -". It is split at
// spaces and run without a shell. The program gets the file on standard input; exit
// status 0 says clean, 1 harmful, anything else that it could not tell. A program
// that is not there is Invalid.
func New(line string, limit time.Duration) (*Command, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Field: "--scan-command", What: "the command is empty", Expected: "a program, with its arguments"}
	}
	program, err := exec.LookPath(words[0])
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Field: "--scan-command", What: fmt.Sprintf("the program %q cannot be run", words[0]),
			Expected: "a program of this machine", Cause: err}
	}
	return &Command{program: program, args: words[1:], limit: limit}, nil
}

// mostSaid is how much of what the program says goes into an error, in bytes.
const mostSaid = 500

// Harmful runs the command on a file. An error says that it is not known whether
// the file is harmful: the program failed, or took longer than the limit.
func (c *Command) Harmful(ctx context.Context, file io.Reader) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	run := exec.CommandContext(ctx, c.program, c.args...)
	run.WaitDelay = time.Second // a child that keeps the output open does not hold us up
	said := &beginning{}
	run.Stdin, run.Stdout, run.Stderr = file, said, said
	err := run.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return false, fmt.Errorf("look for harmful content: %w", ctx.Err())
	case err == nil:
		return false, nil
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return true, nil
	}
	return false, fmt.Errorf("look for harmful content: %w: %s", err, bytes.TrimSpace(said.b))
}

// beginning keeps the first bytes of what is written.
type beginning struct{ b []byte }

func (w *beginning) Write(p []byte) (int, error) {
	w.b = append(w.b, p[:min(len(p), mostSaid-len(w.b))]...)
	return len(p), nil
}
