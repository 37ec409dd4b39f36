package ui_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// TestPartsAreKeptByTheirKey: a part is built once for each key, language and time
// zone, and the many that are too much make room.
func TestPartsAreKeptByTheirKey(t *testing.T) {
	parts, builds := ui.NewParts(), map[string]int{}
	say := func(ctx context.Context, text string, key ...string) string {
		t.Helper()
		var b strings.Builder
		err := parts.Keep(func() templ.Component {
			return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
				builds[text]++
				_, err := io.WriteString(w, text)
				return err
			})
		}, key...).Render(ctx, &b)
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	vienna := ui.With(t.Context(), ui.View{Zone: time.FixedZone("Vienna", 3600)})
	for range 3 {
		for _, x := range []struct {
			ctx  context.Context
			text string
			key  []string
		}{
			{t.Context(), "one", []string{"a", "b"}}, {t.Context(), "two", []string{"ab"}}, {t.Context(), "three", []string{`a", "b`}}, {vienna, "four", []string{"a", "b"}},
		} {
			if got := say(x.ctx, x.text, x.key...); got != x.text {
				t.Errorf("%q gives %s, not %s", x.key, got, x.text)
			}
		}
	}
	if len(builds) != 4 || builds["one"]+builds["two"]+builds["three"]+builds["four"] != 4 {
		t.Errorf("built %v", builds)
	}
	large := strings.Repeat("x", 200_000)
	for i := range 30 {
		if say(t.Context(), large, fmt.Sprint(i)) != large {
			t.Fatal("another text")
		}
	}
	if say(t.Context(), "one", "a", "b") != "one" {
		t.Error("another text")
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 50 {
				var b strings.Builder
				text := fmt.Sprint("part ", i%7)
				c := parts.Keep(func() templ.Component { return templ.Raw(text) }, text)
				if err := c.Render(context.Background(), &b); err != nil || b.String() != text {
					t.Errorf("%s, %v", b.String(), err)
				}
			}
		})
	}
	group.Wait()
}
