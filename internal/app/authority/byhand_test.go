package authority_test

import (
	"testing"

	app "github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// TestTakeInLooks: a report that an officer takes in by hand is looked at. One that is
// harmful or that cannot be judged is refused and opens no case.
func TestTakeInLooks(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	s, _ := keeping(t, b)
	o := open(t, b, s, tenant.Authority)
	ctx, olga := t.Context(), o.officer(authz.Editor)
	paper := func(content string) app.Paper {
		return app.Paper{Content: []byte("%PDF-1.7 " + content), Reference: "7", Regime: clocks.NIS2, Stage: clocks.EarlyWarning}
	}
	for _, content := range []string{"EICAR", "riddle"} {
		if _, err := o.TakeIn(ctx, olga, o.organisation, paper(content)); err == nil || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", content, err)
		}
	}
	e, err := o.Entity(ctx, olga, o.organisation)
	must(t, err)
	if len(e.Cases) != 0 {
		t.Errorf("%d cases of reports that were refused", len(e.Cases))
	}
	c, err := o.TakeIn(ctx, olga, o.organisation, paper("a report"))
	must(t, err)
	if e, err = o.Entity(ctx, olga, o.organisation); err != nil || len(e.Cases) != 1 || c.ID == "" {
		t.Errorf("%d cases after a clean one: %v", len(e.Cases), err)
	}
}
