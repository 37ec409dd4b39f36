package accounts_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

// TestSessionHours: a session that began elsewhere ends when the workspace says so.
func TestSessionHours(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	d.policy(t, v, tenant.Policy{SessionHours: 2})
	d.clock.Move(119 * time.Minute)
	d.visit(t, d.first)
	d.clock.Move(2 * time.Minute)
	if _, err := d.Visit(ctx, d.first, laptop); !errors.Is(err, accounts.ErrNoSession) {
		t.Errorf("after two hours: %v", err)
	}
}

// TestResetLink: an owner's link works once and for a day, not for somebody who
// also works elsewhere, and ends all sessions.
func TestResetLink(t *testing.T) {
	d, ctx := open(t), context.Background()
	anna := d.start(t)
	token, err := d.Invite(ctx, anna, "", "", authz.Editor)
	if err != nil {
		t.Fatal(err)
	}
	joined, err := d.Join(ctx, token, nil, accounts.FirstRun{Name: "Ben Maier", Email: "ben@example.org", Password: password}, laptop)
	if err != nil {
		t.Fatal(err)
	}
	ben := d.visit(t, joined.Token)
	_, err = d.ResetLink(ctx, ben, anna.Person.ID)
	wantKind(t, "an editor resets", err, fault.Forbidden)
	link := func() string {
		t.Helper()
		l, err := d.ResetLink(ctx, anna, ben.Person.ID)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	older, newer := link(), link()
	wantKind(t, "the older link", d.Reset(ctx, older, "a whole new phrase", laptop), fault.NotFound)
	wantKind(t, "a short password", d.Reset(ctx, newer, "short", laptop), fault.Invalid)
	if err := d.Reset(ctx, newer, "a whole new phrase", laptop); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "the link again", d.Reset(ctx, newer, "yet another phrase", laptop), fault.NotFound)
	if _, err := d.Visit(ctx, joined.Token, laptop); !errors.Is(err, accounts.ErrNoSession) {
		t.Errorf("the session from before: %v", err)
	}
	signed, _, err := d.SignIn(ctx, "ben@example.org", "a whole new phrase", "", laptop)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.NewWorkspace(ctx, d.visit(t, signed.Token), "Elsewhere", tenant.Company); err != nil {
		t.Fatal(err)
	}
	_, err = d.ResetLink(ctx, anna, ben.Person.ID)
	wantKind(t, "somebody who works elsewhere too", err, fault.Conflict)
}

// TestErase: the last owner stays; after the end nothing is left to sign in with.
func TestErase(t *testing.T) {
	d, ctx := open(t), context.Background()
	anna := d.start(t)
	wantKind(t, "the last owner", d.Erase(ctx, anna), fault.Conflict)
	token, err := d.Invite(ctx, anna, "", "", authz.Owner)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Join(ctx, token, nil, accounts.FirstRun{Name: "Ben Maier", Email: "ben@example.org", Password: password}, laptop); err != nil {
		t.Fatal(err)
	}
	if err := d.Erase(ctx, anna); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Visit(ctx, d.first, laptop); !errors.Is(err, accounts.ErrNoSession) {
		t.Errorf("the session lives on: %v", err)
	}
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, "", laptop); !errors.Is(err, accounts.ErrSignIn) {
		t.Errorf("signing in: %v", err)
	}
}

// TestZoneOfAWorkspace: a new workspace is in the zone of the browser of its first
// person, who follows it; whoever joins from elsewhere keeps their own. The zone is
// changed like any setting, and no name of none is taken.
func TestZoneOfAWorkspace(t *testing.T) {
	d, ctx := open(t), context.Background()
	signed, err := d.Start(ctx, accounts.FirstRun{Workspace: "Seewinkel Beratung", Kind: tenant.Provider, Name: "Anna Huber", Email: "anna@example.org",
		Password: password, Zone: "Europe/Vienna"}, laptop)
	if err != nil {
		t.Fatal(err)
	}
	d.first, d.device = signed.Token, signed.Device
	anna := d.visit(t, signed.Token)
	if anna.Workspace.Zone != "Europe/Vienna" || anna.Person.Zone != "" || anna.Actor.Location().String() != "Europe/Vienna" {
		t.Errorf("the workspace is in %q, Anna in %q", anna.Workspace.Zone, anna.Person.Zone)
	}
	join := func(address, browser string) accounts.Visit {
		t.Helper()
		token, err := d.Invite(ctx, anna, "", "", authz.Editor)
		if err != nil {
			t.Fatal(err)
		}
		joined, err := d.Join(ctx, token, nil, accounts.FirstRun{Name: "Ben Maier", Email: address, Password: password, Zone: browser}, laptop)
		if err != nil {
			t.Fatal(err)
		}
		return d.visit(t, joined.Token)
	}
	near, far := join("near@example.org", "Europe/Vienna"), join("far@example.org", "Pacific/Auckland")
	set := accounts.WorkspaceSettings{Name: "Seewinkel Beratung", Kind: tenant.Provider, Language: "de", Zone: "Mars/Olympus"}
	wantKind(t, "a zone of no place", d.SetWorkspace(ctx, anna, set), fault.Invalid)
	set.Zone = ""
	wantKind(t, "no zone", d.SetWorkspace(ctx, anna, set), fault.Invalid)
	set.Zone, set.Kind = "Europe/Lisbon", "club"
	wantKind(t, "a kind that there is not", d.SetWorkspace(ctx, anna, set), fault.Invalid)
	set.Kind = tenant.Provider
	if err := d.SetWorkspace(ctx, anna, set); err != nil {
		t.Fatal(err)
	}
	for want, v := range map[string]accounts.Visit{"Europe/Lisbon": near, "Pacific/Auckland": far} {
		now, err := d.Operator().As(ctx, v.Person.Email, "")
		if err != nil || now.Actor.Location().String() != want {
			t.Errorf("%s is in %s, want %s (%v)", v.Person.Email, now.Actor.Location(), want, err)
		}
	}
	wantKind(t, "a new workspace of a kind that there is not", d.NewWorkspace(ctx, far, "Elsewhere", "club"), fault.Invalid)
	if err := d.NewWorkspace(ctx, far, "Elsewhere", tenant.Company); err != nil {
		t.Fatal(err)
	}
	if w, err := d.Workspaces(ctx, far); err != nil || len(w) != 2 || w[0].Workspace.Zone+w[1].Workspace.Zone != "Europe/LisbonPacific/Auckland" {
		t.Errorf("%+v, %v", w, err)
	}
	_, err = d.Operator().Add(ctx, accounts.NewAccount{Email: "x@example.org", Name: "Xaver", Role: authz.Owner, Workspace: "Third", Make: true, Kind: tenant.Company, Zone: "Mars"})
	wantKind(t, "a zone of no place on the command line", err, fault.Invalid)
}
