package clocks

// nis2Final is Art. 23(4)(d) and (e): one month after the first submission of
// the incident notification; when the incident is still ongoing at that moment,
// one month after it was handled instead. An incident handled up to that moment
// keeps the ordinary date.
func (q *query) nis2Final(c *Clock) {
	q.plain(c)
	if c.Anchor == HandledAt { // a national law that counts from handling only
		return
	}
	handled, isHandled := q.Inputs.At(HandledAt)
	_, progressSent := q.Inputs.At(ProgressSubmittedAt)
	_, sent := q.Inputs.At(SubmittedAt)
	started := c.Status != NotStarted
	switch {
	case started && isHandled && handled.After(c.Strict), !started && isHandled && progressSent:
	case isHandled, !started && !progressSent:
		return
	case progressSent:
	case q.Inputs.Ongoing && !sent && !c.Projected && !q.Now.IsZero() && !q.Now.Before(c.Strict):
	default:
		return
	}
	q.afterHandling(c, c.Projected)
}

// afterHandling replaces the ordinary date by the one after handling.
func (q *query) afterHandling(c *Clock, projected bool) {
	c.TermID, c.Citation, c.Anchor = "clk.nis2.final2", nis2+"23(4)(e)", HandledAt
	handled, ok := q.Inputs.At(HandledAt)
	c.Status, c.Projected = "", projected && ok
	if !ok {
		c.AnchorAt, c.Strict, c.LegalEndExcl, c.Status = handled, handled, handled, NotStarted
		return
	}
	c.AnchorAt = handled.In(q.place.zone)
	c.Strict, c.LegalEndExcl = q.place.strict(handled, c.period), q.place.legalEnd(handled, c.period)
}

// nis2Progress is Art. 23(4)(e), first half: due when the final report would be,
// if the incident is still ongoing then. It is not owed, and its clock does not
// start, when the incident was handled by then.
func (q *query) nis2Progress(c *Clock) {
	if o, ok := q.override(FinalReport); ok {
		c.Anchor, c.period, c.National = o.From, o.Period, true
	}
	if c.Anchor == HandledAt {
		c.Status = NotStarted
		return
	}
	q.plain(c)
	handled, isHandled := q.Inputs.At(HandledAt)
	if isHandled && c.Status != NotStarted && !handled.After(c.Strict) {
		*c = Clock{Regime: c.Regime, Stage: c.Stage, TermID: c.TermID, Citation: c.Citation, Anchor: c.Anchor,
			National: c.National, InForce: c.InForce, period: c.period, Status: NotStarted}
	}
}
