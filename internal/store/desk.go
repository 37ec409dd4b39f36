package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var views = define(table[desk.View]{
	name: "saved_views", kind: "view", keys: "id", own: true,
	columns: "id, person_id, page, name, query, shared, created_at, version",
	fields: func(v *desk.View) []any {
		return []any{&v.ID, &v.Person, &v.Page, &v.Name, &v.Query, &v.Shared, sqldb.Time(&v.CreatedAt), &v.Version}
	},
	version: func(v *desk.View) *int64 { return &v.Version },
	id:      func(v *desk.View) *string { return &v.ID },
	created: func(v *desk.View) *time.Time { return &v.CreatedAt },
})

// View returns one saved view.
func (tx *Tx) View(id string) (desk.View, error) { return views.get(tx, id) }

// Views lists the saved views of a page that a person sees: their own and those
// that are shared, by name.
func (tx *Tx) Views(person, page string) ([]desk.View, error) {
	return keptList(tx, arrangedPeople, func(v *desk.View) int { return 400 + len(v.Query) }, []string{"views", page, person}, func() ([]desk.View, error) {
		return views.list(tx, "page = ? AND (person_id = ? OR shared)", "name, id", page, person)
	})
}

// PutView makes or changes a saved view.
func (tx *Tx) PutView(v desk.View) (desk.View, error) { return views.put(tx, v) }

// RemoveView deletes a saved view.
func (tx *Tx) RemoveView(id string) error { return views.remove(tx, id) }

var settings = define(table[desk.Setting]{
	name: "settings", kind: "setting", keys: "organisation_id, name",
	columns: "organisation_id, name, value, updated_at, version",
	fields: func(s *desk.Setting) []any {
		return []any{&s.Organisation, &s.Name, sqldb.Raw(&s.Value), sqldb.Time(&s.UpdatedAt), &s.Version}
	},
	org:     func(s *desk.Setting) *string { return &s.Organisation },
	loose:   true,
	version: func(s *desk.Setting) *int64 { return &s.Version },
	updated: func(s *desk.Setting) *time.Time { return &s.UpdatedAt },
})

// Setting returns a setting of an organisation ("" = of the workspace).
func (tx *Tx) Setting(organisation, name string) (desk.Setting, error) {
	found, err := keptList(tx, arranged, func(s *desk.Setting) int { return 200 + len(s.Value) }, []string{"setting", organisation, name}, func() ([]desk.Setting, error) {
		s, found, err := settings.find(tx, []string{organisation, name})
		if err != nil || !found {
			return nil, err
		}
		return []desk.Setting{s}, nil
	})
	return only(found, err)(settings.kind)
}

// Settings lists the settings of the scope by organisation and name.
func (tx *Tx) Settings() ([]desk.Setting, error) {
	return settings.list(tx, "1 = 1", "organisation_id, name")
}

// PutSetting makes or changes a setting.
func (tx *Tx) PutSetting(s desk.Setting) (desk.Setting, error) { return settings.put(tx, s) }

// RemoveSetting deletes a setting.
func (tx *Tx) RemoveSetting(organisation, name string) error {
	return settings.remove(tx, organisation, name)
}
