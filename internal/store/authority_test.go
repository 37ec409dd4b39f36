package store_test

import (
	"encoding/json"
	"io"
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

func authorityProbes() map[string]probe {
	applications := kept((*store.Tx).PutAuthorityApplication,
		func(_ world, k string) authority.Application {
			return authority.Application{ID: k, State: authority.Confirmed, TokenHash: k, Facts: json.RawMessage(`{}`)}
		},
		(*store.Tx).AuthorityApplication, func(tx *store.Tx, _ string) ([]authority.Application, error) {
			return tx.AuthorityApplications(authority.Confirmed)
		},
		func(v authority.Application) string { return v.ID })
	recipients := byID((*store.Tx).PutAuthorityRecipient,
		func(_ world, k string) authority.Recipient {
			return authority.Recipient{ID: k, Kind: authority.CSIRT, Name: "probe"}
		},
		(*store.Tx).AuthorityRecipient, whole((*store.Tx).AuthorityRecipients), func(v authority.Recipient) string { return v.ID }, (*store.Tx).RemoveAuthorityRecipient)
	applications.shared, recipients.shared = true, true
	return map[string]probe{
		"authority_applications": applications,
		"authority_recipients":   recipients,
		"authority_entries": kept(func(tx *store.Tx, e authority.Entry) (authority.Entry, error) {
			if old, err := tx.AuthorityEntryOf(e.Organisation); err == nil && old.ID != e.ID { // one of each entity
				e.ID, e.Version = old.ID, old.Version
			}
			return tx.PutAuthorityEntry(e)
		},
			func(w world, k string) authority.Entry {
				return authority.Entry{ID: k, Organisation: w.organisation, State: authority.Registered}
			},
			(*store.Tx).AuthorityEntry, (*store.Tx).AuthorityEntriesOf, func(v authority.Entry) string { return v.ID }),
		"authority_forwardings": kept((*store.Tx).AddAuthorityForwarding,
			func(w world, k string) authority.Forwarding {
				return authority.Forwarding{ID: k, Organisation: w.organisation, Case: "i"}
			},
			(*store.Tx).AuthorityForwarding, of((*store.Tx).AuthorityForwardings), func(v authority.Forwarding) string { return v.ID }),
		"authority_records": kept((*store.Tx).PutAuthorityRecord,
			func(w world, k string) authority.Record {
				return authority.Record{ID: k, Organisation: w.organisation, Kind: authority.Note, Title: "probe"}
			},
			(*store.Tx).AuthorityRecord, (*store.Tx).AuthorityRecords, func(v authority.Record) string { return v.ID }),
		"authority_record_files": byID((*store.Tx).AddAuthorityAttachment,
			func(w world, k string) authority.Attachment {
				return authority.Attachment{ID: k, Organisation: w.organisation, Record: "r", Name: "probe.pdf"}
			},
			(*store.Tx).AuthorityAttachment, (*store.Tx).AuthorityAttachments, func(v authority.Attachment) string { return v.ID }, (*store.Tx).RemoveAuthorityAttachment),
	}
}

// TestRegisterAcrossWorkspaces: what nobody confirmed is swept everywhere, and by
// the server alone.
func TestRegisterAcrossWorkspaces(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		for _, name := range []string{"authority", "other"} {
			w := makeWorld(t, b.Store, name)
			write(t, b.Store, w.scope, func(tx *store.Tx) error {
				for _, state := range []string{authority.Unconfirmed, authority.Confirmed} {
					if _, err := tx.PutAuthorityApplication(authority.Application{State: state, Facts: json.RawMessage(`{}`), TokenHash: state + name, ExpiresAt: tx.Now().Add(-1)}); err != nil {
						return err
					}
				}
				if a, err := tx.AuthorityApplicationOf(authority.Confirmed + name); err != nil || a.State != authority.Confirmed {
					t.Errorf("%+v, %v", a, err)
				}
				return nil
			})
			if err := b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error { _, err := tx.SweepAuthorityApplications(); return err }); err == nil {
				t.Error("a workspace sweeps all")
			}
		}
		write(t, b.Store, system(), func(tx *store.Tx) error {
			n, err := tx.SweepAuthorityApplications()
			if n != 2 {
				t.Errorf("%d applications swept", n)
			}
			return err
		})
	})
}

// TestAuthorityAttachments: the content of a file of an entity is in backups, and is
// not swept.
func TestAuthorityAttachments(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "authority")
		var f authority.Attachment
		write(t, b.Store, w.scope, func(tx *store.Tx) (err error) {
			f, err = tx.AddAuthorityAttachment(authority.Attachment{Organisation: w.organisation, Record: "r", Name: "report.pdf", SHA256: contentOf("a")})
			return err
		})
		d, err := b.Dump(t.Context(), io.Discard)
		if err != nil || !slices.Equal(d.Files, []string{f.SHA256}) {
			t.Errorf("the dump names %v, %v", d.Files, err)
		}
		read(t, b.Store, system(), func(tx *store.Tx) error {
			gone, err := tx.UnnamedContents([]string{contentOf("a"), contentOf("b")}, b.Clock.Now())
			if !slices.Equal(gone, []string{contentOf("b")}) {
				t.Errorf("swept: %v", gone)
			}
			return err
		})
	})
}
