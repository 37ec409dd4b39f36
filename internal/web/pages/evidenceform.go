package pages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// The tasks of the form of a piece of evidence.
const (
	pieceNew     = "new"
	pieceEdit    = "edit"
	pieceReplace = "replace" // a newer version; the earlier one stays in the history
)

// pieceForm is the form of a piece of evidence as it stands.
type pieceForm struct {
	Task        string
	Piece       assessment.Evidence
	Requirement catalog.Requirement // that it is added for; without id for none
	People      []tenant.Member
	Errors      ui.Errors
}

func (s *Site) newEvidence(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	f := pieceForm{Task: pieceNew, Piece: assessment.Evidence{Form: formOf(r.FormValue("form"))}}
	f.Piece.Date, f.Piece.Kind = c.In.AsOf, r.FormValue("kind")
	f.aim(c, r.FormValue("requirement"))
	return s.showPieceForm(w, r, c, f)
}

func formOf(text string) string {
	if text == clients.FormLink || text == clients.FormAttestation {
		return text
	}
	return clients.FormFile
}

// aim makes the form serve a requirement: by the kind that it names first, or by
// naming the requirement itself.
func (f *pieceForm) aim(c clients.Client, requirement string) {
	req, ok := c.In.Catalogue.Get(requirement)
	if !ok {
		return
	}
	f.Requirement = req
	switch {
	case f.Piece.Kind == "" && len(req.Evidence) > 0:
		f.Piece.Kind = req.Evidence[0].Kind
	case !slices.Contains(clients.Serves(c.In.Catalogue, f.Piece.Evidence), req.ID):
		f.Piece.Covers = append(f.Piece.Covers, req.ID)
	}
}

func (s *Site) editEvidence(w http.ResponseWriter, r *http.Request) error {
	return s.openPieceForm(w, r, func(e assessment.Evidence) pieceForm { return pieceForm{Task: pieceEdit, Piece: e} })
}

func (s *Site) replaceEvidence(w http.ResponseWriter, r *http.Request) error {
	return s.openPieceForm(w, r, func(e assessment.Evidence) pieceForm {
		e.Files, e.ValidUntil, e.Date, e.Draft = nil, law.Date{}, visitOf(r).Actor.Day(s.clock.Now()), false
		return pieceForm{Task: pieceReplace, Piece: e}
	})
}

func (s *Site) openPieceForm(w http.ResponseWriter, r *http.Request, form func(assessment.Evidence) pieceForm) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	e, err := pieceOf(c, r.FormValue("id"))
	if err != nil {
		return err
	}
	return s.showPieceForm(w, r, c, form(e))
}

func (s *Site) showPieceForm(w http.ResponseWriter, r *http.Request, c clients.Client, f pieceForm) error {
	var err error
	if f.People, err = s.colleagues(r); err != nil {
		return err
	}
	p := s.evidenceFrame(r, c, ui.T(r.Context(), "evidence.form."+f.Task))
	if f.Task == pieceReplace {
		p.Lead = ui.T(r.Context(), "evidence.form.replace.lead")
	}
	return ui.Render(w, r, statusOf(f.Errors), pieceFormPage(r, p, c, f))
}

func (s *Site) addEvidence(w http.ResponseWriter, r *http.Request) error {
	return s.putEvidence(w, r, pieceNew)
}

func (s *Site) saveEvidence(w http.ResponseWriter, r *http.Request) error {
	return s.putEvidence(w, r, pieceEdit)
}

// putEvidence takes the form of a piece. What was uploaded stays with the form when
// something else is wrong with it.
func (s *Site) putEvidence(w http.ResponseWriter, r *http.Request, task string) error {
	e, err := s.receive(r)
	if err != nil {
		return err
	}
	f := pieceForm{Task: task, Piece: readPiece(r, e), Errors: e}
	if r.PostFormValue("task") == pieceReplace {
		f.Task = pieceReplace
	}
	if task == pieceEdit && f.Piece.ID == "" {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such evidence"}
	}
	if len(e) == 0 {
		id, err := s.clients.PutPiece(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), f.Piece)
		if err == nil {
			return guard.Redirect(w, r, pieceURL(r, "piece", id))
		}
		wrong, ok := ui.ErrorsOf(r.Context(), err)
		if !ok {
			return err
		}
		f.Errors = wrong
		if fault.KindOf(err) == fault.Conflict {
			f.Errors = ui.Errors{"": ui.T(r.Context(), "evidence.conflict")}
		}
	}
	c, err := s.load(r)
	if err != nil {
		return err
	}
	f.aim(c, r.PostFormValue("requirement"))
	return s.showPieceForm(w, r, c, f)
}

