package pages

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// mostUploaded is the largest body in bytes of a form with files, and uploadTime
// how long a slow line may take to send it.
const (
	mostUploaded = 4*clients.LargestFile + 1<<20
	uploadTime   = 10 * time.Minute
)

func (s *Site) evidenceRoutes(add adder) {
	add(Client, "GET "+client+"/evidence", s.evidence)
	add(Client, "POST "+client+"/evidence", withBody(mostUploaded, uploadTime, s.addEvidence))
	add(Client, "GET "+client+"/evidence/new", s.newEvidence)
	add(Client, "GET "+client+"/evidence/piece", s.piece)
	add(Client, "GET "+client+"/evidence/edit", s.editEvidence)
	add(Client, "POST "+client+"/evidence/edit", withBody(mostUploaded, uploadTime, s.saveEvidence))
	add(Client, "GET "+client+"/evidence/replace", s.replaceEvidence)
	add(Client, "POST "+client+"/evidence/remove", s.removeEvidence)
	add(Client, "POST "+client+"/evidence/scan", s.scanEvidence)
	add(Client, "GET "+client+"/evidence.csv", s.evidenceCSV)
	add(Client, "GET "+client+"/requirements.csv", s.requirementsCSV)
	add(Client, "GET "+client+"/files/{file}", s.file)
}

// withBody gives a page its own limit of the body, in bytes, and of the time to
// send it.
func withBody(limit int64, patience time.Duration, h guard.Handler) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) (err error) {
		inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { err = h(w, r) })
		guard.MaxBody(limit, patience)(inner).ServeHTTP(w, r)
		return err
	}
}

// evidenceFilter is what the list of evidence is narrowed to; empty fields narrow
// nothing.
type evidenceFilter struct {
	Kind, Requirement, Owner, Text string
	Validity                       clients.Validity
}

func evidenceFilterOf(r *http.Request) evidenceFilter {
	return evidenceFilter{Kind: r.FormValue("kind"), Requirement: r.FormValue("requirement"), Owner: r.FormValue("owner"),
		Text: strings.TrimSpace(r.FormValue("q")), Validity: clients.Validity(r.FormValue("validity"))}
}

// lets reports whether the filter lets a piece through, its validity aside.
func (f evidenceFilter) lets(c clients.Client, e assessment.Evidence) bool {
	words := strings.ToLower(strings.Join([]string{e.Title, e.Owner, e.Location, e.Note, e.ID}, "\n"))
	switch {
	case f.Kind != "" && e.Kind != f.Kind,
		f.Owner != "" && e.OwnerPerson != f.Owner,
		f.Text != "" && !strings.Contains(words, strings.ToLower(f.Text)),
		f.Requirement != "" && !slices.Contains(clients.Serves(c.In.Catalogue, e.Evidence), f.Requirement):
		return false
	}
	return true
}

// library is the list of evidence with what its page shows.
type library struct {
	Filter evidenceFilter
	All    []assessment.Evidence // that the filter lets through, whatever their validity
	Shown  []assessment.Evidence
	Counts map[clients.Validity]int // of All
	People []tenant.Member
	Edit   bool
}

func (s *Site) evidence(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	l := library{Filter: evidenceFilterOf(r), Counts: map[clients.Validity]int{}, Edit: mayEdit(c)}
	if l.People, err = s.colleagues(r); err != nil {
		return err
	}
	l.All, l.Shown = make([]assessment.Evidence, 0, len(c.Evidence)), make([]assessment.Evidence, 0, len(c.Evidence))
	for _, e := range c.Evidence {
		if !l.Filter.lets(c, e) {
			continue
		}
		v := clients.ValidityOf(c.In.Catalogue, e, c.In.AsOf)
		l.Counts[v]++
		l.All = append(l.All, e)
		if l.Filter.Validity == "" || l.Filter.Validity == v {
			l.Shown = append(l.Shown, e)
		}
	}
	p := s.clientFrame(r, c, "evidence")
	p.Lead, p.Wide = ui.T(r.Context(), "evidence.lead"), true
	if l.Edit {
		add := "evidence/new"
		if l.Filter.Requirement != "" {
			add += "?requirement=" + escape(l.Filter.Requirement)
		}
		p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(r.Context(), "evidence.add"), URL: clientURL(r, add), Icon: ui.IconPlus, Kind: ui.Primary})
	}
	p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(r.Context(), "evidence.csv"), URL: clientURL(r, "evidence.csv"), Icon: ui.IconDownload})
	if p.Flashes, err = s.removedFlash(r); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, evidencePage(r, p, c, l))
}

// mayEdit reports whether the pages offer to change evidence; what is assigned to
// contributors is known only when they do.
func mayEdit(c clients.Client) bool { return authz.Allows(c.Role, authz.AssignedEdit) }

