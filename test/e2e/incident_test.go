// Package e2e_test plays whole cases between real servers.
package e2e_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	wire "github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/filing"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/app/proving"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/blob"
	says "github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// speed is how much faster than the machine's the clocks of the servers run, so
// that another try comes within a second.
const speed = 20

// clockwork is the time of both servers: it runs, and the play moves it on.
type clockwork struct {
	began time.Time
	start time.Time
	ahead atomic.Int64
}

func (c *clockwork) now() time.Time {
	return c.start.Add(time.Since(c.began)*speed + time.Duration(c.ahead.Load()))
}

// until moves the time on to the instant, never back.
func (c *clockwork) until(at time.Time) {
	if d := at.Sub(c.now()); d > 0 {
		c.ahead.Add(int64(d))
	}
}

// house is a running server and the use cases on its data.
type house struct {
	t         *testing.T
	name      string
	store     *store.Store
	box       secret.Box
	knowledge assessing.Knowledge
	files     *blob.Dir
	folder    string
	address   string
}

func open(t *testing.T, name string, c clock.Clock) house {
	t.Helper()
	h := house{t: t, name: name, folder: t.TempDir()}
	cat, err := catalog.Load(content.FS)
	must(t, err)
	set, err := country.Load(content.FS)
	must(t, err)
	messages, err := locale.Load(content.FS, "messages")
	must(t, err)
	h.knowledge = assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "Nisaba"}
	storetest.Prepare(t, filepath.Join(h.folder, "nisaba.db"))
	s, err := server.Open(t.Context(), server.Config{Address: "127.0.0.1:0", Data: h.folder, Messages: messages, Clock: c, Poll: 20 * time.Millisecond,
		Knowledge: h.knowledge, Log: slog.New(slog.DiscardHandler), FilingLocal: true})
	must(t, err)
	web := httptest.NewServer(s.Handler())
	h.address = web.Listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	worked := make(chan error, 1)
	go func() { worked <- s.Work(ctx) }()
	h.box, err = secret.LoadKey(filepath.Join(h.folder, "key"))
	must(t, err)
	h.files, err = blob.Open(filepath.Join(h.folder, "files"))
	must(t, err)
	h.store, err = store.Open(t.Context(), filepath.Join(h.folder, "nisaba.db"), store.Options{Clock: c})
	must(t, err)
	t.Cleanup(func() {
		stop()
		web.Close()
		if err := <-worked; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		must(t, h.store.Close())
		must(t, s.Close())
	})
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// workspace makes a workspace and its owner.
func (h house) workspace(kind tenant.Kind, name string) string {
	h.t.Helper()
	w := id.New()
	must(h.t, h.store.Write(h.t.Context(), tenant.System("test").In(w, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		_, err := tx.PutWorkspace(tenant.Workspace{ID: w, Kind: kind, Name: name, Language: "en"})
		return err
	}))
	return w
}

// provider takes the managed service provider of the examples in.
func (h house) provider(a authz.Actor) string {
	h.t.Helper()
	text, err := examples.FS.ReadFile("managed-service-provider.yaml")
	must(h.t, err)
	f, err := organisation.Read("example", text)
	must(h.t, err)
	o, err := clients.New(h.store, h.knowledge, h.files).Import(h.t.Context(), a, tenant.Client, f)
	must(h.t, err)
	return o.ID
}

func (h house) actor(workspace, person string, r authz.Role) authz.Actor {
	return authz.NewActor(authz.Actor{Person: person, Name: person, Session: authz.Browser}, workspace,
		[]tenant.Membership{{Workspace: workspace, Role: r}}, h.store)
}

// office is one authority on the authorities' server.
type office struct {
	name, workspace, entity string
	clerk                   authz.Actor
}

// play is one case between an entity and three authorities.
type play struct {
	t          *testing.T
	time       *clockwork
	entity     house
	state      house
	proxy      *unruly
	cases      *incidents.Service
	ways       *filing.Service
	desk       *authority.Service
	anna, ben  authz.Actor
	home       string
	msp        string // the organisation
	offices    map[clocks.Regime]office
	incident   string
	duties     map[clocks.Regime]string
	transcript strings.Builder
}

