package store_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/registration"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// probe says how the rows of one table are made, found, listed and removed. key
// names the row; organisation is whose it is.
type probe struct {
	put    func(tx *store.Tx, w world, key string) error
	get    func(tx *store.Tx, w world, key string) (any, error)
	list   func(tx *store.Tx, w world) ([]string, error) // keys
	remove func(tx *store.Tx, w world, key string) error // nil: nobody removes one
	shared bool                                          // by all organisations of the workspace

	trip func(t *testing.T, s *store.Store, w world) // every field survives, and so does undo
}

func keysOf[T any](key func(T) string) func([]T, error) ([]string, error) {
	return func(all []T, err error) ([]string, error) {
		var out []string
		for _, v := range all {
			out = append(out, key(v))
		}
		return out, err
	}
}

func drop[T any](_ T, err error) error { return err }

func value[T any](v T, err error) (any, error) { return v, err }

// byID is the probe of an aggregate with an id of its own.
func byID[T any](put func(*store.Tx, T) (T, error), make func(w world, key string) T, get func(*store.Tx, string) (T, error),
	list func(*store.Tx, string) ([]T, error), key func(T) string, remove func(*store.Tx, string) error) probe {
	return probe{
		put: func(tx *store.Tx, w world, k string) error { return drop(put(tx, make(w, k))) },
		get: func(tx *store.Tx, _ world, k string) (any, error) { return value(get(tx, k)) },
		list: func(tx *store.Tx, w world) ([]string, error) {
			return keysOf(key)(list(tx, w.organisation))
		},
		remove: func(tx *store.Tx, _ world, k string) error { return remove(tx, k) },
		trip: func(t *testing.T, s *store.Store, w world) {
			k := id.New()
			roundTrip(t, s, w, make(w, k), put, func(tx *store.Tx) (T, error) { return get(tx, k) },
				func(tx *store.Tx) error { return remove(tx, k) })
		},
	}
}

// byName is the probe of an aggregate that is named within its organisation.
func byName[T any](put func(*store.Tx, T) (T, error), make func(w world, key string) T, get func(*store.Tx, string, string) (T, error),
	list func(*store.Tx, string) ([]T, error), key func(T) string, remove func(*store.Tx, string, string) error) probe {
	return probe{
		put: func(tx *store.Tx, w world, k string) error { return drop(put(tx, make(w, k))) },
		get: func(tx *store.Tx, w world, k string) (any, error) { return value(get(tx, w.organisation, k)) },
		list: func(tx *store.Tx, w world) ([]string, error) {
			return keysOf(key)(list(tx, w.organisation))
		},
		remove: func(tx *store.Tx, w world, k string) error { return remove(tx, w.organisation, k) },
		trip: func(t *testing.T, s *store.Store, w world) {
			k := id.New()
			roundTrip(t, s, w, make(w, k), put, func(tx *store.Tx) (T, error) { return get(tx, w.organisation, k) },
				func(tx *store.Tx) error { return remove(tx, w.organisation, k) })
		},
	}
}

func whole[T any](list func(*store.Tx) ([]T, error)) func(*store.Tx, string) ([]T, error) {
	return func(tx *store.Tx, _ string) ([]T, error) { return list(tx) }
}

