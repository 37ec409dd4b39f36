package incidents_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
)

// looking finds the word EICAR harmful, and cannot tell of the word riddle before it is
// told the answer.
type looking struct{ solved bool }

func (l *looking) Harmful(_ context.Context, file io.Reader) (bool, error) {
	b, err := io.ReadAll(file)
	if err == nil && !l.solved && bytes.Contains(b, []byte("riddle")) {
		err = errors.New("the scanner has no answer")
	}
	return bytes.Contains(b, []byte("EICAR")), err
}

// TestScannedEvidence: evidence that is taken by hand is looked at. Of a harmful file
// only name and hash are kept; one that cannot be judged is looked at again before it is
// handed out, also to those who only read.
func TestScannedEvidence(t *testing.T) {
	d, ctx, scanner := openReal(t), t.Context(), &looking{}
	d.WithScanner(scanner).WithBinders(messages(t), nil)
	anna, reader := d.actor("anna", authz.Editor), d.actor("rosa", authz.Auditor)
	i := d.started(t, anna, "Malware")
	take := func(name, content string) incident.Exhibit {
		t.Helper()
		x, err := d.TakeEvidence(ctx, anna, d.organisation, i.ID, incidents.Exhibit{File: name, Body: strings.NewReader(content), Taken: incident.Custody{Who: "Anna", Where: "safe 12"}})
		must(t, err)
		return x
	}
	read := func(x incident.Exhibit) (string, error) {
		t.Helper()
		_, r, err := d.Evidence(ctx, reader, d.organisation, i.ID, x.ID)
		if err != nil {
			return "", err
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		must(t, err)
		return string(b), nil
	}
	clean, bad, unknown, trap := take("log.txt", "log"), take("sample.exe", "EICAR"), take("disk.img", "riddle"), take("trap.img", "riddle EICAR")
	if clean.Scan != assessment.ScanClean || bad.Scan != assessment.ScanHarmful || bad.File != "" || len(bad.SHA256) != 64 || unknown.Scan != assessment.ScanPending {
		t.Errorf("%+v\n%+v\n%+v", clean, bad, unknown)
	}
	if got, err := read(clean); got != "log" || err != nil {
		t.Errorf("a clean file: %q, %v", got, err)
	}
	if _, err := read(bad); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a harmful file: %v", err)
	}
	if _, err := read(unknown); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a file of which nobody can tell: %v", err)
	}
	c, err := d.Load(ctx, reader, d.organisation, i.ID)
	must(t, err)
	said := ""
	for _, e := range c.Entries {
		said += e.Text + "\n"
	}
	for _, want := range []string{"sample.exe (eine Prüfung fand etwas Schädliches", "disk.img (die Prüfung auf Schädliches gab keine Antwort)", "log.txt\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("the record does not say %q:\n%s", want, said)
		}
	}
	scanner.solved = true
	if got, err := read(unknown); got != "riddle" || err != nil {
		t.Errorf("once the scanner can tell: %q, %v", got, err)
	}
	if _, err := read(trap); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("once the scanner finds something: %v", err)
	}
	if _, err := read(trap); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a file that is kept no more: %v", err)
	}
	h, err := d.Handle(ctx, reader, d.organisation, i.ID, incidents.IndicatorPage{})
	must(t, err)
	got := map[string]assessment.Scan{}
	for _, x := range h.Exhibits {
		got[x.Name] = x.Scan
		if len(x.SHA256) != 64 || len(x.Custody) != 1 {
			t.Errorf("%+v", x)
		}
	}
	if got["disk.img"] != assessment.ScanClean || got["trap.img"] != assessment.ScanHarmful {
		t.Errorf("%v", got)
	}
	if _, err := d.ReadList(ctx, anna, d.organisation, i.ID, "list.txt", "", strings.NewReader("198.51.100.7\nEICAR")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a harmful list: %v", err)
	}
	if list, err := d.ReadList(ctx, anna, d.organisation, i.ID, "list.txt", "", strings.NewReader("198.51.100.7\n")); err != nil || list.Good != 1 {
		t.Errorf("a clean list: %+v, %v", list, err)
	}
}
