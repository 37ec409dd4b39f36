package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// The environment variable that turns the test program into a writer.
const writerOf = "NISABA_TEST_WRITER"

// runWriter is the child of TestKilled: it writes until it is killed, and prints
// the name of each transaction once the store acknowledged it.
func runWriter(spec string) error {
	var w world
	var path, round string
	if _, err := fmt.Sscan(spec, &path, &w.workspace, &w.organisation, &round); err != nil {
		return err
	}
	s, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		name := fmt.Sprintf("r%s-%d", round, i)
		err := s.Write(context.Background(), system().In(w.workspace, ""), by, func(tx *store.Tx) error {
			for part := range 3 { // one transaction, three rows: all or nothing
				if _, err := tx.PutAnswer(answer(w, fmt.Sprintf("%s.%d", name, part), "yes", 0)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Println("kept", name)
	}
}

// TestKilled kills a process fifty times in the middle of writes. Nothing that was
// acknowledged may be lost, no transaction may be there in part, and the ledger
// must verify.
func TestKilled(t *testing.T) {
	path := t.TempDir() + "/nisaba.db"
	s, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := makeWorld(t, s, "acme")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{}
	const kills = 50
	for round := range kills {
		for _, name := range writeUntilKilled(t, path, w, round) {
			kept[name] = true
		}
	}
	if len(kept) < kills {
		t.Fatalf("only %d transactions in %d rounds: the test proves nothing", len(kept), kills)
	}
	s, err = store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found := answersByTransaction(t, s, w)
	for name := range kept {
		if found[name] != 3 {
			t.Errorf("%s was acknowledged, and %d of 3 answers are there", name, found[name])
		}
	}
	total := 0
	for name, n := range found {
		if total += n; n != 3 {
			t.Errorf("%s: %d of 3 answers", name, n)
		}
	}
	if r := verified(t, s, w.scope, ""); len(r.Faults) != 0 || r.Size != int64(total)+3 {
		t.Errorf("ledger of %d entries for %d answers: %v", r.Size, total, r.Faults)
	}
	t.Logf("%d kills, %d transactions acknowledged, %d kept", kills, len(kept), len(found))
}

func answersByTransaction(t *testing.T, s *store.Store, w world) map[string]int {
	t.Helper()
	found := map[string]int{}
	read(t, s, tenant.System("test").In(w.workspace, ""), func(tx *store.Tx) error {
		all, err := tx.Answers(w.organisation)
		for _, a := range all {
			name, _, _ := strings.Cut(a.Question, ".")
			found[name]++
		}
		return err
	})
	return found
}

// writeUntilKilled returns what the writer said was kept before it was killed, at
// another moment each round.
func writeUntilKilled(t *testing.T, path string, w world, round int) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s %d", writerOf, path, w.workspace, w.organisation, round))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var kept []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		switch word, name, _ := strings.Cut(lines.Text(), " "); word {
		case "kept":
			if kept = append(kept, name); len(kept) > 1 {
				break
			}
			time.AfterFunc(time.Duration(7*round%60)*time.Millisecond, func() {
				_ = cmd.Process.Kill() // SIGKILL; it fails only when the writer ended by itself, which is seen below
			})
		default:
			t.Errorf("the writer said %q", lines.Text())
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the writer was not killed: %v", err)
	}
	return kept
}
