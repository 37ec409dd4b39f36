package clients_test

import (
	"context"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
)

// TestKeptIsNeverOld: what is kept between two pages is read anew after any change,
// also when another server made it; lists that a caller changes stay their own.
func TestKeptIsNeverOld(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	elsewhere := clients.New(o.store, o.k, nil)
	q := o.k.Catalogue.Questions()[0]
	for i, s := range []*clients.Service{o.Service, elsewhere, o.Service} {
		before := o.load(t, org.ID)
		if _, _, err := s.Answer(ctx, o.owner, org.ID, q.ID, []string{q.Options[i%2].ID}, "again"); err != nil {
			t.Fatal(err)
		}
		if err := s.PutTask(ctx, o.owner, org.ID, planning.Task{Title: "New", State: planning.ToDo}); err != nil {
			t.Fatal(err)
		}
		after := o.load(t, org.ID)
		if len(after.Tasks) != len(before.Tasks)+1 {
			t.Errorf("%d tasks after %d", len(after.Tasks), len(before.Tasks))
		}
		if got := after.File.Answers[q.ID].Options; len(got) != 1 || got[0] != q.Options[i%2].ID {
			t.Errorf("the answer is %v", got)
		}
		after.Tasks[0].Title = "spoilt"
		clear(after.File.Answers)
		if again := o.load(t, org.ID); again.Tasks[0].Title == "spoilt" || len(again.File.Answers) == 0 {
			t.Error("a caller changed what is kept")
		}
	}
	if err := o.Archive(ctx, o.owner, org.ID, true); err != nil {
		t.Fatal(err)
	}
	if !o.load(t, org.ID).Organisation.Archived {
		t.Error("the archived organisation is kept as it was")
	}
}
