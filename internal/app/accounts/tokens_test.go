package accounts_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

func (d *desk) token(t *testing.T, v accounts.Visit, role tenant.Role) (text, id string) {
	t.Helper()
	text, made, err := d.CreateToken(context.Background(), v, accounts.NewToken{Name: "Backup job", Role: role, Expires: d.clock.Now().Add(30 * 24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return text, made.ID
}

func TestToken(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	text, id := d.token(t, v, authz.Auditor)
	if !strings.HasPrefix(text, accounts.TokenPrefix) || len(text) < 30 {
		t.Errorf("the token is %q", text)
	}
	b, err := d.Bearer(ctx, text, laptop)
	if err != nil {
		t.Fatal(err)
	}
	if role, _ := b.Actor.RoleIn(""); role != authz.Auditor || b.Actor.Session != authz.API || b.Actor.Name != "Anna Huber (Backup job)" || b.Workspace.ID != v.Workspace.ID {
		t.Errorf("the bearer is %+v with role %q", b.Actor, role)
	}
	list, err := d.Tokens(ctx, v)
	if err != nil || len(list) != 1 || !list[0].Works || list[0].UsedAt.IsZero() || list[0].Maker != "Anna Huber" {
		t.Errorf("the list is %+v, %v", list, err)
	}
	for _, wrong := range []string{"", "nis_", text[:len(text)-1], strings.ToUpper(text), text + "x", strings.Repeat("nis_", 100)} {
		if _, err := d.Bearer(ctx, wrong, laptop); !errors.Is(err, accounts.ErrToken) {
			t.Errorf("%.20q: %v", wrong, err)
		}
	}
	if _, err := d.Visit(ctx, text, laptop); !errors.Is(err, accounts.ErrNoSession) {
		t.Errorf("a token as a cookie: %v", err)
	}
	if err := d.RevokeToken(ctx, v, id); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Bearer(ctx, text, laptop); !errors.Is(err, accounts.ErrToken) {
		t.Errorf("after revoking: %v", err)
	}
}

// TestTokenLimits: no token outlives its expiry, its maker's rights, or the
// address ranges of the workspace; and no token makes tokens.
func TestTokenLimits(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	now := d.clock.Now()
	for field, n := range map[string]accounts.NewToken{
		"name":    {Role: authz.Auditor, Expires: now.Add(time.Hour)},
		"expires": {Name: "x", Role: authz.Auditor, Expires: now.Add(-time.Hour)},
		"role":    {Name: "x", Role: authz.Guest, Expires: now.Add(time.Hour)},
	} {
		_, _, err := d.CreateToken(ctx, v, n)
		var list fault.List
		if !errors.As(err, &list) || len(list) != 1 || list[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, _, err := d.CreateToken(ctx, v, accounts.NewToken{Name: "x", Organisation: "no.such", Role: authz.Auditor, Expires: now.Add(time.Hour)})
	wantKind(t, "of an organisation that does not exist", err, fault.NotFound)

	owner, _ := d.token(t, v, authz.Owner)
	b, err := d.Bearer(ctx, owner, laptop)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = d.CreateToken(ctx, b, accounts.NewToken{Name: "x", Role: authz.Auditor, Expires: now.Add(time.Hour)})
	wantKind(t, "a token from a token", err, fault.Forbidden)

	d.policy(t, v, tenant.Policy{RequireMFA: true, AddressRanges: []string{"192.0.2.0/24"}})
	if b, err := d.Bearer(ctx, owner, laptop); err != nil || b.Refused != nil {
		t.Errorf("within the ranges: %v, %v", err, b.Refused)
	}
	b, err = d.Bearer(ctx, owner, accounts.Device{Address: "198.51.100.1"})
	if err != nil || b.Refused == nil {
		t.Errorf("outside of the ranges: %v, %v", err, b.Refused)
	}
	if _, err := b.Actor.Workspace(authz.WorkspaceRead); err == nil {
		t.Error("outside of the ranges the token reads the workspace")
	}
	d.policy(t, v, tenant.Policy{})

	err = d.store.Write(ctx, tenant.System("test").In(v.Workspace.ID, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		_, err := tx.PutMembership(tenant.Membership{Person: v.Person.ID, Role: authz.Consultant})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Bearer(ctx, owner, laptop); !errors.Is(err, accounts.ErrToken) {
		t.Errorf("a token whose maker is no owner any more: %v", err)
	}
	d.clock.Move(31 * 24 * time.Hour)
	if _, err := d.Bearer(ctx, owner, laptop); !errors.Is(err, accounts.ErrToken) {
		t.Errorf("an expired token: %v", err)
	}
}

// policy sets the policy of the workspace past the use case.
func (d *desk) policy(t *testing.T, v accounts.Visit, p tenant.Policy) {
	t.Helper()
	err := d.store.Write(context.Background(), tenant.System("test").In(v.Workspace.ID, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		w.Policy = p
		_, err = tx.PutWorkspace(w)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
