package clients_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/posture"
)

// policy files a model policy with a file and everything that a piece can say.
func (o office) policy(t *testing.T, org, kind, title string) assessment.Evidence {
	t.Helper()
	f, err := o.Upload(context.Background(), o.owner, org, "model.txt", strings.NewReader("Model: "+title))
	if err != nil {
		t.Fatal(err)
	}
	e := assessment.Evidence{Evidence: posture.Evidence{Kind: kind, Title: title, Date: today, Owner: "Secret Person", Location: "S:/secret", Note: "secret note",
		Covers: []string{"cir.6.6.1.a"}}, Files: []string{f.ID}, RenewMonths: 12}
	if e.ID, err = o.PutPiece(context.Background(), o.owner, org, e); err != nil {
		t.Fatal(err)
	}
	return e
}

// ofKind is the evidence of a kind.
func ofKind(c clients.Client, kind string) (out []assessment.Evidence) {
	for _, e := range c.Evidence {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// TestPoliciesOfClients: a copy of a client has its policies as drafts that count for
// nothing, and nothing else that the client's people wrote or uploaded.
func TestPoliciesOfClients(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	o.policy(t, org.ID, "doc.crypto-policy", "Crypto policy of Secret Person")
	o.policy(t, org.ID, "doc.crypto-policy", "The same, an older edition")
	o.policy(t, org.ID, "rec.firewall-rules", "Reviewed rules")
	q := o.k.Catalogue.Questions()[0]
	if _, _, err := o.Answer(ctx, o.owner, org.ID, q.ID, []string{q.Options[0].ID}, "secret note"); err != nil {
		t.Fatal(err)
	}
	copied, err := o.Clone(ctx, o.actor(home, "", "consultant"), org.ID, "Zweite GmbH", tenant.Client)
	if err != nil {
		t.Fatal(err)
	}
	c := o.load(t, copied.ID)
	if f := c.File; len(f.Figures) > 0 || len(f.Group.Linked)+len(f.Group.Partners) > 0 || f.Status.CERCritical.Known() || len(f.Activity.EntityTypes) == 0 || len(f.Establishment.EstablishedIn) == 0 {
		t.Errorf("the copy has these figures, group and decisions: %+v, %+v, %+v; and does %v in %v", f.Figures, f.Group, f.Status, f.Activity.EntityTypes, f.Establishment.EstablishedIn)
	}
	if from := o.load(t, org.ID).File; len(from.Figures) == 0 {
		t.Error("the organisation that was copied has no figures")
	}
	got := ofKind(c, "doc.crypto-policy")
	title, _ := o.k.Catalogue.KindTitle("doc.crypto-policy")
	if len(got) != 1 || !got[0].Draft || got[0].Title != title || got[0].RenewMonths != 12 || got[0].Covers[0] != "cir.6.6.1.a" || !got[0].Date.IsZero() {
		t.Fatalf("the draft is %+v", got)
	}
	if len(ofKind(c, "rec.firewall-rules")) != 0 || len(c.Files) != 0 || len(c.File.Evidence) != 0 {
		t.Errorf("records or files came along: %+v, %d files, %d count", c.Evidence, len(c.Files), len(c.File.Evidence))
	}
	for _, e := range c.Evidence {
		if all := e.Title + e.Owner + e.Location + e.Note + e.OwnerPerson; strings.Contains(strings.ToLower(all), "secret") || len(e.Files) > 0 {
			t.Errorf("the copy knows %+v", e)
		}
	}
	for _, a := range c.Answers {
		if a.Note != "" || a.By != "Anna consultant" {
			t.Fatalf("the answer of the other client says %q by %q", a.Note, a.By)
		}
	}
}

// TestPoliciesOfTemplates: the model policies of a template reach a client with files
// of its own, once, and become evidence when they are approved; undoing the bulk
// action takes them back.
func TestPoliciesOfTemplates(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	model, err := o.Create(ctx, o.owner, clients.Draft{Name: "Model", Kind: tenant.Client, Template: true})
	if err != nil {
		t.Fatal(err)
	}
	had := o.policy(t, org.ID, "doc.crypto-policy", "Ours")
	o.policy(t, model.ID, "doc.crypto-policy", "Model crypto policy")
	o.policy(t, model.ID, "doc.privileged-policy", "Model rules for administrators")
	before := o.load(t, org.ID).In.Posture.Scores[0]
	mark, out, err := o.Bulk(ctx, o.owner, []string{org.ID}, clients.DeedTemplate, model.ID)
	if err != nil || out[0].Err != nil || out[0].Added != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	c := o.load(t, org.ID)
	got := ofKind(c, "doc.privileged-policy")
	if len(got) != 1 || !got[0].Draft || got[0].Title != "Model rules for administrators" || got[0].Note != "secret note" || got[0].Owner != "" || len(got[0].Files) != 1 {
		t.Fatalf("the draft is %+v", got)
	}
	if kept := ofKind(c, "doc.crypto-policy"); len(kept) != 1 || kept[0].ID != had.ID {
		t.Errorf("the client's own policy is now %+v", kept)
	}
	if c.In.Posture.Scores[0] != before {
		t.Errorf("a draft moved the score from %+v to %+v", before, c.In.Posture.Scores[0])
	}
	if v := clients.ValidityOf(o.k.Catalogue, got[0], today); v != clients.Drafted {
		t.Errorf("the draft is %s", v)
	}
	_, content, err := o.Download(ctx, o.actor(home, org.ID, "editor"), org.ID, got[0].Files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if b, err := io.ReadAll(content); err != nil || string(b) != "Model: Model rules for administrators" {
		t.Errorf("the file says %q, %v", b, err)
	}
	if _, out, err := o.Bulk(ctx, o.owner, []string{org.ID}, clients.DeedTemplate, model.ID); err != nil || out[0].Added != 0 {
		t.Errorf("a second time: %+v, %v", out, err)
	}
	if list, err := o.UndoBulk(ctx, o.owner, []string{org.ID}, mark); err != nil || list[0].Err != nil || len(ofKind(o.load(t, org.ID), "doc.privileged-policy")) != 0 {
		t.Errorf("taken back: %+v, %v", list, err)
	}

	created, err := o.Create(ctx, o.owner, clients.Draft{Name: "Neu GmbH", Kind: tenant.Client, From: model.ID})
	if err != nil {
		t.Fatal(err)
	}
	draft := ofKind(o.load(t, created.ID), "doc.privileged-policy")[0]
	draft.Draft = false
	_, err = o.PutPiece(ctx, o.owner, created.ID, draft)
	wantKind(t, "an approved policy without a day", err, fault.Invalid)
	draft.Date = today
	if _, err = o.PutPiece(ctx, o.owner, created.ID, draft); err != nil {
		t.Fatal(err)
	}
	if c := o.load(t, created.ID); len(c.File.Evidence) != 1 || c.File.Evidence[0].Title != "Model rules for administrators" {
		t.Errorf("counting are %+v", c.File.Evidence)
	}
}
