package pages

import (
	"math/bits"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) searchRoutes(add adder) {
	add(Workspace, "GET /search", s.search)
}

// How many results each group shows: in the command palette, which is read at a
// glance, and on the page.
const (
	mostGlanced = 8
	mostFound   = 50
)

// search finds organisations, what is in them, requirements and questions of the
// catalogue, and pages. The command palette asks for the results alone.
func (s *Site) search(w http.ResponseWriter, r *http.Request) error {
	a, q := visitOf(r).Actor, strings.TrimSpace(r.FormValue("q"))
	p := s.frame(r, ui.T(r.Context(), "pages.search"), "")
	list, err := s.clients.Portfolio(r.Context(), a)
	if err != nil {
		return err
	}
	part, most := r.FormValue("part") == "results", mostFound
	if part {
		most = mostGlanced
	}
	here := currentOrganisation(r, list)
	var groups []ui.ResultGroup
	if i := slices.IndexFunc(list, func(o assessment.Standing) bool { return o.Organisation.ID == here }); i >= 0 {
		groups = append(groups, namedLinks(clientSection(r, list[i].Organisation, ""), q))
	}
	groups = append(groups, pageGroup(r, p, q))
	if q != "" {
		hits, err := s.clients.Search(r.Context(), a, q, 3*most)
		if err != nil {
			return err
		}
		groups = append([]ui.ResultGroup{organisationGroup(r, list, q), clientPages(r, list, q, most)}, groups...)
		groups = append(groups, hitGroup(r, hits, list))
		groups = append(groups, s.catalogueGroups(r, q, here)...)
	}
	groups = slices.DeleteFunc(groups, func(g ui.ResultGroup) bool { return len(g.Links) == 0 })
	if q != "" {
		groups = firstOf(r, groups, most)
	}
	found := ui.SearchResults(groups, ui.T(r.Context(), "pages.search.nothing"))
	if part {
		return ui.Render(w, r, http.StatusOK, found)
	}
	if q == "" {
		p.Lead = ui.T(r.Context(), "search.type")
	}
	return ui.Render(w, r, http.StatusOK, searchPage(r, p, found))
}

// firstOf are the first results of each group; of a longer one its title says so.
func firstOf(r *http.Request, groups []ui.ResultGroup, most int) []ui.ResultGroup {
	for i := range groups {
		if g := &groups[i]; len(g.Links) > most {
			g.Links, g.Title = g.Links[:most], ui.T(r.Context(), "search.first", "group", g.Title, "count", most)
		}
	}
	return groups
}

// namedLinks are the pages of a section whose name has the words; all of them while
// nothing is typed.
func namedLinks(section ui.Section, q string) ui.ResultGroup {
	g := ui.ResultGroup{Title: section.Title}
	for _, l := range section.Links {
		if has(l.Text, q) {
			g.Links = append(g.Links, l)
		}
	}
	return g
}

// has reports whether the text has all the words, whatever their accents and case.
func has(text, words string) bool {
	folded := catalog.Fold(text)
	for _, w := range strings.Fields(catalog.Fold(words)) {
		if !strings.Contains(folded, w) {
			return false
		}
	}
	return true
}

func organisationGroup(r *http.Request, list []assessment.Standing, q string) ui.ResultGroup {
	g := ui.ResultGroup{Title: ui.T(r.Context(), "pages.portfolio.title")}
	for _, o := range list {
		if has(o.Organisation.Name, q) {
			g.Links = append(g.Links, ui.Link{Text: o.Organisation.Name, URL: "/organisations/" + o.Organisation.ID, Icon: ui.IconHome})
		}
	}
	return g
}

