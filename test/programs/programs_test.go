// Package programs tests the interface for programs as a program uses it: every
// operation of the OpenAPI document, on the real server.
package programs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/law/significance"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// world is a server with two workspaces and programs in them.
type world struct {
	t                        *testing.T
	site                     platform.Site
	owner, auditor, stranger string // tokens; the stranger owns another workspace
	document                 document
	schemas                  *jsonschema.Compiler
	ids                      map[string]string // placeholder → id
	patient                  bool              // waits when there were too many requests
	smuggled                 int               // operations that were tried with ids of the first workspace in the other
}

type document struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Responses   map[string]struct {
			Content map[string]any `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
}

func start(t *testing.T) *world {
	t.Helper()
	return startAt(t, clock.System{})
}

func startAt(t *testing.T, at clock.Clock) *world {
	t.Helper()
	c := platform.Config(t)
	c.Clock = at
	w := &world{t: t, site: platform.Start(t, c), ids: map[string]string{"criterion": significance.Loss.String()}}
	local, err := server.OpenLocal(t.Context(), server.Place{Data: c.Data, Clock: at})
	check(t, err)
	defer local.Close()
	token := func(email, workspace, role string) string {
		v, err := local.Accounts.As(t.Context(), email, workspace)
		check(t, err)
		text, _, err := local.Accounts.CreateToken(t.Context(), v, accounts.NewToken{Name: role, Role: tenant.Role(role), Expires: at.Now().Add(time.Hour)})
		check(t, err)
		return text
	}
	for _, n := range []accounts.NewAccount{
		{Email: "anna@example.org", Name: "Anna", Workspace: "Seewinkel", Role: "owner", Make: true, Kind: "provider"},
		{Email: "ben@example.org", Name: "Ben", Workspace: "Elsewhere", Role: "owner", Make: true, Kind: "company", Language: "de"},
		{Email: "eva@example.org", Name: "Eva", Workspace: "Seewinkel", Role: "editor"},
	} {
		_, err := local.Accounts.Add(t.Context(), n)
		check(t, err)
	}
	w.owner, w.auditor, w.stranger = token("anna@example.org", "Seewinkel", "owner"), token("anna@example.org", "Seewinkel", "auditor"), token("ben@example.org", "Elsewhere", "owner")
	people, err := local.Accounts.List(t.Context())
	check(t, err)
	w.ids["person"] = people[slices.IndexFunc(people, func(a accounts.Account) bool { return a.Name == "Eva" })].ID
	_, _, b := w.send("", "GET", "/api/v1/openapi.json", nil, nil)
	check(t, json.Unmarshal(b, &w.document))
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	check(t, err)
	w.schemas = jsonschema.NewCompiler()
	check(t, w.schemas.AddResource("openapi.json", parsed))
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// broken is JSON, or almost, that is sent as it is.
type broken string

func (w *world) send(token, method, path string, body any, header map[string]string) (int, http.Header, []byte) {
	w.t.Helper()
	var in io.Reader
	contentType := "application/json"
	switch b := body.(type) {
	case nil:
	case []byte:
		in, contentType = bytes.NewReader(b), "application/octet-stream"
	case broken:
		in = strings.NewReader(string(b))
	default:
		text, err := json.Marshal(b)
		check(w.t, err)
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, w.site.URL+path, in)
	check(w.t, err)
	if body != nil {
		r.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(r)
	check(w.t, err)
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	check(w.t, err)
	if wait, err := strconv.Atoi(res.Header.Get("Retry-After")); w.patient && res.StatusCode == http.StatusTooManyRequests && err == nil {
		time.Sleep(time.Duration(wait) * time.Second)
		return w.send(token, method, path, body, header)
	}
	return res.StatusCode, res.Header, out
}

// step is a call of one operation as its owner makes it.
type step struct {
	id    string
	query string
	body  any
	match bool   // send the version 1, or what stands in ids under "version"
	keep  string // the id in the answer is this placeholder from now on
	swap  string // {id} in the path is this placeholder
	want  int
}

type object = map[string]any

// steps call every operation once, in an order in which each has what it needs.
func (w *world) steps() []step {
	example, err := examples.FS.ReadFile("managed-service-provider.yaml")
	check(w.t, err)
	file, err := organisation.Read("x", example)
	check(w.t, err)
	text, err := file.JSON()
	check(w.t, err)
	whole := json.RawMessage(text)
	facts, err := file.Facts().JSON()
	check(w.t, err)
	evidence := object{"kind": "doc.security-policy", "title": "Policy", "date": "2026-01-01"}
	task := object{"title": "Write it", "state": "todo"}
	training := object{"name": "Eva", "course": "NIS2", "on": "2026-02-01"}
	list := []step{
		{id: "get-me"},
		{id: "create-organisation", body: object{"name": "Werk"}, want: 201, keep: "first"},
		{id: "import-organisation", body: object{"document": whole}, want: 201, keep: "organisation"},
		{id: "list-organisations"}, {id: "list-organisations-aside"}, {id: "get-organisation"},
		{id: "change-organisation", body: object{"name": "Stadtwerke Neu", "tags": []string{"water"}, "kind": "client", "archived": false, "template": false}, want: 204},
		{id: "clone-organisation", body: object{"name": "Copy"}, want: 201},
		{id: "get-facts", keep: "version"},
		{id: "set-facts", body: json.RawMessage(facts), match: true, want: 204},
		{id: "determine", want: 201}, {id: "list-determinations"}, {id: "get-assessment"},
		{id: "list-questions", query: "?language=de"},
		{id: "answer-question", body: object{"options": []string{"none"}}},
		{id: "take-answer-back", want: 204},
		{id: "list-requirements", query: "?measure=b&language=de"}, {id: "get-requirement"},
		{id: "assert-status", body: object{"status": "met", "note": "seen"}, want: 204},
		{id: "take-assertion-back", want: 204},
		{id: "put-exception", body: object{"requirement": "cir.2.1.1", "kind": "accepted", "reason": "small", "approved_by": "Eva", "until": time.Now().AddDate(0, 2, 0).Format(time.DateOnly)}, want: 201, keep: "exception"},
		{id: "list-exceptions"}, {id: "remove-exception", swap: "exception", want: 204},
		{id: "upload-file", query: "?name=policy.txt", body: []byte("our policy"), want: 201, keep: "file"},
		{id: "list-files"}, {id: "download-file", swap: "file"},
		{id: "add-evidence", body: evidence, want: 201, keep: "evidence"},
		{id: "list-evidence"}, {id: "get-evidence", swap: "evidence", keep: "version"},
		{id: "change-evidence", swap: "evidence", body: evidence, match: true, want: 204},
		{id: "remove-evidence", swap: "evidence", want: 204},
		{id: "adopt-plan", body: object{}},
		{id: "add-task", body: task, want: 201, keep: "task"},
		{id: "list-tasks"}, {id: "get-task", swap: "task", keep: "version"},
		{id: "change-task", swap: "task", body: task, match: true, want: 204},
		{id: "remove-task", swap: "task", want: 204},
		{id: "approve", body: object{"subject": "measures", "decision": "waiting"}, want: 201}, {id: "list-approvals"},
		{id: "add-training", body: training, want: 201, keep: "training"}, {id: "list-trainings"},
		{id: "change-training", swap: "training", body: object{"name": "Eva", "course": "NIS2, part two", "on": "2026-02-01"}, match: true, want: 204},
		{id: "remove-training", swap: "training", want: 204},
		{id: "keep-snapshot", body: object{"label": "Before"}, want: 204}, {id: "list-snapshots", keep: "snapshot"},
		{id: "get-snapshot", swap: "snapshot"}, {id: "get-report"}, {id: "get-report", query: "?format=docx"},
		{id: "get-history", query: "?kind=training", keep: "entry"},
		{id: "undo", body: w.numbered("entry"), want: 204}, {id: "restore", body: w.numbered("oldest"), want: 204},
		{id: "list-entries", query: "?limit=3"}, {id: "get-entry"}, {id: "prove-entry"},
		{id: "prove-growth", query: "?earlier=2&later=5"}, {id: "get-ledger-standing"}, {id: "verify-ledger"}, {id: "export-ledger"},
		{id: "list-members"}, {id: "change-role", body: object{"role": "contributor"}, want: 204},
		{id: "invite", body: object{"role": "auditor"}, want: 201}, {id: "list-invitations", keep: "invitation"},
		{id: "withdraw-invitation", swap: "invitation", want: 204},
		{id: "list-tokens"}, {id: "search", query: "?q=werk"},
	}
	list = append(list, w.incidentSteps()...)
	return append(list, w.deskSteps()...)
}

// numbered is the body that names an entry of the ledger, known when it is sent.
func (w *world) numbered(name string) func() any {
	return func() any { return object{"entry": json.Number(w.ids[name])} }
}

// find is method and path of an operation.
func (w *world) find(id string) (method, path string) {
	for p, methods := range w.document.Paths {
		for m, o := range methods {
			if o.OperationID == id {
				return strings.ToUpper(m), p
			}
		}
	}
	w.t.Fatalf("the document has no operation %s", id)
	return "", ""
}

// TestEveryOperation calls everything: no token answers 401, a token of another
// workspace 404, a token that may only read 403 for what changes something; the
// owner's answer is what the document describes.
func TestEveryOperation(t *testing.T) {
	w := start(t)
	w.patient = true
	called := map[string]bool{"listen": true} // its answer has no end; TestListen listens
	for _, s := range w.steps() {
		called[s.id] = true
		w.step(s)
	}
	if w.smuggled < 50 {
		t.Errorf("only %d operations were tried with ids of another workspace", w.smuggled)
	}
	for path, methods := range w.document.Paths {
		for method, o := range methods {
			if !called[o.OperationID] {
				t.Errorf("%s %s (%s) is not called by this test", method, path, o.OperationID)
			}
		}
	}
}

func (w *world) step(s step) {
	w.t.Helper()
	method, pattern := w.find(s.id)
	if s.want == 0 {
		s.want = http.StatusOK
	}
	if f, ok := s.body.(func() any); ok {
		s.body = f()
	}
	path := strings.NewReplacer("{organisation}", w.ids["organisation"], "{id}", w.ids[s.swap], "{person}", w.ids["person"], "{question}", "q.backup.exists",
		"{requirement}", "cir.2.1.1", "{entry}", w.ids["entry"], "{incident}", w.ids["incident"], "{obligation}", w.ids["obligation"], "{report}", w.ids["report"], "{part}", w.ids["part"], "{playbook}", w.ids["playbook"], "{step}", "x", "{case}", "x", "{number}", "0", "{time}", "aware_at", "{scope_question}", "employees",
		"{field}", "description", "{finding}", "x", "{name}", w.ids["criterion"]).Replace(pattern) +
		strings.ReplaceAll(s.query, "{snapshot}", w.ids["snapshot"])
	header := map[string]string{}
	if s.match {
		header["If-Match"] = fmt.Sprintf("%q", w.ids["version"])
		if s.id == "change-training" {
			header["If-Match"] = `"1"`
		}
	}
	refused := func(who, token string, want int) {
		w.t.Helper()
		status, h, b := w.send(token, method, path, s.body, header)
		if status != want || h.Get("Content-Type") != "application/problem+json" {
			w.t.Errorf("%s as %s: %d, want %d: %.300s", s.id, who, status, want, b)
		}
	}
	refused("nobody", "", http.StatusUnauthorized)
	if strings.Contains(pattern, "{organisation}") || strings.Contains(pattern, "{id}") {
		refused("the owner of another workspace", w.stranger, http.StatusNotFound)
	}
	w.smuggle(s, method, path, header)
	if method != http.MethodGet {
		refused("an auditor", w.auditor, http.StatusForbidden)
	}
	if s.match {
		for value, want := range map[string]int{"": http.StatusPreconditionRequired, `"999"`: http.StatusPreconditionFailed, `"x"`: http.StatusPreconditionFailed} {
			if status, _, b := w.send(w.owner, method, path, s.body, map[string]string{"If-Match": value}); status != want {
				w.t.Errorf("%s with If-Match %s: %d, want %d: %.300s", s.id, value, status, want, b)
			}
		}
	}
	status, h, b := w.send(w.owner, method, path, s.body, header)
	if status != s.want || h.Get("X-Request-Id") == "" {
		w.t.Fatalf("%s (%s %s): %d, want %d: %.900s", s.id, method, path, status, s.want, b)
	}
	w.described(s, method, pattern, status, h, b)
	w.remember(s, h, b)
}

var ident = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// smuggle sends what the owner sends as the owner of another workspace, under an
// organisation of their own: ids of the first workspace, in the address or in the body,
// name nothing there.
func (w *world) smuggle(s step, method, path string, header map[string]string) {
	w.t.Helper()
	if w.ids["organisation"] == "" || !strings.Contains(path, w.ids["organisation"]) {
		return
	}
	if w.ids["own"] == "" {
		status, _, b := w.send(w.stranger, http.MethodPost, "/api/v1/organisations", object{"name": "Anderswerk"}, nil)
		var made struct{ ID string }
		if err := json.Unmarshal(b, &made); err != nil || status != http.StatusCreated || made.ID == "" {
			w.t.Fatalf("the other workspace has no organisation: %d, %s", status, b)
		}
		w.ids["own"] = made.ID
	}
	body, err := json.Marshal(s.body)
	check(w.t, err)
	own := strings.ReplaceAll(path, w.ids["organisation"], w.ids["own"])
	if !ident.MatchString(strings.ReplaceAll(own, w.ids["own"], "")) && !ident.Match(body) {
		return // names nothing of the first workspace
	}
	status, _, b := w.send(w.stranger, method, own, s.body, header)
	switch {
	case s.id == "remove-contact" && status == http.StatusNoContent: // of one's own list, in which it never was
	case s.id == "change-tasks" && strings.Contains(string(b), `"changed":0`): // says of each why not
	case status < http.StatusBadRequest || status >= http.StatusInternalServerError:
		w.t.Errorf("%s with ids of another workspace (%s, %.200s): %d: %.300s", s.id, own, body, status, b)
	}
	w.smuggled++
}

// described validates an answer against the document.
func (w *world) described(s step, method, pattern string, status int, h http.Header, b []byte) {
	w.t.Helper()
	answer, ok := w.document.Paths[pattern][strings.ToLower(method)].Responses[fmt.Sprint(status)]
	if !ok {
		w.t.Errorf("%s answers %d, which the document does not describe", s.id, status)
		return
	}
	if h.Get("Content-Type") != "application/json" {
		if len(answer.Content) > 0 && answer.Content["application/json"] != nil || status != http.StatusNoContent && len(b) == 0 {
			w.t.Errorf("%s answers %q with %d bytes", s.id, h.Get("Content-Type"), len(b))
		}
		return
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	schema, err := w.schemas.Compile("openapi.json#/paths/" + escape.Replace(pattern) + "/" + strings.ToLower(method) + "/responses/" + fmt.Sprint(status) + "/content/application~1json/schema")
	if err != nil {
		w.t.Fatalf("%s: %v", s.id, err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	check(w.t, err)
	if err := schema.Validate(v); err != nil {
		w.t.Errorf("%s: the answer is not what the document describes: %v\n%.600s", s.id, err, b)
	}
}

// remember keeps ids that later steps need.
func (w *world) remember(s step, h http.Header, b []byte) {
	if s.keep == "" {
		return
	}
	if s.keep == "version" {
		w.ids["version"] = strings.Trim(h.Get("ETag"), `"`)
		return
	}
	var v struct {
		ID    string `json:"id"`
		Items []struct {
			ID     string      `json:"id"`
			Number json.Number `json:"number"`
		} `json:"items"`
	}
	check(w.t, json.Unmarshal(b, &v))
	w.ids[s.keep] = v.ID
	if s.keep == "entry" {
		// the removal of the training is the newest entry, its creation the oldest
		w.ids["entry"], w.ids["oldest"] = string(v.Items[0].Number), string(v.Items[len(v.Items)-1].Number)
		return
	}
	if len(v.Items) > 0 {
		w.ids[s.keep] = v.Items[0].ID
	}
}

