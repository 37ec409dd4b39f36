package demo

import (
	"embed"
	"fmt"
	"path"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

//go:embed clients/*.yaml
var files embed.FS

// course is what becomes of one client: how far it is when it joins, how far it
// gets, and how well it keeps its dates.
type course struct {
	file       string
	kind       tenant.OrganisationKind
	tags       []string
	days       int     // ago, when it joined
	from, to   float64 // share of what is asked that is done, when it joined and now
	diligence  float64 // share of the tasks that are done in time
	registered int     // days after it joined, when it registered; 0: not yet
	editor     string  // who works on it in the organisation; "": nobody has an account
	board      string  // member of the management body with an account; ""
	grew       bool    // its figures changed nine days ago, so that the class is open again
	waiting    bool    // an approval waits
}

func courses() []course {
	return []course{
		{file: "klinikum-hohenlinden", tags: []string{"Germany", "hospital"}, days: 420, from: 0.34, to: 0.78, diligence: 0.85, registered: 60,
			editor: "Tarek Aslan", board: "Hannelore Grabowski", waiting: true},
		{file: "stadtwerke-eichenried", tags: []string{"Germany", "critical"}, days: 410, from: 0.42, to: 0.84, diligence: 0.9, registered: 40,
			editor: "Sabine Krautwurst", board: "Ulrich Feneberg"},
		{file: "wasserverband-pielachtal", tags: []string{"Austria", "critical"}, days: 365, from: 0.28, to: 0.58, diligence: 0.6, editor: "Elfriede Zeilinger"},
		{file: "bytehof-systemhaus", tags: []string{"Austria"}, days: 330, from: 0.45, to: 0.72, diligence: 0.7, registered: 90, grew: true},
		{file: "datahaven-noord", tags: []string{"Netherlands"}, days: 300, from: 0.55, to: 0.88, diligence: 0.95, registered: 30, board: "Pieter Bakema"},
		{file: "polder-zuivel", tags: []string{"Netherlands", "production"}, days: 260, from: 0.22, to: 0.47, diligence: 0.5},
		{file: "laboratoires-arvenne", tags: []string{"France", "production"}, days: 220, from: 0.4, to: 0.66, diligence: 0.75, registered: 75, waiting: true},
		{file: "officine-valbrenta", tags: []string{"Italy", "production"}, days: 180, from: 0.15, to: 0.33, diligence: 0.35, registered: 20},
		{file: "chemia-wisloka", tags: []string{"Poland", "production"}, days: 130, from: 0.2, to: 0.38, diligence: 0.4},
		{file: "transports-vallonne", tags: []string{"France"}, days: 80, from: 0.3, to: 0.41, diligence: 0.6},
		{file: "odpady-morava", tags: []string{"Czechia"}, days: 34, from: 0.12, to: 0.2, diligence: 0.3},
		{file: "tischlerei-brandauer", kind: tenant.Prospect, tags: []string{"Austria"}, days: 12, from: 0.3, to: 0.3},
	}
}

// facts reads the organisation file of the course, with the accounting years moved
// so that the last one ended before the year.
func (c course) facts(year int) (*organisation.File, error) {
	name := path.Join("clients", c.file+".yaml")
	b, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the example client: %w", err)
	}
	f, err := organisation.Read(name, b)
	if err != nil {
		return nil, err
	}
	last := f.Figures[len(f.Figures)-1].Year
	for i := range f.Figures {
		f.Figures[i].Year += year - 1 - last
	}
	return f, nil
}
