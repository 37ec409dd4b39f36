package store_test

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

func filingProbes() map[string]probe {
	return map[string]probe{
		"filing_keys": kept(func(tx *store.Tx, k authority.Key) (authority.Key, error) { // with a nonce, so that there is a row of them
			out, err := tx.PutFilingKey(k)
			if err == nil {
				_, err = tx.SeeNonce(out.KeyID, "nonce", "sum")
			}
			return out, err
		},
			func(w world, k string) authority.Key {
				return authority.Key{ID: k, Organisation: w.organisation, KeyID: id.New()}
			},
			(*store.Tx).FilingKey, (*store.Tx).FilingKeys, func(v authority.Key) string { return v.ID }),
		"authority_cases": kept((*store.Tx).PutAuthorityCase,
			func(w world, k string) authority.Case {
				return authority.Case{ID: k, Organisation: w.organisation, EntityCase: k, Reference: id.New()}
			},
			(*store.Tx).AuthorityCase, (*store.Tx).AuthorityCases, func(v authority.Case) string { return v.ID }),
		"authority_reports": kept((*store.Tx).AddAuthorityReport,
			func(w world, k string) authority.Report {
				return authority.Report{ID: k, Organisation: w.organisation, Case: "i", Report: k}
			},
			(*store.Tx).AuthorityReport, of((*store.Tx).AuthorityReports), func(v authority.Report) string { return v.ID }),
		"authority_messages": kept(func(tx *store.Tx, m authority.Message) (authority.Message, error) {
			return tx.AddAuthorityMessage(m, false)
		},
			func(w world, k string) authority.Message {
				return authority.Message{ID: k, Organisation: w.organisation, Case: "i", Remote: k}
			},
			(*store.Tx).AuthorityMessage, of((*store.Tx).AuthorityMessages), func(v authority.Message) string { return v.ID }),
		"filing_endpoints": byIDWithoutUndo((*store.Tx).PutFilingEndpoint,
			func(w world, k string) filing.Endpoint {
				return filing.Endpoint{ID: k, Organisation: w.organisation, Authority: k}
			},
			(*store.Tx).FilingEndpoint, (*store.Tx).FilingEndpoints, func(v filing.Endpoint) string { return v.ID }, (*store.Tx).RemoveFilingEndpoint),
		"filing_messages": kept((*store.Tx).PutFilingMessage,
			func(w world, k string) filing.Message {
				return filing.Message{ID: k, Organisation: w.organisation, Incident: "i"}
			},
			(*store.Tx).FilingMessage, ofMany((*store.Tx).FilingMessages), func(v filing.Message) string { return v.ID }),
	}
}

// byIDWithoutUndo is byID for what the ledger does not hold all of.
func byIDWithoutUndo[T any](put func(*store.Tx, T) (T, error), make func(w world, key string) T, get func(*store.Tx, string) (T, error),
	list func(*store.Tx, string) ([]T, error), key func(T) string, remove func(*store.Tx, string) error) probe {
	p := byID(put, make, get, list, key, remove)
	p.trip = kept(put, make, get, list, key).trip
	return p
}

// TestFilingAcrossWorkspaces: keys, invitations and nonces are found by the server
// alone, and each in its workspace.
func TestFilingAcrossWorkspaces(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		a, o := makeWorld(t, b.Store, "authority"), makeWorld(t, b.Store, "other")
		write(t, b.Store, a.scope, func(tx *store.Tx) error {
			if _, err := tx.PutFilingKey(authority.Key{Organisation: a.organisation, KeyID: "key", CodeHash: "code"}); err != nil {
				return err
			}
			if _, err := tx.FilingKeyByKeyID("key"); err == nil {
				t.Error("a workspace looks for keys of all")
			}
			for n := int64(1); n < 4; n++ {
				if m, err := tx.AddAuthorityMessage(authority.Message{Organisation: a.organisation, Case: "i", Kind: authority.Question}, true); err != nil || m.Number != n {
					t.Errorf("message %d: %d, %v", n, m.Number, err)
				}
			}
			if list, err := tx.AuthorityMessagesAfter(a.organisation, 1, 10); err != nil || len(list) != 2 || list[0].Number != 2 {
				t.Errorf("%+v, %v", list, err)
			}
			return nil
		})
		if err := b.Write(t.Context(), o.scope, by, func(tx *store.Tx) error {
			return drop(tx.PutFilingKey(authority.Key{Organisation: o.organisation, KeyID: "key"}))
		}); err == nil {
			t.Error("one key in two workspaces")
		}
		read(t, b.Store, system(), func(tx *store.Tx) error {
			for _, find := range []func() (store.OwnedKey, error){func() (store.OwnedKey, error) { return tx.FilingKeyByKeyID("key") }, func() (store.OwnedKey, error) { return tx.FilingKeyByCode("code") }} {
				if k, err := find(); err != nil || k.Workspace != a.workspace || k.Organisation != a.organisation {
					t.Errorf("%+v, %v", k, err)
				}
			}
			return nil
		})
		for n, step := range []struct {
			w     world
			sum   string
			known string
		}{{a, "one", ""}, {a, "one", "one"}, {a, "two", "one"}, {o, "two", ""}} {
			write(t, b.Store, step.w.scope, func(tx *store.Tx) error {
				known, err := tx.SeeNonce("key", "nonce", step.sum)
				if known != step.known {
					t.Errorf("%d: %q", n, known)
				}
				return err
			})
		}
		write(t, b.Store, system(), func(tx *store.Tx) error {
			n, err := tx.SweepNonces(tx.Now().Add(time.Second))
			if n != 2 {
				t.Errorf("%d nonces swept", n)
			}
			return err
		})
	})
}
