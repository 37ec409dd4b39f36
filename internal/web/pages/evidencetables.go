package pages

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func validityStatus(ctx context.Context, v clients.Validity) ui.Status {
	tones := map[clients.Validity]ui.Tone{clients.Valid: chart.ToneGood, clients.Expiring: chart.TonePartly, clients.Expired: chart.ToneBad, clients.Drafted: chart.ToneOpen}
	return ui.Status{Tone: tones[v], Word: ui.T(ctx, "evidence.validity."+string(v))}
}

// validityLinks lead to the evidence of one validity, with the other filters kept.
func validityLinks(ctx context.Context, r *http.Request, l library) []ui.Link {
	out := []ui.Link{{Text: ui.T(ctx, "pages.all"), URL: filterURL(r, "validity", ""), Current: l.Filter.Validity == "", Count: len(l.All), CountText: ui.T(ctx, "evidence.pieces")}}
	for _, v := range []clients.Validity{clients.Valid, clients.Expiring, clients.Expired, clients.Drafted} {
		out = append(out, ui.Link{Text: ui.T(ctx, "evidence.validity."+string(v)), URL: filterURL(r, "validity", string(v)),
			Current: l.Filter.Validity == v, Count: l.Counts[v], CountText: ui.T(ctx, "evidence.pieces")})
	}
	return out
}

// filterURL is the address of the list with one filter changed.
func filterURL(r *http.Request, name, value string) string {
	q := r.URL.Query()
	q.Del("removed")
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return clientURL(r, "evidence")
	}
	return clientURL(r, "evidence?"+q.Encode())
}

// usedKinds are the kinds of the evidence that there is.
func usedKinds(ctx context.Context, c clients.Client, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Label: ui.T(ctx, "pages.all")}}
	for _, k := range c.In.Catalogue.Kinds() {
		if k.ID == chosen || slices.ContainsFunc(c.Evidence, func(e assessment.Evidence) bool { return e.Kind == k.ID }) {
			out = append(out, ui.Option{Value: k.ID, Label: k.Title, Selected: k.ID == chosen})
		}
	}
	return out
}

func evidenceOwners(ctx context.Context, people []tenant.Member, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Label: ui.T(ctx, "pages.all")}}
	for _, m := range people {
		out = append(out, ui.Option{Value: m.Person, Label: m.Name, Selected: m.Person == chosen})
	}
	return out
}

// ownerName is who looks after a piece: the member, or whom the record names.
func ownerName(people []tenant.Member, e assessment.Evidence) string {
	for _, m := range people {
		if m.Person == e.OwnerPerson {
			return m.Name
		}
	}
	return e.Owner
}

func evidenceTable(ctx context.Context, r *http.Request, c clients.Client, l library) ui.TableProps {
	t := ui.TableProps{ID: "evidence-list", Caption: ui.T(ctx, "pages.client.evidence"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "evidence.title")}, {Label: ui.T(ctx, "evidence.validity"), Narrow: true}, {Label: ui.T(ctx, "evidence.valid_until"), Narrow: true},
		{Label: ui.T(ctx, "evidence.owner"), Optional: true}, {Label: ui.T(ctx, "evidence.date"), Optional: true, Narrow: true},
		{Label: ui.T(ctx, "evidence.serves"), Numeric: true}, {Label: ui.T(ctx, "evidence.files"), Numeric: true, Optional: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "evidence.none"), Text: ui.T(ctx, "evidence.none.text")}}
	if len(c.Evidence) > 0 {
		t.Empty = ui.Empty{Title: ui.T(ctx, "evidence.none_found"), Action: ui.ButtonProps{Text: ui.T(ctx, "evidence.show_all"), URL: clientURL(r, "evidence")}}
	} else if l.Edit {
		t.Empty.Action = ui.ButtonProps{Text: ui.T(ctx, "evidence.add"), URL: clientURL(r, "evidence/new"), Icon: ui.IconPlus}
	}
	applies := applying(c)
	for _, e := range l.Shown {
		kind, _ := c.In.Catalogue.KindTitle(e.Kind)
		until := dayOrDash(clients.ValidUntil(c.In.Catalogue, e.Evidence))
		count := func(n int) templ.Component { return ui.Words(ui.Number(ctx, float64(n), 0)) }
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(e.Title, pieceURL(r, "piece", e.ID), kind),
			ui.StatusBadge(validityStatus(ctx, clients.ValidityOf(c.In.Catalogue, e, c.In.AsOf))), until,
			ui.Words(ownerName(l.People, e)), dayOrDash(e.Date), count(len(served(c, applies, e))), count(len(e.Files))}})
	}
	return t
}

// dayOrDash is a day that may be missing.
func dayOrDash(d law.Date) templ.Component {
	if d.IsZero() {
		return ui.Words("–")
	}
	return ui.Day(d)
}

