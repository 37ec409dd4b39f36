package authority_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/filing"
	app "github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

var kit storetest.Kit

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }

// office is an authority with one registered entity.
type office struct {
	*app.Service
	bench                   *storetest.Bench
	workspace, organisation string
	key                     ed25519.PrivateKey // of the entity
	public                  ed25519.PublicKey  // of the authority
}

func fresh(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(nil)
	must(t, err)
	return k
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func service(t testing.TB, b *storetest.Bench) *app.Service {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	return app.New(b.Store, box, app.Options{Forms: forms(t)})
}

func open(t testing.TB, b *storetest.Bench, s *app.Service, kind tenant.Kind) office {
	t.Helper()
	o := office{Service: s, bench: b, workspace: id.New(), organisation: id.New(), key: fresh(t)}
	must(t, b.Write(t.Context(), tenant.System("test").In(o.workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		if _, err := tx.PutWorkspace(tenant.Workspace{ID: o.workspace, Kind: kind, Name: "CSIRT", Language: "en"}); err != nil {
			return err
		}
		_, err := tx.PutOrganisation(tenant.Organisation{ID: o.organisation, Kind: tenant.Client, Name: "Seewinkel"})
		return err
	}))
	return o
}

func (o office) officer(r authz.Role) authz.Actor {
	return authz.NewActor(authz.Actor{Person: "olga", Name: "Olga", Session: authz.Browser}, o.workspace, []tenant.Membership{{Workspace: o.workspace, Role: r}}, o.bench.Store)
}

// registered is an authority whose entity has registered its key.
func registered(t testing.TB, b *storetest.Bench, s *app.Service) office {
	t.Helper()
	o := open(t, b, s, tenant.Authority)
	code, err := o.Invite(t.Context(), o.officer(authz.Owner), o.organisation)
	must(t, err)
	text, err := o.PublicKey(t.Context(), o.officer(authz.Owner))
	must(t, err)
	o.public, err = filing.ParseKey(text)
	must(t, err)
	r := o.post(t, filing.KeysPath, filing.Registration{Code: code, PublicKey: filing.EncodeKey(o.key.Public().(ed25519.PublicKey))})
	if r.Status != 200 {
		t.Fatalf("register: %d %s", r.Status, r.Body)
	}
	return o
}

func (o office) message(t testing.TB, path string, body []byte) *filing.Message {
	t.Helper()
	m := &filing.Message{Method: http.MethodPost, Authority: "nis.example.org", Path: path, Header: http.Header{}, Body: body}
	must(t, filing.Sign(m, o.key, o.bench.Clock.Now()))
	return m
}

func (o office) serve(t testing.TB, m *filing.Message) app.Reply {
	t.Helper()
	r, err := o.Serve(context.Background(), m, "192.0.2.1")
	must(t, err)
	return r
}

func (o office) post(t testing.TB, path string, body any) app.Reply {
	t.Helper()
	b, ok := body.([]byte)
	if !ok {
		var err error
		b, err = json.Marshal(body)
		must(t, err)
	}
	return o.serve(t, o.message(t, path, b))
}

func (o office) report(t testing.TB, change func(*incident.Frozen)) []byte {
	t.Helper()
	f := incident.Frozen{Format: incident.FrozenFormat, ID: id.New(), Case: "case", Reference: "2026-001", Regime: clocks.NIS2, Stage: clocks.EarlyWarning,
		Form: "nis2", FormVersion: 1, Entity: "Seewinkel", Authority: "CSIRT", Country: "AT", TLP: "AMBER", AwareAt: o.bench.Clock.Now().Add(-time.Hour),
		DueAt: o.bench.Clock.Now().Add(23 * time.Hour), SubmittedAt: o.bench.Clock.Now(), Values: reporting.Values{"description": {Text: "encrypted"}}}
	if change != nil {
		change(&f)
	}
	b, _, err := incident.Freeze(f)
	must(t, err)
	return b
}

func (o office) all(t testing.TB) (cases, reports, messages int) {
	t.Helper()
	list, err := o.Cases(t.Context(), o.officer(authz.Auditor), 100)
	must(t, err)
	for _, c := range list {
		full, err := o.Load(t.Context(), o.officer(authz.Auditor), c.ID)
		must(t, err)
		reports, messages = reports+len(full.Reports), messages+len(full.Messages)
	}
	return len(list), reports, messages
}

// TestIntake: a report gets a signed receipt at once, twice the same one; everything
// about it is kept once, with its exact bytes.
func TestIntake(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		o := registered(t, b, service(t, b))
		content := o.report(t, nil)
		m := o.message(t, filing.ReportsPath, content)
		first, doubled, again := o.serve(t, m), o.serve(t, m), o.post(t, filing.ReportsPath, content)
		if first.Status != 200 || string(first.Body) != string(doubled.Body) || string(first.Body) != string(again.Body) {
			t.Fatalf("%d %s\n%s\n%s", first.Status, first.Body, doubled.Body, again.Body)
		}
		sum := sha256.Sum256(content)
		r, err := filing.Unseal(string(first.Body), o.public)
		if err != nil || r.SHA256 != hex.EncodeToString(sum[:]) || r.Reference == "" || !r.ReceivedAt.Equal(b.Clock.Now()) {
			t.Errorf("%+v, %v", r, err)
		}
		if cases, reports, messages := o.all(t); cases != 1 || reports != 1 || messages != 1 {
			t.Errorf("%d cases, %d reports, %d messages", cases, reports, messages)
		}
		list, err := o.Cases(t.Context(), o.officer(authz.Auditor), 1)
		must(t, err)
		c, err := o.Load(t.Context(), o.officer(authz.Auditor), list[0].ID)
		must(t, err)
		if c.Reports[0].Content != string(content) {
			t.Error("other bytes were kept")
		}
		other := bytes.Replace(content, []byte("encrypted"), []byte("destroyed"), 1)
		if r := o.post(t, filing.ReportsPath, other); r.Status != 409 || !bytes.Contains(r.Body, []byte(filing.CodeConflict)) {
			t.Errorf("other bytes under the same id: %d %s", r.Status, r.Body)
		}
	})
}

