package scan

import (
	"bytes"
	"cmp"
	"crypto/sha1" //nolint:gosec // RFC 9562 defines version 5 with it; nothing is protected
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Result is a scan that ended, for the files that others read.
type Result struct {
	Scanner   string
	Catalogue *exposure.Catalogue
	Permit    string
	Start     time.Time
	End       time.Time
	Declared  []string // targets as they were asked for
	Findings  Findings
}

// Line is the answer of "nisaba scan --json" for one target.
type Line struct {
	Target    string      `json:"target"`
	Scanner   string      `json:"scanner"`
	Catalogue string      `json:"catalogue"`
	Permit    string      `json:"authorisation"`
	Start     time.Time   `json:"start"`
	End       time.Time   `json:"end"`
	Grade     Grade       `json:"grade"` // "" when nothing could be judged
	Areas     []AreaGrade `json:"areas"`
	Checks    []LineCheck `json:"checks"`
}

// LineCheck is one check of a Line.
type LineCheck struct {
	ID         string            `json:"id"`
	Status     string            `json:"status"` // pass, fail, warn, info, error or skipped
	Outcome    exposure.Outcome  `json:"outcome"`
	Severity   exposure.Severity `json:"severity"`
	Area       exposure.Area     `json:"area"`
	Title      string            `json:"title"`
	At         string            `json:"at"`       // name, address and port
	Evidence   string            `json:"evidence"` // what was seen, or why nothing was
	Expected   string            `json:"expected,omitempty"`
	Profile    string            `json:"profile,omitempty"`
	Verdict    string            `json:"verdict,omitempty"` // against the profile
	Confidence string            `json:"confidence,omitempty"`
	Citation   string            `json:"citation"`
	Measures   []string          `json:"measures"` // points of Art. 21(2)
	Points     []string          `json:"points,omitempty"`
	Time       time.Time         `json:"time"`
	Transcript string            `json:"transcript,omitempty"`
	Reproduce  string            `json:"reproduce,omitempty"`
}

// Status is the word of the machine contract for an outcome.
func Status(o exposure.Outcome) string {
	switch o {
	case exposure.NotApplicable, exposure.NotTested:
		return "skipped"
	}
	return string(o)
}

// Evidence is what was seen, or why nothing was; the profile comes first when one
// was compared with.
func Evidence(f exposure.Finding) string {
	if f.Profile != "" {
		profile := f.Profile
		f.Profile = ""
		return profile + ": " + Evidence(f)
	}
	if f.Observed != "" && f.Reason != "" {
		return f.Observed + " (" + f.Reason + ")"
	}
	return f.Observed + f.Reason
}

func (r Result) line(target string, findings []exposure.Finding) Line {
	l := Line{Target: target, Scanner: r.Scanner, Catalogue: r.Catalogue.Edition, Permit: r.Permit, Start: r.Start.UTC(), End: r.End.UTC(), Checks: []LineCheck{}}
	l.Areas, l.Grade = Grades(r.Catalogue, findings)
	for _, f := range findings {
		l.Checks = append(l.Checks, r.check(f))
	}
	return l
}

func (r Result) check(f exposure.Finding) LineCheck {
	c, _ := r.Catalogue.Get(f.Check)
	return LineCheck{ID: f.Check, Status: Status(f.Outcome), Outcome: f.Outcome, Severity: f.Severity, Area: c.Area, Title: c.Title,
		At: f.Target.String(), Evidence: Evidence(f), Expected: f.Expected, Profile: f.Profile, Verdict: f.Verdict, Confidence: f.Confidence, Citation: f.Citation,
		Measures: f.Measures, Points: f.Points, Time: f.End, Transcript: f.Transcript, Reproduce: f.Reproduce}
}

// WriteJSON writes one object per declared target, one per line, in the order of the
// request.
func (r Result) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, target := range r.Declared {
		findings, err := r.Findings.Of(target)
		if err == nil {
			err = e.Encode(r.line(target, findings))
		}
		if err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
	}
	return nil
}

