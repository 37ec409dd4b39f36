package dossier_test

import (
	"os"
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/dossier"
	"github.com/nisaba-platform/nisaba/internal/domain/registration"
)

// TestChangedContacts: where nobody was named for the authority, the register was told
// the contact of the organisation. Only what differs from that is a change.
func TestChangedContacts(t *testing.T) {
	told, err := os.ReadFile("../../../examples/water-supplier.yaml")
	if err != nil {
		t.Fatal(err)
	}
	read := func() *organisation.File {
		f, err := organisation.Read("", told)
		if err != nil {
			t.Fatal(err)
		}
		f.Organisation.Contact = organisation.Contact{Name: "Elfriede", Role: "engineer", Email: "security@water.example"}
		f.Registration.Contacts = nil
		return f
	}
	facts, err := read().Facts().JSON()
	if err != nil {
		t.Fatal(err)
	}
	record := registration.Record{Register: "nis2.3.4", Facts: facts}
	same, named, phone := read(), read(), read()
	named.Registration.Contacts = []organisation.Contact{same.Organisation.Contact}
	phone.Registration.Contacts = []organisation.Contact{{Name: "Elfriede", Role: "engineer", Email: "security@water.example", Phone: "+43 1 2345"}}
	aside := read()
	aside.Registration.Contacts, aside.Organisation.Contact = named.Registration.Contacts, organisation.Contact{Name: "Somebody for this file"}
	for _, tc := range []struct {
		what string
		now  *organisation.File
		want []string
	}{
		{"the same", same, nil},
		{"the same, named for the authority", named, nil},
		{"another contact for the file alone", aside, nil},
		{"a telephone", phone, []string{"registration.contacts[0].phone"}},
	} {
		list, err := dossier.Changes(record, tc.now)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range list {
			got = append(got, d.Field)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.what, got, tc.want)
		}
	}
}
