package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/workbench"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

func (s *Site) workbenchRoutes(add adder) {
	const page = client + "/requirements"
	add(Client, "GET "+page, s.requirements)
	add(Client, "POST "+page+"/answer", s.act(s.answerHere))
	add(Client, "POST "+page+"/assign", s.act(s.assign))
	add(Client, "POST "+page+"/assert", s.act(s.assertStatus))
	add(Client, "POST "+page+"/exception", s.act(s.putException))
	add(Client, "POST "+page+"/exception/remove", s.act(s.removeException))
	add(Client, "POST "+page+"/comment", s.act(s.comment))
	add(Client, "POST "+page+"/comment/edit", s.act(s.editComment))
	add(Client, "POST "+page+"/comment/remove", s.act(s.removeComment))
	add(Client, "POST "+page+"/undo", s.act(s.undoHere))
	add(Client, "POST "+page+"/batch", s.batch)
}

// workFilter is what the list of requirements shows, as it stands in the address.
type workFilter struct {
	Text, Measure, Section, Status, Owner, Expiring, Flag string
}

func workFilterOf(v url.Values) workFilter {
	return workFilter{v.Get("q"), v.Get("measure"), v.Get("section"), v.Get("status"), v.Get("owner"), v.Get("expiring"), v.Get("flag")}
}

// query is the address of the filter with a requirement open, without "?".
func (f workFilter) query(open string) string {
	v := url.Values{}
	for name, value := range map[string]string{"q": f.Text, "measure": f.Measure, "section": f.Section, "status": f.Status,
		"owner": f.Owner, "expiring": f.Expiring, "flag": f.Flag, "open": open} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v.Encode()
}

// work is all that the workspace page shows.
type work struct {
	r      *http.Request
	c      clients.Client
	desk   workbench.Desk
	filter workFilter
	open   string
	base   string // of the links of the list

	results map[string]*posture.Result       // ask result
	owners  map[string]assessment.Assignment // of requirements
	names   map[string]string                // of people
	flagged map[string]bool                  // requirements with contradictions
	answers map[string]*assessment.Answer    // ask answer
	flash   []ui.Flash
	refused []clients.Refused
	again   clients.Batch  // was not taken, or not for all: the form holds it still
	newer   []ledger.Entry // what somebody else did, for which the form that was sent was not taken
}

// result is the status of a requirement; the zero value when it has none.
func (w *work) result(requirement string) posture.Result {
	if r := w.results[requirement]; r != nil {
		return *r
	}
	return posture.Result{}
}

// answer is the answer to a question; the zero value when there is none.
func (w *work) answer(question string) assessment.Answer {
	if a := w.answers[question]; a != nil {
		return *a
	}
	return assessment.Answer{}
}

func (s *Site) work(r *http.Request, f workFilter, open string) (*work, error) {
	c, err := s.load(r)
	if err != nil {
		return nil, err
	}
	if _, ok := c.In.Catalogue.Get(open); !ok {
		open = ""
	}
	d, err := s.bench.Desk(r.Context(), visitOf(r).Actor, c.Organisation.ID, open)
	if err != nil {
		return nil, err
	}
	w := &work{r: r, c: c, desk: d, filter: f, open: open, results: make(map[string]*posture.Result, len(c.In.Posture.Results)), owners: map[string]assessment.Assignment{},
		names: map[string]string{}, flagged: map[string]bool{}, answers: make(map[string]*assessment.Answer, len(c.Answers))}
	for i := range c.In.Posture.Results {
		w.results[c.In.Posture.Results[i].Requirement] = &c.In.Posture.Results[i]
	}
	for _, x := range d.Assignments {
		if x.Kind == assessment.OfRequirement {
			w.owners[x.Object] = x
		}
	}
	for _, m := range d.People {
		w.names[m.Person] = m.Name
	}
	for _, x := range c.In.Posture.Contradictions {
		for _, id := range x.Requirements {
			w.flagged[id] = true
		}
	}
	for i := range c.Answers {
		w.answers[c.Answers[i].Question] = &c.Answers[i]
	}
	return w, nil
}

func (s *Site) requirements(w http.ResponseWriter, r *http.Request) error {
	x, err := s.work(r, workFilterOf(r.URL.Query()), r.FormValue("open"))
	if err != nil {
		return err
	}
	return s.showWork(w, r, x)
}

