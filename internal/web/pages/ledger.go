package pages

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/proving"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func (s *Site) ledgerRoutes(add adder) {
	add(Workspace, "GET /ledger", s.ledger)
	add(Workspace, "GET /ledger/check", s.ledgerCheck)
	add(Workspace, "GET /ledger/export.csv", s.ledgerCSV)
	add(Workspace, "GET /ledger/export.jsonl", s.ledgerLines)
	add(Workspace, "GET /ledger/growth.json", s.growthProof)
	add(Workspace, "GET /ledger/stamp.zip", s.stampFile)
	add(Workspace, "GET /ledger/{entry}", s.entry)
	add(Workspace, "GET /ledger/{entry}/proof.json", s.entryProof)
	add(Client, "POST "+client+"/restore", s.restore)
}

// entriesPerPage of the ledger.
const entriesPerPage = 50

// ledgerFilter reads the filter from the address. Nonsense selects everything.
func ledgerFilter(r *http.Request) proving.Filter {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64)
	f := proving.Filter{Person: r.FormValue("person"), Kind: r.FormValue("kind"), Object: r.FormValue("object"),
		Organisation: r.FormValue("organisation"), Text: r.FormValue("q"), Before: max(before, 0), Limit: entriesPerPage}
	if d, err := law.ParseDate(r.FormValue("since")); err == nil {
		f.Since = d.At(time.UTC)
	}
	if d, err := law.ParseDate(r.FormValue("until")); err == nil {
		f.Until = d.AddDays(1).At(time.UTC) // the day itself belongs to it
	}
	return f
}

// ledgerQuery is the filter as the address has it, with another page.
func ledgerQuery(r *http.Request, before int64) string {
	q := url.Values{}
	for _, name := range []string{"q", "person", "kind", "object", "organisation", "since", "until"} {
		if v := r.FormValue(name); v != "" {
			q.Set(name, v)
		}
	}
	if before > 0 {
		q.Set("before", strconv.FormatInt(before, 10))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// ledgerView is what the page of the ledger shows.
type ledgerView struct {
	entries  []ledger.Entry
	people   []ui.Option
	kinds    []ui.Option
	clients  []ui.Option
	standing proving.Standing
	words    ledgerWords
}

func (s *Site) ledger(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), visitOf(r).Actor
	var v ledgerView
	var err error
	if v.entries, err = s.proving.Entries(ctx, a, ledgerFilter(r)); err != nil {
		return err
	}
	if v.standing, err = s.proving.Standing(ctx, a); err != nil {
		return err
	}
	people, err := s.proving.People(ctx, a)
	if err != nil {
		return err
	}
	organisations, err := s.clients.Portfolio(ctx, a)
	if err != nil {
		return err
	}
	all := ui.Option{Label: ui.T(ctx, "ledger.all")}
	v.people, v.kinds, v.clients = []ui.Option{all}, []ui.Option{all}, []ui.Option{all}
	v.words = ledgerWords{catalogue: s.clients.Catalogue().In(s.language(r)), people: map[string]string{}, organisations: map[string]string{}}
	for _, p := range people {
		v.words.people[p.ID] = p.Name
		v.people = append(v.people, ui.Option{Value: p.ID, Label: p.Name, Selected: r.FormValue("person") == p.ID})
	}
	for _, k := range ledgerKinds(ctx) {
		v.kinds = append(v.kinds, ui.Option{Value: k, Label: kindName(ctx, k), Selected: r.FormValue("kind") == k})
	}
	for _, o := range organisations {
		v.words.organisations[o.Organisation.ID] = o.Organisation.Name
		v.clients = append(v.clients, ui.Option{Value: o.Organisation.ID, Label: o.Organisation.Name, Selected: r.FormValue("organisation") == o.Organisation.ID})
	}
	p := s.frame(r, ui.T(ctx, "pages.ledger.title"), ui.T(ctx, "pages.ledger.lead"))
	if _, err := visitOf(r).Actor.Workspace(authz.LedgerRead); err == nil {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(ctx, "ledger.check"), URL: "/ledger/check", Icon: ui.IconCheck, Kind: ui.Primary})
	}
	p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(ctx, "ledger.csv"), URL: "/ledger/export.csv" + ledgerQuery(r, 0), Icon: ui.IconDownload},
		ui.ButtonProps{Text: ui.T(ctx, "ledger.jsonl"), URL: "/ledger/export.jsonl" + ledgerQuery(r, 0), Icon: ui.IconDownload})
	return ui.Render(w, r, http.StatusOK, ledgerPage(r, p, v))
}

func (s *Site) ledgerCheck(w http.ResponseWriter, r *http.Request) error {
	report, err := s.proving.Verify(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	standing, err := s.proving.Standing(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "ledger.check.title"), ui.T(r.Context(), "ledger.check.lead"))
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.ledger.title"), URL: "/ledger"}}
	return ui.Render(w, r, http.StatusOK, ledgerCheckPage(p, report, standing, s.proving.PublicKeys()))
}

// ledgerCSV writes the selected entries for spreadsheets.
func (s *Site) ledgerCSV(w http.ResponseWriter, r *http.Request) error {
	rows := [][]string{}
	err := s.proving.Export(r.Context(), visitOf(r).Actor, ledgerFilter(r), func(e ledger.Entry) error {
		rows = append(rows, []string{strconv.FormatInt(e.Seq, 10), e.At.Format(time.RFC3339Nano), e.Actor, e.ActorName, e.From, e.Organisation,
			e.Action, e.Kind, e.Object, string(e.Before), string(e.After), e.Reason})
		return nil
	})
	if err != nil {
		return err
	}
	attach(w, "ledger.csv", "text/csv; charset=utf-8")
	return delimited.Write(w, []string{"entry", "at", "person", "name", "from", "organisation", "action", "kind", "object", "before", "after", "reason"}, rows)
}

