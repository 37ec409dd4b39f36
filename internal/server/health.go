package server

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/internal/store"
)

// healthPath is where whatever watches the server asks whether it works.
const healthPath = "/health"

// healthPatience is how long the database may take to answer.
const healthPatience = 2 * time.Second

// health answers 200 while the database answers, else 503, and says nothing about
// the server. It stands outside of the guard: it is asked by address, often, and
// keeps nothing. However often it is asked, one question at a time goes to the
// database.
func health(s *store.Store, log *slog.Logger) http.Handler {
	var one sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), healthPatience)
		defer cancel()
		one.Lock()
		err := s.Ping(ctx)
		one.Unlock()
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		text := "ok\n"
		if err != nil {
			log.WarnContext(r.Context(), "the database does not answer", "error", err)
			w.WriteHeader(http.StatusServiceUnavailable)
			text = "the database does not answer\n"
		}
		if _, err := io.WriteString(w, text); err != nil {
			log.DebugContext(r.Context(), "write a reply", "error", err)
		}
	})
}
