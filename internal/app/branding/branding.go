// Package branding is the looks of workspaces and organisations: a colour that stays
// readable, and a logo that is a picture and nothing else.
package branding

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// MostLogo is the largest file of a logo in bytes.
const MostLogo = 2 << 20

// Colour is a colour as it is kept, "#rrggbb" in small letters, or "". Anything else
// is Invalid.
func Colour(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return "", nil
	}
	if _, err := chart.ParseColour(text); err != nil || len(text) != len("#rrggbb") {
		return "", &fault.Error{Kind: fault.Invalid, Field: "colour", What: "this is not a colour", Expected: "six digits such as #1d5b79"}
	}
	return text, nil
}

// ReadableColour is the colour in which text is written on white with the brand
// colour: the colour itself where its contrast is enough (WCAG 2.2, 4.5 : 1), else
// a darker one. ratio is the contrast of the brand colour.
func ReadableColour(brand string) (shown string, ratio float64) {
	c := chart.Accented(brand)
	white, err := chart.ParseColour("#ffffff")
	if err != nil {
		return c.Hex(), 0
	}
	for _, k := range chart.Inks() {
		if k.Name == "accent" {
			return chart.Light(c)[k.Ink].Hex(), chart.Contrast(c, white)
		}
	}
	return c.Hex(), chart.Contrast(c, white)
}

// KeepLogo stores a PNG or JPEG, decoded and written again so that nothing but the
// picture is kept, and returns its SHA-256; "" for an empty file.
func KeepLogo(files *blob.Dir, file []byte) (string, error) {
	if len(file) == 0 {
		return "", nil
	}
	if files == nil {
		return "", &fault.Error{Kind: fault.Internal, What: "this server keeps no files"}
	}
	logo, err := model.ParseLogo(file)
	if err != nil {
		return "", &fault.Error{Kind: fault.Invalid, Field: "logo", What: "the picture cannot be used", Expected: "a PNG or JPEG of at most 2 MB and 4 megapixels", Cause: err}
	}
	kept, err := files.Put(bytes.NewReader(logo.PNG), 16*MostLogo) // a re-encoded JPEG may grow
	if err != nil {
		return "", fmt.Errorf("keep the logo: %w", err)
	}
	return kept.SHA256, nil
}

// Logo is a logo that was kept, as PNG; NotFound when there is none.
func Logo(files *blob.Dir, hash string) (png []byte, err error) {
	if hash == "" || files == nil {
		return nil, &fault.Error{Kind: fault.NotFound, What: "there is no logo"}
	}
	f, err := files.Open(hash)
	if err != nil {
		return nil, fmt.Errorf("open the logo: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(f)
}
