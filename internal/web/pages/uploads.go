package pages

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// sending has the script show how far the files of a form have come.
func sending(ctx context.Context) templ.Attributes {
	return templ.Attributes{"data-upload": true, "data-progress": ui.T(ctx, "evidence.uploading"), "data-failed": ui.T(ctx, "evidence.upload_failed")}
}

// ofSize has the script name a file of more bytes before it is sent.
func ofSize(ctx context.Context, f ui.Field, largest int) ui.Field {
	size, words := strconv.Itoa(largest), tooLarge(ctx, largest)
	f.Attributes = map[string]any{"data-largest": size, "data-most": size, "data-too-large": words, "data-too-much": words}
	return f
}

// tooLarge says that a file has more bytes than a field takes; the name of the file
// comes after it.
func tooLarge(ctx context.Context, largest int) string {
	return ui.T(ctx, "evidence.file.too_large.short", "most", ui.Number(ctx, float64(largest)/(1<<20), 1))
}
