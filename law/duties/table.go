package duties

import "github.com/nisaba-platform/nisaba/law"

// Addressee is who owes a duty.
type Addressee string

// The addressees.
const (
	Entity             Addressee = "entity"              // the organisation as such
	ManagementBody     Addressee = "management-body"     // Art. 20(1)
	ManagementMember   Addressee = "management-member"   // each member, Art. 20(2)
	RegistrationEntity Addressee = "registration-entity" // TLD registries and domain-name registration services, Art. 28
)

// part groups duties that bind, or are displaced, together.
type part uint8

const (
	partList         part = iota // Art. 3(4)
	partGovernance               // Art. 20
	partMeasures                 // Art. 21
	partReporting                // Art. 23
	partTrust                    // Art. 23(4), second subparagraph
	partRepresent                // Art. 26(3)
	partRegistry                 // Art. 27
	partDomainData               // Art. 28
	partSharing                  // Art. 29(4)
	partCIR                      // Implementing Regulation (EU) 2024/2690, annex
	partSignificance             // Implementing Regulation (EU) 2024/2690, Arts. 3 to 14
)

// line is one duty of the table.
type line struct {
	id, citation string
	addressee    Addressee
	part         part
}

const (
	directive    = "Directive (EU) 2022/2555 Art. "
	implementing = "Implementing Regulation (EU) 2024/2690"
)

// table has every duty of an entity, in the order of the law.
var table = []line{
	{"nis2.3.4", directive + "3(4)", Entity, partList},
	{"nis2.20.1.approve", directive + "20(1)", ManagementBody, partGovernance},
	{"nis2.20.1.oversee", directive + "20(1)", ManagementBody, partGovernance},
	{"nis2.20.1.liability", directive + "20(1)", ManagementBody, partGovernance},
	{"nis2.20.2.training", directive + "20(2)", ManagementMember, partGovernance},
	{"nis2.20.2.staff", directive + "20(2)", Entity, partGovernance},
	{"nis2.21.1", directive + "21(1)", Entity, partMeasures},
	{"nis2.21.2", directive + "21(2)", Entity, partMeasures},
	{"nis2.21.2.a", directive + "21(2)(a)", Entity, partMeasures},
	{"nis2.21.2.b", directive + "21(2)(b)", Entity, partMeasures},
	{"nis2.21.2.c", directive + "21(2)(c)", Entity, partMeasures},
	{"nis2.21.2.d", directive + "21(2)(d)", Entity, partMeasures},
	{"nis2.21.2.e", directive + "21(2)(e)", Entity, partMeasures},
	{"nis2.21.2.f", directive + "21(2)(f)", Entity, partMeasures},
	{"nis2.21.2.g", directive + "21(2)(g)", Entity, partMeasures},
	{"nis2.21.2.h", directive + "21(2)(h)", Entity, partMeasures},
	{"nis2.21.2.i", directive + "21(2)(i)", Entity, partMeasures},
	{"nis2.21.2.j", directive + "21(2)(j)", Entity, partMeasures},
	{"nis2.21.3", directive + "21(3)", Entity, partMeasures},
	{"nis2.21.4", directive + "21(4)", Entity, partMeasures},
	{"nis2.23.1", directive + "23(1)", Entity, partReporting},
	{"nis2.23.1.recipients", directive + "23(1)", Entity, partReporting},
	{"nis2.23.2", directive + "23(2)", Entity, partReporting},
	{"nis2.23.4.a", directive + "23(4)(a)", Entity, partReporting},
	{"nis2.23.4.b", directive + "23(4)(b)", Entity, partReporting},
	{"nis2.23.4.b.tsp", directive + "23(4)", Entity, partTrust},
	{"nis2.23.4.c", directive + "23(4)(c)", Entity, partReporting},
	{"nis2.23.4.d", directive + "23(4)(d)", Entity, partReporting},
	{"nis2.23.4.e", directive + "23(4)(e)", Entity, partReporting},
	{"rep.26.3", directive + "26(3)", Entity, partRepresent},
	{"nis2.27", directive + "27(2)", Entity, partRegistry},
	{"nis2.28.1", directive + "28(1)", RegistrationEntity, partDomainData},
	{"nis2.28.2", directive + "28(2)", RegistrationEntity, partDomainData},
	{"nis2.28.3", directive + "28(3)", RegistrationEntity, partDomainData},
	{"nis2.28.4", directive + "28(4)", RegistrationEntity, partDomainData},
	{"nis2.28.5", directive + "28(5)", RegistrationEntity, partDomainData},
	{"nis2.28.6", directive + "28(6)", RegistrationEntity, partDomainData},
	{"nis2.29.4", directive + "29(4)", Entity, partSharing},
	{"cir.annex", implementing + " Art. 2(1)", Entity, partCIR},
	{"cir.sig", implementing + " Art. 3", Entity, partSignificance},
}

// duty is the public form of a line.
func (l *line) duty() Duty {
	return Duty{
		ID: l.id, Citation: l.citation, Addressee: l.addressee,
		Title: law.Message{Key: "duties.title." + l.id},
		Text:  law.Message{Key: "duties.text." + l.id},
	}
}

// IDs lists the ids of all duties in the order of the law.
func IDs() []string {
	ids := make([]string, len(table))
	for i := range table {
		ids[i] = table[i].id
	}
	return ids
}

// Lookup is the duty with this id; ok is false when there is none.
func Lookup(id string) (Duty, bool) {
	for i := range table {
		if table[i].id == id {
			return table[i].duty(), true
		}
	}
	return Duty{}, false
}
