package clients_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/onboarding"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/posture"
)

// right is how a method is called, and who may not.
type right struct {
	low       authz.Role                      // the strongest role that is too low
	workspace bool                            // takes no organisation
	call      func(authz.Actor, string) error // as an actor, on an organisation
	scoped    bool                            // takes a granted scope instead of an actor
}

// rights lists every exported method of the service. A method without a row fails.
func rights(t *testing.T, o office) map[string]right {
	ctx, s := context.Background(), o.Service
	f := example(t, "water-supplier.yaml")
	return map[string]right{
		"Create": {low: authz.Editor, workspace: true, call: func(a authz.Actor, _ string) error {
			return second(s.Create(ctx, a, clients.Draft{Name: "X", Kind: tenant.Client}))
		}},
		"Import":    {low: authz.Editor, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.Import(ctx, a, tenant.Client, f)) }},
		"Portfolio": {low: authz.Guest, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.Portfolio(ctx, a)) }},
		"Aside":     {low: authz.Guest, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.Aside(ctx, a)) }},
		"Ledger":    {low: authz.Contributor, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.Ledger(ctx, a, store.Filter{})) }},
		"Overview":  {low: authz.Guest, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.Overview(ctx, a, clients.Query{})) }},
		"StoppedBulk": {low: authz.Contributor, workspace: true, call: func(a authz.Actor, _ string) error {
			_, _, err := s.StoppedBulk(ctx, a, work.Job{Kind: clients.BulkKind, State: work.Cancelled, Args: []byte(`{"deed":"tag"}`)})
			return err
		}},
		"Stranded":   {low: authz.Contributor, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.Stranded(ctx, a)) }},
		"Views":      {low: authz.Guest, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.Views(ctx, a, "portfolio")) }},
		"SaveView":   {low: authz.Guest, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.SaveView(ctx, a, desk.View{})) }},
		"RemoveView": {low: authz.Guest, workspace: true, call: func(a authz.Actor, _ string) error { return s.RemoveView(ctx, a, "x") }},
		"Bulk": {low: authz.Contributor, workspace: true, call: func(a authz.Actor, id string) error {
			_, _, err := s.Bulk(ctx, a, nil, clients.DeedTag, "")
			return err
		}},
		"UndoBulk": {low: authz.Auditor, workspace: true, call: func(a authz.Actor, id string) error { return second(s.UndoBulk(ctx, a, nil, "")) }},
		"BulkLater": {low: authz.Contributor, workspace: true, call: func(a authz.Actor, _ string) error {
			return second(s.BulkLater(ctx, a, nil, clients.DeedTag, ""))
		}},
		"SetBrand":      {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.SetBrand(ctx, a, id, 1, "", "") }},
		"SetLogo":       {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.SetLogo(ctx, a, id, nil) }},
		"RemoveLogo":    {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.RemoveLogo(ctx, a, id) }},
		"Logo":          {low: authz.Guest, call: func(a authz.Actor, id string) error { return second(s.Logo(ctx, a, id)) }},
		"UndoBulkLater": {low: authz.Auditor, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.UndoBulkLater(ctx, a, nil, "")) }},
		"ApplyTemplate": {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.ApplyTemplate(ctx, a, id, "x")) }},
		"Enrol":         {scoped: true}, // takes the transaction of a caller with rights
		"Install":       {scoped: true},
		"Recompute":     {scoped: true},
		"FinishTask":    {scoped: true},
		"Catalogue":     {scoped: true}, // the same for everybody
		"ImportMany":    {low: authz.Editor, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.ImportMany(ctx, a, tenant.Client, nil)) }},
		"RefreshAll":    {low: authz.Editor, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.RefreshAll(ctx, a)) }},
		"Statutory":     {scoped: true}, // within the transaction of a scope
		"EvidenceEnds":  {scoped: true}, // of what the caller has

		"ReachOf": {scoped: true},
		"Take":    {scoped: true},
		"Assign": {low: authz.Contributor, call: func(a authz.Actor, id string) error {
			return s.Assign(ctx, a, id, assessment.Assignment{}, clients.AsItIs)
		}},
		"Apply":           {low: authz.Contributor, call: func(a authz.Actor, id string) error { _, _, err := s.Apply(ctx, a, id, clients.Batch{}); return err }},
		"Load":            {low: authz.Guest, call: func(a authz.Actor, id string) error { return second(s.Load(ctx, a, id)) }},
		"Home":            {low: authz.Guest, call: func(a authz.Actor, id string) error { return second(s.Home(ctx, a, id)) }},
		"SetFacts":        {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.SetFacts(ctx, a, id, 1, f) }},
		"Determine":       {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.Determine(ctx, a, id)) }},
		"Answer":          {low: authz.Contributor, call: func(a authz.Actor, id string) error { _, _, err := s.Answer(ctx, a, id, "x", nil, ""); return err }},
		"Workbook":        {low: authz.Guest, call: func(a authz.Actor, id string) error { return second(s.Workbook(ctx, a, id, "en")) }},
		"PreviewWorkbook": {low: authz.Auditor, call: func(a authz.Actor, id string) error { return second(s.PreviewWorkbook(ctx, a, id, nil, "en")) }},
		"ImportWorkbook": {low: authz.Contributor, call: func(a authz.Actor, id string) error {
			_, _, err := s.ImportWorkbook(ctx, a, id, []clients.AnswerChange{{Question: "x"}}, nil)
			return err
		}},
		"PutEvidence":    {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.PutEvidence(ctx, a, id, posture.Evidence{}) }},
		"PutPiece":       {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.PutPiece(ctx, a, id, assessment.Evidence{})) }},
		"RemoveEvidence": {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.RemoveEvidence(ctx, a, id, "x") }},
		"Upload":         {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.Upload(ctx, a, id, "x", strings.NewReader("x"))) }},
		"Rescan":         {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.Rescan(ctx, a, id, "x")) }},
		"Download":       {low: authz.Guest, call: func(a authz.Actor, id string) error { _, _, err := s.Download(ctx, a, id, "x"); return err }},
		"PutException": {low: authz.Contributor, call: func(a authz.Actor, id string) error {
			return second(s.PutException(ctx, a, id, posture.Exception{}, clients.AsItIs))
		}},
		"RemoveException": {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.RemoveException(ctx, a, id, "x") }},
		"Assert":          {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.Assert(ctx, a, id, posture.Assertion{}, clients.AsItIs) }},
		"AdoptPlan":       {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.AdoptPlan(ctx, a, id)) }},
		"AddTask":         {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.AddTask(ctx, a, id, planning.Task{})) }},
		"Search":          {low: authz.Guest, workspace: true, call: func(a authz.Actor, _ string) error { return second(s.Search(ctx, a, "x", 1)) }},
		"PutTask":         {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.PutTask(ctx, a, id, planning.Task{}) }},
		"MoveTask":        {low: authz.Auditor, call: func(a authz.Actor, id string) error { return s.MoveTask(ctx, a, id, clients.Move{}) }},
		"ChangeTasks": {low: authz.Auditor, call: func(a authz.Actor, id string) error {
			_, _, err := s.ChangeTasks(ctx, a, id, nil, clients.Bulk{})
			return err
		}},
		"Register":   {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.Register(ctx, a, id, clients.Told{})) }},
		"Colleagues": {low: authz.Guest, call: func(a authz.Actor, id string) error { return second(s.Colleagues(ctx, a, id)) }},
		"RemoveTask": {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.RemoveTask(ctx, a, id, "x") }},
		"Approve":    {low: authz.Editor, call: func(a authz.Actor, id string) error { return second(s.Approve(ctx, a, id, "plan", board.Approved, "")) }},
		"Decide":     {low: authz.Editor, call: func(a authz.Actor, id string) error { return s.Decide(ctx, a, id, "x", "", board.Approved, "") }},
		"Frozen":     {low: authz.Contributor, call: func(a authz.Actor, id string) error { _, _, _, err := s.Frozen(ctx, a, id, "x"); return err }},
		"Approvals":  {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.Approvals(ctx, a, id)) }},
		"AnswerScope": {low: authz.Contributor, call: func(a authz.Actor, id string) error {
			return second(s.AnswerScope(ctx, a, id, 1, "cer", onboarding.Input{}))
		}},
		"PreviewScope": {low: authz.Contributor, call: func(a authz.Actor, id string) error {
			return second(s.PreviewScope(ctx, a, id, "cer", onboarding.Input{}))
		}},
		"Compare": {low: authz.Guest, call: func(a authz.Actor, id string) error {
			_, _, err := s.Compare(ctx, a, id, "x", clients.SideNow, "en")
			return err
		}},
		"PutTraining":    {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.PutTraining(ctx, a, id, board.Training{})) }},
		"RemoveTraining": {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.RemoveTraining(ctx, a, id, "x") }},
		"Trainings":      {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.Trainings(ctx, a, id)) }},
		"Snapshot":       {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.Snapshot(ctx, a, id, "") }},
		"Snapshots":      {low: authz.Guest, call: func(a authz.Actor, id string) error { return second(s.Snapshots(ctx, a, id)) }},
		"Posture":        {low: authz.Guest, call: func(a authz.Actor, id string) error { _, _, err := s.Posture(ctx, a, id, "x"); return err }},
		"History":        {low: authz.Contributor, call: func(a authz.Actor, id string) error { return second(s.History(ctx, a, id, "", "", 0)) }},
		"Undo":           {low: authz.Auditor, call: func(a authz.Actor, id string) error { return s.Undo(ctx, a, id, 1) }},
		"Restore":        {low: authz.Auditor, call: func(a authz.Actor, id string) error { return s.Restore(ctx, a, id, 1) }},
		"Archive":        {low: authz.Editor, call: func(a authz.Actor, id string) error { return s.Archive(ctx, a, id, true) }},
		"Relabel": {low: authz.Editor, call: func(a authz.Actor, id string) error {
			on, name := true, "Renamed"
			return s.Relabel(ctx, a, id, clients.Labels{Template: &on, Name: &name})
		}},
		"SetTemplate": {low: authz.Editor, call: func(a authz.Actor, id string) error { return s.SetTemplate(ctx, a, id, true) }},
		"SetKind":     {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.SetKind(ctx, a, id, tenant.Client) }},
		"Rename":      {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.Rename(ctx, a, id, "Renamed") }},
		"Tag":         {low: authz.Contributor, call: func(a authz.Actor, id string) error { return s.Tag(ctx, a, id, nil) }},
		"Clone":       {low: authz.Editor, call: func(a authz.Actor, id string) error { return second(s.Clone(ctx, a, id, "X", tenant.Client)) }},
	}
}

