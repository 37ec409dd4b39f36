// Package live sends what is new while a page or a program listens: how far jobs are,
// new notices, the number of unread ones, as server-sent events.
package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/app/working"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

// The pace of a stream, and its limits.
const (
	pace            = time.Second      // how often it looks for news
	heartbeat       = 20 * time.Second // so that nothing in between takes it for dead
	mostEach        = 4                // of one listener at a time
	overlap         = 10 * time.Second // a transaction may be committed so long after its time
	longestReplay   = 15 * time.Minute // what is older, the listener asks for in another way
	reconnectMillis = 3000
)

// ErrTooMany is returned to a listener that has four streams open already.
var ErrTooMany = errors.New("too many streams of one listener")

// ErrEnded is what Listener.Who returns when the listener has lost the right to listen.
var ErrEnded = errors.New("the right to listen has ended")

// Streams are the open streams of a server. Make them with New.
type Streams struct {
	notices *noticing.Service
	working *working.Service
	clock   clock.Clock

	mu   sync.Mutex
	open map[string]int // by listener
	end  chan struct{}  // closed when the server stops
	once sync.Once
}

// New prepares a server's streams.
func New(notices *noticing.Service, jobs *working.Service, c clock.Clock) *Streams {
	return &Streams{notices: notices, working: jobs, clock: c, open: map[string]int{}, end: make(chan struct{})}
}

// End ends all streams, so that the server can stop.
func (s *Streams) End() { s.once.Do(func() { close(s.end) }) }

// Listener is who listens.
type Listener struct {
	Key     string // of a session or a token, for counting; it is not shown
	Since   string // milliseconds since 1970 of the event seen last; "": only what comes
	Printer *locale.Printer
	// Who reads anew, for every look, who listens and what they may see.
	Who func(r *http.Request) (accounts.Visit, error)
}

// Follow sends events until the listener goes, loses the right to listen, or the
// server stops. It returns ErrTooMany before anything is sent.
func (s *Streams) Follow(w http.ResponseWriter, r *http.Request, l Listener) error {
	if !s.enter(l.Key) {
		return ErrTooMany
	}
	defer s.leave(l.Key)
	r = r.WithContext(accounts.Watching(r.Context()))
	guard.Stream(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.send(w, r, l) })).ServeHTTP(w, r)
	return nil
}

func (s *Streams) enter(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key] >= mostEach {
		return false
	}
	s.open[key]++
	return true
}

func (s *Streams) leave(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key]--; s.open[key] <= 0 {
		delete(s.open, key)
	}
}

func (s *Streams) send(w http.ResponseWriter, r *http.Request, l Listener) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	f := &feed{w: w, control: http.NewResponseController(w), seen: map[string]string{}, since: s.clock.Now()}
	if ms, err := strconv.ParseInt(l.Since, 10, 64); err == nil {
		if last := time.UnixMilli(ms); last.Before(f.since) && f.since.Sub(last) < longestReplay {
			f.since = last
		}
	}
	f.say("retry: " + strconv.Itoa(reconnectMillis) + "\n\n")
	tick := time.NewTicker(pace)
	defer tick.Stop()
	spoken := time.Now()
	for f.gone == nil {
		if err := s.look(f, r, l); err != nil || f.gone != nil {
			return // the answer has begun; whoever listens asks again
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
			return
		case <-s.end:
			return
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
	Progress float64 `json:"progress"` // 0 to 1
	Text     string  `json:"text"`
	Note     string  `json:"note"`
}

// noticeEvent is a new notice.
type noticeEvent struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Link string `json:"link"`
}

// unreadEvent is how many notices nobody has read.
type unreadEvent struct {
	Count int    `json:"count"`
	Text  string `json:"text"`
}

// look sends what is new.
func (s *Streams) look(f *feed, r *http.Request, l Listener) error {
	v, err := l.Who(r)
	if errors.Is(err, ErrEnded) {
		f.say("event: end\ndata: {}\n\n")
		return err
	}
	if err != nil || v.Workspace.ID == "" || v.Refused != nil {
		return err
	}
	now := s.clock.Now()
	unread, fresh, err := s.notices.Since(r.Context(), v.Actor, f.since.Add(-overlap))
	if err != nil {
		return err
	}
	for _, n := range fresh {
		if !n.ReadAt.IsZero() {
			continue
		}
		if n.CreatedAt.Before(f.since) && f.seen["begun"] == "" {
			f.seen["notice/"+n.ID] = "known" // the listener has it
			continue
		}
		if f.seen["notice/"+n.ID] == "" {
			if err := f.event("notice", "notice/"+n.ID, now, noticeEvent{n.ID, noticing.Say(l.Printer, n), n.Link}); err != nil {
				return err
			}
		}
	}
	if err := f.event("unread", "unread", now, unreadEvent{unread, l.Printer.T("noticing.unread")}); err != nil {
		return err
	}
	if err := s.lookAtJobs(f, r, v, l.Printer, now); err != nil {
		return err
	}
	f.seen["begun"], f.since = "yes", now
	return nil
}

func (s *Streams) lookAtJobs(f *feed, r *http.Request, v accounts.Visit, p *locale.Printer, now time.Time) error {
	list, err := s.working.Since(r.Context(), v.Actor, f.since.Add(-overlap))
	if fault.KindOf(err) == fault.Forbidden {
		return nil
	}
	if err != nil {
		return err
	}
	for _, j := range list {
		if err := f.event("job", "job/"+j.ID, now, jobEvent{j.ID, string(j.State), j.Progress, p.Number(j.Progress*100, 0) + " %", j.Note}); err != nil {
			return err
		}
	}
	return nil
}
