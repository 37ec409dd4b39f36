package pages

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/branding"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) settingsRoutes(add adder) {
	add(Workspace, "GET /settings", s.settings)
	add(Workspace, "POST /settings", s.setSettings)
	add(Workspace, "POST /settings/logo", s.setLogo)
	add(Workspace, "POST /settings/logo/remove", s.removeLogo)
	add(Workspace, "GET /logo", s.logo)
	add(Workspace, "GET /settings/policy", s.policy)
	add(Workspace, "POST /settings/policy", s.setPolicy)
	add(Workspace, "GET /settings/tokens", s.tokens)
	add(Workspace, "POST /settings/tokens", s.createToken)
	add(Workspace, "POST /settings/tokens/revoke", s.revokeToken)
	add(Workspace, "POST /members/reset", s.resetMember)
}

// settingsFrame is the frame of a settings page with the way to its sisters.
func (s *Site) settingsFrame(r *http.Request, title string) ui.PageProps {
	return s.frame(r, ui.T(r.Context(), title), "")
}

func settingsTabs(r *http.Request) []ui.Link {
	var out []ui.Link
	for _, t := range []struct {
		key, path string
		need      authz.Permission
	}{
		{"access.settings.workspace", "/settings", authz.WorkspaceRead}, {"access.policy.title", "/settings/policy", authz.WorkspaceRead},
		{"access.tokens.title", "/settings/tokens", authz.TokensManage}, {"pages.members.title", "/members", authz.MembersRead},
	} {
		if _, err := visitOf(r).Actor.Workspace(t.need); err != nil {
			continue
		}
		out = append(out, ui.Link{Text: ui.T(r.Context(), t.key), URL: t.path, Current: r.URL.Path == t.path || strings.HasPrefix(r.URL.Path, t.path+"/") && t.path != "/settings"})
	}
	return out
}

// settings and policy are read by members, who see under which rules they work;
// only owners change them.
func (s *Site) settings(w http.ResponseWriter, r *http.Request) error {
	return s.showSettings(w, r, nil)
}

func (s *Site) showSettings(w http.ResponseWriter, r *http.Request, e ui.Errors) error {
	if _, err := visitOf(r).Actor.Workspace(authz.WorkspaceRead); err != nil {
		return err
	}
	return ui.Render(w, r, statusOf(e), settingsPage(r, s.settingsFrame(r, "access.settings.title"), visitOf(r).Workspace, manages(r), e))
}

// manages reports whether the member may change the workspace.
func manages(r *http.Request) bool {
	_, err := visitOf(r).Actor.Workspace(authz.WorkspaceManage)
	return err == nil
}

// version is the version of what the page showed.
func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // fits nothing
	}
	return n
}

// again shows a form with what is wrong, leads to the step-up, or goes on.
func (s *Site) again(w http.ResponseWriter, r *http.Request, err error, here string, show func(ui.Errors) error) error {
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return show(e)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, here)
}

func (s *Site) setSettings(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.SetWorkspace(r.Context(), visitOf(r), accounts.WorkspaceSettings{Name: r.PostFormValue("name"), Kind: tenant.Kind(r.PostFormValue("kind")),
		Language: r.PostFormValue("language"), Zone: strings.TrimSpace(r.PostFormValue("zone")), Colour: r.PostFormValue("colour"), PreparedBy: r.PostFormValue("prepared_by"), Version: version(r)})
	return s.again(w, r, err, "/settings", func(e ui.Errors) error { return s.showSettings(w, r, e) })
}

func (s *Site) setLogo(w http.ResponseWriter, r *http.Request) error {
	file, err := uploaded(w, r, "logo", branding.MostLogo)
	if err == nil {
		err = s.accounts.SetLogo(r.Context(), visitOf(r), file)
	}
	return s.again(w, r, err, "/settings", func(e ui.Errors) error { return s.showSettings(w, r, e) })
}

func (s *Site) removeLogo(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.RemoveLogo(r.Context(), visitOf(r))
	return s.again(w, r, err, "/settings", func(e ui.Errors) error { return s.showSettings(w, r, e) })
}

// tooMuch is how many bytes of a file above the most are still taken in, so that the
// browser gets round to the form with what is wrong.
const tooMuch = 16 << 20

// uploaded reads one small file of a form, nil when there is none. Of one with more
// than most bytes it returns one byte more.
func uploaded(w http.ResponseWriter, r *http.Request, name string, most int64) (file []byte, err error) {
	wrap := guard.MaxBody(most+tooMuch, 30*time.Second)
	wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var f io.ReadCloser
		if f, _, err = r.FormFile(name); errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
			err = nil
			return
		}
		if err == nil {
			file, err = io.ReadAll(io.LimitReader(f, most+1))
			err = errors.Join(err, f.Close())
		}
	})).ServeHTTP(w, r)
	return file, err
}

func (s *Site) logo(w http.ResponseWriter, r *http.Request) error {
	png, err := s.accounts.Logo(visitOf(r))
	if err != nil {
		return err
	}
	return sendLogo(w, png)
}