// fileOf is an uploaded file by its id.
func fileOf(c clients.Client, id string) assessment.File {
	for _, f := range c.Files {
		if f.ID == id {
			return f
		}
	}
	return assessment.File{ID: id, Name: id}
}

// sizeText is a size in bytes in a unit that people read.
func sizeText(ctx context.Context, bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return ui.Number(ctx, float64(bytes)/(1<<20), 1) + " MB"
	case bytes >= 1<<10:
		return ui.Number(ctx, float64(bytes)/(1<<10), 0) + " KB"
	}
	return ui.Number(ctx, float64(bytes), 0) + " B"
}

func scanStatus(ctx context.Context, s assessment.Scan) ui.Status {
	switch s {
	case assessment.ScanClean:
		return ui.Status{Tone: chart.ToneGood, Word: ui.T(ctx, "evidence.scan.clean")}
	case assessment.ScanHarmful:
		return ui.Status{Tone: chart.ToneBad, Word: ui.T(ctx, "evidence.scan.harmful")}
	case assessment.ScanPending:
		return ui.Status{Tone: chart.TonePartly, Word: ui.T(ctx, "evidence.scan.pending")}
	}
	return ui.Status{Tone: chart.ToneOpen, Word: ui.T(ctx, "evidence.scan.none")}
}

// shownHash is how many characters of a hash stand in a table.
const shownHash = 16

func fileTable(ctx context.Context, r *http.Request, c clients.Client, e assessment.Evidence) ui.TableProps {
	t := ui.TableProps{ID: "files", Caption: ui.T(ctx, "evidence.files"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "evidence.file.name")}, {Label: ui.T(ctx, "evidence.file.size"), Numeric: true},
		{Label: ui.T(ctx, "evidence.file.uploaded"), Optional: true}, {Label: "SHA-256", Optional: true}, {Label: ui.T(ctx, "evidence.scan"), Narrow: true}}}
	for _, id := range e.Files {
		f := fileOf(c, id)
		scan := ui.StatusBadge(scanStatus(ctx, f.Scan))
		name := ui.LinkCell(f.Name, clientURL(r, "files/"+f.ID), f.MediaType)
		if f.Scan == assessment.ScanPending || f.Scan == assessment.ScanHarmful { // not to be had
			name = ui.LinkCell(f.Name, "", f.MediaType)
		}
		if f.Scan == assessment.ScanPending && mayEdit(c) {
			scan = pendingScan(r, f, e.ID)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{name, ui.Words(sizeText(ctx, f.Size)), ui.LinkCell(f.UploadedBy, "", ui.MomentText(ctx, f.UploadedAt)),
			hash(f.SHA256), scan}})
	}
	return t
}

// applying are the requirements that apply to the organisation.
func applying(c clients.Client) map[string]bool {
	out := map[string]bool{}
	for _, result := range c.In.Posture.Results {
		out[result.Requirement] = true
	}
	return out
}

// served are the requirements that a piece serves and that apply.
func served(c clients.Client, applies map[string]bool, e assessment.Evidence) []string {
	return slices.DeleteFunc(clients.Serves(c.In.Catalogue, e.Evidence), func(id string) bool { return !applies[id] })
}

func servedTable(ctx context.Context, r *http.Request, c clients.Client, e assessment.Evidence) ui.TableProps {
	t := ui.TableProps{ID: "served", Caption: ui.T(ctx, "evidence.serves"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.requirement")}, {Label: ui.T(ctx, "report.column.status"), Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "evidence.serves.none")}}
	for _, id := range served(c, applying(c), e) {
		if req, ok := c.In.Catalogue.Get(id); ok {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(req.Title, requirementURL(r, req), ui.Cite(ctx, req.Citation)),
				ui.StatusBadge(status(ctx, resultOf(c, id).Status))}})
		}
	}
	return t
}

func requirementURL(r *http.Request, req catalog.Requirement) string {
	measure := "a"
	if len(req.Measures) > 0 {
		measure = req.Measures[0]
	}
	return clientURL(r, "requirements?measure="+measure+"&open="+escape(req.ID)+"#open")
}

// earlier are the versions of a piece before the present one, newest first: the
// values before each change of its files, its day or its place.
func earlier(now assessment.Evidence, entries []ledger.Entry) []assessment.Evidence {
	var out []assessment.Evidence
	for _, entry := range entries {
		var before assessment.Evidence
		if entry.Before == nil || json.Unmarshal(entry.Before, &before) != nil {
			continue
		}
		if !slices.Equal(before.Files, now.Files) || before.Date != now.Date || before.Location != now.Location {
			out = append(out, before)
		}
		now = before
	}
	return out
}

