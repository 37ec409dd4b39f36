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
// picture is kept, and returns its SHA-256. Every other file, and an empty one, is
// Invalid.
func KeepLogo(files *blob.Dir, file []byte) (string, error) {
	if len(file) == 0 {
		return "", noLogo(nil, "no picture was chosen", "a PNG or JPEG file")
	}
	if files == nil {
		return "", &fault.Error{Kind: fault.Internal, What: "this server keeps no files"}
	}
	logo, err := model.ParseLogo(file)
	if err != nil {
		return "", refused(err)
	}
	kept, err := files.Put(bytes.NewReader(logo.PNG), 16*MostLogo) // a re-encoded JPEG may grow
	if err != nil {
		return "", fmt.Errorf("keep the logo: %w", err)
	}
	return kept.SHA256, nil
}

// refused says why a file is no logo.
func refused(why error) error {
	switch {
	case errors.Is(why, model.ErrLogoBytes):
		return noLogo(why, "the file is too large", "a PNG or JPEG of at most 2 MB")
	case errors.Is(why, model.ErrLogoFormat):
		return noLogo(why, "the file is not a PNG or JPEG", "a PNG or JPEG; other pictures, such as SVG, can be exported as PNG")
	case errors.Is(why, model.ErrLogoPixels):
		return noLogo(why, "the picture has too many pixels", "at most 4 megapixels, such as 2,000 × 2,000")
	}
	return noLogo(why, "the picture is damaged", "a PNG or JPEG that other programs can open")
}

func noLogo(why error, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: "logo", What: what, Expected: expected, Cause: why}
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