func (s *Site) showWork(w http.ResponseWriter, r *http.Request, x *work) error {
	if partial(r) {
		return ui.Render(w, r, http.StatusOK, openRequirement(x))
	}
	p := s.clientFrame(r, x.c, "requirements")
	p.Wide = true
	p.Flashes = append(p.Flashes, x.flash...)
	p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(r.Context(), "evidence.csv"), URL: clientURL(r, "requirements.csv"), Icon: ui.IconDownload})
	return ui.Render(w, r, http.StatusOK, requirementsPage(p, x))
}

// partial reports whether htmx asks for a part of the page.
func partial(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// act runs one change of the open requirement. Without script it leads back to the
// page; with it the answer is the requirement as it is now, the score, and the
// statuses that moved.
func (s *Site) act(do func(*http.Request) error) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := r.ParseForm(); err != nil {
			return guard.Status(http.StatusBadRequest, "the form cannot be read")
		}
		at, err := url.ParseQuery(r.PostFormValue("at"))
		if err != nil {
			at = url.Values{}
		}
		filter, open := workFilterOf(at), r.PostFormValue("requirement")
		var before map[string]posture.Status
		if partial(r) {
			c, err := s.load(r)
			if err != nil {
				return err
			}
			before = statuses(c)
		}
		err = do(r)
		var meanwhile *clients.Meanwhile
		if errors.As(err, &meanwhile) {
			return s.showMeanwhile(w, r, filter, open, meanwhile)
		}
		if err != nil {
			return err
		}
		if !partial(r) {
			return guard.Redirect(w, r, clientURL(r, "requirements?"+filter.query(open)+"#open"))
		}
		x, err := s.work(r, filter, open)
		if err != nil {
			return err
		}
		return ui.Render(w, r, http.StatusOK, workChanged(x, before))
	}
}

// showMeanwhile shows the requirement as it is now, what somebody else did, and the form
// as it was sent: whoever sends it again has seen both.
func (s *Site) showMeanwhile(w http.ResponseWriter, r *http.Request, f workFilter, open string, m *clients.Meanwhile) error {
	x, err := s.work(r, f, open)
	if err != nil {
		return err
	}
	x.newer = m.Entries
	if partial(r) {
		return ui.Render(w, r, http.StatusConflict, openRequirement(x))
	}
	p := s.clientFrame(r, x.c, "requirements")
	p.Wide = true
	return ui.Render(w, r, http.StatusConflict, requirementsPage(p, x))
}

// sent is what a form of the open requirement holds: what was sent with it when it was
// not taken, else what is.
func (x *work) sent(act, name, is string) string {
	if x.refuses(act) {
		return x.r.PostFormValue(name)
	}
	return is
}

// refuses reports whether the form of an act was sent and not taken.
func (x *work) refuses(act string) bool {
	return len(x.newer) > 0 && strings.HasSuffix(x.r.URL.Path, "/"+act)
}

// seen is the revision that the page of a form showed; nonsense is the oldest.
func seen(r *http.Request) clients.Seen {
	n, err := strconv.ParseInt(r.PostFormValue("seen"), 10, 64)
	if err != nil {
		n = -1
	}
	return clients.Seen(n)
}

func statuses(c clients.Client) map[string]posture.Status {
	out := map[string]posture.Status{}
	for _, x := range c.In.Posture.Results {
		out[x.Requirement] = x.Status
	}
	return out
}

func (s *Site) answerHere(r *http.Request) error {
	_, _, err := s.clients.Answer(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("question"), r.PostForm["option"], r.PostFormValue("note"))
	return err
}

// dayIn is a day of a form; an empty one is none.
func dayIn(r *http.Request, name string) (law.Date, error) {
	text := r.PostFormValue(name)
	if text == "" {
		return law.Date{}, nil
	}
	d, err := law.ParseDate(text)
	if err != nil {
		return d, &fault.Error{Kind: fault.Invalid, Field: name, What: ui.T(r.Context(), "pages.expected_day")}
	}
	return d, nil
}

func (s *Site) assign(r *http.Request) error {
	due, err := dayIn(r, "due")
	if err != nil {
		return err
	}
	to := assessment.Assignment{Kind: assessment.OfRequirement, Object: r.PostFormValue("requirement"), Person: r.PostFormValue("person"), Due: due}
	if q := r.PostFormValue("question"); q != "" {
		to.Kind, to.Object = assessment.OfQuestion, q
	}
	return s.clients.Assign(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), to, seen(r))
}

