package pages

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/proving"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

const client = "/organisations/{organisation}"

func (s *Site) clientRoutes(add adder) {
	add(Client, "GET "+client, s.home)
	add(Client, "GET "+client+"/facts", s.facts)
	add(Client, "POST "+client+"/facts", s.setFacts)
	add(Client, "POST "+client+"/determine", s.determine)
	add(Client, "GET "+client+"/questions", s.questions)
	add(Client, "POST "+client+"/questions/{question}", s.answer)
	add(Client, "GET "+client+"/history", s.history)
	add(Client, "POST "+client+"/undo", s.undo)
	add(Client, "GET "+client+"/report.html", s.report)
	add(Client, "GET "+client+"/report.pdf", s.report)
	add(Client, "GET "+client+"/report.docx", s.report)
	add(Client, "GET "+client+"/assessment.json", s.report)
}

// load reads the client of the address, with the texts of the catalogue in the
// language of the reader.
func (s *Site) load(r *http.Request) (clients.Client, error) {
	c, err := s.clients.Load(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	if err != nil {
		return c, err
	}
	c.In = c.In.In(s.language(r))
	return c, nil
}

func clientURL(r *http.Request, page string) string {
	url := "/organisations/" + r.PathValue("organisation")
	if page != "" {
		url += "/" + page
	}
	return url
}

// clientFrame is the frame of a page of one organisation.
func (s *Site) clientFrame(r *http.Request, c clients.Client, key string) ui.PageProps {
	title := ui.T(r.Context(), "pages.client."+key)
	p := s.frame(r, title, "")
	p.Accent, p.Emblem = c.Organisation.Brand.Colour, logoURL(clientURL(r, ""), c.Organisation.Brand)
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.portfolio.title"), URL: "/"}, {Text: c.Organisation.Name, URL: clientURL(r, "")}}
	if key == "home" {
		p.Title, p.Crumbs = c.Organisation.Name, p.Crumbs[:1]
	}
	p.Nav = append(p.Nav, clientSection(r, c.Organisation, key))
	if c.Organisation.Archived {
		p.Flashes = append(p.Flashes, archivedFlash(r))
	}
	return p
}

// archivedFlash says on each page of an organisation in the archive that it is read only,
// and takes it back for those who may.
func archivedFlash(r *http.Request) ui.Flash {
	f := ui.Flash{Tone: ui.Partly, Text: ui.T(r.Context(), "pages.archived.text")}
	if can(r, authz.OrganisationCreate) {
		f.Undo = ui.Undo{Action: clientURL(r, "archive"), Text: ui.T(r.Context(), "manage.restore")}
	}
	return f
}

// pageNeeds are the permissions of the pages of an organisation that not everybody may
// open who may open the organisation.
var pageNeeds = map[string]authz.Permission{"exposure": authz.ExposureRead, "delegations": authz.DelegationManage, "history": authz.LedgerRead,
	"incidents": authz.IncidentRead, "board": authz.BoardRead}

// pageLink leads to a page of the organisation of the address, and is none for who may
// not open it.
func pageLink(r *http.Request, page string) ui.Link {
	if need, ok := pageNeeds[page]; ok && !can(r, need) {
		return ui.Link{}
	}
	return ui.Link{Text: ui.T(r.Context(), "pages.client."+page), URL: clientURL(r, page)}
}

// clientSection is the pages of an organisation, of which one may be open.
func clientSection(r *http.Request, o tenant.Organisation, key string) ui.Section {
	section, base := ui.Section{Title: o.Name, Links: make([]ui.Link, 0, 20)}, "/organisations/"+o.ID
	for _, page := range []struct{ key, path string }{
		{"home", ""},
		{"scope", "scope"},
		{"registration", "registration"},
		{"questions", "questions"},
		{"requirements", "requirements"},
		{"suggestions", "suggestions"},
		{"delegations", "delegations"},
		{"evidence", "evidence"},
		{"plan", "plan"},
		{"incidents", "incidents"},
		{"exposure", "exposure"},
		{"assets", "assets"},
		{"suppliers", "suppliers"},
		{"risks", "risks"},
		{"board", "board"},
		{"compare", "compare"},
		{"reports", "reports"},
		{"history", "history"},
		{"pre_assessment", "pre-assessment"},
		{"manage", "manage"},
	} {
		if page.key == "pre_assessment" && o.Kind != tenant.Prospect && key != page.key {
			continue
		}
		if need, ok := pageNeeds[page.key]; ok && !can(r, need) {
			continue
		}
		url := base
		if page.path != "" {
			url += "/" + page.path
		}
		section.Links = append(section.Links, ui.Link{Text: ui.T(r.Context(), "pages.client."+page.key), URL: url, Current: page.key == key})
	}
	return section
}

func (s *Site) facts(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	text, err := factsText(c.File)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, factsPage(r, s.clientFrame(r, c, "facts"), c, text, nil))
}

// factsText is the facts of an organisation file without what the other pages
// keep: answers, evidence, exceptions and assertions.
func factsText(f *organisation.File) (string, error) {
	facts := *f
	facts.Answers, facts.Evidence, facts.Exceptions, facts.Assertions = nil, nil, nil, nil
	b, err := facts.YAML()
	return string(b), err
}

