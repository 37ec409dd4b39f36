package pages

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// signalTime is how long a message of a monitoring system may take.
const signalTime = 20 * time.Second

func (s *Site) signalRoutes(add adder) {
	add(Public, "POST /intake/{token}", withBody(incidents.LargestSignal, signalTime, s.receiveSignal))
	add(Client, "GET "+client+"/signals", s.signalSources)
	add(Client, "POST "+client+"/signals", s.addSource)
	add(Client, "POST "+client+"/signals/revoke", s.revokeSource)
	add(Client, "GET "+oneIncident+"/signals/{signal}", s.signalFile)
}

// receiveSignal takes in what a monitoring system sends. It answers in JSON, because no
// person reads it.
func (s *Site) receiveSignal(w http.ResponseWriter, r *http.Request) error {
	for _, key := range []string{"from " + guard.Address(r.Context()).String(), "to " + r.PathValue("token")} {
		if wait := s.senders.Take(key); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			return answerProblem(w, http.StatusTooManyRequests, "too many signals", "the same again after the time in Retry-After")
		}
	}
	body, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return answerProblem(w, http.StatusRequestEntityTooLarge, "the message is too large", "up to 256 kB")
	case err != nil:
		return answerProblem(w, http.StatusBadRequest, "the message did not come whole", "the same again")
	}
	t, err := s.incidents.ReceiveSignal(r.Context(), r.PathValue("token"), r.Header.Get("Idempotency-Key"), body)
	var f *fault.Error
	switch {
	case errors.As(err, &f) && f.Kind == fault.NotFound:
		return answerProblem(w, http.StatusNotFound, f.What, "an address that was made on the page of signals and is not revoked")
	case errors.As(err, &f) && f.Kind == fault.Invalid:
		return answerProblem(w, http.StatusBadRequest, f.Error(), f.Expected)
	case err != nil:
		return err
	}
	status := http.StatusCreated
	if t.Repeated || t.Joined {
		status = http.StatusOK
	}
	return answerJSON(w, status, "application/json", struct {
		Reference string `json:"reference"`
		Repeated  bool   `json:"repeated"`
		Joined    bool   `json:"joined"`
	}{t.Reference, t.Repeated, t.Joined})
}

// answerProblem says in the form of RFC 9457 what is wrong.
func answerProblem(w http.ResponseWriter, status int, title, expected string) error {
	return answerJSON(w, status, "application/problem+json", struct {
		Status   int    `json:"status"`
		Title    string `json:"title"`
		Expected string `json:"expected,omitempty"`
	}{status, title, expected})
}

func answerJSON(w http.ResponseWriter, status int, kind string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, err = w.Write(append(b, '\n'))
	return err
}

// sourcesView is the page of the systems that send signals.
type sourcesView struct {
	list    []incidents.Source
	edit    bool
	mails   bool   // the server takes in mails
	address string // of a new webhook, shown once
	letters string // address of a new one for mails
	errors  ui.Errors
}

func (s *Site) signalSources(w http.ResponseWriter, r *http.Request) error {
	return s.showSources(w, r, sourcesView{})
}

func (s *Site) showSources(w http.ResponseWriter, r *http.Request, v sourcesView) (err error) {
	if v.list, err = s.incidents.Sources(r.Context(), visitOf(r).Actor, r.PathValue("organisation")); err != nil {
		return err
	}
	c, err := s.load(r)
	if err != nil {
		return err
	}
	v.edit, v.mails = can(r, authz.OrganisationEdit), s.incidents.MailDomain() != ""
	p := s.clientFrame(r, c, "incidents")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: p.Title, URL: clientURL(r, "incidents")})
	p.Title, p.Lead = ui.T(r.Context(), "signals.title"), ui.T(r.Context(), "signals.lead")
	return ui.Render(w, r, statusOf(v.errors), sourcesPage(r, p, v))
}

