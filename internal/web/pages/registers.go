package pages

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/registers"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

// assetsTime is how long a table of assets may take to arrive.
const assetsTime = time.Minute

func (s *Site) registerRoutes(add adder) {
	add(Client, "GET "+client+"/assets", s.assetRegister)
	add(Client, "GET "+client+"/assets.csv", s.assetTable)
	add(Client, "GET "+client+"/assets/new", s.newAsset)
	add(Client, "GET "+client+"/assets/{asset}", s.openAsset)
	add(Client, "POST "+client+"/assets", s.putAsset)
	add(Client, "POST "+client+"/assets/{asset}", s.putAsset)
	add(Client, "POST "+client+"/assets/{asset}/remove", s.removeAsset)
	add(Client, "POST "+client+"/assets/import", withBody(registers.LargestTable+64<<10, assetsTime, s.importAssets))
	add(Client, "GET "+client+"/suppliers", s.supplierRegister)
	add(Client, "GET "+client+"/suppliers/new", s.newSupplier)
	add(Client, "GET "+client+"/suppliers/{supplier}", s.openSupplier)
	add(Client, "POST "+client+"/suppliers", s.putSupplier)
	add(Client, "POST "+client+"/suppliers/{supplier}", s.putSupplier)
	add(Client, "POST "+client+"/suppliers/{supplier}/remove", s.removeSupplier)
	add(Client, "GET "+client+"/risks", s.riskRegister)
	add(Client, "GET "+client+"/risks/new", s.newRisk)
	add(Client, "GET "+client+"/risks/{risk}", s.openRisk)
	add(Client, "POST "+client+"/risks", s.putRisk)
	add(Client, "POST "+client+"/risks/{risk}", s.putRisk)
	add(Client, "POST "+client+"/risks/{risk}/close", s.closeRisk)
	add(Client, "POST "+client+"/risks/{risk}/remove", s.removeRisk)
}

// rosterView is what the pages of the registers show.
type rosterView struct {
	r      *http.Request
	c      clients.Client
	today  law.Date
	may    bool // change the registers
	scans  bool // make scan targets of assets
	errors ui.Errors

	seen      scanning.Seen
	exposed   bool // seen may be shown
	suppliers []register.Supplier
	risks     []register.Risk

	asset    register.Asset
	supplier register.Supplier
	risk     register.Risk
}

func (v rosterView) t(key string, args ...any) string {
	return ui.T(v.r.Context(), "registers."+key, args...)
}

func (s *Site) rosterView(r *http.Request, e ui.Errors) (v rosterView, err error) {
	v = rosterView{r: r, today: law.DateOf(s.clock.Now()), errors: e, may: can(r, authz.AssessmentEdit), scans: can(r, authz.ExposureScan)}
	v.c, err = s.load(r)
	return v, err
}

// entryFrame is the frame of the page of one entry of a register.
func (s *Site) entryFrame(v rosterView, key, title string) ui.PageProps {
	p := s.clientFrame(v.r, v.c, key)
	p.Crumbs = append(p.Crumbs, ui.Link{Text: ui.T(v.r.Context(), "pages.client."+key), URL: clientURL(v.r, key)})
	p.Title, p.Lead = title, ""
	return p
}

func (s *Site) assetRegister(w http.ResponseWriter, r *http.Request) error {
	return s.showAssets(w, r, nil)
}

