package guard

import (
	"container/list"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
)

// defaultBody limits bodies where the route has no limit of its own.
func (g *Guard) defaultBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		raw := r.Body
		r.Body = &limitedBody{ReadCloser: http.MaxBytesReader(w, raw, g.options.MaxBody), raw: raw}
		next.ServeHTTP(w, r)
	})
}

// limitedBody remembers the body below the limit, so that a route can set another.
type limitedBody struct {
	io.ReadCloser
	raw io.ReadCloser
}

// MaxBody gives a route its own limit in bytes, larger or smaller than the
// server's, and time for a slow line to send it. A longer body is a
// *http.MaxBytesError, which Page answers with 413.
func MaxBody(limit int64, patience time.Duration) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := r.Body
			if l, ok := r.Body.(*limitedBody); ok {
				body = l.raw
			}
			if body != nil {
				r.Body = http.MaxBytesReader(w, body, limit)
			}
			if patience > 0 {
				control, until := http.NewResponseController(w), time.Now().Add(patience)
				// A writer of a test may not know deadlines; the limit holds anyway.
				_ = control.SetReadDeadline(until)
				_ = control.SetWriteDeadline(until.Add(writeTimeout))
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Stream takes the time limits from a route that keeps sending, for example
// server-sent events.
func Stream(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Time{}) // as above
		_ = control.SetReadDeadline(time.Time{})  // else the end of the time for reading ends the request
		next.ServeHTTP(w, r)
	})
}

// Limiter allows each key a number of events per time. It remembers at most a
// fixed number of keys, and forgets the one not seen for longest first. It is
// safe for concurrent use.
type Limiter struct {
	clock clock.Clock
	every rate.Limit
	burst int
	most  int

	mu   sync.Mutex
	keys map[string]*list.Element
	age  *list.List // front: seen last
}

type bucket struct {
	key   string
	limit *rate.Limiter
}

// NewLimiter allows burst events at once and one more per interval, for at most
// `most` keys at a time.
func NewLimiter(c clock.Clock, burst int, interval time.Duration, most int) *Limiter {
	return &Limiter{clock: c, every: rate.Every(interval), burst: burst, most: most, keys: map[string]*list.Element{}, age: list.New()}
}

// Take counts one event of the key. It returns 0 when it is allowed, otherwise
// how long to wait; a refused event is not counted.
func (l *Limiter) Take(key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	e, ok := l.keys[key]
	if !ok {
		for l.age.Len() >= l.most {
			last := l.age.Back()
			delete(l.keys, l.age.Remove(last).(*bucket).key)
		}
		e = l.age.PushFront(&bucket{key: key, limit: rate.NewLimiter(l.every, l.burst)})
		l.keys[key] = e
	}
	l.age.MoveToFront(e)
	reservation := e.Value.(*bucket).limit.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// Len is the number of keys that are remembered.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.age.Len()
}

// Rate limits a route: key says whose request it is; the empty key is not
// limited. Too many get 429 with Retry-After.
func (g *Guard) Rate(l *Limiter, key func(*http.Request) string) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if k := key(r); k != "" {
				if wait := l.Take(k); wait > 0 {
					g.fail(w, r, Busy(wait, "too many requests"))
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// ByAddress is the key of the address a request comes from. All addresses of an
// IPv6 network of 64 bits share one, since one household has that many.
func ByAddress(r *http.Request) string {
	a := Address(r.Context())
	if !a.IsValid() {
		return "unknown"
	}
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
