package country

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/law"
)

// Patterns of the fields. They are compiled once and never changed.
var (
	zonePattern     = regexp.MustCompile(`^[A-Z][A-Za-z]+(/[A-Z][A-Za-z_-]+){1,2}$`)
	languagePattern = regexp.MustCompile(`^[a-z]{2}$`)
	keyPattern      = regexp.MustCompile(`^country(\.[a-z0-9_-]+)+$`)
	idPattern       = regexp.MustCompile(`^dev(\.[a-z0-9_-]+)+$`)
	periodPattern   = regexp.MustCompile(`^(?:PT([1-9][0-9]{0,3})(H)|P([1-9][0-9]{0,3})([DMB]))$`)
)

// Stages lists the reporting stages of Directive (EU) 2022/2555 Art. 23(4) by
// the names of the clock contract.
func Stages() []string {
	return []string{"early_warning", "incident_notification", "intermediate_report", "progress_report", "final_report"}
}

// Inputs lists the instants of the clock contract that a national term may count from.
func Inputs() []string {
	return []string{
		"occurred_at", "detected_at", "aware_at", "classified_at", "early_warning_submitted_at",
		"notification_submitted_at", "latest_intermediate_submitted_at", "progress_submitted_at",
		"handled_at", "requested_at",
	}
}

func areas() []string {
	return []string{"reporting", "scope", "fines", "management", "supervision"}
}

func confidences() []law.Confidence {
	return []law.Confidence{law.Verified, law.Act, law.Guidance, law.Secondary, law.Unverified}
}

// complain records what is wrong with a field and what was expected.
type complain func(field, format string, args ...any)

// check reports everything that is wrong with a pack.
func check(p *Pack, file string, bad complain) {
	if !isMember(p.Code) {
		bad("code", "%q is not a Member State; expected ISO 3166-1 alpha-2, for example \"DE\"", p.Code)
	} else if stem, ok := strings.CutSuffix(file, ".yaml"); ok && len(stem) == 2 && stem != lower(p.Code) {
		bad("code", "%q in the file of %s; expected the file %s.yaml", p.Code, stem, lower(p.Code))
	}
	if p.Version < 1 {
		bad("version", "expected a whole number from 1")
	}
	if !zonePattern.MatchString(p.Zone) {
		bad("zone", "%q; expected an IANA zone, for example \"Europe/Berlin\"", p.Zone)
	}
	if len(p.Languages) == 0 {
		bad("languages", "expected at least one language, for example [de]")
	}
	for i, l := range p.Languages {
		if !languagePattern.MatchString(l) {
			bad(fmt.Sprintf("languages[%d]", i), "%q; expected ISO 639-1, for example \"de\"", l)
		}
	}
	checkStatus(p, bad)
	for path, fact := range p.facts() {
		checkFact(path, fact, bad)
	}
	checkDay("registration.due", p.Registration.Due, bad)
	if d := p.Registration.ChangesDays; d < 0 || d > 365 {
		bad("registration.changes_days", "%d; expected 0 to 365 days", d)
	}
	checkOptions(p.Options, bad)
	checkDeviations(p.Deviations, bad)
	checkThresholds(p.Thresholds, bad)
}

func checkStatus(p *Pack, bad complain) {
	if !slices.Contains([]Status{InForce, Made, NotInForce}, p.Status) {
		bad("status", "%q; expected in_force, made or not_in_force", p.Status)
	}
	if p.Status != InForce && !p.InForceOn.IsZero() {
		bad("in_force_on", "%s while the status is %s; expected no date", p.InForceOn, p.Status)
	}
	checkDay("in_force_on", p.InForceOn, bad)
}

// facts are the facts of a pack by field path, without those of the deviations.
func (p *Pack) facts() map[string]Fact {
	return map[string]Fact{
		"act":                   p.Act,
		"in_force_note":         p.InForceNote,
		"authority":             p.Authority,
		"csirt":                 p.CSIRT,
		"reporting":             p.Reporting,
		"registration.portal":   p.Registration.Portal,
		"registration.due_note": p.Registration.DueNote,
		"framework":             p.Framework,
	}
}