// readPiece reads the form and adds what is wrong with it to e.
func readPiece(r *http.Request, e ui.Errors) assessment.Evidence {
	text := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	day := func(name string, required bool) law.Date {
		d, err := law.ParseDate(text(name))
		if err != nil && (required || text(name) != "") {
			e[name] = ui.T(r.Context(), "pages.expected_day")
		}
		return d
	}
	draft := text("draft") != ""
	p := assessment.Evidence{Draft: draft, Evidence: posture.Evidence{ID: text("id"), Kind: text("kind"), Title: text("title"), Date: day("date", !draft),
		ValidUntil: day("valid_until", false), Owner: text("owner"), Location: text("location"), Covers: r.PostForm["covers"],
		Shows: posture.Status(text("shows")), Note: text("note")},
		Form: text("form"), Files: r.PostForm["files"], OwnerPerson: text("owner_person")}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(text(name), 10, 64)
		if err != nil && text(name) != "" {
			e[name] = ui.T(r.Context(), "evidence.expected_number")
		}
		return n
	}
	p.Version, p.RenewMonths = number("version"), int(number("renew_months"))
	if p.Form == clients.FormAttestation && len(p.Files) > 0 {
		p.Form = clients.FormFile
	}
	for field, missing := range map[string]bool{
		"title":    p.Title == "",
		"file":     p.Form == clients.FormFile && len(p.Files) == 0 && e["file"] == "" && text("task") != pieceEdit,
		"location": p.Form == clients.FormLink && !strings.HasPrefix(p.Location, "https://") && !strings.HasPrefix(p.Location, "http://"),
		"owner":    p.Form == clients.FormAttestation && p.Owner == "" && text("task") == pieceNew && !draft,
		"note":     p.Form == clients.FormAttestation && p.Note == "" && text("task") == pieceNew && !draft,
	} {
		if missing {
			e[field] = ui.T(r.Context(), "evidence.expected_"+field)
		}
	}
	if !draft && !p.ValidUntil.IsZero() && p.ValidUntil.Before(p.Date) && e["date"] == "" {
		e["valid_until"] = ui.T(r.Context(), "evidence.expected_later")
	}
	return p
}

// Bounds of a form with files: a typed value in bytes, all values, and the number
// of files.
const (
	longestValue = 64 << 10
	mostValues   = 2000
	mostFiles    = 20
)

// receive reads a form. Files are stored as they arrive, and their ids added to the
// field "files", as if they had been there before. Files that cannot be taken are
// in the errors.
func (s *Site) receive(r *http.Request) (ui.Errors, error) {
	e := ui.Errors{}
	parts, err := r.MultipartReader()
	if err != nil { // an ordinary form, without files
		if err := r.ParseForm(); err != nil {
			return nil, guard.Status(http.StatusBadRequest, "the form cannot be read")
		}
		return e, nil
	}
	values, files := url.Values{}, 0
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		switch {
		case err == io.EOF:
			r.PostForm, r.Form = values, values
			return e, nil
		case err != nil:
			return nil, unreadable(err)
		case n >= mostValues:
			return nil, guard.Status(http.StatusRequestEntityTooLarge, "the form has too many parts")
		}
		if part.FormName() == "file" && part.FileName() != "" {
			if files++; files > mostFiles {
				e["file"] = ui.T(r.Context(), "evidence.file.too_many", "most", mostFiles)
				continue
			}
			if err := s.keep(r, part, values, e); err != nil {
				return nil, err
			}
			continue
		}
		b, err := io.ReadAll(io.LimitReader(part, longestValue+1))
		if err != nil {
			return nil, unreadable(err)
		}
		if len(b) > longestValue {
			return nil, guard.Status(http.StatusRequestEntityTooLarge, "a field of the form is too long")
		}
		values.Add(part.FormName(), string(b))
	}
}

