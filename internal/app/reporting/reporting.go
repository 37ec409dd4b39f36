// Package reporting makes reports of organisations and comparisons of two times as
// files: it chooses parts, language and brand, keeps what was handed out with its
// hash, and makes reports by itself each month.
package reporting

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/report/form"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// The formats.
const (
	HTML = form.HTML
	PDF  = form.PDF
	DOCX = form.DOCX
	JSON = "json"
)

// Formats lists the formats.
func Formats() []string { return []string{PDF, HTML, DOCX, JSON} }

// The brands.
const (
	BrandClient    = "client"    // of the organisation, and what it lacks of the workspace
	BrandWorkspace = "workspace" // of the workspace
	BrandNone      = "none"
)

// Brands lists the brands.
func Brands() []string { return []string{BrandClient, BrandWorkspace, BrandNone} }

// Service makes reports. It is safe for concurrent use.
type Service struct {
	store    *store.Store
	clients  *clients.Service
	files    *blob.Dir
	messages *locale.Catalogue
	mailer   *mailing.Mailer
}

// New makes the service. files keeps the reports; a nil mailer writes no mails.
func New(s *store.Store, c *clients.Service, files *blob.Dir, messages *locale.Catalogue, m *mailing.Mailer) *Service {
	return &Service{store: s, clients: c, files: files, messages: messages, mailer: m}
}

// Order is what a report is to be. It is made once in each of its formats.
type Order struct {
	Formats  []string `json:"formats"` // of Formats
	Language string   `json:"language"`
	Brand    string   `json:"brand"`
	Parts    []string `json:"parts"` // of assessing.Parts; empty: all

	// Format is one more of the formats: orders that were written down before there
	// could be several have it.
	Format string `json:"format,omitempty"`
}

// tidy brings an order to its one form: each format once and in the order of
// Formats, all parts named.
func (o *Order) tidy() {
	if o.Format != "" {
		o.Formats = append(slices.Clone(o.Formats), o.Format)
		o.Format = ""
	}
	slices.SortFunc(o.Formats, func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(Formats(), a), slices.Index(Formats(), b)), cmp.Compare(a, b))
	})
	o.Formats = slices.Compact(o.Formats)
	if len(o.Parts) == 0 {
		o.Parts = assessing.Parts()
	}
	o.Brand = cmp.Or(o.Brand, BrandClient)
}

func (s *Service) check(o *Order) error {
	o.tidy()
	for _, f := range o.Formats {
		if !slices.Contains(Formats(), f) {
			return invalid("format", "there is no such format", "pdf, html, docx or json")
		}
	}
	switch {
	case len(o.Formats) == 0:
		return invalid("format", "no format is chosen", "pdf, html, docx or json")
	case !slices.Contains(s.messages.Languages(), o.Language):
		return invalid("language", "there is no such language", "a language of the platform")
	case !slices.Contains(Brands(), o.Brand):
		return invalid("brand", "there is no such brand", "client, workspace or none")
	}
	for _, p := range o.Parts {
		if !slices.Contains(assessing.Parts(), p) {
			return invalid("parts", "there is no such part", "parts of the report")
		}
	}
	return nil
}

func invalid(field, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}

// make writes a report of an organisation as it is now and keeps it with its hash,
// in one transaction with what else happens in it.
func (s *Service) make(ctx context.Context, a authz.Actor, organisation string, o Order, also func(*store.Tx, []assessment.Report) error) error {
	scope, err := a.Organisation(ctx, organisation, authz.ReportCreate)
	if err != nil {
		return err
	}
	d, err := s.write(ctx, a, organisation, o, func(float64) {})
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		kept, err := d.keep(tx)
		if err != nil {
			return err
		}
		return also(tx, kept)
	})
}

// written is a report whose files are stored and that no row names yet.
type written struct {
	order        Order
	organisation string
	by           string
	asOf         law.Date
	files        []blob.File // one per format
}

// write writes a report in all its formats, from one look at the organisation, and
// stores the files. progress is told which share is done, above 0 and up to 1.
func (s *Service) write(ctx context.Context, a authz.Actor, organisation string, o Order, progress func(float64)) (d written, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.ReportCreate)
	if err != nil {
		return d, err
	}
	if err := s.check(&o); err != nil {
		return d, err
	}
	c, err := s.clients.Load(ctx, a, organisation)
	if err != nil {
		return d, err
	}
	if c.In.Brand, err = s.brand(ctx, scope, c, o.Brand); err != nil {
		return d, err
	}
	d = written{order: o, organisation: organisation, by: cmp.Or(a.Name, a.Person), asOf: c.In.AsOf}
	for i, format := range o.Formats {
		content, err := write(c.In, s.messages.Printer(o.Language), format, o.Parts)
		if err != nil {
			return d, err
		}
		f, err := s.files.Put(bytes.NewReader(content), clients.LargestFile)
		if err != nil {
			return d, err
		}
		d.files = append(d.files, f)
		progress(float64(i+1) / float64(len(o.Formats)))
	}
	return d, nil
}

