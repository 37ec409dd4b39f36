package significance

import "github.com/nisaba-platform/nisaba/law"

// worstLoss is the loss that the incident has caused or can cause, in euros.
func (f *Facts) worstLoss() (n float64, ok bool) {
	actual, _ := f.Number(Loss)
	possible, ok := f.Number(PossibleLoss)
	return max(actual, possible), ok
}

// loss is the limit of Implementing Regulation (EU) 2024/2690 Art. 3(1)(a): EUR
// 500 000 or 5 % of the total annual turnover of the preceding financial year,
// whichever is lower. An amount above one of them is above the lower one.
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
	n, exact, missing := f.counted(affected)
	pct, okPct := f.Number(affected - 1)
	total, okTotal := f.Number(affected - 2)
	overShare, overNumber := law.Unknown, law.Unknown
	switch {
	case exact && (okTotal || n == 0), okTotal && n*1000 > t.permille*total:
		overShare = law.TruthOf(n*1000 > t.permille*total)
	case okPct: // compared as it is, not as a rounded number of persons
		overShare = law.TruthOf(pct*10 > t.permille)
	}
	if !exact && okPct && (okTotal || pct == 0) {
		n, exact = max(n, pct*total/100), true
	}
	switch {
	case exact, n > t.limit:
		overNumber = law.TruthOf(n > t.limit)
	case okTotal && total <= t.limit, okTotal && overShare == law.False && t.permille*total <= 1000*t.limit:
		overNumber = law.False
	}
	if okTotal && overNumber == law.False && t.permille*total >= 1000*t.limit {
		overShare = law.False
	}
	o := outcome{met: overShare.Or(overNumber), unit: Users, missing: missing | f.unknown(affected-1, affected-2)}
	o.figure = Figure{n, exact || n > 0}
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

// counted is how many persons are affected: at least n, and exactly n when
// exact. Users are the customers with a contract and the persons associated
// with business customers together, Implementing Regulation (EU) 2024/2690 Art.
// 3(3), unless their number is stated at once.
func (f *Facts) counted(affected Field) (n float64, exact bool, missing set) {
	n, exact = f.Number(affected)
	missing = f.unknown(affected)
	if affected != UsersAffected || !f.Stated(UsersContract) && !f.Stated(UsersAssociated) {
		return n, exact, missing
	}
	contract, okContract := f.Number(UsersContract)
	associated, okAssociated := f.Number(UsersAssociated)
	if !exact {
		missing |= f.unknown(UsersContract, UsersAssociated)
	}
	return max(n, contract+associated), exact || okContract && okAssociated, missing
}
