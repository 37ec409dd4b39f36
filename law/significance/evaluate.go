package significance

import "github.com/nisaba-platform/nisaba/law"

// outcome is what one test or rule comes to.
type outcome struct {
	met               law.Truth
	figure, threshold Figure
	unit              Unit
	missing           set // facts that would decide; of use only while met is Unknown
}

// rule evaluates one criterion. The figures are those of the part that decides:
// the first that is not met, else the first that is not known, else the first
// that has any.
func (f *Facts) rule(r *rule) outcome {
	result := outcome{met: law.True}
	for i := range r.tests {
		o := f.test(&r.tests[i])
		missing := result.missing
		if o.met == law.Unknown {
			missing |= o.missing
		}
		if decides(&o, &result) {
			met := result.met.And(o.met)
			result, result.met = o, met
		}
		result.missing = missing
	}
	return result
}

// decides reports whether the next part o says more than the parts before.
func decides(o, before *outcome) bool {
	switch {
	case before.met == law.False:
		return false
	case o.met == law.False:
		return true
	case before.met == law.Unknown:
		return false
	case o.met == law.Unknown:
		return true
	}
	return !before.figure.Known && !before.threshold.Known
}

func (f *Facts) test(t *test) outcome {
	switch t.kind {
	case isTrue:
		return outcome{met: f.Truth(t.field), missing: f.unknown(t.field)}
	case caused:
		return f.caused(t.field)
	case moreMinutes:
		return f.minutes(t)
	case more, atLeast, atMost:
		return f.number(t)
	case happened:
		return f.happened(t)
	case loss:
		return f.loss(t)
	case share:
		return f.share(t)
	case access:
		return f.access()
	case malicious:
		return f.malicious()
	case compromised:
		return f.compromised()
	case damage:
		return f.damage()
	case disruption:
		return f.disruption()
	}
	return f.notWrongData()
}

// caused is "has caused or is capable of causing": the fact, or the one after
// it, which says that it is possible.
func (f *Facts) caused(field Field) outcome {
	met := f.Truth(field + 1)
	if f.Truth(field) == law.True {
		met = law.True
	}
	if met.Known() {
		return outcome{met: met}
	}
	return outcome{missing: f.unknown(field, field+1)}
}

// number compares a number with a fixed limit.
func (f *Facts) number(t *test) outcome {
	n, ok := f.Number(t.field)
	o := outcome{figure: Figure{n, ok}, threshold: Figure{t.limit, true}, unit: fields[t.field].Unit, missing: f.unknown(t.field)}
	if ok {
		o.met = law.TruthOf(n > t.limit != (t.kind == atMost) || t.kind == atLeast && n == t.limit)
	}
	return o
}

// minutes compares the length of an outage. No outage at all is one of no
// minutes. The sum of a calendar week is at least the outage itself.
func (f *Facts) minutes(t *test) outcome {
	n, ok := f.Number(t.field)
	o := outcome{threshold: Figure{t.limit, true}, unit: Minutes, missing: f.unknown(t.field)}
	ofIncident := t.field == UnavailableMinutes || t.field == LimitedMinutes || !f.Stated(t.field)
	if !ok && ofIncident {
		ok = f.Truth(t.other) == law.False
		o.missing |= f.unknown(t.other)
	}
	if t.field == ResponseTimeMinutes && !f.Stated(t.field) {
		o.missing |= bit(t.field)
	}
	if t.field == UnavailableMinutesWeek {
		if own, known := f.Number(UnavailableMinutes); known && (ok || own > t.limit) {
			n, ok = max(n, own), true
		}
	}
	if o.figure = (Figure{n, ok}); ok {
		o.met = law.TruthOf(n > t.limit)
	}
	return o
}

// happened is an outage of any length.
func (f *Facts) happened(t *test) outcome {
	n, ok := f.Number(t.field)
	o := outcome{met: f.Truth(t.other), figure: Figure{n, ok}, threshold: Figure{0, true}, unit: Minutes, missing: f.unknown(t.field, t.other)}
	if ok {
		o.met = law.TruthOf(n > 0)
	}
	return o
}

