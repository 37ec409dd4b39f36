package authority

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// replayError is a nonce that came with another request before.
type replayError struct{}

func (*replayError) Error() string { return "the nonce was used for another request" }

// seen notes the request. The same request may come again: networks double them,
// and its answer is the same; another with its nonce may not.
func seen(tx *store.Tx, v visit) error {
	known, err := tx.SeeNonce(v.KeyID, v.Nonce, v.Sum)
	if err == nil && known != "" && known != v.Sum {
		err = &replayError{}
	}
	return err
}

// takeReport keeps a report and returns the signed receipt. The same report gives
// the same receipt, however often it comes.
func (s *Service) takeReport(ctx context.Context, v visit) (receipt string, err error) {
	f, err := readReport(v.message.Body, s.store.Now())
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(v.message.Body)
	hash := hex.EncodeToString(sum[:])
	key, err := s.cachedSigner(ctx, v.key.Workspace)
	if err != nil {
		return "", err
	}
	return s.keepSoon(ctx, &arrival{visit: v, frozen: f, hash: hash, key: key})
}

// take keeps a report that is new, and finds the receipt of one that is not.
func (x *arrival) take(tx *store.Tx) (string, error) {
	if err := seen(tx, x.visit); err != nil {
		var replay *replayError
		if errors.As(err, &replay) {
			err = &refusalError{err}
		}
		return "", err
	}
	old, err := tx.AuthorityReportOf(x.visit.key.Organisation, x.frozen.ID)
	switch {
	case err == nil && old.SHA256 == x.hash:
		return old.Receipt, nil
	case err == nil:
		return "", &refusalError{&fault.Error{Kind: fault.Conflict, Field: "id", What: "a report with this id came with other content", Expected: "a correction, with an id of its own"}}
	case fault.KindOf(err) != fault.NotFound:
		return "", err
	}
	return keep(tx, x.visit, x.key, x.frozen, x.hash)
}

// keep writes a report that is new, and its receipt.
func keep(tx *store.Tx, v visit, key ed25519.PrivateKey, f incident.Frozen, hash string) (string, error) {
	c, err := caseOf(tx, v, f.Case, string(f.Regime), f.Reference, &f)
	if err != nil {
		return "", err
	}
	w, err := tx.Workspace()
	if err != nil {
		return "", err
	}
	receipt, err := filing.Seal(filing.Receipt{Authority: w.Name, Report: f.ID, SHA256: hash, ReceivedAt: tx.Now(), Reference: c.Reference}, key)
	if err != nil {
		return "", err
	}
	r := authority.Report{Organisation: c.Organisation, Case: c.ID, Report: f.ID, Corrects: f.Corrects, Stage: string(f.Stage), Channel: authority.OnTheWire,
		Form: f.Form, FormVersion: f.FormVersion, KeyID: v.KeyID, Media: authority.JSON, Content: string(v.message.Body), SHA256: hash, Receipt: receipt,
		SubmittedAt: f.SubmittedAt.UTC().Truncate(time.Millisecond), DueAt: f.DueAt.UTC().Truncate(time.Millisecond), ReceivedAt: tx.Now()}
	if v.byHand {
		r.Channel, r.Media = authority.ByHand, v.media
	}
	r.Describe(f)
	if r.Sector, r.Class, err = standing(tx, c.Organisation); err != nil {
		return "", err
	}
	if r, err = tx.AddAuthorityReport(r); err != nil {
		return "", err
	}
	if err = mended(tx, r); err != nil {
		return "", err
	}
	if err = tx.ReplaceAlarms(r.AnswerDuty(), r.Alarms()); err != nil {
		return "", err
	}
	_, err = tx.AddAuthorityMessage(authority.Message{Organisation: c.Organisation, Case: c.ID, Kind: authority.Receipt, About: f.ID, Text: receipt}, true)
	return receipt, err
}

// standing is the main sector and the class of an entity as the register has them;
// both are "" for one that is not registered yet.
func standing(tx *store.Tx, organisation string) (sector, class string, err error) {
	r, err := tx.Rollup(organisation)
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return "", "", nil
	case err != nil:
		return "", "", err
	}
	if r.Class != law.Depends {
		class = string(r.Class)
	}
	return first(r.Sectors), class, nil
}

// caseOf is the case of an entity's incident under a regime, opened by whatever
// comes first. f is the report that comes, nil for an answer.
func caseOf(tx *store.Tx, v visit, entityCase, regime, reference string, f *incident.Frozen) (authority.Case, error) {
	if err := only(tx); err != nil {
		return authority.Case{}, err
	}
	c, err := tx.AuthorityCaseOf(v.key.Organisation, entityCase, regime)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		c, err = adopt(tx, v.key.Organisation, entityCase, regime, reference)
	}
	fresh := fault.KindOf(err) == fault.NotFound && err != nil
	if err != nil && !fresh {
		return c, err
	}
	before := c
	if fresh {
		c = authority.Case{ID: id.New(), Organisation: v.key.Organisation, EntityCase: entityCase, Regime: regime, EntityReference: reference,
			State: authority.Open, TLP: incident.DefaultTLP}
		c.Reference = authority.Reference(c.ID, tx.Now())
	}
	if f != nil && !f.AwareAt.IsZero() {
		c.AwareAt = f.AwareAt.UTC().Truncate(time.Millisecond)
	}
	if f != nil {
		c.EntityReference, c.Country, c.TLP = cmp.Or(f.Reference, c.EntityReference), cmp.Or(f.Country, c.Country), cmp.Or(f.TLP, c.TLP)
		c.Voluntary, c.Exercise = f.Voluntary, f.Exercise
	}
	if c == before {
		return c, nil
	}
	if !fresh && f != nil { // a report that was overtaken on its way says nothing new
		reports, err := tx.AuthorityReports(c.Organisation, c.ID)
		if err != nil {
			return c, err
		}
		if len(reports) > 0 && reports[len(reports)-1].SubmittedAt.After(f.SubmittedAt) {
			return before, nil
		}
	}
	return tx.PutAuthorityCase(c)
}