// TestRepeated: a POST with a key has its effect once, whatever becomes of the
// answer, and the key belongs to one request.
func TestRepeated(t *testing.T) {
	w := start(t)
	key := map[string]string{"Idempotency-Key": "k1"}
	one := func() (int, string, string) {
		status, h, b := w.send(w.owner, "POST", "/api/v1/organisations", object{"name": "Werk"}, key)
		return status, h.Get("Idempotency-Replayed"), string(b)
	}
	status, replayed, first := one()
	again, yes, second := one()
	if status != 201 || again != 201 || replayed != "" || yes != "true" || first != second {
		t.Errorf("%d %q %s\n%d %q %s", status, replayed, first, again, yes, second)
	}
	if status, _, b := w.send(w.owner, "POST", "/api/v1/organisations", object{"name": "Other"}, key); status != 422 || !strings.Contains(string(b), "another request") {
		t.Errorf("%d %s", status, b)
	}
	if status, _, _ := w.send(w.stranger, "POST", "/api/v1/organisations", object{"name": "Werk"}, key); status != 201 {
		t.Errorf("the key of somebody else is in the way: %d", status)
	}
	wrong := map[string]string{"Idempotency-Key": "k2"}
	if status, _, _ := w.send(w.owner, "POST", "/api/v1/organisations", object{"name": ""}, wrong); status != 422 {
		t.Errorf("%d", status)
	}
	if status, _, b := w.send(w.owner, "POST", "/api/v1/organisations", object{"name": "Mended"}, wrong); status != 201 {
		t.Errorf("a refused request cannot be mended under its key: %d %s", status, b)
	}
	_, _, b := w.send(w.owner, "GET", "/api/v1/organisations", nil, nil)
	if n := strings.Count(string(b), `"name"`); n != 2 {
		t.Errorf("%d organisations: %s", n, b)
	}
}