// TestOrder: a correction before what it corrects, and an answer before the report,
// are kept and sorted out.
func TestOrder(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	o := registered(t, b, service(t, b))
	answer := filing.Answer{ID: "a1", Case: "case", Regime: "nis2", About: "q1", Text: "it was the VPN", SaidAt: b.Clock.Now()}
	for range 2 {
		if r := o.post(t, filing.AnswersPath, answer); r.Status != 200 {
			t.Fatalf("answer: %d %s", r.Status, r.Body)
		}
	}
	answer.Text = "it was not"
	if r := o.post(t, filing.AnswersPath, answer); r.Status != 409 {
		t.Errorf("another text under the id of an answer: %d", r.Status)
	}
	original := o.report(t, func(f *incident.Frozen) { f.ID = "r1"; f.TLP = "RED"; f.SubmittedAt = b.Clock.Now().Add(-time.Minute) })
	correction := o.report(t, func(f *incident.Frozen) { f.ID, f.Corrects, f.TLP = "r2", "r1", "GREEN" })
	for _, content := range [][]byte{correction, original} {
		if r := o.post(t, filing.ReportsPath, content); r.Status != 200 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
	}
	list, err := o.Cases(t.Context(), o.officer(authz.Owner), 10)
	must(t, err)
	c, err := o.Load(t.Context(), o.officer(authz.Owner), list[0].ID)
	must(t, err)
	if len(list) != 1 || len(c.Reports) != 2 || c.Reports[0].Report != "r1" || c.Reports[1].Corrects != "r1" || c.TLP != "GREEN" || c.EntityReference != "2026-001" {
		t.Errorf("%d cases, %+v", len(list), c)
	}
	if cases, _, messages := o.all(t); cases != 1 || messages != 3 {
		t.Errorf("%d cases, %d messages", cases, messages)
	}
}

