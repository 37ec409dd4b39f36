package authority

import (
	"encoding/json"
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// What an application asks for.
const (
	Registration = "registration"
	Amendment    = "change"
)

// The states of an application.
const (
	Unconfirmed = "unconfirmed" // the address was not shown to be its owner's yet
	Confirmed   = "confirmed"   // waits for an officer
	Accepted    = "accepted"
	Refused     = "refused"
)

// Application is what an entity tells the register by itself, Directive (EU)
// 2022/2555 Arts. 3(4) and 27(2) and (3). Nothing of it counts before the address was
// confirmed and an officer accepted it.
type Application struct {
	ID            string          `json:"id"`
	Entity        string          `json:"entity"` // organisation that it is about, once known
	Kind          string          `json:"kind"`   // Registration or Amendment
	State         string          `json:"state"`
	Name          string          `json:"name"`
	Email         string          `json:"email"`
	Class         law.Class       `json:"class"`      // as the entity says
	Provision     string          `json:"provision"`  // as the entity says, see Provisions
	Reference     string          `json:"reference"`  // of the entry that is to change
	ChangedOn     law.Date        `json:"changed_on"` // when what changed did change
	Language      string          `json:"language"`
	Facts         json.RawMessage `json:"facts"` // an organisation file
	TokenHash     string          `json:"-"`
	ExpiresAt     time.Time       `json:"expires_at"`
	ConfirmedAt   time.Time       `json:"confirmed_at"`
	DecidedBy     string          `json:"decided_by"`
	DecidedByName string          `json:"decided_by_name"`
	DecidedAt     time.Time       `json:"decided_at"`
	Reason        string          `json:"reason"`
	CreatedAt     time.Time       `json:"created_at"`
	Version       int64           `json:"version"`
}

// The states of an entry.
const (
	Known      = "known"      // reports came, but no registration
	Registered = "registered" //
	Removed    = "removed"    //
)

// Entry is an entity in the register. Its facts are those of the organisation.
type Entry struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	State        string    `json:"state"`
	Reference    string    `json:"reference"`
	Class        law.Class `json:"class"`     // as the entity says
	Provision    string    `json:"provision"` // by which a Member State identified it, see Provisions; "": none did
	Email        string    `json:"email"`
	RegisteredOn law.Date  `json:"registered_on"`
	ChangedOn    law.Date  `json:"changed_on"`  // of a change that the entity did not notify yet; zero: none known
	NotifiedOn   law.Date  `json:"notified_on"` // of the last change that was notified
	Late         bool      `json:"late"`        // that one was notified after its time
	ReviewedOn   law.Date  `json:"reviewed_on"` // Art. 3(3): at least every two years
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

// Provisions lists the points of Directive (EU) 2022/2555 Art. 2(2) under which a Member
// State identifies entities whatever their size: "b" to "e".
func Provisions() []string { return []string{"b", "c", "d", "e"} }

// ReviewEvery is how often the list of entities is reviewed at least, in years,
// Directive (EU) 2022/2555 Art. 3(3).
const ReviewEvery = 2

// ReviewDue is the day by which the entry is to be looked through again; zero for one
// that never was.
func (e Entry) ReviewDue() law.Date {
	if e.ReviewedOn.IsZero() {
		return law.Date{}
	}
	return e.ReviewedOn.AddMonths(12 * ReviewEvery)
}

// ChangeDue is the last day on which an entity notifies a change: two weeks after
// it, Directive (EU) 2022/2555 Art. 3(4), which also holds for those to which the
// three months of Art. 27(3) apply.
func ChangeDue(changed law.Date) law.Date { return changed.AddDays(14) }

// RegistryChangeDue is the last day for a change of what only the registry of
// Art. 27(2) asks for.
func RegistryChangeDue(changed law.Date) law.Date { return changed.AddMonths(3) }

// The kinds of recipients, Directive (EU) 2022/2555 Arts. 23(1), (6), (8) and (10), 32(9),
// 32(10), 33(6) and 35(1).
const (
	CSIRT       = "csirt"
	Contact     = "spoc"
	MemberState = "member_state"
	ENISA       = "enisa"
	DataOffice  = "gdpr"
	CEROffice   = "cer"
	DORAForum   = "dora"
	Other       = "other"
)

// RecipientKinds lists the kinds of recipients.
func RecipientKinds() []string {
	return []string{CSIRT, Contact, MemberState, ENISA, DataOffice, CEROffice, DORAForum, Other}
}

// Basis is the article on which forwarding to a kind of recipient rests.
func Basis(kind string) string {
	return map[string]string{CSIRT: "Directive (EU) 2022/2555 Art. 23(1)", Contact: "Directive (EU) 2022/2555 Art. 23(8)", MemberState: "Directive (EU) 2022/2555 Art. 23(6)",
		ENISA: "Directive (EU) 2022/2555 Art. 23(6)", DataOffice: "Directive (EU) 2022/2555 Art. 35(1)", CEROffice: "Directive (EU) 2022/2555 Art. 23(10)",
		DORAForum: "Directive (EU) 2022/2555 Arts. 32(10), 33(6)"}[kind]
}

// Recipient is to whom the authority forwards reports, when it is proposed, and
// what is left out for it.
type Recipient struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	Name        string    `json:"name"`
	Country     string    `json:"country"`
	Email       string    `json:"email"`
	Regimes     []string  `json:"regimes"`      // of reports for which it is proposed; empty: all
	CrossBorder bool      `json:"cross_border"` // only when an impact abroad is possible
	Withhold    []string  `json:"withhold"`     // ids of fields that it does not get
	CreatedAt   time.Time `json:"created_at"`
	Version     int64     `json:"version"`
}