// say prints one line of the transcript, in Vienna's time.
func (p *play) say(format string, args ...any) {
	zone, err := time.LoadLocation("Europe/Vienna")
	must(p.t, err)
	line := p.time.now().In(zone).Format("2006-01-02 15:04 MST") + "  " + fmt.Sprintf(format, args...)
	p.transcript.WriteString(line + "\n")
	p.t.Log(line)
}

// wait waits until the wires have carried what they should.
func (p *play) wait(what string, done func() bool) {
	p.t.Helper()
	limit := time.Now().Add(5 * time.Minute)
	for !done() {
		if time.Now().After(limit) {
			p.t.Fatalf("nothing came: %s", what)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// TestIncident plays ransomware at a managed service provider in the night in which
// the clocks of Vienna go from 02:00 to 03:00: reports under NIS2, GDPR and, for a
// bank among the customers, DORA, over a wire that loses, delays and doubles. In
// the end both sides hold the same bytes, everything once, and the ledgers of both
// prove every step.
func TestIncident(t *testing.T) {
	seeds := []uint64{1}
	if n, err := strconv.Atoi(os.Getenv("E2E_RUNS")); err == nil && n > 0 {
		seeds = nil
		for seed := range n {
			seeds = append(seeds, uint64(seed)+1)
		}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { run(t, seed) })
	}
}

func run(t *testing.T, seed uint64) {
	c := &clockwork{began: time.Now(), start: time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC)}
	p := &play{t: t, time: c, entity: open(t, "entity", clock.Func(c.now)),
		state:   open(t, "authorities", clock.Func(func() time.Time { return c.now().Add(70 * time.Second) })), // clocks are never the same
		offices: map[clocks.Regime]office{}, duties: map[clocks.Regime]string{}}
	p.proxy = newUnruly(t, p.state.address, seed)
	p.stage()
	p.register()
	p.night()
	p.exchange()
	p.end()
	p.compare()
	p.prove()
	p.proxy.mu.Lock()
	defer p.proxy.mu.Unlock()
	t.Logf("wire: %d requests, %d lost before and %d after they arrived, %d late, %d doubled", p.proxy.passed, p.proxy.lost, p.proxy.mute, p.proxy.late, p.proxy.twin)
	if p.proxy.lost+p.proxy.mute == 0 || p.proxy.twin == 0 {
		t.Error("the wire was too good to prove anything")
	}
}

// stage makes the entity and its people.
func (p *play) stage() {
	t, e := p.t, p.entity
	forms, err := reporting.Load(content.FS)
	must(t, err)
	p.home = e.workspace(tenant.Provider, "Lindental")
	p.anna, p.ben = e.actor(p.home, "anna", authz.Owner), e.actor(p.home, "ben", authz.Consultant)
	p.msp = e.provider(p.anna)
	p.cases = incidents.New(e.store, forms, e.knowledge.Countries)
	p.ways = filing.New(e.store, e.box, filing.Options{Local: true})
	p.desk = authority.New(p.state.store, p.state.box, authority.Options{})
}

// register makes three authorities and registers the entity's keys with each.
func (p *play) register() {
	t, ctx := p.t, p.t.Context()
	for regime, name := range map[clocks.Regime]string{clocks.NIS2: "CSIRT", clocks.GDPR: "Data protection authority", clocks.DORA: "Financial market authority"} {
		w := p.state.workspace(tenant.Authority, name)
		o := office{name: name, workspace: w, entity: id.New(), clerk: p.state.actor(w, "olga", authz.Owner)}
		must(t, p.state.store.Write(ctx, tenant.System("test").In(w, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
			_, err := tx.PutOrganisation(tenant.Organisation{ID: o.entity, Kind: tenant.Client, Name: "Lindental IT Services"})
			return err
		}))
		key, err := p.desk.PublicKey(ctx, o.clerk)
		must(t, err)
		code, err := p.desk.Invite(ctx, o.clerk, o.entity)
		must(t, err)
		way, err := p.ways.Connect(ctx, p.anna, p.msp, filing.Way{Authority: name, URL: p.proxy.url(), AuthorityKey: key})
		must(t, err)
		must(t, p.ways.Register(ctx, p.anna, p.msp, way.ID, code))
		p.offices[regime] = o
	}
	p.wait("registrations", func() bool {
		list, err := p.ways.Endpoints(ctx, p.anna, p.msp)
		must(t, err)
		for _, e := range list {
			if e.RegisteredAt.IsZero() {
				return false
			}
		}
		return len(list) == 3
	})
	p.say("keys are registered with three authorities")
}

// night is when it happens: awareness a quarter of an hour before the hour that
// does not exist.
func (p *play) night() {
	t, ctx := p.t, p.t.Context()
	p.time.until(time.Date(2026, 3, 29, 0, 50, 0, 0, time.UTC))
	i, err := p.cases.Intake(ctx, p.anna, p.msp, incidents.Notice{Title: "Servers of customers are encrypted", Text: "A ransom note is on the console of the backup server.",
		Kind: incident.Happened, Zone: "Europe/Vienna"})
	must(t, err)
	p.incident = i.ID
	p.say("%s opened: %s", i.Reference, i.Title)
	aware := time.Date(2026, 3, 29, 0, 45, 0, 0, time.UTC)
	must(t, p.cases.SetMoment(ctx, p.anna, p.msp, i.ID, incidents.AwareAt, incident.Moment{At: aware, Zone: "Europe/Vienna", Reason: "the engineer on call read the ransom note"}))
	must(t, p.cases.Decide(ctx, p.anna, p.msp, i.ID, true, "several customers cannot work"))
	for regime, o := range p.offices {
		d := incident.Obligation{Regime: regime, Country: "AT", Authority: o.name, Entity: "Lindental IT Services", Applies: "yes", Reason: "see the record"}
		if regime == clocks.DORA {
			d.Partner = "Bank am See"
		}
		made, err := p.cases.Oblige(ctx, p.anna, p.msp, i.ID, d)
		must(t, err)
		p.duties[regime] = made.ID
	}
	must(t, p.cases.SetInput(ctx, p.anna, p.msp, i.ID, p.duties[clocks.DORA], clocks.ClassifiedAt.String(), incident.Moment{At: aware.Add(4 * time.Minute), Zone: "Europe/Vienna", Reason: "the bank calls it major"}))
	k := p.clock(clocks.NIS2, clocks.EarlyWarning)
	if want := aware.Add(24 * time.Hour); !k.Strict.Equal(want) {
		t.Errorf("the early warning is due %v, want %v: 24 hours that pass, not that the wall shows", k.Strict, want)
	}
	p.say("aware at 01:45 CET, early warning due %s: 25 hours later on the wall", k.Strict.In(k.Strict.Location()).Format("2006-01-02 15:04 MST"))
}

func (p *play) clock(r clocks.Regime, s clocks.Stage) clocks.Clock {
	p.t.Helper()
	c, err := p.cases.Load(p.t.Context(), p.anna, p.msp, p.incident)
	must(p.t, err)
	for _, d := range c.Duties {
		if d.ID == p.duties[r] {
			if k, ok := d.Clock(s); ok {
				return k
			}
		}
	}
	p.t.Fatalf("no clock of %s %s", r, s)
	return clocks.Clock{}
}

// file writes a report, has it approved and sends it, and waits for its receipt.
func (p *play) file(r clocks.Regime, s clocks.Stage, corrects string) incident.Report {
	t, ctx := p.t, p.t.Context()
	t.Helper()
	report, err := p.cases.Begin(ctx, p.anna, p.msp, p.incident, p.duties[r], s, corrects)
	must(t, err)
	for {
		sheet, err := p.cases.Sheet(ctx, p.anna, p.msp, p.incident, report.ID)
		must(t, err)
		if len(sheet.Missing) == 0 {
			break
		}
		for _, f := range sheet.Missing { // what is not known in the night is said to be so
			must(t, p.cases.PutOwn(ctx, p.anna, p.msp, p.incident, report.ID, f.ID, reporting.Value{Unknown: true}, false))
		}
	}
	must(t, p.cases.Approve(ctx, p.ben, p.msp, p.incident, report.ID))
	must(t, p.cases.Submit(ctx, p.anna, p.msp, p.incident, report.ID, incidents.Sending{Channel: incidents.ChannelNisaba}))
	p.wait(string(r)+" "+string(s), func() bool {
		report, err = p.report(report.ID)
		must(t, err)
		return report.Status == incident.Acknowledged
	})
	p.say("%s %s: receipt %s, sha256 %s…", r, s, report.Reference, report.SHA256[:12])
	return report
}

func (p *play) report(id string) (r incident.Report, err error) {
	sheet, err := p.cases.Sheet(p.t.Context(), p.anna, p.msp, p.incident, id)
	return sheet.Report, err
}

// exchange reports the first stages, and the CSIRT asks back.
func (p *play) exchange() {
	t, ctx := p.t, p.t.Context()
	first := p.file(clocks.NIS2, clocks.EarlyWarning, "")
	p.file(clocks.DORA, clocks.InitialNotification, "")
	csirt := p.offices[clocks.NIS2]
	theirs := p.theirs(csirt)
	_, err := p.desk.Ask(ctx, csirt.clerk, theirs.ID, first.ID, "Which remote access did they come in by?", time.Time{})
	must(t, err)
	p.say("CSIRT asks: which remote access did they come in by?")
	question := p.heard(says.Question)
	_, err = p.ways.Answer(ctx, p.anna, p.msp, question, "By the VPN of a supplier, with a stolen account.")
	must(t, err)
	p.wait("the answer", func() bool { return len(p.said(csirt, says.Answer)) > 0 })
	p.say("answered: by the VPN of a supplier")
	p.time.until(time.Date(2026, 3, 29, 20, 0, 0, 0, time.UTC))
	p.file(clocks.NIS2, clocks.IncidentNotification, "")
	p.file(clocks.GDPR, clocks.BreachNotification, "")
	p.revise(csirt, first)
	due := p.time.now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	_, err = p.desk.RequestReport(ctx, csirt.clerk, theirs.ID, "Please report on the state of recovery.", due)
	must(t, err)
	p.say("CSIRT requests an intermediate report")
	p.heard(says.Request)
	if k := p.clock(clocks.NIS2, clocks.IntermediateReport); !k.Strict.Equal(due) {
		t.Errorf("the intermediate report is due %v, the CSIRT said %v", k.Strict, due)
	}
	_, err = p.desk.Refer(ctx, csirt.clerk, theirs.ID, "CSIRT-2026-0042")
	must(t, err)
	p.heard(says.Renamed)
	p.say("the case of the CSIRT is CSIRT-2026-0042")
	p.time.until(time.Date(2026, 3, 30, 9, 0, 0, 0, time.UTC))
	p.file(clocks.NIS2, clocks.IntermediateReport, "")
}

// revise sends a report back, mends it by another one, and settles the first.
func (p *play) revise(o office, first incident.Report) {
	t, ctx := p.t, p.t.Context()
	t.Helper()
	before := p.clock(clocks.NIS2, first.Stage)
	review := func(verdict, text string) {
		theirs := p.theirs(o)
		for _, r := range theirs.Reports {
			if r.Report == first.ID {
				must(t, p.desk.Review(ctx, o.clerk, theirs.ID, r.ID, verdict, text, time.Time{}))
			}
		}
	}
	review(says.Revise, "Say how many customers are affected.")
	p.say("CSIRT sends the early warning back: say how many customers are affected")
	back := p.heard(says.Revision)
	open := func() (about string, waits bool) {
		list, err := p.ways.Correspondence(ctx, p.anna, p.msp, p.incident)
		must(t, err)
		for _, m := range list {
			if m.ID == back {
				return m.About, m.Open()
			}
		}
		t.Fatal("the message is gone")
		return "", false
	}
	if about, waits := open(); about != first.ID || !waits {
		t.Errorf("sent back: %s, waits %t", about, waits)
	}
	same := func(when string) {
		if k := p.clock(clocks.NIS2, first.Stage); !k.Strict.Equal(before.Strict) || !k.Submitted.Equal(before.Submitted) || k.Status != before.Status {
			t.Errorf("the clock was %+v, and is %+v after %s", before, k, when)
		}
	}
	same("the report was sent back")
	if r, err := p.report(first.ID); err != nil || r.Status != incident.Acknowledged || r.SHA256 != first.SHA256 || r.Receipt != first.Receipt {
		t.Errorf("the report was changed: %+v, %v", r, err)
	}
	p.file(clocks.NIS2, first.Stage, first.ID)
	same("the corrected version")
	if _, waits := open(); waits {
		t.Error("a corrected version was sent, and the first one still waits for it")
	}
	review(says.Passed, "Thank you.")
	p.heard(says.Settled)
	p.say("CSIRT has what it asked for")
	c, err := p.cases.Load(ctx, p.anna, p.msp, p.incident)
	must(t, err)
	var lines []string
	for _, e := range c.Entries {
		if e.Kind == "revision" && e.Object == first.ID && e.ByName == o.name {
			lines = append(lines, e.Text+e.After)
		}
	}
	if len(lines) != 2 || lines[0] != "Say how many customers are affected." || lines[1] != "Thank you."+incident.RevisionSettled {
		t.Errorf("the record says %q", lines)
	}
}

// heard waits for a message of a kind at the entity.
func (p *play) heard(kind string) (message string) {
	t, ctx := p.t, p.t.Context()
	t.Helper()
	p.wait(kind, func() bool {
		must(t, p.ways.Fetch(ctx, p.anna, p.msp))
		list, err := p.ways.Correspondence(ctx, p.anna, p.msp, p.incident)
		must(t, err)
		for _, m := range list {
			if m.Kind == kind {
				message = m.ID
			}
		}
		return message != ""
	})
	return message
}

func (p *play) theirs(o office) authority.Case {
	p.t.Helper()
	list, err := p.desk.Cases(p.t.Context(), o.clerk, 10)
	must(p.t, err)
	if len(list) != 1 {
		p.t.Fatalf("%s has %d cases", o.name, len(list))
	}
	c, err := p.desk.Load(p.t.Context(), o.clerk, list[0].ID)
	must(p.t, err)
	return c
}

func (p *play) said(o office, kind string) (out []says.Message) {
	p.t.Helper()
	for _, m := range p.theirs(o).Messages {
		if m.Kind == kind {
			out = append(out, m)
		}
	}
	return out
}

// end handles the incident, and sends the final report.
func (p *play) end() {
	t, ctx := p.t, p.t.Context()
	p.time.until(time.Date(2026, 4, 10, 8, 0, 0, 0, time.UTC))
	must(t, p.cases.Triage(ctx, p.anna, p.msp, p.incident, incident.Happened, incident.Handled, "every customer works again"))
	must(t, p.cases.SetMoment(ctx, p.anna, p.msp, p.incident, incidents.HandledAt, incident.Moment{At: time.Date(2026, 4, 10, 7, 0, 0, 0, time.UTC), Zone: "Europe/Vienna", Reason: "the last restore was checked"}))
	p.file(clocks.NIS2, clocks.FinalReport, "")
	csirt := p.offices[clocks.NIS2]
	_, err := p.desk.Decide(ctx, csirt.clerk, p.theirs(csirt).ID, "The case is closed here. Thank you.")
	must(t, err)
	p.heard(says.Decision)
	p.say("CSIRT closes its case")
}

// compare checks that both sides hold the same, once.
func (p *play) compare() {
	t, ctx := p.t, p.t.Context()
	c, err := p.cases.Load(ctx, p.anna, p.msp, p.incident)
	must(t, err)
	ways, err := p.ways.Endpoints(ctx, p.anna, p.msp)
	must(t, err)
	all := 0
	for regime, o := range p.offices {
		theirs := p.theirs(o)
		kept := map[string]says.Report{}
		for _, r := range theirs.Reports {
			kept[r.Report] = r
		}
		sent := 0
		for _, d := range c.Duties {
			if d.ID != p.duties[regime] {
				continue
			}
			for _, r := range d.Reports {
				sent++
				other := kept[r.ID]
				sum := sha256.Sum256([]byte(other.Content))
				if !bytes.Equal(r.Content, []byte(other.Content)) || r.SHA256 != hex.EncodeToString(sum[:]) || other.SHA256 != r.SHA256 {
					t.Errorf("%s %s: the two sides hold different bytes", regime, r.Stage)
				}
				for _, w := range ways {
					if w.Authority != o.name {
						continue
					}
					key, err := wire.ParseKey(w.AuthorityKey)
					must(t, err)
					if receipt, err := wire.Unseal(r.Receipt, key); err != nil || receipt.SHA256 != r.SHA256 || receipt.Report != r.ID || r.Receipt != other.Receipt {
						t.Errorf("%s %s: receipt %+v, %v", regime, r.Stage, receipt, err)
					} else if made := receipt.ReceivedAt.Truncate(time.Millisecond); !r.MadeAt().Equal(made) || !other.ReceivedAt.Equal(made) || other.Late {
						t.Errorf("%s %s: made %v, at the authority %v (late: %t), receipt %v", regime, r.Stage, r.MadeAt(), other.ReceivedAt, other.Late, made)
					}
				}
			}
		}
		if sent != len(kept) || sent != len(theirs.Reports) || sent == 0 {
			t.Errorf("%s: %d reports were sent, the authority has %d", regime, sent, len(theirs.Reports))
		}
		all += sent
		p.once(o, theirs)
	}
	if all != 7 {
		t.Errorf("%d reports, want 7", all)
	}
	receipts := 0
	for _, e := range c.Entries {
		if e.Kind == "receipt" {
			receipts++
		}
	}
	if receipts != all {
		t.Errorf("%d reports and %d receipts in the record", all, receipts)
	}
	p.say("%d reports, the same bytes and hashes on both sides", all)
}

// once checks that each message arrived, and arrived once.
func (p *play) once(o office, theirs authority.Case) {
	t := p.t
	t.Helper()
	list, err := p.ways.Correspondence(t.Context(), p.anna, p.msp, p.incident)
	must(t, err)
	in, out := map[string]int{}, map[string]int{}
	for _, m := range list {
		if m.Number > 0 {
			in[m.Remote]++
		} else {
			out[m.ID]++
		}
	}
	for _, m := range theirs.Messages {
		switch {
		case m.Out() && m.Kind != says.Receipt && in[m.Remote+m.ID] != 1:
			t.Errorf("%s: message %d arrived %d times", o.name, m.Number, in[m.ID])
		case !m.Out() && out[m.Remote] != 1:
			t.Errorf("%s: an answer that nobody gave, or one twice", o.name)
		}
	}
	if o.name == "CSIRT" && (len(p.said(o, says.Answer)) != 1 || len(out) != 1) {
		t.Errorf("%d answers were given and %d arrived", len(out), len(p.said(o, says.Answer)))
	}
}

// prove checks the ledgers of both sides, and a proof of every report in them.
func (p *play) prove() {
	p.time.until(p.time.now().Add(time.Hour)) // a checkpoint is signed
	entity := p.entity.ledger()
	authorities := p.state.ledger()
	proofs := entity.entries(p.home, p.anna, "incident_report")
	for _, o := range p.offices {
		proofs += authorities.entries(o.workspace, o.clerk, "authority_report")
	}
	p.say("the ledgers of both sides are whole; %d entries about reports are proved", proofs)
}

type book struct {
	*proving.Service
	public string
	h      house
}

func (h house) ledger() book {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.folder, "ledger-key"))
	must(h.t, err)
	_, public, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	reports, err := h.store.VerifyAllLedgers(h.t.Context(), store.Trust{Keys: public})
	must(h.t, err)
	for _, r := range reports {
		if len(r.Faults) > 0 {
			h.t.Errorf("%s: the ledger has faults: %+v", h.name, r.Faults)
		}
	}
	return book{proving.New(h.store, public), public, h}
}

// entries proves every entry about objects of the kind.
func (b book) entries(workspace string, a authz.Actor, kind string) int {
	t := b.h.t
	t.Helper()
	list, err := b.Entries(t.Context(), a, proving.Filter{Kind: kind, Limit: 1000})
	must(t, err)
	for _, e := range list {
		proof, err := b.ProveEntry(t.Context(), a, e.Seq)
		must(t, err)
		if _, err := proof.Check(b.public); err != nil {
			t.Errorf("%s: entry %d of %s is not proved: %v", b.h.name, e.Seq, kind, err)
		}
	}
	if len(list) == 0 {
		t.Errorf("%s: no entry about %s", b.h.name, kind)
	}
	return len(list)
}
