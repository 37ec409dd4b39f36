package platform

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// Listen opens a stream of server-sent events and hands out what it says, an event
// with all its lines at a time. The channel is closed when the stream ends.
func Listen(t *testing.T, client *http.Client, address string, header map[string]string) (events <-chan string, stop func(), status int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
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
	return out, cancel, answer.StatusCode
}

// Hear waits for an event that has the texts.
func Hear(t *testing.T, events <-chan string, texts ...string) string {
	t.Helper()
	return HearAll(t, events, texts)[0]
}

// HearAll waits for several events, each with its texts, and returns them. What happens
// at once is said in no certain order: a stream looks at one thing after the other.
func HearAll(t *testing.T, events <-chan string, wanted ...[]string) (heard []string) {
	t.Helper()
	heard = make([]string, len(wanted))
	late := time.After(3 * time.Minute)
	for slices.Contains(heard, "") {
		select {
		case e, open := <-events:
			if !open {
				t.Fatalf("the stream ended before %q; heard %q", wanted, heard)
			}
			for i, texts := range wanted {
				other := func(s string) bool { return !strings.Contains(e, s) }
				if heard[i] == "" && !slices.ContainsFunc(texts, other) {
					heard[i] = e
				}
			}
		case <-late:
			t.Fatalf("no events with %q; heard %q", wanted, heard)
		}
	}
	return heard
}
