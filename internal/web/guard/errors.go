package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// Handler is a page: it writes its answer, or returns why it cannot.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Page turns a handler into one that answers errors with their page.
func (g *Guard) Page(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			g.fail(w, r, err)
		}
	})
}

// Problem is what an error page shows. Err is for the log, never for the page;
// Faults hold sentences for the person and are empty for internal errors.
type Problem struct {
	Status     int
	RequestID  string
	RetryAfter time.Duration // 0: not known
	Faults     []*fault.Error
	Err        error
}

// statusError is an error with an HTTP status of its own.
type statusError struct {
	status int
	why    string
	retry  time.Duration
}

func (e *statusError) Error() string { return fmt.Sprintf("%d: %s", e.status, e.why) }

// Status is an error that answers with the given HTTP status, for what no fault
// kind names. The reason goes to the log.
func Status(status int, why string) error { return &statusError{status: status, why: why} }

// Busy is an error that answers with 429 and says after how long to try again.
func Busy(wait time.Duration, why string) error {
	return &statusError{status: http.StatusTooManyRequests, why: why, retry: max(wait, time.Second)}
}

// problemOf finds the status that goes with an error.
func problemOf(err error) Problem {
	p := Problem{Err: err}
	var own *statusError
	var tooLarge *http.MaxBytesError
	var one *fault.Error
	var list fault.List
	switch {
	case errors.As(err, &own):
		p.Status, p.RetryAfter = own.status, own.retry
	case errors.As(err, &tooLarge):
		p.Status = http.StatusRequestEntityTooLarge
	case errors.As(err, &list) && len(list) > 0:
		p.Status, p.Faults = list[0].Kind.Status(), list
	case errors.As(err, &one):
		p.Status, p.Faults = one.Kind.Status(), []*fault.Error{one}
	case errors.Is(err, context.DeadlineExceeded):
		p.Status = http.StatusServiceUnavailable
	default:
		p.Status = http.StatusInternalServerError
	}
	if p.Status >= http.StatusInternalServerError {
		p.Faults = nil
	}
	return p
}

// fail answers an error. When the answer has already begun it can only cut it
// off, so that nobody takes half a page for a whole one.
func (g *Guard) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the browser has gone
	}
	p := problemOf(err)
	p.RequestID = RequestID(r.Context())
	level := slog.LevelInfo
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	g.options.Log.LogAttrs(r.Context(), level, "problem", slog.String("request", p.RequestID),
		slog.Int("status", p.Status), slog.String("error", err.Error()))
	if started(w) {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Content-Length", "Content-Disposition", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(p.RetryAfter.Round(time.Second).Seconds())))
	}
	if g.options.ErrorPage != nil {
		g.options.ErrorPage(w, r, p)
		return
	}
	http.Error(w, fmt.Sprintf("%d %s\nrequest %s", p.Status, http.StatusText(p.Status), p.RequestID), p.Status)
}