func TestRightsOfEveryMethod(t *testing.T) {
	o, org := imported(t)
	second, err := o.Import(context.Background(), o.owner, tenant.Client, example(t, "food-manufacturer.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	before := o.size(t)
	table := rights(t, o)
	methods := reflect.TypeFor[*clients.Service]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		r, ok := table[name]
		if !ok {
			t.Errorf("%s has no row: say who may not call it", name)
			continue
		}
		delete(table, name)
		if r.scoped {
			continue
		}
		if r.workspace {
			wantKind(t, name+" by somebody who is no member", r.call(authz.NewActor(authz.Actor{Person: "eve"}, home, nil, o.store), ""), fault.NotFound)
			wantKind(t, name+" by nobody", r.call(authz.Actor{}, ""), fault.NotFound)
		} else {
			wantKind(t, name+" by the owner of another workspace", r.call(o.actor(other, "", authz.Owner), org.ID), fault.NotFound)
			wantKind(t, name+" by the owner of another organisation", r.call(o.actor(home, second.ID, authz.Owner), org.ID), fault.NotFound)
			wantKind(t, name+" on an organisation that does not exist", r.call(o.owner, "0190a000-0000-7000-8000-00000000dead"), fault.NotFound)
			wantKind(t, name+" by nobody", r.call(authz.Actor{}, org.ID), fault.NotFound)
		}
		for _, role := range lower(r.low) {
			wantKind(t, name+" by "+string(role), r.call(o.actor(home, "", role), org.ID), fault.Forbidden)
			if !r.workspace {
				wantKind(t, name+" by "+string(role)+" of the organisation", r.call(o.actor(home, org.ID, role), org.ID), fault.Forbidden)
			}
		}
	}
	for name := range table {
		t.Errorf("there is no method %s any more", name)
	}
	if after := o.size(t); after != before {
		t.Errorf("the refused calls left %d entries in the ledger", after-before)
	}
}

// lower are the role and guests.
func lower(r authz.Role) []authz.Role { return slices.Compact([]authz.Role{r, authz.Guest}) }

// size is the number of entries of the ledger.
func (o office) size(t *testing.T) int64 {
	t.Helper()
	list, err := o.Ledger(context.Background(), o.owner, store.Filter{Limit: 1})
	if err != nil || len(list) == 0 {
		t.Fatal(err)
	}
	return list[0].Seq + 1
}

// TestRolesThatSuffice: the refusals above are no matter of refusing everybody.
func TestRolesThatSuffice(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	board1, editor := o.actor(home, org.ID, authz.Board), o.actor(home, org.ID, authz.Editor)
	if _, err := o.Approve(ctx, editor, org.ID, clients.SubjectPlan, board.Waiting, ""); err != nil {
		t.Error(err)
	}
	if _, err := o.Approve(ctx, board1, org.ID, clients.SubjectPlan, board.Approved, ""); err != nil {
		t.Error(err)
	}
	if _, err := o.Load(ctx, o.actor(home, org.ID, authz.Auditor), org.ID); err != nil {
		t.Error(err)
	}
	list, err := o.Portfolio(ctx, o.actor(home, org.ID, authz.Auditor))
	if err != nil || len(list) != 1 {
		t.Errorf("an auditor of one organisation sees %d, %v", len(list), err)
	}
}
