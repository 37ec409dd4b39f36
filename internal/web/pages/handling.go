package pages

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/exchange/indicators"
	"github.com/nisaba-platform/nisaba/exchange/misp"
	"github.com/nisaba-platform/nisaba/exchange/stix"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/report/form"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

const handling = oneIncident + "/handling"

// mostHandled is the largest body in bytes of a form with one file.
const mostHandled = incidents.LargestFile + 1<<20

func (s *Site) handlingRoutes(add adder) {
	add(Client, "GET "+handling, s.openHandling)
	for _, deeds := range []map[string]handlingDeed{s.handlingActs(), s.exerciseDeeds()} {
		for act, do := range deeds {
			add(Client, "POST "+handling+"/"+act, s.handlingAct(act, do))
		}
	}
	add(Client, "POST "+handling+"/list", withBody(mostHandled, uploadTime, s.readList))
	add(Client, "POST "+handling+"/exhibits", withBody(mostHandled, uploadTime, s.takeEvidence))
	add(Client, "GET "+handling+"/exhibits/{exhibit}", s.evidenceFile)
	add(Client, "GET "+handling+"/exhibits/{exhibit}/custody.pdf", s.custodySheet)
	add(Client, "GET "+handling+"/exhibits/{exhibit}/custody.html", s.custodySheet)
	for _, name := range indicatorFiles() {
		add(Client, "GET "+oneIncident+"/"+name, s.indicatorFile(name))
	}
}

// indicatorFiles are the files in which the indicators of a case are handed out.
func indicatorFiles() []string {
	return []string{"indicators.csv", "indicators.stix.json", "indicators.misp.json"}
}

// The tabs of the page.
func handlingTabs() []string {
	return []string{"steps", "indicators", "affected", "evidence", "informed", "costs", "related", "exercise"}
}

// handlingView is the page of the handling of a case.
type handlingView struct {
	incidents.Handling
	tab      string
	filter   incidents.IndicatorPage
	zones    []ui.Option
	zone     string // of the person
	books    []playbook.Playbook
	language string
	others   []incident.Incident // into which it may be merged
	assets   []string            // names in the register of assets; nil: the person may not see them
	act      string              // the form that has errors
	errors   ui.Errors
	edit     bool
	client   clients.Client
}

func (s *Site) openHandling(w http.ResponseWriter, r *http.Request) error {
	return s.showHandling(w, r, r.URL.Query().Get("tab"), "", nil)
}

func (s *Site) showHandling(w http.ResponseWriter, r *http.Request, tab, act string, wrong ui.Errors) (err error) {
	v := handlingView{tab: tab, act: act, errors: wrong, edit: can(r, authz.IncidentEdit)}
	if !slices.Contains(handlingTabs(), tab) {
		v.tab = handlingTabs()[0]
	}
	q := r.URL.Query()
	v.filter = incidents.IndicatorPage{Type: q.Get("type"), Text: q.Get("q")}
	if n, err := strconv.Atoi(q.Get("skip")); err == nil && n > 0 && n < incidents.MostRows {
		v.filter.Skip = n
	}
	if v.Handling, err = s.incidents.Handle(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"), v.filter); err != nil {
		return err
	}
	c, err := s.load(r)
	if err != nil {
		return err
	}
	if v.books, err = s.incidents.Playbooks(r.Context(), visitOf(r).Actor); err != nil {
		return err
	}
	if v.tab == "related" {
		if v.others, err = s.others(r, v.Incident); err != nil {
			return err
		}
	}
	if v.tab == "affected" && v.edit && can(r, authz.AssessmentRead) {
		if v.assets, err = s.assetNames(r); err != nil {
			return err
		}
	}
	v.client, v.language = c, s.language(r)
	v.zone = s.personZone(r, c)
	v.zones = s.zoneOptions(v.zone)
	p := s.caseFrame(r, c, v.Incident)
	p.Crumbs = append(p.Crumbs, ui.Link{Text: v.Title, URL: incidentURL(r, "")})
	p.Lead, p.Title = p.Lead+" · "+p.Title, ui.T(r.Context(), "handling.title")
	return ui.Render(w, r, statusOf(wrong), handlingPage(r, p, v))
}

// mostSuggested is how many assets of the register are suggested.
const mostSuggested = 500