func (s *Site) showAssets(w http.ResponseWriter, r *http.Request, e ui.Errors) error {
	v, err := s.rosterView(r, e)
	if err != nil {
		return err
	}
	if v.exposed = can(r, authz.ExposureRead); v.exposed {
		x, err := s.scanning.Load(r.Context(), visitOf(r).Actor, v.c.Organisation.ID)
		if err != nil {
			return err
		}
		v.seen = x.Compare(v.today)
	} else {
		list, err := s.registers.Assets(r.Context(), visitOf(r).Actor, v.c.Organisation.ID)
		if err != nil {
			return err
		}
		v.seen = scanning.Exposure{Assets: list}.Compare(v.today)
	}
	p := s.clientFrame(r, v.c, "assets")
	p.Lead, p.Wide = v.t("assets.lead"), true
	if n, err := strconv.Atoi(r.URL.Query().Get("added")); err == nil {
		changed, _ := strconv.Atoi(r.URL.Query().Get("changed"))
		p.Flashes = []ui.Flash{{Tone: chart.ToneGood, Text: v.t("assets.imported", "added", n, "changed", changed)}}
	}
	if v.may {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: v.t("assets.add"), URL: clientURL(r, "assets/new"), Icon: ui.IconPlus, Kind: ui.Primary})
	}
	if len(v.seen.Assets) > 0 {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: v.t("table"), URL: clientURL(r, "assets.csv"), Icon: ui.IconDownload})
	}
	return ui.Render(w, r, statusOf(e), assetsPage(p, v))
}

func (s *Site) assetTable(w http.ResponseWriter, r *http.Request) error {
	list, err := s.registers.Assets(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	if err != nil {
		return err
	}
	return table(w, "assets.csv", registers.Columns(), registers.Rows(list))
}

func (s *Site) importAssets(w http.ResponseWriter, r *http.Request) error {
	files, err := uploadsOf(r, "file")
	if err != nil {
		return err
	}
	var file clients.Upload // without one, the table is empty
	if len(files) > 0 {
		file = files[0]
	}
	n, err := s.registers.ImportAssets(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), file.Name, file.Data)
	var lines fault.List
	if errors.As(err, &lines) {
		return s.showAssets(w, r, lineErrors(r.Context(), lines))
	}
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showAssets(w, r, e)
	}
	return s.acted(w, r, "assets?added="+strconv.Itoa(n.Added)+"&changed="+strconv.Itoa(n.Changed), err)
}

// lineErrors says of each line of a table what is wrong.
func lineErrors(ctx context.Context, list fault.List) ui.Errors {
	out := ui.Errors{}
	for _, f := range list {
		out[f.Field] = ui.T(ctx, "registers.line", "line", f.Line, "text", ui.FaultText(ctx, f))
	}
	return out
}

func (s *Site) newAsset(w http.ResponseWriter, r *http.Request) error {
	return s.showAsset(w, r, register.Asset{Kind: "server", Criticality: "medium"}, nil)
}

func (s *Site) openAsset(w http.ResponseWriter, r *http.Request) error {
	x, err := s.registers.Asset(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("asset"))
	if err != nil {
		return err
	}
	return s.showAsset(w, r, x, nil)
}

func (s *Site) showAsset(w http.ResponseWriter, r *http.Request, x register.Asset, e ui.Errors) error {
	v, err := s.rosterView(r, e)
	if err != nil {
		return err
	}
	v.asset = x
	title := v.t("assets.add")
	if x.ID != "" {
		title = x.Name
	}
	return ui.Render(w, r, statusOf(e), assetPage(s.entryFrame(v, "assets", title), v))
}

func (s *Site) putAsset(w http.ResponseWriter, r *http.Request) error {
	x := register.Asset{ID: r.PathValue("asset"), Name: entered(r, "name"), Kind: entered(r, "kind"), Hosts: register.Words(r.PostFormValue("hosts")), Criticality: entered(r, "criticality"),
		Owner: entered(r, "owner"), Location: entered(r, "location"), Supplier: entered(r, "supplier"), Note: entered(r, "note"), Version: version(r)}
	var err error
	if x.Ports, x.PortsSaid, err = register.ParsePorts(r.PostFormValue("ports")); err == nil {
		_, err = s.registers.PutAsset(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), x)
	}
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showAsset(w, r, x, e)
	}
	return s.acted(w, r, "assets", err)
}

func (s *Site) removeAsset(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "assets", s.registers.RemoveAsset(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("asset")))
}