// TestBadInput: nothing of it is kept, each gets a clear answer, and nobody gets in.
func TestBadInput(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	s := service(t, b)
	o, other := registered(t, b, s), registered(t, b, s)
	good := o.report(t, nil)
	stranger := o
	stranger.key = fresh(t)
	with := func(change func(*incident.Frozen)) func() app.Reply {
		return func() app.Reply { return o.post(t, filing.ReportsPath, o.report(t, change)) }
	}
	altered := func(change func(*filing.Message)) func() app.Reply {
		return func() app.Reply {
			m := o.message(t, filing.ReportsPath, bytes.Clone(good))
			change(m)
			return o.serve(t, m)
		}
	}
	at := func(d time.Duration) func() app.Reply {
		return func() app.Reply {
			m := o.message(t, filing.ReportsPath, good)
			must(t, filing.Sign(m, o.key, b.Clock.Now().Add(d)))
			return o.serve(t, m)
		}
	}
	for name, row := range map[string]struct {
		send   func() app.Reply
		status int
		code   string
	}{
		"malformed":      {func() app.Reply { return o.post(t, filing.ReportsPath, []byte(`{"format":`)) }, 422, filing.CodeInvalid},
		"not UTF-8":      {func() app.Reply { return o.post(t, filing.ReportsPath, []byte("{\"format\":\"\xff\"}")) }, 422, filing.CodeInvalid},
		"empty":          {func() app.Reply { return o.post(t, filing.ReportsPath, []byte{}) }, 422, filing.CodeInvalid},
		"unknown format": {with(func(f *incident.Frozen) { f.Format = "other/1" }), 422, filing.CodeInvalid},
		"no id":          {with(func(f *incident.Frozen) { f.ID = "" }), 422, filing.CodeInvalid},
		"long id":        {with(func(f *incident.Frozen) { f.ID = strings.Repeat("x", 201) }), 422, filing.CodeInvalid},
		"control":        {with(func(f *incident.Frozen) { f.Case = "a\x00b" }), 422, filing.CodeInvalid},
		"no regime":      {with(func(f *incident.Frozen) { f.Regime = "contract" }), 422, filing.CodeInvalid},
		"future":         {with(func(f *incident.Frozen) { f.SubmittedAt = b.Clock.Now().Add(time.Hour) }), 422, filing.CodeInvalid},
		"ancient":        {with(func(f *incident.Frozen) { f.SubmittedAt = time.Unix(0, 0) }), 422, filing.CodeInvalid},
		"aware later":    {with(func(f *incident.Frozen) { f.AwareAt = b.Clock.Now().Add(time.Hour) }), 422, filing.CodeInvalid},
		"wrong signature": {altered(func(m *filing.Message) {
			m.Header.Set("Signature", "nisaba=:"+strings.Repeat("A", 86)+"==:")
		}), 401, filing.CodeSignature},
		"no signature":    {altered(func(m *filing.Message) { m.Header.Del("Signature") }), 401, filing.CodeSignature},
		"changed content": {altered(func(m *filing.Message) { m.Body[len(m.Body)-2]++ }), 401, filing.CodeSignature},
		"wrong digest":    {altered(func(m *filing.Message) { m.Header.Set("Content-Digest", "sha-256=:AAAA:") }), 401, filing.CodeSignature},
		"other path":      {altered(func(m *filing.Message) { m.Path = filing.AnswersPath }), 401, filing.CodeSignature},
		"unknown key":     {func() app.Reply { return stranger.post(t, filing.ReportsPath, good) }, 401, filing.CodeSignature},
		"an hour late":    {at(-time.Hour), 401, filing.CodeClock},
		"an hour early":   {at(time.Hour), 401, filing.CodeClock},
		"no such page":    {func() app.Reply { return o.post(t, filing.Prefix+"other", good) }, 404, filing.CodeNotFound},
		"no such code": {func() app.Reply {
			return stranger.post(t, filing.KeysPath, filing.Registration{Code: "x", PublicKey: filing.EncodeKey(stranger.key.Public().(ed25519.PublicKey))})
		}, 404, filing.CodeNotFound},
		"another's key": {func() app.Reply {
			return stranger.post(t, filing.KeysPath, filing.Registration{Code: "x", PublicKey: filing.EncodeKey(o.key.Public().(ed25519.PublicKey))})
		}, 401, filing.CodeSignature},
		"long answer": {func() app.Reply {
			return o.post(t, filing.AnswersPath, filing.Answer{ID: "a", Case: "c", Regime: "nis2", Text: strings.Repeat("x", reporting.LongestText+1)})
		}, 422, filing.CodeInvalid},
	} {
		r := row.send()
		var p filing.Problem
		if err := json.Unmarshal(r.Body, &p); err != nil || r.Status != row.status || p.Code != row.code || p.Title == "" {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
		if row.code == filing.CodeClock && strings.Count(p.Title, "T") < 2 {
			t.Errorf("%s: the times are not said: %s", name, p.Title)
		}
	}
	for _, o := range []office{o, other} {
		if cases, reports, messages := o.all(t); cases+reports+messages != 0 {
			t.Errorf("%d cases, %d reports, %d messages of bad input", cases, reports, messages)
		}
	}
}

// TestReplayOfNonce: a nonce does not count for another request.
func TestReplayOfNonce(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	o := registered(t, b, service(t, b))
	write := func(sum string) (known string) {
		must(t, b.Write(t.Context(), tenant.System("test").In(o.workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) (err error) {
			known, err = tx.SeeNonce(filing.KeyID(o.key.Public().(ed25519.PublicKey)), "n1", sum)
			return err
		}))
		return known
	}
	m := o.message(t, filing.ReportsPath, o.report(t, nil))
	claim, err := filing.Claimed(m)
	must(t, err)
	must(t, b.Write(t.Context(), tenant.System("test").In(o.workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		_, err := tx.SeeNonce(claim.KeyID, claim.Nonce, "of another request")
		return err
	}))
	if r := o.serve(t, m); r.Status != 409 || !bytes.Contains(r.Body, []byte(filing.CodeReplay)) {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	if write("a") != "" || write("a") != "a" || write("b") != "a" {
		t.Error("nonces are not kept")
	}
}

// TestMarkup: HTML in every field is kept as it is, byte for byte.
func TestMarkup(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	o := registered(t, b, service(t, b))
	const x = `<script>alert(1)</script>`
	content := o.report(t, func(f *incident.Frozen) {
		f.ID, f.Case, f.Reference, f.Stage, f.Form, f.Entity, f.Authority, f.Country, f.TLP, f.Corrects = x+"1", x, x, x, x, x, x, x, x, x
		f.Values = reporting.Values{x: {Text: x}}
	})
	if r := o.post(t, filing.ReportsPath, content); r.Status != 200 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	list, err := o.Cases(t.Context(), o.officer(authz.Owner), 1)
	must(t, err)
	c, err := o.Load(t.Context(), o.officer(authz.Owner), list[0].ID)
	must(t, err)
	if c.Reports[0].Content != string(content) || c.EntityReference != x {
		t.Errorf("%+v", c.Case)
	}
}

// TestApart: two authorities on one server see nothing of each other, and an entity
// only what was said to it.
func TestApart(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		s := service(t, b)
		mine, theirs := registered(t, b, s), registered(t, b, s)
		for _, o := range []office{mine, theirs} {
			if r := o.post(t, filing.ReportsPath, o.report(t, func(f *incident.Frozen) { f.ID = "same" })); r.Status != 200 {
				t.Fatalf("%d %s", r.Status, r.Body)
			}
		}
		list, err := mine.Cases(t.Context(), mine.officer(authz.Owner), 10)
		must(t, err)
		if len(list) != 1 || list[0].Organisation != mine.organisation {
			t.Fatalf("%+v", list)
		}
		if _, err := theirs.Load(t.Context(), theirs.officer(authz.Owner), list[0].ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a case of another authority: %v", err)
		}
		if _, err := theirs.Ask(t.Context(), theirs.officer(authz.Owner), list[0].ID, "", "?", time.Time{}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a question in a case of another authority: %v", err)
		}
		if _, err := mine.Ask(t.Context(), mine.officer(authz.Owner), list[0].ID, "same", "since when?", time.Time{}); err != nil {
			t.Error(err)
		}
		if _, err := mine.Ask(t.Context(), mine.officer(authz.Auditor), list[0].ID, "", "?", time.Time{}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("an auditor asks: %v", err)
		}
		if _, err := mine.Decide(t.Context(), mine.officer(authz.Contributor), list[0].ID, "?"); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a contributor decides: %v", err)
		}
		for o, want := range map[*office]int{&mine: 2, &theirs: 1} {
			m := &filing.Message{Method: http.MethodGet, Authority: "nis.example.org", Path: filing.MessagesPath, Query: "after=0", Header: http.Header{}}
			must(t, filing.Sign(m, o.key, b.Clock.Now()))
			r := o.serve(t, m)
			var n filing.Notes
			if err := json.Unmarshal(r.Body, &n); err != nil || len(n.Notes) != want || n.Notes[0].Number != 1 || n.Notes[0].Case != "case" {
				t.Errorf("%s", r.Body)
			}
		}
	})
}

