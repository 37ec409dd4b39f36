package viruscheck_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/viruscheck"
)

// script is a program of the machine that plays the scanner.
func script(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scanner")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

func command(t *testing.T, line string, limit time.Duration) *viruscheck.Command {
	t.Helper()
	c, err := viruscheck.New(line, limit)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHarmful(t *testing.T) {
	scanner := command(t, script(t, "[ \"$1\" = -x ] || exit 9\ngrep -q EICAR && exit 1\nexit 0\n")+" -x", time.Minute)
	for text, want := range map[string]bool{"a policy": false, "": false, "X5O!P%@AP EICAR": true} {
		if got, err := scanner.Harmful(context.Background(), strings.NewReader(text)); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// TestEarlyEnd: a scanner may decide before it has read everything.
func TestEarlyEnd(t *testing.T) {
	large := strings.Repeat("x", 8<<20)
	if harmful, err := command(t, script(t, "exit 1\n"), time.Minute).Harmful(context.Background(), strings.NewReader(large)); err != nil || !harmful {
		t.Errorf("%v, %v", harmful, err)
	}
}

func TestNotKnown(t *testing.T) {
	_, err := command(t, script(t, "echo the database is missing >&2\nexit 2\n"), time.Minute).Harmful(context.Background(), strings.NewReader("x"))
	if err == nil || !strings.Contains(err.Error(), "the database is missing") {
		t.Errorf("exit 2: %v", err)
	}
	if _, err := command(t, script(t, "kill -9 $$\n"), time.Minute).Harmful(context.Background(), strings.NewReader("x")); err == nil {
		t.Error("a killed scanner was believed")
	}
	_, err = command(t, script(t, "sleep 60\n"), 50*time.Millisecond).Harmful(context.Background(), strings.NewReader("x"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a slow scanner: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, line := range []string{"", "  ", "/no/such/program -", "no-such-program-anywhere"} {
		if _, err := viruscheck.New(line, time.Minute); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", line, err)
		}
	}
}
