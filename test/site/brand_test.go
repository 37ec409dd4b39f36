package site

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/test/browser"
)

// postFile sends a form with one file.
func (v visitor) postFile(path, field, name string, content []byte) (status int, page string) {
	v.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile(field, name)
	if err != nil {
		v.t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		v.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		v.t.Fatal(err)
	}
	r, err := v.http.Post(v.site+path, form.FormDataContentType(), &b)
	if err != nil {
		v.t.Fatal(err)
	}
	return body(v.t, r)
}

// logoOf is a picture of a colour.
func logoOf(t *testing.T, c color.Color) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 120, 40))
	for i := range 120 * 40 {
		m.Set(i%120, i/120, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBrand: a client has a colour and a logo of its own, on its pages and on its
// reports; the workspace's are on the others. What is no picture is refused, and a
// pale colour leaves everything readable.
func TestBrand(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	other := v.add("food-manufacturer.yaml")
	if status, _ := v.postFile("/settings/logo", "logo", "workspace.png", logoOf(t, color.RGBA{200, 30, 30, 255})); status != http.StatusOK {
		t.Fatalf("the logo of the workspace: %d", status)
	}
	_, page := v.get(organisation + "/manage")
	version := regexp.MustCompile(`action="[^"]*/brand".*?name="version" value="([0-9]+)"`).FindStringSubmatch(page)
	if version == nil {
		t.Fatal("no form for the looks")
	}
	for _, wrong := range []string{"yellow", "#12345", "#1d5b79;}"} {
		if status, _, _ := v.post(organisation+"/brand", url.Values{"version": {version[1]}, "colour": {wrong}}); status != http.StatusUnprocessableEntity {
			t.Errorf("the colour %q: %d", wrong, status)
		}
	}
	if status, _, _ := v.post(organisation+"/brand", url.Values{"version": {version[1]}, "colour": {"#FFDD00"}, "prepared_by": {"Huber & Töchter"}}); status != http.StatusOK {
		t.Fatalf("the looks: %d", status)
	}
	if status, _ := v.postFile(organisation+"/logo", "logo", "own.png", append(logoOf(t, color.RGBA{255, 221, 0, 255}), "<script>alert(1)</script>"...)); status != http.StatusOK {
		t.Fatalf("the logo: %d", status)
	}
	_, page = v.get(organisation)
	own := regexp.MustCompile(`src="(` + organisation + `/logo\?[0-9a-f]{8})"`).FindStringSubmatch(page)
	if own == nil || !strings.Contains(page, "brand/ffdd00.css") || !strings.Contains(page, `src="/logo?`) {
		t.Fatalf("the page of the client:\n%.2500s", page)
	}
	if _, picture := v.get(own[1]); !strings.HasPrefix(picture, "\x89PNG") || strings.Contains(picture, "script") {
		t.Errorf("the logo: %.40q", picture)
	}
	if _, page := v.get(other); strings.Contains(page, "ffdd00") || strings.Contains(page, own[1]) || !strings.Contains(page, `src="/logo?`) {
		t.Error("another client has the looks of the first, or not those of the workspace")
	}
	_, report := v.get(organisation + "/report.html")
	if !strings.Contains(report, "data:image/png;base64,") || !strings.Contains(report, "Huber &amp; Töchter") {
		t.Error("the report has no logo, or not its maker")
	}
	_, plain := v.get(other + "/report.html")
	if !strings.Contains(plain, "data:image/png;base64,") {
		t.Error("the report of another client has not the logo of the workspace")
	}
	if _, file := v.get(organisation + "/report.pdf"); !strings.Contains(file, "/Subtype /Image") {
		t.Error("the PDF has no logo")
	}
	v.refusedLogos(organisation, own[1])
	v.lookAt(organisation)
	if _, page, at := v.post(organisation+"/logo/remove", nil); at != organisation+"/manage" || strings.Contains(page, own[1]) || strings.Contains(page, "/logo/remove") {
		t.Errorf("removing the logo leads to %s, or it is still there", at)
	}
	if _, page, _ := v.post("/settings/logo/remove", nil); strings.Contains(page, `src="/logo?`) {
		t.Error("the logo of the workspace is still there")
	}
}

// refusedLogos: what is no picture, or too much of one, is refused with its reason, and
// the logo that was there stays; so does sending the form without a file.
func (v visitor) refusedLogos(organisation, own string) {
	v.t.Helper()
	grey := func(side int) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
			v.t.Fatal(err)
		}
		return b.Bytes()
	}
	bomb := grey(8) // says that it has 50,000 × 50,000 pixels
	binary.BigEndian.PutUint32(bomb[16:], 50_000)
	binary.BigEndian.PutUint32(bomb[20:], 50_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	damaged := grey(64)
	for name, tc := range map[string]struct {
		file []byte
		says string
	}{
		"script.svg":  {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "not a PNG or JPEG"},
		"page.png":    {[]byte("<script>alert(1)</script>"), "not a PNG or JPEG"},
		"a.gif":       {[]byte("GIF89a"), "not a PNG or JPEG"},
		"wide.png":    {grey(2100), "too many pixels"},
		"bomb.png":    {bomb, "too many pixels"},
		"damaged.png": {damaged[:len(damaged)-20], "damaged"},
		"large.png":   {make([]byte, 5<<20), "too large"},
		"empty.png":   {nil, "no picture was chosen"},
	} {
		for _, action := range []string{"/settings/logo", organisation + "/logo"} {
			status, page := v.postFile(action, "logo", name, tc.file)
			if status != http.StatusUnprocessableEntity || !strings.Contains(strings.ToLower(page), strings.ToLower(tc.says)) {
				v.t.Errorf("%s to %s: %d, without %q", name, action, status, tc.says)
			}
		}
	}
	if status, page, _ := v.post(organisation+"/logo", nil); status != http.StatusUnprocessableEntity || !strings.Contains(page, own) {
		v.t.Errorf("the form without a file: %d", status)
	}
}

// lookAt checks the branded pages in a browser, light and dark.
func (v visitor) lookAt(organisation string) {
	b := browser.Start(v.t)
	signIn(b, names(v.site), "anna@example.org")
	for i, path := range []string{organisation, organisation + "/manage"} {
		for width, dark := range map[int]bool{1280: false, 360: true} {
			b.Open(names(v.site)+path, width, dark)
			if n := b.Narrow(); n > 0 {
				v.t.Errorf("%s at %d: %d px wider than the window", path, width, n)
			}
			for _, found := range b.Axe() {
				v.t.Errorf("%s at %d: %s", path, width, found)
			}
			if folder := os.Getenv("SCREENSHOTS"); folder != "" {
				b.Picture(filepath.Join(folder, "brand-"+strconv.Itoa(i)+"-"+strconv.Itoa(width)+".png"))
			}
		}
	}
}
