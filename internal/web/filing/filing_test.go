package filing_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	wire "github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/internal/web/filing"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

var kit storetest.Kit

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// office is an authority's server and a client that is to register.
type office struct {
	bench  *storetest.Bench
	server *httptest.Server
	key    ed25519.PrivateKey
	public ed25519.PublicKey // the authority's
	code   string
}

func open(t *testing.T) office {
	t.Helper()
	o := office{bench: storetest.Open(t, storetest.SQLite(t))}
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	s := authority.New(o.bench.Store, box, authority.Options{})
	workspace, entity := id.New(), id.New()
	must(t, o.bench.Write(t.Context(), tenant.System("test").In(workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		if _, err := tx.PutWorkspace(tenant.Workspace{ID: workspace, Kind: tenant.Authority, Name: "CSIRT", Language: "en"}); err != nil {
			return err
		}
		_, err := tx.PutOrganisation(tenant.Organisation{ID: entity, Kind: tenant.Client, Name: "Seewinkel"})
		return err
	}))
	olga := authz.NewActor(authz.Actor{Person: "olga", Session: authz.Browser}, workspace, []tenant.Membership{{Workspace: workspace, Role: authz.Owner}}, o.bench.Store)
	o.code, err = s.Invite(t.Context(), olga, entity)
	must(t, err)
	text, err := s.PublicKey(t.Context(), olga)
	must(t, err)
	o.public, err = wire.ParseKey(text)
	must(t, err)
	_, o.key, err = ed25519.GenerateKey(nil)
	must(t, err)
	o.server = httptest.NewServer(filing.Handler(s, slog.New(slog.DiscardHandler), nil))
	t.Cleanup(o.server.Close)
	return o
}

func (o office) client(t *testing.T, address string, authority ed25519.PublicKey) *wire.Client {
	t.Helper()
	c, err := wire.NewClient(address, o.key, authority, wire.ClientOptions{Local: true, Now: o.bench.Clock.Now})
	must(t, err)
	t.Cleanup(c.Close)
	return c
}

// TestOverHTTP registers, files, answers and fetches over a real connection.
func TestOverHTTP(t *testing.T) {
	o := open(t)
	ctx, c := t.Context(), o.client(t, o.server.URL, o.public)
	if _, err := c.Notes(ctx, 0); err == nil {
		t.Error("messages without a registration")
	}
	r, err := c.Register(ctx, o.code)
	if err != nil || r.Authority != "CSIRT" || r.Entity != "Seewinkel" {
		t.Fatalf("%+v, %v", r, err)
	}
	content, hash, err := incident.Freeze(incident.Frozen{Format: incident.FrozenFormat, ID: "r1", Case: "c1", Regime: clocks.NIS2, Stage: clocks.EarlyWarning, SubmittedAt: o.bench.Clock.Now()})
	must(t, err)
	text, receipt, err := c.File(ctx, "r1", hash, content)
	if err != nil || receipt.SHA256 != hash {
		t.Fatalf("%+v, %v", receipt, err)
	}
	if k, err := c.Answer(ctx, wire.Answer{ID: "a1", Case: "c1", Regime: "nis2", Text: "more to come"}); err != nil || !k.ReceivedAt.Equal(o.bench.Clock.Now()) {
		t.Errorf("%+v, %v", k, err)
	}
	n, err := c.Notes(ctx, 0)
	if err != nil || len(n.Notes) != 1 || n.Notes[0].Text != text || n.Notes[0].Case != "c1" {
		t.Errorf("%+v, %v", n, err)
	}
	other, _, err := incident.Freeze(incident.Frozen{Format: incident.FrozenFormat, ID: "r1", Case: "c1", Regime: clocks.NIS2, Stage: clocks.FinalReport, SubmittedAt: o.bench.Clock.Now()})
	must(t, err)
	var refused *wire.Refused
	if _, _, err := c.File(ctx, "r1", hash, other); !errors.As(err, &refused) || !refused.Final() || refused.Code != wire.CodeConflict {
		t.Errorf("other bytes: %v", err)
	}
}

// TestLarge: 50 MB are not read, whoever sends them.
func TestLarge(t *testing.T) {
	o := open(t)
	for _, path := range []string{wire.ReportsPath, wire.AnswersPath, wire.KeysPath} {
		res, err := http.Post(o.server.URL+path, "application/json", io.LimitReader(zeros{}, 50<<20))
		if err != nil {
			continue // the server closed the connection while it was being sent
		}
		var p wire.Problem
		must(t, json.NewDecoder(res.Body).Decode(&p))
		must(t, res.Body.Close())
		if res.StatusCode != http.StatusRequestEntityTooLarge || p.Code != wire.CodeTooLarge {
			t.Errorf("%s: %d %+v", path, res.StatusCode, p)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestImpostors: the client follows nobody elsewhere and believes no reply that the
// pinned key did not sign, nor one to another request.
func TestImpostors(t *testing.T) {
	o := open(t)
	_, stranger, err := ed25519.GenerateKey(nil)
	must(t, err)
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	signed := func(w http.ResponseWriter, r *http.Request, k ed25519.PrivateKey, status int, body string) {
		m := &wire.Message{Status: status, Header: w.Header(), Body: []byte(body), Request: wire.RequestMessage(r, nil)}
		if err := wire.Sign(m, k, o.bench.Clock.Now()); err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		if _, err := io.WriteString(w, body); err != nil {
			t.Error(err)
		}
	}
	for name, h := range map[string]http.HandlerFunc{
		"unsigned": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"messages":[]}`) },
		"stranger": func(w http.ResponseWriter, r *http.Request) { signed(w, r, stranger, 200, `{"messages":[]}`) },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, io.LimitReader(zeros{}, 50<<20)) },
		"unsigned refusal": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"code":"conflict","title":"no"}`, http.StatusConflict)
		},
	} {
		s := httptest.NewServer(h)
		_, err := o.client(t, s.URL, o.public).Notes(context.Background(), 0)
		s.Close()
		var refused *wire.Refused
		if err == nil || errors.As(err, &refused) && refused.Final() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if elsewhere != 0 {
		t.Error("the client followed a redirect")
	}
	if _, err := o.client(t, strings.Replace(o.server.URL, "127.0.0.1", "localhost", 1), o.public).Register(t.Context(), o.code); err != nil {
		t.Errorf("by another name of the host: %v", err)
	}
}
