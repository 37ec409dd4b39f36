package model

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // decodes the logos that organisations have
	"image/png"
)

// Logo is a picture that is safe to embed: decoded and written again as PNG, so
// that nothing but pixels is left of the original file. The zero value is no logo.
type Logo struct {
	PNG           []byte
	Width, Height int // pixels
}

// Limits of a logo file.
const (
	maxLogoBytes  = 2 << 20
	maxLogoPixels = 4 << 20
)

// ErrLogo is the kind of every refusal of a logo.
var ErrLogo = errors.New("logo cannot be used")

// Why a logo is refused, where it is more than a damaged file; each is an ErrLogo.
var (
	ErrLogoBytes  = fmt.Errorf("%w: the file is too large", ErrLogo)
	ErrLogoFormat = fmt.Errorf("%w: it is neither PNG nor JPEG", ErrLogo)
	ErrLogoPixels = fmt.Errorf("%w: the picture has too many pixels", ErrLogo)
)

// ParseLogo reads a PNG or JPEG file of at most 2 MiB and 4 megapixels. Every
// other format is refused; SVG is, because it can carry script and references.
func ParseLogo(file []byte) (Logo, error) {
	if len(file) > maxLogoBytes {
		return Logo{}, fmt.Errorf("%w: it has %d bytes; at most %d are allowed", ErrLogoBytes, len(file), maxLogoBytes)
	}
	conf, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || (format != "png" && format != "jpeg") {
		return Logo{}, ErrLogoFormat
	}
	if conf.Width < 1 || conf.Height < 1 || int64(conf.Width)*int64(conf.Height) > maxLogoPixels {
		return Logo{}, fmt.Errorf("%w: %d × %d; at most %d in all are allowed", ErrLogoPixels, conf.Width, conf.Height, maxLogoPixels)
	}
	src, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return Logo{}, fmt.Errorf("%w: %w", ErrLogo, err)
	}
	pixels := image.NewNRGBA(image.Rect(0, 0, conf.Width, conf.Height))
	draw.Draw(pixels, pixels.Bounds(), src, src.Bounds().Min, draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, pixels); err != nil {
		return Logo{}, fmt.Errorf("%w: %w", ErrLogo, err)
	}
	return Logo{PNG: out.Bytes(), Width: conf.Width, Height: conf.Height}, nil
}
