// Package guard stands before every page: request ids, security headers,
// refusal of requests from other sites, limits on rate, size and time, the
// compression of answers, and the one place that turns an error into a page.
package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/id"
)

// Options says how the server is reached and how it shows what went wrong.
type Options struct {
	Log *slog.Logger
	// HTTPS says that browsers reach the server by https, directly or through a
	// proxy. It adds Strict-Transport-Security.
	HTTPS bool
	// Hosts lists the names (without port) under which the server answers; empty
	// means any. A local server lists localhost and 127.0.0.1, so that no page of
	// another name that resolves here can talk to it.
	Hosts []string
	// Proxies lists the addresses of reverse proxies whose X-Forwarded-For counts.
	Proxies []netip.Prefix
	// MaxBody is the largest body in bytes of routes without a limit of their own;
	// 0 means DefaultMaxBody.
	MaxBody int64
	// ErrorPage writes the page of a problem, the status included. Nil writes one
	// line of text.
	ErrorPage func(w http.ResponseWriter, r *http.Request, p Problem)
}

// DefaultMaxBody is enough for every form without files: 1 MB.
const DefaultMaxBody = 1 << 20

// Guard is the chain before the pages. It is safe for concurrent use.
type Guard struct {
	options Options
	cross   *http.CrossOriginProtection
}

// New returns a guard.
func New(o Options) *Guard {
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	g := &Guard{options: o, cross: http.NewCrossOriginProtection()}
	g.cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.fail(w, r, Status(http.StatusForbidden, "the request comes from a page of another site"))
	}))
	return g
}

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Chain puts the middlewares around the handler; the first one is outermost.
func Chain(h http.Handler, around ...Middleware) http.Handler {
	for i := len(around) - 1; i >= 0; i-- {
		h = around[i](h)
	}
	return h
}

// Wrap puts all of the guard around the routes of the server.
func (g *Guard) Wrap(h http.Handler) http.Handler {
	return Chain(h, g.identify, g.headers, g.log, g.recover, g.knownHost, g.cross.Handler, g.defaultBody, Compress)
}

type contextKey int

const (
	requestKey contextKey = iota
	addressKey
)

// RequestID is the id of the request, as it stands in the log and on error pages.
func RequestID(ctx context.Context) string {
	s, _ := ctx.Value(requestKey).(string)
	return s
}

// Address is where the request comes from: the peer, or what a trusted proxy
// says. The zero address means that it is not known.
func Address(ctx context.Context) netip.Addr {
	a, _ := ctx.Value(addressKey).(netip.Addr)
	return a
}

// identify gives the request an id and finds its address.
func (g *Guard) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := id.New()
		ctx := context.WithValue(r.Context(), requestKey, name)
		ctx = context.WithValue(ctx, addressKey, Client(r, g.options.Proxies))
		w.Header().Set("X-Request-Id", name)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Client is the address of the peer, or, when the peer is one of the proxies, the
// last address in X-Forwarded-For that is not one. The zero address means that it
// is not known.
func Client(r *http.Request, proxies []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && within(at, proxies); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = hop.Unmap()
	}
	return at
}

func within(a netip.Addr, ranges []netip.Prefix) bool {
	for _, p := range ranges {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// knownHost refuses requests for a name that is not ours.
func (g *Guard) knownHost(next http.Handler) http.Handler {
	if len(g.options.Hosts) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower(hostOnly(r.Host))
		for _, known := range g.options.Hosts {
			if host == strings.ToLower(known) {
				next.ServeHTTP(w, r)
				return
			}
		}
		g.fail(w, r, Status(http.StatusMisdirectedRequest, "the server does not answer under this name"))
	})
}

// hostOnly is the host without port and brackets.
func hostOnly(hostPort string) string {
	host := hostPort
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.Trim(host, "[]")
}

// log writes one line per request. It names the path, never the query, which
// may hold what people search for.
func (g *Guard) log(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := time.Now()
		seen := &recorder{ResponseWriter: w}
		defer func() {
			g.options.Log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("request", RequestID(r.Context())),
				slog.String("method", r.Method),
				slog.String("route", route(r)),
				slog.Int("status", max(seen.status, http.StatusOK)),
				slog.Int64("bytes", seen.bytes),
				slog.Duration("took", time.Since(from)))
		}()
		next.ServeHTTP(seen, r)
	})
}

// route is the pattern that matched: paths may hold the tokens of links.
func route(r *http.Request) string {
	if r.Pattern != "" {
		return r.Pattern
	}
	return "no route"
}

// recover turns a panic into the page of an internal error.
func (g *Guard) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			g.fail(w, r, fmt.Errorf("panic: %v\n%s", p, stack()))
		}()
		next.ServeHTTP(w, r)
	})
}
