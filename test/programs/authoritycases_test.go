package programs

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// frozen is a report as the server of an entity hands it out.
func frozen(t *testing.T, change func(*incident.Frozen)) []byte {
	t.Helper()
	now := time.Now().UTC()
	f := incident.Frozen{Format: incident.FrozenFormat, ID: id.New(), Case: id.New(), Reference: "2026-001", Regime: clocks.NIS2, Stage: clocks.EarlyWarning,
		Form: "nis2", FormVersion: 1, Entity: "Netze", Authority: "CSIRT", Country: "AT", TLP: "AMBER", AwareAt: now.Add(-time.Hour),
		DueAt: now.Add(23 * time.Hour), SubmittedAt: now, Values: reporting.Values{"description": {Text: "Files are encrypted."}}}
	change(&f)
	b, _, err := incident.Freeze(f)
	check(t, err)
	return b
}

// officers is a server with two authorities: the programs of Olga's, and of another one.
func officers(t *testing.T) (w *world, other string, olga string) {
	t.Helper()
	c := platform.Config(t)
	w = &world{t: t, site: platform.Start(t, c)}
	local, err := server.OpenLocal(t.Context(), server.Place{Data: c.Data})
	check(t, err)
	defer local.Close()
	for _, n := range []accounts.NewAccount{
		{Email: "olga@example.org", Name: "Olga", Workspace: "CSIRT", Role: "owner", Make: true, Kind: "authority"},
		{Email: "otto@example.org", Name: "Otto", Workspace: "Other authority", Role: "owner", Make: true, Kind: "authority"},
	} {
		_, err = local.Accounts.Add(t.Context(), n)
		check(t, err)
	}
	token := func(email, workspace, role string) string {
		v, err := local.Accounts.As(t.Context(), email, workspace)
		check(t, err)
		olga = v.Person.ID
		text, _, err := local.Accounts.CreateToken(t.Context(), v, accounts.NewToken{Name: role, Role: tenant.Role(role), Expires: time.Now().Add(time.Hour)})
		check(t, err)
		return text
	}
	other = token("otto@example.org", "Other authority", "owner")
	w.owner, w.auditor = token("olga@example.org", "CSIRT", "owner"), token("olga@example.org", "CSIRT", "auditor")
	return w, other, olga
}

// get reads an answer.
func (w *world) get(token, path string, into any) {
	w.t.Helper()
	status, _, b := w.send(token, "GET", path, nil, nil)
	if status != http.StatusOK {
		w.t.Fatalf("%s: %d %s", path, status, b)
	}
	check(w.t, json.Unmarshal(b, into))
}

type officersInbox struct {
	Items []struct{ ID, Case, Entity, Review, Stage string }
	Next  string
	New   int
}

type officersCase struct {
	State, Handler string
	Reports        []struct {
		ID, Report, Review string
		ReviewedBy         string    `json:"reviewed_by"`
		MendDue            time.Time `json:"mend_due"`
		AnsweredAt         time.Time `json:"answered_at"`
		Values             map[string]any
	}
	Messages []struct{ ID, Kind, About, Text, By string }
}