// attach makes an answer that browsers save.
func attach(w http.ResponseWriter, name, mediaType string) {
	guard.Download(w, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Type", mediaType)
}

func (s *Site) ledgerLines(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.proving.Standing(r.Context(), visitOf(r).Actor); err != nil { // before the answer begins
		return err
	}
	attach(w, "ledger.jsonl", "application/jsonl")
	return s.proving.ExportLines(r.Context(), visitOf(r).Actor, ledgerFilter(r), w)
}

// entryNumber is the entry of the address.
func entryNumber(r *http.Request) (int64, error) {
	seq, err := strconv.ParseInt(r.PathValue("entry"), 10, 64)
	if err != nil || seq < 0 {
		return 0, &fault.Error{Kind: fault.NotFound, What: "there is no such entry of the ledger"}
	}
	return seq, nil
}

// entryView is what the page of one entry shows.
type entryView struct {
	entry   ledger.Entry
	proof   ledger.Proof
	verdict ledger.Verdict
	wrong   error // why the proof does not hold; nil: it holds
	keys    string
}

func (s *Site) entry(w http.ResponseWriter, r *http.Request) error {
	seq, err := entryNumber(r)
	if err != nil {
		return err
	}
	ctx, a := r.Context(), visitOf(r).Actor
	v := entryView{keys: s.proving.PublicKeys()}
	if v.entry, err = s.proving.Entry(ctx, a, seq); err != nil {
		return err
	}
	if v.proof, err = s.proving.ProveEntry(ctx, a, seq); err != nil {
		return err
	}
	v.verdict, v.wrong = v.proof.Check(v.keys)
	p := s.frame(r, ui.T(ctx, "ledger.entry.title", "number", v.entry.Seq), "")
	p.Crumbs = []ui.Link{{Text: ui.T(ctx, "pages.ledger.title"), URL: "/ledger"}}
	if r.URL.Query().Has("holds") {
		p.Flashes = []ui.Flash{{Tone: ui.Info, Text: ui.T(ctx, "ledger.entry.holds")}}
	}
	return ui.Render(w, r, http.StatusOK, entryPage(r, p, v))
}

func (s *Site) entryProof(w http.ResponseWriter, r *http.Request) error {
	seq, err := entryNumber(r)
	if err != nil {
		return err
	}
	p, err := s.proving.ProveEntry(r.Context(), visitOf(r).Actor, seq)
	if err != nil {
		return err
	}
	return sendProof(w, "proof-"+strconv.FormatInt(seq, 10)+".json", p)
}

func (s *Site) growthProof(w http.ResponseWriter, r *http.Request) error {
	earlier, err1 := strconv.ParseInt(r.FormValue("earlier"), 10, 64)
	later, err2 := strconv.ParseInt(r.FormValue("later"), 10, 64)
	if err1 != nil || err2 != nil {
		return &fault.Error{Kind: fault.Invalid, Field: "earlier", What: "two sizes of the ledger are missing", Expected: "a link of the page of checkpoints"}
	}
	p, err := s.proving.ProveGrowth(r.Context(), visitOf(r).Actor, earlier, later)
	if err != nil {
		return err
	}
	return sendProof(w, "growth-"+strconv.FormatInt(earlier, 10)+"-"+strconv.FormatInt(later, 10)+".json", p)
}

func sendProof(w http.ResponseWriter, name string, p ledger.Proof) error {
	attach(w, name, "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(p)
}

// restore gives an object the value that it had after an entry.
func (s *Site) restore(w http.ResponseWriter, r *http.Request) error {
	seq, err := strconv.ParseInt(r.PostFormValue("entry"), 10, 64)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Field: "entry", What: "no change is named", Expected: "the button of an entry"}
	}
	err = s.clients.Restore(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), seq)
	if errors.Is(err, clients.ErrHolds) {
		return guard.Redirect(w, r, entryURL(seq)+"?holds=yes")
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "history"))
}

// stampFile hands out a checkpoint and its time stamp, so that anybody can check
// them: openssl ts -verify -in checkpoint.tst -token_in -data checkpoint.txt.
func (s *Site) stampFile(w http.ResponseWriter, r *http.Request) error {
	size, err := strconv.ParseInt(r.FormValue("size"), 10, 64)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Field: "size", What: "the size of the ledger is missing", Expected: "a link of the page of checkpoints"}
	}
	standing, err := s.proving.Standing(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(standing.Checkpoints, func(c proving.Checkpoint) bool { return c.Size == size && len(c.Stamp) > 0 })
	if i < 0 {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such time stamp"}
	}
	c := standing.Checkpoints[i]
	attach(w, "checkpoint-"+strconv.FormatInt(size, 10)+".zip", "application/zip")
	z := zip.NewWriter(w)
	for _, f := range []struct {
		name    string
		content []byte
	}{{"checkpoint.txt", []byte(c.Note)}, {"checkpoint.tst", c.Stamp}} {
		out, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store, Modified: c.StampedAt})
		if err != nil {
			return fmt.Errorf("write the time stamp: %w", err)
		}
		if _, err := out.Write(f.content); err != nil {
			return fmt.Errorf("write the time stamp: %w", err)
		}
	}
	return z.Close()
}
