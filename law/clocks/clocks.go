// Package clocks computes when a report on an incident is due. One incident can
// start several clocks, each under its own act and from its own event: NIS2
// counts from awareness of a significant incident, the GDPR from awareness of a
// personal-data breach, DORA from the classification, the Cyber Resilience Act
// once from the day a fix is available.
//
// Two instants come out. Strict is what people are shown and alarmed by: hours
// are elapsed time; a month later is the same wall time in the authority's zone,
// on the last day of the month when that day does not exist, and never moved for
// weekends. LegalEndExcl is the first instant after the period as Regulation
// (EEC, Euratom) No 1182/71 counts it, for information only, because NIS2 is a
// directive and national law decides.
//
// The package is pure: zone, holidays and the present come in as values.
package clocks

import (
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// Regime is the legal act, or the part of it, under which a clock runs.
type Regime string

// The regimes.
const (
	NIS2             Regime = "nis2"              // Directive (EU) 2022/2555 Art. 23
	GDPR             Regime = "gdpr"              // Regulation (EU) 2016/679 Arts. 33, 34
	DORA             Regime = "dora"              // Regulation (EU) 2022/2554 Art. 19
	CRAVulnerability Regime = "cra_vulnerability" // Regulation (EU) 2024/2847 Art. 14(1), (2)
	CRAIncident      Regime = "cra_incident"      // Regulation (EU) 2024/2847 Art. 14(3), (4)
	CER              Regime = "cer"               // Directive (EU) 2022/2557 Art. 15
	EIDAS            Regime = "eidas"             // Regulation (EU) No 910/2014 Arts. 19a, 24
	EPrivacy         Regime = "eprivacy"          // Directive 2002/58/EC Art. 4(3)
)

// Regimes lists every regime in the order of display.
func Regimes() []Regime {
	return []Regime{NIS2, GDPR, DORA, CRAVulnerability, CRAIncident, CER, EIDAS, EPrivacy}
}

// Stage is one report, notification or information duty of a regime.
type Stage string

// The stages. Which of them a regime has is told by Stages.
const (
	EarlyWarning              Stage = "early_warning"
	IncidentNotification      Stage = "incident_notification"
	IntermediateReport        Stage = "intermediate_report"
	ProgressReport            Stage = "progress_report"
	FinalReport               Stage = "final_report"
	RecipientInformation      Stage = "recipient_information" // NIS2 Art. 23(1), (2)
	BreachNotification        Stage = "breach_notification"
	ProcessorNotification     Stage = "processor_notification"     // GDPR Art. 33(2)
	DataSubjectCommunication  Stage = "data_subject_communication" // GDPR Art. 34(1)
	InitialNotification       Stage = "initial_notification"
	ClientInformation         Stage = "client_information" // DORA Art. 19(3)
	VulnerabilityNotification Stage = "vulnerability_notification"
	UserInformation           Stage = "user_information" // CRA Art. 14(8)
	DetailedReport            Stage = "detailed_report"  // CER Art. 15(1)
	Notification              Stage = "notification"     // eIDAS
	RansomInformation         Stage = "ransom_information"
)

// ToAuthority reports whether the report of the stage goes to an authority, and not to
// customers, users, persons concerned or a controller.
func (s Stage) ToAuthority() bool {
	switch s {
	case RecipientInformation, ProcessorNotification, DataSubjectCommunication, ClientInformation, UserInformation:
		return false
	}
	return true
}

// RecipientOf names to whom the report of a stage goes, as a message; an empty one for
// a stage that the regime does not have.
func RecipientOf(r Regime, s Stage) law.Message {
	for i := range terms {
		if t := &terms[i]; t.Regime == r && t.Stage == s {
			return law.Say(t.Recipient)
		}
	}
	return law.Message{}
}

// Status is where a clock stands.
type Status string

// The states of a clock. Submitted ones: OnTime up to Strict, included;
// LateStrictWithinLegal after it but inside the legal period; Late from
// LegalEndExcl on. Not submitted: Open up to Strict, included, then Overdue.
const (
	OnTime                Status = "on_time"
	LateStrictWithinLegal Status = "late_strict_within_legal"
	Late                  Status = "late"
	NotStarted            Status = "clock_not_started" // the event that starts the clock has not happened
	Voluntary             Status = "voluntary"         // not significant: reported without a duty, Art. 30
	WaitingForMeasure     Status = "waiting_for_measure"
	Open                  Status = "open"
	Overdue               Status = "overdue"
)

// Request asks for one clock.
type Request struct {
	Regime Regime
	Stage  Stage

	Zone    *time.Location      // the authority's zone; nil means UTC
	Holiday func(law.Date) bool // public holidays of the authority's country; nil means none

	TrustService bool      // NIS2 Art. 23(4), second subparagraph: the incident affects its trust services
	Qualified    law.Truth // eIDAS: qualified trust service provider
	Art55Exempt  bool      // Delegated Regulation (EU) 2025/301 Art. 5(5): no weekend relief for initial and intermediate reports
	Significant  law.Truth // False: reported voluntarily, no clock

	Inputs  Inputs
	Profile Profile   // national deviations
	WhatIf  []string  // ids of proposals to count as if they were law
	Now     time.Time // zero: not stated, nothing is overdue
}

// Profile holds national deviations by stage.
type Profile map[Stage]Override

// Override replaces the period and the anchor of one stage.
type Override struct {
	Period Period
	From   Input
}

// Clock is the answer for one stage. Instants are in the authority's zone; a
// zero instant means that there is none.
type Clock struct {
	Regime Regime
	Stage  Stage
	TermID string // row of Terms, for example "clk.nis2.final"

	Strict       time.Time // the deadline shown and alarmed, included in the period
	LegalEndExcl time.Time // first instant after the period under Regulation 1182/71; information only
	Extended     time.Time // DORA weekend relief: noon of the next working day, included
	Status       Status
	Projected    bool // counted from a deadline, because the submission it counts from has not happened

	Anchor    Input     // what the clock counts from
	AnchorAt  time.Time // when that was, or is projected to be
	Submitted time.Time // this stage's own submission

	// Remaining is Strict minus Now, negative when overdue. It is meaningful
	// only when both are set and nothing was submitted.
	Remaining time.Duration
	// SinceDetection is Now minus detected_at while nobody is aware yet.
	SinceDetection time.Duration

	Citation string
	National bool   // a national deviation replaced the period or the anchor
	Proposal string // id of the proposal behind the term; such a clock is not law
	InForce  bool   // the term applied on the day of the anchor, or no anchor is known

	period Period
}
