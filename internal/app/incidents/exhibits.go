package incidents

import (
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// LargestFile is the largest piece of evidence and list of indicators, in bytes.
const LargestFile = 50 << 20

// Exhibit is a piece of evidence to be taken in: a file, or a thing that lies
// somewhere, with the hash that somebody took of it.
type Exhibit struct {
	Name   string
	SHA256 string // of a thing; of a file it is computed
	File   string // name of the file; "": none
	Body   io.Reader
	Taken  incident.Custody // the first line of the chain; its action is "taken"
}

var sha256Text = regexp.MustCompile(`^[0-9a-f]{64}$`)

// TakeEvidence adds a piece of evidence with the first line of its chain of
// custody. A file is never run or shown. Of one in which a scan finds something harmful
// only name and hash are kept; its Scan says so. One that the scanner cannot judge is
// kept, and is looked at again before it is handed out.
func (s *Service) TakeEvidence(ctx context.Context, a authz.Actor, organisation, id string, x Exhibit) (out incident.Exhibit, err error) {
	if _, err := a.Organisation(ctx, organisation, authz.IncidentEdit); err != nil {
		return out, err
	}
	x.Name, x.SHA256 = strings.TrimSpace(x.Name), strings.ToLower(strings.TrimSpace(x.SHA256))
	out = incident.Exhibit{Organisation: organisation, Incident: id, Name: x.Name, SHA256: x.SHA256}
	if x.File != "" && x.Body != nil {
		if err := s.takeFile(ctx, &out, assessment.FileName(x.File), x.Body); err != nil {
			return out, err
		}
	}
	switch {
	case out.Name == "":
		return out, invalid("name", "the name is missing", "what it is, for example: image of the disk of the mail server")
	case out.SHA256 != "" && !sha256Text.MatchString(out.SHA256):
		return out, invalid("sha256", "it is no SHA-256", "64 hexadecimal digits")
	}
	if err := short("name", out.Name); err != nil {
		return out, err
	}
	err = s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		x.Taken.Action = incident.CustodyActions()[0]
		if err := checkCustody(&x.Taken, time.Time{}, i.Now(tx.Now())); err != nil {
			return err
		}
		x.Taken.By = a.Person
		out.Custody = []incident.Custody{x.Taken}
		if out, err = tx.PutExhibit(out); err != nil {
			return err
		}
		text, err := s.scanned(tx, out)
		if err != nil {
			return err
		}
		return entry(tx, a, i, incident.Entry{Kind: "evidence", Object: out.ID, Text: text, After: out.SHA256,
			At: incident.Moment{At: x.Taken.At, Zone: i.Zone, Certainty: incident.Exact}})
	})
	return out, err
}

// takeFile keeps the file of a piece of evidence.
func (s *Service) takeFile(ctx context.Context, out *incident.Exhibit, name string, body io.Reader) error {
	f, err := s.keep(body)
	if err != nil {
		return err
	}
	if out.Scan, err = s.lookAtStored(ctx, f.SHA256); err != nil {
		return err
	}
	out.SHA256, out.Name = f.SHA256, orElse(out.Name, name)
	if out.Scan != assessment.ScanHarmful {
		out.File = name
	}
	return nil
}

// scanned is the name of a piece of evidence with what the scan said, where that is
// something to know, in the language of the organisation.
func (s *Service) scanned(tx *store.Tx, x incident.Exhibit) (string, error) {
	key := map[assessment.Scan]string{assessment.ScanHarmful: "handling.evidence.harmful", assessment.ScanPending: "handling.evidence.unseen"}[x.Scan]
	if key == "" || s.messages == nil {
		return x.Name, nil
	}
	file, err := facts(tx, x.Organisation)
	if err != nil {
		return "", err
	}
	language, err := languageOf(tx, file)
	if err != nil {
		return "", err
	}
	return x.Name + " (" + s.messages.Printer(language).T(key) + ")", nil
}

// keep stores a file.
func (s *Service) keep(r io.Reader) (f blob.File, err error) {
	if s.files == nil {
		return f, &fault.Error{Kind: fault.Internal, What: "this server keeps no files"}
	}
	f, err = s.files.Put(r, LargestFile)
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return f, invalid("file", "the file is too large", "at most 50 MB")
	case err == nil && f.Bytes == 0:
		return f, invalid("file", "the file is empty", "a file with content")
	}
	return f, err
}

// custodyKey is the end of the key of the word for what happened to a piece of evidence.
func custodyKey(action string) string { return strings.ReplaceAll(action, " ", "_") }