// colleagues are the people of the organisation; nobody for those who may not know them.
func (s *Site) colleagues(r *http.Request) ([]tenant.Member, error) {
	list, err := s.clients.Colleagues(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	if fault.KindOf(err) == fault.Forbidden {
		return nil, nil
	}
	return list, err
}

// offered are those of the people who can own something: who can work, and the one who
// owns it already.
func offered(people []tenant.Member, chosen string) []tenant.Member {
	return slices.DeleteFunc(slices.Clone(people), func(m tenant.Member) bool { return m.Person != chosen && !clients.CanWork(m) })
}

// changesOf is the history of a piece of evidence, newest first; nothing for those
// who may not read the ledger.
func (s *Site) changesOf(r *http.Request, id string) ([]ledger.Entry, error) {
	organisation := r.PathValue("organisation")
	list, err := s.clients.History(r.Context(), visitOf(r).Actor, organisation, "evidence", organisation+"/"+id, mostHistory)
	if fault.KindOf(err) == fault.Forbidden {
		return nil, nil
	}
	return list, err
}

// removedFlash says that the piece of the address was removed, and takes it back.
func (s *Site) removedFlash(r *http.Request) ([]ui.Flash, error) {
	id := r.FormValue("removed")
	if id == "" {
		return nil, nil
	}
	entries, err := s.changesOf(r, id)
	if err != nil || len(entries) == 0 || entries[0].After != nil {
		return nil, err
	}
	return []ui.Flash{{Tone: chart.ToneGood, Text: ui.T(r.Context(), "evidence.removed"), Undo: undoOf(r, entries[0])}}, nil
}

// pieceOf is the piece of evidence that a request names.
func pieceOf(c clients.Client, id string) (assessment.Evidence, error) {
	for _, e := range c.Evidence {
		if e.ID == id {
			return e, nil
		}
	}
	return assessment.Evidence{}, &fault.Error{Kind: fault.NotFound, What: "there is no such evidence"}
}

func pieceURL(r *http.Request, page, id string) string {
	return clientURL(r, "evidence/"+page+"?id="+escape(id))
}

func (s *Site) piece(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	e, err := pieceOf(c, r.FormValue("id"))
	if err != nil {
		return err
	}
	entries, err := s.changesOf(r, e.ID)
	if err != nil {
		return err
	}
	people, err := s.colleagues(r)
	if err != nil {
		return err
	}
	p := s.evidenceFrame(r, c, e.Title)
	if mayEdit(c) {
		p.Actions = []ui.ButtonProps{
			{Text: ui.T(r.Context(), "evidence.replace"), URL: pieceURL(r, "replace", e.ID), Icon: ui.IconPlus},
			{Text: ui.T(r.Context(), "evidence.edit"), URL: pieceURL(r, "edit", e.ID), Icon: ui.IconEdit},
		}
		if e.Draft {
			p.Actions[0].Text, p.Actions[0].Kind = ui.T(r.Context(), "evidence.draft.approved"), ui.Primary
		}
	}
	return ui.Render(w, r, http.StatusOK, piecePage(r, p, c, e, people, entries))
}

// evidenceFrame is the frame of a page below the list of evidence.
func (s *Site) evidenceFrame(r *http.Request, c clients.Client, title string) ui.PageProps {
	p := s.clientFrame(r, c, "evidence")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: p.Title, URL: clientURL(r, "evidence")})
	p.Title = title
	return p
}

func (s *Site) removeEvidence(w http.ResponseWriter, r *http.Request) error {
	id := r.PostFormValue("id")
	if err := s.clients.RemoveEvidence(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), id); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "evidence?removed="+escape(id)))
}

// scanEvidence has a file looked at again that the scanner could not judge.
func (s *Site) scanEvidence(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.clients.Rescan(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("file")); err != nil {
		return err
	}
	return guard.Redirect(w, r, pieceURL(r, "piece", r.PostFormValue("id")))
}

// file sends an uploaded file.
func (s *Site) file(w http.ResponseWriter, r *http.Request) error {
	f, content, err := s.clients.Download(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("file"))
	if err != nil {
		return err
	}
	return sendKept(w, r, f.Name, f.SHA256, content)
}

// sendKept sends a file that is kept, and closes it. Whatever it holds, browsers save
// it and show nothing of it: it has a sandbox of its own, no type that a browser would
// run, and a name that cannot leave its header.
func sendKept(w http.ResponseWriter, r *http.Request, name, sha256 string, content io.ReadSeekCloser) error {
	defer content.Close()
	guard.Download(w, attachment(name))
	w.Header().Set("ETag", `"`+sha256+`"`)
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// attachment is the header that makes a browser save a file under a name.
func attachment(name string) string {
	if h := mime.FormatMediaType("attachment", map[string]string{"filename": name}); h != "" {
		return h
	}
	return "attachment"
}

// table sends a list for spreadsheets.
func table(w http.ResponseWriter, name string, head []string, rows [][]string) error {
	guard.Download(w, attachment(name))
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	return delimited.Write(w, head, rows)
}

func (s *Site) evidenceCSV(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	people, err := s.colleagues(r)
	if err != nil {
		return err
	}
	head, rows := evidenceRows(r.Context(), c, people)
	return table(w, "evidence.csv", head, rows)
}

func (s *Site) requirementsCSV(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	head, rows := requirementRows(r.Context(), c)
	return table(w, "requirements.csv", head, rows)
}

// fileMessage is the sentence for a file that was refused; ok is false for another
// error.
func fileMessage(err error) (key string, ok bool) {
	for cause, key := range map[error]string{clients.ErrTooLarge: "too_large", clients.ErrEmptyFile: "empty", clients.ErrHarmful: "harmful"} {
		if errors.Is(err, cause) {
			return "evidence.file." + key, true
		}
	}
	return "", false
}