// Tally counts all findings.
func (r Result) Tally() (*Tally, error) {
	t := NewTally()
	for f, err := range r.Findings.Worst() {
		if err != nil {
			return nil, err
		}
		t.Add(r.Catalogue, f)
	}
	return t, nil
}

// Profiles are the findings that compare a service with a profile, service by service in
// the order of names, addresses and ports.
func (r Result) Profiles() (out []exposure.Finding, _ error) {
	for f, err := range r.Findings.Worst() {
		if err != nil {
			return nil, err
		}
		if f.Verdict != "" {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(x, y exposure.Finding) int {
		a, b := x.Target, y.Target
		return cmp.Or(cmp.Compare(a.Name, b.Name), a.Address.Compare(b.Address), cmp.Compare(a.Port, b.Port), cmp.Compare(x.Profile, y.Profile))
	})
	return out, nil
}

// TableHead is the head of the result for spreadsheets.
func TableHead() []string {
	return []string{"target", "at", "area", "check", "title", "outcome", "severity", "evidence", "expected", "citation", "measures", "points", "time", "reproduce", "authorisation"}
}

// Rows are the rows of the result for spreadsheets.
func (r Result) Rows() iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for f, err := range r.Findings.Worst() {
			c := r.check(f)
			row := []string{f.Target.Declared, c.At, string(c.Area), c.ID, c.Title, string(c.Outcome), string(c.Severity), c.Evidence, c.Expected,
				c.Citation, strings.Join(c.Measures, " "), strings.Join(c.Points, " "), c.Time.UTC().Format(time.RFC3339), c.Reproduce, f.Permit}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

type object = map[string]any

// WriteSARIF writes the result in the Static Analysis Results Interchange Format
// 2.1.0 (OASIS), which trackers of weaknesses read.
func (r Result) WriteSARIF(w io.Writer) error {
	index := map[string]int{}
	rules := []object{}
	out := &members{w: w}
	out.text("{\n \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n \"version\": \"2.1.0\",\n \"runs\": [\n  {\n   \"results\": [")
	for f, err := range r.Findings.Worst() {
		if err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		c, _ := r.Catalogue.Get(f.Check)
		if _, ok := index[f.Check]; !ok {
			index[f.Check] = len(rules)
			rules = append(rules, object{"id": c.ID, "name": c.ID, "shortDescription": text(c.Title), "fullDescription": text(c.Criteria + " " + c.Why),
				"help": text(c.Fix), "defaultConfiguration": object{"level": level(exposure.Fail, c.Severity)},
				"properties": object{"tags": []string{string(c.Area)}, "references": c.References, "judgement": c.Judgement, "security-severity": score(c.Severity), "measures": c.Measures, "points": c.Points}})
		}
		kind, ok := kinds[f.Outcome]
		if !ok {
			kind = "open"
		}
		out.item("    ", object{"ruleId": f.Check, "ruleIndex": index[f.Check], "kind": kind, "level": level(f.Outcome, f.Severity),
			"message":             text(c.Title + ": " + Evidence(f)),
			"locations":           []object{{"physicalLocation": object{"artifactLocation": object{"uri": uri(f.Target)}}, "logicalLocations": []object{{"fullyQualifiedName": f.Target.String()}}}},
			"partialFingerprints": object{"finding/v1": hash(f.Key())},
			"properties":          object{"outcome": f.Outcome, "severity": f.Severity, "citation": f.Citation, "authorisation": f.Permit, "reproduce": f.Reproduce}})
	}
	product, number := r.product()
	out.text("\n   ]")
	out.member("   ", "tool", object{"driver": object{"name": product, "version": number, "rules": rules}})
	out.member("   ", "invocations", []object{{"executionSuccessful": true, "startTimeUtc": r.Start.UTC().Format(time.RFC3339), "endTimeUtc": r.End.UTC().Format(time.RFC3339)}})
	out.text("\n  }\n ]\n}\n")
	return out.end()
}

func (r Result) product() (name, number string) {
	name, number, _ = strings.Cut(r.Scanner, " ")
	return name, number
}

// kinds are SARIF's words for outcomes (section 3.27.9).
var kinds = map[exposure.Outcome]string{exposure.Pass: "pass", exposure.Fail: "fail", exposure.Warn: "fail", exposure.Info: "informational", exposure.NotApplicable: "notApplicable"}

// level is SARIF's weight of a result; only failures have one (section 3.27.10).
func level(o exposure.Outcome, s exposure.Severity) string {
	switch {
	case o != exposure.Fail && o != exposure.Warn:
		return "none"
	case o == exposure.Fail && (s == exposure.Critical || s == exposure.High):
		return "error"
	case o == exposure.Fail && s == exposure.Medium || o == exposure.Warn && (s == exposure.Critical || s == exposure.High):
		return "warning"
	}
	return "note"
}

// score is a figure from 0 to 10 by which trackers sort rules.
func score(s exposure.Severity) string {
	return map[exposure.Severity]string{exposure.Critical: "9.5", exposure.High: "8.0", exposure.Medium: "5.5", exposure.Low: "2.5", exposure.None: "0.0"}[s]
}

func text(s string) object { return object{"text": strings.TrimSpace(s)} }

// uri is the address of a target in the form that SARIF wants.
func uri(t exposure.Target) string {
	host := t.Name
	if host == "" {
		host = t.Address.String()
		if t.Address.Is6() {
			host = "[" + host + "]"
		}
	}
	scheme := t.Service
	switch {
	case scheme != "":
	case t.Port == 443:
		scheme = "https"
	case t.Port != 0:
		scheme = "tcp"
	default:
		return "dns:" + host
	}
	return scheme + "://" + host + ":" + strconv.Itoa(int(t.Port)) + "/"
}

func hash(s string) string { return exposure.TranscriptHash([]byte(s))[:32] }

// members writes JSON piece by piece, so that a long list need not be held. The first
// error is kept.
type members struct {
	w     io.Writer
	begun bool // the list has an item
	err   error
}

func (m *members) text(s string) {
	if m.err == nil {
		_, m.err = io.WriteString(m.w, s)
	}
}

// item writes one more item of the list that was opened last.
func (m *members) item(indent string, v any) {
	if m.begun {
		m.text(",")
	}
	m.begun = true
	m.value("\n"+indent, indent, v)
}

// member writes one more member of an object that has some.
func (m *members) member(indent, name string, v any) {
	m.value(",\n"+indent+strconv.Quote(name)+": ", indent, v)
}

func (m *members) value(before, indent string, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent(indent, " ")
	if err := e.Encode(v); err != nil && m.err == nil {
		m.err = err
	}
	m.text(before + strings.TrimSuffix(b.String(), "\n"))
}

func (m *members) end() error {
	if m.err != nil {
		return fmt.Errorf("write the result: %w", m.err)
	}
	return nil
}

// WriteOSCAL writes the result as the observations and findings of an assessment
// result in the Open Security Controls Assessment Language 1.1.2 (NIST).
func (r Result) WriteOSCAL(w io.Writer) error {
	id := func(what string) string { return uuid(what, r.Permit, r.Start.String()) }
	controls := map[string]bool{}
	out := &members{w: w}
	out.text("{\n \"assessment-results\": {\n  \"uuid\": " + strconv.Quote(id("results")))
	out.member("  ", "metadata", object{"title": "Exposure scan", "last-modified": r.End.UTC().Format(time.RFC3339), "version": r.Catalogue.Edition, "oscal-version": "1.1.2"})
	out.member("  ", "import-ap", object{"href": "#" + id("plan")})
	out.text(",\n  \"results\": [\n   {\n    \"uuid\": " + strconv.Quote(id("result")))
	out.member("    ", "title", "Exposure scan")
	out.member("    ", "description", "What "+r.Scanner+" saw from outside.")
	out.member("    ", "start", r.Start.UTC().Format(time.RFC3339))
	out.member("    ", "end", r.End.UTC().Format(time.RFC3339))
	for f, err := range r.Findings.Worst() {
		if err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		if !out.begun { // a list without members is none in OSCAL
			out.text(",\n    \"observations\": [")
		}
		c := r.check(f)
		props := []object{prop("check", f.Check), prop("outcome", string(f.Outcome)), prop("severity", string(f.Severity)), prop("catalogue", f.Catalogue)}
		if f.Permit != "" {
			props = append(props, prop("authorisation", f.Permit))
		}
		for _, m := range f.Measures {
			controls["nis2-21-2-"+m] = true
			props = append(props, prop("measure", "Art. 21(2)("+m+")"))
		}
		for _, p := range f.Points {
			props = append(props, prop("point", p))
		}
		o := object{"uuid": uuid("observation", f.Key(), f.End.String()), "title": c.ID + ": " + c.Title,
			"description": strings.TrimSpace(string(f.Outcome) + ". " + c.Evidence), "methods": []string{"TEST"}, "types": []string{"finding"},
			"collected": f.End.UTC().Format(time.RFC3339), "props": props,
			"subjects": []object{{"subject-uuid": uuid("subject", f.Target.String()), "type": "component", "title": f.Target.String()}}}
		if f.Reproduce != "" {
			o["relevant-evidence"] = []object{{"description": f.Reproduce}}
		}
		out.item("     ", o)
	}
	var ids []object
	for _, id := range slices.Sorted(maps.Keys(controls)) {
		ids = append(ids, object{"control-id": id})
	}
	selection := object{"description": "Measures of Art. 21(2) of Directive (EU) 2022/2555 for which the scan yields evidence."}
	if len(ids) > 0 {
		selection["include-controls"] = ids
	} else {
		selection["include-all"] = object{}
	}
	if out.begun {
		out.text("\n    ]")
	}
	out.member("    ", "reviewed-controls", object{"control-selections": []object{selection}})
	out.text("\n   }\n  ]")
	out.member("  ", "back-matter", object{"resources": []object{{"uuid": id("plan"), "title": "Authorisation of the scan", "description": "The scan was made under the authorisation " + r.Permit + "."}}})
	out.text("\n }\n}\n")
	return out.end()
}

// prop is a property. Values must not be empty or begin or end with space.
func prop(name, value string) object {
	return object{"name": name, "ns": "urn:nisaba:oscal", "value": strings.TrimSpace(value)}
}

// uuid is the same for the same words (RFC 9562 version 5).
func uuid(words ...string) string {
	space, _ := hex.DecodeString("6ba7b8119dad11d180b400c04fd430c8") // namespace of addresses, RFC 9562 table 3
	h := sha1.New()
	h.Write(space)
	io.WriteString(h, "urn:nisaba:scan:"+strings.Join(words, "|"))
	b := h.Sum(nil)[:16]
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// colours of the badge; each has a contrast of at least 4.5 with white.
var colours = map[Grade]string{"A": "#1a7f37", "B": "#4d7c0f", "C": "#8a6100", "D": "#a04b00", "E": "#b42318", "F": "#8b1220", "": "#57606a"}

// Badge is a small picture of a grade with its words, in Scalable Vector Graphics.
func Badge(label string, g Grade, day string) []byte {
	grade := string(g)
	if g == "" {
		grade = "–"
	}
	value := grade + " · " + day
	left, right := 12+7*len([]rune(label)), 12+7*len([]rune(value))
	l, v := html.EscapeString(label), html.EscapeString(value)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" role="img" aria-label="%[4]s: %[5]s"><title>%[4]s: %[5]s</title>`+
		`<rect width="%[2]d" height="20" rx="3" fill="#24292f"/><rect x="%[2]d" width="%[3]d" height="20" rx="3" fill="%[6]s"/>`+
		`<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="%[7]d" y="14">%[4]s</text><text x="%[8]d" y="14">%[5]s</text></g></svg>`+"\n",
		left+right, left, right, l, v, colours[g], left/2, left+right/2)
}
