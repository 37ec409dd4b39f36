package programs

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// stream listens with a token.
func (w *world) stream(token string) (events <-chan string, status int) {
	w.t.Helper()
	events, _, status = platform.Listen(w.t, http.DefaultClient, w.site.URL+"/api/v1/events", map[string]string{"Authorization": "Bearer " + token})
	return events, status
}

// TestListen follows a job through the stream of events. Another workspace hears
// nothing of it, a fifth stream of a token is refused, and the stream ends with the
// token.
func TestListen(t *testing.T) {
	still := clock.At(time.Now())
	w := startAt(t, still)
	if status, _, _ := w.send("", "GET", "/api/v1/events", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("nobody: %d", status)
	}
	theirs, _ := w.stream(w.stranger)
	events, status := w.stream(w.owner)
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	platform.Hear(t, events, "event: unread", `"count":0`)
	platform.Hear(t, theirs, "event: unread", `"count":0`)
	if status, _, b := w.send(w.owner, "POST", "/api/v1/organisations-refresh", nil, nil); status != http.StatusAccepted {
		t.Fatalf("refresh: %d %s", status, b)
	}
	platform.Hear(t, events, "id: ", "event: job", `"state":"waiting"`)
	for range 3 {
		if _, status := w.stream(w.owner); status != http.StatusOK {
			t.Fatalf("another stream: %d", status)
		}
	}
	if _, status := w.stream(w.owner); status != http.StatusTooManyRequests {
		t.Errorf("the fifth stream of a token: %d", status)
	}
	for begun := time.Now(); time.Since(begun) < 2*time.Second; { // two looks
		select {
		case e := <-theirs:
			if strings.Contains(e, "event: job") || strings.Contains(e, "event: notice") {
				t.Errorf("another workspace hears %s", e)
			}
		case <-time.After(100 * time.Millisecond):
		}
	}
	still.Move(2 * time.Hour) // the tokens last for one
	platform.Hear(t, theirs, "event: end")
	if _, open := <-theirs; open {
		t.Error("the stream goes on after the end of the token")
	}
}
