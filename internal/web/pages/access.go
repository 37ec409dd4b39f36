package pages

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// accessRoutes are passkeys, forgotten passwords, the end of sessions, workspaces
// of one's own, and the end of an account.
func (s *Site) accessRoutes(add adder) {
	add(Public, "POST /sign-in/passkey/options", s.limited(s.passkeySignInOptions))
	add(Public, "POST /sign-in/passkey", s.limited(s.passkeySignIn))
	add(Public, "GET /forgot", s.forgotPage)
	add(Public, "POST /forgot", s.limited(s.forgot))
	add(Public, "GET /reset/{token}", s.resetPage)
	add(Public, "POST /reset/{token}", s.limited(s.reset))
	add(SignedIn, "POST /step-up/passkey/options", s.limited(s.passkeyStepUpOptions))
	add(SignedIn, "POST /step-up/passkey", s.limited(s.passkeyStepUp))
	add(SignedIn, "POST /account/passkeys/options", s.passkeyOptions)
	add(SignedIn, "POST /account/passkeys", s.addPasskey)
	add(SignedIn, "GET /account/passkeys/{passkey}", s.passkeyPage)
	add(SignedIn, "POST /account/passkeys/rename", s.renamePasskey)
	add(SignedIn, "POST /account/passkeys/remove", s.removePasskey)
	add(SignedIn, "POST /account/recovery", s.newRecoveryCodes)
	add(SignedIn, "POST /account/sessions/revoke-others", s.revokeOthers)
	add(SignedIn, "GET /account/erase", s.erasePage)
	add(SignedIn, "POST /account/erase", s.erase)
	add(SignedIn, "POST /workspaces/new", s.newWorkspace)
	add(SignedIn, "POST /workspaces/leave", s.leaveWorkspace)
}

// limited keeps an address from trying without end.
func (s *Site) limited(h guard.Handler) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if wait := s.signIn.Take(guard.ByAddress(r)); wait > 0 {
			return guard.Busy(wait, "too many attempts to sign in")
		}
		return h(w, r)
	}
}

// origin is where the browser believes to be. The guard let only names of the
// server through.
func (s *Site) origin(r *http.Request) string {
	if s.secure {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// ceremonyCookie binds the challenge of a passkey to the browser that asked for it.
const ceremonyCookie = "ceremony"

func (s *Site) sendCeremony(w http.ResponseWriter, c accounts.Ceremony, err error) error {
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(ceremonyCookie), Value: c.Token, Path: "/", MaxAge: 300, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode})
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(c.Options)
	return err
}

func (s *Site) passkeySignInOptions(w http.ResponseWriter, r *http.Request) error {
	c, err := s.accounts.BeginPasskeySignIn(r.Context(), s.origin(r))
	return s.sendCeremony(w, c, err)
}

func (s *Site) passkeySignIn(w http.ResponseWriter, r *http.Request) error {
	next := guard.Local(r.PostFormValue("next"), "/")
	signed, err := s.accounts.PasskeySignIn(r.Context(), s.origin(r), s.cookieOf(r, ceremonyCookie), r.PostFormValue("response"), s.device(r))
	if noPasskey(err) {
		e := ui.Errors{"": ui.T(r.Context(), "access.passkey.failed")}
		return ui.Render(w, r, http.StatusUnprocessableEntity, signInForm(r, s.signInOptions(r), next, e))
	}
	if err != nil {
		return err
	}
	s.setCookie(w, signed)
	return guard.Redirect(w, r, next)
}

// noPasskey reports whether a passkey did not work, which its holder can mend.
func noPasskey(err error) bool {
	return errors.Is(err, accounts.ErrPasskey) || errors.Is(err, accounts.ErrNoPasskeys)
}

// signInOptions says what the sign-in page offers beside the password.
type signInOptions struct {
	Passkeys  bool
	Elsewhere string // address under which passkeys would work; "": nowhere
}

func (s *Site) signInOptions(r *http.Request) signInOptions {
	o := signInOptions{Passkeys: s.accounts.PasskeysAt(s.origin(r))}
	if host := s.accounts.PasskeyHost(); !o.Passkeys && host != "" {
		o.Elsewhere = elsewhere(s.origin(r), host)
	}
	return o
}

func (s *Site) passkeyOptions(w http.ResponseWriter, r *http.Request) error {
	c, err := s.accounts.BeginPasskey(r.Context(), visitOf(r), s.origin(r))
	return s.sendCeremony(w, c, err)
}

func (s *Site) addPasskey(w http.ResponseWriter, r *http.Request) error {
	codes, signed, err := s.accounts.AddPasskey(r.Context(), visitOf(r), s.origin(r), s.cookieOf(r, ceremonyCookie), r.PostFormValue("name"), r.PostFormValue("response"))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	e, ok := ui.ErrorsOf(r.Context(), err)
	if noPasskey(err) {
		e, ok = ui.Errors{"": ui.T(r.Context(), "access.passkey.not_added")}, true
	}
	if ok {
		if text, named := e["name"]; named {
			e = ui.Errors{"passkey_name": text}
		}
		return s.showAccount(w, r, e, nil, "")
	}
	if err != nil {
		return err
	}
	s.setCookie(w, signed)
	if len(codes) == 0 {
		return guard.Redirect(w, r, "/account")
	}
	return s.showAccount(w, r, nil, codes, "")
}

// passkeyPage is one passkey: its name, and what remains without it.
func (s *Site) passkeyPage(w http.ResponseWriter, r *http.Request) error {
	return s.showPasskey(w, r, r.PathValue("passkey"), nil)
}

