package authority

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// paperCase is what the id of a case begins with of which only papers came: the number
// of the entity follows.
const paperCase = "paper/"

// Paper is a report that did not come over the wire: the frozen file of another
// server, whose own words count, or a paper as PDF with what an officer reads there.
type Paper struct {
	Content     []byte
	Reference   string // of the entity, of a PDF
	Regime      clocks.Regime
	Stage       clocks.Stage
	SubmittedAt time.Time // zero: now
	AwareAt     time.Time // zero: not said
	CrossBorder string    // "yes", "no", "unknown" or ""
	Voluntary   bool
	Mends       string // id at the entity of the report that was sent back and in whose place it comes; "": of none
}

// TakeIn keeps a report that came by another way, with its exact bytes. The same file
// twice is kept once. The entity finds the receipt with its messages when its server
// is registered.
func (s *Service) TakeIn(ctx context.Context, a authz.Actor, organisation string, p Paper) (c authority.Case, err error) {
	if _, err := a.Organisation(ctx, organisation, authz.IncidentEdit); err != nil {
		return c, err
	}
	if err := s.harmless(ctx, p.Content); err != nil {
		return c, err
	}
	err = s.store.Write(ctx, everything().In(a.WorkspaceID(), ""), acting.Change(a), func(tx *store.Tx) error { // receipts are signed from the first report on
		_, err := s.ensureKey(tx)
		return err
	})
	if err != nil {
		return c, err
	}
	key, err := s.cachedSigner(ctx, a.WorkspaceID())
	if err != nil {
		return c, err
	}
	err = s.write(ctx, a, organisation, authz.IncidentEdit, func(tx *store.Tx) error {
		f, media, err := p.read(tx.Now())
		if err != nil {
			return err
		}
		if media != authority.JSON {
			if err := p.place(tx, organisation, &f); err != nil {
				return err
			}
		}
		sum := sha256.Sum256(p.Content)
		hash := hex.EncodeToString(sum[:])
		if old, err := tx.AuthorityReportOf(organisation, f.ID); err == nil && old.SHA256 == hash {
			c, err = tx.AuthorityCase(old.Case)
			return err
		} else if err == nil {
			return invalid("file", "a report with this id came with other content", "a correction, with an id of its own")
		} else if fault.KindOf(err) != fault.NotFound {
			return err
		}
		content := string(p.Content)
		if media != authority.JSON {
			content = base64.StdEncoding.EncodeToString(p.Content)
		}
		v := visit{message: &filing.Message{Body: []byte(content)}, key: store.OwnedKey{Workspace: tx.Scope().WorkspaceID(), Key: authority.Key{Organisation: organisation}}, byHand: true, media: media}
		if _, err := keep(tx, v, key, f, hash); err != nil {
			return err
		}
		kept, err := tx.AuthorityReportOf(organisation, f.ID)
		if err != nil {
			return err
		}
		c, err = tx.AuthorityCase(kept.Case)
		return err
	})
	return c, err
}

// place finds the case to which a paper belongs: that of the report that it mends, or
// the one that the entity knows by the same number, however its reports came.
func (p Paper) place(tx *store.Tx, organisation string, f *incident.Frozen) error {
	if p.Mends == "" {
		list, err := tx.AuthorityCases(organisation)
		for _, c := range list {
			if c.EntityReference == p.Reference && c.Regime == string(p.Regime) {
				f.Case, f.Country = c.EntityCase, c.Country
			}
		}
		return err
	}
	r, err := tx.AuthorityReportOf(organisation, p.Mends)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err != nil || r.Regime != string(p.Regime) || r.Stage != string(p.Stage) {
		return invalid("mends", "this report is of another act or stage", "a report that was sent back, with the same act and stage")
	}
	c, err := tx.AuthorityCase(r.Case)
	f.Corrects, f.Case, f.Reference, f.Country = p.Mends, c.EntityCase, c.EntityReference, c.Country
	return err
}

