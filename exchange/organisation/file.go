// Package organisation reads and describes organisation.yaml, the one documented
// input file of the command line: who the organisation is, its figures and links,
// where it is established, what it does, its answers, evidence and exceptions.
//
// The structs below are the format: the reader, the JSON Schema and the template
// that "nisaba init" writes are all made from them.
package organisation

import (
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Format is the value of the first field of every file of this version.
const Format = "organisation/1"

// MaxBytes is the largest file that is read.
const MaxBytes = 4 << 20

// File is the whole input file.
type File struct {
	Format        string            `yaml:"nisaba" required:"true" enum:"organisation/1" doc:"Version of this file format."`
	Organisation  Organisation      `yaml:"organisation" required:"true" doc:"Who the organisation is."`
	Language      string            `yaml:"language" enum:"en,de,fr" doc:"Language of the scope result: en, de or fr. Default en."`
	AssessedOn    law.Date          `yaml:"assessed_on" doc:"Day for which the assessment is made. Default: today."`
	Activity      Activity          `yaml:"activity" required:"true" doc:"What the organisation does, in the terms of Annexes I and II."`
	Figures       []Figures         `yaml:"figures" doc:"Size of the organisation alone, one entry per approved accounting year."`
	Group         Group             `yaml:"group" doc:"Linked and partner enterprises (Recommendation 2003/361/EC)."`
	Establishment Establishment     `yaml:"establishment" doc:"Where the organisation is established, decides and serves (Art. 26)."`
	Status        Status            `yaml:"status" doc:"Decisions of authorities and special statuses."`
	National      National          `yaml:"national" doc:"Choices of the Member State. Leave out to use the built-in country data."`
	Services      []Service         `yaml:"services" doc:"Services that the organisation provides."`
	Profile       Profile           `yaml:"profile" doc:"How the organisation works. Decides which questions are asked."`
	Registration  Registration      `yaml:"registration" doc:"Data for the registration under Arts. 3(4) and 27."`
	Answers       map[string]Answer `yaml:"answers" doc:"Answers to the guided questions: question id to option id, a list of option ids, or an object with options, by, on and note. List the questions with: nisaba catalog questions."`
	Evidence      []Evidence        `yaml:"evidence" doc:"Documents, registers, records and reports that prove something."`
	Exceptions    []Exception       `yaml:"exceptions" doc:"Documented decisions not to apply, or not yet to apply, a requirement."`
	Assertions    []Assertion       `yaml:"assertions" doc:"Statuses that a person set by hand for single requirements."`
	Asked         []string          `yaml:"asked" doc:"Questions of the scope wizard that were answered, in the order in which they were, also with: not known. The wizard does not ask them again."`

	observed []posture.Observation // see Observe

	name  string         // of the file, for errors
	lines map[string]int // field path → line
}

// Organisation is the identity and the branding of the report.
type Organisation struct {
	Name               string  `yaml:"name" required:"true" doc:"Full legal name."`
	RegistrationNumber string  `yaml:"registration_number" doc:"Number in the company register."`
	Address            string  `yaml:"address" doc:"Postal address of the seat."`
	Website            string  `yaml:"website" doc:"Main web address."`
	Contact            Contact `yaml:"contact" doc:"Contact for questions about this file."`
	Brand              Brand   `yaml:"brand" doc:"Look of the report."`
}

// Contact is a person or an office that can be reached.
type Contact struct {
	Name  string `yaml:"name" doc:"Name of the person or office."`
	Role  string `yaml:"role" doc:"Role, for example security officer."`
	Email string `yaml:"email" doc:"E-mail address."`
	Phone string `yaml:"phone" doc:"Phone number with country code."`
}

// Brand is the look of the report.
type Brand struct {
	Colour     string `yaml:"colour" pattern:"^#[0-9a-fA-F]{6}$" doc:"Accent colour as #rrggbb."`
	Logo       string `yaml:"logo" doc:"Path of a PNG or JPEG file, relative to this file, at most 1 MB."`
	PreparedBy string `yaml:"prepared_by" doc:"Who made the report, for example the consultant."`
}

// Activity says which entity types the organisation is.
type Activity struct {
	Description string             `yaml:"description" doc:"What the organisation does, in one or two sentences."`
	EntityTypes []string           `yaml:"entity_types" required:"true" doc:"Ids of the entity types, for example ict-service.msp. An empty list means: none of them; null: not known yet. List them with: nisaba catalog types."`
	Facts       map[string]Setting `yaml:"facts" doc:"Facts that decide a definition or an exclusion, for example network_public: false. null means: not known."`
}

// Setting is true, false, a word, a number or null.
type Setting struct {
	Truth  law.Truth
	Word   string
	Number *float64
}

// Figures are one accounting year; null or left out means: not known.
type Figures struct {
	Year         int      `yaml:"year" required:"true" min:"1990" doc:"Accounting year."`
	Employees    *float64 `yaml:"employees" min:"0" doc:"Annual work units; part-time staff count as fractions."`
	Turnover     *float64 `yaml:"turnover_eur" min:"0" doc:"Annual turnover in euros, without value added tax."`
	BalanceSheet *float64 `yaml:"balance_sheet_eur" min:"0" doc:"Balance sheet total in euros."`
}

// Group holds the enterprises whose figures count as well.
type Group struct {
	Linked   []Linked  `yaml:"linked" doc:"Linked enterprises (control): counted in full."`
	Partners []Partner `yaml:"partners" doc:"Partner enterprises (25 % or more, no control): counted pro rata."`
}

// Linked is an enterprise under the same control.
type Linked struct {
	Name         string    `yaml:"name" doc:"Name."`
	Employees    *float64  `yaml:"employees" min:"0" doc:"Annual work units."`
	Turnover     *float64  `yaml:"turnover_eur" min:"0" doc:"Annual turnover in euros."`
	BalanceSheet *float64  `yaml:"balance_sheet_eur" min:"0" doc:"Balance sheet total in euros."`
	Partners     []Partner `yaml:"partners" doc:"Its own partners, counted pro rata."`
}

// Partner is an enterprise with a holding of 25 % or more.
type Partner struct {
	Name         string    `yaml:"name" doc:"Name."`
	Share        *float64  `yaml:"share_pct" min:"0" max:"100" doc:"Capital or voting rights in per cent, the higher of the two."`
	Employees    *float64  `yaml:"employees" min:"0" doc:"Annual work units."`
	Turnover     *float64  `yaml:"turnover_eur" min:"0" doc:"Annual turnover in euros."`
	BalanceSheet *float64  `yaml:"balance_sheet_eur" min:"0" doc:"Balance sheet total in euros."`
	Investor     law.Truth `yaml:"investor" absent:"false" doc:"An exempted investor, such as a venture capital fund, university or institutional investor."`
	Linked       []Linked  `yaml:"linked" doc:"Enterprises linked to the partner, counted in full before the pro-rata step."`
}

// Establishment holds the facts of Art. 26. Countries are ISO 3166-1 alpha-2.
type Establishment struct {
	EstablishedIn    []string `yaml:"established_in" doc:"Countries with an establishment, for example [DE, AT]."`
	Serves           []string `yaml:"serves" doc:"Countries in which services are offered."`
	DecisionsIn      string   `yaml:"decisions_in" doc:"Country where decisions on cybersecurity risk management are mostly taken."`
	OperationsIn     string   `yaml:"operations_in" doc:"Country where cybersecurity operations are carried out."`
	MostStaffIn      string   `yaml:"most_staff_in" doc:"Country of the establishment with the most employees in the Union."`
	RepresentativeIn string   `yaml:"representative_in" doc:"Country of the representative in the Union, for an organisation without establishment there."`
	EstablishedBy    string   `yaml:"established_by" doc:"Country that set up a public body."`
	Sites            []Site   `yaml:"sites" doc:"Addresses of the establishments in the Union."`
}

// Site is one establishment.
type Site struct {
	Name    string `yaml:"name" doc:"Name of the site."`
	Address string `yaml:"address" doc:"Postal address."`
	Country string `yaml:"country" doc:"Country, ISO 3166-1 alpha-2."`
	Main    bool   `yaml:"main" doc:"Whether this is the main establishment."`
}

// Status holds decisions of authorities; null means: not known.
type Status struct {
	CERCritical                law.Truth `yaml:"cer_critical" absent:"false" doc:"Identified as a critical entity under Directive (EU) 2022/2557."`
	DORAExempt                 law.Truth `yaml:"dora_exempt" absent:"false" doc:"Exempted from Regulation (EU) 2022/2554 under its Art. 2(4)."`
	NIS1OES                    law.Truth `yaml:"nis1_oes" absent:"false" doc:"Was an operator of essential services under Directive (EU) 2016/1148."`
	NIS1OESBefore16January2023 law.Truth `yaml:"nis1_oes_before_2023_01_16" doc:"That identification was made before 16 January 2023."`
	IdentifiedAs               string    `yaml:"identified_as" enum:"essential,important" doc:"Decision of a Member State under Art. 2(2)(b) to (e): essential or important."`
}

// National holds choices of the Member State; left out means: the country data.
type National struct {
	OESAreEssential        *bool `yaml:"oes_are_essential" doc:"Art. 3(1)(g): former operators of essential services are essential."`
	CoversLocalPublicAdmin *bool `yaml:"covers_local_public_admin" doc:"Art. 2(5)(a): local public administration is covered."`
	CoversEducation        *bool `yaml:"covers_education" doc:"Art. 2(5)(b): education institutions are covered."`
	AppliesRecital16       *bool `yaml:"applies_recital_16" doc:"Recital 16: figures of linked and partner enterprises are left out for independent systems."`
	Exempts28              *bool `yaml:"exempts_2_8" doc:"Art. 2(8): this organisation is exempted for security-related activities."`
}

// Service is one service of the organisation.
type Service struct {
	Name        string   `yaml:"name" required:"true" doc:"Name of the service."`
	Description string   `yaml:"description" doc:"What it does and for whom."`
	EntityType  string   `yaml:"entity_type" doc:"Id of the entity type that it belongs to."`
	Users       *float64 `yaml:"users" min:"0" doc:"Number of users in the Union."`
	Countries   []string `yaml:"countries" doc:"Countries in which it is offered."`
}

// Profile holds the traits that decide which questions are asked.
type Profile struct {
	OT                    bool `yaml:"ot" doc:"Runs industrial control systems or other operational technology."`
	DevelopsSoftware      bool `yaml:"develops_software" doc:"Develops software or connected products."`
	OutsourcedDevelopment bool `yaml:"outsourced_development" doc:"Lets others develop software."`
	RemoteWork            bool `yaml:"remote_work" doc:"Staff work from outside the premises."`
	CloudHosted           bool `yaml:"cloud_hosted" doc:"Important systems run in a public cloud."`
	OwnDataCentre         bool `yaml:"own_data_centre" doc:"Runs its own server rooms or data centre."`
	OutsourcedIT          bool `yaml:"outsourced_it" doc:"A provider runs important parts of the IT."`
	PersonalData          bool `yaml:"personal_data" doc:"Processes personal data beyond that of its own staff."`
	PublicServices        bool `yaml:"public_services" doc:"Offers services that are reachable from the internet."`
	SeveralSites          bool `yaml:"several_sites" doc:"Works at more than one site."`
	RemovableMedia        bool `yaml:"removable_media" doc:"Uses USB sticks or other removable media."`
	CriticalSuppliers     bool `yaml:"critical_suppliers" doc:"Depends on suppliers that could stop its services."`
	CrossBorder           bool `yaml:"cross_border" doc:"Serves customers in more than one country."`
	ShiftWork             bool `yaml:"shift_work_24x7" doc:"Works around the clock."`
	SeparateBoard         bool `yaml:"board_exists_separately" doc:"Has a management body apart from the day-to-day management."`
}

// Registration is the data that authorities ask for.
type Registration struct {
	RegisteredOn   law.Date  `yaml:"registered_on" doc:"Day on which the organisation registered with the authority."`
	LastChangeOn   law.Date  `yaml:"last_change_on" doc:"Day of the last change of the registered data."`
	LastNotifiedOn law.Date  `yaml:"last_notified_on" doc:"Day on which the last change was notified."`
	IPRanges       []string  `yaml:"ip_ranges" doc:"Public IP ranges, for example 192.0.2.0/28."`
	Contacts       []Contact `yaml:"contacts" doc:"Contacts for the authority, with e-mail and phone."`
}

// Untold reports whether the registered data changed after the registration and the
// register was not told since.
func (r Registration) Untold() bool {
	return !r.RegisteredOn.IsZero() && r.LastChangeOn.After(r.RegisteredOn) && r.LastNotifiedOn.Before(r.LastChangeOn)
}

// Answer is the answer to one guided question.
type Answer struct {
	Options []string `yaml:"options" required:"true" doc:"Chosen option ids."`
	By      string   `yaml:"by" doc:"Who answered."`
	On      law.Date `yaml:"on" doc:"When it was answered."`
	Note    string   `yaml:"note" doc:"Remark."`
}

// Evidence is one piece of evidence.
type Evidence struct {
	ID         string   `yaml:"id" required:"true" doc:"Own short id, unique in this file."`
	Kind       string   `yaml:"kind" required:"true" doc:"Id of the kind, for example doc.security-policy. List them with: nisaba catalog evidence."`
	Title      string   `yaml:"title" required:"true" doc:"Title of the document or record."`
	Date       law.Date `yaml:"date" required:"true" doc:"Day of issue, approval or test."`
	ValidUntil law.Date `yaml:"valid_until" doc:"Last day on which it counts. Default: the usual period of its kind."`
	Owner      string   `yaml:"owner" doc:"Who keeps it up to date."`
	Location   string   `yaml:"location" doc:"Where it is kept."`
	Covers     []string `yaml:"covers" doc:"Requirement ids that it proves beside those of its kind."`
	Shows      string   `yaml:"shows" enum:"met,partly,not_met" doc:"What it shows for the requirements that it covers, for example not_met for an audit finding."`
	Note       string   `yaml:"note" doc:"Remark."`
}

// Exception is one documented decision.
type Exception struct {
	Requirement  string   `yaml:"requirement" required:"true" doc:"Requirement id."`
	Kind         string   `yaml:"kind" required:"true" enum:"not_applicable,compensated,accepted" doc:"not_applicable: does not apply to us; compensated: another measure serves the purpose; accepted: the risk is accepted for a time."`
	Reason       string   `yaml:"reason" required:"true" doc:"Why, in words that an outsider understands (Implementing Regulation Art. 2(2))."`
	Compensation string   `yaml:"compensation" doc:"The other measure, for kind compensated."`
	ApprovedBy   string   `yaml:"approved_by" required:"true" doc:"Who approved it."`
	On           law.Date `yaml:"on" required:"true" doc:"Day of approval."`
	Until        law.Date `yaml:"until" doc:"Last day on which it holds."`
}

// Assertion is a status set by hand.
type Assertion struct {
	Requirement string   `yaml:"requirement" required:"true" doc:"Requirement id."`
	Status      string   `yaml:"status" required:"true" enum:"met,partly,not_met" doc:"The status."`
	By          string   `yaml:"by" required:"true" doc:"Who set it."`
	On          law.Date `yaml:"on" required:"true" doc:"When it was set."`
	Note        string   `yaml:"note" doc:"Why."`
}

// Observe adds what others saw, such as a scanner. It is no part of the format: the
// file says what the organisation says of itself.
func (f *File) Observe(list []posture.Observation) { f.observed = list }
