package authz_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

// matrix says for every permission which roles hold it, one letter per role in
// the order of authz.Roles: Owner, Consultant, Editor, coNtributor, Auditor, Board, Guest.
var matrix = map[authz.Permission]string{
	authz.WorkspaceRead:      "OCE-A--",
	authz.WorkspaceManage:    "O------",
	authz.MembersRead:        "OCE-A--",
	authz.MembersManage:      "OC-----",
	authz.TokensManage:       "O------",
	authz.OrganisationRead:   "OCENAB-",
	authz.OrganisationCreate: "OC-----",
	authz.OrganisationEdit:   "OCE----",
	authz.OrganisationDelete: "O------",
	authz.AssessmentRead:     "OCENAB-",
	authz.AssessmentEdit:     "OCE----",
	authz.AssignedEdit:       "OCEN---",
	authz.DelegationManage:   "OCE----",
	authz.DelegationAnswer:   "------G",
	authz.PlanRead:           "OCENAB-",
	authz.PlanEdit:           "OCE----",
	authz.CommentWrite:       "OCEN-B-",
	authz.BoardRead:          "OCE-AB-",
	authz.ApprovalRequest:    "OCE----",
	authz.ApprovalDecide:     "O----B-",
	authz.TrainingEdit:       "OCE----",
	authz.ReportCreate:       "OCE----",
	authz.RegistrationEdit:   "OCE----",
	authz.LedgerRead:         "OCE-A--",
	authz.LedgerRestore:      "OCE----",
	authz.JobsRead:           "OCE-A--",
	authz.JobsManage:         "OC-----",
	authz.IncidentNotice:     "OCEN-B-",
	authz.IncidentRead:       "OCE-AB-",
	authz.IncidentEdit:       "OCE----",
	authz.IncidentDecide:     "OCE----",
	authz.IncidentApprove:    "OCE----",
	authz.IncidentSubmit:     "OCE----",
	authz.ExposureRead:       "OCE-AB-",
	authz.ExposureScan:       "OCE----",
}

func TestMatrix(t *testing.T) {
	letters := "OCENABG"
	if len(matrix) != len(authz.Permissions()) {
		t.Errorf("%d permissions, the matrix has %d", len(authz.Permissions()), len(matrix))
	}
	for _, p := range authz.Permissions() {
		var got strings.Builder
		for i, r := range authz.Roles() {
			if authz.Allows(r, p) {
				got.WriteByte(letters[i])
			} else {
				got.WriteByte('-')
			}
		}
		if got.String() != matrix[p] {
			t.Errorf("%-22s %s, want %s", p, got.String(), matrix[p])
		}
	}
}

func TestUnknownIsDenied(t *testing.T) {
	if authz.Allows("administrator", authz.OrganisationRead) || authz.Allows(authz.Owner, "everything") || authz.Allows("", authz.OrganisationRead) {
		t.Error("an unknown role or permission was allowed")
	}
}

type directory map[string][]string // workspace → organisations

func (d directory) HasOrganisation(_ context.Context, workspace, organisation string) (bool, error) {
	return slices.Contains(d[workspace], organisation), nil
}

var places = directory{"w1": {"a", "b"}, "w2": {"x"}}

func actor(workspace string, ms ...tenant.Membership) authz.Actor {
	return authz.NewActor(authz.Actor{Person: "p", Session: authz.Browser}, workspace, ms, places)
}

