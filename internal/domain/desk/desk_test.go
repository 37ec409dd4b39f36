package desk_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/internal/domain/desk"
)

func TestKindOf(t *testing.T) {
	for key, want := range map[string]desk.Kind{
		"reminder.task.soon": desk.Tasks, "reminder.deadline.late": desk.Deadlines, "account.notice.new_device": desk.Security,
		"job.import.done": desk.Jobs, "workbench.notice.assigned": desk.Mentions, "incident.alarm": desk.Incidents, "": desk.Others, "x.task": desk.Others,
	} {
		if got := desk.KindOf(key); got != want {
			t.Errorf("%q is of kind %q, wanted %q", key, got, want)
		}
	}
}

func TestUsual(t *testing.T) {
	for _, tc := range []struct {
		kind   desk.Kind
		digest string
		want   desk.Delivery
	}{
		{desk.Deadlines, "", desk.AtOnce}, {desk.Tasks, "", desk.Daily}, {desk.Tasks, "weekly", desk.Weekly},
		{desk.Deadlines, "weekly", desk.AtOnce}, {desk.Jobs, "daily", desk.InboxOnly}, {desk.Deadlines, desk.DigestsOff, desk.InboxOnly},
	} {
		if got := desk.Usual(tc.kind, tc.digest); got != tc.want {
			t.Errorf("%s with digest %q: %s, wanted %s", tc.kind, tc.digest, got, tc.want)
		}
	}
}
