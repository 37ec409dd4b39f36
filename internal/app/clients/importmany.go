package clients

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Upload is a file that somebody sent: an organisation file, a ZIP of them, or a
// CSV table with a line per organisation.
type Upload struct {
	Name string
	Data []byte
}

// Bounds of an import.
const (
	MostUpload = 32 << 20 // bytes of all files together
	mostItems  = 500
	mostBytes  = 64 << 20 // unpacked
)

// item is one organisation to be imported.
type item struct {
	Name string `json:"name"` // of the file, or "table.csv, line 4"
	Text string `json:"text,omitempty"`
	// Row holds the columns of a line of a table instead of a text.
	Row map[string]string `json:"row,omitempty"`
}

type importArgs struct {
	File string                  `json:"file"` // SHA-256 of the stored items
	Kind tenant.OrganisationKind `json:"kind"`
}

// ImportMany imports organisations in the background; the result says what became
// of each. What cannot be an import at all is refused at once.
func (s *Service) ImportMany(ctx context.Context, a authz.Actor, kind tenant.OrganisationKind, uploads []Upload) (job work.Job, err error) {
	scope, err := a.Workspace(authz.OrganisationCreate)
	if err != nil {
		return job, err
	}
	if err := checkKind(kind); err != nil {
		return job, err
	}
	items, err := unpack(uploads)
	if err != nil {
		return job, err
	}
	if err := s.harmless(ctx, uploads); err != nil {
		return job, err
	}
	b, err := json.Marshal(items)
	if err != nil {
		return job, fmt.Errorf("keep the files: %w", err)
	}
	kept, err := s.files.Put(bytes.NewReader(b), 2*mostBytes)
	if err != nil {
		return job, err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		job, err = jobs.Enqueue(tx, ImportKind, importArgs{kept.SHA256, kind}, work.Job{Priority: 5})
		return err
	})
	return job, err
}

// harmless has the files looked at. One that the scanner cannot judge is read all the
// same: it is taken apart here and handed to nobody.
func (s *Service) harmless(ctx context.Context, uploads []Upload) error {
	if s.scanner == nil {
		return nil
	}
	for _, u := range uploads {
		harmful, err := s.scanner.Harmful(ctx, bytes.NewReader(u.Data))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && harmful:
			return &fault.Error{Kind: fault.Invalid, File: assessment.FileName(u.Name), Field: "files", What: "a scan found something harmful in this file", Expected: "a file that is clean", Cause: ErrHarmful}
		}
	}
	return nil
}

// unpack lists the organisations in the files.
func unpack(uploads []Upload) ([]item, error) {
	var items []item
	for _, u := range uploads {
		list, err := unpackOne(u)
		if err != nil {
			return nil, err
		}
		items = append(items, list...)
	}
	switch {
	case len(items) == 0:
		return nil, invalid("files", "there is no organisation in the files", "organisation files (.yaml), a ZIP of them, or a table (.csv)")
	case len(items) > mostItems:
		return nil, invalid("files", fmt.Sprintf("there are %d organisations in the files", len(items)), fmt.Sprintf("at most %d at a time", mostItems))
	}
	return items, nil
}

func unpackOne(u Upload) ([]item, error) {
	switch strings.ToLower(path.Ext(u.Name)) {
	case ".yaml", ".yml":
		return []item{{Name: u.Name, Text: string(u.Data)}}, nil
	case ".csv":
		return rows(u)
	case ".zip":
		return unzip(u)
	}
	return nil, invalid("files", "files of the kind of "+strconv.Quote(u.Name)+" cannot be imported", ".yaml, .yml, .csv or .zip")
}