func TestOrganisation(t *testing.T) {
	whole := func(r authz.Role) authz.Actor { return actor("w1", tenant.Membership{Workspace: "w1", Role: r}) }
	one := func(r authz.Role) authz.Actor {
		return actor("w1", tenant.Membership{Workspace: "w1", Organisation: "a", Role: r})
	}
	for _, tc := range []struct {
		name         string
		as           authz.Actor
		organisation string
		need         authz.Permission
		want         fault.Kind // Internal: no error
	}{
		{"owner", whole(authz.Owner), "a", authz.AssessmentEdit, fault.Internal},
		{"owner of another workspace", whole(authz.Owner), "x", authz.AssessmentEdit, fault.NotFound},
		{"low role of another workspace", whole(authz.Auditor), "x", authz.AssessmentEdit, fault.NotFound},
		{"unknown organisation", whole(authz.Owner), "nope", authz.AssessmentEdit, fault.NotFound},
		{"empty organisation", whole(authz.Owner), "", authz.AssessmentEdit, fault.NotFound},
		{"auditor may not edit", whole(authz.Auditor), "a", authz.AssessmentEdit, fault.Forbidden},
		{"auditor reads", whole(authz.Auditor), "a", authz.AssessmentRead, fault.Internal},
		{"member of a", one(authz.Editor), "a", authz.AssessmentEdit, fault.Internal},
		{"member of a in b", one(authz.Editor), "b", authz.AssessmentRead, fault.NotFound},
		{"stranger", actor("w1"), "a", authz.OrganisationRead, fault.NotFound},
		{"zero actor", authz.Actor{}, "a", authz.OrganisationRead, fault.NotFound},
	} {
		s, err := tc.as.Organisation(context.Background(), tc.organisation, tc.need)
		if tc.want == fault.Internal {
			if err != nil || s.WorkspaceID() != "w1" || s.OrganisationID() != tc.organisation {
				t.Errorf("%s: %v %v", tc.name, s, err)
			}
			if err := tc.as.Can(tc.need, s); err != nil {
				t.Errorf("%s: Can: %v", tc.name, err)
			}
			continue
		}
		if err == nil || fault.KindOf(err) != tc.want || !s.IsZero() {
			t.Errorf("%s: %v, %v", tc.name, s, err)
		}
	}
}

func TestMembershipsOfOtherWorkspacesDoNotCount(t *testing.T) {
	a := actor("w1", tenant.Membership{Workspace: "w2", Role: authz.Owner})
	if _, err := a.Workspace(authz.WorkspaceRead); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
	both := []tenant.Membership{{Workspace: "w1", Role: authz.Auditor}, {Workspace: "w2", Role: authz.Owner}}
	if err := actor("w1", both...).Can(authz.WorkspaceManage, grant(t, actor("w2", both...))); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the scope of another workspace: %v", err)
	}
}

func grant(t *testing.T, a authz.Actor) tenant.Scope {
	t.Helper()
	s, err := a.Workspace(authz.WorkspaceRead)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReach(t *testing.T) {
	a := actor("w1",
		tenant.Membership{Workspace: "w1", Organisation: "b", Role: authz.Editor},
		tenant.Membership{Workspace: "w1", Organisation: "a", Role: authz.Auditor})
	s, err := a.Reach(authz.AssessmentRead)
	if ids, limited := s.OrganisationIDs(); err != nil || !limited || !slices.Equal(ids, []string{"a", "b"}) {
		t.Errorf("read: %v %v", ids, err)
	}
	s, err = a.Reach(authz.AssessmentEdit)
	if ids, _ := s.OrganisationIDs(); err != nil || !slices.Equal(ids, []string{"b"}) {
		t.Errorf("edit: %v %v", ids, err)
	}
	if _, err = a.Reach(authz.MembersManage); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("manage: %v", err)
	}
	if _, err = a.Workspace(authz.AssessmentRead); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the whole workspace: %v", err)
	}
}

func TestReachOfTheWholeWorkspace(t *testing.T) {
	a := actor("w1", tenant.Membership{Workspace: "w1", Role: authz.Auditor}, tenant.Membership{Workspace: "w1", Organisation: "a", Role: authz.Editor})
	s, err := a.Reach(authz.AssessmentRead)
	if ids, limited := s.OrganisationIDs(); err != nil || limited {
		t.Errorf("read: only %v, %v", ids, err)
	}
	s, err = a.Reach(authz.AssessmentEdit)
	if ids, limited := s.OrganisationIDs(); err != nil || !limited || !slices.Equal(ids, []string{"a"}) {
		t.Errorf("edit: %v %v", ids, err)
	}
	if _, err := actor("w1").Reach(authz.AssessmentRead); fault.KindOf(err) != fault.NotFound {
		t.Errorf("stranger: %v", err)
	}
}

