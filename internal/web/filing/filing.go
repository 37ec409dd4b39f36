// Package filing is the HTTP face of the intake of an authority: it bounds and
// reads requests and writes replies; who may do what is decided by signatures, in
// the use cases.
package filing

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

// Prefix is below which the handler answers.
const Prefix = filing.Prefix

// Handler answers the requests of entities, also of those that come through one of
// the proxies.
func Handler(s *authority.Service, log *slog.Logger, proxies []netip.Prefix) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(filing.MostOther)
		if r.URL.Path == filing.ReportsPath {
			limit = filing.MostReport
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			unread(w, r, log, err)
			return
		}
		reply, err := s.Serve(r.Context(), filing.RequestMessage(r, body), guard.Client(r, proxies).String())
		if err != nil {
			log.ErrorContext(r.Context(), "answer an entity", "path", r.URL.Path, "error", err)
			problem(w, r, log, filing.Problem{Status: http.StatusInternalServerError, Code: filing.CodeInternal, Title: "the server has a defect or is busy", Expected: "the same again, later"})
			return
		}
		for name, values := range reply.Header {
			w.Header()[name] = values
		}
		write(w, r, log, reply.Status, reply.Body)
	})
}

// unread answers when the content did not come whole.
func unread(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	p := filing.Problem{Status: http.StatusBadRequest, Code: filing.CodeInvalid, Title: "the content did not come whole"}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		p = filing.Problem{Status: http.StatusRequestEntityTooLarge, Code: filing.CodeTooLarge, Title: "the content is too large", Expected: "a report of at most 4 MB, or anything else of at most 256 kB"}
	}
	problem(w, r, log, p)
}

func problem(w http.ResponseWriter, r *http.Request, log *slog.Logger, p filing.Problem) {
	b, err := json.Marshal(p)
	if err != nil {
		log.ErrorContext(r.Context(), "write a problem", "error", err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	write(w, r, log, p.Status, b)
}

func write(w http.ResponseWriter, r *http.Request, log *slog.Logger, status int, body []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		log.DebugContext(r.Context(), "write a reply", "error", err)
	}
}
