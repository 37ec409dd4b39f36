package pages

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/registers"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

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
	exposed   bool // what scans saw may be shown
	suppliers []register.Supplier
	standings []scanning.SupplierStanding // of suppliers, in place of them where exposed
	weekly    bool                        // suppliers are looked at each week
	risks     []register.Risk

	asset    register.Asset
	supplier register.Supplier
	risk     register.Risk
}

func (v rosterView) t(key string, args ...any) string {
	return ui.T(v.r.Context(), "registers."+key, args...)
}

func (s *Site) rosterView(r *http.Request, e ui.Errors) (v rosterView, err error) {
	v = rosterView{r: r, today: visitOf(r).Actor.Day(s.clock.Now()), errors: e, may: can(r, authz.AssessmentEdit), scans: can(r, authz.ExposureScan)}
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

// weight is how much depends on something, which is neither good nor bad.
func weight(ctx context.Context, level string) templ.Component {
	return ui.Tag(ui.T(ctx, "registers.level."+level))
}

func (v rosterView) levels(selected string) []ui.Option {
	var list []string
	for _, l := range register.Levels() {
		list = append(list, l, v.t("level."+l))
	}
	return ui.Choices([]string{selected}, list...)
}

func (v rosterView) field(name, value string, f ui.Field) ui.Field {
	f.Name, f.Value = name, value
	if f.Label == "" {
		f.Label = v.t(name)
	}
	return field(v.r, v.errors, f)
}

// entered is the text of a field without space around it.
func entered(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