// adopt gives the case of which only papers came the id that the entity uses on the
// wire. NotFound when there is none with the entity's number.
func adopt(tx *store.Tx, organisation, entityCase, regime, reference string) (authority.Case, error) {
	c, err := tx.AuthorityCaseOf(organisation, paperCase+reference, regime)
	if err != nil {
		return c, err
	}
	c.EntityCase = entityCase
	return tx.PutAuthorityCase(c)
}

// earliest is before every report.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// readReport checks what the intake itself must rely on. What the form makes of the
// answers is looked at by people: a report is never turned away for what it lacks.
func readReport(content []byte, now time.Time) (incident.Frozen, error) {
	var f incident.Frozen
	if !utf8.Valid(content) {
		return f, invalid("", "the report is not UTF-8", incident.FrozenFormat)
	}
	if err := json.Unmarshal(content, &f); err != nil {
		return f, &fault.Error{Kind: fault.Invalid, What: "the report cannot be read", Expected: "JSON of " + incident.FrozenFormat, Cause: err}
	}
	if f.Format != incident.FrozenFormat {
		return f, invalid("format", "this format of reports is not known", incident.FrozenFormat)
	}
	if !slices.Contains(clocks.Regimes(), f.Regime) {
		return f, invalid("regime", "there is no such regime", "one of docs/filing.md")
	}
	for _, text := range []struct {
		field, value string
		optional     bool
	}{{"id", f.ID, false}, {"case", f.Case, false}, {"stage", string(f.Stage), false}, {"corrects", f.Corrects, true}, {"reference", f.Reference, true},
		{"form", f.Form, true}, {"country", f.Country, true}, {"tlp", f.TLP, true}} {
		if err := plain(text.field, text.value, text.optional); err != nil {
			return f, err
		}
	}
	for _, at := range []struct {
		field    string
		value    time.Time
		optional bool
		future   bool
	}{{"submitted_at", f.SubmittedAt, false, false}, {"aware_at", f.AwareAt, true, false}, {"due_at", f.DueAt, true, true}} {
		switch {
		case at.value.IsZero() && at.optional:
		case at.value.Before(earliest):
			return f, invalid(at.field, "the time is missing or too long ago", "a time after the year 2000")
		case !at.future && at.value.After(now.Add(filing.Skew)), at.value.After(now.AddDate(10, 0, 0)):
			return f, invalid(at.field, "the time is in the future", "a time up to now")
		}
	}
	return f, nil
}

// plain checks a short text that names something.
func plain(field, value string, optional bool) error {
	if value == "" && !optional || len(value) > 200 || strings.ContainsFunc(value, unicode.IsControl) {
		return invalid(field, "the value is missing, too long or has control characters", "up to 200 characters")
	}
	return nil
}

// takeAnswer keeps what the entity says, once. It may come before the report to
// which it belongs.
func (s *Service) takeAnswer(ctx context.Context, v visit) (out filing.Kept, err error) {
	var in filing.Answer
	if !utf8.Valid(v.message.Body) || json.Unmarshal(v.message.Body, &in) != nil {
		return out, invalid("", "the answer cannot be read", "an answer as docs/filing.md describes it")
	}
	for _, text := range []struct {
		field, value string
		optional     bool
	}{{"id", in.ID, false}, {"case", in.Case, false}, {"about", in.About, true}, {"reference", in.Reference, true}} {
		if err := plain(text.field, text.value, text.optional); err != nil {
			return out, err
		}
	}
	if !slices.Contains(clocks.Regimes(), clocks.Regime(in.Regime)) {
		return out, invalid("regime", "there is no such regime", "one of docs/filing.md")
	}
	if in.Text == "" || len(in.Text) > reporting.LongestText || strings.ContainsRune(in.Text, 0) {
		return out, invalid("text", "the text is missing or too long", "up to 20 kB")
	}
	err = s.store.Write(ctx, v.scope(), v.change(), func(tx *store.Tx) error {
		if err := seen(tx, v); err != nil {
			return err
		}
		old, err := tx.AuthorityMessageFrom(v.key.Organisation, in.ID)
		switch {
		case err == nil && (old.Text != in.Text || old.About != in.About):
			return &fault.Error{Kind: fault.Conflict, Field: "id", What: "an answer with this id came with other content", Expected: "an id of its own"}
		case err == nil:
			out = filing.Kept{ID: in.ID, ReceivedAt: old.CreatedAt}
			return nil
		case fault.KindOf(err) != fault.NotFound:
			return err
		}
		c, err := caseOf(tx, v, in.Case, in.Regime, in.Reference, nil)
		if err != nil {
			return err
		}
		kind := authority.Statement
		if in.About != "" {
			kind = authority.Answer
		}
		m, err := tx.AddAuthorityMessage(authority.Message{Organisation: c.Organisation, Case: c.ID, Remote: in.ID, Kind: kind, About: in.About, Text: in.Text}, false)
		out = filing.Kept{ID: in.ID, ReceivedAt: m.CreatedAt}
		return err
	})
	return out, err
}