// keep stores the rows of the reports and of their files.
func (d written) keep(tx *store.Tx) (kept []assessment.Report, err error) {
	for i, format := range d.order.Formats {
		f, err := tx.PutFile(assessment.File{Organisation: d.organisation, SHA256: d.files[i].SHA256, Name: "report-" + d.asOf.String() + "." + format,
			MediaType: mediaType(format), Size: d.files[i].Bytes, UploadedBy: d.by})
		if err != nil {
			return nil, err
		}
		r, err := tx.PutReport(assessment.Report{Organisation: d.organisation, Format: format, Language: d.order.Language, Parts: d.order.Parts,
			File: f.ID, SHA256: f.SHA256, Size: f.Size, AsOf: d.asOf, MadeBy: d.by})
		if err != nil {
			return nil, err
		}
		kept = append(kept, r)
	}
	return kept, nil
}

func mediaType(format string) string {
	return cmp.Or(form.MediaType(format), "application/json")
}

// write writes a report in a format. JSON always holds everything.
func write(in assessing.Input, p *locale.Printer, format string, parts []string) ([]byte, error) {
	var b bytes.Buffer
	var err error
	if format == JSON {
		err = assessing.JSON(&b, in, p)
	} else {
		err = form.Write(&b, format, assessing.ComposeParts(in, p, parts))
	}
	if err != nil {
		return nil, fmt.Errorf("write the report as %s: %w", format, err)
	}
	return b.Bytes(), nil
}

// brand dresses a report.
func (s *Service) brand(ctx context.Context, scope tenant.Scope, c clients.Client, choice string) (model.Brand, error) {
	b := model.Brand{Client: c.In.Organisation}
	if choice == BrandNone {
		return b, nil
	}
	var of tenant.Workspace
	err := s.store.Read(ctx, scope, func(tx *store.Tx) (err error) {
		of, err = tx.Workspace()
		return err
	})
	if err != nil {
		return b, err
	}
	var own tenant.Brand
	if choice == BrandClient {
		own = c.Organisation.Brand
	}
	b.Preparer = cmp.Or(own.PreparedBy, of.Brand.PreparedBy)
	b.Colour = cmp.Or(own.Colour, of.Brand.Colour)
	if logo := cmp.Or(own.Logo, of.Brand.Logo); logo != "" {
		b.Logo, err = s.logo(logo)
	}
	return b, err
}

// Dress gives an organisation the looks that its reports have: its own, and what they
// lack of the workspace.
func (s *Service) Dress(ctx context.Context, a authz.Actor, c clients.Client) (clients.Client, error) {
	scope, err := a.Organisation(ctx, c.Organisation.ID, authz.AssessmentRead)
	if err != nil {
		return c, err
	}
	c.In.Brand, err = s.brand(ctx, scope, c, BrandClient)
	return c, err
}

// mostLogo is the largest logo in bytes.
const mostLogo = 2 << 20

// logo reads a logo; one that is missing is left out, because a report is worth
// more than its dress.
func (s *Service) logo(sha256 string) (l model.Logo, err error) {
	r, err := s.files.Open(sha256)
	if errors.Is(err, blob.ErrNotFound) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	file, err := io.ReadAll(io.LimitReader(r, mostLogo+1))
	if err != nil {
		return l, fmt.Errorf("read the logo: %w", err)
	}
	return model.ParseLogo(file)
}

// Reports lists the reports of an organisation that were kept, newest first.
func (s *Service) Reports(ctx context.Context, a authz.Actor, organisation string) (list []assessment.Report, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.AssessmentRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list, err = tx.Reports(organisation)
		return err
	})
	return list, err
}

// Open opens a report that was kept. The caller closes it.
func (s *Service) Open(ctx context.Context, a authz.Actor, organisation, report string) (f assessment.File, content io.ReadSeekCloser, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.AssessmentRead)
	if err != nil {
		return f, nil, err
	}
	var r assessment.Report
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		if r, err = tx.Report(report); err == nil && r.Organisation != organisation {
			err = &fault.Error{Kind: fault.NotFound, What: "there is no such report"}
		}
		return err
	})
	if err != nil {
		return f, nil, err
	}
	return s.clients.Download(ctx, a, organisation, r.File)
}