func checkCustody(c *incident.Custody, after, now time.Time) error {
	c.Who, c.Where = strings.TrimSpace(c.Who), strings.TrimSpace(c.Where)
	if c.At.IsZero() {
		c.At = now
	}
	c.At = c.At.UTC().Truncate(time.Millisecond)
	switch {
	case !slices.Contains(incident.CustodyActions(), c.Action):
		return invalid("action", "there is no such action", strings.Join(incident.CustodyActions(), ", "))
	case c.Who == "":
		return invalid("who", "it is not said who has it", "a name")
	case c.Where == "":
		return invalid("where", "it is not said where it is", "a place, for example: safe in room 12")
	case c.At.Before(earliest) || c.At.After(now.Add(ahead)):
		return invalid("at", "the time cannot be used", "a time up to now")
	case c.At.Before(after):
		return invalid("at", "the time is before the last line of the chain", "a time after "+after.Format("2006-01-02 15:04 MST"))
	}
	for field, text := range map[string]string{"who": c.Who, "where": c.Where} {
		if err := short(field, text); err != nil {
			return err
		}
	}
	return nil
}

// PassOn adds a line to the chain of custody of a piece of evidence. Lines are
// never changed; after "destroyed" there is none.
func (s *Service) PassOn(ctx context.Context, a authz.Actor, organisation, id, exhibit string, c incident.Custody) error {
	return s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		x, err := exhibitOf(tx, i, exhibit)
		if err != nil {
			return err
		}
		last := x.Custody[len(x.Custody)-1]
		if destroyed(x) {
			return conflict("this piece of evidence was destroyed", "another piece of evidence")
		}
		if err := checkCustody(&c, last.At, i.Now(tx.Now())); err != nil {
			return err
		}
		c.By = a.Person
		x.Custody = append(slices.Clone(x.Custody), c)
		if _, err := tx.PutExhibit(x); err != nil {
			return err
		}
		return entry(tx, a, i, incident.Entry{Kind: "evidence", Object: x.ID, Text: x.Name + ": " + c.Action, Before: last.Who + ", " + last.Where, After: c.Who + ", " + c.Where,
			At: incident.Moment{At: c.At, Zone: i.Zone, Certainty: incident.Exact}})
	})
}

// destroyed reports whether the chain of custody has ended. A check can still be written
// after that, as the platform keeps the file.
func destroyed(x incident.Exhibit) bool {
	return slices.ContainsFunc(x.Custody, func(c incident.Custody) bool { return c.Action == "destroyed" })
}

func exhibitOf(tx *store.Tx, i incident.Incident, id string) (incident.Exhibit, error) {
	x, err := tx.Exhibit(id)
	if err == nil {
		err = belongs(tx, i, x.Incident, x.Organisation, "piece of evidence")
	}
	return x, err
}

// Evidence opens the file of a piece of evidence, once its bytes are proved to be
// those that were taken. Forbidden when a scan finds something harmful in it, and while
// the scanner cannot tell. The caller closes it.
func (s *Service) Evidence(ctx context.Context, a authz.Actor, organisation, id, exhibit string) (x incident.Exhibit, r io.ReadSeekCloser, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		i, err := incidentOf(tx, organisation, id)
		if err == nil {
			x, err = exhibitOf(tx, i, exhibit)
		}
		return err
	})
	if err != nil {
		return x, nil, err
	}
	if x.File == "" || s.files == nil {
		return x, nil, missing("file of this piece of evidence")
	}
	if x, err = s.judged(ctx, a, x); err != nil {
		return x, nil, err
	}
	if err := s.files.Verify(x.SHA256); err != nil {
		return x, nil, &fault.Error{Kind: fault.Conflict, What: "the file of this piece of evidence is not the one that was taken", Expected: "the file with its SHA-256, from a backup of the server", Cause: err}
	}
	r, err = s.files.Open(x.SHA256)
	return x, r, err
}

// CheckEvidence reads the file of a piece of evidence again and writes into its chain of
// custody whether its bytes are still those that were taken.
func (s *Service) CheckEvidence(ctx context.Context, a authz.Actor, organisation, id, exhibit string) (intact bool, err error) {
	if _, err := a.Organisation(ctx, organisation, authz.IncidentEdit); err != nil {
		return false, err
	}
	var x incident.Exhibit
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		i, err := incidentOf(tx, organisation, id)
		if err == nil {
			x, err = exhibitOf(tx, i, exhibit)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	if x.File == "" || s.files == nil {
		return false, missing("file of this piece of evidence")
	}
	intact = s.files.Verify(x.SHA256) == nil
	return intact, s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		x, err := exhibitOf(tx, i, exhibit)
		if err != nil {
			return err
		}
		last := x.Custody[len(x.Custody)-1]
		c := incident.Custody{At: i.Now(tx.Now()).UTC().Truncate(time.Millisecond), Who: last.Who, Where: last.Where, Action: incident.CustodyChecked, By: a.Person}
		if !intact {
			c.Action = incident.CustodyAltered
		}
		if c.At.Before(last.At) { // clocks of people differ
			c.At = last.At
		}
		x.Custody = append(slices.Clone(x.Custody), c)
		if _, err := tx.PutExhibit(x); err != nil {
			return err
		}
		return entry(tx, a, i, incident.Entry{Kind: "evidence", Object: x.ID, Text: x.Name + ": " + c.Action, After: x.SHA256,
			At: incident.Moment{At: c.At, Zone: i.Zone, Certainty: incident.Exact}})
	})
}