func unzip(u Upload) ([]item, error) {
	broken := func(why error) error {
		return &fault.Error{Kind: fault.Invalid, Field: "files", What: strconv.Quote(u.Name) + " cannot be unpacked", Expected: "a ZIP file", Cause: why}
	}
	z, err := zip.NewReader(bytes.NewReader(u.Data), int64(len(u.Data)))
	if err != nil {
		return nil, broken(err)
	}
	var items []item
	left := int64(mostBytes)
	for _, f := range z.File {
		ext := strings.ToLower(path.Ext(f.Name))
		if f.FileInfo().IsDir() || strings.HasPrefix(path.Base(f.Name), ".") || strings.HasPrefix(f.Name, "__MACOSX/") || !slices.Contains([]string{".yaml", ".yml", ".csv"}, ext) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, broken(err)
		}
		b, err := io.ReadAll(io.LimitReader(r, min(left, organisation.MaxBytes)+1))
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, broken(err)
		}
		if left -= int64(len(b)); left < 0 || len(b) > organisation.MaxBytes {
			return nil, invalid("files", strconv.Quote(u.Name)+" holds too much", "at most 4 MB per organisation and 64 MB together")
		}
		list, err := unpackOne(Upload{f.Name, b})
		if err != nil {
			return nil, err
		}
		if items = append(items, list...); len(items) > mostItems {
			return items, nil // refused by the caller
		}
	}
	return items, nil
}

// columns of a table; "name" is the one that it must have.
func columns() []string {
	return []string{"name", "registration_number", "address", "website", "description", "entity_types", "established_in", "serves",
		"year", "employees", "turnover_eur", "balance_sheet_eur"}
}

// rows reads a table with a head.
func rows(u Upload) ([]item, error) {
	all, err := delimited.Read(u.Name, u.Data)
	if err != nil {
		var one *fault.Error
		if errors.As(err, &one) {
			one.Field = "files"
		}
		return nil, err
	}
	if len(all) == 0 {
		return nil, nil
	}
	names := all[0]
	for i, n := range names {
		names[i] = strings.ToLower(strings.TrimSpace(n))
		if !slices.Contains(columns(), names[i]) {
			return nil, invalid("files", strconv.Quote(u.Name)+" has a column "+strconv.Quote(n), "columns among "+strings.Join(columns(), ", "))
		}
	}
	if !slices.Contains(names, "name") {
		return nil, invalid("files", strconv.Quote(u.Name)+" has no column \"name\"", "columns among "+strings.Join(columns(), ", "))
	}
	var items []item
	for i, line := range all[1:] {
		row := map[string]string{}
		for n, v := range line {
			if n < len(names) && strings.TrimSpace(v) != "" {
				row[names[n]] = strings.TrimSpace(v)
			}
		}
		if len(row) > 0 {
			items = append(items, item{Name: fmt.Sprintf("%s, line %d", u.Name, i+2), Row: row})
		}
	}
	return items, nil
}

// read is the organisation file of an item.
func (i item) read() (*organisation.File, error) {
	if i.Row == nil {
		return organisation.Read(i.Name, []byte(i.Text))
	}
	f := empty(i.Row["name"])
	f.Organisation.RegistrationNumber, f.Organisation.Address, f.Organisation.Website = i.Row["registration_number"], i.Row["address"], i.Row["website"]
	f.Activity.Description = i.Row["description"]
	if types, ok := i.Row["entity_types"]; ok {
		f.Activity.EntityTypes = list(types)
	}
	f.Establishment.EstablishedIn, f.Establishment.Serves = upper(list(i.Row["established_in"])), upper(list(i.Row["serves"]))
	figures, given, err := i.figures()
	if err != nil {
		return nil, err
	}
	if given {
		f.Figures = []organisation.Figures{figures}
	}
	b, err := f.YAML()
	if err != nil {
		return nil, err
	}
	read, err := organisation.Read("", b) // the checks of the format
	return read, withoutPlace(err)
}

// withoutPlace takes the line of a text that nobody has seen from faults.
func withoutPlace(err error) error {
	var list fault.List
	var one *fault.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = fault.List{one}
	default:
		return err
	}
	out := make(fault.List, 0, len(list))
	for _, f := range list {
		g := *f
		g.File, g.Line = "", 0
		out = append(out, &g)
	}
	return out
}

