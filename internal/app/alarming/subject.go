package alarming

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// subject is what an alarm is about: a case of an entity, or one of an authority.
type subject struct {
	id           string // of the case
	organisation string
	reference    string
	title        string // of the incident; at an authority, the name of the entity
	link         string // page
	lead         string // person
	exercise     bool
	regime       clocks.Regime
	authority    string // or the partner of a contract, for the sentence
	country      string
	zone         string // IANA name, in which deadlines are said
	now          time.Time
	underway     time.Time      // when the report was submitted that has not reached the authority; zero: there is none
	desk         bool           // of an authority
	words        string         // of the key of the sentence
	about        []clocks.Stage // of an alarm about several deadlines
	stage        clocks.Stage   // of the report that is due, or that is to be mended
}

// known is a case with its duties.
type known struct {
	incident.Incident
	duties  []incident.Obligation
	reports []incident.Report
}

// find is what an alarm is about.
func (b *bell) find(a incident.Alarm) (subject, error) {
	if a.Stage == authority.AnswerStage || a.Stage == authority.MendStage {
		return b.answer(a)
	}
	c, seen := b.cases[a.Incident]
	if !seen {
		var err error
		if c.Incident, err = b.in.Incident(a.Incident); err != nil {
			return subject{}, err
		}
		if c.duties, err = b.in.Obligations(a.Organisation, a.Incident); err != nil {
			return subject{}, err
		}
		if c.reports, err = b.in.IncidentReports(a.Organisation, a.Incident); err != nil {
			return subject{}, err
		}
		b.cases[a.Incident] = c
	}
	x := subject{id: c.ID, organisation: c.Organisation, reference: c.Reference, title: c.Title, link: "/organisations/" + c.Organisation + "/incidents/" + c.ID,
		lead: c.Lead, exercise: c.Exercise, now: c.Now(b.in.Now()), words: "alarm", stage: a.Stage}
	if message, ok := filing.Reminded(a.Obligation); ok {
		return b.asked(x, c, message)
	}
	n := slices.IndexFunc(c.duties, func(o incident.Obligation) bool { return o.ID == a.Obligation })
	if n < 0 {
		return subject{}, fmt.Errorf("there is no duty %s", a.Obligation)
	}
	o := c.duties[n]
	x.regime, x.authority, x.country, x.zone = o.Regime, o.Authority, o.Country, o.Zone
	if x.authority == "" {
		x.authority = o.Partner
	}
	var own []incident.Report
	for _, r := range c.reports {
		if r.Obligation == o.ID {
			own = append(own, r)
		}
	}
	if r, ok := incident.Awaited(own, a.Stage); ok {
		x.underway = r.SubmittedAt
	}
	return x, nil
}

// asked is what an authority wants by a time that it set: an answer, or a better report
// than one that it sent back. The zone is that of the authority when a duty to it is known.
func (b *bell) asked(x subject, c known, message string) (subject, error) {
	m, err := b.in.FilingMessage(message)
	if err != nil {
		return x, err
	}
	way, err := b.in.FilingEndpoint(m.Endpoint)
	if err != nil && fault.KindOf(err) != fault.NotFound { // it may have been removed since
		return x, err
	}
	x.words, x.regime, x.authority, x.country = "asked."+m.Kind, clocks.Regime(m.Regime), way.Authority, way.Country
	x.link += "#message-" + m.ID
	for _, o := range c.duties {
		if o.Regime == x.regime && o.Authority == x.authority {
			x.country, x.zone = o.Country, o.Zone
		}
	}
	for _, r := range c.reports {
		if r.ID == m.About {
			x.stage = r.Stage
		}
	}
	return x, nil
}

