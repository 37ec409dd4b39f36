package guard_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

// TestStreamOutlivesTimeouts keeps sending for longer than the server lets others
// read and write.
func TestStreamOutlivesTimeouts(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(guard.New(guard.Options{}).Wrap(guard.Stream(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 8 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			if err := http.NewResponseController(w).Flush(); err != nil || r.Context().Err() != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}))))
	server.Config.ReadTimeout, server.Config.WriteTimeout = 5*time.Second, 5*time.Second
	server.Start()
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	n := 0
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if lines.Text() != "" {
			n++
		}
	}
	if n != 8 {
		t.Errorf("%d of 8 events arrived", n)
	}
}
