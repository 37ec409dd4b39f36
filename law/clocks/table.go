package clocks

import "github.com/nisaba-platform/nisaba/law"

// The citations of the table.
const (
	nis2     = "Directive (EU) 2022/2555 Art. "
	gdpr     = "Regulation (EU) 2016/679 Art. "
	dora     = "Regulation (EU) 2022/2554 Art. "
	dora301  = "Delegated Regulation (EU) 2025/301 Art. "
	cra      = "Regulation (EU) 2024/2847 Art. "
	cer      = "Directive (EU) 2022/2557 Art. "
	eidas    = "Regulation (EU) No 910/2014 Art. "
	eprivacy = "Directive 2002/58/EC Art. 4(3); Regulation (EU) No 611/2013 Art. "
)

// Days of application, each with its source.
var (
	nis2Applies     = law.Date{Year: 2024, Month: 10, Day: 18} // Directive (EU) 2022/2555 Art. 41(1)
	gdprApplies     = law.Date{Year: 2018, Month: 5, Day: 25}  // Regulation (EU) 2016/679 Art. 99(2)
	doraApplies     = law.Date{Year: 2025, Month: 1, Day: 17}  // Regulation (EU) 2022/2554 Art. 64
	craApplies      = law.Date{Year: 2026, Month: 9, Day: 11}  // Regulation (EU) 2024/2847 Art. 71(2)
	cerApplies      = law.Date{Year: 2024, Month: 10, Day: 18} // Directive (EU) 2022/2557 Art. 26(1)
	eidasApplies    = law.Date{Year: 2024, Month: 5, Day: 20}  // Regulation (EU) 2024/1183 Art. 2
	eprivacyApplies = law.Date{Year: 2013, Month: 8, Day: 25}  // Regulation (EU) No 611/2013 Art. 7
)

var (
	checked       = law.Date{Year: 2026, Month: 11, Day: 21}
	nis2Text      = law.Source{Title: "Directive (EU) 2022/2555, consolidated text of 27 December 2022", URL: "https://eur-lex.europa.eu/eli/dir/2022/2555", Checked: checked, Confidence: law.Verified}
	gdprText      = law.Source{Title: "Regulation (EU) 2016/679, consolidated text", URL: "https://eur-lex.europa.eu/eli/reg/2016/679", Checked: checked, Confidence: law.Verified}
	doraText      = law.Source{Title: "Regulation (EU) 2022/2554", URL: "https://eur-lex.europa.eu/eli/reg/2022/2554", Checked: checked, Confidence: law.Verified}
	dora301Text   = law.Source{Title: "Delegated Regulation (EU) 2025/301", URL: "https://eur-lex.europa.eu/eli/reg_del/2025/301", Checked: checked, Confidence: law.Verified}
	craText       = law.Source{Title: "Regulation (EU) 2024/2847, consolidated text", URL: "https://eur-lex.europa.eu/eli/reg/2024/2847", Checked: checked, Confidence: law.Verified}
	cerText       = law.Source{Title: "Directive (EU) 2022/2557", URL: "https://eur-lex.europa.eu/eli/dir/2022/2557", Checked: checked, Confidence: law.Verified}
	eidasText     = law.Source{Title: "Regulation (EU) No 910/2014, consolidated text of 18 October 2024", URL: "https://eur-lex.europa.eu/eli/reg/2014/910", Checked: checked, Confidence: law.Verified}
	eprivacyText  = law.Source{Title: "Regulation (EU) No 611/2013", URL: "https://eur-lex.europa.eu/eli/reg/2013/611", Checked: checked, Confidence: law.Secondary}
	omnibusText   = law.Source{Title: "COM(2025) 837, proposal of 19 November 2025", Checked: checked, Confidence: law.Secondary}
	amendmentText = law.Source{Title: "COM(2026) 13, proposal of 20 January 2026", Checked: checked, Confidence: law.Secondary}
)