// TestProblems: input that cannot be used is answered with the field and what was
// expected, and cookies open nothing.
func TestProblems(t *testing.T) {
	w := start(t)
	for _, tc := range []struct {
		method, path string
		body         any
		want         int
		says         string
	}{
		{"POST", "/api/v1/organisations", object{"name": "x", "colour": "red"}, 422, "body.colour"},
		{"POST", "/api/v1/organisations", object{"name": ""}, 422, "name"},
		{"POST", "/api/v1/organisations", object{"name": "x", "kind": "king"}, 422, "body.kind"},
		{"POST", "/api/v1/organisations", []byte("{"), 415, "content type"},
		{"GET", "/api/v1/organisations?limit=9999", nil, 422, "query.limit"},
		{"GET", "/api/v1/organisations?colour=red", nil, 422, "query.colour"},
		{"POST", "/api/v1/organisations?colour=red", object{"name": ""}, 422, "query.colour"},
		{"POST", "/api/v1/organisations?colour=red", object{"name": "x", "kind": "king"}, 422, "body.kind"},
		{"POST", "/api/v1/organisations", nil, 400, "body is required"},
		{"POST", "/api/v1/organisations/x/files", nil, 422, "required query parameter is missing"},
		{"GET", "/api/v1/organisations?sort=size", nil, 422, "query.sort"},
		{"GET", "/api/v1/organisations?descending=perhaps", nil, 422, "invalid boolean"},
		{"GET", "/api/v1/ledger?since=yesterday", nil, 422, "invalid date/time"},
		{"GET", "/api/v1/ledger/first", nil, 422, "invalid integer"},
		{"GET", "/api/v1/organisations?after=nothing", nil, 422, "after"},
		{"DELETE", "/api/v1/organisations", nil, 405, "cannot be done"},
		{"GET", "/api/v1/nowhere", nil, 404, "openapi.json"},
		{"GET", "/api/v1/ledger/99999", nil, 404, "no such"},
		{"GET", "/api/v1/ledger-growth?earlier=5&later=2", nil, 422, "earlier"},
		{"POST", "/api/v1/organisations", object{"name": strings.Repeat("x", 2<<20)}, 413, "large"},
	} {
		status, h, b := w.send(w.owner, tc.method, tc.path, tc.body, nil)
		if status != tc.want || !strings.Contains(string(b), tc.says) || h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d, want %d with %q: %.400s", tc.method, tc.path, status, tc.want, tc.says, b)
		}
	}
	w.send(w.owner, "POST", "/api/v1/organisations", object{"name": "Werk"}, nil)
	status, _, b := w.send(w.owner, "GET", "/api/v1/organisations?kind=client", nil, nil)
	if status != http.StatusOK || !strings.Contains(string(b), `"name":"Werk"`) {
		t.Errorf("what was left out has not its default: %d %s", status, b)
	}
	for _, token := range []string{"nis_" + strings.Repeat("a", 26), "x", w.owner + "x", strings.Repeat("y", 1000)} {
		if status, h, _ := w.send(token, "GET", "/api/v1/me", nil, nil); status != http.StatusUnauthorized || h.Get("WWW-Authenticate") == "" {
			t.Errorf("with the token %.10s: %d", token, status)
		}
	}
	// What the server refuses before any operation is no page either.
	status, h, b := w.send(w.owner, "POST", "/api/v1/organisations", object{"name": "x"}, map[string]string{"Sec-Fetch-Site": "cross-site", "Accept-Language": "de"})
	if status != http.StatusForbidden || h.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(b), `"title":"Nicht erlaubt"`) {
		t.Errorf("from a page of another site: %d %v %.300s", status, h, b)
	}
	status, _, _ = w.send("", "GET", "/api/v1/me", nil, map[string]string{"Cookie": "session=" + w.owner})
	if status != http.StatusUnauthorized {
		t.Errorf("a cookie opened the interface: %d", status)
	}
}

