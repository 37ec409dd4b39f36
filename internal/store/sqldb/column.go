package sqldb

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// Column is a field that is stored in another form than it has in memory. It
// reads itself from a row and writes itself as an argument.
type Column interface {
	sql.Scanner
	driver.Valuer
}

type timeColumn struct{ t *time.Time }

// Time stores a time as milliseconds since 1970; the zero time is 0.
func Time(t *time.Time) Column { return timeColumn{t} }

// Value also cuts the field to what is stored, so that memory and row agree.
func (c timeColumn) Value() (driver.Value, error) {
	if c.t.IsZero() {
		return int64(0), nil
	}
	*c.t = c.t.UTC().Truncate(time.Millisecond)
	return c.t.UnixMilli(), nil
}

func (c timeColumn) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is a number, not %T", src)
	}
	*c.t = time.Time{}
	if n != 0 {
		*c.t = time.UnixMilli(n).UTC()
	}
	return nil
}

type dateColumn struct{ d *law.Date }

// Date stores a day as YYYY-MM-DD; no date is the empty text.
func Date(d *law.Date) Column { return dateColumn{d} }

func (c dateColumn) Value() (driver.Value, error) { return c.d.String(), nil }

func (c dateColumn) Scan(src any) error {
	s, err := text(src)
	*c.d = law.Date{}
	if err != nil || s == "" {
		return err
	}
	*c.d, err = law.ParseDate(s)
	return err
}

type jsonColumn struct{ v any }

// JSON stores what v points to as JSON text. Nothing (null, an empty list or
// object) is the empty text.
func JSON(v any) Column { return jsonColumn{v} }

func (c jsonColumn) Value() (driver.Value, error) {
	b, err := json.Marshal(c.v)
	if err != nil {
		return nil, fmt.Errorf("write %T as JSON: %w", c.v, err)
	}
	if s := string(b); s != "null" && s != "[]" && s != "{}" {
		return s, nil
	}
	return "", nil
}

func (c jsonColumn) Scan(src any) error {
	s, err := text(src)
	reflect.ValueOf(c.v).Elem().SetZero()
	if err != nil || s == "" {
		return err
	}
	return json.Unmarshal([]byte(s), c.v)
}

type textColumn struct{ s *string }

// Optional stores a text of which the empty one is NULL, for foreign keys.
func Optional(s *string) Column { return textColumn{s} }

func (c textColumn) Value() (driver.Value, error) {
	if *c.s == "" {
		return nil, nil
	}
	return *c.s, nil
}

func (c textColumn) Scan(src any) (err error) {
	*c.s = ""
	if src != nil {
		*c.s, err = text(src)
	}
	return err
}

func text(src any) (string, error) {
	switch s := src.(type) {
	case string:
		return s, nil
	case []byte:
		return string(s), nil
	}
	return "", fmt.Errorf("a text was expected, not %T", src)
}

// Args turns the fields of a value, as pointers and Columns, into arguments.
func Args(fields []any) ([]any, error) {
	out := make([]any, len(fields))
	for i, f := range fields {
		v, err := arg(f)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func arg(f any) (any, error) {
	switch p := f.(type) {
	case *string:
		return *p, nil
	case *bool:
		return *p, nil
	case *int64:
		return *p, nil
	case *float64:
		return *p, nil
	case driver.Valuer:
		return p.Value()
	}
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Pointer {
		return nil, fmt.Errorf("a field must be a pointer, not %T", f)
	}
	switch e := v.Elem(); e.Kind() {
	case reflect.String:
		return e.String(), nil
	case reflect.Int, reflect.Int32:
		return e.Int(), nil
	}
	return nil, fmt.Errorf("no column form for %T", f)
}

type rawColumn struct{ b *json.RawMessage }

// Raw stores JSON text as it is; nil is the empty text.
func Raw(b *json.RawMessage) Column { return rawColumn{b} }

func (c rawColumn) Value() (driver.Value, error) { return string(*c.b), nil }

func (c rawColumn) Scan(src any) error {
	s, err := text(src)
	*c.b = nil
	if s != "" {
		*c.b = json.RawMessage(s)
	}
	return err
}