// unreadable is the error of a form that breaks off; one that is too large keeps
// its own.
func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return guard.Status(http.StatusBadRequest, "the form cannot be read")
}

// keep stores one file of a form.
func (s *Site) keep(r *http.Request, part *multipart.Part, values url.Values, e ui.Errors) error {
	f, err := s.clients.Upload(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), part.FileName(), part)
	if key, ok := fileMessage(err); ok {
		e["file"] = ui.T(r.Context(), key, "name", part.FileName())
		// The rest is read, so that the browser gets round to our answer.
		if _, err := io.Copy(io.Discard, part); err != nil {
			return unreadable(err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("take a file: %w", err)
	}
	values.Add("files", f.ID)
	return nil
}

// pieceFields are the fields of the form, by name and in the order of the page.
func pieceFields(r *http.Request, f pieceForm) (map[string]ui.Field, []ui.Field) {
	t := func(key string) string { return ui.T(r.Context(), "evidence."+key) }
	p := f.Piece
	dayText := func(d law.Date) string {
		if d.IsZero() {
			return ""
		}
		return d.String()
	}
	months := ""
	if p.RenewMonths > 0 {
		months = strconv.Itoa(p.RenewMonths)
	}
	attested := p.Form == clients.FormAttestation && p.Location == "" && !p.Draft
	all := []ui.Field{
		{Name: "title", Label: t("title"), Hint: t("title.hint"), Required: true, MaxLength: 300, Autocomplete: "off", Value: p.Title},
		{Name: "kind", Label: t("kind"), Hint: t("kind.hint"), Required: true, Value: p.Kind},
		{Name: "file", Label: t("files"), Hint: t("files.hint"), Multiple: true, Attributes: map[string]any{"data-largest": strconv.Itoa(clients.LargestFile),
			"data-most": strconv.Itoa(mostUploaded - 1<<20), "data-too-large": tooLarge(r.Context(), clients.LargestFile), "data-too-much": t("file.too_much")}},
		{Name: "location", Label: t("location"), Hint: t("location.hint"), MaxLength: 2000, Autocomplete: "off", Value: p.Location},
		{Name: "owner", Label: t("owner"), MaxLength: 200, Autocomplete: "off", Value: p.Owner},
		{Name: "note", Label: t("note"), Rows: 4, Value: p.Note},
		{Name: "draft", Label: t("draft"), Hint: t("draft.hint")},
		{Name: "date", Label: t("date"), Hint: t("date.hint"), Required: !p.Draft, Value: dayText(p.Date)},
		{Name: "valid_until", Label: t("valid_until"), Hint: t("valid_until.hint"), Value: dayText(p.ValidUntil)},
		{Name: "renew_months", Label: t("renew"), Hint: t("renew.hint"), Min: "0", Max: "240", Unit: t("months"), Value: months},
		{Name: "owner_person", Label: t("owner_person"), Hint: t("owner_person.hint"), Value: p.OwnerPerson},
		{Name: "covers", Label: t("covers"), Hint: t("covers.hint")},
	}
	byName := map[string]ui.Field{}
	for i, x := range all {
		switch {
		case x.Name == "location" && p.Form == clients.FormLink:
			x.Label, x.Hint, x.Required = t("address"), t("address.hint"), true
		case x.Name == "owner" && attested:
			x.Label, x.Hint, x.Required = t("stated_by"), t("stated_by.hint"), true
		case x.Name == "note" && attested:
			x.Label, x.Required = t("statement"), true
		case x.Name == "date" && attested:
			x.Label, x.Hint = t("stated_on"), ""
		}
		x.Error = f.Errors[x.Name]
		all[i], byName[x.Name] = x, x
	}
	return byName, all
}

// kindOptions are the kinds of evidence, those that a requirement names first. Nothing
// is chosen before somebody did: a kind that came by itself would prove requirements
// that the piece has nothing to do with.
func kindOptions(ctx context.Context, c clients.Client, f pieceForm) []ui.Option {
	first, rest := []ui.Option{{Value: "", Label: ui.T(ctx, "evidence.kind.choose")}}, []ui.Option(nil)
	for _, k := range c.In.Catalogue.Kinds() {
		o := ui.Option{Value: k.ID, Label: k.Title}
		if slices.ContainsFunc(f.Requirement.Evidence, func(h catalog.EvidenceHint) bool { return h.Kind == k.ID }) {
			first = append(first, o)
			continue
		}
		rest = append(rest, o)
	}
	return append(first, rest...)
}

func personOptions(ctx context.Context, people []tenant.Member, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Label: ui.T(ctx, "evidence.nobody")}}
	known := chosen == ""
	for _, m := range people {
		known = known || m.Person == chosen
		out = append(out, ui.Option{Value: m.Person, Label: m.Name})
	}
	if !known {
		out = append(out, ui.Option{Value: chosen, Label: ui.T(ctx, "evidence.left")})
	}
	return out
}