// answer is the case of an authority in which the first answer to an early warning is
// due, or a report was to be mended. Its zone is that of the Member State, so that officers read their own time.
func (b *bell) answer(a incident.Alarm) (subject, error) {
	c, err := b.in.AuthorityCase(a.Incident)
	if err != nil {
		return subject{}, err
	}
	names, err := b.in.OrganisationNames([]string{c.Organisation})
	if err != nil {
		return subject{}, err
	}
	zone := ""
	if b.Zone != nil {
		zone = b.Zone(c.Country)
	}
	x := subject{id: c.ID, organisation: c.Organisation, reference: c.Reference, title: names[c.Organisation], link: "/authority/cases/" + c.ID, lead: c.Handler,
		exercise: c.Exercise, regime: clocks.Regime(c.Regime), authority: b.home.Name, country: c.Country, zone: zone, now: b.in.Now(), desk: true, words: "answer", stage: a.Stage}
	if a.Stage != authority.MendStage {
		return x, nil
	}
	list, err := b.in.AuthorityReports(c.Organisation, c.ID)
	for _, r := range list {
		if r.MendDuty().ID == a.Obligation {
			x.words, x.stage, x.link = "mend", clocks.Stage(r.Stage), x.link+"#report-"+r.ID
		}
	}
	return x, err
}

// record writes the alarm where the case is looked up later.
func (b *bell) record(a incident.Alarm, x subject) error {
	if x.desk {
		return b.in.Note("alarm."+x.words, "authority_case", x.id, x.organisation, a.Step+", "+a.DueAt.Format(time.RFC3339))
	}
	stages := string(a.Stage)
	for _, st := range x.about {
		stages += "+" + string(st)
	}
	_, err := b.in.AddIncidentEntry(incident.Entry{Organisation: a.Organisation, Incident: a.Incident, Kind: "alarm", Object: a.ID,
		Text: stages + ", " + a.Step, After: a.DueAt.Format(time.RFC3339),
		At: incident.Moment{At: x.now, Zone: b.cases[a.Incident].Zone, Certainty: incident.Exact}})
	return err
}

// sentence says what is due when, in the zone of the authority.
func sentence(a incident.Alarm, x subject) law.Message {
	words := []string{"incident", x.words}
	if !x.underway.IsZero() {
		words = append(words, "underway")
	}
	if x.now.Before(a.DueAt) {
		words = append(words, "ahead")
	} else {
		words = append(words, "overdue")
	}
	if x.exercise {
		words = append(words, "exercise")
	}
	zone, err := time.LoadLocation(x.zone)
	if err != nil {
		zone = time.UTC
	}
	args := []law.Arg{{Name: "stage", Value: stageName(x.stage)}, {Name: "authority", Value: x.recipient()}, {Name: "reference", Value: x.reference},
		{Name: "title", Value: x.title}, {Name: "due", Value: a.DueAt.In(zone).Format("2006-01-02 15:04 MST")}}
	switch x.words {
	case "answer":
		args = args[2:]
	case "asked.question":
		args = args[1:]
	}
	if !x.underway.IsZero() {
		args = append(args, law.Arg{Name: "since", Value: x.underway.In(zone).Format("2006-01-02 15:04 MST")})
	}
	return law.Message{Key: strings.Join(words, "."), Args: args}
}

// recipient is to whom a report goes: by name, or as the law calls them.
func (x subject) recipient() any {
	switch {
	case x.authority != "":
		return x.authority
	case x.regime == incident.Contract || x.regime == incident.Insurer:
		return law.Message{Key: "incident.alarm.unnamed.partner"}
	case !x.stage.ToAuthority():
		if m := clocks.RecipientOf(x.regime, x.stage); m.Key != "" {
			return m
		}
	}
	return law.Say("incident.alarm.unnamed", "regime", law.Message{Key: "clocks.regime." + string(x.regime)})
}

func stageName(s clocks.Stage) law.Message {
	if s == incident.ContractStage {
		return law.Message{Key: "incident.alarm.contract"}
	}
	return law.Message{Key: "clocks.stage." + string(s)}
}
