package scanning

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// FindingOrigin begins the origin of tasks and risks that come from a check; its id
// follows.
const FindingOrigin = "exposure."

// origin is how a task is named after the check that it comes from.
func origin(check string) string { return FindingOrigin + check }

// noLimit is for how many days a task may be open whose findings have no time limit.
const noLimit = 180

// MakeTask makes a task of all findings of a check in the last scan, with the places
// and what to do, in a language. A task that is open already stays as it is.
func (s *Service) MakeTask(ctx context.Context, a authz.Actor, organisation, check string, p *locale.Printer) error {
	if _, err := a.Organisation(ctx, organisation, authz.PlanEdit); err != nil {
		return err
	}
	e, err := s.Load(ctx, a, organisation)
	if err != nil {
		return err
	}
	c, ok := s.knowledge.Catalogue.In(p.Language).Get(check)
	if !ok {
		return errNoFinding
	}
	places, severity := problems(p, e.Findings, check)
	if len(places) == 0 {
		return errNoFinding
	}
	open := false
	err = s.read(ctx, a, organisation, authz.PlanEdit, func(tx *store.Tx) error {
		tasks, err := tx.Tasks(organisation)
		for _, t := range tasks {
			open = open || t.Origin == origin(check) && t.State.Open()
		}
		return err
	})
	if err != nil || open {
		return err
	}
	today := a.Day(s.store.Now())
	days, limited := e.Plan.Limit(string(severity))
	if !limited {
		days = noLimit
	}
	return s.clients.PutTask(ctx, a, organisation, planning.Task{Organisation: organisation, Origin: origin(check), Title: c.Title + " (" + check + ")",
		Body: c.Fix + "\n\n" + strings.Join(places[:min(len(places), mostPlaces)], "\n"), State: planning.ToDo, Requirements: s.requirements(c), Measures: c.Measures,
		Start: today, Due: today.AddDays(int(days))})
}

// ratings are the likelihood and the impact with which a risk begins, by the severity
// of the finding: a proposal that its owner corrects.
var ratings = map[exposure.Severity][2]int64{exposure.Critical: {5, 4}, exposure.High: {4, 4}, exposure.Medium: {3, 3}, exposure.Low: {2, 2}, exposure.None: {1, 1}}

// MakeRisk enters all findings of a check in the last scan into the register of risks,
// with the places as the reason, and gives the id of the risk. One that is open already
// stays as it is.
func (s *Service) MakeRisk(ctx context.Context, a authz.Actor, organisation, check string, p *locale.Printer) (id string, err error) {
	if _, err := a.Organisation(ctx, organisation, authz.AssessmentEdit); err != nil {
		return "", err
	}
	e, err := s.Load(ctx, a, organisation)
	if err != nil {
		return "", err
	}
	c, ok := s.knowledge.Catalogue.In(p.Language).Get(check)
	places, severity := problems(p, e.Findings, check)
	if !ok || len(places) == 0 {
		return "", errNoFinding
	}
	rated := ratings[severity]
	x, err := register.Risk{Organisation: organisation, Title: c.Title + " (" + check + ")", Scenario: c.Why, Origin: origin(check), Requirements: s.requirements(c), Likelihood: rated[0], Impact: rated[1],
		Reason: p.T("exposure.risk.reason", "on", p.Date(e.on())) + "\n" + strings.Join(places[:min(len(places), mostReasons)], "\n"), Measures: c.Fix}.Tidy()
	if err != nil {
		return "", err
	}
	return s.enter(ctx, a, x)
}

// enter enters a risk into the register, unless one of its origin is open, and gives
// the id of the one that stands there.
func (s *Service) enter(ctx context.Context, a authz.Actor, x register.Risk) (id string, err error) {
	err = s.write(ctx, a, x.Organisation, authz.AssessmentEdit, func(tx *store.Tx) error {
		all, err := tx.Risks(x.Organisation)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, func(r register.Risk) bool { return r.Origin == x.Origin && r.ClosedOn.IsZero() }); i >= 0 {
			id = all[i].ID
			return nil
		}
		made, err := tx.PutRisk(x)
		id = made.ID
		return err
	})
	return id, err
}

// mostReasons is how many places a risk lists, so that its text stays short.
const mostReasons = 10

// problems are the places at which a check failed or warned, and the worst severity.
func problems(p *locale.Printer, worstFirst []exposure.Finding, check string) (places []string, severity exposure.Severity) {
	severity = exposure.None
	for _, f := range worstFirst {
		if f.Check != check || f.Outcome != exposure.Fail && f.Outcome != exposure.Warn {
			continue
		}
		if len(places) == 0 {
			severity = f.Severity
		}
		places = append(places, "- "+f.Target.String()+": "+shorten(Evidence(p, f)))
	}
	return places, severity
}

// mostPlaces is how many places a task lists.
const mostPlaces = 50

