package clients

import (
	"reflect"
	"slices"
	"sync"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// mostWhole is how many whole assessments are kept; each takes some hundred
// kilobytes.
const mostWhole = 32

// whole keeps the newest assessments, so that several pages of one organisation
// cost one. What it hands out is shared and must not be changed.
type whole struct {
	mu   sync.Mutex
	kept map[string]keptWhole // by organisation
}

type keptWhole struct {
	file *organisation.File
	day  law.Date
	in   assessing.Input
}

func newWhole() *whole { return &whole{kept: map[string]keptWhole{}} }

// assess is the whole assessment of a file as of the day. The file must not be
// changed afterwards.
func (s *Service) assess(id string, f *organisation.File, day law.Date) (assessing.Input, error) {
	c := s.whole
	c.mu.Lock()
	k, ok := c.kept[id]
	c.mu.Unlock()
	if ok && k.day == day && reflect.DeepEqual(k.file, f) {
		return k.in, nil
	}
	in, err := assessing.Assess(s.knowledge, f, assessing.Options{Today: day})
	if err != nil {
		return in, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	makeRoom(c.kept, mostWhole)
	c.kept[id] = keptWhole{f, day, in}
	s.scores.keep(id, f, day, overallOf(in.Posture))
	return in, nil
}

// fetched keeps what is stored of organisations with the number of the ledger entry
// that it was read after: as long as the ledger says nothing new of an
// organisation, also through another server, nothing is read again.
type fetched struct {
	mu   sync.Mutex
	kept map[string]keptClient // by organisation
}

type keptClient struct {
	revision int64
	client   Client
}

func newFetched() *fetched { return &fetched{kept: map[string]keptClient{}} }

// fetchKept is fetch for transactions that only read. What it returns is shared.
func (s *Service) fetchKept(tx *store.Tx, organisation string) (Client, error) {
	revision, err := tx.Revision(organisation)
	if err != nil {
		return Client{}, err
	}
	c := s.fetched
	c.mu.Lock()
	k, ok := c.kept[organisation]
	c.mu.Unlock()
	if !ok || k.revision != revision || revision < 0 {
		if k.client, err = s.fetch(tx, organisation); err != nil {
			return Client{}, err
		}
		c.mu.Lock()
		makeRoom(c.kept, mostWhole)
		c.kept[organisation] = keptClient{revision, k.client}
		c.mu.Unlock()
	}
	k.client.Revision = Seen(revision)
	return k.client, nil
}

// copied is the client with a file and lists of the caller's own, which may be
// changed, sorted and cut.
func (c Client) copied() Client {
	c.File = c.File.Clone()
	c.Tasks, c.Determinations, c.Answers = slices.Clone(c.Tasks), slices.Clone(c.Determinations), slices.Clone(c.Answers)
	c.Evidence, c.Exceptions, c.Files = slices.Clone(c.Evidence), slices.Clone(c.Exceptions), slices.Clone(c.Files)
	c.Registrations = slices.Clone(c.Registrations)
	return c
}

// scores keeps the newest overall score of organisations with the file that it was
// computed from: what an answer changes is compared with the score before.
type scores struct {
	mu   sync.Mutex
	kept map[string]keptScore // by organisation
}

type keptScore struct {
	file  *organisation.File
	day   law.Date
	score posture.Score
}

func newScores() *scores { return &scores{kept: map[string]keptScore{}} }

func (c *scores) keep(id string, f *organisation.File, day law.Date, score posture.Score) {
	c.mu.Lock()
	defer c.mu.Unlock()
	makeRoom(c.kept, mostFacts)
	c.kept[id] = keptScore{f, day, score}
}

// overallBefore is the overall score of a file, kept or computed.
func (s *Service) overallBefore(id string, f *organisation.File, day law.Date) (posture.Score, error) {
	c := s.scores
	c.mu.Lock()
	k, ok := c.kept[id]
	c.mu.Unlock()
	if ok && k.day == day && reflect.DeepEqual(k.file, f) {
		return k.score, nil
	}
	in, err := s.verdicts(f, day)
	return overallOf(in.Posture), err
}
