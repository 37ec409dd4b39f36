package guard

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// compressFrom is the size in bytes below which compressing costs more than it saves.
const compressFrom = 1400

// gather is how much is compressed and sent at a time, in bytes. The library
// looks for repetitions within what it is given at once, and in no more than 32 KiB.
const gather = 32 << 10

// Compress sends texts in gzip form to browsers that take it. Answers that are
// short, already compressed, or streams of events pass unchanged.
func Compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead || r.Header.Get("Range") != "" || !AcceptsGzip(r) {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w}
		done := false
		defer func() {
			if done {
				c.finish()
			}
			c.letGo()
		}()
		next.ServeHTTP(c, r)
		done = true // a panic leaves what is held back to the error page
	})
}

// packer makes the gzip form of an answer. It keeps no window between writes: a
// page is one write, and the tables of a window that others used last are slower to
// fetch than the page is to compress.
type packer struct {
	zip *gzip.Writer
	out bytes.Buffer // packed and not sent
}

var packers = sync.Pool{New: func() any {
	p := &packer{}
	p.zip, _ = gzip.NewWriterLevel(&p.out, gzip.StatelessCompression) // the library accepts this constant
	return p
}}

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

// compressor holds an answer back until it is whole, or too long to be held.
type compressor struct {
	http.ResponseWriter
	held   []byte // neither packed nor sent
	status int
	packer *packer // nil before anything is packed
	sent   bool    // the head is on its way
	plain  bool    // the answer passes as it is
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

// Write packs, or passes, or holds the bytes back.
func (c *compressor) Write(b []byte) (int, error) {
	if c.status == 0 {
		if c.Header().Get("Content-Type") == "" {
			c.Header().Set("Content-Type", http.DetectContentType(b))
		}
		c.WriteHeader(http.StatusOK)
	}
	if c.plain {
		return c.ResponseWriter.Write(b)
	}
	if len(c.held) == 0 && len(b) >= compressFrom { // a whole page, as most are: nothing is copied
		return len(b), c.pack(b)
	}
	if c.held = append(c.held, b...); len(c.held) < gather {
		return len(b), nil
	}
	held := c.held
	c.held = held[:0]
	return len(b), c.pack(held)
}

// pack adds the gzip form of b to what waits, and sends that when it is long.
func (c *compressor) pack(b []byte) error {
	if c.packer == nil {
		c.packer = packers.Get().(*packer)
		c.packer.zip.Reset(&c.packer.out)
	}
	if _, err := c.packer.zip.Write(b); err != nil {
		return err
	}
	if c.packer.out.Len() < gather {
		return nil
	}
	return c.send(false)
}

// send sends what is packed; whole says that nothing comes before or after it.
func (c *compressor) send(whole bool) error {
	if !c.sent {
		c.sent = true
		h := c.Header()
		h.Set("Content-Encoding", "gzip")
		h.Add("Vary", "Accept-Encoding")
		h.Del("Content-Length")
		if whole {
			h.Set("Content-Length", strconv.Itoa(c.packer.out.Len()))
		}
		c.ResponseWriter.WriteHeader(c.status)
	}
	_, err := c.packer.out.WriteTo(c.ResponseWriter)
	return err
}

// reset forgets what is held back, and reports whether nothing has been sent.
func (c *compressor) reset() bool {
	if c.plain || c.sent {
		return false
	}
	c.letGo()
	c.held, c.status = nil, 0
	return true
}

// letGo gives the packer to the next answer.
func (c *compressor) letGo() {
	if c.packer == nil {
		return
	}
	c.packer.out.Reset()
	if c.packer.out.Cap() <= 4*gather { // a large one is not kept
		packers.Put(c.packer)
	}
	c.packer = nil
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

// finish sends what is held back. A write that fails means that the browser has
// gone, so nobody is left to tell.
func (c *compressor) finish() {
	switch {
	case c.plain || c.status == 0:
		return
	case c.packer == nil && len(c.held) < compressFrom:
		c.Header().Add("Vary", "Accept-Encoding")
		c.pass()
		_, _ = c.ResponseWriter.Write(c.held)
		return
	}
	if len(c.held) > 0 {
		_ = c.pack(c.held)
	}
	_ = c.packer.zip.Close()
	_ = c.send(!c.sent)
}

// FlushError sends what there is at once, for pages that arrive in parts.
func (c *compressor) FlushError() error {
	if c.status != 0 && !c.plain {
		held := c.held
		c.held = held[:0]
		if err := c.pack(held); err != nil {
			return err
		}
		if err := c.send(false); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }
