package accounts_test

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	notice "github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

const password = "correct horse battery staple"

var laptop = accounts.Device{Address: "192.0.2.7", Name: "Firefox on Linux"}

// desk is a service on its own database, with a clock that the test moves.
type desk struct {
	*accounts.Service
	clock *clock.Fixed
	store *store.Store

	first, device string // tokens of the first session and its browser
}

func open(t *testing.T) *desk {
	t.Helper()
	c := clock.At(time.Date(2026, time.November, 25, 9, 0, 0, 0, time.UTC))
	path := filepath.Join(t.TempDir(), "nisaba.db")
	storetest.Prepare(t, path)
	s, err := store.Open(context.Background(), path, store.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	p, err := secret.NewPasswords(secret.Cost{Time: 1, Memory: 64, Threads: 1}, 2)
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.NewBox(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &desk{Service: accounts.New(s, p, box), clock: c, store: s}
}

// start makes the first account and returns its visit.
func (d *desk) start(t *testing.T) accounts.Visit {
	t.Helper()
	signed, err := d.Start(context.Background(), accounts.FirstRun{Workspace: "Seewinkel Beratung", Kind: tenant.Provider,
		Name: "Anna Huber", Email: "Anna@Example.org ", Password: password, Language: "de"}, laptop)
	if err != nil {
		t.Fatal(err)
	}
	d.first, d.device = signed.Token, signed.Device
	return d.visit(t, signed.Token)
}

func (d *desk) visit(t *testing.T, token string) accounts.Visit {
	t.Helper()
	v, err := d.Visit(context.Background(), token, laptop)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %v", what, err, kind)
	}
}

func TestFirstRun(t *testing.T) {
	d, ctx := open(t), context.Background()
	if needed, err := d.FirstRunNeeded(ctx); err != nil || !needed {
		t.Fatalf("an empty database: %v, %v", needed, err)
	}
	for field, f := range map[string]accounts.FirstRun{
		"workspace": {Kind: tenant.Company, Name: "Anna", Email: "a@example.org", Password: password},
		"kind":      {Workspace: "W", Kind: "club", Name: "Anna", Email: "a@example.org", Password: password},
		"name":      {Workspace: "W", Kind: tenant.Company, Email: "a@example.org", Password: password},
		"email":     {Workspace: "W", Kind: tenant.Company, Name: "Anna", Email: "nowhere", Password: password},
		"password":  {Workspace: "W", Kind: tenant.Company, Name: "Anna", Email: "a@example.org", Password: "short"},
	} {
		_, err := d.Start(ctx, f, laptop)
		var wrong *fault.Error
		if !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, common := range []string{"password1234", "P@ssw0rd!2026", "passwort-passwort", "123456789012", "1990-12-24-1990", "Willkommen2026!", "qwertyuiop12"} {
		_, err := d.Start(ctx, accounts.FirstRun{Workspace: "W", Kind: tenant.Company, Name: "Anna", Email: "a@example.org", Password: common}, laptop)
		wantKind(t, common, err, fault.Invalid)
	}
	v := d.start(t)
	if v.Person.Email != "anna@example.org" || v.Workspace.Name != "Seewinkel Beratung" {
		t.Errorf("the visit is %+v in %+v", v.Person, v.Workspace)
	}
	if role, ok := v.Actor.RoleIn(""); !ok || role != authz.Owner {
		t.Errorf("the first account has the role %q", role)
	}
	_, err := d.Start(ctx, accounts.FirstRun{Workspace: "W", Kind: tenant.Company, Name: "Eve", Email: "e@example.org", Password: password}, laptop)
	wantKind(t, "a second first run", err, fault.Conflict)
}

func TestSignIn(t *testing.T) {
	d, ctx := open(t), context.Background()
	d.start(t)
	for _, tc := range []struct{ email, password string }{
		{"anna@example.org", "wrong"}, {"nobody@example.org", password}, {"", ""}, {"anna@example.org", ""},
	} {
		if _, _, err := d.SignIn(ctx, tc.email, tc.password, "", laptop); !errors.Is(err, accounts.ErrSignIn) {
			t.Errorf("%v: %v", tc, err)
		}
	}
	signed, needCode, err := d.SignIn(ctx, " ANNA@example.org", password, "", laptop)
	if err != nil || needCode {
		t.Fatalf("the right password: %v, code %v", err, needCode)
	}
	v := d.visit(t, signed.Token)
	if err := d.SignOut(ctx, v); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Visit(ctx, signed.Token, laptop); !errors.Is(err, accounts.ErrNoSession) {
		t.Errorf("after signing out: %v", err)
	}
}

// TestAttempts: the eleventh attempt from one address fails with the right
// password too; the same person gets in from elsewhere, and later from here.
func TestAttempts(t *testing.T) {
	d, ctx := open(t), context.Background()
	d.start(t)
	for range 10 {
		if _, _, err := d.SignIn(ctx, "anna@example.org", "wrong", "", laptop); !errors.Is(err, accounts.ErrSignIn) {
			t.Fatal(err)
		}
	}
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, "", laptop); !errors.Is(err, accounts.ErrSignIn) {
		t.Errorf("the eleventh attempt: %v", err)
	}
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, "", accounts.Device{Address: "198.51.100.9"}); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	d.clock.Move(16 * time.Minute)
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, "", laptop); err != nil {
		t.Errorf("later: %v", err)
	}
}