// logoURL is the address of a logo below a path, "" without one. It changes with the
// picture, so that browsers may keep it.
func logoURL(below string, b tenant.Brand) string {
	if len(b.Logo) < 8 {
		return ""
	}
	return below + "/logo?" + b.Logo[:8]
}

func sendLogo(w http.ResponseWriter, png []byte) error {
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "private, max-age=86400")
	_, err := w.Write(png)
	return err
}

func (s *Site) policy(w http.ResponseWriter, r *http.Request) error { return s.showPolicy(w, r, nil) }

func (s *Site) showPolicy(w http.ResponseWriter, r *http.Request, e ui.Errors) error {
	if _, err := visitOf(r).Actor.Workspace(authz.WorkspaceRead); err != nil {
		return err
	}
	return ui.Render(w, r, statusOf(e), policyPage(r, s.settingsFrame(r, "access.policy.title"), visitOf(r).Workspace, s.device(r).Address, manages(r), e))
}

func (s *Site) setPolicy(w http.ResponseWriter, r *http.Request) error {
	hours := 0
	if text := strings.TrimSpace(r.PostFormValue("session_hours")); text != "" {
		var err error
		if hours, err = strconv.Atoi(text); err != nil || hours == 0 {
			hours = -1
		}
	}
	p := tenant.Policy{RequireMFA: r.PostFormValue("mfa") == "yes", SessionHours: hours, AddressRanges: strings.Split(r.PostFormValue("ranges"), "\n")}
	err := s.accounts.SetPolicy(r.Context(), visitOf(r), s.device(r), p, version(r))
	return s.again(w, r, err, "/settings/policy", func(e ui.Errors) error { return s.showPolicy(w, r, e) })
}

func (s *Site) tokens(w http.ResponseWriter, r *http.Request) error {
	return s.showTokens(w, r, nil, "")
}

// showTokens lists the API tokens; fresh is a new one, shown once.
func (s *Site) showTokens(w http.ResponseWriter, r *http.Request, e ui.Errors, fresh string) error {
	list, err := s.accounts.Tokens(r.Context(), visitOf(r))
	if err != nil {
		return err
	}
	reach, err := s.reachOptions(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, statusOf(e), tokensPage(r, s.settingsFrame(r, "access.tokens.title"), list, reach, e, fresh))
}

// reachOptions are the whole workspace and each of its organisations.
func (s *Site) reachOptions(r *http.Request) ([]ui.Option, error) {
	portfolio, err := s.clients.Portfolio(r.Context(), visitOf(r).Actor)
	if err != nil {
		return nil, err
	}
	reach := []ui.Option{{Value: "", Label: ui.T(r.Context(), "access.reach.workspace")}}
	for _, o := range portfolio {
		reach = append(reach, ui.Option{Value: o.Organisation.ID, Label: o.Organisation.Name, Selected: r.PostFormValue("organisation") == o.Organisation.ID})
	}
	return reach, nil
}

// reachName is the label of an organisation among the options, "–" for one that is
// not among them.
func reachName(reach []ui.Option, organisation string) string {
	for _, o := range reach {
		if o.Value == organisation {
			return o.Label
		}
	}
	return "–"
}

func (s *Site) createToken(w http.ResponseWriter, r *http.Request) error {
	day, err := time.ParseInLocation(time.DateOnly, r.PostFormValue("expires"), ui.Zone(r.Context()))
	if err != nil {
		day = time.Time{} // refused as a day that cannot be
	}
	lastSecond := day.AddDate(0, 0, 1).Add(-time.Second)
	text, _, err := s.accounts.CreateToken(r.Context(), visitOf(r), accounts.NewToken{Name: r.PostFormValue("name"),
		Organisation: r.PostFormValue("organisation"), Role: tenant.Role(r.PostFormValue("role")), Expires: lastSecond})
	if err == nil {
		return s.showTokens(w, r, nil, text)
	}
	return s.again(w, r, err, "/settings/tokens", func(e ui.Errors) error { return s.showTokens(w, r, e, "") })
}

func (s *Site) revokeToken(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.RevokeToken(r.Context(), visitOf(r), r.PostFormValue("token"))
	return s.again(w, r, err, "/settings/tokens", func(e ui.Errors) error { return s.showTokens(w, r, e, "") })
}

// resetMember shows an owner the link by which a member sets a new password.
func (s *Site) resetMember(w http.ResponseWriter, r *http.Request) error {
	token, err := s.accounts.ResetLink(r.Context(), visitOf(r), r.PostFormValue("person"))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	p := s.frame(r, ui.T(r.Context(), "access.reset_link.title"), "")
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.members.title"), URL: "/members"}}
	if fault.KindOf(err) == fault.Conflict && err != nil {
		e, _ := ui.ErrorsOf(r.Context(), err)
		return ui.Render(w, r, statusOf(e), resetLinkPage(p, "", e))
	}
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, resetLinkPage(p, s.origin(r)+"/reset/"+token, nil))
}

// elsewhere is the address of the site under another name, with the same port.
func elsewhere(origin, host string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	return u.Scheme + "://" + host
}
