package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

var kit storetest.Kit

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }

// onEach runs a test with the service on SQLite and on PostgreSQL, where transactions
// run at the same time.
func onEach(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		p, err := secret.NewPasswords(secret.Cost{Time: 1, Memory: 64, Threads: 1}, 8)
		if err != nil {
			t.Fatal(err)
		}
		box, err := secret.NewBox(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		test(t, &desk{Service: accounts.New(b.Store, p, box), clock: b.Clock, store: b.Store})
	})
}

// atOnce calls f as often at the same time and counts how often it did not fail.
func atOnce(times int, f func(i int) error) (done int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	start := make(chan struct{})
	for i := range times {
		all.Go(func() {
			<-start
			err := f(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			}
		})
	}
	close(start)
	all.Wait()
	return done
}

// TestAtOnce: what may happen once happens once, however many ask for it at the same
// moment.
func TestAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		const many = 6
		somebody := func(i int) accounts.FirstRun {
			return accounts.FirstRun{Workspace: "W", Kind: tenant.Provider, Name: fmt.Sprint("Person ", i), Email: fmt.Sprintf("p%d@example.org", i), Password: password}
		}
		var first accounts.Signed
		var mu sync.Mutex
		if n := atOnce(many, func(i int) error {
			signed, err := d.Start(ctx, somebody(i), laptop)
			if err == nil {
				mu.Lock()
				first = signed
				mu.Unlock()
			}
			return err
		}); n != 1 {
			t.Errorf("%d people made the first account", n)
		}
		owner := d.visit(t, first.Token)
		token, err := d.Invite(ctx, owner, "", "", authz.Owner)
		if err != nil {
			t.Fatal(err)
		}
		var second accounts.Signed
		if n := atOnce(many, func(i int) error {
			signed, err := d.Join(ctx, token, nil, somebody(10+i), laptop)
			if err == nil {
				mu.Lock()
				second = signed
				mu.Unlock()
			}
			return err
		}); n != 1 {
			t.Errorf("%d people joined by one invitation", n)
		}
		other := d.visit(t, second.Token)
		enrolment, err := d.Enrol(other.Person)
		if err != nil {
			t.Fatal(err)
		}
		code := func() string {
			text, err := totp.GenerateCode(enrolment.Secret, d.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		recovery, second, err := d.Confirm(ctx, other, enrolment.Secret, code())
		if err != nil {
			t.Fatal(err)
		}
		d.clock.Move(time.Minute)
		for what, text := range map[string]string{"the code of the app": code(), "a recovery code": recovery[0]} {
			if n := atOnce(many, func(int) error {
				_, _, err := d.SignIn(ctx, other.Person.Email, password, text, laptop)
				return err
			}); n != 1 {
				t.Errorf("%s opened %d sessions", what, n)
			}
		}
		other = d.visit(t, second.Token)
		leaving := []accounts.Visit{owner, other}
		if n := atOnce(2, func(i int) error { return d.Leave(ctx, leaving[i], owner.Workspace.ID) }); n != 1 {
			t.Errorf("%d of two owners left", n)
		}
	})
}

// TestOpenSession: who finds a session that somebody left open, and knows no password,
// neither locks the person out nor makes the session a better one.
func TestOpenSession(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	away, err := d.Invite(ctx, v, "", "", authz.Auditor)
	if err != nil {
		t.Fatal(err)
	}
	d.clock.Move(16 * time.Minute)
	found := d.visit(t, d.first)
	enrolment, err := d.Enrol(found.Person)
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(enrolment.Secret, d.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Confirm(ctx, found, enrolment.Secret, code); !errors.Is(err, accounts.ErrStepUp) {
		t.Errorf("a second factor of the finder: %v", err)
	}
	for range 10 {
		_, err := d.ChangePassword(ctx, found, "a guess that is wrong", "another password for them")
		wantKind(t, "a guessed password", err, fault.Invalid)
	}
	_, err = d.ChangePassword(ctx, found, password, "another password for them")
	wantKind(t, "the right one after ten wrong ones", err, fault.Invalid)

	// Somebody else's workspace invites the person; the finder accepts.
	ben, err := d.Join(ctx, away, nil, accounts.FirstRun{Name: "Ben Maier", Email: "ben@example.org", Password: password}, laptop)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.NewWorkspace(ctx, d.visit(t, ben.Token), "Falle", tenant.Provider); err != nil {
		t.Fatal(err)
	}
	trap, err := d.Invite(ctx, d.visit(t, ben.Token), "", "", authz.Auditor)
	if err != nil {
		t.Fatal(err)
	}
	joined, err := d.Join(ctx, trap, &found, accounts.FirstRun{}, laptop)
	if err != nil {
		t.Fatal(err)
	}
	if !joined.Session.StepUpAt.Equal(found.Session.StepUpAt) || !joined.Session.ExpiresAt.Equal(found.Session.ExpiresAt) {
		t.Errorf("joining proved who it was at %v, and the session lasts until %v", joined.Session.StepUpAt, joined.Session.ExpiresAt)
	}
	if _, err := d.Visit(ctx, d.first, laptop); !errors.Is(err, accounts.ErrNoSession) {
		t.Errorf("the session from before: %v", err)
	}
	if v := d.visit(t, joined.Token); v.Workspace.Name != "Falle" {
		t.Errorf("the session shows %q", v.Workspace.Name)
	}
}

// TestOneApp: an app takes the place of another only after that one was turned off.
func TestOneApp(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	confirm := func() (accounts.Signed, error) {
		enrolment, err := d.Enrol(v.Person)
		if err != nil {
			t.Fatal(err)
		}
		code, err := totp.GenerateCode(enrolment.Secret, d.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		_, signed, err := d.Confirm(ctx, v, enrolment.Secret, code)
		return signed, err
	}
	signed, err := confirm()
	if err != nil {
		t.Fatal(err)
	}
	v = d.visit(t, signed.Token)
	_, err = confirm()
	wantKind(t, "a second app", err, fault.Conflict)
}

// TestInvitationEndsWithItsMaker: nobody comes back by a link that they made for
// themselves before they had to go.
func TestInvitationEndsWithItsMaker(t *testing.T) {
	d, ctx := open(t), context.Background()
	v := d.start(t)
	token, err := d.Invite(ctx, v, "", "", authz.Owner)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := d.Join(ctx, token, nil, accounts.FirstRun{Name: "Ben Maier", Email: "ben@example.org", Password: password}, laptop)
	if err != nil {
		t.Fatal(err)
	}
	ben := d.visit(t, signed.Token)
	back, err := d.Invite(ctx, ben, "", "", authz.Owner)
	if err != nil {
		t.Fatal(err)
	}
	open := func() int {
		t.Helper()
		_, invitations, err := d.Members(ctx, v)
		if err != nil {
			t.Fatal(err)
		}
		return len(invitations)
	}
	if _, err := d.Offer(ctx, back); err != nil || open() != 1 {
		t.Fatalf("while Ben is an owner: %v, %d open", err, open())
	}
	for _, role := range []tenant.Role{authz.Consultant, ""} {
		if err := d.ChangeRole(ctx, v, ben.Person.ID, "", role); err != nil {
			t.Fatal(err)
		}
		_, err = d.Offer(ctx, back)
		wantKind(t, "the page of the link", err, fault.NotFound)
		_, err = d.Join(ctx, back, nil, accounts.FirstRun{Name: "Ben Again", Email: "again@example.org", Password: password}, laptop)
		wantKind(t, "the link", err, fault.NotFound)
		if n := open(); n != 0 {
			t.Errorf("%d invitations are shown as open", n)
		}
	}
}
