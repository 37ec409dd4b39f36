package incidents

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
	"github.com/nisaba-platform/nisaba/exchange/misp"
	"github.com/nisaba-platform/nisaba/exchange/stix"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Bounds of what is added.
const (
	MostTyped  = 200     // indicators that are typed or pasted at once
	MostRows   = 500_000 // of a list
	mostWrongs = 50      // bad rows of a list that are named
	inOneChunk = 2000    // rows that a transaction adds
	inOnePage  = 5000    // rows that an export reads at a time
)

// AddIndicators adds what somebody typed or pasted, one per line, in any way of
// writing. Those that the case has already are left as they are. Nothing is added
// when a line is wrong.
func (s *Service) AddIndicators(ctx context.Context, a authz.Actor, organisation, id, text, tlp, note string) (added int, err error) {
	var rows []indicators.Row
	var wrong []string
	err = indicators.ReadPlain(strings.NewReader(text), func(r indicators.Row) error {
		if r.Err != nil {
			wrong = append(wrong, fmt.Sprintf("line %d (%s): %s", r.Line, r.Text, r.Err))
		}
		if rows = append(rows, r); len(rows) > MostTyped {
			return invalid("indicators", "these are too many lines", fmt.Sprintf("up to %d, or a file", MostTyped))
		}
		return nil
	})
	switch {
	case err != nil:
	case len(wrong) > 0:
		err = invalid("indicators", strings.Join(wrong[:min(len(wrong), 5)], "; "), "addresses, names, hashes, one per line")
	case len(rows) == 0:
		err = invalid("indicators", "there is no indicator", "addresses, names, hashes, one per line")
	case tlp != "" && !slices.Contains(incident.TLPs(), tlp):
		err = invalid("tlp", "there is no such label", "one of "+strings.Join(incident.TLPs(), ", "))
	default:
		err = short("note", note)
	}
	if err != nil {
		if _, refused := a.Organisation(ctx, organisation, authz.IncidentEdit); refused != nil {
			return 0, refused
		}
		return 0, err
	}
	err = s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		added = 0
		for _, r := range rows {
			r.TLP, r.Note = orElse(r.TLP, tlp), orElse(r.Note, strings.TrimSpace(note))
			v, err := indicatorOf(i, r.Indicator, "person")
			if err != nil {
				return err
			}
			if _, err := tx.Indicator(v.ID); fault.KindOf(err) != fault.NotFound || err == nil {
				if err != nil {
					return err
				}
				continue
			}
			if _, err := tx.PutIndicator(v); err != nil {
				return err
			}
			added++
		}
		if added == 0 {
			return nil
		}
		return entry(tx, a, i, incident.Entry{Kind: "evidence", Object: "indicators", Text: fmt.Sprintf("+%d", added)})
	})
	return added, err
}

// RemoveIndicator takes one indicator out.
func (s *Service) RemoveIndicator(ctx context.Context, a authz.Actor, organisation, id, indicator string) error {
	return s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		v, err := tx.Indicator(indicator)
		if err == nil {
			err = belongs(tx, i, v.Incident, v.Organisation, "indicator")
		}
		if err != nil {
			return err
		}
		if err := tx.RemoveIndicator(indicator); err != nil {
			return err
		}
		return entry(tx, a, i, incident.Entry{Kind: "evidence", Object: "indicators", Before: v.Type + " " + indicators.Defang(v.Type, v.Value)})
	})
}

// rowsOfList reads a list in its format; tlp is the label of the whole list.
func rowsOfList(r io.Reader, f indicators.Format, each func(indicators.Row) error) (tlp string, err error) {
	switch f {
	case indicators.CSV:
		return "", indicators.ReadTable(r, each)
	case indicators.STIX:
		return "", stix.Read(r, each)
	case indicators.MISP:
		return misp.Read(r, each)
	}
	return "", indicators.ReadPlain(r, each)
}

// errMany ends the reading of a list that is too long.
var errMany = errors.New("too many rows")

