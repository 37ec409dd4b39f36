package duties

import "github.com/nisaba-platform/nisaba/law"

// Registration is one register in which an organisation must enter its data.
type Registration struct {
	ID           string // duty id: "nis2.3.4" or "nis2.27"
	Citation     string
	Title        law.Message
	Data         []law.Message // what must be submitted
	FirstDue     law.Date      // the directive's date, or the national one when it is known
	DueText      law.Message
	ChangeDays   int // limit to report a change in days; 0 when it is counted in months
	ChangeMonths int // limit to report a change in months; 0 when it is counted in days
	ChangeWithin law.Message
	Shared       []law.Message // data that both registers hold: the shorter limit applies
	SharedWithin law.Message   // that limit; the key is empty when there is one register only
}

// Dates and limits of the directive.
var (
	listDue     = law.Date{Year: 2025, Month: 4, Day: 17} // Art. 3(3)
	registryDue = law.Date{Year: 2025, Month: 1, Day: 17} // Art. 27(2)
)

const (
	listChangeDays       = 14 // Art. 3(4): two weeks of the change
	registryChangeMonths = 3  // Art. 27(3)
)

// Data of Art. 3(4) and Art. 27(2), as keys below "duties.data.".
var (
	listData     = []string{"name", "address-contacts", "ip-ranges", "sector", "states-served"}
	registryData = []string{"name", "sector-type", "establishments", "contacts", "states-served", "ip-ranges"}
	sharedData   = []string{"name", "sector", "contacts", "states-served", "ip-ranges"}
)

func dataMessages(keys []string) []law.Message {
	out := make([]law.Message, len(keys))
	for i, k := range keys {
		out[i] = law.Message{Key: "duties.data." + k}
	}
	return out
}

// registrations lists the registers in the order of the articles.
func registrations(b map[part]bool, give map[part]Displaced, opt Options) []Registration {
	out := []Registration{}
	binds := func(p part) bool { _, gone := give[p]; return b[p] && !gone }
	if binds(partList) {
		out = append(out, listRegistration(opt))
	}
	if binds(partRegistry) {
		r := Registration{
			ID: "nis2.27", Citation: directive + "27(2)", Title: law.Message{Key: "duties.registration.nis2.27"},
			Data: dataMessages(registryData), FirstDue: registryDue,
			DueText:      law.Say("duties.registration.due", "date", registryDue),
			ChangeMonths: registryChangeMonths,
			ChangeWithin: law.Say("duties.registration.change-months", "count", registryChangeMonths),
		}
		out = append(out, r)
	}
	if len(out) == 2 {
		for i := range out {
			out[i].Shared = dataMessages(sharedData)
			out[i].SharedWithin = out[0].ChangeWithin
		}
	}
	return out
}

// listRegistration is the entry in the Member State's list of entities.
func listRegistration(opt Options) Registration {
	days := listChangeDays
	if opt.ChangesDays > 0 {
		days = opt.ChangesDays
	}
	r := Registration{
		ID: "nis2.3.4", Citation: directive + "3(4)", Title: law.Message{Key: "duties.registration.nis2.3.4"},
		Data: dataMessages(listData), FirstDue: listDue,
		DueText:      law.Say("duties.registration.due-list", "date", listDue),
		ChangeDays:   days,
		ChangeWithin: law.Say("duties.registration.change-days", "count", days),
	}
	if !opt.FirstDue.IsZero() {
		r.FirstDue, r.DueText = opt.FirstDue, law.Say("duties.registration.due-national", "date", opt.FirstDue)
	}
	return r
}

// FixedDate is a date of the calendar of the directive.
type FixedDate struct {
	On       law.Date
	Citation string
	Text     law.Message
}

// fixedDates lists the dates that concern the organisation, in time.
func fixedDates(b map[part]bool) []FixedDate {
	out := []FixedDate{}
	add := func(holds bool, day law.Date, citation, key string) {
		if holds {
			out = append(out, FixedDate{day, citation, law.Message{Key: "duties.date." + key}})
		}
	}
	add(b[partList], law.Date{Year: 2024, Month: 10, Day: 18}, directive+"41(1)", "applies")
	add(b[partCIR], law.Date{Year: 2024, Month: 11, Day: 7}, implementing+" Art. 16", "implementing-regulation")
	add(b[partRegistry], registryDue, directive+"27(2)", "registry")
	add(b[partList], listDue, directive+"3(3)", "list")
	add(b[partList], law.Date{Year: 2027, Month: 10, Day: 17}, directive+"40", "review")
	return out
}