// TestKeys: only authorities invite; a code serves one key; a revoked key signs
// nothing.
func TestKeys(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	s := service(t, b)
	company := open(t, b, s, tenant.Company)
	if _, err := company.Invite(t.Context(), company.officer(authz.Owner), company.organisation); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a company invites: %v", err)
	}
	o := open(t, b, s, tenant.Authority)
	if _, err := o.Invite(t.Context(), o.officer(authz.Editor), o.organisation); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an editor invites: %v", err)
	}
	code, err := o.Invite(t.Context(), o.officer(authz.Owner), o.organisation)
	must(t, err)
	register := func(k ed25519.PrivateKey) int {
		o.key = k
		return o.post(t, filing.KeysPath, filing.Registration{Code: code, PublicKey: filing.EncodeKey(k.Public().(ed25519.PublicKey))}).Status
	}
	first := fresh(t)
	if a, b, c := register(first), register(first), register(fresh(t)); a != 200 || b != 200 || c != 409 {
		t.Errorf("first %d, again %d, another %d", a, b, c)
	}
	late, err := o.Invite(t.Context(), o.officer(authz.Owner), o.organisation)
	must(t, err)
	b.Clock.Move(app.InvitationLasts + time.Minute)
	code = late
	if got := register(fresh(t)); got != 409 {
		t.Errorf("an old code: %d", got)
	}
	entity, err := o.Entity(t.Context(), o.officer(authz.Auditor), o.organisation)
	must(t, err)
	o.key = first
	if r := o.post(t, filing.ReportsPath, o.report(t, nil)); r.Status != 200 {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	must(t, o.Revoke(t.Context(), o.officer(authz.Owner), o.organisation, entity.Keys[0].ID))
	if r := o.post(t, filing.ReportsPath, o.report(t, nil)); r.Status != 401 {
		t.Errorf("a revoked key: %d", r.Status)
	}
	if _, err := o.RequestReport(t.Context(), o.officer(authz.Owner), "none", "please", b.Clock.Now().Add(time.Hour)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a case that does not exist: %v", err)
	}
}

