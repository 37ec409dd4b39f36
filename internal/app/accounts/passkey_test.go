package accounts_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// TestPasskeyGoes: a passkey gets another name; before it goes the service tells what
// remains and whose workspaces will ask for a second factor; the last one goes only with
// the password, so that whoever forgot it does not lock themself out.
func TestPasskeyGoes(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	for _, key := range []account.Passkey{{ID: "one", Person: v.Person.ID, Name: "Laptop", Credential: "{}"}, {ID: "two", Person: v.Person.ID, Name: "Phone", Credential: "{}"},
		{ID: "other", Person: "somebody", Name: "Theirs", Credential: "{}"}} {
		err := d.store.Write(ctx, tenant.System("test"), store.Change{Actor: v.Person.ID}, func(tx *store.Tx) error {
			_, err := tx.PutPasskey(key)
			return err
		})
		if err != nil && key.ID != "other" { // of a person who does not exist
			t.Fatal(err)
		}
	}
	wantKind(t, "no name", d.RenamePasskey(ctx, v, "one", " "), fault.Invalid)
	wantKind(t, "another person's", d.RenamePasskey(ctx, v, "other", "Mine"), fault.NotFound)
	if err := d.RenamePasskey(ctx, v, "one", " Büro "); err != nil {
		t.Fatal(err)
	}
	left, err := d.Without(ctx, v, "one")
	if err != nil || left.Passkey.Name != "Büro" || left.Passkeys != 1 || left.App || len(left.Demands) != 0 {
		t.Errorf("without the first: %+v, %v", left, err)
	}
	if err := d.RemovePasskey(ctx, v, "one", ""); err != nil {
		t.Errorf("one of two: %v", err)
	}
	wantKind(t, "removed twice", d.RemovePasskey(ctx, v, "one", password), fault.NotFound)
	for _, wrong := range []string{"", "not my password"} {
		wantKind(t, "the last one without the password", d.RemovePasskey(ctx, v, "two", wrong), fault.Invalid)
	}
	if left, err = d.Without(ctx, v, "two"); err != nil || left.Passkeys != 0 {
		t.Errorf("without the last: %+v, %v", left, err)
	}
	d.policy(t, v, tenant.Policy{RequireMFA: true})
	if left, err = d.Without(ctx, v, "two"); err != nil || !slices.Equal(left.Demands, []string{"Seewinkel Beratung"}) {
		t.Errorf("the workspace that demands a second factor: %v, %v", left.Demands, err)
	}
	d.policy(t, v, tenant.Policy{})
	codes, err := d.NewRecoveryCodes(ctx, v)
	if err != nil {
		t.Fatal(err)
	}
	d.clock.Move(time.Hour)
	if err := d.RemovePasskey(ctx, v, "two", password); !errors.Is(err, accounts.ErrStepUp) {
		t.Errorf("without a fresh proof: %v", err)
	}
	signed, err := d.StepUp(ctx, v, password, codes[0])
	if err != nil {
		t.Fatal(err)
	}
	v = d.visit(t, signed.Token)
	if err := d.RemovePasskey(ctx, v, "two", password); err != nil {
		t.Fatal(err)
	}
	if n, err := d.RecoveryCodesLeft(ctx, v); err != nil || n != 0 {
		t.Errorf("%d recovery codes replace nothing, %v", n, err)
	}
	if _, code, err := d.SignIn(ctx, "anna@example.org", password, "", laptop); err != nil || code {
		t.Errorf("the password alone: %v, asked for a code: %v", err, code)
	}
	if list, err := d.Passkeys(ctx, v); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}
