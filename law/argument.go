package law

import (
	"encoding/json"
	"fmt"
	"strings"
)

// UnmarshalJSON reads an argument as it was written, so that a stored message
// prints like a fresh one: a text that is a calendar day becomes a Date, a whole
// number an int, an object a Message, and a list a []string or []Message.
func (a *Arg) UnmarshalJSON(b []byte) error {
	var raw struct {
		Name  string          `json:"name"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	v, err := argument(raw.Value)
	if err != nil {
		return fmt.Errorf("argument %s: %w", raw.Name, err)
	}
	a.Name, a.Value = raw.Name, v
	return nil
}

func argument(b json.RawMessage) (any, error) {
	switch {
	case len(b) == 0:
		return nil, nil
	case b[0] == '"':
		var s string
		err := json.Unmarshal(b, &s)
		if d, bad := ParseDate(s); err == nil && bad == nil {
			return d, nil
		}
		return s, err
	case b[0] == '{':
		return as[Message](b)
	case b[0] == '[':
		if texts, err := as[[]string](b); err == nil {
			return texts, nil
		}
		return as[[]Message](b)
	case strings.ContainsAny(string(b[:1]), "-0123456789"):
		if n, err := as[int](b); err == nil {
			return n, nil
		}
		return as[float64](b)
	}
	return as[any](b)
}

func as[T any](b json.RawMessage) (v T, err error) {
	err = json.Unmarshal(b, &v)
	return v, err
}