// Fits reports whether the recipient is proposed for a report.
func (r Recipient) Fits(x Report) bool {
	if r.CrossBorder && x.CrossBorder != "yes" || x.Exercise {
		return false
	}
	for _, regime := range r.Regimes {
		if regime == x.Regime {
			return true
		}
	}
	return len(r.Regimes) == 0
}

// How a report is forwarded.
const (
	ByMail     = "mail"
	ByDownload = "download"
)

// Forwarding records that a report went on, with what was left out and the exact
// bytes. It is never changed.
type Forwarding struct {
	ID            string    `json:"id"`
	Organisation  string    `json:"organisation"`
	Case          string    `json:"case"`
	Report        string    `json:"report"` // id of the report here
	Recipient     string    `json:"recipient"`
	RecipientName string    `json:"recipient_name"`
	Basis         string    `json:"basis"`
	Way           string    `json:"way"`
	Address       string    `json:"address"`
	Withheld      []string  `json:"withheld"`
	Content       string    `json:"-"`
	SHA256        string    `json:"sha256"` // of Content
	Reason        string    `json:"reason"`
	By            string    `json:"by"`
	ByName        string    `json:"by_name"`
	CreatedAt     time.Time `json:"created_at"`
}

// The kinds of records.
const (
	Supervision = "supervision" // a power of Art. 32(2) or 33(2) that was used
	Enforcement = "enforcement" // a power of Art. 32(4), (5) or 33(4)
	Finding     = "finding"
	Public      = "public" // what the public is told, Art. 23(7)
	Note        = "note"
	Situation   = "situation" // a note on the situation, of no single entity
)

// Record is a line of the file of an entity.
type Record struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"` // "": of no single entity
	Case         string    `json:"case"`
	Kind         string    `json:"kind"`
	Power        string    `json:"power"` // id of Powers; "" for other kinds
	Title        string    `json:"title"`
	Body         string    `json:"body"`
	Purpose      string    `json:"purpose"` // of a request, Arts. 32(3) and 33(3); what the entity said, Art. 23(7)
	DueOn        law.Date  `json:"due_on"`
	DoneOn       law.Date  `json:"done_on"`
	Outcome      string    `json:"outcome"`
	Cents        int64     `json:"cents"` // of a fine, in cents of euros
	By           string    `json:"by"`
	ByName       string    `json:"by_name"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

// Attachment is a file that was added to a line of the file of an entity, such as
// the report of an audit. It is never changed.
type Attachment struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Record       string    `json:"record"` // id of the line
	Name         string    `json:"name"`
	MediaType    string    `json:"media_type"` // found in its content
	Size         int64     `json:"size"`       // bytes
	SHA256       string    `json:"sha256"`     // hexadecimal
	By           string    `json:"by"`
	ByName       string    `json:"by_name"`
	CreatedAt    time.Time `json:"created_at"`
}

// Power is what an authority may do towards an entity, with where each class has it;
// "" where the class does not.
type Power struct {
	ID        string
	Kind      string // Supervision or Enforcement
	Essential string
	Important string
}

// Powers lists the powers of Directive (EU) 2022/2555 Arts. 32 and 33.
func Powers() []Power {
	return []Power{
		{"inspect", Supervision, "Art. 32(2)(a)", "Art. 33(2)(a)"},
		{"audit", Supervision, "Art. 32(2)(b)", ""},
		{"targeted_audit", Supervision, "Art. 32(2)(b)", "Art. 33(2)(b)"},
		{"ad_hoc_audit", Supervision, "Art. 32(2)(c)", ""},
		{"scan", Supervision, "Art. 32(2)(d)", "Art. 33(2)(c)"},
		{"information", Supervision, "Art. 32(2)(e)", "Art. 33(2)(d)"},
		{"data", Supervision, "Art. 32(2)(f)", "Art. 33(2)(e)"},
		{"evidence", Supervision, "Art. 32(2)(g)", "Art. 33(2)(f)"},
		{"warning", Enforcement, "Art. 32(4)(a)", "Art. 33(4)(a)"},
		{"instruction", Enforcement, "Art. 32(4)(b)", "Art. 33(4)(b)"},
		{"cease", Enforcement, "Art. 32(4)(c)", "Art. 33(4)(c)"},
		{"comply", Enforcement, "Art. 32(4)(d)", "Art. 33(4)(d)"},
		{"inform", Enforcement, "Art. 32(4)(e)", "Art. 33(4)(e)"},
		{"recommendations", Enforcement, "Art. 32(4)(f)", "Art. 33(4)(f)"},
		{"monitoring", Enforcement, "Art. 32(4)(g)", ""},
		{"publish", Enforcement, "Art. 32(4)(h)", "Art. 33(4)(g)"},
		{"fine", Enforcement, "Art. 32(4)(i)", "Art. 33(4)(h)"},
		{"suspension", Enforcement, "Art. 32(5)(a)", ""},
		{"ban", Enforcement, "Art. 32(5)(b)", ""},
	}
}

// For is where a class has the power; ok is false when it does not.
func (p Power) For(c law.Class) (citation string, ok bool) {
	switch c {
	case law.Essential:
		citation = p.Essential
	case law.Important:
		citation = p.Important
	}
	return citation, citation != ""
}

// FindPower finds a power by id.
func FindPower(id string) (Power, bool) {
	for _, p := range Powers() {
		if p.ID == id {
			return p, true
		}
	}
	return Power{}, false
}
