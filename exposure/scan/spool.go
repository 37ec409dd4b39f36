package scan

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Spool keeps findings in a file. The file has no name and ends with the program. It is
// not safe for concurrent use.
type Spool struct {
	f      *os.File
	size   int64
	marks  []mark
	sorted bool
	words  map[string]string // each text is held once
	at     map[string][]int  // by declared target, once they are sorted
}

// mark is where a finding stands, with what its place in the order depends on.
type mark struct {
	span
	outcome, severity int8
	check             string
	place             string
	declared          string
}

// NewSpool makes an empty one in the folder for temporary files.
func NewSpool() (*Spool, error) {
	f, err := os.CreateTemp("", "nisaba-scan-")
	if err != nil {
		return nil, fmt.Errorf("make a file for findings: %w", err)
	}
	// Where an open file cannot be removed, Close does it.
	_ = os.Remove(f.Name())
	return &Spool{f: f, words: map[string]string{}}, nil
}

// Add keeps a finding.
func (s *Spool) Add(f exposure.Finding) error {
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("keep a finding: %w", err)
	}
	if _, err := s.f.WriteAt(b, s.size); err != nil {
		return fmt.Errorf("keep a finding: %w", err)
	}
	outcome, severity := rank(f)
	s.marks = append(s.marks, mark{span{s.size, int64(len(b))}, outcome, severity, s.once(f.Check), s.once(f.Target.String()), s.once(f.Target.Declared)})
	s.size += int64(len(b))
	s.sorted = false
	return nil
}

// once is the same text for the same words.
func (s *Spool) once(text string) string {
	if _, ok := s.words[text]; !ok {
		s.words[text] = text
	}
	return s.words[text]
}

// Len is how many findings there are.
func (s *Spool) Len() int { return len(s.marks) }

// order sorts the marks as Worst sorts findings.
func (s *Spool) order() []mark {
	if !s.sorted {
		slices.SortStableFunc(s.marks, func(x, y mark) int {
			return cmp.Or(cmp.Compare(x.outcome, y.outcome), cmp.Compare(x.severity, y.severity), cmp.Compare(x.check, y.check), cmp.Compare(x.place, y.place))
		})
		s.sorted, s.at = true, map[string][]int{}
		for i, m := range s.marks {
			s.at[m.declared] = append(s.at[m.declared], i)
		}
	}
	return s.marks
}

// Worst implements Findings.
func (s *Spool) Worst() iter.Seq2[exposure.Finding, error] {
	return func(yield func(exposure.Finding, error) bool) {
		for _, m := range s.order() {
			f, err := s.read(m)
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// Of implements Findings.
func (s *Spool) Of(declared string) ([]exposure.Finding, error) {
	var out []exposure.Finding
	marks := s.order()
	for _, i := range s.at[declared] {
		f, err := s.read(marks[i])
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func (s *Spool) read(m mark) (f exposure.Finding, err error) {
	b := make([]byte, m.length)
	if _, err := s.f.ReadAt(b, m.from); err != nil {
		return f, fmt.Errorf("read a finding: %w", err)
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return f, fmt.Errorf("read a finding: %w", err)
	}
	return f, nil
}

// Close forgets everything.
func (s *Spool) Close() error {
	err := s.f.Close()
	if rest := os.Remove(s.f.Name()); rest != nil && !errors.Is(rest, os.ErrNotExist) {
		err = errors.Join(err, rest)
	}
	return err
}
