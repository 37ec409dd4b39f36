package clients_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/posture"
)

// role gives a member of an organisation another role; "" takes it away.
func (o office) role(t testing.TB, organisation, person string, r tenant.Role) {
	t.Helper()
	err := o.store.Write(context.Background(), tenant.System("test").In(home, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		if r == "" {
			return tx.RemoveMembership(person, organisation)
		}
		_, err := tx.PutMembership(tenant.Membership{Person: person, Organisation: organisation, Role: r})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOwnersCanWork: only who can work on it owns something; the work of those who
// cannot any more is listed to be handed over.
func TestOwnersCanWork(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	kind := o.k.Catalogue.Kinds()[0].ID
	evidence := assessment.Evidence{OwnerPerson: "eva",
		Evidence: posture.Evidence{ID: "e", Kind: kind, Title: "T", Date: today}}
	own := func(want bool) {
		t.Helper()
		for what, err := range map[string]error{
			"owner":        o.PutTask(ctx, o.owner, org.ID, planning.Task{Title: "Write the policy", State: planning.ToDo, Owner: "eva"}),
			"person":       o.Assign(ctx, o.owner, org.ID, assessment.Assignment{Kind: assessment.OfRequirement, Object: "cir.2.1.1", Person: "eva"}, clients.AsItIs),
			"owner_person": second(o.PutPiece(ctx, o.owner, org.ID, evidence)),
		} {
			if want && err != nil {
				t.Errorf("%s: %v", what, err)
			} else if !want {
				wantField(t, what, err)
			}
		}
	}
	o.join(t, org.ID, "eva")
	for _, r := range []tenant.Role{authz.Auditor, authz.Board} {
		o.role(t, org.ID, "eva", r)
		own(false)
	}
	o.role(t, org.ID, "eva", authz.Editor)
	own(true)
	listed := func(want ...clients.Stranded) {
		t.Helper()
		got, err := o.Stranded(ctx, o.owner)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	listed()
	work := clients.Stranded{Organisation: org.ID, Name: org.Name, Person: "eva", PersonName: "eva", Tasks: 1, Requirements: 1, Evidence: 1}
	o.role(t, org.ID, "eva", authz.Auditor)
	listed(work)
	o.role(t, org.ID, "eva", "")
	work.PersonName = ""
	listed(work)
	if people, err := o.Colleagues(ctx, o.owner, org.ID); err != nil || len(people) != 0 {
		t.Errorf("%v, %v", people, err)
	}
}