func (i item) figures() (f organisation.Figures, given bool, err error) {
	for name, to := range map[string]**float64{"employees": &f.Employees, "turnover_eur": &f.Turnover, "balance_sheet_eur": &f.BalanceSheet} {
		text, ok := i.Row[name]
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.NewReplacer("_", "", " ", "", "\u00a0", "").Replace(text), 64)
		if err != nil || !(n >= 0) {
			return f, false, invalid(name, strconv.Quote(text)+" is no number", "digits, with a point for decimals, such as 12500000")
		}
		*to, given = &n, true
	}
	year, ok := i.Row["year"]
	if given != ok {
		return f, false, invalid("year", "figures and their year belong together", "the accounting year of the figures, such as 2025")
	}
	if ok {
		if f.Year, err = strconv.Atoi(year); err != nil {
			return f, false, invalid("year", strconv.Quote(year)+" is no year", "the accounting year of the figures, such as 2025")
		}
	}
	return f, given, nil
}

// list reads "AT DE", "AT/DE" or "AT|DE".
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;/|", r) })
}

func upper(all []string) []string {
	for i := range all {
		all[i] = strings.ToUpper(all[i])
	}
	return all
}

// Imported is what became of one organisation of an import.
type Imported struct {
	Item         string `json:"item"` // name of the file, or line of the table
	Name         string `json:"name,omitempty"`
	Organisation string `json:"organisation,omitempty"` // id; "" when it was refused
	Error        string `json:"error,omitempty"`
}

// importAll imports one organisation per transaction. Its id follows from the job,
// so that a job that is taken up again after its server died makes none twice.
func (s *Service) importAll(ctx context.Context, run *jobs.Run) error {
	var args importArgs
	if err := run.Args(&args); err != nil {
		return err
	}
	items, err := s.items(args.File)
	if err != nil {
		return jobs.Permanent(err)
	}
	out := make([]Imported, 0, len(items))
	failed := 0
	for i, x := range items {
		run.Progress(float64(i)/float64(len(items)), x.Name)
		derived, err := id.Derived(run.Job.ID, strconv.Itoa(i))
		if err != nil {
			return jobs.Permanent(err)
		}
		done, err := s.importOne(ctx, run, args.Kind, x, derived)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			done.Error = err.Error()
			failed++
		}
		out = append(out, done)
	}
	return run.Finish(ctx, out, func(tx *store.Tx) error {
		return TellDone(tx, run.Job, "job.import.done", "", map[string]any{"count": len(out) - failed, "failed": failed})
	})
}

func (s *Service) items(file string) (items []item, err error) {
	r, err := s.files.Open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return items, json.NewDecoder(r).Decode(&items)
}

func (s *Service) importOne(ctx context.Context, run *jobs.Run, kind tenant.OrganisationKind, x item, organisationID string) (Imported, error) {
	out := Imported{Item: x.Name, Name: x.Row["name"]}
	f, err := x.read()
	if err != nil {
		return out, err
	}
	out.Name = f.Organisation.Name
	if err := s.importable(f, law.DateOf(s.store.Now())); err != nil {
		return out, err
	}
	err = s.store.Write(ctx, run.Scope(), run.Change(), func(tx *store.Tx) error {
		_, err := tx.Organisation(organisationID)
		if err == nil || fault.KindOf(err) != fault.NotFound {
			return err // made before the server died
		}
		_, err = s.bringIn(tx, tenant.Organisation{ID: organisationID, Kind: kind, Tags: []string{}}, f)
		return err
	})
	if err == nil {
		out.Organisation = organisationID
	}
	return out, err
}

// ImportResult is what an import did; ok is false for any other job, and before its
// end.
func ImportResult(j work.Job) (list []Imported, ok bool) {
	ok = j.Kind == ImportKind && json.Unmarshal(j.Result, &list) == nil
	return list, ok
}