// harmless has a file looked at where the server has a scanner. One that cannot be
// judged is refused: the officer has it and tries again.
func (s *Service) harmless(ctx context.Context, content []byte) error {
	if len(content) == 0 || len(content) > filing.MostReport {
		return nil
	}
	return s.judge(ctx, bytes.NewReader(content))
}

// judge has the content of a file looked at where the server has a scanner.
func (s *Service) judge(ctx context.Context, content io.Reader) error {
	if s.options.Scanner == nil {
		return nil
	}
	harmful, err := s.options.Scanner.Harmful(ctx, content)
	switch {
	case err != nil:
		return &fault.Error{Kind: fault.Invalid, Field: "file", What: "the file could not be looked at for harmful content", Expected: "the same file again in a minute", Cause: err}
	case harmful:
		return invalid("file", "a scan found something harmful in this file", "a file that is clean")
	}
	return nil
}

// read is what the report says, with its media type.
func (p Paper) read(now time.Time) (f incident.Frozen, media string, err error) {
	switch {
	case len(p.Content) == 0:
		return f, "", invalid("file", "the file is missing or empty", "a report as JSON or PDF")
	case len(p.Content) > filing.MostReport:
		return f, "", invalid("file", "the file is too large", "at most 4 MB")
	case bytes.HasPrefix(bytes.TrimLeft(p.Content, " \t\r\n"), []byte("{")):
		if f, err = readReport(p.Content, now); err != nil {
			return f, "", &fault.Error{Kind: fault.Invalid, Field: "file", What: "the report cannot be used", Expected: incident.FrozenFormat, Cause: err}
		}
		return f, authority.JSON, nil
	case !bytes.HasPrefix(p.Content, []byte("%PDF-")):
		return f, "", invalid("file", "the file is no report", "JSON of "+incident.FrozenFormat+" or a PDF")
	}
	return p.frozen(now)
}

// frozen is what an officer reads in a paper.
func (p Paper) frozen(now time.Time) (f incident.Frozen, media string, err error) {
	p.Reference = strings.TrimSpace(p.Reference)
	if err := plain("reference", p.Reference, false); err != nil {
		return f, "", err
	}
	switch {
	case !slices.Contains(clocks.Regimes(), p.Regime):
		return f, "", invalid("regime", "there is no such act", "one of the list")
	case !slices.Contains(clocks.Stages(p.Regime), p.Stage):
		return f, "", invalid("stage", "this act has no such stage", "a stage of the act")
	case p.SubmittedAt.After(now.Add(filing.Skew)), !p.SubmittedAt.IsZero() && p.SubmittedAt.Before(earliest):
		return f, "", invalid("submitted_at", "the time is in the future or too long ago", "when the entity sent it")
	case p.AwareAt.After(now.Add(filing.Skew)), !p.AwareAt.IsZero() && p.AwareAt.Before(earliest):
		return f, "", invalid("aware_at", "the time is in the future or too long ago", "when the entity was aware")
	}
	sum := sha256.Sum256(append([]byte(string(p.Regime)+" "+string(p.Stage)+"\n"), p.Content...)) // the same paper is the same report
	f = incident.Frozen{ID: "paper/" + hex.EncodeToString(sum[:16]), Case: paperCase + p.Reference, Reference: p.Reference, Regime: p.Regime, Stage: p.Stage, Voluntary: p.Voluntary,
		AwareAt: p.AwareAt, SubmittedAt: p.SubmittedAt, Values: reporting.Values{}}
	if f.SubmittedAt.IsZero() {
		f.SubmittedAt = now
	}
	switch p.CrossBorder {
	case "yes", "no":
		f.Values["cross_border"] = reporting.Value{Text: p.CrossBorder}
	case "unknown":
		f.Values["cross_border"] = reporting.Value{Unknown: true}
	}
	return f, "application/pdf", nil
}
