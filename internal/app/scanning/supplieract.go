package scanning

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// supplierRequirements are those that a look at a supplier bears on: Art. 21(2)(d) and
// 21(3) of Directive (EU) 2022/2555.
var supplierRequirements = []string{"nis2.21.2.d.review", "nis2.21.3"}

// The bounds of what is said of one supplier in one text.
const (
	mostChecks = 40 // of a request
	mostShown  = 5  // places of a check
)

// Request is what a person says when a supplier is asked to mend what was seen.
type Request struct {
	Address  string
	Language string
	Note     string // own words, below the greeting; "": none
	Reply    string // address to which the supplier answers
}

// RequestText is the letter to a supplier in the language of the printer: what was
// seen, how to mend it, and how to allow a full scan. organisation is who asks.
func (s *Service) RequestText(p *locale.Printer, e SupplierExposure, organisation, by string, r Request) string {
	return p.T("supplier.mail.text", "supplier", e.Supplier.Name, "organisation", organisation) + "\n\n" + s.requestBody(p, e, by, r)
}

// requestBody is the letter below its greeting.
func (s *Service) requestBody(p *locale.Printer, e SupplierExposure, by string, r Request) string {
	var parts []string
	if r.Note != "" {
		parts = append(parts, r.Note)
	}
	groups := PerCheck(failing(e.Findings))
	switch {
	case e.Last.ID == "":
	case len(groups) == 0:
		parts = append(parts, p.T("supplier.mail.nothing", "on", p.Date(e.on())))
	default:
		parts = append(parts, p.T("supplier.mail.seen", "on", p.Date(e.on()), "grade", gradeText(scan.Grade(e.Last.Grade))))
		for i, g := range groups[:min(len(groups), mostChecks)] {
			parts = append(parts, s.requestItem(p, i+1, g))
		}
		if n := len(groups) - mostChecks; n > 0 {
			parts = append(parts, p.T("supplier.mail.more", "count", n))
		}
	}
	today := law.DateOf(s.store.Now().In(e.Zone))
	var records []string
	for _, t := range e.Targets {
		if RecordSuffices(t) && !t.Proven(today) {
			records = append(records, RecordName(t)+"  TXT  \""+RecordText(t)+"\"")
		}
	}
	if len(records) > 0 {
		parts = append(parts, p.T("supplier.mail.visit"), p.T("supplier.mail.consent"), strings.Join(records, "\n"))
	}
	if r.Reply != "" {
		parts = append(parts, p.T("supplier.mail.reply", "address", r.Reply))
	}
	return strings.Join(append(parts, p.T("supplier.mail.end", "by", by)), "\n\n")
}

// PerCheck groups findings by check, in their order.
func PerCheck(list []exposure.Finding) (out [][]exposure.Finding) {
	index := map[string]int{}
	for _, f := range list {
		i, ok := index[f.Check]
		if !ok {
			i = len(out)
			index[f.Check] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], f)
	}
	return out
}

func (s *Service) requestItem(p *locale.Printer, number int, group []exposure.Finding) string {
	c, _ := s.knowledge.Catalogue.In(p.Language).Get(group[0].Check)
	lines := []string{fmt.Sprintf("%d. %s (%s, %s)", number, c.Title, c.ID, p.T("exposure.severity."+string(group[0].Severity)))}
	for _, f := range group[:min(len(group), mostShown)] {
		lines = append(lines, "   "+f.Target.String()+": "+shorten(Evidence(p, f)))
	}
	if n := len(group) - mostShown; n > 0 {
		lines = append(lines, "   "+p.T("supplier.mail.places", "count", n))
	}
	if c.Fix != "" {
		lines = append(lines, "   "+p.T("supplier.mail.fix", "fix", c.Fix))
	}
	return strings.Join(lines, "\n")
}

// AskSupplier mails a supplier what was seen of it and how to mend it, in its
// language, and keeps what was said. The printer is of that language.
func (s *Service) AskSupplier(ctx context.Context, a authz.Actor, organisation, supplier string, r Request, p *locale.Printer) error {
	r.Address, r.Note = strings.TrimSpace(r.Address), strings.TrimSpace(r.Note)
	row := register.Request{Organisation: organisation, Supplier: supplier, Address: r.Address, Language: r.Language, AskedBy: a.Person, AskedName: a.Name}
	if err := row.Check(); err != nil {
		return err
	}
	if len([]rune(r.Note)) > register.LongestText {
		return invalid("note", "the text is too long", fmt.Sprintf("up to %d characters", register.LongestText))
	}
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		e, err := s.loadSupplier(tx, organisation, supplier)
		if err != nil {
			return err
		}
		o, err := tx.Organisation(organisation)
		if err != nil {
			return err
		}
		request := row
		request.Scan, request.Body = e.Last.ID, s.RequestText(p, e, o.Name, a.Name, r)
		if err := request.Check(); err != nil {
			return err
		}
		if request, err = tx.PutSupplierRequest(request); err != nil {
			return err
		}
		_, err = s.o.Mails.Post(tx, mailing.Letter{Key: "supplier/" + request.ID, Organisation: organisation, To: request.Address, Language: request.Language,
			Message: "supplier.mail", Arguments: []any{"supplier", e.Supplier.Name, "organisation", o.Name}, Body: s.requestBody(p, e, a.Name, r)})
		return err
	})
}

