package server_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/upkeep"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/internal/tsa/tsatest"
)

// TestTimestamps: checkpoints are signed by a time-stamping authority, also when it
// was down at first; the page shows it, the operator's check counts it, and openssl
// agrees with the files that are handed out.
func TestTimestamps(t *testing.T) {
	authority := tsatest.Start(t)
	authority.Down(true)
	c := config(t, clock.System{})
	c.Timestamps = server.TimestampConfig{URL: authority.URL, Roots: authority.Roots}
	site, stop := run(t, c)
	anna := browser(t)
	begin(t, anna, site)
	stop() // schedules begin with their server, a quarter of an hour later the next time
	next, hands := later(c)
	site, stop = run(t, next)
	passing := func(f func() bool) func() bool { // what is tried again is due at some time
		moved := time.Now()
		return func() bool {
			if time.Since(moved) > 250*time.Millisecond { // faster, a job that runs would seem lost after a minute of this clock
				hands.Move(10 * time.Second)
				moved = time.Now()
			}
			return f()
		}
	}
	until(t, "the authority is asked", passing(func() bool { return authority.Asked() > 0 }))
	authority.Down(false)
	page := func(path string) string {
		r, err := anna.Get(site + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", path, r.StatusCode, err)
		}
		return string(b)
	}
	link := regexp.MustCompile(`/ledger/stamp\.zip\?size=[0-9]+`)
	until(t, "the time stamp is on the page", passing(func() bool { return link.MatchString(page("/ledger/check")) }))
	text := page("/ledger/check")
	if !strings.Contains(text, "leads to CN=Test Root, valid until ") {
		t.Error("the page does not say where the certificate leads")
	}
	if !strings.Contains(text, "CN=Test Time Stamping") {
		t.Error("the page does not name the authority")
	}
	z := page(link.FindString(text))
	files, err := zip.NewReader(strings.NewReader(z), int64(len(z)))
	if err != nil || len(files.File) != 2 {
		t.Fatalf("the files: %v", err)
	}
	dir := t.TempDir()
	for _, f := range files.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := io.Copy(&b, r); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority.Roots, 0o600); err != nil {
		t.Fatal(err)
	}
	verify := exec.Command("openssl", "ts", "-verify", "-in", "checkpoint.tst", "-token_in", "-data", "checkpoint.txt", "-CAfile", "ca.pem")
	verify.Dir = dir
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("openssl: %v\n%s", err, out)
	}
	sound := withdrawn(t, filepath.Join(c.Data, "ledger-seals"))
	if text := page("/ledger/check"); !strings.Contains(text, "was signed, but there are") || !strings.Contains(text, "is gone") {
		t.Error("the page does not say that the ledger has less than what was signed")
	}
	stop()
	local, err := server.OpenLocal(t.Context(), server.Place{Data: c.Data, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	check := func(roots []byte) (chains map[upkeep.Chain]int, faults int) {
		chains = map[upkeep.Chain]int{}
		list, err := local.Upkeep.Verify(t.Context(), roots)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range list {
			for _, s := range l.Stamps {
				chains[s.Chain]++
			}
			faults += len(l.Faults)
		}
		return chains, faults
	}
	if _, faults := check(nil); faults < 2 {
		t.Errorf("%d faults in ledgers that have less than what was signed", faults)
	}
	sound()
	if chains, faults := check(nil); faults != 0 || chains[upkeep.ChainTrusted] == 0 || len(chains) != 1 {
		t.Errorf("with the roots that the server kept: %v, %d faults", chains, faults)
	}
	strange := tsatest.NewCA(t, "Strange", time.Now(), time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0))
	if chains, faults := check(strange.Roots); chains[upkeep.ChainBroken] != faults || faults == 0 || len(chains) != 1 {
		t.Errorf("with other roots: %v, %d faults", chains, faults)
	}
	if _, err := local.Upkeep.Verify(t.Context(), []byte("no certificate")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a certificate in the file: %v", err)
	}
}

// withdrawn makes the file say that more was signed than the ledgers of the database
// have: as if somebody had cut them off there. sound puts the file back.
func withdrawn(t *testing.T, file string) (sound func()) {
	t.Helper()
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var seals map[string]map[string]any
	if err := json.Unmarshal(before, &seals); err != nil || len(seals) < 2 {
		t.Fatalf("the file of seals: %v\n%s", err, before)
	}
	for _, k := range seals {
		k["entries"] = k["entries"].(float64) + 1000
	}
	after, err := json.Marshal(seals)
	if err != nil {
		t.Fatal(err)
	}
	put := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(after)
	return func() { t.Helper(); put(before) }
}

// later is the same server half an hour later, with its clock.
func later(c server.Config) (server.Config, *clock.Fixed) {
	at := clock.At(time.Now().Add(30 * time.Minute))
	c.Clock = at
	return c, at
}