func (s *Site) assertStatus(r *http.Request) error {
	return s.clients.Assert(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), posture.Assertion{
		Requirement: r.PostFormValue("requirement"), Status: posture.Status(r.PostFormValue("status")), Note: strings.TrimSpace(r.PostFormValue("note"))}, seen(r))
}

func (s *Site) putException(r *http.Request) error {
	until, err := dayIn(r, "until")
	if err != nil {
		return err
	}
	_, err = s.clients.PutException(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), posture.Exception{
		Requirement: r.PostFormValue("requirement"), Kind: r.PostFormValue("kind"), Reason: strings.TrimSpace(r.PostFormValue("reason")),
		Compensation: strings.TrimSpace(r.PostFormValue("compensation")), ApprovedBy: strings.TrimSpace(r.PostFormValue("approved_by")), Until: until}, seen(r))
	return err
}

func (s *Site) removeException(r *http.Request) error {
	return s.clients.RemoveException(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("id"))
}

func (s *Site) comment(r *http.Request) error {
	_, err := s.bench.Comment(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("requirement"), r.PostFormValue("body"))
	return err
}

func (s *Site) editComment(r *http.Request) error {
	return s.bench.EditComment(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("id"), r.PostFormValue("body"))
}

func (s *Site) removeComment(r *http.Request) error {
	return s.bench.RemoveComment(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("id"))
}

func (s *Site) undoHere(r *http.Request) error {
	seq, err := strconv.ParseInt(r.PostFormValue("entry"), 10, 64)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Field: "entry", What: "no change is named", Expected: "the undo button of a change"}
	}
	return s.clients.Undo(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), seq)
}

// batch changes many requirements and says how many, and which were refused.
func (s *Site) batch(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return guard.Status(http.StatusBadRequest, "the form cannot be read")
	}
	due, err := dayIn(r, "due")
	if err != nil {
		return err
	}
	b := clients.Batch{Requirements: r.PostForm["requirement"], Act: r.PostFormValue("act"), Person: r.PostFormValue("person"), Due: due,
		Status: posture.Status(r.PostFormValue("status")), Note: strings.TrimSpace(r.PostFormValue("note")), ApprovedBy: strings.TrimSpace(r.PostFormValue("approved_by")), Seen: seen(r)}
	changed, refused, err := s.clients.Apply(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), b)
	wrong, mendable := ui.ErrorsOf(r.Context(), err)
	if err != nil && !mendable {
		return err
	}
	at, bad := url.ParseQuery(r.PostFormValue("at"))
	if bad != nil {
		at = url.Values{}
	}
	x, failed := s.work(r, workFilterOf(at), at.Get("open"))
	if failed != nil {
		return failed
	}
	if err == nil {
		x.refused, x.again = refused, leftOver(b, refused)
		x.flash = []ui.Flash{{Tone: ui.Good, Text: ui.T(r.Context(), "workbench.batch.changed", "count", changed)}}
		if changed == 0 {
			x.flash[0].Tone = ui.Partly
		}
		return s.showWork(w, r, x)
	}
	x.again = b
	for _, text := range wrong {
		x.flash = append(x.flash, ui.Flash{Tone: ui.Bad, Text: text})
	}
	p := s.clientFrame(r, x.c, "requirements")
	p.Wide, p.Flashes = true, append(p.Flashes, x.flash...)
	return ui.Render(w, r, statusOf(wrong), requirementsPage(p, x))
}

// leftOver is what of a batch can be sent again by whoever has read what somebody else
// did in the meantime.
func leftOver(b clients.Batch, refused []clients.Refused) clients.Batch {
	b.Requirements = nil
	for _, no := range refused {
		if len(no.Newer) > 0 {
			b.Requirements = append(b.Requirements, no.Requirement)
		}
	}
	if len(b.Requirements) == 0 {
		return clients.Batch{}
	}
	return b
}

// groupOf is the measure under which the list shows a requirement, or its section.
func groupOf(cat *catalog.Catalogue, req catalog.Requirement) string {
	if len(req.Measures) > 0 {
		return req.Measures[0]
	}
	place, _ := cat.Place(req.ID)
	return cat.At(cat.SectionAt(place)).ID
}