func (s *Site) addSource(w http.ResponseWriter, r *http.Request) error {
	window, err := strconv.ParseInt(strings.TrimSpace(r.PostFormValue("window")), 10, 64)
	if err != nil {
		window = -1
	}
	kind := incident.Webhook
	if k := r.PostFormValue("kind"); k != "" {
		kind = k
	}
	_, token, err := s.incidents.AddSource(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), incident.Source{Kind: kind,
		Name: r.PostFormValue("name"), Window: window, Mapping: r.PostFormValue("mapping")})
	if err != nil {
		wrong, ok := ui.ErrorsOf(r.Context(), err)
		if !ok {
			return err
		}
		return s.showSources(w, r, sourcesView{errors: wrong})
	}
	if kind == incident.Mail {
		return s.showSources(w, r, sourcesView{letters: token + "@" + s.incidents.MailDomain()})
	}
	return s.showSources(w, r, sourcesView{address: s.origin(r) + "/intake/" + token})
}

func (s *Site) revokeSource(w http.ResponseWriter, r *http.Request) error {
	if err := s.incidents.RevokeSource(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("source")); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "signals"))
}

// signalFile hands out the message of a signal as it came.
func (s *Site) signalFile(w http.ResponseWriter, r *http.Request) error {
	x, err := s.incidents.Signal(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"), r.PathValue("signal"))
	if err != nil {
		return err
	}
	guard.Download(w, `attachment; filename="signal.txt"`)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = io.WriteString(w, x.Raw)
	return err
}

func sourceFields(r *http.Request, e ui.Errors) []ui.Field {
	t := func(key string) string { return ui.T(r.Context(), "signals."+key) }
	return []ui.Field{
		field(r, e, ui.Field{Name: "kind", Label: t("way"), Value: incident.Webhook, Required: true}),
		field(r, e, ui.Field{Name: "name", Label: t("name"), Hint: t("name.hint"), Required: true, MaxLength: 100}),
		field(r, e, ui.Field{Name: "window", Label: t("window"), Hint: t("window.hint"), Value: "60", Unit: t("window.unit"), Min: "0", Max: "10080", Required: true}),
		field(r, e, ui.Field{Name: "mapping", Label: t("mapping"), Hint: t("mapping.hint"), Rows: 4, Placeholder: "title = rule.name"}),
	}
}

func wayOptions(ctx context.Context, chosen string) (out []ui.Option) {
	for _, kind := range []string{incident.Webhook, incident.Mail} {
		out = append(out, ui.Option{Value: kind, Label: ui.T(ctx, "signals.way."+kind), Hint: ui.T(ctx, "signals.way."+kind+".hint"), Selected: kind == chosen})
	}
	return out
}

func sourceTable(ctx context.Context, r *http.Request, v sourcesView) ui.TableProps {
	t := ui.TableProps{ID: "sources", Caption: ui.T(ctx, "signals.title"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "signals.name")}, {Label: ui.T(ctx, "signals.count"), Numeric: true}, {Label: ui.T(ctx, "signals.last")},
		{Label: ui.T(ctx, "signals.state")}},
		Empty: ui.Empty{Title: ui.T(ctx, "signals.none"), Text: ui.T(ctx, "signals.none.text")}}
	for _, x := range v.list {
		last := ui.Words(ui.T(ctx, "signals.never"))
		if !x.Last.IsZero() {
			last = ui.Moment(x.Last)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Name, "", ui.T(ctx, "signals.kind."+x.Kind)), ui.Words(ui.Number(ctx, float64(x.Count), 0)),
			last, sourceState(r, v.edit, x)}})
		if x.Address != "" {
			t.Rows[len(t.Rows)-1].Cells[0] = addressCell(x)
		}
	}
	return t
}

func signalTable(ctx context.Context, r *http.Request, v caseView) ui.TableProps {
	t := ui.TableProps{ID: "signal-list", Caption: ui.T(ctx, "signals.of_case"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "signals.received")}, {Label: ui.T(ctx, "signals.said")}, {Label: ui.T(ctx, "signals.severity")}, {Label: ui.T(ctx, "signals.raw"), HideLabel: true}}}
	for _, x := range v.signals {
		note := x.Host
		if !x.At.IsZero() {
			note = strings.TrimPrefix(note+" · "+ui.MomentText(ctx, x.At), " · ")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(x.ReceivedAt), ui.LinkCell(x.Title, "", note), ui.Words(x.Severity),
			rawLink(incidentURL(r, "signals/"+x.ID), ui.MomentText(ctx, x.ReceivedAt))}})
	}
	return t
}
