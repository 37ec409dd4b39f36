package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

// errStale is a conflict with the version that a program sent as If-Match.
type errStale struct{ error }

func (e errStale) Unwrap() error { return e.error }

// errUnconditional asks for the version that a change is made from.
var errUnconditional = errors.New("no version was sent")

// inServer is what a program is told of an error inside of the server, before the
// request's number.
const inServer = "something went wrong in the server; its log names request "

type languageKey struct{}

// spoken notes in which language a program wants the sentences of problems:
// Accept-Language, else English until known has found an account with its own.
func (a *API) spoken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		language := a.Messages.Negotiate(r.Header.Get("Accept-Language"))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), languageKey{}, language)))
	})
}

func languageOf(ctx context.Context) string {
	language, _ := ctx.Value(languageKey{}).(string)
	return cmp.Or(language, "en")
}

// say puts what a problem says into the language of the program, where it is not
// yet: sentences of this package and of what checks requests against the document.
func (a *API) say(ctx context.Context, p *huma.ErrorModel) {
	say := a.Messages.Printer(languageOf(ctx))
	p.Title, _ = say.Sentence(http.StatusText(p.Status))
	p.Detail = say.Failure(p.Detail)
	for _, d := range p.Errors {
		located(d)
		d.Message = say.Failure(d.Message)
	}
}

// said is say for all that the document's checks answer.
func (a *API) said(c huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*huma.ErrorModel); ok {
		a.say(c.Context(), p)
	}
	return v, nil
}

func isTokenError(err error) bool { return errors.Is(err, accounts.ErrToken) }

// problem is the problem document of an error. What is wrong inside of the server
// goes to the log, not to the program.
func (a *API) problem(ctx context.Context, err error) *huma.ErrorModel {
	var own *huma.ErrorModel
	var list fault.List
	var one *fault.Error
	var large *http.MaxBytesError
	var stale errStale
	p := &huma.ErrorModel{Status: http.StatusInternalServerError}
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, errUnconditional):
		p.Status, p.Detail = http.StatusPreconditionRequired, "no version was sent; expected the ETag of what is changed as If-Match"
	case errors.As(err, &large):
		p.Status, p.Detail = http.StatusRequestEntityTooLarge, "the request is too large"
	case errors.As(err, &list) && len(list) > 0:
		p.Status, p.Detail = list[0].Kind.Status(), list[0].What
	case errors.As(err, &one):
		list = fault.List{one}
		p.Status, p.Detail = one.Kind.Status(), one.What
	}
	if p.Status == http.StatusConflict && errors.As(err, &stale) {
		p.Status = http.StatusPreconditionFailed
	}
	say := a.Messages.Printer(languageOf(ctx))
	p.Detail = say.Failure(p.Detail)
	if p.Status == http.StatusInternalServerError {
		a.Log.LogAttrs(ctx, slog.LevelError, "problem", slog.String("request", guard.RequestID(ctx)), slog.String("error", err.Error()))
		p.Detail = inServer + guard.RequestID(ctx)
		return p
	}
	for _, f := range list {
		what, _ := say.Sentence(f.What)
		d := &huma.ErrorDetail{Message: what}
		if f.Expected != "" {
			expected, _ := say.Sentence(f.Expected)
			d.Message = say.T("ui.fault", "what", what, "expected", expected)
		}
		if f.Field != "" {
			d.Location = "body." + f.Field
		}
		p.Errors = append(p.Errors, d)
	}
	return p
}

func (a *API) writeProblem(w http.ResponseWriter, r *http.Request, p *huma.ErrorModel) {
	a.say(r.Context(), p)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the program has gone if this fails
}

// Problem answers in place of a page what was refused or broke outside of an operation,
// such as a name of the server that is not its own or a panic. guard has logged it.
func (a *API) Problem(w http.ResponseWriter, r *http.Request, p guard.Problem) {
	a.spoken(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := &huma.ErrorModel{Status: p.Status}
		switch {
		case p.Status == http.StatusInternalServerError:
			m.Detail = inServer + p.RequestID
		case len(p.Faults) > 0:
			m = a.problem(r.Context(), p.Err)
		}
		a.writeProblem(w, r, m)
	})).ServeHTTP(w, r)
}

func (a *API) unauthorised(w http.ResponseWriter, r *http.Request, detail string) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="Nisaba"`)
	a.writeProblem(w, r, &huma.ErrorModel{Status: http.StatusUnauthorized, Detail: detail})
}

func (a *API) tooMany(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(max(wait, time.Second).Round(time.Second).Seconds())))
	a.writeProblem(w, r, &huma.ErrorModel{Status: http.StatusTooManyRequests, Detail: "too many requests; Retry-After says for how many seconds to wait"})
}
