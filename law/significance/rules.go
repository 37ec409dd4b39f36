package significance

// rule is one criterion: it is met when all its tests are.
type rule struct {
	id       string
	citation string
	group    group
	tests    []test
}

// group is a set of rules that apply together.
type group uint16

const (
	general       group = 1 << iota // Implementing Regulation (EU) 2024/2690 Art. 3(1)
	directive                       // Directive (EU) 2022/2555 Art. 23(3)
	dns                             // Art. 5 of the Implementing Regulation, and so on
	tld                             // Art. 6
	cloud                           // Art. 7
	dataCentre                      // Art. 8
	cdn                             // Art. 9
	managed                         // Art. 10
	marketplace                     // Art. 11
	searchEngine                    // Art. 12
	socialNetwork                   // Art. 13
	trust                           // Art. 14
	national                        // a threshold of a Member State
)

// groupsOf is the rules for one entity type: the Implementing Regulation for the
// types of its Art. 1, the general words of the directive for all others.
func groupsOf(entityType string) group {
	switch entityType {
	case "digital-infra.dns":
		return general | dns
	case "digital-infra.tld":
		return general | tld
	case "digital-infra.cloud":
		return general | cloud
	case "digital-infra.datacentre":
		return general | dataCentre
	case "digital-infra.cdn":
		return general | cdn
	case "ict-service.msp", "ict-service.mssp":
		return general | managed
	case "digital-provider.marketplace":
		return general | marketplace
	case "digital-provider.search":
		return general | searchEngine
	case "digital-provider.social":
		return general | socialNetwork
	case "digital-infra.trust", "digital-infra.trust.qualified", "digital-infra.trust.nonqualified":
		return general | trust
	}
	return directive
}

// kind is how a test looks at the facts.
type kind uint8

const (
	isTrue       kind = iota // a yes/no fact
	caused                   // a yes/no fact or, in field+1, that it is possible
	moreMinutes              // minutes of an outage, its yes/no fact in other
	more                     // a number above the limit
	atLeast                  // a number from the limit on
	atMost                   // a number up to the limit
	happened                 // an outage of any length: minutes in field, yes/no fact in other
	loss                     // above EUR 500 000 or 5 % of the turnover, the smaller
	share                    // users above a share or a number, the smaller
	access                   // successful, suspectedly malicious, unauthorised access
	malicious                // suspectedly malicious action
	compromised              // integrity, confidentiality or authenticity of data
	damage                   // considerable damage to others
	disruption               // severe operational disruption or financial loss
	notWrongData             // not the exception for misconfigured domain names
)

// test is one part of a criterion.
type test struct {
	kind     kind
	field    Field
	other    Field
	limit    float64
	permille float64 // of share
}

func truth(f Field) test           { return test{kind: isTrue, field: f} }
func possibly(f Field) test        { return test{kind: caused, field: f} }
func over(f Field, n float64) test { return test{kind: more, field: f, limit: n} }
func unavailable(n float64) test   { return minutes(UnavailableMinutes, Unavailable, n) }
func limited(n float64) test       { return minutes(LimitedMinutes, Limited, n) }
func anyOutage() test              { return test{kind: happened, field: UnavailableMinutes, other: Unavailable} }
func anyLimit() test               { return test{kind: happened, field: LimitedMinutes, other: Limited} }
func users(permille, n float64) test {
	return test{kind: share, field: UsersAffected, permille: permille, limit: n}
}

func minutes(f, flag Field, n float64) test {
	return test{kind: moreMinutes, field: f, other: flag, limit: n}
}

func lossOf(f Field) test { return test{kind: loss, field: f, limit: lossLimit} }

// The figures that several criteria share.
const (
	lossLimit     = 500_000 // euros, Implementing Regulation (EU) 2024/2690 Art. 3(1)(a)
	lossPermille  = 50      // of the total annual turnover of the preceding financial year
	userPermille  = 50      // of the users in the Union, Implementing Regulation (EU) 2024/2690 Art. 7(b) and others
	userLimit     = 1_000_000
	hour          = 60 // minutes
	halfHour      = 30
	slowSeconds   = 10
	namesLimit    = 1_000 // domain names, Implementing Regulation (EU) 2024/2690 Art. 5(c)
	namesPermille = 10
)

const (
	cir  = "Implementing Regulation (EU) 2024/2690 Art. "
	nis2 = "Directive (EU) 2022/2555 Art. "
)

// exclusion is the rule of planned maintenance.
func exclusion(g group) rule {
	if g == directive {
		return rule{id: "nis2.sig.6.6", citation: nis2 + "6(6)"}
	}
	return rule{id: "cir.sig.3.2", citation: cir + "3(2)"}
}