// keptFiles are the files that the form has, to be kept or left out.
func keptFiles(ctx context.Context, c clients.Client, ids []string) []ui.Option {
	var out []ui.Option
	for _, id := range ids {
		f := fileOf(c, id)
		out = append(out, ui.Option{Value: id, Label: f.Name, Hint: sizeText(ctx, f.Size), Selected: true})
	}
	return out
}

// coverGroup is the requirements of a section that a piece may cover.
type coverGroup struct {
	Title   string
	Options []ui.Option
}

// coverGroups are the requirements that apply, by section. What is covered and does
// not apply, or is a heading, comes first.
func coverGroups(ctx context.Context, c clients.Client, covers []string) []coverGroup {
	var out []coverGroup
	places, shown := map[string]int{}, map[string]bool{}
	for _, result := range c.In.Posture.Results {
		req, ok := c.In.Catalogue.Get(result.Requirement)
		place, known := c.In.Catalogue.Place(req.ID)
		if !ok || !known || !req.IsLeaf() || result.Status == posture.NotApplicable && !slices.Contains(covers, req.ID) {
			continue
		}
		section := c.In.Catalogue.At(c.In.Catalogue.SectionAt(place))
		i, begun := places[section.ID]
		if !begun {
			i = len(out)
			places[section.ID] = i
			out = append(out, coverGroup{Title: section.Title})
		}
		shown[req.ID] = true
		out[i].Options = append(out[i].Options, ui.Option{Value: req.ID, Label: req.Title, Hint: ui.Cite(ctx, req.Citation), Selected: slices.Contains(covers, req.ID)})
	}
	other := coverGroup{Title: ui.T(ctx, "evidence.covers.other")}
	for _, id := range covers {
		if req, ok := c.In.Catalogue.Get(id); ok && !shown[id] {
			other.Options = append(other.Options, ui.Option{Value: id, Label: req.Title, Hint: ui.Cite(ctx, req.Citation), Selected: true})
		}
	}
	if len(other.Options) > 0 {
		out = append([]coverGroup{other}, out...)
	}
	return out
}

// formLinks lead to the forms of new evidence.
func formLinks(ctx context.Context, r *http.Request, f pieceForm) []ui.Link {
	var out []ui.Link
	for _, form := range []string{clients.FormFile, clients.FormLink, clients.FormAttestation} {
		q := url.Values{"form": {form}}
		if f.Requirement.ID != "" {
			q.Set("requirement", f.Requirement.ID)
		}
		out = append(out, ui.Link{Text: ui.T(ctx, "evidence.form.of."+form), URL: clientURL(r, "evidence/new?"+q.Encode()), Current: form == f.Piece.Form})
	}
	return out
}

func formAction(r *http.Request, f pieceForm) string {
	if f.Task == pieceNew {
		return clientURL(r, "evidence")
	}
	return clientURL(r, "evidence/edit")
}

func cancelURL(r *http.Request, f pieceForm) string {
	if f.Task == pieceNew {
		return clientURL(r, "evidence")
	}
	return pieceURL(r, "piece", f.Piece.ID)
}