// TestProblemsInGerman: what is wrong with a request is said in the language that the
// program asks for, whoever finds it: the document, the interface or a use case.
func TestProblemsInGerman(t *testing.T) {
	w := start(t)
	for _, s := range w.steps()[:3] { // an organisation
		w.step(s)
	}
	evidence := "/api/v1/organisations/" + w.ids["organisation"] + "/evidence"
	for _, tc := range []struct {
		token, method, path string
		body                any
		says                []string
	}{
		{w.owner, "POST", "/api/v1/organisations", object{"colour": "red"}, []string{`"detail":"die Anfrage entspricht nicht der Beschreibung"`, `"message":"unerwartete Eigenschaft"`}},
		{w.owner, "POST", "/api/v1/organisations", object{"name": "x", "kind": "king"}, []string{"erwartet: eines von „"}},
		{w.owner, "GET", "/api/v1/organisations?limit=9999", nil, []string{"erwartet: Zahl ≤ "}},
		{w.owner, "GET", "/api/v1/organisations?limit=many", nil, []string{"erwartet: ganze Zahl"}},
		{w.owner, "GET", "/api/v1/organisations?colour=red", nil, []string{"diesen Parameter gibt es nicht"}},
		{w.owner, "DELETE", "/api/v1/organisations", nil, []string{"das ist hier nicht möglich; erwartet: zum Beispiel POST"}},
		{w.owner, "GET", "/api/v1/nowhere", nil, []string{"diesen Vorgang gibt es nicht; /api/v1/openapi.json beschreibt alle"}},
		{w.owner, "GET", "/api/v1/nowhere", nil, []string{`"title":"Nicht gefunden"`}},
		{w.owner, "POST", "/api/v1/organisations", broken("{\n  \"name\": \"Wörk\" \"x\"\n}"), []string{`"title":"Fehlerhafte Anfrage"`, `"message":"das ist kein JSON, Zeile 2, Zeichen 18: '\"'; erwartet: ein Komma oder }"`}},
		{w.owner, "POST", evidence, object{"kind": "policy", "title": "x", "covers": []string{}, "shows": "met", "date": "31.3.2026"}, []string{`"message":"das ist kein Datum; erwartet: JJJJ-MM-TT, zum Beispiel 2026-03-31","location":"body.date"`}},
		{w.owner, "PUT", strings.TrimSuffix(evidence, "evidence") + "exposure/plan", object{"weekly": true, "days": object{"high": 1e30}}, []string{`"message":"dieser Wert passt hier nicht; erwartet: eine ganze Zahl, die nicht zu groß ist","location":"body.days`}},
		{w.owner, "POST", "/api/v1/organisations", broken(`{"name":`), []string{`"message":"das JSON bricht in Zeile 1 ab; erwartet: dass jede Klammer`}},
		{w.owner, "GET", "/api/v1/ledger/99999", nil, []string{`"detail":"diesen Eintrag des Protokolls gibt es nicht"`}},
		{w.auditor, "POST", "/api/v1/organisations", object{"name": "Werk"}, []string{`"detail":"Ihre Rolle erlaubt das nicht: Organisationen anlegen"`}},
		{"", "GET", "/api/v1/me", nil, []string{`"detail":"es wurde kein Token mitgesandt; erwartet: \"Authorization: Bearer nis_…\""`}},
		{"nis_x", "GET", "/api/v1/me", nil, []string{"das Token ist nicht gültig; erwartet: eines, das weder abgelaufen noch widerrufen ist"}},
	} {
		_, _, b := w.send(tc.token, tc.method, tc.path, tc.body, map[string]string{"Accept-Language": "de-AT, en;q=0.3"})
		for _, text := range tc.says {
			if !strings.Contains(string(b), text) {
				t.Errorf("%s %s does not say %q: %s", tc.method, tc.path, text, b)
			}
		}
	}
	for language, title := range map[string]string{"": "Nicht gefunden", "fr": "Introuvable"} { // Ben's account is in German
		header := map[string]string{}
		if language != "" {
			header["Accept-Language"] = language
		}
		if _, _, b := w.send(w.stranger, "GET", evidence, nil, header); !strings.Contains(string(b), `"title":"`+title+`"`) {
			t.Errorf("with language %q: %s", language, b)
		}
	}
}