// TestCanInAScope asks for more than a scope was granted for.
func TestCanInAScope(t *testing.T) {
	auditor := actor("w1", tenant.Membership{Workspace: "w1", Role: authz.Auditor}, tenant.Membership{Workspace: "w1", Organisation: "a", Role: authz.Owner})
	all := grant(t, auditor)
	if err := auditor.Can(authz.MembersRead, all); err != nil {
		t.Errorf("read in the whole workspace: %v", err)
	}
	if err := auditor.Can(authz.OrganisationEdit, all); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("edit in the whole workspace with a role in one organisation: %v", err)
	}
	two := actor("w1", tenant.Membership{Workspace: "w1", Organisation: "a", Role: authz.Editor}, tenant.Membership{Workspace: "w1", Organisation: "b", Role: authz.Auditor})
	both, err := two.Reach(authz.AssessmentRead)
	if err != nil {
		t.Fatal(err)
	}
	if err := two.Can(authz.AssessmentEdit, both); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("edit in two organisations with the right in one: %v", err)
	}
	if err := actor("w1", tenant.Membership{Workspace: "w1", Organisation: "a", Role: authz.Owner}).Can(authz.AssessmentRead, both); fault.KindOf(err) != fault.NotFound {
		t.Errorf("read in two organisations as a member of one: %v", err)
	}
	if err := two.Can(authz.AssessmentRead, tenant.Scope{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no scope: %v", err)
	}
}

func TestTheStrongestRoleCounts(t *testing.T) {
	in := func(organisation string, r authz.Role) tenant.Membership {
		return tenant.Membership{Workspace: "w1", Organisation: organisation, Role: r}
	}
	for _, ms := range [][]tenant.Membership{
		{in("", authz.Auditor), in("a", authz.Consultant), in("a", authz.Guest), in("b", authz.Owner)},
		{in("b", authz.Owner), in("a", authz.Guest), in("a", authz.Consultant), in("", authz.Auditor)},
	} {
		a := actor("w1", ms...)
		for organisation, want := range map[string]authz.Role{"a": authz.Consultant, "b": authz.Owner, "": authz.Auditor} {
			if r, ok := a.RoleIn(organisation); !ok || r != want {
				t.Errorf("%v: %q in %q, want %q", ms, r, organisation, want)
			}
		}
	}
	if r, ok := actor("w1", in("a", "root")).RoleIn("a"); ok {
		t.Errorf("the unknown role counts as %q", r)
	}
}

// counted is a directory that counts its questions.
type counted struct {
	directory
	asked int
}

func (c *counted) HasOrganisation(ctx context.Context, workspace, organisation string) (bool, error) {
	c.asked++
	return c.directory.HasOrganisation(ctx, workspace, organisation)
}

func TestRemember(t *testing.T) {
	of := &counted{directory: places}
	d := authz.Remember(of)
	for _, tc := range []struct {
		workspace, organisation string
		want                    bool
		asked                   int
	}{
		{"w1", "a", true, 1}, {"w1", "a", true, 1}, {"w2", "a", false, 2}, {"w2", "a", false, 3}, {"w1", "b", true, 4}, {"w1", "a", true, 4},
	} {
		if got, err := d.HasOrganisation(context.Background(), tc.workspace, tc.organisation); err != nil || got != tc.want || of.asked != tc.asked {
			t.Errorf("%s in %s: %v, %v after %d questions; want %v after %d", tc.organisation, tc.workspace, got, err, of.asked, tc.want, tc.asked)
		}
	}
	nowhere := authz.NewActor(authz.Actor{Person: "p"}, "w1", []tenant.Membership{{Workspace: "w1", Role: authz.Owner}}, nil)
	if _, err := nowhere.Organisation(context.Background(), "a", authz.OrganisationRead); fault.KindOf(err) != fault.NotFound {
		t.Errorf("without a directory: %v", err)
	}
}

func TestStepUp(t *testing.T) {
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		a    authz.Actor
		want bool
	}{
		{authz.Actor{Session: authz.Browser}, false},
		{authz.Actor{Session: authz.Browser, StepUpAt: at.Add(-authz.StepUpFor)}, true},
		{authz.Actor{Session: authz.Browser, StepUpAt: at.Add(-authz.StepUpFor - time.Second)}, false},
		{authz.Actor{Session: authz.API}, true},
	} {
		if got := tc.a.SteppedUp(at); got != tc.want {
			t.Errorf("%+v: %v", tc.a, got)
		}
	}
}

