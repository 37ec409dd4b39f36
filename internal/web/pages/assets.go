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
)

// assetsTime is how long a table of assets may take to arrive.
const assetsTime = time.Minute

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
func openText(ctx context.Context, f exposure.Finding) string {
	said, _ := ui.From(ctx).Printer.Finding(cmp.Or(f.Observed, f.Reason))
	return said
}

func unlistedRows(v rosterView) ui.TableProps {
	t := ui.TableProps{ID: "unlisted", Caption: v.t("unlisted"), HideCaption: true, Dense: true, Columns: []ui.Column{{Label: v.t("hosts")}, {Label: v.t("seen")}}}
	for _, f := range v.seen.Unlisted {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(f.Target.String()), ui.Words(openText(v.r.Context(), f))}})
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

func (v rosterView) kinds() []ui.Option {
	var list []string
	for _, k := range register.AssetKinds() {
		list = append(list, k, v.t("kind."+k))
	}
	return ui.Choices([]string{v.asset.Kind}, list...)
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