// assetNames are the names in the register of assets, in their order.
func (s *Site) assetNames(r *http.Request) (names []string, err error) {
	list, err := s.registers.Assets(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	for _, a := range list[:min(len(list), mostSuggested)] {
		names = append(names, a.Name)
	}
	return names, err
}

// handlingDeed changes what belongs to a case.
type handlingDeed struct {
	tab string
	do  caseAct
}

func (s *Site) handlingAct(name string, d handlingDeed) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.handled(w, r, d.tab, handlingKey(r, name), d.do(r, visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident")))
	}
}

// handled leads back to the tab after a change, or shows the form with what was
// wrong.
func (s *Site) handled(w http.ResponseWriter, r *http.Request, tab, key string, err error) error {
	if err == nil {
		return guard.Redirect(w, r, handlingURL(r, tab))
	}
	wrong, ok := ui.ErrorsOf(r.Context(), err)
	if !ok {
		return err
	}
	return s.showHandling(w, r, tab, key, wrong)
}

// handlingKey names one of several forms of the same act.
func handlingKey(r *http.Request, act string) string {
	if id := r.PostFormValue("id"); id != "" {
		return act + "-" + id
	}
	return act
}

func handlingURL(r *http.Request, tab string) string { return incidentURL(r, "handling?tab="+tab) }

func (s *Site) handlingActs() map[string]handlingDeed {
	ctx := func(r *http.Request) context.Context { return r.Context() }
	text := func(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return map[string]handlingDeed{
		"indicators": {"indicators", func(r *http.Request, a authz.Actor, organisation, id string) error {
			_, err := s.incidents.AddIndicators(ctx(r), a, organisation, id, r.PostFormValue("indicators"), text(r, "tlp"), text(r, "note"))
			return err
		}},
		"indicators-remove": {"indicators", func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.RemoveIndicator(ctx(r), a, organisation, id, text(r, "id"))
		}},
		"import": {"indicators", func(r *http.Request, a authz.Actor, organisation, id string) error {
			_, err := s.incidents.StartImport(ctx(r), a, organisation, id, text(r, "id"), text(r, "tlp"))
			return err
		}},
		"import-drop": {"indicators", func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.DropImport(ctx(r), a, organisation, id, text(r, "id"))
		}},
		"affected": {"affected", func(r *http.Request, a authz.Actor, organisation, id string) error {
			count, err := countOf(r, "count")
			if err != nil {
				return err
			}
			_, err = s.incidents.PutAffected(ctx(r), a, organisation, id, incident.Affected{ID: text(r, "id"), Version: version(r), Kind: text(r, "kind"), Name: text(r, "name"),
				Count: count, Condition: text(r, "condition"), Note: text(r, "note")})
			return err
		}},
		"affected-remove": {"affected", func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.RemoveAffected(ctx(r), a, organisation, id, text(r, "id"))
		}},
		"custody": {"evidence", func(r *http.Request, a authz.Actor, organisation, id string) error {
			c, err := custodyOf(r)
			if err != nil {
				return err
			}
			return s.incidents.PassOn(ctx(r), a, organisation, id, text(r, "id"), c)
		}},
		"check": {"evidence", func(r *http.Request, a authz.Actor, organisation, id string) error {
			_, err := s.incidents.CheckEvidence(ctx(r), a, organisation, id, text(r, "id"))
			return err
		}},
		"informed": {"informed", func(r *http.Request, a authz.Actor, organisation, id string) error {
			count, err := countOf(r, "count")
			if err != nil {
				return err
			}
			v := incident.Informed{ID: text(r, "id"), Version: version(r), Whom: text(r, "whom"), Count: count, Channel: text(r, "channel"), Text: text(r, "text"), About: text(r, "about")}
			if text(r, "at") != "" {
				if v.At, err = momentOf(r, "at"); err != nil {
					return err
				}
				v.At.Reason = ""
			}
			if v.ID != "" {
				return s.incidents.ChangeInformed(ctx(r), a, organisation, id, v, text(r, "reason"))
			}
			_, err = s.incidents.Inform(ctx(r), a, organisation, id, v)
			return err
		}},
		"informed-strike": {"informed", func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.StrikeInformed(ctx(r), a, organisation, id, text(r, "id"), text(r, "reason"))
		}},
		"costs": {"costs", func(r *http.Request, a authz.Actor, organisation, id string) error {
			cents, err := centsOf(r, "amount")
			if err != nil {
				return err
			}
			e := ui.Errors{}
			on := dayOf(r, e, "on")
			if e["on"] != "" {
				return &fault.Error{Kind: fault.Invalid, Field: "on", What: e["on"]}
			}
			v := incident.Cost{ID: text(r, "id"), Version: version(r), What: text(r, "what"), Cents: cents, Currency: text(r, "currency"), Estimated: text(r, "estimated") != "", On: on}
			if v.ID != "" {
				return s.incidents.ChangeCost(ctx(r), a, organisation, id, v, text(r, "reason"))
			}
			_, err = s.incidents.AddCost(ctx(r), a, organisation, id, v)
			return err
		}},
		"costs-strike": {"costs", func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.StrikeCost(ctx(r), a, organisation, id, text(r, "id"), text(r, "reason"))
		}},
		"playbook": {"steps", func(r *http.Request, a authz.Actor, organisation, id string) error {
			_, err := s.incidents.StartPlaybook(ctx(r), a, organisation, id, text(r, "playbook"))
			return err
		}},
		"step": {"steps", func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.SetStep(ctx(r), a, organisation, id, text(r, "id"), planning.State(text(r, "state")))
		}},
		"merge": {"related", func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.Merge(ctx(r), a, organisation, id, text(r, "into"), text(r, "reason"))
		}},
		"unmerge": {"related", func(r *http.Request, a authz.Actor, organisation, id string) error {
			return s.incidents.Unmerge(ctx(r), a, organisation, id, text(r, "reason"))
		}},
		"split": {"related", func(r *http.Request, a authz.Actor, organisation, id string) error {
			_, err := s.incidents.Split(ctx(r), a, organisation, id, text(r, "title"), text(r, "reason"))
			return err
		}},
		"lessons": {"steps", func(r *http.Request, a authz.Actor, organisation, id string) error {
			e := ui.Errors{}
			due := dayOf(r, e, "due")
			if e["due"] != "" {
				return &fault.Error{Kind: fault.Invalid, Field: "due", What: e["due"]}
			}
			_, err := s.incidents.Learn(ctx(r), a, organisation, id, incidents.Lesson{Title: text(r, "title"), Body: text(r, "body"), Risk: text(r, "what") == "risk", Due: due, Requirement: text(r, "requirement")})
			return err
		}},
	}
}

