package pages

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// stepUpOffer is what the step-up page shows and where it leads.
type stepUpOffer struct {
	signInOptions
	Code bool       // a second factor is asked for besides the password
	App  bool       // that may come from an app; else only recovery codes are left besides the passkey
	Next string     // page to open afterwards
	Act  string     // address of the form that waits for the proof; "": none
	Kept url.Values // what was typed into that form
	Lost bool       // the form had a file, which no page can keep
}

// ownFields are the fields of the step-up form itself, which a form that waits for it
// does not have.
var ownFields = []string{"password", "code", "next", "act", "response"}

// stepUpFirst asks for a fresh proof of identity when the use case wants one. What was
// typed waits on the page and is sent again after the proof.
func (s *Site) stepUpFirst(w http.ResponseWriter, r *http.Request, err error) (handled bool, failed error) {
	if !errors.Is(err, accounts.ErrStepUp) {
		return false, nil
	}
	o := stepUpOffer{Next: guard.Back(r, "/"), Act: r.URL.Path}
	if o.Lost = r.MultipartForm != nil && len(r.MultipartForm.File) > 0; o.Lost {
		o.Act = ""
	}
	return true, s.showStepUp(w, r, o, http.StatusForbidden, nil)
}

func (s *Site) stepUpPage(w http.ResponseWriter, r *http.Request) error {
	return s.showStepUp(w, r, stepUpOffer{Next: guard.Local(r.FormValue("next"), "/")}, http.StatusOK, nil)
}

func (s *Site) stepUp(w http.ResponseWriter, r *http.Request) error {
	signed, err := s.accounts.StepUp(r.Context(), visitOf(r), r.PostFormValue("password"), r.PostFormValue("code"))
	return s.steppedUp(w, r, signed, err, errors.Is(err, accounts.ErrSignIn), "access.step_up.failed")
}

func (s *Site) passkeyStepUpOptions(w http.ResponseWriter, r *http.Request) error {
	c, err := s.accounts.BeginPasskeyStepUp(r.Context(), visitOf(r), s.origin(r))
	return s.sendCeremony(w, c, err)
}

func (s *Site) passkeyStepUp(w http.ResponseWriter, r *http.Request) error {
	signed, err := s.accounts.PasskeyStepUp(r.Context(), visitOf(r), s.origin(r), s.cookieOf(r, ceremonyCookie), r.PostFormValue("response"))
	return s.steppedUp(w, r, signed, err, noPasskey(err), "access.passkey.failed")
}

// steppedUp goes on after a proof that held. Status 307 makes the browser send the same
// fields to the form that waited, without a script; that form ignores those of the proof.
func (s *Site) steppedUp(w http.ResponseWriter, r *http.Request, signed accounts.Signed, err error, refused bool, why string) error {
	o := stepUpOffer{Next: guard.Local(r.PostFormValue("next"), "/"), Act: guard.Local(r.PostFormValue("act"), "")}
	if refused {
		return s.showStepUp(w, r, o, http.StatusUnprocessableEntity, ui.Errors{"": ui.T(r.Context(), why)})
	}
	if err != nil {
		return err
	}
	s.setCookie(w, signed)
	if o.Act == "" {
		return guard.Redirect(w, r, o.Next)
	}
	http.Redirect(w, r, o.Act, http.StatusTemporaryRedirect)
	return nil
}

// showStepUp asks for a fresh proof of identity, by password or passkey.
func (s *Site) showStepUp(w http.ResponseWriter, r *http.Request, o stepUpOffer, status int, e ui.Errors) error {
	keys, err := s.accounts.Passkeys(r.Context(), visitOf(r))
	if err != nil {
		return err
	}
	o.signInOptions = s.signInOptions(r)
	o.Passkeys = o.Passkeys && len(keys) > 0
	o.App = visitOf(r).Person.TOTPSecret != ""
	o.Code = o.App || len(keys) > 0
	if o.Act != "" {
		o.Kept = url.Values{}
		for name, values := range r.PostForm {
			if !slices.Contains(ownFields, name) {
				o.Kept[name] = values
			}
		}
	}
	return ui.Render(w, r, status, stepUpForm(r, o, e))
}