func shorten(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}

// evidenceKind is that of the records of vulnerability scans in the catalogue, and
// evidenceDays how long one counts. ENISA's guidance on point 6.7.3 suggests a scan
// each week; a month is the longest that a scan speaks for.
const (
	evidenceKind = "rec.vulnerability-scan"
	evidenceDays = 31
)

// FileEvidence files the last scan as evidence that scans are made.
func (s *Service) FileEvidence(ctx context.Context, a authz.Actor, organisation string, p *locale.Printer) error {
	if _, err := a.Organisation(ctx, organisation, authz.AssessmentEdit); err != nil {
		return err
	}
	e, err := s.Load(ctx, a, organisation)
	if err != nil {
		return err
	}
	if e.Last.ID == "" {
		return &fault.Error{Kind: fault.Conflict, What: "there is no scan yet", Expected: "a scan that is done"}
	}
	on := e.on()
	row := assessment.Evidence{Organisation: organisation, Evidence: posture.Evidence{ID: "scan-" + e.Last.ID, Kind: evidenceKind, Title: p.T("exposure.evidence.title", "on", p.Date(on)),
		Date: on, ValidUntil: on.AddDays(evidenceDays), Location: p.T("exposure.evidence.location"),
		Note: p.T("exposure.evidence.note", "grade", gradeText(scan.Grade(e.Last.Grade)), "targets", strings.Join(e.Last.Targets, ", "), "sum", e.Last.SHA256)}}
	return s.putEvidence(ctx, a, row)
}

// putEvidence files evidence with the id of a scan. Filed again, it takes the place of
// what was filed before.
func (s *Service) putEvidence(ctx context.Context, a authz.Actor, row assessment.Evidence) error {
	err := s.read(ctx, a, row.Organisation, authz.ExposureRead, func(tx *store.Tx) error {
		old, err := tx.Piece(row.Organisation, row.ID)
		if err == nil {
			row.Version = old.Version
		}
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = s.clients.PutPiece(ctx, a, row.Organisation, row)
	return err
}

// The formats of Export, beside those of a report.
const (
	JSON  = "json"
	SARIF = "sarif"
	CSV   = "csv"
	OSCAL = "oscal.json"
	Badge = "svg"
)

// Formats lists the formats of Export.
func Formats() []string { return []string{PDF, HTML, DOCX, CSV, JSON, SARIF, OSCAL, Badge} }

// Export is the last scan as a file. NotFound when there is none.
func (s *Service) Export(ctx context.Context, a authz.Actor, organisation, format string, p *locale.Printer, brand model.Brand) (file []byte, day law.Date, err error) {
	e, err := s.Load(ctx, a, organisation)
	if err != nil {
		return nil, day, err
	}
	return s.export(e, format, p, brand, brand.Client)
}

// export writes the last scan of an exposure; name is whose it is.
func (s *Service) export(e Exposure, format string, p *locale.Printer, brand model.Brand, name string) (file []byte, day law.Date, err error) {
	if e.Last.ID == "" {
		return nil, day, &fault.Error{Kind: fault.NotFound, What: "there is no scan yet"}
	}
	r := s.result(e)
	day = e.on()
	var b bytes.Buffer
	switch format {
	case HTML, PDF, DOCX:
		file, err := Report{Result: r, Drift: e.Drift, Problems: e.Problems, Brand: brand, Name: name, Zone: e.Zone}.Write(p, format)
		return file, day, err
	case JSON:
		err = r.WriteJSON(&b)
	case SARIF:
		err = r.WriteSARIF(&b)
	case OSCAL:
		err = r.WriteOSCAL(&b)
	case CSV:
		err = delimited.Stream(&b, scan.TableHead(), r.Rows())
	case Badge:
		b.Write(scan.Badge(p.T("exposure.badge"), scan.Grade(e.Last.Grade), p.Date(day)))
	default:
		err = invalid("format", fmt.Sprintf("there is no format %q", format), strings.Join(Formats(), ", "))
	}
	return b.Bytes(), day, err
}

func (s *Service) result(e Exposure) scan.Result {
	return scan.Result{Scanner: e.Last.Scanner, Catalogue: s.knowledge.Catalogue, Permit: "scan-" + e.Last.ID, Start: e.Last.StartedAt, End: e.Last.EndedAt,
		Declared: declared(e.Last, e.Findings), Findings: scan.List(e.Findings)}
}

// declared lists the targets of a scan, those of findings taken over included.
func declared(x survey.Scan, list []exposure.Finding) []string {
	out := append([]string{}, x.Targets...)
	seen := map[string]bool{}
	for _, t := range out {
		seen[t] = true
	}
	for _, f := range list {
		if d := f.Target.Declared; !seen[d] {
			seen[d] = true
			out = append(out, d)
		}
	}
	return out
}