func earlierTable(ctx context.Context, r *http.Request, c clients.Client, list []assessment.Evidence) ui.TableProps {
	t := ui.TableProps{ID: "earlier", Caption: ui.T(ctx, "evidence.earlier"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "evidence.title")}, {Label: ui.T(ctx, "evidence.date")}, {Label: ui.T(ctx, "evidence.files")}}}
	for _, e := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(e.Title), dayOrDash(e.Date), fileLinks(r, c, e)}})
	}
	return t
}

// facts of a piece as term and text; without a text they are left out.
func pieceFacts(ctx context.Context, c clients.Client, e assessment.Evidence, people []tenant.Member) [][2]string {
	kind, _ := c.In.Catalogue.KindTitle(e.Kind)
	until := ui.DayText(ctx, clients.ValidUntil(c.In.Catalogue, e.Evidence))
	if e.ValidUntil.IsZero() && until != "" {
		until = ui.T(ctx, "evidence.usual_period", "day", until)
	}
	renew, member := "", ""
	if e.RenewMonths > 0 && !e.Draft {
		renew = ui.T(ctx, "evidence.renew.every", "months", e.RenewMonths, "day", ui.DayText(ctx, e.Date.AddMonths(e.RenewMonths)))
	}
	if name := ownerName(people, e); name != e.Owner {
		member = name
	}
	by, note := "evidence.owner", "evidence.note"
	if e.Form == clients.FormAttestation && e.Location == "" {
		by, note = "evidence.stated_by", "evidence.statement"
	}
	all := [][2]string{{"evidence.kind", kind}, {"evidence.form", ui.T(ctx, "evidence.form.of."+e.Form)}, {"evidence.date", ui.DayText(ctx, e.Date)}, {"evidence.valid_until", until},
		{"evidence.renew", renew}, {"evidence.owner_person", member}, {by, e.Owner}, {"evidence.location", e.Location}, {note, e.Note}, {"evidence.id", e.ID}}
	return slices.DeleteFunc(all, func(f [2]string) bool { return f[1] == "" })
}

func undoOf(r *http.Request, e ledger.Entry) ui.Undo {
	return ui.Undo{Action: clientURL(r, "undo"), Fields: map[string]string{"entry": strconv.FormatInt(e.Seq, 10)},
		Note: ui.T(r.Context(), "ledger.undo.until", "when", ui.MomentText(r.Context(), e.At.Add(clients.UndoFor)))}
}

func csvDay(d law.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// evidenceRows is the list of evidence for spreadsheets.
func evidenceRows(ctx context.Context, c clients.Client, people []tenant.Member) (head []string, rows [][]string) {
	for _, key := range []string{"id", "title", "kind", "form", "date", "valid_until", "validity", "owner", "location", "note", "files", "serves"} {
		head = append(head, ui.T(ctx, "evidence."+key))
	}
	applies := applying(c)
	for _, e := range c.Evidence {
		kind, _ := c.In.Catalogue.KindTitle(e.Kind)
		var names []string
		for _, id := range e.Files {
			names = append(names, fileOf(c, id).Name)
		}
		v := clients.ValidityOf(c.In.Catalogue, e, c.In.AsOf)
		rows = append(rows, []string{e.ID, e.Title, kind, ui.T(ctx, "evidence.form.of."+e.Form), csvDay(e.Date), csvDay(clients.ValidUntil(c.In.Catalogue, e.Evidence)),
			ui.T(ctx, "evidence.validity."+string(v)), ownerName(people, e), e.Location, e.Note, strings.Join(names, "; "),
			strings.Join(served(c, applies, e), "; ")})
	}
	return head, rows
}

// requirementRows is the list of requirements that apply, for spreadsheets.
func requirementRows(ctx context.Context, c clients.Client) (head []string, rows [][]string) {
	head = []string{ui.T(ctx, "evidence.id"), ui.T(ctx, "report.column.requirement"), ui.T(ctx, "evidence.citation"), ui.T(ctx, "report.column.measure"),
		ui.T(ctx, "report.column.status"), ui.T(ctx, "evidence.confidence"), ui.T(ctx, "pages.column.expires"), ui.T(ctx, "evidence.weight")}
	for _, result := range c.In.Posture.Results {
		req, ok := c.In.Catalogue.Get(result.Requirement)
		if !ok || !req.IsLeaf() {
			continue
		}
		confidence := ""
		if result.Confidence != "" {
			confidence = ui.T(ctx, "evidence.confidence."+string(result.Confidence))
		}
		rows = append(rows, []string{req.ID, req.Title, ui.Cite(ctx, req.Citation), strings.Join(req.Measures, " "), status(ctx, result.Status).Word,
			confidence, csvDay(result.ExpiresOn), strconv.FormatFloat(result.Weight, 'f', -1, 64)})
	}
	return head, rows
}
