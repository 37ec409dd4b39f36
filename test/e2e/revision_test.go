package e2e_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	wire "github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/filing"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	says "github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	way "github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// peer is an authority's server that is not Nisaba: it signs what it is told to say,
// in any order and as often as it is asked.
type peer struct {
	key ed25519.PrivateKey
	now func() time.Time

	mu    sync.Mutex
	pages [][]wire.Note // what it answers to the next requests for messages; the last one stays
	asked []int64
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var reply any
	switch r.URL.Path {
	case wire.KeysPath:
		reply = wire.Registered{Authority: "Peer", Entity: "Lindental"}
	case wire.MessagesPath:
		reply = wire.Notes{Notes: p.page(r.URL.Query().Get("after"))}
	default:
		http.NotFound(w, r)
		return
	}
	out, err := json.Marshal(reply)
	if err != nil {
		return
	}
	m := &wire.Message{Status: http.StatusOK, Header: w.Header(), Body: out, Request: wire.RequestMessage(r, body)}
	if err := wire.Sign(m, p.key, p.now()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(out) // the entity asks again when it did not get it
}

func (p *peer) page(after string) []wire.Note {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := strconv.ParseInt(after, 10, 64)
	if err != nil {
		return nil
	}
	p.asked = append(p.asked, n)
	page := p.pages[0]
	if len(p.pages) > 1 {
		p.pages = p.pages[1:]
	}
	return page
}

// answers sets what the next requests are answered with, and returns the number of
// requests until then.
func (p *peer) answers(pages ...[]wire.Note) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages, p.asked = pages, nil
}

func (p *peer) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