// access is Implementing Regulation (EU) 2024/2690 Art. 3(1)(e): a successful
// access that is suspectedly malicious and unauthorised. One fact says all of
// it, or two say the parts.
func (f *Facts) access() outcome {
	if whole := f.Truth(MaliciousAccess); whole.Known() {
		return outcome{met: whole}
	}
	o := outcome{met: f.Truth(UnauthorisedAccess).And(f.Truth(SuspectedMalicious)), missing: f.unknown(UnauthorisedAccess, SuspectedMalicious)}
	if f.Stated(MaliciousAccess) {
		o.missing |= bit(MaliciousAccess)
	}
	return o
}

// malicious is a suspectedly malicious action; a malicious access is one.
func (f *Facts) malicious() outcome {
	if whole := f.Truth(DataCompromisedMaliciously); whole.Known() {
		return outcome{met: whole}
	}
	o := outcome{met: f.Truth(SuspectedMalicious), missing: f.unknown(SuspectedMalicious)}
	if o.met == law.Unknown && f.Truth(MaliciousAccess) == law.True {
		o.met = law.True
	}
	if f.Stated(MaliciousAccess) {
		o.missing |= f.unknown(MaliciousAccess)
	}
	return o
}

// compromised is the integrity, confidentiality or authenticity of data. One
// fact says it, or three say which. Data compromised maliciously are compromised.
func (f *Facts) compromised() outcome {
	if f.Truth(DataCompromisedMaliciously) == law.True {
		return outcome{met: law.True}
	}
	if whole := f.Truth(DataCompromised); whole.Known() {
		return outcome{met: whole}
	}
	o := outcome{missing: bit(DataCompromised)}
	if f.stated&dataGroup != 0 {
		o.met = f.Truth(ConfidentialityCompromised).Or(f.Truth(IntegrityCompromised)).Or(f.Truth(AuthenticityCompromised))
		o.missing |= f.unknown(ConfidentialityCompromised, IntegrityCompromised, AuthenticityCompromised)
	}
	return o
}

// damage is Directive (EU) 2022/2555 Art. 23(3)(b). A death or considerable
// damage to health is considerable damage, unless somebody judged otherwise.
func (f *Facts) damage() outcome {
	o := f.caused(ConsiderableDamage)
	if o.met.Known() {
		return o
	}
	for _, field := range [2]Field{Death, HealthDamage} {
		harm := f.caused(field)
		o.missing |= harm.missing
		if harm.met == law.True {
			o.met = law.True
		}
	}
	return o
}

// disruption is Directive (EU) 2022/2555 Art. 23(3)(a): severe operational
// disruption of the services or financial loss. The directive gives no figure;
// whether a loss counts is judged, except that no loss does not.
func (f *Facts) disruption() outcome {
	o := f.caused(SevereDisruption)
	severe := f.Truth(SevereFinancialLoss)
	missing := f.unknown(SevereFinancialLoss)
	if severe == law.Unknown {
		missing |= f.unknown(Loss, PossibleLoss)
		if n, ok := f.worstLoss(); ok && n == 0 {
			severe = law.False
		}
	}
	if severe == law.Unknown {
		o.missing |= missing
	}
	o.met = o.met.Or(severe)
	return o
}

// notWrongData is true unless the exception of Implementing Regulation (EU)
// 2024/2690 Art. 5(c) applies: wrong data of fewer than 1 000 domain names,
// and of not more than 1 % of those managed, because of a misconfiguration.
func (f *Facts) notWrongData() outcome {
	names, okNames := f.Number(DomainNamesAffected)
	total, okTotal := f.Number(DomainNamesTotal)
	few, part := law.Unknown, law.Unknown
	if okNames {
		few = law.TruthOf(names < namesLimit)
	}
	if okNames && okTotal {
		part = law.TruthOf(names*1000 <= namesPermille*total)
	}
	missing := f.unknown(Misconfiguration, DomainNamesAffected, DomainNamesTotal)
	misconfigured := f.Truth(Misconfiguration)
	if misconfigured == law.Unknown {
		attack := f.malicious()
		missing |= attack.missing
		if attack.met == law.True {
			misconfigured = law.False
		}
	}
	return outcome{met: misconfigured.And(few).And(part).Not(), missing: missing}
}
