package vulnprobe

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Kinds of exposure.Data that the probe knows, each imported by the operator.
const (
	EPSSKind = "epss" // *EPSS
	NVDKind  = "nvd"  // *NVD
	EUVDKind = "euvd" // *EUVD
)

// Limits of imported files, unpacked.
const (
	largestEPSS = 256 << 20
	largestNVD  = 4 << 30
	largestEUVD = 1 << 30
)

var cveID = regexp.MustCompile(`^CVE-\d{4}-\d{4,19}$`)

// EPSS holds how likely vulnerabilities are to be exploited within 30 days.
type EPSS struct {
	Date   string // of the scores
	Model  string
	scores map[string]EPSSScore
}

// EPSSScore is a probability and how many vulnerabilities have a lower one; both
// from 0 to 1.
type EPSSScore struct{ Probability, Percentile float64 }

// LoadEPSS reads the file epss_scores-….csv, packed or not.
func LoadEPSS(r io.Reader) (*EPSS, error) {
	in, err := exposure.Unpack(r, largestEPSS)
	if err != nil {
		return nil, err
	}
	e := &EPSS{scores: map[string]EPSSScore{}}
	lines := bufio.NewScanner(in) // no field of the file is quoted
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case strings.HasPrefix(line, "#") && n == 1:
			e.head(line[1:])
			continue
		case line == "", strings.HasPrefix(line, "cve,"):
			continue
		}
		id, score, ok := readScore(line)
		if !ok {
			return nil, fmt.Errorf("line %d of the scores: expected a number of a vulnerability and two numbers from 0 to 1", n)
		}
		e.scores[id] = score
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the scores: %w", err)
	}
	if len(e.scores) == 0 {
		return nil, errors.New("the file of scores is empty")
	}
	return e, nil
}

// head reads the first line, "model_version:…,score_date:…".
func (e *EPSS) head(line string) {
	for _, part := range strings.Split(line, ",") {
		switch key, value, _ := strings.Cut(part, ":"); key {
		case "model_version":
			e.Model = value
		case "score_date":
			e.Date = value[:min(len(value), len(time.DateOnly))]
		}
	}
}

func readScore(line string) (id string, s EPSSScore, ok bool) {
	fields := strings.Split(line, ",")
	if len(fields) != 3 || !cveID.MatchString(fields[0]) {
		return "", s, false
	}
	p, err1 := strconv.ParseFloat(fields[1], 64)
	q, err2 := strconv.ParseFloat(fields[2], 64)
	ok = err1 == nil && err2 == nil && p >= 0 && p <= 1 && q >= 0 && q <= 1
	return strings.Clone(fields[0]), EPSSScore{p, q}, ok
}

// EUVD holds entries of the European vulnerability database.
type EUVD struct {
	byCVE map[string]European
}

// European is an entry of the European database.
type European struct {
	ID             string
	Score          float64
	ExploitedSince string // as the database writes it; "" when it is not
}

// LoadEUVD reads answers of the database's interface: of its search, or its list of
// exploited vulnerabilities.
func LoadEUVD(r io.Reader) (*EUVD, error) {
	in, err := exposure.Unpack(r, largestEUVD)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(in)
	token, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("the file is no answer of the European database: %w", err)
	}
	if token == json.Delim('{') {
		if err := enter(d, "items"); err != nil {
			return nil, fmt.Errorf("the file is no answer of the European database: %w", err)
		}
	} else if token != json.Delim('[') {
		return nil, errors.New("the file is no answer of the European database")
	}
	e := &EUVD{map[string]European{}}
	for d.More() {
		var item struct {
			ID, Aliases, ExploitedSince string
			BaseScore                   float64
		}
		if err := d.Decode(&item); err != nil {
			return nil, fmt.Errorf("read the European database: %w", err)
		}
		for _, alias := range strings.Fields(item.Aliases) {
			if cveID.MatchString(alias) {
				e.byCVE[alias] = European{item.ID, item.BaseScore, item.ExploitedSince}
			}
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("read the European database: %w", err)
	}
	if len(e.byCVE) == 0 {
		return nil, errors.New("the file holds no entry of the European database")
	}
	return e, nil
}

// enter goes forward to the list under a key of the object that was begun.
func enter(d *json.Decoder, key string) error {
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name != key {
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return err
			}
			continue
		}
		t, err := d.Token()
		if err == nil && t != json.Delim('[') {
			err = fmt.Errorf("%s is no list", key)
		}
		return err
	}
	return fmt.Errorf("%s is missing", key)
}