// others lists the cases into which one may be merged, newest first.
func (s *Site) others(r *http.Request, i incident.Incident) ([]incident.Incident, error) {
	all, err := s.incidents.List(r.Context(), visitOf(r).Actor, i.Organisation)
	return slices.DeleteFunc(all, func(x incident.Incident) bool {
		return x.ID == i.ID || x.Exercise != i.Exercise || x.State == incident.Merged || x.State == incident.Dismissed
	}), err
}

// countOf reads a whole number; an empty field is 0.
func countOf(r *http.Request, name string) (int64, error) {
	text := strings.NewReplacer(" ", "", ".", "", ",", "", "\u00a0", "", "\u202f", "").Replace(strings.TrimSpace(r.PostFormValue(name)))
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, &fault.Error{Kind: fault.Invalid, Field: name, What: ui.T(r.Context(), "handling.wrong.number")}
	}
	return n, nil
}

// centsOf reads an amount of money in hundredths: 1234.50, 1 234,5 or 1.234,50.
func centsOf(r *http.Request, name string) (int64, error) {
	text := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "", "’", "").Replace(strings.TrimSpace(r.PostFormValue(name)))
	if i := strings.LastIndexAny(text, ".,"); i >= 0 && len(text)-i <= 3 {
		text = strings.NewReplacer(".", "", ",", "").Replace(text[:i]) + "." + text[i+1:]
	} else {
		text = strings.NewReplacer(".", "", ",", "").Replace(text)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.Abs(n) > 1e12 {
		return 0, &fault.Error{Kind: fault.Invalid, Field: name, What: ui.T(r.Context(), "handling.wrong.money")}
	}
	return int64(math.Round(n * 100)), nil
}

func custodyOf(r *http.Request) (incident.Custody, error) {
	c := incident.Custody{Who: r.PostFormValue("who"), Where: r.PostFormValue("where"), Action: r.PostFormValue("action")}
	if strings.TrimSpace(r.PostFormValue("at")) == "" {
		return c, nil
	}
	m, err := momentOf(r, "at")
	c.At = m.At
	return c, err
}

// upload reads a form of which the file comes last: the fields become those of the
// request, and file gets the file while it arrives. Without one, file gets nil.
func upload(r *http.Request, file func(name string, body io.Reader) error) error {
	parts, err := r.MultipartReader()
	if err != nil { // an ordinary form
		return file("", nil)
	}
	values := url.Values{}
	r.PostForm, r.Form = values, values
	for n := 0; n < mostValues; n++ {
		part, err := parts.NextPart()
		if err == io.EOF {
			return file("", nil)
		}
		if err != nil {
			return unreadable(err)
		}
		if part.FormName() == "file" && part.FileName() != "" {
			return drained(part, file(part.FileName(), part))
		}
		b, err := io.ReadAll(io.LimitReader(part, longestValue+1))
		if err != nil {
			return unreadable(err)
		}
		if len(b) > longestValue {
			return guard.Status(http.StatusRequestEntityTooLarge, "a field of the form is too long")
		}
		values.Add(part.FormName(), string(b))
	}
	return guard.Status(http.StatusRequestEntityTooLarge, "the form has too many parts")
}

// drained reads the rest of a file that was refused, so that the browser gets round
// to our answer.
func drained(part *multipart.Part, err error) error {
	if fault.KindOf(err) == fault.Invalid && err != nil {
		if _, err := io.Copy(io.Discard, part); err != nil {
			return unreadable(err)
		}
	}
	return err
}

