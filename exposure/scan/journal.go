package scan

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Head is the first line of a journal: which scan it belongs to.
type Head struct {
	Journal   int    `json:"journal"` // version of the format
	Permit    string `json:"authorisation"`
	Catalogue string `json:"catalogue"`
	Request   string `json:"request"` // hash of what was asked for
}

const journalVersion = 1

// line is one finished piece of work.
type line struct {
	Key      string             `json:"key"`
	Findings []exposure.Finding `json:"findings"`
	Found    []exposure.Target  `json:"found,omitempty"`
}

// ErrOtherScan says that a journal belongs to another scan.
var ErrOtherScan = errors.New("the journal belongs to another scan")

// ErrNoJournal says that a place cannot hold a journal, such as a device.
var ErrNoJournal = errors.New("a journal is a file")

// Journal is a file of JSON lines, one for each finished piece of work. A line that
// was being written when the program ended is dropped; its work is done again. It is
// safe for concurrent use by one process.
type Journal struct {
	mu     sync.Mutex
	f      *os.File
	at     map[string]span
	size   int64
	dirty  bool
	failed error
	stop   chan struct{}
	synced sync.WaitGroup
}

type span struct{ from, length int64 }

// OpenJournal opens the journal of a scan, or begins one. The error is ErrOtherScan
// when the file is the journal of another scan.
func OpenJournal(path string, head Head) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	// A device may go on without an end.
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, cmp.Or(err, fmt.Errorf("%s: %w", path, ErrNoJournal))
	}
	head.Journal = journalVersion
	j := &Journal{f: f, at: map[string]span{}, stop: make(chan struct{})}
	if err := j.read(head); err != nil {
		f.Close()
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	j.synced.Go(j.sync)
	return j, nil
}

// read indexes what is there and cuts off a torn end.
func (j *Journal) read(head Head) error {
	first := true
	end, err := eachLine(j.f, func(b []byte, from int64) error {
		if first {
			first = false
			var have Head
			if err := json.Unmarshal(b, &have); err != nil || have != head {
				return ErrOtherScan
			}
			return nil
		}
		var l struct{ Key string }
		if err := json.Unmarshal(b, &l); err != nil {
			return fmt.Errorf("byte %d: %w", from, err)
		}
		j.at[l.Key] = span{from, int64(len(b))}
		return nil
	})
	if err != nil {
		return err
	}
	if err := j.f.Truncate(end); err != nil {
		return fmt.Errorf("cut off a torn line: %w", err)
	}
	j.size = end
	if first {
		return j.write(head)
	}
	return nil
}

// eachLine calls do for every whole line and says where the last one ended.
func eachLine(r io.Reader, do func(b []byte, from int64) error) (end int64, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		b, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil {
			return end, fmt.Errorf("read the journal: %w", err)
		}
		if err := do(bytes.TrimSuffix(b, []byte("\n")), end); err != nil {
			return end, err
		}
		end += int64(len(b))
	}
}

// write appends one line; j.mu is held, or nobody else knows j.
func (j *Journal) write(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if _, err := j.f.WriteAt(append(b, '\n'), j.size); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	j.size += int64(len(b)) + 1
	j.dirty = true
	return nil
}

// syncEvery is how much work a power cut may cost. A program that is killed loses
// nothing: what it wrote is with the system.
const syncEvery = 200 * time.Millisecond

func (j *Journal) sync() {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-j.stop:
			return
		case <-tick.C:
		}
		j.mu.Lock()
		dirty := j.dirty
		j.dirty = false
		j.mu.Unlock()
		if dirty {
			if err := j.f.Sync(); err != nil {
				j.mu.Lock()
				j.failed = fmt.Errorf("write the journal: %w", err)
				j.mu.Unlock()
			}
		}
	}
}

// Finished implements exposure.Journal.
func (j *Journal) Finished(key string) ([]exposure.Finding, []exposure.Target, bool) {
	j.mu.Lock()
	at, ok := j.at[key]
	j.mu.Unlock()
	if !ok {
		return nil, nil, false
	}
	b := make([]byte, at.length)
	var l line
	if _, err := j.f.ReadAt(b, at.from); err != nil || json.Unmarshal(b, &l) != nil {
		return nil, nil, false // it is looked at once more
	}
	return l.Findings, l.Found, true
}

// Finish implements exposure.Journal.
func (j *Journal) Finish(key string, f []exposure.Finding, found []exposure.Target) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil {
		return j.failed
	}
	from := j.size
	if err := j.write(line{key, f, found}); err != nil {
		return err
	}
	j.at[key] = span{from, j.size - from - 1}
	return nil
}

// Len is how many pieces of work are finished.
func (j *Journal) Len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.at)
}

// Close brings everything to the disk and closes the file.
func (j *Journal) Close() error {
	close(j.stop)
	j.synced.Wait()
	return errors.Join(j.failed, j.f.Sync(), j.f.Close())
}

// ReadJournal reads the findings of a journal, as of an earlier scan.
func ReadJournal(path string) (Head, []exposure.Finding, error) {
	var out []exposure.Finding
	head, err := eachOfJournal(path, func(list []exposure.Finding) error {
		out = append(out, list...)
		return nil
	})
	if err != nil {
		return head, nil, err
	}
	shareKeys(out, out)
	return head, out, nil
}

// eachOfJournal hands out the findings of a journal, piece of work by piece of work.
func eachOfJournal(path string, hand func([]exposure.Finding) error) (Head, error) {
	f, err := os.Open(path)
	if err != nil {
		return Head{}, fmt.Errorf("read the journal: %w", err)
	}
	defer f.Close()
	var head Head
	_, err = eachLine(f, func(b []byte, from int64) error {
		if from == 0 {
			if err := json.Unmarshal(b, &head); err != nil || head.Journal != journalVersion {
				return errors.New("it is no journal of a scan")
			}
			return nil
		}
		var l line
		if err := json.Unmarshal(b, &l); err != nil {
			return fmt.Errorf("byte %d: %w", from, err)
		}
		return hand(l.Findings)
	})
	if err == nil && head.Journal == 0 {
		err = errors.New("it is no journal of a scan")
	}
	if err != nil {
		return Head{}, fmt.Errorf("journal %s: %w", path, err)
	}
	return head, nil
}

// SpoolJournal is ReadJournal with the findings on the disk.
func SpoolJournal(path string) (*Spool, error) {
	s, err := NewSpool()
	if err != nil {
		return nil, err
	}
	add := func(list []exposure.Finding) error {
		for _, f := range list {
			if err := s.Add(f); err != nil {
				return err
			}
		}
		return nil
	}
	var keys []exposure.Finding // what is compared with one another
	_, err = eachOfJournal(path, func(list []exposure.Finding) error {
		var rest []exposure.Finding
		for _, f := range list {
			if len(f.Keys) > 0 {
				keys = append(keys, f)
			} else {
				rest = append(rest, f)
			}
		}
		return add(rest)
	})
	if err == nil {
		shareKeys(keys, keys)
		err = add(keys)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}
