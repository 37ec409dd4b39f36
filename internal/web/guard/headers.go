package guard

import "net/http"

// contentPolicy lets a page load only what this server sends, and lets nobody
// put it into a frame. There is no inline script or style anywhere.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// permissions switches off what pages do not use; passkeys need theirs.
const permissions = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), " +
	"fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), " +
	"picture-in-picture=(), publickey-credentials-create=(self), publickey-credentials-get=(self), " +
	"screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"

// twoYears is the time for which browsers insist on https.
const twoYears = "max-age=63072000; includeSubDomains"

// ownHeaders are on every answer. They are made once: whoever sets one of them for
// an answer puts another slice in its place.
var ownHeaders = []struct {
	name  string // in the canonical form
	value []string
}{
	{"Content-Security-Policy", []string{contentPolicy}},
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"X-Frame-Options", []string{"DENY"}},
	{"Referrer-Policy", []string{"same-origin"}},
	{"Permissions-Policy", []string{permissions}},
	{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
	{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
	{"Cache-Control", []string{"no-store"}},
}

// headers sets the security headers. Answers are not stored unless a handler
// says otherwise, because they hold what only their reader may see.
func (g *Guard) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for _, own := range ownHeaders {
			h[own.name] = own.value
		}
		if g.options.HTTPS || r.TLS != nil {
			h.Set("Strict-Transport-Security", twoYears)
		}
		next.ServeHTTP(w, r)
	})
}

// Download makes an answer that browsers save and never show: for files that
// people have uploaded. The name is quoted by the caller's mime.FormatMediaType.
func Download(w http.ResponseWriter, disposition string) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", disposition)
}