// TestOfficersByProgram: a program of an authority does what its officers do with a
// report: read, answer, ask, remark, assign, send back with a time, accept, close. Who
// only reads may do none of it, and for another authority the case does not exist.
func TestOfficersByProgram(t *testing.T) {
	w, other, olga := officers(t)
	status, _, b := w.send(w.owner, "POST", "/api/v1/organisations", object{"name": "Netze"}, nil)
	var made struct{ ID string }
	if check(t, json.Unmarshal(b, &made)); status != http.StatusCreated {
		t.Fatalf("%d %s", status, b)
	}
	into := "/api/v1/organisations/" + made.ID + "/authority-reports"
	content := frozen(t, func(*incident.Frozen) {})
	if status, _, b = w.send(w.owner, "POST", into, content, nil); status != http.StatusCreated {
		t.Fatalf("%d %s", status, b)
	}
	if status, _, b := w.send(w.owner, "POST", into, content, nil); status != http.StatusCreated {
		t.Errorf("the same report again: %d %s", status, b)
	}
	if status, _, b := w.send(w.owner, "POST", into+"?regime=nis2&stage=early_warning&reference=7", []byte("no PDF"), nil); status != http.StatusUnprocessableEntity {
		t.Errorf("neither a report nor a paper: %d %s", status, b)
	}
	var inbox officersInbox
	if w.get(w.auditor, "/api/v1/authority/reports?show=new&q=netze", &inbox); len(inbox.Items) != 1 || inbox.Items[0].Entity != "Netze" || inbox.New != 1 {
		t.Fatalf("%+v", inbox)
	}
	one := "/api/v1/authority/cases/" + inbox.Items[0].Case
	report := one + "/reports/" + inbox.Items[0].ID
	var c officersCase
	if w.get(w.auditor, one, &c); len(c.Reports) != 1 || c.Reports[0].Values["description"] == nil {
		t.Fatalf("%+v", c)
	}
	if status, _, b := w.send(w.auditor, "GET", report+"/content", nil, nil); status != http.StatusOK || !bytes.Equal(b, content) {
		t.Errorf("%d, %d bytes", status, len(b))
	}
	due := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	steps := []struct {
		method, path string
		body         any
		want         int
	}{
		{"PUT", one + "/handler", object{"person": olga}, 204},
		{"PUT", one + "/handler", object{"person": "nobody"}, 422},
		{"POST", one + "/messages", object{"kind": "feedback", "text": "We have it. Isolate the servers."}, 201},
		{"POST", one + "/messages", object{"kind": "question", "about": c.Reports[0].Report, "text": "Which servers?", "due_at": due}, 201},
		{"POST", one + "/messages", object{"kind": "request", "text": "Tell us where you stand."}, 422}, // no time
		{"POST", one + "/messages", object{"kind": "remark", "text": "x"}, 422},
		{"POST", one + "/remarks", object{"text": "Looks like the case of last week."}, 204},
		{"PUT", report + "/review", object{"verdict": "revision", "due_at": due}, 422}, // nothing to mend
		{"PUT", report + "/review", object{"verdict": "revision", "text": "The number of users is missing.", "due_at": due}, 204},
	}
	for _, s := range steps {
		if status, _, b := w.send(other, s.method, s.path, s.body, nil); status != http.StatusNotFound && !(s.want == 422 && status == 422) {
			t.Errorf("another authority: %s %s %v: %d %s", s.method, s.path, s.body, status, b)
		}
		if status, _, b := w.send(w.auditor, s.method, s.path, s.body, nil); status != http.StatusForbidden && !(s.want == 422 && status == 422) {
			t.Errorf("who only reads: %s %s %v: %d %s", s.method, s.path, s.body, status, b)
		}
		if status, _, b := w.send(w.owner, s.method, s.path, s.body, nil); status != s.want {
			t.Errorf("%s %s %v: %d %s", s.method, s.path, s.body, status, b)
		}
	}
	for _, path := range []string{one, report + "/content"} {
		if status, _, b := w.send(other, "GET", path, nil, nil); status != http.StatusNotFound {
			t.Errorf("another authority reads %s: %d %s", path, status, b)
		}
	}
	var none officersInbox
	if w.get(other, "/api/v1/authority/reports", &none); len(none.Items) != 0 {
		t.Errorf("another authority sees %+v", none)
	}
	w.get(w.auditor, one, &c)
	var said []string
	for _, m := range c.Messages {
		said = append(said, m.Kind)
	}
	r := c.Reports[0]
	if c.Handler != olga || r.Review != "revision" || r.ReviewedBy != "Olga (owner)" || !r.MendDue.Equal(due) || r.AnsweredAt.IsZero() || strings.Join(said, " ") != "receipt feedback question remark revision" {
		t.Errorf("%+v, said %v", c, said)
	}
	for _, s := range []struct {
		path string
		body any
	}{{report + "/review", object{"verdict": "passed"}}, {one + "/state", object{"state": "closed"}}, {one + "/handler", object{"person": ""}}} {
		if status, _, b := w.send(w.owner, "PUT", s.path, s.body, nil); status != http.StatusNoContent {
			t.Errorf("%s: %d %s", s.path, status, b)
		}
	}
	c = officersCase{} // what is left out of an answer is none
	if w.get(w.auditor, one, &c); c.State != "closed" || c.Handler != "" || c.Reports[0].Review != "passed" {
		t.Errorf("%+v", c)
	}
}

// TestMorningOfReports: an authority finds its way through two hundred reports.
func TestMorningOfReports(t *testing.T) {
	w, _, _ := officers(t)
	status, _, b := w.send(w.owner, "POST", "/api/v1/organisations", object{"name": "Netze"}, nil)
	var made struct{ ID string }
	if check(t, json.Unmarshal(b, &made)); status != http.StatusCreated {
		t.Fatalf("%d %s", status, b)
	}
	const reports = 200
	for n := range reports {
		content := frozen(t, func(f *incident.Frozen) {
			if n%10 == 0 {
				f.Values["cross_border"] = reporting.Value{Text: "yes"}
			}
		})
		if status, _, b := w.send(w.owner, "POST", "/api/v1/organisations/"+made.ID+"/authority-reports", content, nil); status != http.StatusCreated {
			t.Fatalf("report %d: %d %s", n, status, b)
		}
	}
	seen := map[string]bool{}
	for after := ""; ; {
		var in officersInbox
		w.get(w.owner, "/api/v1/authority/reports?show=new&after="+after, &in)
		for _, x := range in.Items {
			seen[x.ID] = true
		}
		if after = in.Next; after == "" {
			break
		}
	}
	var abroad officersInbox
	w.get(w.owner, "/api/v1/authority/reports?cross_border=true", &abroad)
	if len(seen) != reports || len(abroad.Items) != reports/10 {
		t.Errorf("%d of %d seen, %d affect other Member States", len(seen), reports, len(abroad.Items))
	}
	for _, x := range abroad.Items {
		if status, _, b := w.send(w.owner, "PUT", "/api/v1/authority/cases/"+x.Case+"/reports/"+x.ID+"/review", object{"verdict": "passed"}, nil); status != http.StatusNoContent {
			t.Fatalf("%d %s", status, b)
		}
	}
	var left officersInbox
	if w.get(w.owner, "/api/v1/authority/reports?show=new", &left); left.New != reports-reports/10 {
		t.Errorf("%d are new still", left.New)
	}
}
