package incidents

import (
	"context"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// CustodySheet is the chain of custody of a piece of evidence on paper, which goes along
// with the thing, with room to go on by hand.
type CustodySheet struct {
	Incident incident.Incident
	Exhibit  incident.Exhibit
	Writers  []string // who wrote each line down, by name; "": not known
	Entity   string   // name of the organisation
	Language string   // of the organisation
	Zone     *time.Location
	On       time.Time
}

// byHand is how many lines can be added with a pen.
const byHand = 6

// CustodySheet prepares the sheet of a piece of evidence.
func (s *Service) CustodySheet(ctx context.Context, a authz.Actor, organisation, id, exhibit string) (c CustodySheet, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		found, err := s.load(tx, organisation, id)
		if err != nil {
			return err
		}
		c = CustodySheet{Incident: found.Incident, Zone: time.UTC, On: found.Now(tx.Now())}
		if c.Exhibit, err = exhibitOf(tx, c.Incident, exhibit); err != nil {
			return err
		}
		if zone, err := time.LoadLocation(c.Incident.Zone); err == nil {
			c.Zone = zone
		}
		file, err := facts(tx, organisation)
		if err != nil {
			return err
		}
		c.Entity = file.Organisation.Name
		if c.Language, err = languageOf(tx, file); err != nil {
			return err
		}
		for _, line := range c.Exhibit.Custody {
			by := ""
			for _, e := range found.Entries {
				if e.Kind == "evidence" && e.Object == exhibit && e.At.At.Equal(line.At) && e.By == line.By {
					by = e.ByName
				}
			}
			c.Writers = append(c.Writers, by)
		}
		return nil
	})
	return c, err
}

// Name is the name of a file of the sheet: an exercise shows in it.
func (c CustodySheet) Name(ending string) string {
	name := c.Incident.Reference + "-custody" + ending
	if c.Incident.Exercise {
		return "exercise-" + name
	}
	return name
}

// Document is the sheet in the printer's language. Times are in the zone of the case.
func (c CustodySheet) Document(p *locale.Printer) model.Document {
	title, notice := p.T("handling.sheet"), "TLP:"+c.Incident.TLP+" · "+c.Incident.Reference
	if c.Incident.Exercise {
		title, notice = p.T("incidentpapers.exercise")+" – "+title, p.T("incidentpapers.exercise")+" · "+notice
	}
	d := model.Document{Title: title, Subtitle: c.Entity + " · " + c.Incident.Reference, Language: p.Language, Brand: model.Brand{Client: c.Entity},
		AsOf: law.DateOf(c.On.In(c.Zone)), DateText: c.instant(p, c.On), Notice: notice,
		Labels: model.Labels{SkipToContent: p.T("report.label.skip"), Contents: p.T("report.label.contents"), AsTable: p.T("report.label.as_table"),
			PreparedBy: p.T("report.label.prepared_by"), AsOf: p.T("report.label.as_of"), Continued: p.T("report.label.continued")}}
	if c.Incident.Exercise {
		d.Blocks = append(d.Blocks, model.Callout{Tone: chart.ToneBad, Title: p.T("incidentpapers.exercise"), Body: []model.Text{model.Say(p.T("incidentpapers.exercise.text"))}})
	}
	d.Blocks = append(d.Blocks, c.particulars(p), model.Heading{Level: 1, ID: "chain", Text: p.T("handling.sheet.chain")}, c.chain(p),
		model.Paragraph{Text: model.Say(p.T("handling.sheet.hint")), Small: true})
	return d
}

func (c CustodySheet) instant(p *locale.Printer, at time.Time) string {
	local := at.In(c.Zone)
	return p.Date(law.DateOf(local)) + ", " + local.Format("15:04:05 MST")
}

func (c CustodySheet) particulars(p *locale.Printer) model.Block {
	t := model.Table{Columns: []model.Column{{Title: p.T("incidentpapers.column.item"), Weight: 1.3}, {Title: p.T("incidentpapers.column.detail"), Weight: 4}}}
	for _, row := range [][2]string{{"handling.field.exhibit", c.Exhibit.Name}, {"handling.sheet.case", c.Incident.Reference + " " + c.Incident.Title}, {"handling.field.file", c.Exhibit.File},
		{"handling.sheet.hash", c.Exhibit.SHA256}, {"handling.sheet.number", c.Exhibit.ID}} {
		if row[1] != "" {
			t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{{Lines: []model.Text{model.Strongly(p.T(row[0]))}}, model.Words(row[1])}})
		}
	}
	return t
}

// chain is the table of the lines, oldest first, and of empty ones.
func (c CustodySheet) chain(p *locale.Printer) model.Block {
	t := model.Table{Columns: []model.Column{{Title: p.T("handling.field.at"), Weight: 2.2}, {Title: p.T("handling.field.action"), Weight: 1.6}, {Title: p.T("handling.field.who"), Weight: 2},
		{Title: p.T("handling.field.where"), Weight: 2}, {Title: p.T("handling.sheet.by"), Weight: 2}, {Title: p.T("handling.sheet.signature"), Weight: 2}}}
	for n, x := range c.Exhibit.Custody {
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(c.instant(p, x.At)), model.Words(p.T("handling.custody." + custodyKey(x.Action))),
			model.Words(x.Who), model.Words(x.Where), model.Words(orElse(c.Writers[n], "\u00a0")), blank(1)}})
	}
	for range byHand {
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{blank(2), blank(1), blank(1), blank(1), blank(1), blank(1)}})
	}
	return t
}