// TestAScopeNeverLeavesTheWorkspace draws memberships and asks for everything.
func TestAScopeNeverLeavesTheWorkspace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
		var ms []tenant.Membership
		for range rapid.IntRange(0, 4).Draw(t, "memberships") {
			ms = append(ms, tenant.Membership{
				Workspace: pick("workspace", "w1", "w2"), Organisation: pick("organisation", "", "a", "b", "x"),
				Role: rapid.SampledFrom(authz.Roles()).Draw(t, "role"),
			})
		}
		a := actor(pick("at", "w1", "w2"), ms...)
		p := rapid.SampledFrom(authz.Permissions()).Draw(t, "permission")
		o := pick("asked", "a", "b", "x", "none")
		s, err := a.Organisation(context.Background(), o, p)
		if err != nil {
			return
		}
		held := slices.ContainsFunc(ms, func(m tenant.Membership) bool {
			return m.Workspace == a.WorkspaceID() && (m.Organisation == "" || m.Organisation == o) && authz.Allows(m.Role, p)
		})
		if !held || s.WorkspaceID() != a.WorkspaceID() || !slices.Contains(places[a.WorkspaceID()], o) {
			t.Fatalf("%v was granted %s in %s", ms, p, o)
		}
		if !s.In("w1", "").IsZero() || !s.In("w2", "x").IsZero() {
			t.Fatal("a granted scope moved")
		}
	})
}

func TestNobodyHandsOutMoreThanTheyHave(t *testing.T) {
	for _, tc := range []struct {
		by, r authz.Role
		want  bool
	}{
		{authz.Owner, authz.Owner, true},
		{authz.Consultant, authz.Owner, false},
		{authz.Consultant, authz.Consultant, true},
		{authz.Consultant, authz.Board, true},
		{authz.Editor, authz.Guest, false},
		{authz.Owner, "root", false},
	} {
		if got := authz.MayGrant(tc.by, tc.r); got != tc.want {
			t.Errorf("%s gives %s: %v", tc.by, tc.r, got)
		}
	}
}

func TestOwn(t *testing.T) {
	for _, tc := range []struct {
		role    authz.Role
		session authz.Session
		want    bool
	}{
		{authz.Auditor, authz.Browser, true}, {authz.Auditor, authz.API, false}, {authz.Board, authz.API, false},
		{authz.Contributor, authz.API, true}, {authz.Owner, authz.API, true},
	} {
		a := authz.NewActor(authz.Actor{Person: "p", Session: tc.session}, "w", []tenant.Membership{{Workspace: "w", Role: tc.role}}, nil)
		if got := a.Own() == nil; got != tc.want {
			t.Errorf("%s by %s: %v", tc.role, tc.session, got)
		}
	}
}

// TestDayOfAnActor: around midnight, on the days on which clocks change, and at both ends
// of the world.
func TestDayOfAnActor(t *testing.T) {
	for _, tc := range []struct{ zone, at, want string }{
		{"", "2026-11-28T23:30:00Z", "2026-11-28"},
		{"Europe/Vienna", "2026-11-28T22:59:59Z", "2026-11-28"},
		{"Europe/Vienna", "2026-11-28T23:00:00Z", "2026-11-29"},
		{"Europe/Vienna", "2026-03-28T23:00:00Z", "2026-03-29"}, // summer time begins: 23 hours
		{"Europe/Vienna", "2026-03-29T21:59:59Z", "2026-03-29"},
		{"Europe/Vienna", "2026-03-29T22:00:00Z", "2026-03-30"},
		{"Europe/Vienna", "2026-10-24T22:00:00Z", "2026-10-25"}, // it ends: 25 hours
		{"Europe/Vienna", "2026-10-25T22:59:59Z", "2026-10-25"},
		{"Europe/Vienna", "2026-10-25T23:00:00Z", "2026-10-26"},
		{"Pacific/Kiritimati", "2026-12-31T09:59:59Z", "2026-12-31"}, // UTC+14
		{"Pacific/Kiritimati", "2026-12-31T10:00:00Z", "2027-01-01"},
		{"Pacific/Niue", "2027-01-01T10:59:59Z", "2026-12-31"}, // UTC−11
		{"Pacific/Niue", "2027-01-01T11:00:00Z", "2027-01-01"},
		{"Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24"},   // the day begins at one o'clock
		{"Asia/Kathmandu", "2026-05-01T18:14:59Z", "2026-05-01"}, // UTC+5:45
		{"Asia/Kathmandu", "2026-05-01T18:15:00Z", "2026-05-02"},
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		a := authz.Actor{}
		if tc.zone != "" {
			a.Zone = tenant.ZoneOf(tc.zone)
		}
		if got := a.Day(at).String(); got != tc.want {
			t.Errorf("%s in %q: %s, want %s", tc.at, tc.zone, got, tc.want)
		}
	}
}