func (s *Site) supplierRegister(w http.ResponseWriter, r *http.Request) error {
	v, err := s.rosterView(r, nil)
	if err != nil {
		return err
	}
	if v.suppliers, err = s.registers.Suppliers(r.Context(), visitOf(r).Actor, v.c.Organisation.ID); err != nil {
		return err
	}
	p := s.clientFrame(r, v.c, "suppliers")
	p.Lead, p.Wide = v.t("suppliers.lead"), true
	if v.may {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: v.t("suppliers.add"), URL: clientURL(r, "suppliers/new"), Icon: ui.IconPlus, Kind: ui.Primary})
	}
	return ui.Render(w, r, http.StatusOK, suppliersPage(p, v))
}

func (s *Site) newSupplier(w http.ResponseWriter, r *http.Request) error {
	return s.showSupplier(w, r, register.Supplier{Criticality: "medium"}, nil)
}

func (s *Site) openSupplier(w http.ResponseWriter, r *http.Request) error {
	x, err := s.registers.Supplier(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier"))
	if err != nil {
		return err
	}
	return s.showSupplier(w, r, x, nil)
}

func (s *Site) showSupplier(w http.ResponseWriter, r *http.Request, x register.Supplier, e ui.Errors) error {
	v, err := s.rosterView(r, e)
	if err != nil {
		return err
	}
	v.supplier = x
	title := v.t("suppliers.add")
	if x.ID != "" {
		title = x.Name
	}
	return ui.Render(w, r, statusOf(e), supplierPage(s.entryFrame(v, "suppliers", title), v))
}

func (s *Site) putSupplier(w http.ResponseWriter, r *http.Request) error {
	e := ui.Errors{}
	x := register.Supplier{ID: r.PathValue("supplier"), Name: entered(r, "name"), Supplies: entered(r, "supplies"), Criticality: entered(r, "criticality"), Contact: entered(r, "contact"),
		Owner: entered(r, "owner"), Domains: register.Words(r.PostFormValue("domains")), ReviewBy: dayOf(r, e, "review_by"), Note: entered(r, "note"), Version: version(r)}
	if len(e) > 0 {
		return s.showSupplier(w, r, x, e)
	}
	_, err := s.registers.PutSupplier(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), x)
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showSupplier(w, r, x, e)
	}
	return s.acted(w, r, "suppliers", err)
}

func (s *Site) removeSupplier(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "suppliers", s.registers.RemoveSupplier(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier")))
}

func (s *Site) riskRegister(w http.ResponseWriter, r *http.Request) error {
	v, err := s.rosterView(r, nil)
	if err != nil {
		return err
	}
	if v.risks, err = s.registers.Risks(r.Context(), visitOf(r).Actor, v.c.Organisation.ID); err != nil {
		return err
	}
	p := s.clientFrame(r, v.c, "risks")
	p.Lead, p.Wide = v.t("risks.lead"), true
	if v.may {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: v.t("risks.add"), URL: clientURL(r, "risks/new"), Icon: ui.IconPlus, Kind: ui.Primary})
	}
	return ui.Render(w, r, http.StatusOK, risksPage(p, v))
}

func (s *Site) newRisk(w http.ResponseWriter, r *http.Request) error {
	return s.showRisk(w, r, register.Risk{Treatment: register.Undecided, Likelihood: 3, Impact: 3}, nil)
}

func (s *Site) openRisk(w http.ResponseWriter, r *http.Request) error {
	x, err := s.registers.Risk(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("risk"))
	if err != nil {
		return err
	}
	return s.showRisk(w, r, x, nil)
}

func (s *Site) showRisk(w http.ResponseWriter, r *http.Request, x register.Risk, e ui.Errors) error {
	v, err := s.rosterView(r, e)
	if err != nil {
		return err
	}
	v.risk = x
	title := v.t("risks.add")
	if x.ID != "" {
		title = x.Title
	}
	return ui.Render(w, r, statusOf(e), riskPage(s.entryFrame(v, "risks", title), v))
}

