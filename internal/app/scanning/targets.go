package scanning

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Draft is a target as a person adds it.
type Draft struct {
	Declared string // example.org, 192.0.2.0/28
	Subtree  bool   // the names below, too
	Sweep    bool   // all ports of the hosts of the name
}

// mostTargets is how many targets an organisation may have.
const mostTargets = 500

// longestAuthorisation is how far ahead an authorisation may end.
const longestAuthorisation = 366 // days

// AddTarget notes what is to be scanned once it is proven.
func (s *Service) AddTarget(ctx context.Context, a authz.Actor, organisation string, d Draft) error {
	d, err := s.tidy(d)
	if err != nil {
		return err
	}
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		added, err := addTarget(tx, organisation, "", d)
		if err == nil && !added {
			err = invalid("declared", "this target is on the list already", "another name or range")
		}
		return err
	})
}

// tidy is a draft with the name or the range as it is kept.
func (s *Service) tidy(d Draft) (Draft, error) {
	e, err := scan.Parse(strings.TrimSpace(d.Declared))
	switch {
	case err != nil:
		return d, invalid("declared", err.Error(), "a name such as example.org, an address or a range such as 192.0.2.0/28")
	case e.Port != 0:
		return d, invalid("declared", "a port stands behind the name", "the name or the address alone")
	case e.Name == "" && !s.public(e.Prefix):
		return d, invalid("declared", "the addresses are not public", "addresses that can be reached from the internet")
	case e.Name == "" && (d.Subtree || d.Sweep):
		d.Subtree, d.Sweep = false, false // of a range, all ports are covered anyway
	}
	if d.Declared = e.Name; d.Declared == "" {
		d.Declared = e.Prefix.String()
	}
	return d, nil
}

// addTarget reports whether the target was not there yet.
func addTarget(tx *store.Tx, organisation, supplier string, d Draft) (added bool, err error) {
	all, err := tx.SupplierTargets(organisation, supplier)
	if err != nil {
		return false, err
	}
	if len(all) >= mostTargets {
		return false, invalid("declared", "there are too many targets", fmt.Sprintf("at most %d", mostTargets))
	}
	if slices.ContainsFunc(all, func(t survey.Target) bool { return t.Declared == d.Declared }) {
		return false, nil
	}
	token, _ := secret.NewToken()
	_, err = tx.PutScanTarget(survey.Target{Organisation: organisation, Supplier: supplier, Declared: d.Declared, Subtree: d.Subtree, Sweep: d.Sweep, Token: token[:min(len(token), 40)]})
	return err == nil, err
}

// public reports whether a scan could ever contact a range.
func (s *Service) public(p netip.Prefix) bool {
	permit, err := exposure.Own(exposure.Scope{Until: s.store.Now().AddDate(1, 0, 0), Loopback: s.o.Loopback, Classes: []exposure.Class{exposure.Passive},
		Networks: []exposure.Network{{Prefix: p}}})
	if err != nil {
		return false
	}
	d := exposure.NewDialer(permit, exposure.DialerOptions{Now: s.store.Now})
	return d.Check(exposure.Request{Address: netip.AddrPortFrom(p.Addr(), 443), Class: exposure.Passive}) == nil
}

// RemoveTarget takes a target from the list: it is not scanned any more.
func (s *Service) RemoveTarget(ctx context.Context, a authz.Actor, organisation, target string) error {
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		if _, err := targetOf(tx, organisation, target); err != nil {
			return err
		}
		return tx.RemoveScanTarget(target)
	})
}

// targetOf is a target of the organisation.
func targetOf(tx *store.Tx, organisation, id string) (survey.Target, error) {
	t, err := tx.ScanTarget(id)
	if err == nil && t.Organisation != organisation {
		return survey.Target{}, &fault.Error{Kind: fault.NotFound, What: "there is no such target"}
	}
	return t, err
}

// Record notes a signed letter in which the owner of a target allows scans until a
// day. It counts when a second person has approved it.
func (s *Service) Record(ctx context.Context, a authz.Actor, organisation, target, letter string, until law.Date) error {
	letter = strings.TrimSpace(letter)
	switch {
	case letter == "" || len(letter) > 1000:
		return invalid("letter", "the letter is not described", "who signed it, of which day it is and where it lies")
	case a.Person == "":
		return &fault.Error{Kind: fault.Forbidden, What: "only people record letters"}
	}
	if err := s.checkUntil(until, a.Day(s.store.Now())); err != nil {
		return err
	}
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		t, err := targetOf(tx, organisation, target)
		if err != nil {
			return err
		}
		t.Letter, t.Until, t.RecordedBy, t.RecordedName = letter, until, a.Person, a.Name
		t.Proof, t.ApprovedBy, t.ApprovedName, t.Problem = survey.Letter, "", "", ""
		t.ProvenAt = time.Time{}
		_, err = tx.PutScanTarget(t)
		return err
	})
}

func (s *Service) checkUntil(until, today law.Date) error {
	if until.IsZero() || until.Before(today) || until.After(today.AddDays(longestAuthorisation)) {
		return invalid("until", "the authorisation needs an end", "a day within a year from now")
	}
	return nil
}

// Approve lets a recorded letter count. It takes another person than the one who
// recorded it.
func (s *Service) Approve(ctx context.Context, a authz.Actor, organisation, target string) error {
	return s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		t, err := targetOf(tx, organisation, target)
		switch {
		case err != nil:
			return err
		case t.Proof != survey.Letter || !t.ProvenAt.IsZero():
			return &fault.Error{Kind: fault.Conflict, What: "no letter waits for approval", Expected: "a letter that somebody recorded"}
		case a.Person == "" || t.RecordedBy == a.Person:
			return &fault.Error{Kind: fault.Forbidden, What: "whoever recorded the letter cannot approve it, too", Expected: "a second person"}
		}
		t.ApprovedBy, t.ApprovedName, t.ProvenAt = a.Person, a.Name, tx.Now()
		_, err = tx.PutScanTarget(t)
		return err
	})
}

// Prove looks for the proof of a target: a record in its zone or a file on its web
// server. The authorisation lasts until the day, and is looked for anew before each
// scan.
func (s *Service) Prove(ctx context.Context, a authz.Actor, organisation, target string, until law.Date) error {
	if err := s.checkUntil(until, a.Day(s.store.Now())); err != nil {
		return err
	}
	var t survey.Target
	err := s.read(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) (err error) {
		t, err = targetOf(tx, organisation, target)
		return err
	})
	if err != nil {
		return err
	}
	proof, problem := s.look(ctx, t)
	err = s.write(ctx, a, organisation, authz.ExposureScan, func(tx *store.Tx) error {
		now, err := targetOf(tx, organisation, target)
		if err != nil {
			return err
		}
		if now.Problem = ""; problem != nil {
			now.Problem = problem.Error()
		} else {
			now.Proof, now.ProvenAt, now.Until = proof, tx.Now(), until
			now.Letter, now.RecordedBy, now.RecordedName, now.ApprovedBy, now.ApprovedName = "", "", "", "", ""
		}
		_, err = tx.PutScanTarget(now)
		return err
	})
	if err != nil || problem == nil {
		return err
	}
	return invalid("target", problem.Error(), "the record or the file that stands beside the target")
}

func invalid(field, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}
