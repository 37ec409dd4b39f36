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