func TestSecondFactor(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	other, _, err := d.SignIn(ctx, "anna@example.org", password, "", laptop)
	if err != nil {
		t.Fatal(err)
	}
	e, err := d.Enrol(v.Person)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Confirm(ctx, v, e.Secret, "000000"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a wrong first code: %v", err)
	}
	codes, confirmed, err := d.Confirm(ctx, v, e.Secret, codeAt(t, e.Secret, d.clock.Now()))
	if err != nil || len(codes) != 10 {
		t.Fatalf("%d recovery codes, %v", len(codes), err)
	}
	if _, err := d.Visit(ctx, other.Token, laptop); !errors.Is(err, accounts.ErrNoSession) {
		t.Errorf("the other session lives on: %v", err)
	}
	if v := d.visit(t, confirmed.Token); !v.Actor.MFA {
		t.Error("the session that confirmed the factor has not shown it")
	}
	if _, needCode, err := d.SignIn(ctx, "anna@example.org", password, "", laptop); err != nil || !needCode {
		t.Errorf("without code: %v, asked %v", err, needCode)
	}
	used := codeAt(t, e.Secret, d.clock.Now())
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, used, laptop); !errors.Is(err, accounts.ErrSignIn) {
		t.Errorf("the code of the enrolment again: %v", err)
	}
	d.clock.Move(time.Minute)
	signed, _, err := d.SignIn(ctx, "anna@example.org", password, codeAt(t, e.Secret, d.clock.Now()), laptop)
	if err != nil || !signed.Session.MFA {
		t.Fatalf("with a fresh code: %v, %+v", err, signed.Session)
	}
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, " "+strings.ReplaceAll(strings.ToUpper(codes[3]), "-", " - "), laptop); err != nil {
		t.Errorf("with a recovery code: %v", err)
	}
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, codes[3], laptop); !errors.Is(err, accounts.ErrSignIn) {
		t.Errorf("with a used recovery code: %v", err)
	}
}

// TestNewRecoveryCodes: codes that ran out or were lost are replaced, and the old ones
// let nobody in.
func TestNewRecoveryCodes(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	_, err := d.NewRecoveryCodes(ctx, v)
	wantKind(t, "without a second factor", err, fault.Conflict)
	e, err := d.Enrol(v.Person)
	if err != nil {
		t.Fatal(err)
	}
	old, signed, err := d.Confirm(ctx, v, e.Secret, codeAt(t, e.Secret, d.clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, old[0], laptop); err != nil {
		t.Fatal(err)
	}
	v = d.visit(t, signed.Token)
	if left, err := d.RecoveryCodesLeft(ctx, v); err != nil || left != 9 {
		t.Errorf("%d codes are left, %v", left, err)
	}
	fresh, err := d.NewRecoveryCodes(ctx, v)
	if err != nil || len(fresh) != 10 {
		t.Fatalf("%d codes, %v", len(fresh), err)
	}
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, old[1], laptop); !errors.Is(err, accounts.ErrSignIn) {
		t.Errorf("with an old code: %v", err)
	}
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, fresh[1], laptop); err != nil {
		t.Errorf("with a new code: %v", err)
	}
	if left, err := d.RecoveryCodesLeft(ctx, v); err != nil || left != 9 {
		t.Errorf("%d new codes are left, %v", left, err)
	}
	d.clock.Move(time.Hour)
	if _, err := d.NewRecoveryCodes(ctx, v); !errors.Is(err, accounts.ErrStepUp) {
		t.Errorf("an hour later: %v", err)
	}
}

