package programs

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
)

// stream opens the stream of events with a token and hands out what it says, an event
// with all its lines at a time.
func (w *world) stream(token, last string) (events <-chan string, status int) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.site.URL+"/api/v1/events", http.NoBody)
	check(w.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := http.DefaultClient.Do(r)
	check(w.t, err)
	out := make(chan string, 100)
	go func() {
		defer close(out)
		defer answer.Body.Close()
		var event []string
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			if lines.Text() != "" {
				event = append(event, lines.Text())
				continue
			}
			out <- strings.Join(event, "\n")
			event = nil
		}
	}()
	return out, answer.StatusCode
}

// hear waits for an event that has the texts.
func (w *world) hear(events <-chan string, texts ...string) {
	w.t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case e, open := <-events:
			if !open {
				w.t.Fatalf("the stream ended before %q", texts)
			}
			missing := false
			for _, s := range texts {
				missing = missing || !strings.Contains(e, s)
			}
			if !missing {
				return
			}
		case <-late:
			w.t.Fatalf("no event with %q", texts)
		}
	}
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
	theirs, _ := w.stream(w.stranger, "")
	events, status := w.stream(w.owner, "")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	w.hear(events, "event: unread", `"count":0`)
	w.hear(theirs, "event: unread", `"count":0`)
	if status, _, b := w.send(w.owner, "POST", "/api/v1/organisations-refresh", nil, nil); status != http.StatusAccepted {
		t.Fatalf("refresh: %d %s", status, b)
	}
	w.hear(events, "id: ", "event: job", `"state":"waiting"`)
	for range 3 {
		if _, status := w.stream(w.owner, ""); status != http.StatusOK {
			t.Fatalf("another stream: %d", status)
		}
	}
	if _, status := w.stream(w.owner, ""); status != http.StatusTooManyRequests {
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
	w.hear(theirs, "event: end")
	if _, open := <-theirs; open {
		t.Error("the stream goes on after the end of the token")
	}
}