func checkFact(path string, f Fact, bad complain) {
	switch {
	case f.Value == "" && f.Text == "":
		bad(path, "expected a value (a name) or a text (a message key); text: %s when nothing is known", notEstablished)
	case f.Value != "" && f.Text != "":
		bad(path, "both value and text; expected one of them")
	case f.Text != "" && !keyPattern.MatchString(f.Text):
		bad(path+".text", "%q; expected a message key, for example %q", f.Text, "country.de.framework")
	}
	checkProof(path, f.Source, f.Checked, f.Confidence, bad)
}

// checkProof: every statement says where it comes from, when it was checked and
// how sure it is.
func checkProof(path, source string, checked law.Date, confidence law.Confidence, bad complain) {
	if strings.TrimSpace(source) == "" {
		bad(path+".source", "expected the title, clause or page that says so")
	}
	if checked.IsZero() {
		bad(path+".checked", "expected the day on which the source was checked, YYYY-MM-DD")
	}
	checkDay(path+".checked", checked, bad)
	if !slices.Contains(confidences(), confidence) {
		bad(path+".confidence", "%q; expected verified, act, guidance, secondary or unverified", confidence)
	}
}

// checkDay refuses days that cannot belong to the directive of 14 December 2022.
func checkDay(path string, d law.Date, bad complain) {
	if !d.IsZero() && (d.Year < 2022 || d.Year > 2100) {
		bad(path, "%s; expected a day between 2022 and 2100", d)
	}
}

func checkOptions(options map[string]Option, bad complain) {
	for name, o := range options {
		path := "options." + name
		if !slices.Contains(OptionNames(), name) {
			bad(path, "no such option; expected one of %s", strings.Join(OptionNames(), ", "))
		}
		if o.Class != "" && o.Class != law.Essential && o.Class != law.Important {
			bad(path+".class", "%q; expected essential, important or nothing", o.Class)
		}
		checkProof(path, o.Source, o.Checked, o.Confidence, bad)
	}
	for _, name := range OptionNames() {
		if _, ok := options[name]; !ok {
			bad("options", "%s is missing; expected it with the value true, false or null", name)
		}
	}
}

func checkDeviations(deviations []Deviation, bad complain) {
	seen, staged := map[string]bool{}, map[string]string{}
	for i, d := range deviations {
		path := fmt.Sprintf("deviations[%d]", i)
		if !idPattern.MatchString(d.ID) || seen[d.ID] {
			bad(path+".id", "%q; expected an id of its own, for example \"dev.anchor.detect\"", d.ID)
		}
		seen[d.ID] = true
		if !slices.Contains(areas(), d.Area) {
			bad(path+".area", "%q; expected one of %s", d.Area, strings.Join(areas(), ", "))
		}
		checkFact(path, d.Fact, bad)
		for stage, t := range d.Terms {
			checkTerm(join(path, "terms."+stage), stage, t, bad)
			if other, twice := staged[stage]; twice {
				bad(path+".terms."+stage, "%s has a term for this stage already", other)
			}
			staged[stage] = d.ID
		}
	}
}

func checkTerm(path, stage string, t Term, bad complain) {
	if !slices.Contains(Stages(), stage) {
		bad(path, "no such stage; expected one of %s", strings.Join(Stages(), ", "))
	}
	if !periodPattern.MatchString(t.Period) {
		bad(path+".period", "%q; expected an ISO 8601 duration with one unit, for example \"PT24H\", \"P30D\" or \"P1M\", or business days as \"P30B\"", t.Period)
	}
	if !slices.Contains(Inputs(), t.From) {
		bad(path+".from", "%q; expected one of %s", t.From, strings.Join(Inputs(), ", "))
	}
}
