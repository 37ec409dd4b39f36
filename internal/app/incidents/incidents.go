// Package incidents is the use cases of the reporting entity: taking in what
// happened, saying when who was aware of what, deciding significance, the duties
// to report with their clocks, the reports, and the record of it all. Each change
// is checked against the actor's rights, recorded in the ledger, and followed by
// the new alarms in the same transaction.
package incidents

import (
	"context"
	"fmt"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Service is the use cases. It is safe for concurrent use.
//
// Every method that takes an organisation answers NotFound to an actor who does
// not belong to it and Forbidden to one whose role is too low. Input that cannot
// be used is Invalid with the name of the field.
type Service struct {
	store     *store.Store
	forms     *reporting.Set
	countries *country.Set
	files     *blob.Dir // nil: no files can be kept
	playbooks []playbook.Playbook
	mailbox   Mailbox
	scanner   Scanner            // nil: nobody looks at files
	messages  *locale.Catalogue  // nil: no copies of binders are kept
	mailer    *mailing.Mailer    // nil: nothing is mailed
	catalogue *catalog.Catalogue // nil: lessons name no requirement
}

// New makes the service.
func New(s *store.Store, forms *reporting.Set, countries *country.Set) *Service {
	return &Service{store: s, forms: forms, countries: countries}
}

// WithFiles gives the service the files in which evidence and lists are kept.
func (s *Service) WithFiles(d *blob.Dir) *Service {
	s.files = d
	return s
}

// WithCatalogue gives the service the requirements that a lesson can strengthen.
func (s *Service) WithCatalogue(c *catalog.Catalogue) *Service {
	s.catalogue = c
	return s
}

// WithPlaybooks gives the service the playbooks of the program.
func (s *Service) WithPlaybooks(all []playbook.Playbook) *Service {
	s.playbooks = all
	return s
}

// Forms are the report forms.
func (s *Service) Forms() *reporting.Set { return s.forms }

// Case is one incident with everything about it.
type Case struct {
	incident.Incident
	Duties    []Duty
	Entries   []incident.Entry    // of it and of what was merged into it, oldest first
	Recurring []incident.Incident // earlier ones of the last six months with the same root cause
	Related   []Relation

	lineage []string // its id, and those of the cases that were merged into it
}

// Duty is an obligation with its clocks as of now and its reports.
type Duty struct {
	incident.Obligation
	Clocks  []clocks.Clock
	Reports []incident.Report // oldest first
}

// Clock finds the clock of a stage.
func (d Duty) Clock(st clocks.Stage) (clocks.Clock, bool) {
	for _, c := range d.Clocks {
		if c.Stage == st {
			return c, true
		}
	}
	return clocks.Clock{}, false
}

// List gives the incidents of an organisation, newest first.
func (s *Service) List(ctx context.Context, a authz.Actor, organisation string) (list []incident.Incident, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		list, err = tx.Incidents(organisation)
		return err
	})
	return list, err
}

// Load gives one case with clocks as of now.
func (s *Service) Load(ctx context.Context, a authz.Actor, organisation, id string) (c Case, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		c, err = s.load(tx, organisation, id)
		return err
	})
	return c, err
}

func (s *Service) load(tx *store.Tx, organisation, id string) (Case, error) {
	i, err := incidentOf(tx, organisation, id)
	if err != nil {
		return Case{}, err
	}
	c := Case{Incident: i}
	if c.Duties, err = Duties(tx, i); err != nil {
		return Case{}, err
	}
	if i.State == incident.Merged { // its clocks run where it goes on
		for n := range c.Duties {
			c.Duties[n].Clocks = nil
		}
	}
	all, err := tx.Incidents(organisation)
	if err != nil {
		return Case{}, err
	}
	c.lineage, c.Recurring, c.Related = incident.Lineage(id, all), incident.Recurring(i, all), related(i, all)
	c.Entries, err = tx.IncidentEntries(organisation, c.lineage...)
	return c, err
}

// incidentOf is an incident that belongs to the organisation.
func incidentOf(tx *store.Tx, organisation, id string) (incident.Incident, error) {
	i, err := tx.Incident(id)
	if err == nil && i.Organisation != organisation {
		err = &fault.Error{Kind: fault.NotFound, What: "there is no such incident"}
	}
	return i, err
}

