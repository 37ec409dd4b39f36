package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
)

// repeatHeader names a request that must not have its effect twice.
const repeatHeader = "Idempotency-Key"

// Bounds of requests that can be repeated: uploads are larger and are stored once
// anyway, because equal files are one file.
const (
	longestKey   = 200
	mostRepeated = 1 << 20
)

// repeatable answers a POST that came before, with the same key, as it was
// answered then, for a day.
func (a *API) repeatable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get(repeatHeader)
		if r.Method != http.MethodPost || key == "" {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, mostRepeated+1))
		switch {
		case err != nil:
			a.writeProblem(w, r, a.problem(r.Context(), err))
			return
		case len(key) > longestKey || len(body) > mostRepeated:
			a.writeProblem(w, r, &huma.ErrorModel{Status: http.StatusBadRequest,
				Detail: fmt.Sprintf("a request with %s has a key of at most %d characters and a body of at most %d bytes", repeatHeader, longestKey, mostRepeated)})
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		v := visitOf(r.Context())
		reply, known, err := a.Accounts.BeginRequest(r.Context(), v, key, fingerprint(r, body))
		if err == nil && !known {
			reply, err = a.once(next, r, key, fingerprint(r, body))
		}
		if err != nil {
			a.writeProblem(w, r, a.problem(r.Context(), err))
			return
		}
		if known {
			w.Header().Set("Idempotency-Replayed", "true")
		}
		write(w, reply)
	})
}

func fingerprint(r *http.Request, body []byte) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s\n", r.Method, r.URL.RequestURI())
	sum.Write(body)
	return hex.EncodeToString(sum.Sum(nil))
}

// once makes the request and keeps its answer. Refused requests had no effect and
// may be made again, mended.
func (a *API) once(next http.Handler, r *http.Request, key, fingerprint string) (accounts.Reply, error) {
	seen := &answer{header: http.Header{}}
	next.ServeHTTP(seen, r)
	reply := accounts.Reply{Fingerprint: fingerprint, Status: seen.status, ContentType: seen.header.Get("Content-Type"),
		ETag: seen.header.Get("ETag"), Body: seen.body.Bytes()}
	keep := reply
	if keep.Status >= http.StatusBadRequest {
		keep = accounts.Reply{}
	}
	// The effect is there, whether the program still waits or not.
	return reply, a.Accounts.FinishRequest(context.WithoutCancel(r.Context()), visitOf(r.Context()), key, keep)
}

// answer holds an answer until it is kept.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func write(w http.ResponseWriter, r accounts.Reply) {
	for name, value := range map[string]string{"Content-Type": r.ContentType, "ETag": r.ETag} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body) // the program has gone if this fails
}