// supplierPlaces lists what failed or warned at a supplier, and the worst severity.
func (s *Service) supplierPlaces(p *locale.Printer, e SupplierExposure, most int) (lines []string, worst exposure.Severity) {
	worst = exposure.None
	for i, g := range PerCheck(failing(e.Findings)) {
		if i == 0 {
			worst = g[0].Severity
		}
		c, _ := s.knowledge.Catalogue.In(p.Language).Get(g[0].Check)
		lines = append(lines, fmt.Sprintf("- %s (%s): %s", c.Title, c.ID, g[0].Target.String()))
	}
	if n := len(lines) - most; n > 0 {
		lines = append(lines[:most], p.T("supplier.mail.more", "count", n))
	}
	return lines, worst
}

var errNothingSeen = &fault.Error{Kind: fault.Conflict, What: "the last look at the supplier found nothing that fails", Expected: "findings"}

// MakeSupplierTask makes a task of the last look at a supplier: to have mended what
// was found. A task that is open already stays as it is.
func (s *Service) MakeSupplierTask(ctx context.Context, a authz.Actor, organisation, supplier string, p *locale.Printer) error {
	if _, err := a.Organisation(ctx, organisation, authz.PlanEdit); err != nil {
		return err
	}
	e, err := s.LoadSupplier(ctx, a, organisation, supplier)
	if err != nil {
		return err
	}
	places, severity := s.supplierPlaces(p, e, mostPlaces)
	if len(places) == 0 {
		return errNothingSeen
	}
	origin, open := SupplierOrigin+supplier, false
	err = s.read(ctx, a, organisation, authz.PlanEdit, func(tx *store.Tx) error {
		tasks, err := tx.Tasks(organisation)
		for _, t := range tasks {
			open = open || t.Origin == origin && t.State.Open()
		}
		return err
	})
	if err != nil || open {
		return err
	}
	today := a.Day(s.store.Now())
	days, limited := survey.Plan{}.Limit(string(severity))
	if !limited {
		days = noLimit
	}
	return s.clients.PutTask(ctx, a, organisation, planning.Task{Organisation: organisation, Origin: origin, Title: p.T("supplier.task.title", "supplier", e.Supplier.Name),
		Body:  p.T("supplier.task.body", "on", p.Date(e.on())) + "\n\n" + strings.Join(places, "\n"),
		State: planning.ToDo, Requirements: supplierRequirements, Measures: []string{"d"}, Start: today, Due: today.AddDays(int(days))})
}

// MakeSupplierRisk enters the last look at a supplier into the register of risks and
// gives the id of the risk. How likely it is follows from the worst finding, the impact
// from how much depends on the supplier: a proposal that its owner corrects. One that is
// open already stays as it is.
func (s *Service) MakeSupplierRisk(ctx context.Context, a authz.Actor, organisation, supplier string, p *locale.Printer) (id string, err error) {
	if _, err := a.Organisation(ctx, organisation, authz.AssessmentEdit); err != nil {
		return "", err
	}
	e, err := s.LoadSupplier(ctx, a, organisation, supplier)
	if err != nil {
		return "", err
	}
	places, severity := s.supplierPlaces(p, e, mostReasons)
	if len(places) == 0 {
		return "", errNothingSeen
	}
	impact := int64(register.Most - slices.Index(register.Levels(), e.Supplier.Criticality))
	x, err := register.Risk{Organisation: organisation, Title: p.T("supplier.risk.title", "supplier", e.Supplier.Name), Scenario: p.T("supplier.risk.scenario"), Origin: SupplierOrigin + supplier,
		Requirements: supplierRequirements, Likelihood: ratings[severity][0], Impact: impact,
		Reason: p.T("supplier.risk.reason", "on", p.Date(e.on()), "grade", gradeText(scan.Grade(e.Last.Grade))) + "\n" + strings.Join(places, "\n"), Measures: p.T("supplier.risk.measures")}.Tidy()
	if err != nil {
		return "", err
	}
	return s.enter(ctx, a, x)
}

// supplierEvidence is the kind of the records of supplier reviews in the catalogue.
const supplierEvidence = "rec.supplier-review"

// FileSupplierEvidence files the last look at a supplier as evidence that suppliers are
// checked. How long it counts is as the requirement says.
func (s *Service) FileSupplierEvidence(ctx context.Context, a authz.Actor, organisation, supplier string, p *locale.Printer) error {
	if _, err := a.Organisation(ctx, organisation, authz.AssessmentEdit); err != nil {
		return err
	}
	e, err := s.LoadSupplier(ctx, a, organisation, supplier)
	if err != nil {
		return err
	}
	if e.Last.ID == "" {
		return &fault.Error{Kind: fault.Conflict, What: "there is no look at the supplier yet", Expected: "one that is done"}
	}
	on := e.on()
	asked := p.T("supplier.evidence.not_asked")
	if len(e.Requests) > 0 {
		asked = p.T("supplier.evidence.asked", "on", p.Date(a.Day(e.Requests[0].CreatedAt)))
	}
	row := assessment.Evidence{Organisation: organisation, Evidence: posture.Evidence{ID: "scan-" + e.Last.ID, Kind: supplierEvidence,
		Title: p.T("supplier.evidence.title", "supplier", e.Supplier.Name, "on", p.Date(on)), Date: on, Location: p.T("supplier.evidence.location"),
		Note: p.T("supplier.evidence.note", "grade", gradeText(scan.Grade(e.Last.Grade)), "targets", strings.Join(e.Last.Targets, ", "), "sum", e.Last.SHA256) + " " + asked}}
	return s.putEvidence(ctx, a, row)
}