// clientPages are the pages of organisations, each found by words of which some are in
// the name of the organisation and the others in that of the page: "huber plan". Those
// where more of the words begin a word come first; of many, the first are enough.
func clientPages(r *http.Request, list []assessment.Standing, q string, most int) ui.ResultGroup {
	g, words := ui.ResultGroup{Title: ui.T(r.Context(), "search.client_pages")}, strings.Fields(catalog.Fold(q))
	if len(words) < 2 {
		return g
	}
	type page struct {
		link ui.Link
		of   *tenant.Organisation
		fit
	}
	kinds := map[tenant.OrganisationKind][]page{} // pages, and how they fit, are the same for all of a kind
	var found []page
	for i := range list {
		o := &list[i].Organisation
		name := fitOf(o.Name, words)
		if name.none() {
			continue
		}
		pages, known := kinds[o.Kind]
		if !known {
			for _, l := range clientSection(r, tenant.Organisation{Kind: o.Kind}, "").Links {
				if fits := fitOf(l.Text, words); !fits.none() {
					pages = append(pages, page{l, nil, fits})
				}
			}
			kinds[o.Kind] = pages
		}
		for _, p := range pages {
			if both := p.fit.with(name); both.all(len(words)) {
				found = append(found, page{p.link, o, both})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b page) int { return bits.OnesCount64(b.begun) - bits.OnesCount64(a.begun) })
	for _, p := range found[:min(len(found), most+1)] { // one more says that there are more
		g.Links = append(g.Links, ui.Link{Text: p.of.Name + " · " + p.link.Text, URL: strings.Replace(p.link.URL, "/organisations/", "/organisations/"+p.of.ID, 1)})
	}
	return g
}

// fit says which words, the first 64, a text has, and which of them begin a word of it.
type fit struct{ has, begun uint64 }

func fitOf(text string, words []string) (f fit) {
	folded := " " + catalog.Fold(text)
	for i, w := range words[:min(len(words), 64)] {
		if strings.Contains(folded, w) {
			f.has |= 1 << i
		}
		if strings.Contains(folded, " "+w) {
			f.begun |= 1 << i
		}
	}
	return f
}

func (f fit) none() bool { return f.has == 0 }

func (f fit) all(words int) bool { return bits.OnesCount64(f.has) == words }

func (f fit) with(g fit) fit { return fit{f.has | g.has, f.begun | g.begun} }

// pageGroup lists pages of the frame and actions whose name has the words; all of
// them while nothing is typed.
func pageGroup(r *http.Request, p ui.PageProps, q string) ui.ResultGroup {
	g := ui.ResultGroup{Title: ui.T(r.Context(), "search.pages")}
	var all []ui.Link
	for _, section := range p.Nav {
		all = append(all, section.Links...)
	}
	all = append(all, p.Person.Links...)
	if _, err := visitOf(r).Actor.Workspace(authz.OrganisationCreate); err == nil {
		all = append(all, ui.Link{Text: ui.T(r.Context(), "pages.organisation.new"), URL: "/organisations/new", Icon: ui.IconPlus})
	}
	all = append(all, ui.Link{Text: ui.T(r.Context(), "programs.title"), URL: "/api"})
	for _, l := range all {
		l.Current = false // the search is on its own page
		if has(l.Text, q) {
			g.Links = append(g.Links, l)
		}
	}
	return g
}

func hitGroup(r *http.Request, hits []desk.Hit, list []assessment.Standing) ui.ResultGroup {
	g := ui.ResultGroup{Title: ui.T(r.Context(), "search.objects")}
	for _, h := range hits {
		page, ok := hitPage(h)
		i := slices.IndexFunc(list, func(o assessment.Standing) bool { return o.Organisation.ID == h.Organisation })
		if !ok || i < 0 {
			continue
		}
		g.Links = append(g.Links, ui.Link{Text: h.Title, Note: kindName(r.Context(), h.Kind) + " · " + list[i].Organisation.Name, URL: "/organisations/" + h.Organisation + page})
	}
	return g
}

// hitPage is the page below an organisation on which a found object is.
func hitPage(h desk.Hit) (string, bool) {
	switch h.Kind {
	case "task":
		return "/plan/tasks/" + url.PathEscape(h.Object), true
	case "evidence":
		_, id, ok := strings.Cut(h.Object, "/")
		if !ok {
			id = h.Object
		}
		return "/evidence/piece?id=" + url.QueryEscape(id), true
	case "organisation":
		return "", false // listed by name
	}
	return "/history", true
}

// currentOrganisation is the one whose page the search was opened on, or the only
// one that there is.
func currentOrganisation(r *http.Request, list []assessment.Standing) string {
	from := r.Header.Get("HX-Current-URL")
	if from == "" {
		from = r.Referer()
	}
	u, err := url.Parse(from)
	for _, o := range list {
		if err == nil && strings.HasPrefix(u.Path+"/", "/organisations/"+o.Organisation.ID+"/") {
			return o.Organisation.ID
		}
	}
	if len(list) == 1 {
		return list[0].Organisation.ID
	}
	return ""
}

// catalogueGroups are the requirements and questions with the words; they lead to
// the pages of the organisation that the search is about.
func (s *Site) catalogueGroups(r *http.Request, q, organisation string) []ui.ResultGroup {
	requirements := ui.ResultGroup{Title: ui.T(r.Context(), "search.requirements")}
	questions := ui.ResultGroup{Title: ui.T(r.Context(), "search.questions")}
	if organisation == "" {
		return nil
	}
	base := "/organisations/" + organisation
	known := s.clients.Catalogue().In(s.language(r))
	for _, x := range known.Search(q) {
		if len(x.Measures) > 0 {
			requirements.Links = append(requirements.Links, ui.Link{Text: x.ID + " · " + x.Title,
				URL: base + "/requirements?measure=" + x.Measures[0] + "&open=" + url.QueryEscape(x.ID)})
		}
	}
	for _, x := range known.Questions() {
		if has(x.Text, q) {
			questions.Links = append(questions.Links, ui.Link{Text: x.Text, URL: base + "/questions?topic=" + url.QueryEscape(x.Topic) + "#" + anchor(x.ID)})
		}
	}
	return []ui.ResultGroup{requirements, questions}
}
