package organisation

import (
	"strconv"
	"strings"
	"text/template"
)

// Start is the minimum that a new file holds.
type Start struct {
	Language    string // of texts that are made from the file; "" for English
	Name        string
	EntityTypes []string
	Countries   []string // with an establishment
	Serves      []string
	Years       []Figures // newest last; unknown figures are nil
	CERCritical string    // "true", "false" or "null"
}

// New writes a commented organisation file that Read accepts.
func New(s Start) string {
	var b strings.Builder
	if err := start.Execute(&b, s); err != nil {
		panic(err) // the template and its data are ours
	}
	return b.String()
}

func quoted(s string) string { return strconv.Quote(s) }

func known(v *float64) string {
	if v == nil {
		return "null"
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

func flow(list []string) string { return "[" + strings.Join(list, ", ") + "]" }

var start = template.Must(template.New("organisation").Funcs(template.FuncMap{
	"quoted": quoted, "known": known, "flow": flow,
}).Parse(`# Facts of one organisation for Nisaba. null means: not known.
# Every field is described by: nisaba schema organisation
nisaba: ` + Format + `
{{- with .Language}}
language: {{.}}
{{- end}}

organisation:
  name: {{quoted .Name}}
  # registration_number, address, website, contact, brand (colour, logo, prepared_by)

# What the organisation does. Ids: nisaba catalog types
activity:
  entity_types: {{flow .EntityTypes}}

# Figures of this enterprise alone, per accounting year. Turnover without value added tax.
figures:
{{- range .Years}}
  - {year: {{.Year}}, employees: {{known .Employees}}, turnover_eur: {{known .Turnover}}, balance_sheet_eur: {{known .BalanceSheet}}}
{{- else}} []
{{- end}}

# Enterprises that control, or are controlled by, the same owner (linked), and holdings of
# 25 % or more without control (partners) count towards the size.
group:
  linked: []
  partners: []

establishment:
  established_in: {{flow .Countries}}
  serves: {{flow .Serves}}
  # decisions_in, operations_in, most_staff_in, representative_in, established_by

status:
  cer_critical: {{.CERCritical}}

# How the organisation works; decides which questions are asked.
profile:
  ot: false
  develops_software: false
  remote_work: false
  cloud_hosted: false
  own_data_centre: false
  outsourced_it: false
  public_services: false
  several_sites: false

# Question id: option id. Questions: nisaba catalog questions
answers: {}

# Documents, registers, records and reports. Kinds: nisaba catalog evidence
evidence: []

# Documented decisions not to apply a requirement.
exceptions: []
`))