// probes has a row for every table with rows of workspaces.
func probes() map[string]probe {
	all := map[string]probe{
		"organisations": byID((*store.Tx).PutOrganisation,
			func(_ world, k string) tenant.Organisation {
				return tenant.Organisation{ID: k, Name: "probe", Kind: tenant.Client}
			},
			(*store.Tx).Organisation, whole((*store.Tx).Organisations), func(o tenant.Organisation) string { return o.ID }, (*store.Tx).RemoveOrganisation),
		"invitations": byID((*store.Tx).PutInvitation,
			func(w world, k string) tenant.Invitation {
				return tenant.Invitation{ID: k, Organisation: w.organisation, Role: "editor", TokenHash: k + w.organisation}
			},
			(*store.Tx).Invitation, whole((*store.Tx).Invitations), func(i tenant.Invitation) string { return i.ID }, (*store.Tx).RemoveInvitation),
		"tokens": byID((*store.Tx).PutToken,
			func(w world, k string) account.Token {
				return account.Token{ID: k, Organisation: w.organisation, Hash: k + w.organisation}
			},
			(*store.Tx).Token, whole((*store.Tx).Tokens), func(t account.Token) string { return t.ID }, (*store.Tx).RemoveToken),
		"settings": byName((*store.Tx).PutSetting,
			func(w world, k string) desk.Setting {
				return desk.Setting{Organisation: w.organisation, Name: k, Value: json.RawMessage(`1`)}
			},
			(*store.Tx).Setting, whole((*store.Tx).Settings), func(s desk.Setting) string { return s.Name }, (*store.Tx).RemoveSetting),
		"saved_views": byID((*store.Tx).PutView,
			func(w world, k string) desk.View {
				return desk.View{ID: k, Person: w.person, Page: "portfolio", Name: "mine", Shared: true}
			},
			(*store.Tx).View, func(tx *store.Tx, _ string) ([]desk.View, error) { return tx.Views("", "portfolio") },
			func(v desk.View) string { return v.ID }, (*store.Tx).RemoveView),
		"members": {
			put: func(tx *store.Tx, w world, _ string) error {
				return drop(tx.PutMembership(tenant.Membership{Person: w.person, Organisation: w.organisation, Role: "editor"}))
			},
			get: func(tx *store.Tx, w world, _ string) (any, error) {
				return value(tx.Membership(w.person, w.organisation))
			},
			list: func(tx *store.Tx, _ world) ([]string, error) {
				return keysOf(func(m tenant.Member) string { return m.Person + m.Organisation })(tx.Members())
			},
			remove: func(tx *store.Tx, w world, _ string) error { return tx.RemoveMembership(w.person, w.organisation) },
		},
		"inbox": {
			put: func(tx *store.Tx, w world, k string) error {
				return tx.Notify(desk.Notice{Person: w.person, Organisation: w.organisation, Key: k})
			},
			get: func(tx *store.Tx, w world, k string) (any, error) {
				all, err := tx.Inbox(w.person, 10)
				if i := slices.IndexFunc(all, func(n desk.Notice) bool { return n.Key == k && n.Organisation == w.organisation }); i >= 0 {
					return all[i], nil
				} else if err == nil {
					err = &fault.Error{Kind: fault.NotFound}
				}
				return nil, err
			},
			list: func(tx *store.Tx, w world) ([]string, error) {
				return keysOf(func(n desk.Notice) string { return n.Key })(tx.Inbox(w.person, 10))
			},
		},
		"rollups": {
			put: func(tx *store.Tx, w world, _ string) error {
				return tx.PutRollup(assessment.Rollup{Organisation: w.organisation})
			},
			get: func(tx *store.Tx, w world, _ string) (any, error) { return value(tx.Rollup(w.organisation)) },
			list: func(tx *store.Tx, _ world) ([]string, error) {
				return keysOf(func(s assessment.Standing) string { return s.Organisation.ID })(tx.Portfolio())
			},
		},
		"jobs": {
			put: func(tx *store.Tx, w world, k string) error {
				return drop(tx.Enqueue(work.Job{Organisation: w.organisation, Kind: "probe", Unique: k}))
			},
			get: func(tx *store.Tx, w world, k string) (any, error) { return jobWith(tx, k) },
			list: func(tx *store.Tx, _ world) ([]string, error) {
				return keysOf(func(j work.Job) string { return j.Unique })(tx.Jobs("", 10))
			},
		},
		"outbox": {
			put: func(tx *store.Tx, w world, k string) error {
				_, _, err := tx.Post(work.Effect{Organisation: w.organisation, Kind: "probe", Key: k})
				return err
			},
			get: func(tx *store.Tx, w world, k string) (any, error) { return effectWith(tx, k) },
			list: func(tx *store.Tx, _ world) ([]string, error) {
				return keysOf(func(e work.Effect) string { return e.Key })(tx.Effects(10))
			},
		},
	}
	views := all["saved_views"]
	views.shared = true
	all["saved_views"] = views
	maps.Copy(all, assessmentProbes())
	maps.Copy(all, workProbes())
	maps.Copy(all, incidentProbes())
	maps.Copy(all, signalProbes())
	maps.Copy(all, filingProbes())
	maps.Copy(all, scanProbes())
	maps.Copy(all, registerProbes())
	maps.Copy(all, authorityProbes())
	return all
}