// Duties are the obligations of an incident with clocks and reports.
func Duties(tx *store.Tx, i incident.Incident) ([]Duty, error) {
	obligations, err := tx.Obligations(i.Organisation, i.ID)
	if err != nil {
		return nil, err
	}
	reports, err := tx.IncidentReports(i.Organisation, i.ID)
	if err != nil {
		return nil, err
	}
	out := make([]Duty, len(obligations))
	for n, o := range obligations {
		out[n].Obligation = o
		for _, r := range reports {
			if r.Obligation == o.ID {
				out[n].Reports = append(out[n].Reports, r)
			}
		}
		out[n].Clocks = o.Clocks(i, out[n].Reports, i.Now(tx.Now()))
	}
	return out, nil
}

// Notice is what somebody says in the first minute.
type Notice struct {
	Title      string
	Text       string
	Kind       incident.Kind   // "": event
	Zone       string          // IANA name, of who says it; "": UTC
	OccurredAt incident.Moment // may be unknown
	DetectedAt incident.Moment // zero: now
	Channel    string          // "": page
	Reporter   string
	Exercise   bool
}

// LongestTitle is how many characters a title may have.
const LongestTitle = 200

// Intake opens a case. Whoever may say that something happened may call it; it is
// an event until somebody looked at it.
func (s *Service) Intake(ctx context.Context, a authz.Actor, organisation string, n Notice) (i incident.Incident, err error) {
	if n, err = checkNotice(n); err != nil {
		return i, err
	}
	err = s.write(ctx, a, organisation, authz.IncidentNotice, func(tx *store.Tx) error {
		i, err = open(tx, a, organisation, n)
		return err
	})
	return i, err
}

func checkNotice(n Notice) (Notice, error) {
	n.Title = strings.TrimSpace(n.Title)
	switch {
	case n.Title == "" || len([]rune(n.Title)) > LongestTitle:
		return n, invalid("title", "the title is missing or too long", fmt.Sprintf("what happened, in up to %d characters", LongestTitle))
	case len(n.Text) > reporting.LongestText:
		return n, invalid("text", "the text is too long", fmt.Sprintf("up to %d bytes", reporting.LongestText))
	}
	if n.Kind == "" {
		n.Kind = incident.Event
	}
	return n, nil
}

// open makes the case of a notice.
func open(tx *store.Tx, a authz.Actor, organisation string, n Notice) (i incident.Incident, err error) {
	earlier, err := tx.Incidents(organisation)
	if err != nil {
		return i, err
	}
	reference, err := nextReference(tx, earlier)
	if err != nil {
		return i, err
	}
	if !n.DetectedAt.Known() {
		n.DetectedAt = incident.Moment{At: tx.Now(), Zone: n.Zone, Certainty: incident.Exact}
	}
	for field, m := range map[string]*incident.Moment{"occurred_at": &n.OccurredAt, "detected_at": &n.DetectedAt} {
		if err := checkMoment(field, m, tx.Now()); err != nil {
			return i, err
		}
	}
	i = incident.Incident{Organisation: organisation, Reference: reference, Title: n.Title, Kind: n.Kind,
		State: incident.Open, Exercise: n.Exercise, Zone: zoneOr(n.Zone), OccurredAt: n.OccurredAt, DetectedAt: n.DetectedAt,
		AwareAt: incident.Moment{Certainty: incident.Unknown}, HandledAt: incident.Moment{Certainty: incident.Unknown},
		Facts: reporting.Values{}, Criteria: map[string]string{}, Channel: orElse(n.Channel, "page"), Reporter: n.Reporter,
		TLP: incident.DefaultTLP, CreatedBy: a.Person}
	if n.Text != "" {
		i.Facts["description"] = reporting.Value{Text: n.Text}
	}
	if i, err = tx.PutIncident(i); err != nil {
		return i, err
	}
	return i, note(tx, a, i, "system", n.Title)
}

// nextReference is the year, where the workspace is, and the number after the highest of
// that year.
func nextReference(tx *store.Tx, earlier []incident.Incident) (string, error) {
	today, err := tx.Today()
	year, highest := today.Year, 0
	for _, e := range earlier {
		var y, n int
		if _, err := fmt.Sscanf(e.Reference, "%d-%d", &y, &n); err == nil && y == year && n > highest {
			highest = n
		}
	}
	return fmt.Sprintf("%d-%03d", year, highest+1), err
}

// facts are those of the organisation, for proposals.
func facts(tx *store.Tx, id string) (*organisation.File, error) {
	o, err := tx.Organisation(id)
	if err != nil {
		return nil, err
	}
	return organisation.Read("", o.Facts)
}

// languageOf is the language of what is kept or goes out for an organisation: that of
// its file, else that of the workspace.
func languageOf(tx *store.Tx, f *organisation.File) (string, error) {
	if f.Language != "" {
		return f.Language, nil
	}
	w, err := tx.Workspace()
	return orElse(w.Language, "en"), err
}