// TestTogether: reports that come at the same time are kept together; each has its
// own receipt and line in the ledger, doubled ones are kept once, and one that is
// refused keeps no other.
func TestTogether(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		s := service(t, b)
		offices := []office{registered(t, b, s), registered(t, b, s)}
		const n = 24
		replies := make(chan [2]string, 6*n)
		for _, o := range offices {
			for i := range n {
				content := o.report(t, func(f *incident.Frozen) { f.ID, f.Case = fmt.Sprint("r", i), fmt.Sprint("case", i%5) })
				other := bytes.Replace(content, []byte("encrypted"), []byte("destroyed"), 1)
				for _, c := range [][]byte{content, content, other} {
					m := o.message(t, filing.ReportsPath, c)
					go func() {
						r, err := o.Serve(context.Background(), m, "192.0.2.1")
						if err != nil {
							replies <- [2]string{"", err.Error()}
							return
						}
						replies <- [2]string{fmt.Sprint(r.Status), string(r.Body)}
					}()
				}
			}
		}
		count := map[string]int{}
		for range 6 * n {
			r := <-replies
			count[r[0]]++
			if r[0] != "200" && !strings.Contains(r[1], filing.CodeConflict) {
				t.Errorf("%v", r)
			}
		}
		if count["200"] < 2*n || count["409"] < 2*n || count["200"]+count["409"] != 6*n {
			t.Errorf("%v", count)
		}
		for _, o := range offices {
			if cases, reports, messages := o.all(t); cases != 5 || reports != n || messages != n {
				t.Errorf("%d cases, %d reports, %d messages", cases, reports, messages)
			}
			actor := "key " + filing.KeyID(o.key.Public().(ed25519.PublicKey))
			must(t, b.Read(t.Context(), tenant.System("test").In(o.workspace, ""), func(tx *store.Tx) error {
				list, err := tx.Entries(store.Filter{Kind: "authority_report"})
				if len(list) != n {
					t.Errorf("%d lines in the ledger", len(list))
				}
				for _, e := range list {
					if e.Actor != actor || e.From != "192.0.2.1" {
						t.Errorf("recorded as made by %q from %q", e.Actor, e.From)
					}
				}
				return err
			}))
		}
	})
}

// BenchmarkIntake takes signed reports in: checked, stored, receipted.
func BenchmarkIntake(b *testing.B) {
	bench := storetest.Open(b, storetest.SQLite(b))
	o := registered(b, bench, service(b, bench))
	messages := make([]*filing.Message, b.N)
	for i := range messages {
		messages[i] = o.message(b, filing.ReportsPath, o.report(b, func(f *incident.Frozen) { f.Case = fmt.Sprint("case", i/3) }))
	}
	b.ResetTimer()
	const clients = 32
	next := make(chan *filing.Message)
	done := make(chan error)
	for range clients {
		go func() {
			var failed error
			for m := range next {
				r, err := o.Serve(context.Background(), m, "192.0.2.1")
				if err == nil && r.Status != 200 {
					err = fmt.Errorf("%d %s", r.Status, r.Body)
				}
				if err != nil {
					failed = err
				}
			}
			done <- failed
		}()
	}
	for _, m := range messages {
		next <- m
	}
	close(next)
	for range clients {
		must(b, <-done)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
}