func (s *Site) putRisk(w http.ResponseWriter, r *http.Request) error {
	e := ui.Errors{}
	rating := func(name string) int64 {
		n, err := strconv.ParseInt(cmp.Or(entered(r, name), "0"), 10, 64)
		if err != nil {
			e[name] = ui.T(r.Context(), "registers.risks.expected_rating")
		}
		return n
	}
	x := register.Risk{ID: r.PathValue("risk"), Title: entered(r, "title"), Scenario: entered(r, "scenario"), Asset: entered(r, "asset"), Likelihood: rating("likelihood"), Impact: rating("impact"),
		Reason: entered(r, "reason"), Owner: entered(r, "owner"), Treatment: entered(r, "treatment"), Measures: entered(r, "measures"), Left: register.Rest{Likelihood: rating("left_likelihood"), Impact: rating("left_impact")},
		Acceptance: entered(r, "acceptance"), ReviewBy: dayOf(r, e, "review_by"), Version: version(r)}
	if len(e) > 0 {
		return s.showRisk(w, r, x, e)
	}
	_, err := s.registers.PutRisk(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), x)
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showRisk(w, r, x, e)
	}
	return s.acted(w, r, "risks", err)
}

func (s *Site) closeRisk(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "risks", s.registers.CloseRisk(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("risk"), r.PostFormValue("open") == ""))
}

func (s *Site) removeRisk(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "risks", s.registers.RemoveRisk(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("risk")))
}

// levelStatus is how much depends on something, or how large a risk is.
func levelStatus(ctx context.Context, level string) ui.Status {
	tones := map[string]ui.Tone{"critical": ui.Bad, "high": ui.Bad, "medium": ui.Partly, "low": ui.Good}
	return ui.Status{Tone: tones[level], Word: ui.T(ctx, "registers.level."+level)}
}

// weight is how much depends on something, which is neither good nor bad.
func weight(ctx context.Context, level string) templ.Component {
	return ui.Tag(ui.T(ctx, "registers.level."+level))
}

func assetRows(v rosterView) ui.TableProps {
	ctx := v.r.Context()
	t := ui.TableProps{ID: "assets", Caption: ui.T(ctx, "pages.client.assets"), HideCaption: true, Columns: []ui.Column{
		{Label: v.t("name")}, {Label: v.t("criticality"), Narrow: true}, {Label: v.t("owner"), Optional: true}, {Label: v.t("hosts")}, {Label: v.t("ports"), Optional: true}, {Label: v.t("seen")}},
		Empty: ui.Empty{Title: v.t("assets.none"), Text: v.t("assets.none.text")}}
	for _, a := range v.seen.Assets {
		said := cmp.Or(a.PortsText(), v.t("ports.unknown"))
		if said == register.None {
			said = v.t("ports.none")
		}
		if len(a.Hosts) == 0 {
			said = "–"
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(a.Name, clientURL(v.r, "assets/"+a.ID), v.t("kind."+a.Kind)), weight(ctx, a.Criticality), ui.Words(cmp.Or(a.Owner, "–")),
			ui.Words(cmp.Or(strings.Join(a.Hosts, ", "), "–")), ui.Words(said), seenCell(v, a)}})
	}
	return t
}

// openText says what a finding of the check of open ports saw.
func openText(f exposure.Finding) string {
	if f.Observed == "" {
		return f.Reason
	}
	return f.Observed
}

func unlistedRows(v rosterView) ui.TableProps {
	t := ui.TableProps{ID: "unlisted", Caption: v.t("unlisted"), HideCaption: true, Dense: true, Columns: []ui.Column{{Label: v.t("hosts")}, {Label: v.t("seen")}}}
	for _, f := range v.seen.Unlisted {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(f.Target.String()), ui.Words(openText(f))}})
	}
	return t
}

func hostChoices(v rosterView) []ui.Option {
	var list []string
	for _, h := range v.seen.Candidates {
		list = append(list, h, h)
	}
	return ui.Choices(v.r.PostForm["hosts"], list...)
}

func (v rosterView) levels(selected string) []ui.Option {
	var list []string
	for _, l := range register.Levels() {
		list = append(list, l, v.t("level."+l))
	}
	return ui.Choices([]string{selected}, list...)
}

func (v rosterView) kinds() []ui.Option {
	var list []string
	for _, k := range register.AssetKinds() {
		list = append(list, k, v.t("kind."+k))
	}
	return ui.Choices([]string{v.asset.Kind}, list...)
}