// TestSentBackByAnyPeer: a report is sent back by the words of the protocol alone.
// Pages that come twice, late, with holes, or about reports of others change nothing
// twice and nothing that is not theirs; a question of an older server is a question.
func TestSentBackByAnyPeer(t *testing.T) {
	c := &clockwork{began: time.Now(), start: time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)}
	e := open(t, "entity", clock.Func(c.now))
	public, private, err := ed25519.GenerateKey(nil)
	must(t, err)
	other := &peer{key: private, now: c.now, pages: [][]wire.Note{nil}}
	web := httptest.NewServer(other)
	defer web.Close()

	ctx, anna := t.Context(), e.actor(e.workspace(tenant.Provider, "Lindental"), "anna", authz.Owner)
	msp := e.provider(anna)
	forms, err := reporting.Load(content.FS)
	must(t, err)
	cases, ways := incidents.New(e.store, forms, e.knowledge.Countries), filing.New(e.store, e.box, filing.Options{Local: true})
	peers, err := ways.Connect(ctx, anna, msp, filing.Way{Authority: "Peer", URL: web.URL, AuthorityKey: wire.EncodeKey(public)})
	must(t, err)
	must(t, ways.Register(ctx, anna, msp, peers.ID, "code"))
	endpoint := func() (cursor int64, registered bool) {
		list, err := ways.Endpoints(ctx, anna, msp)
		must(t, err)
		return list[0].Cursor, !list[0].RegisteredAt.IsZero()
	}
	until := func(what string, done func() bool) {
		t.Helper()
		for limit := time.Now().Add(5 * time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("never: %s", what)
			}
		}
	}
	until("registered", func() bool { _, ok := endpoint(); return ok })

	i, err := cases.Intake(ctx, anna, msp, incidents.Notice{Title: "Files are encrypted", Kind: incident.Happened, Zone: "UTC"})
	must(t, err)
	must(t, cases.SetMoment(ctx, anna, msp, i.ID, incidents.AwareAt, incident.Moment{At: c.now().Add(-time.Minute), Zone: "UTC", Reason: "seen"}))
	must(t, cases.Decide(ctx, anna, msp, i.ID, true, "all stands still"))
	sent := func(authority string) string {
		o, err := cases.Oblige(ctx, anna, msp, i.ID, incident.Obligation{Regime: clocks.NIS2, Country: "AT", Authority: authority, Entity: "Lindental", Applies: "yes", Reason: "see there"})
		must(t, err)
		r, err := cases.Begin(ctx, anna, msp, i.ID, o.ID, clocks.EarlyWarning, "")
		must(t, err)
		for {
			sheet, err := cases.Sheet(ctx, anna, msp, i.ID, r.ID)
			must(t, err)
			if len(sheet.Missing) == 0 {
				break
			}
			for _, f := range sheet.Missing {
				must(t, cases.PutOwn(ctx, anna, msp, i.ID, r.ID, f.ID, reporting.Value{Unknown: true}, false))
			}
		}
		must(t, cases.Submit(ctx, anna, msp, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelPortal, Bypass: "nobody else is awake"}))
		return r.ID
	}
	mine, elsewhere := sent("Peer"), sent("Another authority")

	note := func(n int64, kind, about, text string) wire.Note {
		return wire.Note{Number: n, ID: fmt.Sprint("note-", n), Kind: kind, Case: i.ID, Regime: "nis2", About: about, Text: text, At: c.now()}
	}
	first := []wire.Note{note(1, says.Question, mine, "Which server?"), note(2, says.Revision, mine, "Say which server.")}
	rest := []wire.Note{note(3, says.Revision, elsewhere, "Not ours to send back."), note(4, says.Settled, "no such report", "Thank you."),
		note(5, "poem", mine, "Roses are red."), {Number: 6, ID: "note-6", Kind: says.Revision, Case: "no such case", Regime: "nis2", About: mine, Text: "lost"}}
	fetch := func(what string, pages ...[]wire.Note) {
		t.Helper()
		other.answers(pages...)
		until(what, func() bool {
			must(t, ways.Fetch(ctx, anna, msp))
			return other.requests() > len(pages)
		})
	}
	fetch("a page with a hole", rest, nil)
	if at, _ := endpoint(); at != 0 {
		t.Fatalf("messages from number 3 on were taken without those before: %d", at)
	}
	all := append(append([]wire.Note{}, first...), rest...)
	fetch("all, doubled and replayed", first, first, all, first, all, nil)
	if at, _ := endpoint(); at != 6 {
		t.Fatalf("the last message that was taken is %d", at)
	}
	list, err := ways.Correspondence(ctx, anna, msp, i.ID)
	must(t, err)
	want := []struct {
		kind string
		open bool
	}{{says.Question, true}, {says.Revision, true}, {says.Revision, true}, {says.Settled, false}, {"poem", false}}
	if len(list) != len(want) {
		t.Fatalf("%d messages: %+v", len(list), list)
	}
	for n, w := range want {
		if list[n].Kind != w.kind || list[n].Open() != w.open || list[n].Authority != "Peer" {
			t.Errorf("message %d: %+v", n+1, list[n])
		}
	}
	found, err := cases.Load(ctx, anna, msp, i.ID)
	must(t, err)
	lines := map[string]int{}
	for _, x := range found.Entries {
		if x.ByName == "Peer" {
			lines[x.Kind+" "+x.Object]++
		}
	}
	if len(lines) != 5 || lines["revision "+mine] != 1 || lines["revision "+elsewhere] != 0 {
		t.Errorf("the record says %v", lines)
	}
	for _, d := range found.Duties {
		for _, r := range d.Reports {
			if r.Status != incident.Submitted {
				t.Errorf("report %s is %s", r.ID, r.Status)
			}
		}
	}
	// A corrected version is what the authority asked for; so is its word that none is needed.
	r, err := cases.Begin(ctx, anna, msp, i.ID, found.Duties[0].ID, clocks.EarlyWarning, mine)
	must(t, err)
	must(t, cases.Submit(ctx, anna, msp, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelPortal, Bypass: "nobody else is awake"}))
	open := func() bool {
		list, err := ways.Correspondence(ctx, anna, msp, i.ID)
		must(t, err)
		for _, m := range list {
			if m.Kind == says.Revision && m.About != elsewhere && m.Open() {
				return true
			}
		}
		return false
	}
	if open() {
		t.Error("the corrected version was sent, and the authority still waits")
	}
	reminders := func() (stages map[clocks.Stage]int) {
		stages = map[clocks.Stage]int{}
		must(t, e.store.Read(ctx, tenant.System("test").In(anna.WorkspaceID(), ""), func(tx *store.Tx) error {
			list, err := tx.Alarms(msp)
			for _, a := range list {
				if _, asked := way.Reminded(a.Obligation); asked && a.SentAt.IsZero() {
					stages[a.Stage]++
				}
			}
			return err
		}))
		return stages
	}
	again, question := note(7, says.Revision, r.ID, "Now the address is wrong."), note(8, says.Question, r.ID, "Whose address is it?")
	again.DueAt, question.DueAt = c.now().Add(72*time.Hour), c.now().Add(24*time.Hour)
	fetch("sent back again", []wire.Note{again, question}, nil)
	if !open() {
		t.Error("the corrected version was sent back too, and nothing waits")
	}
	if got := reminders(); got[way.RevisionStage] != 5 || got[way.QuestionStage] != 5 {
		t.Errorf("the reminders of what is wanted by a time: %v", got)
	}
	list, err = ways.Correspondence(ctx, anna, msp, i.ID)
	must(t, err)
	for _, m := range list {
		if m.Number == 7 || m.Number == 8 {
			_, err := ways.Answer(ctx, anna, msp, m.ID, "It is ours.")
			must(t, err)
		}
	}
	if got := reminders(); !open() || got[way.RevisionStage] != 5 || got[way.QuestionStage] != 0 {
		t.Errorf("words answer a question, but mend no report: waits %t, %v", open(), got)
	}
	fetch("settled", []wire.Note{note(9, says.Settled, r.ID, "")}, nil)
	if got := reminders(); open() || len(got) != 0 {
		t.Errorf("the authority settled it, and still waits: %v", got)
	}
	// Another key: the authority tells all again, and nothing is done or shown twice.
	state := func() (said []string, lines int) {
		list, err := ways.Correspondence(ctx, anna, msp, i.ID)
		must(t, err)
		for _, m := range list {
			said = append(said, fmt.Sprint(m.Authority, m.Number, m.Kind, m.Done))
		}
		found, err := cases.Load(ctx, anna, msp, i.ID)
		must(t, err)
		return said, len(found.Entries)
	}
	before, had := state()
	must(t, ways.Disconnect(ctx, anna, msp, peers.ID))
	peers, err = ways.Connect(ctx, anna, msp, filing.Way{Authority: "Peer", URL: web.URL, AuthorityKey: wire.EncodeKey(public)})
	must(t, err)
	other.answers(append(slices.Clone(all), again, question, note(9, says.Settled, r.ID, "")), nil)
	must(t, ways.Register(ctx, anna, msp, peers.ID, "code"))
	until("registered again", func() bool { _, ok := endpoint(); return ok })
	until("fetched again", func() bool {
		must(t, ways.Fetch(ctx, anna, msp))
		at, _ := endpoint()
		return at == 9
	})
	after, has := state()
	if !slices.Equal(before, after) || had != has {
		t.Errorf("after another key: %d lines and %v, before %d and %v", has, after, had, before)
	}
}
