package programs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// TestSupervisionFiles: the programs of an authority read the file of an entity, and
// add and fetch its files, also large ones.
func TestSupervisionFiles(t *testing.T) {
	c := platform.Config(t)
	w := &world{t: t, site: platform.Start(t, c)}
	local, err := server.OpenLocal(t.Context(), server.Place{Data: c.Data})
	check(t, err)
	defer local.Close()
	_, err = local.Accounts.Add(t.Context(), accounts.NewAccount{Email: "olga@example.org", Name: "Olga", Workspace: "CSIRT", Role: "owner", Make: true, Kind: "authority"})
	check(t, err)
	token := func(role string) string {
		v, err := local.Accounts.As(t.Context(), "olga@example.org", "CSIRT")
		check(t, err)
		text, _, err := local.Accounts.CreateToken(t.Context(), v, accounts.NewToken{Name: role, Role: tenant.Role(role), Expires: time.Now().Add(time.Hour)})
		check(t, err)
		return text
	}
	w.owner, w.auditor = token("owner"), token("auditor")
	status, _, b := w.send(w.owner, "POST", "/api/v1/organisations", object{"name": "Netze"}, nil)
	var made struct{ ID string }
	if check(t, json.Unmarshal(b, &made)); status != http.StatusCreated {
		t.Fatalf("%d %s", status, b)
	}
	file := "/api/v1/organisations/" + made.ID + "/supervision"
	if status, _, b := w.send(w.owner, "POST", file, object{"kind": "finding", "title": "No backups", "due_on": "2027-03-31"}, nil); status != http.StatusCreated {
		t.Fatalf("%d %s", status, b)
	}
	if status, _, b := w.send(w.owner, "POST", file, object{"power": "ban", "title": "Ban"}, nil); status != http.StatusUnprocessableEntity {
		t.Errorf("a power that an entity without class is not subject to: %d %s", status, b)
	}
	lines := func(token string) (out struct{ Items []authorityLine }) {
		t.Helper()
		status, _, b := w.send(token, "GET", file, nil, nil)
		if check(t, json.Unmarshal(b, &out)); status != http.StatusOK || len(out.Items) != 1 || out.Items[0].Title != "No backups" {
			t.Fatalf("%d %s", status, b)
		}
		return out
	}
	line := lines(w.owner).Items[0]
	if status, _, b := w.send(w.owner, "PUT", file+"/"+line.ID+"/outcome", object{"outcome": "restored from tape"}, nil); status != http.StatusNoContent {
		t.Errorf("%d %s", status, b)
	}
	files := file + "/" + line.ID + "/files"
	large := bytes.Repeat([]byte("0123456789abcdef"), 3<<16) // 3 MB: more than a body is as a rule
	if status, _, b := w.send(w.auditor, "POST", files+"?name=a.bin", large, nil); status != http.StatusForbidden {
		t.Errorf("an auditor adds: %d %s", status, b)
	}
	if status, _, b := w.send(w.owner, "POST", files+"?name=audit.bin", large, nil); status != http.StatusCreated {
		t.Fatalf("%d %s", status, b)
	}
	if status, _, b := w.send(w.owner, "POST", files+"?name=empty", []byte{}, nil); status != http.StatusUnprocessableEntity {
		t.Errorf("an empty file: %d %s", status, b)
	}
	sum := sha256.Sum256(large)
	line = lines(w.auditor).Items[0]
	got := line.Files
	if line.Outcome != "restored from tape" || line.Due != "2027-03-31" || len(got) != 1 || got[0].Name != "audit.bin" || got[0].SHA256 != hex.EncodeToString(sum[:]) {
		t.Fatalf("%+v", line)
	}
	status, h, b := w.send(w.auditor, "GET", file+"/files/"+got[0].ID+"/content", nil, nil)
	if status != http.StatusOK || !bytes.Equal(b, large) || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d, %d bytes, %v", status, len(b), h)
	}
	one := file + "/files/" + got[0].ID
	if status, _, b := w.send(w.auditor, "DELETE", one, nil, nil); status != http.StatusForbidden {
		t.Errorf("an auditor removes: %d %s", status, b)
	}
	if status, _, b := w.send(w.owner, "DELETE", one, nil, nil); status != http.StatusNoContent || len(lines(w.auditor).Items[0].Files) != 0 {
		t.Errorf("removed: %d %s", status, b)
	}
	if status, _, _ := w.send(w.owner, "DELETE", one, nil, nil); status != http.StatusNotFound {
		t.Errorf("removed twice: %d", status)
	}
	_, _, b = w.send(w.owner, "GET", "/api/v1/organisations/"+made.ID+"/history?kind=authority_record_file", nil, nil)
	var history struct {
		Items []struct{ Number json.Number }
	}
	if check(t, json.Unmarshal(b, &history)); len(history.Items) != 2 {
		t.Fatalf("the history says %s", b)
	}
	if status, _, b := w.send(w.owner, "POST", "/api/v1/organisations/"+made.ID+"/undo", object{"entry": history.Items[0].Number}, nil); status != http.StatusNoContent || len(lines(w.auditor).Items[0].Files) != 1 {
		t.Errorf("brought back: %d %s", status, b)
	}
}

// authorityLine is what the test reads of a line.
type authorityLine struct {
	ID, Title, Outcome string
	Due                string `json:"due_on"`
	Files              []struct{ ID, Name, SHA256 string }
}