func jobWith(tx *store.Tx, key string) (any, error) {
	all, err := tx.Jobs("", 10)
	if i := slices.IndexFunc(all, func(j work.Job) bool { return j.Unique == key }); i >= 0 {
		return value(tx.Job(all[i].ID))
	} else if err == nil {
		err = &fault.Error{Kind: fault.NotFound}
	}
	return nil, err
}

func effectWith(tx *store.Tx, key string) (any, error) {
	all, err := tx.Effects(10)
	if i := slices.IndexFunc(all, func(e work.Effect) bool { return e.Key == key }); i >= 0 {
		return value(tx.Effect(all[i].ID))
	} else if err == nil {
		err = &fault.Error{Kind: fault.NotFound}
	}
	return nil, err
}

func assessmentProbes() map[string]probe {
	return map[string]probe{
		"answers": byName((*store.Tx).PutAnswer,
			func(w world, k string) assessment.Answer {
				return assessment.Answer{Organisation: w.organisation, Answer: posture.Answer{Question: k, Options: []string{"yes"}}}
			},
			(*store.Tx).Answer, (*store.Tx).Answers, func(a assessment.Answer) string { return a.Question }, (*store.Tx).RemoveAnswer),
		"evidence": byName((*store.Tx).PutEvidence,
			func(w world, k string) assessment.Evidence {
				return assessment.Evidence{Organisation: w.organisation, Evidence: posture.Evidence{ID: k, Title: "probe"}}
			},
			(*store.Tx).Piece, (*store.Tx).Evidence, func(e assessment.Evidence) string { return e.ID }, (*store.Tx).RemoveEvidence),
		"files": byID((*store.Tx).PutFile,
			func(w world, k string) assessment.File {
				return assessment.File{ID: k, Organisation: w.organisation, SHA256: "00"}
			},
			(*store.Tx).File, (*store.Tx).Files, func(f assessment.File) string { return f.ID }, (*store.Tx).RemoveFile),
		"exceptions": byID((*store.Tx).PutException,
			func(w world, k string) assessment.Exception {
				return assessment.Exception{ID: k, Organisation: w.organisation}
			},
			(*store.Tx).Exception, (*store.Tx).Exceptions, func(e assessment.Exception) string { return e.ID }, (*store.Tx).RemoveException),
		"assertions": byName((*store.Tx).PutAssertion,
			func(w world, k string) assessment.Assertion {
				return assessment.Assertion{Organisation: w.organisation, Assertion: posture.Assertion{Requirement: k, Status: posture.Met}}
			},
			(*store.Tx).Assertion, (*store.Tx).Assertions, func(a assessment.Assertion) string { return a.Requirement }, (*store.Tx).RemoveAssertion),
		"determinations": byID((*store.Tx).PutDetermination,
			func(w world, k string) assessment.Determination {
				return assessment.Determination{ID: k, Organisation: w.organisation, Class: law.Essential}
			},
			(*store.Tx).Determination, (*store.Tx).Determinations, func(d assessment.Determination) string { return d.ID }, (*store.Tx).RemoveDetermination),
		"registrations": byID((*store.Tx).PutRegistration,
			func(w world, k string) registration.Record {
				return registration.Record{ID: k, Organisation: w.organisation, Register: "nis2.3.4", State: "DE", RegisteredOn: law.MustDate("2026-01-02"), Facts: json.RawMessage(`{"a":1}`)}
			},
			(*store.Tx).Registration, (*store.Tx).Registrations, func(r registration.Record) string { return r.ID }, (*store.Tx).RemoveRegistration),
		"snapshots": byID((*store.Tx).PutSnapshot,
			func(w world, k string) assessment.Snapshot {
				return assessment.Snapshot{ID: k, Organisation: w.organisation, Body: json.RawMessage(`{"a":1}`)}
			},
			(*store.Tx).Snapshot, (*store.Tx).Snapshots, func(s assessment.Snapshot) string { return s.ID }, (*store.Tx).RemoveSnapshot),
		"delegations": byID((*store.Tx).PutDelegation,
			func(w world, k string) assessment.Delegation {
				return assessment.Delegation{ID: k, Organisation: w.organisation, TokenHash: k}
			},
			(*store.Tx).Delegation, (*store.Tx).Delegations, func(d assessment.Delegation) string { return d.ID }, (*store.Tx).RemoveDelegation),
		"assignments": byName((*store.Tx).PutAssignment,
			func(w world, k string) assessment.Assignment {
				return assessment.Assignment{Organisation: w.organisation, Kind: assessment.OfQuestion, Object: k, Person: w.person}
			},
			func(tx *store.Tx, o, k string) (assessment.Assignment, error) {
				return tx.Assignment(o, assessment.OfQuestion, k)
			}, (*store.Tx).Assignments, func(a assessment.Assignment) string { return a.Object },
			func(tx *store.Tx, o, k string) error { return tx.RemoveAssignment(o, assessment.OfQuestion, k) }),
		"suggestions": byName((*store.Tx).PutSuggestion,
			func(w world, k string) assessment.Suggestion {
				return assessment.Suggestion{Organisation: w.organisation, Source: "evidence", Answer: posture.Answer{Question: k, Options: []string{"yes"}}}
			},
			func(tx *store.Tx, o, k string) (assessment.Suggestion, error) {
				return tx.Suggestion(o, "evidence", k)
			}, (*store.Tx).Suggestions, func(s assessment.Suggestion) string { return s.Question },
			func(tx *store.Tx, o, k string) error { return tx.RemoveSuggestion(o, "evidence", k) }),
	}
}