// ReadList keeps a list of indicators and says what is in it: nothing is added
// before StartImport. format is "" when it is to be found out.
func (s *Service) ReadList(ctx context.Context, a authz.Actor, organisation, id, name string, format indicators.Format, body io.Reader) (out incident.Import, err error) {
	if _, err := a.Organisation(ctx, organisation, authz.IncidentEdit); err != nil {
		return out, err
	}
	if format != "" && !slices.Contains(indicators.Formats(), format) {
		return out, invalid("format", "there is no such format", "plain, csv, stix or misp")
	}
	f, err := s.keep(body)
	if err != nil {
		return out, err
	}
	found, err := s.lookAtStored(ctx, f.SHA256)
	if err != nil {
		return out, err
	}
	if found == assessment.ScanHarmful {
		return out, invalid("file", "a scan found something harmful in this file", "a file that is clean")
	}
	out = incident.Import{Organisation: organisation, Incident: id, Name: assessment.FileName(name), SHA256: f.SHA256, State: incident.ImportRead, Types: map[string]int64{}, CreatedBy: a.Person}
	if err := s.survey(&out, format); err != nil {
		return out, err
	}
	err = s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		v := out
		v.TLP = orElse(v.TLP, i.TLP)
		v, err := tx.PutIndicatorImport(v)
		if err == nil {
			out = v
		}
		return err
	})
	return out, err
}

// survey reads the list of an import once and counts.
func (s *Service) survey(v *incident.Import, format indicators.Format) error {
	r, err := s.files.Open(v.SHA256)
	if err != nil {
		return err
	}
	defer r.Close()
	found, whole := indicators.Detect(r)
	if format == "" {
		format = found
	}
	v.Format = string(format)
	v.TLP, err = rowsOfList(whole, format, func(row indicators.Row) error {
		switch {
		case row.Err != nil:
			v.Bad++
			if len(v.Problems) < mostWrongs {
				v.Problems = append(v.Problems, incident.Problem{Line: row.Line, Text: row.Text, What: row.Err.Error()})
			}
		default:
			v.Good++
			v.Types[row.Type]++
		}
		if v.Good+v.Bad > MostRows {
			return errMany
		}
		return nil
	})
	switch {
	case errors.Is(err, errMany):
		return invalid("file", "the list has too many rows", fmt.Sprintf("up to %d", MostRows))
	case err != nil:
		return &fault.Error{Kind: fault.Invalid, Field: "file", What: err.Error(), Expected: "a list in the format " + v.Format, Cause: err}
	case v.Good+v.Bad == 0:
		return invalid("file", "there is no indicator in the list", "addresses, names, hashes, one per line, or a table, STIX 2.1 or MISP")
	}
	return nil
}

// ImportKind is the kind of the jobs that add lists of indicators.
const ImportKind = "incidents.indicators"

type importArgs struct {
	Organisation string `json:"organisation"`
	Import       string `json:"import"`
}

// StartImport adds the good rows of a list in the background, with tlp for those
// that have no label of their own.
func (s *Service) StartImport(ctx context.Context, a authz.Actor, organisation, id, list, tlp string) (job work.Job, err error) {
	err = s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		v, err := importOf(tx, i, list)
		switch {
		case err != nil:
			return err
		case v.State != incident.ImportRead:
			return conflict("this list was added already", "another list")
		case tlp != "" && !slices.Contains(incident.TLPs(), tlp):
			return invalid("tlp", "there is no such label", "one of "+strings.Join(incident.TLPs(), ", "))
		case v.Good == 0:
			return conflict("no row of this list can be added", "another list")
		}
		v.State, v.TLP = incident.ImportRunning, orElse(tlp, v.TLP)
		if _, err := tx.PutIndicatorImport(v); err != nil {
			return err
		}
		job, err = jobs.Enqueue(tx, ImportKind, importArgs{organisation, v.ID}, work.Job{Organisation: organisation, Unique: v.ID, Priority: 5})
		return err
	})
	return job, err
}

func importOf(tx *store.Tx, i incident.Incident, id string) (incident.Import, error) {
	v, err := tx.IndicatorImport(id)
	if err == nil {
		err = belongs(tx, i, v.Incident, v.Organisation, "list")
	}
	return v, err
}