func (s *Site) setFacts(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	text := r.PostFormValue("text")
	version, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Field: "version", What: "the version is missing", Expected: "the form of this page"}
	}
	f, err := organisation.Read("facts.yaml", []byte(text))
	if err == nil {
		err = s.clients.SetFacts(r.Context(), visitOf(r).Actor, c.Organisation.ID, version, f)
	}
	if err != nil && fault.KindOf(err) == fault.Invalid {
		e := ui.Errors{"text": strings.ReplaceAll(ui.Failure(r.Context(), err.Error()), "\n", "; ")}
		return ui.Render(w, r, statusOf(e), factsPage(r, s.clientFrame(r, c, "facts"), c, text, e))
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "facts"))
}

func (s *Site) determine(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.clients.Determine(r.Context(), visitOf(r).Actor, r.PathValue("organisation")); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "scope/result"))
}

// topics of the questions, in the order of the pages.
func topics() []string {
	return []string{"governance", "registration", "reporting", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
}

func topicOf(r *http.Request) string {
	if t := r.FormValue("topic"); slices.Contains(topics(), t) {
		return t
	}
	return topics()[0]
}

func (s *Site) questions(w http.ResponseWriter, r *http.Request) error {
	x, err := s.work(r, workFilter{}, "")
	if err != nil {
		return err
	}
	p := s.clientFrame(r, x.c, "questions")
	p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "workbook.title"), URL: clientURL(r, "workbook"), Icon: ui.IconFile}}
	return ui.Render(w, r, http.StatusOK, questionsPage(p, x, topicOf(r)))
}

// answer saves one answer. Without script it leads back to the question; with it the
// page learns what is open now.
func (s *Site) answer(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return guard.Status(http.StatusBadRequest, "the form cannot be read")
	}
	question := r.PathValue("question")
	_, _, err := s.clients.Answer(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), question, r.PostForm["option"], r.PostFormValue("note"))
	if err != nil {
		return err
	}
	if !partial(r) {
		return guard.Redirect(w, r, clientURL(r, "questions?topic="+topicOf(r)+"#"+anchor(question)))
	}
	x, err := s.work(r, workFilter{}, "")
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, questionSaved(x, question, topicOf(r)))
}

func anchor(id string) string { return "q-" + id }

// mostHistory is how many entries the page of one organisation shows.
const mostHistory = 50

func (s *Site) history(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	// The check of rights is that of the history of one organisation.
	a := visitOf(r).Actor
	if _, err := s.clients.History(r.Context(), a, c.Organisation.ID, "", "", 1); err != nil {
		return err
	}
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // nonsense shows the newest
	entries, err := s.proving.Entries(r.Context(), a, proving.Filter{Organisation: c.Organisation.ID, Before: max(before, 0), Limit: mostHistory})
	if err != nil {
		return err
	}
	people, err := s.colleagues(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, historyPage(r, s.clientFrame(r, c, "history"), entries, s.historyPart(r, c, people, entries)))
}

// historyPart is the entries of an organisation as a timeline. They never change, so
// that their numbers, the names in them and how many can be undone say all of it.
func (s *Site) historyPart(r *http.Request, c clients.Client, people []tenant.Member, entries []ledger.Entry) templ.Component {
	if len(entries) == 0 {
		return templ.NopComponent
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	words := wordsOf(c, people)
	open := 0
	if mayRestore(r, c.Organisation.ID) {
		open = len(slices.DeleteFunc(slices.Clone(entries), func(e ledger.Entry) bool { return !canUndo(r.Context(), e) }))
	}
	return s.parts.Keep(func() templ.Component {
		return ui.Timeline(ui.T(r.Context(), "pages.client.history"), undoable(r, words.events(r.Context(), entries), entries))
	}, "history", c.Organisation.ID, number(entries[0].Seq), number(entries[len(entries)-1].Seq), strconv.Itoa(len(entries)), strconv.Itoa(open), fmt.Sprint(words.people, words.files))
}

func (s *Site) undo(w http.ResponseWriter, r *http.Request) error {
	seq, err := strconv.ParseInt(r.PostFormValue("entry"), 10, 64)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Field: "entry", What: "no change is named", Expected: "the undo button of a change"}
	}
	if err := s.clients.Undo(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), seq); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "history"))
}

// report writes the report of the command line: same composition, same numbers.
// The page is a download, so that its own styles need no exception from the
// policy of this server.
func (s *Site) report(w http.ResponseWriter, r *http.Request) error {
	c, err := s.dressed(r)
	if err != nil {
		return err
	}
	p := s.messages.Printer(languageOf(r.Context(), c))
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if strings.HasPrefix(name, "report.") {
		return handOut(w, assessing.Compose(c.In, p), name)
	}
	var b bytes.Buffer
	if err := assessing.JSON(&b, c.In, p); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	guard.Download(w, `attachment; filename="`+name+`"`)
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(b.Bytes())
	return err
}

// dressed is the organisation of the path as its reports look.
func (s *Site) dressed(r *http.Request) (clients.Client, error) {
	c, err := s.load(r)
	if err != nil {
		return c, err
	}
	return s.reporting.Dress(r.Context(), visitOf(r).Actor, c)
}

// languageOf is the language of what is written for an organisation: that of its file,
// else that of the reader.
func languageOf(ctx context.Context, c clients.Client) string {
	return cmp.Or(c.File.Language, ui.From(ctx).Printer.Language)
}
