// Package exposure sees an organisation as the outside world does: which names,
// services, ports, certificates and programs are visible, and how they compare
// with dated references. It tells what it saw; whether a duty is met is for others
// to say.
//
// Everything that touches the network goes through a Dialer, which holds the
// Permit of the scan and refuses what the permit does not cover. The package knows
// nothing of the platform; anybody may import it.
package exposure

import "fmt"

// Outcome is how a check ended.
type Outcome string

// The outcomes. An Error is never a Pass: what could not be seen was not seen.
const (
	Pass          Outcome = "pass"
	Warn          Outcome = "warn"
	Fail          Outcome = "fail"
	Info          Outcome = "info"           // seen and worth knowing, neither good nor bad
	NotApplicable Outcome = "not-applicable" // the service does not exist here
	NotTested     Outcome = "not-tested"     // left out on purpose; the finding says why
	Error         Outcome = "error"          // tried, and it did not work
)

// Outcomes lists every outcome, worst first.
func Outcomes() []Outcome {
	return []Outcome{Fail, Warn, Error, NotTested, Info, Pass, NotApplicable}
}

// Severity is how bad a failed check is.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	None     Severity = "info"
)

// Severities lists every severity, worst first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low, None} }

// Class is how far a check goes.
type Class string

// The classes.
const (
	Passive   Class = "P" // asks as any client does
	Handshake Class = "H" // connects and talks, never completes an attack
	Intrusive Class = "X" // opt-in for each target
)

// Area groups checks for people.
type Area string

// The areas, in the order of reports.
const (
	AreaDNS           Area = "dns"
	AreaMail          Area = "mail"
	AreaTLS           Area = "tls"
	AreaCertificate   Area = "certificate"
	AreaHTTP          Area = "http"
	AreaPort          Area = "port"
	AreaIndustrial    Area = "industrial"
	AreaNetwork       Area = "network"
	AreaVulnerability Area = "vulnerability"
	AreaDiscovery     Area = "discovery"
)

// Areas lists every area in the order of reports.
func Areas() []Area {
	return []Area{AreaDNS, AreaMail, AreaTLS, AreaCertificate, AreaHTTP, AreaPort, AreaIndustrial, AreaNetwork, AreaVulnerability, AreaDiscovery}
}

// Refusal is returned for a contact that the permit does not cover. No packet was
// sent.
type Refusal struct {
	Target string // name or address, as asked for
	Reason string
}

// Error says what was refused and why.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s is not contacted: %s", r.Target, r.Reason)
}

func refuse(target, format string, args ...any) error {
	return &Refusal{target, fmt.Sprintf(format, args...)}
}