// TestProof: a proof that the interface gives is checked without the server.
func TestProof(t *testing.T) {
	w := start(t)
	w.send(w.owner, "POST", "/api/v1/organisations", object{"name": "Werk"}, nil)
	_, _, b := w.send(w.owner, "GET", "/api/v1/ledger/2/proof", nil, nil)
	p, err := ledger.ReadProof(bytes.NewReader(b))
	check(t, err)
	v, err := p.Check("")
	if err != nil || v.Entry == nil || v.Entry.Seq != 2 || v.Signed {
		t.Errorf("%+v %v", v, err)
	}
	p.Leaf = strings.Replace(p.Leaf, "create", "cReate", 1)
	if _, err := p.Check(""); err == nil {
		t.Error("a changed entry was proved")
	}
}

// TestPace: a program that asks too fast is told how long to wait.
func TestPace(t *testing.T) {
	still := clock.At(time.Now())
	w := startAt(t, still)
	for i := range 301 {
		status, h, _ := w.send(w.owner, "GET", "/api/v1/me", nil, nil)
		if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[i < 300]; status != want || i == 300 && h.Get("Retry-After") == "" {
			t.Fatalf("request %d: %d, Retry-After %q", i, status, h.Get("Retry-After"))
		}
	}
	still.Move(time.Second)
	if status, _, _ := w.send(w.owner, "GET", "/api/v1/me", nil, nil); status != http.StatusOK {
		t.Errorf("after the wait: %d", status)
	}
}