func (s *Site) showPasskey(w http.ResponseWriter, r *http.Request, id string, e ui.Errors) error {
	left, err := s.accounts.Without(r.Context(), visitOf(r), id)
	if err != nil {
		return err
	}
	p := s.frame(r, left.Passkey.Name, "")
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.account.title"), URL: "/account"}}
	return ui.Render(w, r, statusOf(e), passkeyPage(r, p, left, e))
}

func (s *Site) renamePasskey(w http.ResponseWriter, r *http.Request) error {
	id := r.PostFormValue("passkey")
	err := s.accounts.RenamePasskey(r.Context(), visitOf(r), id, r.PostFormValue("name"))
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showPasskey(w, r, id, ui.Errors{"passkey_name": e["name"]})
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/account")
}

// removePasskey takes a passkey away. The last one goes only with the password, which
// is asked for on the page of the passkey.
func (s *Site) removePasskey(w http.ResponseWriter, r *http.Request) error {
	id := r.PostFormValue("passkey")
	err := s.accounts.RemovePasskey(r.Context(), visitOf(r), id, r.PostFormValue("password")) // after a step-up that of its form
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showPasskey(w, r, id, e)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/account")
}

func passkeyURL(id string) string { return "/account/passkeys/" + url.PathEscape(id) }

// accountMore is what the account page shows of passkeys and sessions.
type accountMore struct {
	Passkeys  []account.Passkey
	Options   signInOptions
	SteppedUp bool
	Needed    bool // the workspace demands a second factor that was not shown
	Others    bool // there are other sessions
	Codes     int  // recovery codes that still work
}

func (s *Site) accountMore(r *http.Request, sessions []account.Session) (m accountMore, err error) {
	v := visitOf(r)
	m = accountMore{Options: s.signInOptions(r), SteppedUp: v.Actor.SteppedUp(s.clock.Now()), Others: len(sessions) > 1,
		Needed: errors.Is(v.Refused, accounts.ErrNeedsFactor)}
	if m.Passkeys, err = s.accounts.Passkeys(r.Context(), v); err != nil {
		return m, err
	}
	m.Codes, err = s.accounts.RecoveryCodesLeft(r.Context(), v)
	return m, err
}

func (s *Site) newRecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	codes, err := s.accounts.NewRecoveryCodes(r.Context(), visitOf(r))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if err != nil {
		return err
	}
	return s.showAccount(w, r, nil, codes, "")
}

func (s *Site) forgotPage(w http.ResponseWriter, r *http.Request) error {
	return ui.Render(w, r, http.StatusOK, forgotForm(r, s.accounts.CanMail(), false))
}

func (s *Site) forgot(w http.ResponseWriter, r *http.Request) error {
	if r.PostFormValue("email") == "" {
		return &fault.Error{Kind: fault.Invalid, Field: "email", What: "the address is missing", Expected: "an e-mail address"}
	}
	if err := s.accounts.RequestReset(r.Context(), r.PostFormValue("email"), s.device(r)); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, forgotForm(r, s.accounts.CanMail(), true))
}

func (s *Site) resetPage(w http.ResponseWriter, r *http.Request) error {
	if err := s.accounts.ResetOpen(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, resetForm(r, nil))
}

func (s *Site) reset(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.Reset(r.Context(), r.PathValue("token"), r.PostFormValue("password"), s.device(r))
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return ui.Render(w, r, statusOf(e), resetForm(r, e))
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/sign-in")
}

func (s *Site) revokeOthers(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.RevokeOthers(r.Context(), visitOf(r))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/account")
}

func (s *Site) erasePage(w http.ResponseWriter, r *http.Request) error { return s.showErase(w, r, nil) }

func (s *Site) showErase(w http.ResponseWriter, r *http.Request, e ui.Errors) error {
	p := s.frame(r, ui.T(r.Context(), "access.erase.title"), "")
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.account.title"), URL: "/account"}}
	return ui.Render(w, r, statusOf(e), erasePage(r, p, e))
}

func (s *Site) erase(w http.ResponseWriter, r *http.Request) error {
	if r.PostFormValue("sure") != "yes" {
		return s.showErase(w, r, ui.Errors{"sure": ui.T(r.Context(), "access.erase.not_sure")})
	}
	err := s.accounts.Erase(r.Context(), visitOf(r))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if fault.KindOf(err) == fault.Conflict && err != nil {
		e, _ := ui.ErrorsOf(r.Context(), err)
		return s.showErase(w, r, e)
	}
	if err != nil {
		return err
	}
	s.clearCookie(w)
	return guard.Redirect(w, r, "/sign-in")
}

// workspaceKind is the kind that a form names, one organisation when it names none.
func workspaceKind(r *http.Request) tenant.Kind {
	return tenant.Kind(cmp.Or(r.PostFormValue("kind"), string(tenant.Company)))
}

func (s *Site) newWorkspace(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.NewWorkspace(r.Context(), visitOf(r), r.PostFormValue("workspace"), workspaceKind(r))
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showWorkspaces(w, r, e)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/")
}

func (s *Site) leaveWorkspace(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.Leave(r.Context(), visitOf(r), r.PostFormValue("workspace"))
	if fault.KindOf(err) == fault.Conflict && err != nil {
		e, _ := ui.ErrorsOf(r.Context(), err)
		return s.showWorkspaces(w, r, e)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/workspaces")
}