func codeAt(t *testing.T, key string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(key, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestInvitation(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	token, err := d.Invite(ctx, v, "", "ben@example.org", authz.Editor)
	if err != nil {
		t.Fatal(err)
	}
	join := accounts.FirstRun{Name: "Ben Maier", Email: "eve@example.org", Password: password}
	_, err = d.Join(ctx, token, nil, join, laptop)
	wantKind(t, "another address", err, fault.Invalid)
	join.Email = "ben@example.org"
	signed, err := d.Join(ctx, token, nil, join, laptop)
	if err != nil {
		t.Fatal(err)
	}
	ben := d.visit(t, signed.Token)
	if role, _ := ben.Actor.RoleIn(""); role != authz.Editor {
		t.Errorf("Ben is %q", role)
	}
	_, err = d.Join(ctx, token, nil, accounts.FirstRun{Name: "Eve Eve", Email: "ben@example.org", Password: password}, laptop)
	wantKind(t, "a used invitation", err, fault.NotFound)
	_, err = d.Invite(ctx, ben, "", "", authz.Auditor)
	wantKind(t, "an editor invites", err, fault.Forbidden)
	wantKind(t, "the last owner leaves", d.ChangeRole(ctx, v, v.Person.ID, "", authz.Editor), fault.Conflict)
	if err := d.ChangeRole(ctx, v, ben.Person.ID, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.visit(t, signed.Token).Actor.RoleIn(""); ok {
		t.Error("Ben still has a role")
	}
	late, err := d.Invite(ctx, v, "", "", authz.Auditor)
	if err != nil {
		t.Fatal(err)
	}
	d.clock.Move(15 * 24 * time.Hour)
	_, err = d.Offer(ctx, late)
	wantKind(t, "an expired invitation", err, fault.NotFound)
}

// TestInvitationTakesNothing: whoever opens a link as a member keeps the role that they
// have or gets a stronger one, members are not invited again, a newer invitation ends
// the older one, and whoever invited is told.
func TestInvitationTakesNothing(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	invite := func(email string, role tenant.Role) string {
		t.Helper()
		token, err := d.Invite(ctx, v, "", email, role)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	anybody := invite("", authz.Auditor)
	_, err := d.Join(ctx, anybody, &v, accounts.FirstRun{}, laptop)
	wantKind(t, "the owner opens a link for auditors", err, fault.Conflict)
	if role, _ := d.visit(t, d.first).Actor.RoleIn(""); role != authz.Owner {
		t.Fatalf("the owner is %q", role)
	}
	older := invite("ben@example.org", authz.Auditor)
	newer := invite(" Ben@example.org", authz.Editor)
	_, err = d.Offer(ctx, older)
	wantKind(t, "the older invitation", err, fault.NotFound)
	signed, err := d.Join(ctx, newer, nil, accounts.FirstRun{Name: "Ben Maier", Email: "ben@example.org", Password: password}, laptop)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Invite(ctx, v, "", "ben@example.org", authz.Consultant)
	wantKind(t, "a member is invited", err, fault.Invalid)
	ben := d.visit(t, signed.Token)
	again, err := d.Join(ctx, invite("", authz.Consultant), &ben, accounts.FirstRun{}, laptop)
	if err != nil {
		t.Fatalf("a link to a stronger role: %v", err)
	}
	ben = d.visit(t, again.Token)
	_, err = d.Join(ctx, invite("", authz.Consultant), &ben, accounts.FirstRun{}, laptop)
	wantKind(t, "a link to the same role", err, fault.Conflict)
	if role, _ := ben.Actor.RoleIn(""); role != authz.Consultant {
		t.Errorf("Ben is %q", role)
	}
	scope, err := v.Actor.Workspace(authz.WorkspaceRead)
	if err != nil {
		t.Fatal(err)
	}
	var told []notice.Notice
	if err := d.store.Read(ctx, scope, func(tx *store.Tx) error {
		told, err = tx.Inbox(v.Person.ID, 10)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || told[0].Key != "account.notice.joined" || !strings.Contains(string(told[0].Args), "Ben Maier") {
		t.Errorf("the inbox has %+v", told)
	}
}

func TestStepUp(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	d.clock.Move(time.Hour)
	if _, err := d.Invite(ctx, v, "", "", authz.Auditor); !errors.Is(err, accounts.ErrStepUp) {
		t.Errorf("an hour later: %v", err)
	}
	if _, err := d.StepUp(ctx, v, "wrong", ""); !errors.Is(err, accounts.ErrSignIn) {
		t.Errorf("a wrong password: %v", err)
	}
	signed, err := d.StepUp(ctx, v, password, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Invite(ctx, d.visit(t, signed.Token), "", "", authz.Auditor); err != nil {
		t.Errorf("after the step-up: %v", err)
	}
	if d.first == signed.Token {
		t.Error("the step-up left the token of the session as it was")
	}
	if _, err := d.Visit(ctx, d.first, laptop); !errors.Is(err, accounts.ErrNoSession) {
		t.Errorf("the token from before the step-up: %v", err)
	}
	for range 10 {
		if _, err := d.StepUp(ctx, v, "wrong", ""); !errors.Is(err, accounts.ErrSignIn) {
			t.Fatal(err)
		}
	}
	if _, err := d.StepUp(ctx, v, password, ""); !errors.Is(err, accounts.ErrSignIn) {
		t.Errorf("after ten wrong passwords: %v", err)
	}
}

// TestNobodyLocksOut: guesses from many addresses end the attempts from places
// that are not known, and the browser of the owner gets in all the same.
func TestNobodyLocksOut(t *testing.T) {
	d, ctx := open(t), context.Background()
	d.start(t)
	known := accounts.Device{Address: "192.0.2.7", Known: d.device}
	for i := range 120 {
		from := accounts.Device{Address: netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String()}
		if _, _, err := d.SignIn(ctx, "anna@example.org", "wrong", "", from); !errors.Is(err, accounts.ErrSignIn) {
			t.Fatal(err)
		}
	}
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, "", accounts.Device{Address: "203.0.113.5"}); !errors.Is(err, accounts.ErrSignIn) {
		t.Errorf("from a fresh address: %v", err)
	}
	for range 12 { // success forgets the attempts
		if _, _, err := d.SignIn(ctx, "anna@example.org", password, "", known); err != nil {
			t.Fatalf("from the known browser: %v", err)
		}
	}
	for range 10 {
		if _, _, err := d.SignIn(ctx, "anna@example.org", "wrong", "", known); !errors.Is(err, accounts.ErrSignIn) {
			t.Fatal(err)
		}
	}
	if _, _, err := d.SignIn(ctx, "anna@example.org", password, "", known); !errors.Is(err, accounts.ErrSignIn) {
		t.Errorf("a stolen device cookie guesses without limit: %v", err)
	}
}

// TestNewDevice: the first browser is no news, the second is, and a known one is not.
func TestNewDevice(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	said := ""
	notices := func() (n int) {
		t.Helper()
		err := d.store.Read(ctx, tenant.System("test").In(v.Workspace.ID, ""), func(tx *store.Tx) error {
			list, err := tx.Inbox(v.Person.ID, 10)
			if n = len(list); n > 0 {
				said = string(list[n-1].Args) // the first one
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	known := accounts.Device{Address: "192.0.2.7", Name: laptop.Name, Known: d.device}
	for i, tc := range []struct {
		from accounts.Device
		want int
	}{{known, 0}, {accounts.Device{Address: "198.51.100.9", Name: laptop.Name}, 1}, {known, 1}, {accounts.Device{Known: "made up"}, 2}} {
		if _, _, err := d.SignIn(ctx, "anna@example.org", password, "", tc.from); err != nil {
			t.Fatal(err)
		}
		if n := notices(); n != tc.want {
			t.Errorf("sign-in %d: %d notices, want %d", i, n, tc.want)
		}
	}
	if !strings.Contains(said, "198.51.100.9") {
		t.Errorf("the notice does not say from where: %s", said)
	}
}

func TestSessions(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	phone, _, err := d.SignIn(ctx, "anna@example.org", password, "", accounts.Device{Address: "198.51.100.9", Name: "Safari on iOS"})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := d.Sessions(ctx, v); err != nil || len(list) != 2 {
		t.Fatalf("%d sessions, %v", len(list), err)
	}
	if err := d.Revoke(ctx, v, phone.Session.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Visit(ctx, phone.Token, laptop); !errors.Is(err, accounts.ErrNoSession) {
		t.Errorf("the revoked session: %v", err)
	}
	phone, _, err = d.SignIn(ctx, "anna@example.org", password, "", accounts.Device{Address: "198.51.100.9", Name: "Safari on iOS"})
	if err != nil {
		t.Fatal(err)
	}
	d.clock.Move(authz.StepUpFor + time.Minute) // whoever finds the open session throws nobody out
	found := d.visit(t, phone.Token)
	if err := d.Revoke(ctx, found, v.Session.ID); !errors.Is(err, accounts.ErrStepUp) {
		t.Errorf("another session, without a fresh proof: %v", err)
	}
	if err := d.RevokeOthers(ctx, found); !errors.Is(err, accounts.ErrStepUp) {
		t.Errorf("all others, without a fresh proof: %v", err)
	}
	if list, err := d.Sessions(ctx, v); err != nil || len(list) != 2 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	proven, err := d.StepUp(ctx, found, password, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.RevokeOthers(ctx, d.visit(t, proven.Token)); err != nil {
		t.Error(err)
	}
	d.clock.Move(authz.StepUpFor + time.Minute)
	if list, err := d.Sessions(ctx, v); err != nil || len(list) != 1 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	if err := d.Revoke(ctx, d.visit(t, proven.Token), proven.Session.ID); err != nil {
		t.Errorf("the own session: %v", err)
	}
	d.clock.Move(13 * time.Hour)
	signed, err := d.Sessions(ctx, v)
	if err != nil || len(signed) != 0 {
		t.Errorf("after 13 hours %d sessions are left, %v", len(signed), err)
	}
}

// TestPolicyKeepsOut: a policy shuts out addresses and sessions without a second
// factor, and the shut-out actor may do nothing.
func TestPolicyKeepsOut(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	scope, err := v.Actor.Workspace(authz.WorkspaceManage)
	if err != nil {
		t.Fatal(err)
	}
	err = d.store.Write(ctx, scope, store.Change{Actor: v.Person.ID}, func(tx *store.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		w.Policy.RequireMFA = true
		_, err = tx.PutWorkspace(w)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	signed, _, err := d.SignIn(ctx, "anna@example.org", password, "", laptop)
	if err != nil {
		t.Fatal(err)
	}
	shut := d.visit(t, signed.Token)
	if shut.Workspace.ID != "" {
		t.Errorf("entered %q without a second factor", shut.Workspace.Name)
	}
	if err := d.Enter(ctx, shut, v.Workspace.ID); err != nil {
		t.Fatal(err)
	}
	shut = d.visit(t, signed.Token)
	if !errors.Is(shut.Refused, accounts.ErrNeedsFactor) {
		t.Errorf("refused with %v", shut.Refused)
	}
	if _, err := shut.Actor.Workspace(authz.WorkspaceRead); err == nil {
		t.Error("the shut-out actor may read the workspace")
	}
}