func (v rosterView) field(name, value string, f ui.Field) ui.Field {
	f.Name, f.Value = name, value
	if f.Label == "" {
		f.Label = v.t(name)
	}
	return field(v.r, v.errors, f)
}

func assetFields(v rosterView) []ui.Field {
	a := v.asset
	return []ui.Field{
		v.field("name", a.Name, ui.Field{Required: true, MaxLength: register.LongestName}), v.field("kind", a.Kind, ui.Field{Label: v.t("asset.kind")}), v.field("criticality", a.Criticality, ui.Field{Hint: v.t("criticality.hint")}),
		v.field("hosts", strings.Join(a.Hosts, "\n"), ui.Field{Hint: v.t("hosts.hint"), Rows: 3}), v.field("ports", a.PortsText(), ui.Field{Hint: v.t("ports.hint"), Placeholder: "80, 443"}),
		v.field("owner", a.Owner, ui.Field{Hint: v.t("owner.hint"), MaxLength: register.LongestName}), v.field("location", a.Location, ui.Field{MaxLength: register.LongestName}),
		v.field("supplier", a.Supplier, ui.Field{Hint: v.t("supplier.hint"), MaxLength: register.LongestName}), v.field("note", a.Note, ui.Field{Rows: 3, MaxLength: register.LongestText}),
	}
}

func supplierRows(v rosterView) ui.TableProps {
	ctx := v.r.Context()
	t := ui.TableProps{ID: "suppliers", Caption: ui.T(ctx, "pages.client.suppliers"), HideCaption: true, Columns: []ui.Column{
		{Label: v.t("name")}, {Label: v.t("criticality"), Narrow: true}, {Label: v.t("contact"), Optional: true}, {Label: v.t("domains"), Optional: true}, {Label: v.t("review_by"), Narrow: true}},
		Empty: ui.Empty{Title: v.t("suppliers.none"), Text: v.t("suppliers.none.text")}}
	for _, x := range v.suppliers {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Name, clientURL(v.r, "suppliers/"+x.ID), cut(x.Supplies)), weight(ctx, x.Criticality), ui.Words(cmp.Or(x.Contact, "–")),
			ui.Words(cmp.Or(strings.Join(x.Domains, ", "), "–")), reviewCell(v, x.ReviewBy)}})
	}
	return t
}

func supplierFields(v rosterView) []ui.Field {
	x, day := v.supplier, ""
	if !x.ReviewBy.IsZero() {
		day = x.ReviewBy.String()
	}
	return []ui.Field{
		v.field("name", x.Name, ui.Field{Required: true, MaxLength: register.LongestName}), v.field("supplies", x.Supplies, ui.Field{Rows: 2, MaxLength: register.LongestText}), v.field("criticality", x.Criticality, ui.Field{Hint: v.t("criticality.hint")}),
		v.field("contact", x.Contact, ui.Field{Hint: v.t("contact.hint"), MaxLength: register.LongestName}), v.field("owner", x.Owner, ui.Field{Hint: v.t("owner.hint"), MaxLength: register.LongestName}),
		v.field("domains", strings.Join(x.Domains, "\n"), ui.Field{Hint: v.t("domains.hint"), Rows: 2}), v.field("review_by", day, ui.Field{Hint: v.t("review_by.hint")}),
		v.field("note", x.Note, ui.Field{Rows: 3, MaxLength: register.LongestText}),
	}
}

func riskRows(v rosterView) ui.TableProps {
	ctx := v.r.Context()
	t := ui.TableProps{ID: "risks", Caption: ui.T(ctx, "pages.client.risks"), HideCaption: true, Columns: []ui.Column{
		{Label: v.t("risk")}, {Label: v.t("level"), Narrow: true}, {Label: v.t("left"), Narrow: true}, {Label: v.t("treatment")}, {Label: v.t("owner"), Optional: true}, {Label: v.t("review_by"), Narrow: true}},
		Empty: ui.Empty{Title: v.t("risks.none"), Text: v.t("risks.none.text")}}
	for _, x := range v.risks {
		left := ui.Words("–")
		if x.Left.Likelihood > 0 {
			left = ui.StatusBadge(scoreStatus(ctx, register.Score(x.Left.Likelihood, x.Left.Impact)))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Title, clientURL(v.r, "risks/"+x.ID), riskNote(v, x)), ui.StatusBadge(scoreStatus(ctx, x.Score())), left,
			ui.Words(treatmentText(v, x)), ui.Words(cmp.Or(x.Owner, "–")), reviewCell(v, x.ReviewBy)}})
	}
	return t
}