// ruleTable lists the criteria in the order of the acts.
func ruleTable() []rule {
	rules := []rule{
		{"nis2.sig.23.3.a", nis2 + "23(3)(a)", directive, []test{{kind: disruption, field: SevereDisruption}}},
		{"nis2.sig.23.3.b", nis2 + "23(3)(b)", directive, []test{{kind: damage, field: ConsiderableDamage}}},
		{"cir.sig.3.1.a", cir + "3(1)(a)", general, []test{lossOf(Loss)}},
		{"cir.sig.3.1.b", cir + "3(1)(b)", general, []test{possibly(TradeSecrets)}},
		{"cir.sig.3.1.c", cir + "3(1)(c)", general, []test{possibly(Death)}},
		{"cir.sig.3.1.d", cir + "3(1)(d)", general, []test{possibly(HealthDamage)}},
		{"cir.sig.3.1.e", cir + "3(1)(e)", general, []test{{kind: access}, possibly(SevereDisruption)}},
		{"cir.sig.4", "Implementing Regulation (EU) 2024/2690 Arts. 3(1)(f), 4", general,
			[]test{{kind: atLeast, field: Occurrences, limit: 2}, {kind: atMost, field: RecurringMonths, limit: 6}, truth(SameRootCause), lossOf(RecurringLoss)}},
		{"cir.sig.5.a", cir + "5(a)", dns, []test{unavailable(halfHour)}},
		{"cir.sig.5.b", cir + "5(b)", dns, slowAnswers()},
		{"cir.sig.5.c", cir + "5(c)", dns, []test{{kind: compromised}, truth(AuthoritativeData), {kind: notWrongData}}},
		{"cir.sig.6.a", cir + "6(a)", tld, []test{anyOutage()}},
		{"cir.sig.6.b", cir + "6(b)", tld, slowAnswers()},
		{"cir.sig.6.c", cir + "6(c)", tld, []test{{kind: compromised}}},
	}
	rules = append(rules, hosting("7", cloud)...)
	rules = append(rules,
		rule{"cir.sig.8.a", cir + "8(a)", dataCentre, []test{anyOutage()}},
		rule{"cir.sig.8.b", cir + "8(b)", dataCentre, []test{limited(hour)}},
		rule{"cir.sig.8.c", cir + "8(c)", dataCentre, maliciousCompromise()},
		rule{"cir.sig.8.d", cir + "8(d)", dataCentre, []test{truth(PhysicalAccess)}},
	)
	rules = append(rules, hosting("9", cdn)...)
	rules = append(rules, hosting("10", managed)...)
	rules = append(rules, platform("11", marketplace)...)
	rules = append(rules, platform("12", searchEngine)...)
	rules = append(rules, platform("13", socialNetwork)...)
	return append(rules, trustRules()...)
}

func slowAnswers() []test {
	return []test{over(ResponseTime, slowSeconds), minutes(ResponseTimeMinutes, Limited, hour)}
}

func maliciousCompromise() []test { return []test{{kind: compromised}, {kind: malicious}} }

// hosting is Implementing Regulation (EU) 2024/2690 Arts. 7, 9 and 10, which
// have the same words.
func hosting(article string, g group) []rule {
	return []rule{
		{"cir.sig." + article + ".a", cir + article + "(a)", g, []test{unavailable(halfHour)}},
		{"cir.sig." + article + ".b", cir + article + "(b)", g, []test{users(userPermille, userLimit), limited(hour)}},
		{"cir.sig." + article + ".c", cir + article + "(c)", g, maliciousCompromise()},
		{"cir.sig." + article + ".d", cir + article + "(d)", g, []test{{kind: compromised}, users(userPermille, userLimit)}},
	}
}

// platform is Implementing Regulation (EU) 2024/2690 Arts. 11, 12 and 13, which
// have the same words and no durations.
func platform(article string, g group) []rule {
	return []rule{
		{"cir.sig." + article + ".a", cir + article + "(a)", g, []test{users(userPermille, userLimit), anyOutage()}},
		{"cir.sig." + article + ".b", cir + article + "(b)", g, []test{users(userPermille, userLimit), anyLimit()}},
		{"cir.sig." + article + ".c", cir + article + "(c)", g, maliciousCompromise()},
		{"cir.sig." + article + ".d", cir + article + "(d)", g, []test{{kind: compromised}, users(userPermille, userLimit)}},
	}
}

func trustRules() []rule {
	relying := func(permille, n float64) test {
		return test{kind: share, field: UsersAffected, other: RelyingPartiesAffected, permille: permille, limit: n}
	}
	return []rule{
		{"cir.sig.14.a", cir + "14(a)", trust, []test{unavailable(20)}},
		{"cir.sig.14.b", cir + "14(b)", trust, []test{minutes(UnavailableMinutesWeek, Unavailable, hour)}},
		{"cir.sig.14.c", cir + "14(c)", trust, []test{relying(10, 200_000), anyLimit()}},
		{"cir.sig.14.d", cir + "14(d)", trust, []test{truth(PhysicalAccess)}},
		{"cir.sig.14.e", cir + "14(e)", trust, []test{{kind: compromised}, relying(1, 100)}},
	}
}
