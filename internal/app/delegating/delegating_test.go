package delegating_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/delegating"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/country"
)

const (
	home  = "0190a000-0000-7000-8000-000000000001"
	other = "0190a000-0000-7000-8000-000000000002"
)

type office struct {
	*delegating.Service
	clients *clients.Service
	store   *store.Store
	clock   *clock.Fixed
	org     string
}

func open(t *testing.T) office {
	t.Helper()
	cat, err := catalog.Load(content.FS, "de")
	if err != nil {
		t.Fatal(err)
	}
	set, err := country.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	dir, c := t.TempDir(), clock.At(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	storetest.Prepare(t, filepath.Join(dir, "nisaba.db"))
	s, err := store.Open(t.Context(), filepath.Join(dir, "nisaba.db"), store.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	files, err := blob.Open(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	o := office{store: s, clock: c, clients: clients.New(s, assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "test"}, files)}
	o.Service = delegating.New(s, o.clients, cat, nil)
	err = s.Write(t.Context(), tenant.System("test"), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		for _, id := range []string{home, other} {
			if _, err := tx.In(id, "").PutWorkspace(tenant.Workspace{ID: id, Kind: tenant.Provider, Name: "Seewinkel", Language: "de"}); err != nil {
				return err
			}
		}
		if _, err := tx.PutPerson(tenant.Person{ID: "p-editor", Email: "editor@example.org", Name: "Anna"}); err != nil {
			return err
		}
		_, err := tx.In(home, "").PutMembership(tenant.Membership{Person: "p-editor", Role: authz.Editor})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := fs.ReadFile(examples.FS, "managed-service-provider.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, err := organisation.Read("x", b)
	if err != nil {
		t.Fatal(err)
	}
	made, err := o.clients.Import(t.Context(), o.actor(home, authz.Owner), tenant.Client, f)
	if err != nil {
		t.Fatal(err)
	}
	o.org = made.ID
	return o
}

func (o office) actor(workspace string, r authz.Role) authz.Actor {
	return authz.NewActor(authz.Actor{Person: "p-" + string(r), Name: "Anna", Session: authz.Browser},
		workspace, []tenant.Membership{{Workspace: workspace, Role: r}}, o.store)
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %d", what, err, kind)
	}
}

func draft() delegating.Draft {
	return delegating.Draft{Recipient: "Clara Clerk", Language: "en", Days: 7, Questions: []string{"q.backup.exists", "q.backup.plan"}}
}

func (o office) create(t *testing.T, d delegating.Draft) (assessment.Delegation, string) {
	t.Helper()
	made, token, err := o.Create(context.Background(), o.actor(home, authz.Editor), o.org, d)
	if err != nil {
		t.Fatal(err)
	}
	return made, token
}

// TestRights: lower roles and other workspaces make, see and withdraw no links.
func TestRights(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	made, _ := o.create(t, draft())
	for what, try := range map[string]func(authz.Actor) error{
		"Create":   func(a authz.Actor) error { _, _, err := o.Create(ctx, a, o.org, draft()); return err },
		"List":     func(a authz.Actor) error { _, err := o.List(ctx, a, o.org); return err },
		"Withdraw": func(a authz.Actor) error { return o.Withdraw(ctx, a, o.org, made.ID) },
	} {
		wantKind(t, what+" by the owner of another workspace", try(o.actor(other, authz.Owner)), fault.NotFound)
		for _, r := range []authz.Role{authz.Contributor, authz.Auditor, authz.Board, authz.Guest} {
			wantKind(t, what+" by "+string(r), try(o.actor(home, r)), fault.Forbidden)
		}
	}
	for what, change := range map[string]func(*delegating.Draft){
		"nobody": func(d *delegating.Draft) { d.Recipient = " " }, "no question": func(d *delegating.Draft) { d.Questions = nil },
		"an unknown question": func(d *delegating.Draft) { d.Questions = []string{"q.none"} }, "for ever": func(d *delegating.Draft) { d.Days = 9999 },
		"an address that is none": func(d *delegating.Draft) { d.Email = "clara" },
	} {
		d := draft()
		change(&d)
		_, _, err := o.Create(ctx, o.actor(home, authz.Editor), o.org, d)
		wantKind(t, what, err, fault.Invalid)
	}
}

// TestLinksEndAlike: unknown, expired, withdrawn and handed-in links give one answer,
// and the token is nowhere in the ledger.
func TestLinksEndAlike(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	closed, closedToken := o.create(t, draft())
	_, handedIn := o.create(t, draft())
	_, expired := o.create(t, delegating.Draft{Recipient: "C", Language: "en", Days: 1, Questions: draft().Questions})
	if err := o.Withdraw(ctx, o.actor(home, authz.Editor), o.org, closed.ID); err != nil {
		t.Fatal(err)
	}
	if err := o.Save(ctx, handedIn, "192.0.2.9", "q.backup.exists", []string{"none"}, ""); err != nil {
		t.Fatal(err)
	}
	if err := o.HandIn(ctx, handedIn, "192.0.2.9"); err != nil {
		t.Fatal(err)
	}
	o.clock.Move(25 * time.Hour)
	_, unknown := o.Open(ctx, "nonsense", "")
	for what, token := range map[string]string{"withdrawn": closedToken, "handed in": handedIn, "expired": expired, "empty": ""} {
		_, opened := o.Open(ctx, token, "")
		for act, err := range map[string]error{"Open": opened, "Save": o.Save(ctx, token, "", "q.backup.exists", []string{"none"}, ""), "HandIn": o.HandIn(ctx, token, "")} {
			wantKind(t, what+": "+act, err, fault.NotFound)
			if err != nil && err.Error() != unknown.Error() {
				t.Errorf("%s: %s says %q, an unknown link %q", what, act, err, unknown)
			}
		}
	}
	list, err := o.clients.Ledger(ctx, o.actor(home, authz.Owner), store.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	guests := 0
	for _, e := range list {
		for _, token := range []string{closedToken, handedIn, expired} {
			if strings.Contains(string(e.After)+string(e.Before)+e.Actor+e.Reason, token) {
				t.Errorf("the token stands in entry %d", e.Seq)
			}
		}
		if strings.HasPrefix(e.Actor, "link:") && e.ActorName == "Clara Clerk" && e.From == "192.0.2.9" {
			guests++
		}
	}
	if guests < 2 {
		t.Errorf("the ledger names the guest %d times", guests)
	}
}

// TestProgress: answers are kept one by one, can be taken back, and count on hand-in
// where the link is direct.
func TestProgress(t *testing.T) {
	o := open(t)
	ctx, owner := context.Background(), o.actor(home, authz.Owner)
	d := draft()
	d.Direct, d.Language = true, "de"
	_, token := o.create(t, d)
	answered := func() int {
		list, err := o.List(ctx, owner, o.org)
		if err != nil || len(list) != 1 {
			t.Fatal(len(list), err)
		}
		return list[0].Answered
	}
	for _, options := range [][]string{{"none"}, {"most"}, nil, {"none"}} {
		note := strings.Repeat("as it is", min(len(options), 1))
		if err := o.Save(ctx, token, "", "q.backup.exists", options, note); err != nil {
			t.Fatal(err)
		}
		if want := min(len(options), 1); answered() != want {
			t.Errorf("after %v %d are answered", options, answered())
		}
	}
	wantKind(t, "a question of others", o.Save(ctx, token, "", "q.mfa.where", []string{"everywhere"}, ""), fault.NotFound)
	wantKind(t, "a note alone", o.Save(ctx, token, "", "q.backup.exists", nil, "as it is"), fault.Invalid)
	wantKind(t, "none beside others", o.Save(ctx, token, "", "q.backup.exists", []string{"none", "most"}, ""), fault.Invalid)
	wantKind(t, "an option that is none", o.Save(ctx, token, "", "q.backup.exists", []string{"x"}, ""), fault.Invalid)
	sheet, err := o.Open(ctx, token, "")
	if err != nil || len(sheet.Questions) != 2 || sheet.Answers["q.backup.exists"].Note != "as it is" {
		t.Errorf("%+v, %v", sheet, err)
	}
	if first := sheet.Questions[0]; !strings.HasPrefix(first.Text, "Welche Ihrer Daten") {
		t.Errorf("behind a German link stands %q", first.Text)
	}
	if err := o.HandIn(ctx, token, ""); err != nil {
		t.Fatal(err)
	}
	c, err := o.clients.Load(ctx, owner, o.org)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range c.Answers {
		if a.Question == "q.backup.exists" && (a.Source != assessment.ByDelegation || a.By != "Clara Clerk" || a.Options[0] != "none") {
			t.Errorf("%+v", a)
		}
	}
	err = o.store.Read(ctx, tenant.System("test").In(home, ""), func(tx *store.Tx) error {
		list, err := tx.Inbox("p-editor", 10)
		if len(list) != 1 || list[0].Key != "delegation.notice.handed_in" {
			t.Errorf("the inbox of who made the link: %+v", list)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLinkToArchive: a link to questions of an organisation in the archive answers as one
// that ended, and works again once the organisation is back.
func TestLinkToArchive(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	_, token := o.create(t, draft())
	for _, archived := range []bool{true, false} {
		if err := o.clients.Archive(ctx, o.actor(home, authz.Owner), o.org, archived); err != nil {
			t.Fatal(err)
		}
		_, opened := o.Open(ctx, token, "")
		for act, err := range map[string]error{"Open": opened, "Save": o.Save(ctx, token, "", "q.backup.exists", []string{"none"}, "")} {
			if archived {
				wantKind(t, act, err, fault.NotFound)
			} else if err != nil {
				t.Errorf("%s: %v", act, err)
			}
		}
	}
}
