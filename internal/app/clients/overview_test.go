package clients_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
)

// names are the names of the rows.
func (o office) names(t *testing.T, q clients.Query) []string {
	t.Helper()
	v, err := o.Overview(context.Background(), o.owner, q)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, r := range v.Rows {
		out = append(out, r.Organisation.Name)
	}
	return out
}

func TestOverview(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	names := map[string]string{} // of the examples
	for _, file := range []string{"managed-service-provider.yaml", "water-supplier.yaml", "food-manufacturer.yaml"} {
		org, err := o.Import(ctx, o.owner, tenant.Client, example(t, file))
		if err != nil {
			t.Fatal(err)
		}
		names[file] = org.Name
		if file == "food-manufacturer.yaml" {
			if err := o.Tag(ctx, o.owner, org.ID, []string{"Lüneburg"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := o.Create(ctx, o.owner, clients.Draft{Name: "Zeta", Kind: tenant.Prospect}); err != nil {
		t.Fatal(err)
	}
	food, water, msp := names["food-manufacturer.yaml"], names["water-supplier.yaml"], names["managed-service-provider.yaml"]
	for _, tc := range []struct {
		name string
		q    clients.Query
		want []string
	}{
		{"sector", clients.Query{Sector: "food"}, []string{food}},
		{"tag without accents", clients.Query{Text: "luneburg"}, []string{food}},
		{"kind", clients.Query{Kind: tenant.Prospect}, []string{"Zeta"}},
		{"nothing", clients.Query{Class: law.Out, Country: "XX"}, []string{}},
		{"page", clients.Query{Limit: 1, Offset: 3}, []string{"Zeta"}},
		{"beyond the end", clients.Query{Limit: 10, Offset: 99}, []string{}},
		{"sector and class", clients.Query{Sector: "water.drinking", Class: o.classOf(t, water)}, []string{water}},
	} {
		if got := o.names(t, tc.q); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	for _, by := range clients.SortBys() {
		up, down := o.names(t, clients.Query{Sort: by}), o.names(t, clients.Query{Sort: by, Descending: true})
		if len(up) != 4 || len(down) != 4 || !slices.Contains(up, msp) {
			t.Errorf("%s: %v and %v", by, up, down)
		}
	}
	up := o.names(t, clients.Query{Sort: clients.ByScore})
	if down := o.names(t, clients.Query{Sort: clients.ByScore, Descending: true}); up[0] != down[len(down)-1] && up[0] != down[len(down)-2] {
		t.Errorf("by score: %v and %v", up, down)
	}
	all, err := o.Overview(ctx, o.owner, clients.Query{Limit: 1})
	if err != nil || all.Found != 4 || all.All.Organisations != 4 || len(all.Rows) != 1 || !slices.Contains(all.Sectors, "food") || !slices.Contains(all.Tags, "Lüneburg") {
		t.Errorf("%+v, %v", all, err)
	}
}

func (o office) classOf(t *testing.T, name string) law.Class {
	t.Helper()
	list, err := o.Portfolio(context.Background(), o.owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.Organisation.Name == name {
			return s.Rollup.Class
		}
	}
	t.Fatalf("%s is not in the portfolio", name)
	return ""
}

// TestFarBehind: below 40 of 100 as shown, of what binds or may bind.
func TestFarBehind(t *testing.T) {
	for _, tc := range []struct {
		class    law.Class
		points   float64
		assessed bool
		want     bool
	}{
		{law.Essential, 39.4, true, true},
		{law.Essential, 39.6, true, false}, // shown as 40
		{law.Important, 0, true, true},
		{law.Depends, 10, true, true},
		{law.Out, 10, true, false}, // Art. 2: nothing binds it
		{law.Important, 0, false, false},
	} {
		s := assessment.Standing{Assessed: tc.assessed, Rollup: assessment.Rollup{Class: tc.class, Points: tc.points}}
		if got := clients.FarBehind(s); got != tc.want {
			t.Errorf("%s with %g points: %t", tc.class, tc.points, got)
		}
	}
}

// TestBulk: each deed works, one refusal stops nothing else, and undoing brings
// back what was.
func TestBulk(t *testing.T) {
	o, first := imported(t)
	ctx := context.Background()
	second, err := o.Create(ctx, o.owner, clients.Draft{Name: "Zeta", Kind: tenant.Prospect})
	if err != nil {
		t.Fatal(err)
	}
	template, err := o.Clone(ctx, o.owner, first.ID, "Template", tenant.Client)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.SetTemplate(ctx, o.owner, template.ID, true); err != nil {
		t.Fatal(err)
	}
	both := []string{first.ID, second.ID}
	do := func(ids []string, d clients.Deed, value string) string {
		t.Helper()
		mark, out, err := o.Bulk(ctx, o.owner, ids, d, value)
		if err != nil || len(out) != len(ids) {
			t.Fatalf("%s: %+v, %v", d, out, err)
		}
		for _, x := range out {
			if x.Err != nil {
				t.Errorf("%s: %s: %v", d, x.Name, x.Err)
			}
		}
		return mark
	}
	undo := func(mark string, ids ...string) {
		t.Helper()
		out, err := o.UndoBulk(ctx, o.owner, ids, mark)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range out {
			if x.Err != nil {
				t.Errorf("undo: %v", x.Err)
			}
		}
	}
	mark := do(both, clients.DeedTag, "north")
	if got := o.names(t, clients.Query{Tag: "north"}); len(got) != 2 {
		t.Errorf("tagged: %v", got)
	}
	undo(mark, both...)
	if got := o.names(t, clients.Query{Tag: "north"}); len(got) != 0 {
		t.Errorf("still tagged: %v", got)
	}
	mark = do(both, clients.DeedArchive, "")
	undo(mark, both...)
	mark = do(both, clients.DeedKind, "own")
	undo(mark, both...)
	if got := o.names(t, clients.Query{Kind: tenant.Prospect}); !slices.Equal(got, []string{"Zeta"}) {
		t.Errorf("prospects: %v", got)
	}
	mark = do([]string{second.ID}, clients.DeedTemplate, template.ID)
	if c := o.load(t, second.ID); len(c.Answers) == 0 {
		t.Error("the template gave no answers")
	}
	undo(mark, second.ID)
	if c := o.load(t, second.ID); len(c.Answers) != 0 {
		t.Errorf("%d answers are left after the undo", len(c.Answers))
	}
	mark = do([]string{first.ID}, clients.DeedAdopt, "")
	if c := o.load(t, first.ID); len(c.Tasks) == 0 {
		t.Error("no task was adopted")
	}
	undo(mark, first.ID)
	if c := o.load(t, first.ID); len(c.Tasks) != 0 {
		t.Errorf("%d tasks are left after the undo", len(c.Tasks))
	}
	if _, out, err := o.Bulk(ctx, o.owner, []string{first.ID}, clients.DeedTemplate, template.ID); err != nil || !out[0].Unchanged {
		t.Errorf("a template that brings nothing: %+v, %v", out, err)
	}
	mark = do([]string{first.ID}, clients.DeedTag, "east")
	if out, err := o.UndoBulk(ctx, o.owner, both, mark); err != nil || out[0].Unchanged || out[0].Err != nil || !out[1].Unchanged || out[1].Err != nil {
		t.Errorf("taking back what changed one of two: %+v, %v", out, err)
	}
	do(both, clients.DeedSnapshot, "before the audit")
	do(both, clients.DeedRefresh, "")
	_, out, err := o.Bulk(ctx, o.owner, []string{"0190a000-0000-7000-8000-00000000dead", first.ID}, clients.DeedTag, "south")
	if err != nil || fault.KindOf(out[0].Err) != fault.NotFound || out[1].Err != nil {
		t.Errorf("one that does not exist: %+v, %v", out, err)
	}
	_, _, err = o.Bulk(ctx, o.owner, both, "destroy", "")
	wantKind(t, "an unknown deed", err, fault.Invalid)
	_, err = o.ApplyTemplate(ctx, o.owner, first.ID, second.ID)
	wantKind(t, "a template that is none", err, fault.Invalid)
}

// TestTagsAtOnce: tags that several people give at the same instant are all kept.
func TestTagsAtOnce(t *testing.T) {
	for engine, target := range map[string]func(testing.TB) string{"SQLite": storetest.Prepared, "PostgreSQL": kit.Prepared} {
		t.Run(engine, func(t *testing.T) {
			o := openAt(t, target(t))
			org, err := o.Create(t.Context(), o.owner, clients.Draft{Name: "Zeta", Kind: tenant.Client})
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
			var all sync.WaitGroup
			begin := make(chan struct{})
			for _, tag := range want {
				all.Go(func() {
					<-begin
					if _, out, err := o.Bulk(t.Context(), o.owner, []string{org.ID}, clients.DeedTag, tag); err != nil || out[0].Err != nil {
						t.Errorf("%s: %+v, %v", tag, out, err)
					}
				})
			}
			close(begin)
			all.Wait()
			if got := slices.Sorted(slices.Values(o.row(t, org.ID).Organisation.Tags)); !slices.Equal(got, want) {
				t.Errorf("the tags %v, want %v", got, want)
			}
		})
	}
}

func TestViews(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	ben := o.actor(home, org.ID, authz.Auditor)
	err := o.store.Write(ctx, tenant.System("test"), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		for _, a := range []authz.Actor{o.owner, ben} {
			if _, err := tx.PutPerson(tenant.Person{ID: a.Person, Name: a.Name, Email: a.Person + "@example.org"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	save := func(a authz.Actor, v desk.View) error { return second(o.SaveView(ctx, a, v)) }
	if err := save(o.owner, desk.View{Page: "portfolio", Name: "Behind", Query: "behind=yes", Shared: true}); err != nil {
		t.Fatal(err)
	}
	if err := save(ben, desk.View{Page: "portfolio", Name: "Mine", Query: "tag=x"}); err != nil {
		t.Fatal(err)
	}
	if err := save(ben, desk.View{Page: "portfolio", Name: "Mine", Query: "tag=y"}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "a shared view by an auditor", save(ben, desk.View{Page: "portfolio", Name: "Ours", Shared: true}), fault.Forbidden)
	wantKind(t, "no name", save(ben, desk.View{Page: "portfolio"}), fault.Invalid)
	wantKind(t, "no address", save(ben, desk.View{Page: "portfolio", Name: "x", Query: "%zz"}), fault.Invalid)
	list, err := o.Views(ctx, ben, "portfolio")
	if err != nil || len(list) != 2 || list[1].Query != "tag=y" {
		t.Fatalf("%+v, %v", list, err)
	}
	wantKind(t, "somebody else's shared view", o.RemoveView(ctx, ben, list[0].ID), fault.Forbidden)
	wantKind(t, "somebody else's own view", o.RemoveView(ctx, o.owner, list[1].ID), fault.NotFound)
	if err := o.RemoveView(ctx, ben, list[1].ID); err != nil {
		t.Error(err)
	}
}