// terms is the table of reporting times. It is never written.
var terms = [...]Term{
	{ID: "clk.nis2.ew", Regime: NIS2, Stage: EarlyWarning, Citation: nis2 + "23(4)(a)", Anchor: AwareAt, Period: Hours(24), From: nis2Applies, Source: nis2Text, Recipient: "clocks.recipient.csirt"},
	{ID: "clk.nis2.notif.tsp", Regime: NIS2, Stage: IncidentNotification, Condition: IfTrustService, Citation: nis2 + "23(4), second subparagraph", Anchor: AwareAt, Period: Hours(24), From: nis2Applies, Source: nis2Text, Recipient: "clocks.recipient.csirt"},
	{ID: "clk.nis2.notif", Regime: NIS2, Stage: IncidentNotification, Citation: nis2 + "23(4)(b)", Anchor: AwareAt, Period: Hours(72), From: nis2Applies, Source: nis2Text, Recipient: "clocks.recipient.csirt"},
	{ID: "clk.nis2.intermediate", Regime: NIS2, Stage: IntermediateReport, Condition: IfSetByAuthority, Citation: nis2 + "23(4)(c)", Anchor: RequestedAt, From: nis2Applies, Source: nis2Text, Recipient: "clocks.recipient.csirt"},
	{ID: "clk.nis2.progress", Regime: NIS2, Stage: ProgressReport, Condition: IfOngoing, Citation: nis2 + "23(4)(e)", Anchor: NotificationSubmittedAt, Period: Months(1), From: nis2Applies, Source: nis2Text, Recipient: "clocks.recipient.csirt"},
	{ID: "clk.nis2.final", Regime: NIS2, Stage: FinalReport, Citation: nis2 + "23(4)(d)", Anchor: NotificationSubmittedAt, Period: Months(1), From: nis2Applies, Source: nis2Text, Recipient: "clocks.recipient.csirt"},
	{ID: "clk.nis2.final2", Regime: NIS2, Stage: FinalReport, Condition: IfOngoing, Citation: nis2 + "23(4)(e)", Anchor: HandledAt, Period: Months(1), From: nis2Applies, Source: nis2Text, Recipient: "clocks.recipient.csirt"},
	{ID: "clk.nis2.recipients", Regime: NIS2, Stage: RecipientInformation, Citation: nis2 + "23(1), (2)", Anchor: AwareAt, From: nis2Applies, Source: nis2Text, Recipient: "clocks.recipient.customers"},
	{ID: "clk.nis2.ransom", Regime: NIS2, Stage: RansomInformation, Condition: IfSetByAuthority, Citation: "COM(2026) 13", Anchor: RequestedAt, Source: amendmentText, Recipient: "clocks.recipient.csirt", Proposal: NIS2Amendment},

	{ID: "clk.gdpr.sa", Regime: GDPR, Stage: BreachNotification, Citation: gdpr + "33(1)", Anchor: AwareAt, Period: Hours(72), From: gdprApplies, Source: gdprText, Recipient: "clocks.recipient.supervisory_authority"},
	{ID: "clk.gdpr.sa.omnibus", Regime: GDPR, Stage: BreachNotification, Citation: "COM(2025) 837, " + gdpr + "33(1) as proposed", Anchor: AwareAt, Period: Hours(96), Source: omnibusText, Recipient: "clocks.recipient.supervisory_authority", Proposal: DigitalOmnibus},
	{ID: "clk.gdpr.processor", Regime: GDPR, Stage: ProcessorNotification, Citation: gdpr + "33(2)", Anchor: AwareAt, From: gdprApplies, Source: gdprText, Recipient: "clocks.recipient.controller"},
	{ID: "clk.gdpr.subjects", Regime: GDPR, Stage: DataSubjectCommunication, Citation: gdpr + "34(1)", Anchor: AwareAt, From: gdprApplies, Source: gdprText, Recipient: "clocks.recipient.data_subjects"},

	{ID: "clk.dora.initial.late", Regime: DORA, Stage: InitialNotification, Condition: IfClassifiedLate, Citation: dora301 + "5(2)", Anchor: ClassifiedAt, Period: Hours(4), From: doraApplies, Source: dora301Text, Recipient: "clocks.recipient.dora_authority"},
	{ID: "clk.dora.initial", Regime: DORA, Stage: InitialNotification, Citation: dora + "19(4)(a); " + dora301 + "5(1)(a)", Anchor: ClassifiedAt, Period: Hours(4), Cap: &Cap{Anchor: AwareAt, Period: Hours(24)}, From: doraApplies, Source: dora301Text, Recipient: "clocks.recipient.dora_authority"},
	{ID: "clk.dora.intermediate", Regime: DORA, Stage: IntermediateReport, Citation: dora + "19(4)(b); " + dora301 + "5(1)(b)", Anchor: InitialSubmittedAt, Period: Hours(72), From: doraApplies, Source: dora301Text, Recipient: "clocks.recipient.dora_authority"},
	{ID: "clk.dora.final", Regime: DORA, Stage: FinalReport, Citation: dora + "19(4)(c); " + dora301 + "5(1)(c)", Anchor: LatestIntermediateSubmittedAt, Period: Months(1), From: doraApplies, Source: dora301Text, Recipient: "clocks.recipient.dora_authority"},
	{ID: "clk.dora.clients", Regime: DORA, Stage: ClientInformation, Citation: dora + "19(3)", Anchor: AwareAt, From: doraApplies, Source: doraText, Recipient: "clocks.recipient.clients"},

	{ID: "clk.cra.vuln.ew", Regime: CRAVulnerability, Stage: EarlyWarning, Citation: cra + "14(2)(a)", Anchor: AwareAt, Period: Hours(24), From: craApplies, Source: craText, Recipient: "clocks.recipient.cra_platform"},
	{ID: "clk.cra.vuln.notif", Regime: CRAVulnerability, Stage: VulnerabilityNotification, Citation: cra + "14(2)(b)", Anchor: AwareAt, Period: Hours(72), From: craApplies, Source: craText, Recipient: "clocks.recipient.cra_platform"},
	{ID: "clk.cra.vuln.intermediate", Regime: CRAVulnerability, Stage: IntermediateReport, Condition: IfSetByAuthority, Citation: cra + "14(6)", Anchor: RequestedAt, From: craApplies, Source: craText, Recipient: "clocks.recipient.cra_platform"},
	{ID: "clk.cra.vuln.final", Regime: CRAVulnerability, Stage: FinalReport, Condition: IfMeasureAvailable, Citation: cra + "14(2)(c)", Anchor: MeasureAvailableAt, Period: Days(14), From: craApplies, Source: craText, Recipient: "clocks.recipient.cra_platform"},
	{ID: "clk.cra.vuln.users", Regime: CRAVulnerability, Stage: UserInformation, Citation: cra + "14(8)", Anchor: AwareAt, From: craApplies, Source: craText, Recipient: "clocks.recipient.users"},
	{ID: "clk.cra.inc.ew", Regime: CRAIncident, Stage: EarlyWarning, Citation: cra + "14(4)(a)", Anchor: AwareAt, Period: Hours(24), From: craApplies, Source: craText, Recipient: "clocks.recipient.cra_platform"},
	{ID: "clk.cra.inc.notif", Regime: CRAIncident, Stage: IncidentNotification, Citation: cra + "14(4)(b)", Anchor: AwareAt, Period: Hours(72), From: craApplies, Source: craText, Recipient: "clocks.recipient.cra_platform"},
	{ID: "clk.cra.inc.intermediate", Regime: CRAIncident, Stage: IntermediateReport, Condition: IfSetByAuthority, Citation: cra + "14(6)", Anchor: RequestedAt, From: craApplies, Source: craText, Recipient: "clocks.recipient.cra_platform"},
	{ID: "clk.cra.inc.final", Regime: CRAIncident, Stage: FinalReport, Citation: cra + "14(4)(c)", Anchor: NotificationSubmittedAt, Period: Months(1), From: craApplies, Source: craText, Recipient: "clocks.recipient.cra_platform"},
	{ID: "clk.cra.inc.users", Regime: CRAIncident, Stage: UserInformation, Citation: cra + "14(8)", Anchor: AwareAt, From: craApplies, Source: craText, Recipient: "clocks.recipient.users"},

	{ID: "clk.cer.initial", Regime: CER, Stage: InitialNotification, Citation: cer + "15(1)", Anchor: AwareAt, Period: Hours(24), From: cerApplies, Source: cerText, Recipient: "clocks.recipient.cer_authority"},
	{ID: "clk.cer.detailed", Regime: CER, Stage: DetailedReport, Citation: cer + "15(1)", Anchor: InitialSubmittedAt, Period: Months(1), From: cerApplies, Source: cerText, Recipient: "clocks.recipient.cer_authority"},

	{ID: "clk.eidas.q", Regime: EIDAS, Stage: Notification, Condition: IfQualified, Citation: eidas + "24(2)(fb)", Anchor: OccurredAt, Period: Hours(24), From: eidasApplies, Source: eidasText, Recipient: "clocks.recipient.supervisory_body"},
	{ID: "clk.eidas.nq", Regime: EIDAS, Stage: Notification, Condition: IfNotQualified, Citation: eidas + "19a(1)(b)", Anchor: AwareAt, Period: Hours(24), From: eidasApplies, Source: eidasText, Recipient: "clocks.recipient.supervisory_body"},

	{ID: "clk.eprivacy", Regime: EPrivacy, Stage: BreachNotification, Citation: eprivacy + "2(2)", Anchor: DetectedAt, Period: Hours(24), From: eprivacyApplies, Source: eprivacyText, Recipient: "clocks.recipient.national_authority"},
}
