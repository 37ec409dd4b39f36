package assessing

import (
	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/duties"
	"github.com/nisaba-platform/nisaba/law/fines"
	"github.com/nisaba-platform/nisaba/law/scope"
	"github.com/nisaba-platform/nisaba/posture"
)

// Input is everything that a report shows. Compose, JSON and Write change
// nothing in it and read no clock, so that the same input gives the same report.
type Input struct {
	Organisation string   // the name that the report speaks of
	Activity     string   // what it does, one line; may be empty
	AsOf         law.Date // the day of the assessment
	Brand        model.Brand

	Facts     scope.Facts
	Scope     scope.Determination
	Duties    duties.Set
	Fines     fines.Amount
	Countries []country.Pack // of the Member States of the jurisdiction

	Catalogue        *catalog.Catalogue
	CatalogueVersion string
	Statements       posture.Facts // answers, evidence and exceptions that the posture was computed from
	Posture          posture.Posture
	Tasks            []posture.Task // in the order of the plan
	WhatIf           posture.Best   // the few tasks that raise the score most

	Target  float64      // the score aimed at, 0–100; 0 = none
	Sources []law.Source // beside those of the country packs
	Program string       // name and version of the program

	planned bool  // with tasks
	said    *said // in other languages
}

// measures are the letters of Directive (EU) 2022/2555 Art. 21(2).
const measures = "abcdefghij"

// phases are the phases of the plan in their order.
func phases() []catalog.Phase {
	return []catalog.Phase{catalog.Understand, catalog.Plan, catalog.Implement, catalog.Monitor, catalog.Improve, catalog.Report}
}