func scoreStatus(ctx context.Context, score int64) ui.Status {
	s := levelStatus(ctx, register.Level(score))
	s.Word += " · " + number(ctx, int(score))
	return s
}

// riskNote says where a risk came from, and that it is closed.
func riskNote(v rosterView, x register.Risk) string {
	var parts []string
	if !x.ClosedOn.IsZero() {
		parts = append(parts, v.t("risks.closed", "on", ui.DayText(v.r.Context(), x.ClosedOn)))
	}
	if check, ok := strings.CutPrefix(x.Origin, scanning.FindingOrigin); ok {
		parts = append(parts, v.t("origin.finding", "check", check))
	} else if x.Incident != "" {
		parts = append(parts, v.t("origin.incident"))
	}
	if x.Asset != "" {
		parts = append(parts, x.Asset)
	}
	return strings.Join(parts, " · ")
}

// treatmentText is the treatment of a risk, and whether an acceptance holds.
func treatmentText(v rosterView, x register.Risk) string {
	word := v.t("treatment." + x.Treatment)
	if x.Treatment == register.Accept && !x.AcceptedOn.IsZero() {
		word += " · " + v.t("accepted", "name", x.AcceptedName, "on", ui.DayText(v.r.Context(), x.AcceptedOn))
	}
	return word
}

func riskFields(v rosterView) []ui.Field {
	x, day := v.risk, ""
	if !x.ReviewBy.IsZero() {
		day = x.ReviewBy.String()
	}
	return []ui.Field{
		v.field("title", x.Title, ui.Field{Required: true, MaxLength: register.LongestName, Label: v.t("risk"), Hint: v.t("risk.hint")}), v.field("scenario", x.Scenario, ui.Field{Rows: 3, Hint: v.t("scenario.hint"), MaxLength: register.LongestText}),
		v.field("asset", x.Asset, ui.Field{Label: v.t("endangers"), MaxLength: register.LongestName}), v.field("likelihood", "", ui.Field{}), v.field("impact", "", ui.Field{}),
		v.field("reason", x.Reason, ui.Field{Hint: v.t("reason.hint"), Rows: 2, MaxLength: register.LongestText}), v.field("owner", x.Owner, ui.Field{Hint: v.t("owner.hint"), MaxLength: register.LongestName}),
		v.field("treatment", x.Treatment, ui.Field{}), v.field("measures", x.Measures, ui.Field{Rows: 3, MaxLength: register.LongestText}),
		v.field("left_likelihood", "", ui.Field{}), v.field("left_impact", "", ui.Field{}),
		v.field("acceptance", x.Acceptance, ui.Field{Hint: v.t("acceptance.hint"), Rows: 2, MaxLength: register.LongestText}), v.field("review_by", day, ui.Field{Hint: v.t("risk.review.hint")}),
	}
}

// scale are the points of a scale; without is the choice of none.
func (v rosterView) scale(name string, chosen int64, without bool) []ui.Option {
	var list []string
	if without {
		list = append(list, "0", v.t("not_rated"))
	}
	for n := register.Least; n <= register.Most; n++ {
		list = append(list, strconv.Itoa(n), v.t(name+"."+strconv.Itoa(n)))
	}
	return ui.Choices([]string{strconv.FormatInt(chosen, 10)}, list...)
}

func (v rosterView) treatments() []ui.Option {
	var list []string
	for _, t := range register.Treatments() {
		list = append(list, t, v.t("treatment."+t))
	}
	return ui.Choices([]string{v.risk.Treatment}, list...)
}

// entered is the text of a field without space around it.
func entered(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
