// Package static serves the files that pages load: style sheets, small ES
// modules, the icon and htmx. All are embedded. Their address carries a hash of
// the whole set, so browsers may keep them for ever and never see a stale one.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

//go:embed css/*.css js/*.js vendor/*.js vendor/*.txt icon.svg
var files embed.FS

// Prefix is where the files are mounted.
const Prefix = "/static/"

// forEver is how long browsers may keep a file whose address names its hash.
const forEver = "public, max-age=31536000, immutable"

// Assets is the set of files, ready to serve. It is safe for concurrent use.
type Assets struct {
	hash  string
	files map[string]file
}

type file struct {
	kind  string
	body  []byte
	small func() []byte // the gzip form, made when first asked for; nil where it does not pay
}

// New reads the embedded files. The parts of the style sheet
// become one file, app.css, in alphabetical order.
func New() (*Assets, error) {
	a := &Assets{files: map[string]file{}}
	var sheet bytes.Buffer
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if path.Ext(name) == ".css" {
			sheet.Write(b)
			return nil
		}
		a.add(name, b)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the embedded static files: %w", err)
	}
	a.add("app.css", sheet.Bytes())
	a.hash = a.sum()
	return a, nil
}

func (a *Assets) add(name string, body []byte) {
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // the machine's table may differ
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	case ".txt":
		kind = "text/plain; charset=utf-8"
	}
	a.files[name] = file{kind: kind, body: body, small: sync.OnceValue(func() []byte { return compress(body) })}
}

// compress returns the gzip form of body, nil when it is not shorter.
func compress(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	// A buffer takes everything.
	if _, err := w.Write(body); err != nil || w.Close() != nil || b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// sum is the hash of all files and of the tokens, as it stands in addresses.
func (a *Assets) sum() string {
	names := make([]string, 0, len(a.files))
	for n := range a.files {
		names = append(names, n)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, n := range names {
		fmt.Fprintf(h, "%s %d\n", n, len(a.files[n].body))
		h.Write(a.files[n].body)
	}
	h.Write(tokens(chart.Accented("")))
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// URL is the address of a file, for example URL("app.css"). An unknown name is
// an address that answers 404; the tests of the pages find it.
func (a *Assets) URL(name string) string { return Prefix + a.hash + "/" + name }

// BrandURL is the address of the colours that go with an accent, written as
// "#rrggbb"; the empty string and a bad one give the default accent.
func (a *Assets) BrandURL(accent string) string {
	return a.URL("brand/" + strings.TrimPrefix(chart.Accented(accent).Hex(), "#") + ".css")
}

// ServeHTTP serves GET and HEAD below Prefix. An address with the hash of an
// older program gets the present file, which browsers then do not keep.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	f, ok := a.files[name]
	if !ok {
		f, ok = brand(name)
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", forEver)
	if hash != a.hash {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	body := f.body
	if small := f.small(); small != nil {
		h.Add("Vary", "Accept-Encoding")
		if r.Header.Get("Range") == "" && guard.AcceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			h.Set("Content-Length", strconv.Itoa(len(small)))
			body = small
		}
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
}
