package pages

import (
	"errors"
	"net/http"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

type adder func(a Access, pattern string, h guard.Handler)

func (s *Site) accountRoutes(add adder) {
	add(Public, "GET /start", s.startPage)
	add(Public, "POST /start", s.limited(s.start))
	add(Public, "GET /sign-in", s.signInPage)
	add(Public, "POST /sign-in", s.limited(s.signInPost))
	add(Public, "GET /join/{token}", s.joinPage)
	add(Public, "POST /join/{token}", s.limited(s.join))
	add(Public, "POST "+ui.ThemePath, ui.SetTheme)
	add(Public, "GET /enter/{token}", s.limited(s.openLink))
	add(Public, "GET /about", s.about)
	add(SignedIn, "POST /sign-out", s.signOut)
	add(SignedIn, "GET /workspaces", s.workspaces)
	add(SignedIn, "POST /workspaces", s.enter)
	add(SignedIn, "GET /account", s.account)
	add(SignedIn, "POST /account/password", s.changePassword)
	add(SignedIn, "POST /account/factor", s.confirmFactor)
	add(SignedIn, "POST /account/factor/remove", s.removeFactor)
	add(SignedIn, "POST /account/sessions/revoke", s.revoke)
	add(SignedIn, "GET /step-up", s.stepUpPage)
	add(SignedIn, "POST /step-up", s.limited(s.stepUp))
}

func (s *Site) startPage(w http.ResponseWriter, r *http.Request) error {
	needed, err := s.accounts.FirstRunNeeded(r.Context())
	if err != nil {
		return err
	}
	if !needed {
		return guard.Redirect(w, r, "/sign-in")
	}
	return ui.Render(w, r, http.StatusOK, startForm(r, nil))
}

func (s *Site) start(w http.ResponseWriter, r *http.Request) error {
	kind := workspaceKind(r)
	signed, err := s.accounts.Start(r.Context(), accounts.FirstRun{
		Workspace: r.PostFormValue("workspace"), Kind: kind, Name: r.PostFormValue("name"),
		Email: r.PostFormValue("email"), Password: r.PostFormValue("password"), Language: s.language(r), Zone: r.PostFormValue("zone")}, s.device(r))
	if fault.KindOf(err) == fault.Conflict && err != nil {
		return guard.Redirect(w, r, "/sign-in")
	}
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return ui.Render(w, r, statusOf(e), startForm(r, e))
	}
	if err != nil {
		return err
	}
	s.setCookie(w, signed)
	return guard.Redirect(w, r, "/")
}

func (s *Site) signInPage(w http.ResponseWriter, r *http.Request) error {
	needed, err := s.accounts.FirstRunNeeded(r.Context())
	if err != nil {
		return err
	}
	if needed {
		return guard.Redirect(w, r, "/start")
	}
	return ui.Render(w, r, http.StatusOK, signInForm(r, s.signInOptions(r), guard.Local(r.FormValue("next"), "/"), nil))
}

func (s *Site) signInPost(w http.ResponseWriter, r *http.Request) error {
	next := guard.Local(r.PostFormValue("next"), "/")
	signed, needCode, err := s.accounts.SignIn(r.Context(), r.PostFormValue("email"), r.PostFormValue("password"), r.PostFormValue("code"), s.device(r))
	if needCode {
		e := ui.Errors{"code": ui.T(r.Context(), "pages.sign_in.need_code")}
		return ui.Render(w, r, http.StatusUnprocessableEntity, signInForm(r, s.signInOptions(r), next, e))
	}
	if errors.Is(err, accounts.ErrSignIn) {
		e := ui.Errors{"": ui.T(r.Context(), "pages.sign_in.failed")}
		return ui.Render(w, r, http.StatusUnprocessableEntity, signInForm(r, s.signInOptions(r), next, e))
	}
	if err != nil {
		return err
	}
	s.setCookie(w, signed)
	return guard.Redirect(w, r, next)
}

func (s *Site) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.accounts.SignOut(r.Context(), visitOf(r)); err != nil {
		return err
	}
	s.clearCookie(w)
	return guard.Redirect(w, r, "/sign-in")
}

// joining is the person who is signed in, if any.
func (s *Site) joining(r *http.Request) *accounts.Visit {
	v, err := s.accounts.Visit(r.Context(), s.tokenOf(r), s.device(r))
	if err != nil {
		return nil
	}
	return &v
}

func (s *Site) joinPage(w http.ResponseWriter, r *http.Request) error {
	offer, err := s.accounts.Offer(r.Context(), r.PathValue("token"))
	if fault.KindOf(err) == fault.NotFound {
		return ui.Render(w, r, http.StatusNotFound, joinClosed())
	}
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, joinForm(r, offer, s.joining(r), nil))
}

func (s *Site) join(w http.ResponseWriter, r *http.Request) error {
	offer, err := s.accounts.Offer(r.Context(), r.PathValue("token"))
	if fault.KindOf(err) == fault.NotFound {
		return ui.Render(w, r, http.StatusNotFound, joinClosed())
	}
	if err != nil {
		return err
	}
	by := s.joining(r)
	signed, err := s.accounts.Join(r.Context(), r.PathValue("token"), by, accounts.FirstRun{Name: r.PostFormValue("name"),
		Email: r.PostFormValue("email"), Password: r.PostFormValue("password"), Language: s.language(r), Zone: r.PostFormValue("zone")}, s.device(r))
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return ui.Render(w, r, statusOf(e), joinForm(r, offer, by, e))
	}
	if err != nil {
		return err
	}
	s.setCookie(w, signed)
	return guard.Redirect(w, r, "/")
}

func (s *Site) workspaces(w http.ResponseWriter, r *http.Request) error {
	return s.showWorkspaces(w, r, nil)
}

// showWorkspaces lists the workspaces of the person, with what was wrong with a new one.
func (s *Site) showWorkspaces(w http.ResponseWriter, r *http.Request, e ui.Errors) error {
	list, err := s.accounts.Workspaces(r.Context(), visitOf(r))
	if err != nil {
		return err
	}
	return ui.Render(w, r, statusOf(e), workspaceList(r, s.frame(r, ui.T(r.Context(), "pages.workspaces.title"), ""), list, e))
}

func (s *Site) enter(w http.ResponseWriter, r *http.Request) error {
	if err := s.accounts.Enter(r.Context(), visitOf(r), r.PostFormValue("workspace")); err != nil {
		return err
	}
	return guard.Redirect(w, r, "/")
}

func (s *Site) account(w http.ResponseWriter, r *http.Request) error {
	return s.showAccount(w, r, nil, nil, "")
}

// showAccount shows the account; codes are recovery codes that are shown once, and key
// the secret of a second factor that is being set up, or with codes was set up just now.
func (s *Site) showAccount(w http.ResponseWriter, r *http.Request, e ui.Errors, codes []string, key string) error {
	v := visitOf(r)
	sessions, err := s.accounts.Sessions(r.Context(), v)
	if err != nil {
		return err
	}
	var enrolment accounts.Enrolment
	on := v.Person.TOTPSecret != "" || len(codes) > 0 && key != ""
	wrong := len(pick(e, "code")) > 0
	if !on && (key != "" || wrong || r.URL.Query().Has("factor")) { // who only looks at the account needs no secret on it
		enrolment, err = s.accounts.EnrolAgain(v.Person, key)
		if err != nil { // a new key takes the place of none, or of a damaged one
			enrolment, err = s.accounts.Enrol(v.Person)
		}
		if err != nil {
			return err
		}
	}
	more, err := s.accountMore(r, sessions)
	if err != nil {
		return err
	}
	return ui.Render(w, r, statusOf(e), accountPage(r, s.frame(r, ui.T(r.Context(), "pages.account.title"), ""), v, sessions, enrolment, on, codes, more, e))
}

func (s *Site) changePassword(w http.ResponseWriter, r *http.Request) error {
	signed, err := s.accounts.ChangePassword(r.Context(), visitOf(r), r.PostFormValue("old"), r.PostFormValue("password"))
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showAccount(w, r, e, nil, "")
	}
	if err != nil {
		return err
	}
	s.setCookie(w, signed)
	return guard.Redirect(w, r, "/account")
}

func (s *Site) confirmFactor(w http.ResponseWriter, r *http.Request) error {
	key := r.PostFormValue("key")
	codes, signed, err := s.accounts.Confirm(r.Context(), visitOf(r), key, r.PostFormValue("code"))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showAccount(w, r, e, nil, key)
	}
	if err != nil {
		return err
	}
	s.setCookie(w, signed)
	return s.showAccount(w, r, nil, codes, key)
}

func (s *Site) removeFactor(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.RemoveFactor(r.Context(), visitOf(r))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/account")
}

func (s *Site) revoke(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.Revoke(r.Context(), visitOf(r), r.PostFormValue("session"))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/account")
}

func (s *Site) about(w http.ResponseWriter, r *http.Request) error {
	return ui.Render(w, r, http.StatusOK, aboutPage())
}
