package significance

import "github.com/nisaba-platform/nisaba/law"

// worstLoss is the loss that the incident has caused or can cause, in euros.
func (f *Facts) worstLoss() (n float64, ok bool) {
	actual, _ := f.Number(Loss)
	possible, ok := f.Number(PossibleLoss)
	return max(actual, possible), ok
}

// loss is the limit of Art. 3(1)(a): EUR 500 000 or 5 % of the total annual
// turnover of the preceding financial year, whichever is lower. An amount above
// one of them is above the lower one.
func (f *Facts) loss(t *test) outcome {
	o := outcome{unit: Euros, missing: f.unknown(t.field, Turnover)}
	n, complete := f.Number(t.field)
	if t.field == Loss {
		o.missing |= f.unknown(PossibleLoss)
		if worst, ok := f.worstLoss(); ok {
			n, complete = worst, true
			o.missing &^= bit(Loss)
		} else if complete {
			complete = false // it may become more
		}
	}
	turnover, ok := f.Number(Turnover)
	switch {
	case ok:
		o.threshold = Figure{min(t.limit, turnover*lossPermille/1000), true}
	case n > t.limit:
		o.threshold = Figure{t.limit, true}
	}
	switch {
	case n > t.limit, ok && n*1000 > lossPermille*turnover:
		o.met = law.True
	case complete && (ok || n == 0):
		o.met = law.False
	}
	o.figure = Figure{n, complete || n > 0}
	return o
}

// share is "more than a share of the users of the service in the Union, or more
// than a number of them, whichever number is smaller". For trust services the
// same holds for relying parties, and one of the two groups suffices.
func (f *Facts) share(t *test) outcome {
	users := f.people(t, UsersAffected)
	if t.other == 0 {
		return users
	}
	relying := f.people(t, t.other)
	first, second := &users, &relying
	if relying.met == law.True && users.met != law.True || users.met == law.False && relying.met == law.Unknown {
		first, second = second, first
	}
	o := *first
	o.met = first.met.Or(second.met)
	if second.met == law.Unknown {
		o.missing |= second.missing
	}
	return o
}

// people is the share test for one group, whose total, percentage and number
// are three fields in a row. More than the smaller of two numbers is more than
// one of them, so that each of them can settle the test alone.
func (f *Facts) people(t *test, affected Field) outcome {
	pctField, totalField := affected-1, affected-2
	n, okN := f.Number(affected)
	pct, okPct := f.Number(pctField)
	total, okTotal := f.Number(totalField)
	byShare := !okN && okPct // the percentage is what is known, so that it is compared and not a rounded product
	if byShare && (okTotal || pct == 0) {
		n, okN = pct*total/100, true
	}
	overShare, overNumber := law.Unknown, law.Unknown
	switch {
	case !byShare && okN && (okTotal || n == 0):
		overShare = law.TruthOf(n*1000 > t.permille*total)
	case okPct:
		overShare = law.TruthOf(pct*10 > t.permille)
	}
	switch {
	case okN:
		overNumber = law.TruthOf(n > t.limit)
	case okTotal && total <= t.limit, okTotal && overShare == law.False && t.permille*total <= 1000*t.limit:
		overNumber = law.False
	}
	if okTotal && overNumber == law.False && t.permille*total >= 1000*t.limit {
		overShare = law.False
	}
	o := outcome{met: overShare.Or(overNumber), unit: Users, missing: f.unknown(affected, pctField, totalField)}
	o.figure = Figure{n, okN}
	switch {
	case okTotal:
		o.threshold = Figure{min(t.limit, t.permille*total/1000), true}
	case overNumber == law.True:
		o.threshold = Figure{t.limit, true}
	case okPct:
		o.figure, o.threshold, o.unit = Figure{pct, true}, Figure{t.permille / 10, true}, Percent
	}
	return o
}