func workProbes() map[string]probe {
	return map[string]probe{
		"tasks": byID((*store.Tx).PutTask,
			func(w world, k string) planning.Task {
				return planning.Task{ID: k, Organisation: w.organisation, State: planning.ToDo, Due: law.MustDate("2026-10-01")}
			},
			(*store.Tx).Task, (*store.Tx).Tasks, func(t planning.Task) string { return t.ID }, (*store.Tx).RemoveTask),
		"comments": byID((*store.Tx).PutComment,
			func(w world, k string) planning.Comment {
				return planning.Comment{ID: k, Organisation: w.organisation, Kind: "task", Object: "t"}
			},
			(*store.Tx).Comment, func(tx *store.Tx, o string) ([]planning.Comment, error) { return tx.Comments(o, "task", "t") },
			func(c planning.Comment) string { return c.ID }, (*store.Tx).RemoveComment),
		"approvals": byID((*store.Tx).PutApproval,
			func(w world, k string) board.Approval { return board.Approval{ID: k, Organisation: w.organisation} },
			(*store.Tx).Approval, (*store.Tx).Approvals, func(a board.Approval) string { return a.ID }, (*store.Tx).RemoveApproval),
		"reports": byID((*store.Tx).PutReport,
			func(w world, k string) assessment.Report {
				return assessment.Report{ID: k, Organisation: w.organisation, Format: "pdf"}
			},
			(*store.Tx).Report, (*store.Tx).Reports, func(r assessment.Report) string { return r.ID }, (*store.Tx).RemoveReport),
		"feeds": byID((*store.Tx).PutFeed,
			func(w world, k string) planning.Feed {
				return planning.Feed{ID: k, Person: w.person, Organisation: w.organisation, TokenHash: k + w.organisation}
			},
			(*store.Tx).Feed, whole((*store.Tx).Feeds), func(f planning.Feed) string { return f.ID }, (*store.Tx).RemoveFeed),
		"trainings": byID((*store.Tx).PutTraining,
			func(w world, k string) board.Training { return board.Training{ID: k, Organisation: w.organisation} },
			(*store.Tx).Training, (*store.Tx).Trainings, func(t board.Training) string { return t.ID }, (*store.Tx).RemoveTraining),
	}
}
