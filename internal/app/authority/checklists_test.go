package authority_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	app "github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/checklist"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// TestChecklists: what is said of a point stays with who said it, two officers do not
// overwrite each other, and other workspaces and lower roles get nothing.
func TestChecklists(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
		must(t, err)
		lists, err := checklist.Load(content.FS)
		must(t, err)
		s := app.New(b.Store, box, app.Options{Checklists: lists})
		o, other, firm := open(t, b, s, tenant.Authority), open(t, b, s, tenant.Authority), open(t, b, s, tenant.Provider)
		ctx, olga := t.Context(), o.officer(authz.Editor)
		met := checklist.Mark{Status: checklist.Met, Note: " Adopted in May. ", Evidence: []string{"https://example.org/strategy", ""}, Owner: "Ministry"}
		must(t, s.MarkItem(ctx, olga, "national-strategy", "objectives", met, 0))
		l, err := s.Checklist(ctx, o.officer(authz.Auditor), "national-strategy")
		must(t, err)
		m := l.Mark("objectives")
		if m.Note != "Adopted in May." || len(m.Evidence) != 1 || m.By != "Olga" || !m.At.Equal(b.Clock.Now()) || l.Count(checklist.Met) != 1 || l.Mark("roles").Status != checklist.Open {
			t.Errorf("kept: %+v", m)
		}
		if head, rows := l.Lines("de"); len(rows) != len(l.Items()) || rows[1][5] != "met" || len(rows[1]) != len(head) || !strings.Contains(rows[1][4], "Ziele") {
			t.Errorf("as a table: %v", rows[1])
		}
		for name, tc := range map[string]struct {
			err  error
			want fault.Kind
		}{
			"an old version":      {s.MarkItem(ctx, olga, "national-strategy", "objectives", met, 0), fault.Conflict},
			"aside without a why": {s.MarkItem(ctx, olga, "national-strategy", "roles", checklist.Mark{Status: checklist.Aside}, 0), fault.Invalid},
			"no such point":       {s.MarkItem(ctx, olga, "national-strategy", "nothing", met, 0), fault.NotFound},
			"no such list":        {s.MarkItem(ctx, olga, "nothing", "roles", met, 0), fault.NotFound},
			"an auditor":          {s.MarkItem(ctx, o.officer(authz.Auditor), "peer-review", "csirts", met, 0), fault.Forbidden},
			"no authority":        {s.MarkItem(ctx, firm.officer(authz.Owner), "peer-review", "csirts", met, 0), fault.NotFound},
		} {
			if fault.KindOf(tc.err) != tc.want {
				t.Errorf("%s: %v", name, tc.err)
			}
		}
		must(t, s.MarkItem(ctx, olga, "national-strategy", "objectives", checklist.Mark{Status: checklist.Partly}, m.Version))
		theirs, err := s.Checklists(ctx, other.officer(authz.Owner))
		must(t, err)
		for _, l := range theirs {
			if len(l.Marks) != 0 {
				t.Errorf("another authority sees %v", l.Marks)
			}
		}
		if _, err := s.Checklists(ctx, firm.officer(authz.Owner)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a workspace that is no authority's: %v", err)
		}
	})
}