func (s *Site) readList(w http.ResponseWriter, r *http.Request) error {
	err := upload(r, func(name string, body io.Reader) error {
		if body == nil {
			body = strings.NewReader("")
		}
		_, err := s.incidents.ReadList(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"), name, indicators.Format(r.PostFormValue("format")), body)
		return err
	})
	return s.handled(w, r, "indicators", "list", err)
}

func (s *Site) takeEvidence(w http.ResponseWriter, r *http.Request) error {
	err := upload(r, func(name string, body io.Reader) error {
		taken, err := custodyOf(r)
		if err != nil {
			return err
		}
		_, err = s.incidents.TakeEvidence(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"),
			incidents.Exhibit{Name: r.PostFormValue("name"), SHA256: r.PostFormValue("sha256"), File: name, Body: body, Taken: taken})
		return err
	})
	return s.handled(w, r, "evidence", "exhibits", err)
}

// evidenceFile sends the file of a piece of evidence; browsers save it and show
// nothing of it.
func (s *Site) evidenceFile(w http.ResponseWriter, r *http.Request) error {
	x, content, err := s.incidents.Evidence(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"), r.PathValue("exhibit"))
	if err != nil {
		return err
	}
	defer content.Close()
	guard.Download(w, attachment(x.File))
	w.Header().Set("ETag", `"`+x.SHA256+`"`)
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// custodySheet hands out the chain of custody on paper, in the language of the
// organisation.
func (s *Site) custodySheet(w http.ResponseWriter, r *http.Request) error {
	c, err := s.incidents.CustodySheet(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"), r.PathValue("exhibit"))
	if err != nil {
		return err
	}
	return handOut(w, c.Document(s.messages.Printer(c.Language)), c.Name(path.Ext(r.URL.Path)))
}

// handOut sends a document as a file whose ending says in which form.
func handOut(w http.ResponseWriter, d model.Document, name string) error {
	var b bytes.Buffer
	ending := strings.TrimPrefix(path.Ext(name), ".")
	if err := form.Write(&b, ending, d); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	guard.Download(w, attachment(name))
	w.Header().Set("Content-Type", form.MediaType(ending))
	_, err := w.Write(b.Bytes())
	return err
}

// indicatorFile hands the indicators of a case out.
func (s *Site) indicatorFile(name string) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var of incident.Incident
		var maker tenant.Organisation
		var all []incident.Indicator
		err := s.incidents.EachIndicator(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("incident"),
			func(i incident.Incident, o tenant.Organisation) error { of, maker = i, o; return nil },
			func(v incident.Indicator) error { all = append(all, v); return nil })
		if err != nil {
			return err
		}
		file := of.Reference + "-" + name
		if of.Exercise { // a table has no head for the mark: each line bears it
			file = "exercise-" + file
			for n, v := range all {
				all[n].Note = ui.T(r.Context(), "incidents.exercise")
				if v.Note != "" {
					all[n].Note = ui.Label(r.Context(), all[n].Note) + v.Note
				}
			}
		}
		each := func(f func(indicators.Indicator) error) error {
			for _, v := range all {
				if err := f(indicators.Indicator{Type: v.Type, Value: v.Value, TLP: v.TLP, Note: v.Note, SeenAt: v.SeenAt, AddedAt: v.CreatedAt}); err != nil {
					return err
				}
			}
			return nil
		}
		guard.Download(w, attachment(file))
		now := s.clock.Now()
		switch name {
		case "indicators.stix.json":
			w.Header().Set("Content-Type", "application/stix+json;version=2.1")
			_, err = stix.Write(w, stix.Bundle{Maker: maker.ID, Name: maker.Name, KnownAt: maker.CreatedAt, Case: of.ID, About: marking(r, of), MadeAt: now}, each)
		case "indicators.misp.json":
			w.Header().Set("Content-Type", "application/json")
			err = misp.Write(w, misp.Event{UUID: of.ID, Info: marking(r, of), OrgUUID: maker.ID, Org: maker.Name, TLP: of.TLP, MadeAt: now}, each)
		default:
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			rows := make([][]string, len(all))
			for n, v := range all {
				seen := ""
				if !v.SeenAt.IsZero() {
					seen = v.SeenAt.UTC().Format(time.RFC3339)
				}
				rows[n] = []string{v.Type, v.Value, v.TLP, v.Note, seen}
			}
			err = delimited.Write(w, []string{"type", "value", "tlp", "note", "seen_at"}, rows)
		}
		return err
	}
}

// marking names a case outside of the platform; an exercise says so.
func marking(r *http.Request, i incident.Incident) string {
	if i.Exercise {
		return ui.Label(r.Context(), ui.T(r.Context(), "incidents.exercise")) + i.Reference
	}
	return i.Reference
}
