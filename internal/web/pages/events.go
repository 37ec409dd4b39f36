package pages

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// The stream of events of a session.
const (
	streamPace      = time.Second      // how often it looks for news
	heartbeat       = 20 * time.Second // so that nothing in between takes it for dead
	streamsEach     = 4                // of one session at a time
	overlap         = 10 * time.Second // a transaction may be committed so long after its time
	longestReplay   = 15 * time.Minute // what is older, the page shows itself
	reconnectMillis = 3000
)

// streams counts the open streams of sessions.
type streams struct {
	mu   sync.Mutex
	open map[string]int
	end  chan struct{} // closed when the server stops
	once sync.Once
}

func newStreams() *streams { return &streams{open: map[string]int{}, end: make(chan struct{})} }

func (c *streams) enter(session string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[session] >= streamsEach {
		return false
	}
	c.open[session]++
	return true
}

func (c *streams) leave(session string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[session]--; c.open[session] <= 0 {
		delete(c.open, session)
	}
}

// EndStreams ends the streams of events, so that the server can stop.
func (s *Site) EndStreams() { s.streams.once.Do(func() { close(s.streams.end) }) }

// events sends what is new to whoever is signed in, until the session ends: how far
// jobs are, new notices, the number of unread ones. Rights are checked anew for
// every look.
func (s *Site) events(w http.ResponseWriter, r *http.Request) (err error) {
	session := visitOf(r).Session.ID
	if !s.streams.enter(session) {
		return guard.Status(http.StatusTooManyRequests, "too many streams of one session")
	}
	defer s.streams.leave(session)
	r = r.WithContext(accounts.Watching(r.Context()))
	guard.Stream(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { err = s.stream(w, r) })).ServeHTTP(w, r)
	return err
}

func (s *Site) stream(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	f := &feed{w: w, control: http.NewResponseController(w), seen: map[string]string{}, since: s.clock.Now()}
	from := cmp.Or(r.Header.Get("Last-Event-ID"), r.FormValue("since")) // since is when the page was made
	if ms, err := strconv.ParseInt(from, 10, 64); err == nil {
		if last := time.UnixMilli(ms); last.Before(f.since) && f.since.Sub(last) < longestReplay {
			f.since = last
		}
	}
	if f.say("retry: " + strconv.Itoa(reconnectMillis) + "\n\n"); f.gone != nil {
		return nil //nolint:nilerr // the browser has gone
	}
	tick := time.NewTicker(streamPace)
	defer tick.Stop()
	spoken := time.Now()
	for {
		end, err := s.look(f, r)
		if err != nil || end || f.gone != nil {
			return nil //nolint:nilerr // the answer has begun; the browser asks again
		}
		switch {
		case f.spoke:
			spoken, f.spoke = time.Now(), false
		case time.Since(spoken) >= heartbeat:
			f.say(": still here\n\n")
			spoken = time.Now()
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-s.streams.end:
			return nil
		case <-tick.C:
		}
	}
}

// feed is one stream.
type feed struct {
	w       http.ResponseWriter
	control *http.ResponseController
	seen    map[string]string // what was said last, by its object
	since   time.Time
	spoke   bool
	gone    error
}

func (f *feed) say(text string) {
	if f.gone == nil {
		_, f.gone = f.w.Write([]byte(text))
	}
	if f.gone == nil {
		f.gone = f.control.Flush()
	}
}

// event sends an event unless the same was said of the object before.
func (f *feed) event(name, object string, at time.Time, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("event %s: %w", name, err)
	}
	if f.seen[object] == string(b) {
		return nil
	}
	f.seen[object], f.spoke = string(b), true
	f.say(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", at.UnixMilli(), name, b))
	return nil
}

// jobEvent is how far a job is.
type jobEvent struct {
	ID       string  `json:"id"`
	State    string  `json:"state"`
	Progress float64 `json:"progress"`
	Text     string  `json:"text"`
	Note     string  `json:"note"`
}

// noticeEvent is a new notice.
type noticeEvent struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Link string `json:"link"`
}

// look sends what is new. end says that the session has ended.
func (s *Site) look(f *feed, r *http.Request) (end bool, err error) {
	v, err := s.accounts.Look(r.Context(), tokenOf(r), device(r))
	if errors.Is(err, accounts.ErrNoSession) {
		f.say("event: end\ndata: {}\n\n")
		return true, nil
	}
	if err != nil || v.Workspace.ID == "" || v.Refused != nil {
		return false, err
	}
	now := s.clock.Now()
	unread, fresh, err := s.notices.Since(r.Context(), v.Actor, f.since.Add(-overlap))
	if err != nil {
		return false, err
	}
	for _, n := range fresh {
		if !n.ReadAt.IsZero() {
			continue
		}
		if n.CreatedAt.Before(f.since) && f.seen["begun"] == "" {
			f.seen["notice/"+n.ID] = "known" // the page has it
			continue
		}
		if f.seen["notice/"+n.ID] == "" {
			e := noticeEvent{n.ID, noticing.Say(ui.From(r.Context()).Printer, n), n.Link}
			if err := f.event("notice", "notice/"+n.ID, now, e); err != nil {
				return false, err
			}
		}
	}
	if err := f.event("unread", "unread", now, map[string]any{"count": unread, "text": ui.T(r.Context(), "noticing.unread")}); err != nil {
		return false, err
	}
	if err := s.lookAtJobs(f, r, v, now); err != nil {
		return false, err
	}
	f.seen["begun"], f.since = "yes", now
	return false, nil
}

func (s *Site) lookAtJobs(f *feed, r *http.Request, v accounts.Visit, now time.Time) error {
	list, err := s.working.Since(r.Context(), v.Actor, f.since.Add(-overlap))
	if fault.KindOf(err) == fault.Forbidden {
		return nil
	}
	if err != nil {
		return err
	}
	for _, j := range list {
		e := jobEvent{j.ID, string(j.State), j.Progress, percentText(r.Context(), j), j.Note}
		if err := f.event("job", "job/"+j.ID, now, e); err != nil {
			return err
		}
	}
	return nil
}
