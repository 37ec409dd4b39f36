package guard

import (
	"net/http"
	"runtime"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// compressFrom is the size in bytes below which compressing costs more than it saves.
const compressFrom = 1400

// Compress sends texts in gzip form to browsers that take it. Answers that are
// short, already compressed, or streams of events pass unchanged.
func Compress(next http.Handler) http.Handler {
	pool := make(writers, 2*runtime.GOMAXPROCS(0))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead || r.Header.Get("Range") != "" || !AcceptsGzip(r) {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w, pool: pool}
		done := false
		defer func() {
			if done {
				c.finish()
			}
		}()
		next.ServeHTTP(c, r)
		done = true // a panic leaves what is held back to the error page
	})
}

// writers are compressors that wait for work. Each holds about a megabyte, which
// costs more to make than a page to compress; a sync.Pool would drop them at every
// collection of garbage.
type writers chan *gzip.Writer

func (p writers) take() *gzip.Writer {
	select {
	case w := <-p:
		return w
	default:
		// The level is a constant that the library accepts.
		w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		return w
	}
}

func (p writers) giveBack(w *gzip.Writer) {
	w.Reset(nil) // it keeps no answer alive
	select {
	case p <- w:
	default:
	}
}

// AcceptsGzip reports whether the browser takes answers in gzip form.
func AcceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, weighted := strings.Cut(strings.ReplaceAll(part, " ", ""), ";q=")
		if !strings.EqualFold(name, "gzip") {
			continue
		}
		q, err := strconv.ParseFloat(quality, 64)
		return !weighted || err == nil && q > 0
	}
	return false
}

// compressor holds the first bytes back until it knows whether to compress.
type compressor struct {
	http.ResponseWriter
	pool   writers
	held   []byte
	status int
	zip    *gzip.Writer
	plain  bool
}

// WriteHeader notes the status; it is sent with the first bytes.
func (c *compressor) WriteHeader(status int) {
	if status < http.StatusOK {
		c.ResponseWriter.WriteHeader(status)
		return
	}
	if c.status == 0 {
		c.status = status
		if !c.worth() {
			c.pass()
		}
	}
}

// Write compresses, or passes, or holds the bytes back.
func (c *compressor) Write(b []byte) (int, error) {
	if c.status == 0 {
		if c.Header().Get("Content-Type") == "" {
			c.Header().Set("Content-Type", http.DetectContentType(b))
		}
		c.WriteHeader(http.StatusOK)
	}
	switch {
	case c.plain:
		return c.ResponseWriter.Write(b)
	case c.zip != nil:
		return c.zip.Write(b)
	}
	if len(c.held) == 0 && len(b) >= compressFrom { // a whole page, as most are: nothing is copied
		return len(b), c.start(b)
	}
	c.held = append(c.held, b...)
	if len(c.held) < compressFrom {
		return len(b), nil
	}
	return len(b), c.start(c.held)
}

// reset forgets what is held back, and reports whether nothing has been sent.
func (c *compressor) reset() bool {
	if c.plain || c.zip != nil {
		return false
	}
	c.held, c.status = nil, 0
	return true
}

// worth says whether the kind of answer is text that is not yet compressed.
func (c *compressor) worth() bool {
	h := c.Header()
	if h.Get("Content-Encoding") != "" || c.status == http.StatusNoContent || c.status == http.StatusNotModified || c.status == http.StatusPartialContent {
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch kind {
	case "text/event-stream":
		return false
	case "", "application/json", "application/problem+json", "image/svg+xml":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// pass sends the answer as it is from now on.
func (c *compressor) pass() {
	c.plain = true
	c.ResponseWriter.WriteHeader(c.status)
}

// start begins to compress, with the first bytes.
func (c *compressor) start(first []byte) error {
	h := c.Header()
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	h.Del("Content-Length")
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", http.DetectContentType(first))
	}
	c.ResponseWriter.WriteHeader(c.status)
	c.zip = c.pool.take()
	c.zip.Reset(c.ResponseWriter)
	_, err := c.zip.Write(first)
	c.held = nil
	return err
}

// finish sends what is held back. A write that fails means that the browser has
// gone, so nobody is left to tell.
func (c *compressor) finish() {
	switch {
	case c.zip != nil:
		_ = c.zip.Close()
		c.pool.giveBack(c.zip)
		c.zip = nil
	case c.status != 0 && !c.plain:
		c.Header().Add("Vary", "Accept-Encoding")
		c.pass()
		_, _ = c.ResponseWriter.Write(c.held)
	}
}

// FlushError sends what there is at once, for pages that arrive in parts.
func (c *compressor) FlushError() error {
	if c.status != 0 && !c.plain && c.zip == nil {
		if err := c.start(c.held); err != nil {
			return err
		}
	}
	if c.zip != nil {
		if err := c.zip.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }
