package workbench_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/workbench"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/posture"
)

const (
	home  = "0190a000-0000-7000-8000-000000000001"
	other = "0190a000-0000-7000-8000-000000000002"
)

// office is the services on their own database with one organisation.
type office struct {
	*workbench.Service
	clients *clients.Service
	store   *store.Store
	org     string
	owner   authz.Actor
}

// kit is the PostgreSQL of the tests that run on both engines.
var kit storetest.Kit

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }

// open is an office on SQLite.
func open(t *testing.T) office {
	t.Helper()
	return openAt(t, storetest.Prepared(t))
}

// openAt is an office on a database whose schema is up to date.
func openAt(t *testing.T, target string) office {
	t.Helper()
	cat, err := catalog.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	set, err := country.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	k := assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "nisaba test"}
	s, err := store.Open(t.Context(), target, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	files, err := blob.Open(filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	o := office{clients: clients.New(s, k, files), store: s}
	o.Service = workbench.New(s, o.clients, k)
	err = s.Write(t.Context(), tenant.System("test"), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		for _, id := range []string{home, other} {
			if _, err := tx.In(id, "").PutWorkspace(tenant.Workspace{ID: id, Kind: tenant.Provider, Name: "Seewinkel", Language: "de"}); err != nil {
				return err
			}
		}
		for _, r := range []authz.Role{authz.Owner, authz.Contributor, authz.Auditor} {
			if _, err := tx.PutPerson(tenant.Person{ID: "p-" + string(r), Email: string(r) + "@example.org", Name: "Anna " + string(r)}); err != nil {
				return err
			}
			if _, err := tx.In(home, "").PutMembership(tenant.Membership{Person: "p-" + string(r), Role: r}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	o.owner = o.actor(home, authz.Owner)
	b, err := fs.ReadFile(examples.FS, "managed-service-provider.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, err := organisation.Read("x", b)
	if err != nil {
		t.Fatal(err)
	}
	f.Answers = nil
	made, err := o.clients.Import(t.Context(), o.owner, tenant.Client, f)
	if err != nil {
		t.Fatal(err)
	}
	o.org = made.ID
	return o
}

func (o office) actor(workspace string, r authz.Role) authz.Actor {
	return authz.NewActor(authz.Actor{Person: "p-" + string(r), Name: "Anna " + string(r), Session: authz.Browser},
		workspace, []tenant.Membership{{Workspace: workspace, Role: r}}, o.store)
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %d", what, err, kind)
	}
}

func (o office) inbox(t *testing.T, person string) (list []desk.Notice) {
	t.Helper()
	err := o.store.Read(t.Context(), tenant.System("test").In(home, ""), func(tx *store.Tx) (err error) {
		list, err = tx.Inbox(person, 10)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestContributorsEditWhatIsTheirs: answers, evidence and comments are refused until
// the requirement is assigned, and then only those of the requirement.
func TestContributorsEditWhatIsTheirs(t *testing.T) {
	o := open(t)
	ctx, ben := context.Background(), o.actor(home, authz.Contributor)
	answer := func(question, option string) error {
		_, _, err := o.clients.Answer(ctx, ben, o.org, question, []string{option}, "")
		return err
	}
	comment := func(requirement string) error {
		_, err := o.Comment(ctx, ben, o.org, requirement, "mine")
		return err
	}
	policy := posture.Evidence{Kind: "doc.security-policy", Title: "Policy", Date: law.MustDate("2026-01-01"), Covers: []string{"cir.4.2.1"}}
	upload := func() error {
		_, err := o.clients.Upload(ctx, ben, o.org, "x", strings.NewReader("x"))
		return err
	}
	for what, err := range map[string]error{"an answer": answer("q.backup.exists", "none"), "evidence": o.clients.PutEvidence(ctx, ben, o.org, policy),
		"a comment": comment("cir.4.2.1"), "an upload": upload(),
		"a suggestion": func() error { _, err := o.Accept(ctx, ben, o.org, "evidence", nil); return err }()} {
		wantKind(t, what+" before the assignment", err, fault.Forbidden)
	}
	to := assessment.Assignment{Kind: assessment.OfRequirement, Object: "cir.4.2.1", Person: "p-auditor"}
	wantKind(t, "an auditor as owner", o.clients.Assign(ctx, o.owner, o.org, to, clients.AsItIs), fault.Invalid)
	to.Person = ben.Person
	wantKind(t, "a contributor assigns", o.clients.Assign(ctx, ben, o.org, to, clients.AsItIs), fault.Forbidden)
	if err := o.clients.Assign(ctx, o.owner, o.org, to, clients.AsItIs); err != nil {
		t.Fatal(err)
	}
	if n := o.inbox(t, ben.Person); len(n) != 1 || n[0].Key != "workbench.notice.assigned" {
		t.Errorf("the inbox of the new owner: %+v", n)
	}
	for what, err := range map[string]error{"an answer": answer("q.backup.exists", "none"), "evidence": o.clients.PutEvidence(ctx, ben, o.org, policy),
		"a comment": comment("cir.4.2.1"), "an upload": upload()} {
		if err != nil {
			t.Errorf("%s after the assignment: %v", what, err)
		}
	}
	elsewhere := policy
	elsewhere.Covers = []string{"cir.4.2.1", "cir.1.1.1.a"}
	for what, err := range map[string]error{"another answer": answer("q.mfa.where", "none"), "evidence of more": o.clients.PutEvidence(ctx, ben, o.org, elsewhere),
		"a comment elsewhere": comment("cir.1.1.1.a"), "an assertion": o.clients.Assert(ctx, ben, o.org, posture.Assertion{Requirement: "cir.4.2.1", Status: posture.Met}, clients.AsItIs)} {
		wantKind(t, what, err, fault.Forbidden)
	}
}

// TestComments: who is named is told once, comments are changed by their authors
// alone, and other workspaces see none.
func TestComments(t *testing.T) {
	o := open(t)
	ctx, audit := context.Background(), o.actor(home, authz.Auditor)
	c, err := o.Comment(ctx, o.owner, o.org, "cir.4.2.1", "@Anna contributor, can you look? cc @anna owner")
	if err != nil || !slices.Equal(c.Mentions, []string{"p-contributor", "p-owner"}) {
		t.Fatalf("%v, %v", c.Mentions, err)
	}
	if err := o.EditComment(ctx, o.owner, o.org, c.ID, "@Anna contributor and @Anna auditor, please"); err != nil {
		t.Fatal(err)
	}
	for person, want := range map[string]int{"p-contributor": 1, "p-auditor": 1, "p-owner": 0} {
		if n := o.inbox(t, person); len(n) != want {
			t.Errorf("%s has %d notices, want %d", person, len(n), want)
		}
	}
	wantKind(t, "an auditor comments", func() error { _, err := o.Comment(ctx, audit, o.org, "cir.4.2.1", "x"); return err }(), fault.Forbidden)
	if _, err := o.Comment(ctx, o.actor(home, authz.Contributor), o.org, "cir.4.2.1", "I was asked"); err != nil {
		t.Errorf("who was asked cannot reply: %v", err)
	}
	wantKind(t, "somebody else removes it", o.RemoveComment(ctx, o.actor(home, authz.Contributor), o.org, c.ID), fault.Forbidden)
	wantKind(t, "another workspace", o.RemoveComment(ctx, o.actor(other, authz.Owner), o.org, c.ID), fault.NotFound)
	wantKind(t, "an empty comment", o.EditComment(ctx, o.owner, o.org, c.ID, " "), fault.Invalid)
	if err := o.RemoveComment(ctx, o.owner, o.org, c.ID); err != nil {
		t.Error(err)
	}
	d, err := o.Desk(ctx, o.owner, o.org, "cir.4.2.1")
	if err != nil || len(d.Comments) != 1 || len(d.History) == 0 {
		t.Errorf("%d comments, %d entries, %v", len(d.Comments), len(d.History), err)
	}
}

func (o office) proposed(t *testing.T, from, source string) (questions []string) {
	t.Helper()
	list, err := o.Proposals(context.Background(), o.owner, o.org, from)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if p.Source == source {
			questions = append(questions, p.Question)
		}
	}
	return questions
}

// TestSuggestions: a template proposes, nothing counts before it is accepted, what
// is dismissed stays away until the source says something else, and evidence
// proposes what it bears out.
func TestSuggestions(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	model, err := o.clients.Create(ctx, o.owner, clients.Draft{Name: "Model", Kind: tenant.Client, From: o.org, Template: true})
	if err != nil {
		t.Fatal(err)
	}
	say := func(option string) {
		if _, _, err := o.clients.Answer(ctx, o.owner, model.ID, "q.backup.exists", []string{option}, "a secret of the model"); err != nil {
			t.Fatal(err)
		}
	}
	say("none")
	source := workbench.FromOrganisation + ":" + model.ID
	if got := o.proposed(t, "", source); !slices.Equal(got, []string{"q.backup.exists"}) {
		t.Fatalf("the template proposes %v", got)
	}
	if _, err := o.Dismiss(ctx, o.owner, o.org, source, []string{"q.backup.exists"}); err != nil {
		t.Fatal(err)
	}
	if got := o.proposed(t, "", source); got != nil {
		t.Errorf("after the dismissal: %v", got)
	}
	wantKind(t, "accepting what was dismissed", func() error { _, err := o.Accept(ctx, o.owner, o.org, source, nil); return err }(), fault.NotFound)
	say("most")
	if got := o.proposed(t, "", source); len(got) != 1 {
		t.Fatalf("another answer of the template: %v", got)
	}
	if d, err := o.Accept(ctx, o.owner, o.org, source, nil); d.Count != 1 || err != nil {
		t.Fatalf("%+v, %v", d, err)
	}
	c, err := o.clients.Load(ctx, o.owner, o.org)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(c.Answers, func(a assessment.Answer) bool { return a.Question == "q.backup.exists" })
	if i < 0 || c.Answers[i].Source != assessment.BySuggestion || c.Answers[i].By != "Anna owner" || c.Answers[i].Note != "" {
		t.Errorf("%+v", c.Answers)
	}
	wantKind(t, "another workspace", func() error { _, err := o.Proposals(ctx, o.actor(other, authz.Owner), o.org, ""); return err }(), fault.NotFound)
	wantKind(t, "an auditor accepts", func() error { _, err := o.Accept(ctx, o.actor(home, authz.Auditor), o.org, source, nil); return err }(), fault.Forbidden)
}
