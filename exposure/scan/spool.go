package scan

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Spool keeps findings in a file, so that a scan of many hosts needs no more memory than
// one of few. The file has no name and ends with the program. It is not safe for
// concurrent use.
type Spool struct {
	f     *os.File
	size  int64
	count int
	fails int
	at    map[string][]span // by declared target
}

// NewSpool makes an empty one in the folder for temporary files.
func NewSpool() (*Spool, error) {
	f, err := os.CreateTemp("", "nisaba-scan-")
	if err != nil {
		return nil, fmt.Errorf("make a file for findings: %w", err)
	}
	// Where an open file cannot be removed, Close does it.
	_ = os.Remove(f.Name())
	return &Spool{f: f, at: map[string][]span{}}, nil
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
	s.at[f.Target.Declared] = append(s.at[f.Target.Declared], span{s.size, int64(len(b))})
	s.size += int64(len(b))
	s.count++
	if f.Outcome == exposure.Fail {
		s.fails++
	}
	return nil
}

// Len is how many findings there are, Failed how many of them failed.
func (s *Spool) Len() int    { return s.count }
func (s *Spool) Failed() int { return s.fails }

// Of reads the findings of a declared target, in the order in which they came.
func (s *Spool) Of(declared string) ([]exposure.Finding, error) {
	var out []exposure.Finding
	for _, at := range s.at[declared] {
		b := make([]byte, at.length)
		var f exposure.Finding
		if _, err := s.f.ReadAt(b, at.from); err != nil {
			return nil, fmt.Errorf("read a finding: %w", err)
		}
		if err := json.Unmarshal(b, &f); err != nil {
			return nil, fmt.Errorf("read a finding: %w", err)
		}
		out = append(out, f)
	}
	return out, nil
}

// Close forgets everything.
func (s *Spool) Close() error {
	err := s.f.Close()
	if rest := os.Remove(s.f.Name()); rest != nil && !errors.Is(rest, os.ErrNotExist) {
		err = errors.Join(err, rest)
	}
	return err
}
