package clocks

import (
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// anchorAt is the instant of the anchor. A submission that has not happened is
// projected to its own deadline, so that people see what is coming.
func (q *query) anchorAt(anchor Input) (at time.Time, projected, ok bool) {
	if at, ok = q.Inputs.At(anchor); ok {
		return at, false, true
	}
	stage, isSubmission := q.stageOf(anchor)
	if !isSubmission || q.depth > 3 {
		return time.Time{}, false, false
	}
	if anchor == InitialSubmittedAt {
		for _, other := range [2]Input{NotificationSubmittedAt, EarlyWarningSubmittedAt} {
			if at, ok = q.Inputs.At(other); ok {
				return at, false, true
			}
		}
	}
	deeper := *q
	deeper.depth++
	c := Clock{Regime: q.Regime, Stage: stage}
	t := deeper.term(stage)
	if t == nil {
		return time.Time{}, false, false
	}
	deeper.describe(&c, t)
	deeper.run(&c, t)
	return c.Strict, true, !c.Strict.IsZero()
}

// stageOf is the stage whose submission the input records.
func (q *query) stageOf(i Input) (Stage, bool) {
	switch i {
	case EarlyWarningSubmittedAt:
		return EarlyWarning, true
	case NotificationSubmittedAt:
		switch q.Regime {
		case CRAVulnerability:
			return VulnerabilityNotification, true
		case GDPR, EPrivacy:
			return BreachNotification, true
		case EIDAS:
			return Notification, true
		}
		return IncidentNotification, true
	case InitialSubmittedAt:
		return InitialNotification, true
	case LatestIntermediateSubmittedAt:
		return IntermediateReport, true
	case ProgressSubmittedAt:
		return ProgressReport, true
	}
	return "", false
}

// submission is the stage's own submission: submitted_at, or the input that
// records it for the stages that follow.
func (q *query) submission(stage Stage) (time.Time, bool) {
	if at, ok := q.Inputs.At(SubmittedAt); ok {
		return at, true
	}
	for _, i := range [...]Input{EarlyWarningSubmittedAt, NotificationSubmittedAt, InitialSubmittedAt, LatestIntermediateSubmittedAt, ProgressSubmittedAt} {
		if s, _ := q.stageOf(i); s == stage {
			if at, ok := q.Inputs.At(i); ok {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

// extend grants the DORA weekend relief, Delegated Regulation (EU) 2025/301
// Art. 5(4): a deadline on a weekend or bank holiday may be met by noon of the
// next working day. Art. 5(5) takes it away for initial and intermediate reports
// of credit institutions, central counterparties, trading venues and entities
// that are essential or important under NIS2.
func (q *query) extend(c *Clock) {
	if q.Regime != DORA || c.Strict.IsZero() || q.Art55Exempt && c.Stage != FinalReport {
		return
	}
	day := law.DateOf(c.Strict)
	if q.place.working(day) {
		return
	}
	c.Extended, _ = Wall(q.place.rolled(day), 12*time.Hour, q.place.zone)
}

// settle sets the status from the submission and the present.
func (q *query) settle(c *Clock) {
	if !c.Submitted.IsZero() {
		c.Submitted = c.Submitted.In(q.place.zone)
	}
	if detected, ok := q.Inputs.At(DetectedAt); ok && c.Status == NotStarted && c.Anchor == AwareAt && !q.Now.IsZero() {
		c.SinceDetection = q.Now.Sub(detected)
	}
	if c.Status != "" {
		return
	}
	if !c.Submitted.IsZero() {
		c.Status = c.judge(c.Submitted)
		return
	}
	c.Status = Open
	if q.Now.IsZero() || c.Strict.IsZero() {
		return
	}
	c.Remaining = c.Strict.Sub(q.Now)
	if c.Remaining < 0 && !c.Projected {
		c.Status = Overdue
	}
}

// judge compares a submission with the deadline. The DORA relief makes a late
// submission lawful up to noon, so that it counts as within the legal period.
func (c *Clock) judge(submitted time.Time) Status {
	switch {
	case c.Strict.IsZero() || !submitted.After(c.Strict):
		return OnTime
	case submitted.Before(c.LegalEndExcl), !c.Extended.IsZero() && !submitted.After(c.Extended):
		return LateStrictWithinLegal
	}
	return Late
}