// shown is the requirements that the filter lets through, by measure.
func (x *work) shown(ctx context.Context) (groups []string, of map[string][]catalog.Requirement) {
	cat, of := x.c.In.Catalogue, map[string][]catalog.Requirement{}
	words := strings.Fields(catalog.Fold(x.filter.Text))
	for _, result := range x.c.In.Posture.Results {
		req, _ := cat.Get(result.Requirement)
		if !req.IsLeaf() || !x.passes(req, result, words) {
			continue
		}
		g := groupOf(cat, req)
		if len(of[g]) == 0 {
			groups = append(groups, g)
		}
		of[g] = append(of[g], req)
	}
	slices.SortStableFunc(groups, func(a, b string) int {
		switch {
		case len(a) == 1 && len(b) == 1:
			return strings.Compare(a, b)
		case len(a) == 1:
			return -1
		case len(b) == 1:
			return 1
		}
		return 0
	})
	return groups, of
}

func (x *work) passes(req catalog.Requirement, result posture.Result, words []string) bool {
	f, cat := x.filter, x.c.In.Catalogue
	if f.Measure != "" && !slices.Contains(req.Measures, f.Measure) || f.Status != "" && string(result.Status) != f.Status || f.Flag != "" && !x.flagged[req.ID] {
		return false
	}
	if f.Section != "" {
		place, _ := cat.Place(req.ID)
		if cat.At(cat.SectionAt(place)).ID != f.Section {
			return false
		}
	}
	owner := x.owners[req.ID].Person
	switch f.Owner {
	case "":
	case "me":
		if owner != visitOf(x.r).Actor.Person {
			return false
		}
	case "none":
		if owner != "" {
			return false
		}
	default:
		if owner != f.Owner {
			return false
		}
	}
	if days, err := strconv.Atoi(f.Expiring); err == nil && (result.ExpiresOn.IsZero() || result.ExpiresOn.After(x.c.In.AsOf.AddDays(days))) {
		return false
	}
	if len(words) == 0 {
		return true
	}
	text := catalog.Fold(req.Title + " " + req.Citation + " " + req.ID)
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// asked are the questions that inform the open requirement and apply.
func (x *work) asked() []catalog.Question {
	open := map[string]bool{}
	for _, id := range x.c.In.Posture.OpenQuestions {
		open[id] = true
	}
	var out []catalog.Question
	for _, q := range x.c.In.Catalogue.InformedBy(x.open) {
		if _, answered := x.answers[q.ID]; answered || open[q.ID] {
			out = append(out, q)
		}
	}
	return out
}

// proof is the evidence that concerns the open requirement.
func (x *work) proof() []posture.Evidence {
	req, _ := x.c.In.Catalogue.Get(x.open)
	var out []posture.Evidence
	for _, e := range x.c.In.Statements.Evidence {
		if slices.Contains(e.Covers, x.open) || slices.ContainsFunc(req.Evidence, func(h catalog.EvidenceHint) bool { return h.Kind == e.Kind }) {
			out = append(out, e)
		}
	}
	return out
}

// conflicts are the contradictions that concern the open requirement.
func (x *work) conflicts() []posture.Contradiction {
	var out []posture.Contradiction
	for _, c := range x.c.In.Posture.Contradictions {
		if slices.Contains(c.Requirements, x.open) {
			out = append(out, c)
		}
	}
	return out
}

// exceptions of the open requirement.
func (x *work) exceptions() []assessment.Exception {
	return slices.DeleteFunc(slices.Clone(x.c.Exceptions), func(e assessment.Exception) bool { return e.Requirement != x.open })
}

// assertion is the status that a person set for the open requirement.
func (x *work) assertion() (a assessment.Assertion, ok bool) {
	i := slices.IndexFunc(x.desk.Assertions, func(a assessment.Assertion) bool { return a.Requirement == x.open })
	if i < 0 {
		return a, false
	}
	return x.desk.Assertions[i], true
}

// whole reports whether the actor may change the whole assessment.
func (x *work) whole() bool { return x.desk.Reach.Everything() }

func (x *work) url(page string) string { return clientURL(x.r, page) }

// link opens a requirement beside the list as it is filtered.
func (x *work) link(id string) string {
	if x.base == "" {
		x.base = x.url("requirements?")
		if q := x.filter.query(""); q != "" {
			x.base += q + "&"
		}
	}
	return x.base + "open=" + escape(id) + "#open"
}