// DropImport takes out what a list added, or gives up one that was only read.
func (s *Service) DropImport(ctx context.Context, a authz.Actor, organisation, id, list string) error {
	return s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		v, err := importOf(tx, i, list)
		switch {
		case err != nil:
			return err
		case v.State == incident.ImportRunning:
			return conflict("this list is being added", "wait for the end")
		case v.State == incident.ImportRemoved:
			return nil
		}
		if err := tx.RemoveImported(v); err != nil {
			return err
		}
		before := v.State
		v.State = incident.ImportRemoved
		if _, err := tx.PutIndicatorImport(v); err != nil || before != incident.ImportDone {
			return err
		}
		return entry(tx, a, i, incident.Entry{Kind: "evidence", Object: v.ID, Text: v.Name, Before: fmt.Sprintf("+%d", v.Added), After: "0"})
	})
}

// Install adds the background work.
func (s *Service) Install(r *jobs.Runner) error {
	r.Handle(ImportKind, s.importList)
	r.Handle(underwayKind, s.rearmUnderway)
	if err := r.Every(underwayKind, underwayKind, "30m"); err != nil {
		return err
	}
	return s.installBinders(r)
}

// importList adds the rows of a list, a chunk per transaction. Ids follow from case
// and value, so that a second attempt adds nothing twice.
func (s *Service) importList(ctx context.Context, run *jobs.Run) error {
	var args importArgs
	if err := run.Args(&args); err != nil {
		return err
	}
	var v incident.Import
	var i incident.Incident
	err := run.Store().Read(ctx, run.Scope(), func(tx *store.Tx) (err error) {
		if v, err = tx.IndicatorImport(args.Import); err == nil {
			i, err = tx.Incident(v.Incident)
		}
		return err
	})
	if err != nil {
		return err
	}
	i.TLP = v.TLP
	r, err := s.files.Open(v.SHA256)
	if err != nil {
		return err
	}
	defer r.Close()
	var chunk []incident.Indicator
	done := int64(0)
	flush := func() error {
		part := chunk
		done, chunk = done+int64(len(chunk)), nil
		run.Progress(float64(done)/float64(v.Good), v.Name)
		return run.Store().Write(ctx, run.Scope(), run.Change(), func(tx *store.Tx) error { return tx.AddIndicators(v, part) })
	}
	_, whole := indicators.Detect(r)
	_, err = rowsOfList(whole, indicators.Format(v.Format), func(row indicators.Row) error {
		if row.Err != nil {
			return nil
		}
		x, err := indicatorOf(i, row.Indicator, v.Format)
		if err != nil {
			return jobs.Permanent(err)
		}
		if chunk = append(chunk, x); len(chunk) == inOneChunk {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	return run.Finish(ctx, nil, func(tx *store.Tx) error {
		if v, err = tx.IndicatorImport(v.ID); err != nil {
			return err
		}
		if v.Added, err = tx.CountImported(v); err != nil {
			return err
		}
		v.State = incident.ImportDone
		if _, err := tx.PutIndicatorImport(v); err != nil {
			return err
		}
		return entry(tx, authz.Actor{Person: run.Job.CreatedBy}, i, incident.Entry{Kind: "evidence", Object: v.ID, Text: v.Name, After: fmt.Sprintf("+%d", v.Added)})
	})
}

// EachIndicator calls f for every indicator of a case, oldest first; about says of
// which case and organisation.
func (s *Service) EachIndicator(ctx context.Context, a authz.Actor, organisation, id string, about func(i incident.Incident, of tenant.Organisation) error, f func(incident.Indicator) error) error {
	return s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		i, err := incidentOf(tx, organisation, id)
		if err != nil {
			return err
		}
		o, err := tx.Organisation(organisation)
		if err != nil {
			return err
		}
		all, err := tx.Incidents(organisation)
		if err != nil {
			return err
		}
		if err := about(i, o); err != nil {
			return err
		}
		filter := store.IndicatorFilter{Incidents: incident.Lineage(id, all)}
		for skip := 0; ; skip += inOnePage {
			rows, err := tx.Indicators(organisation, filter, skip, inOnePage)
			if err != nil {
				return err
			}
			for _, v := range rows {
				if err := f(v); err != nil {
					return err
				}
			}
			if len(rows) < inOnePage {
				return nil
			}
		}
	})
}
