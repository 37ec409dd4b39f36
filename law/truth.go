package law

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Truth is a three-valued answer. The zero value is Unknown: a fact that nobody
// stated is not a "no".
type Truth uint8

// The three values.
const (
	Unknown Truth = iota
	False
	True
)

// TruthOf turns a boolean into a known answer.
func TruthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}

// Known reports whether t is True or False.
func (t Truth) Known() bool { return t != Unknown }

// Not negates; the negation of Unknown is Unknown.
func (t Truth) Not() Truth {
	switch t {
	case True:
		return False
	case False:
		return True
	}
	return Unknown
}

// And is True when both are, False as soon as one is False, else Unknown.
func (t Truth) And(u Truth) Truth {
	if t == False || u == False {
		return False
	}
	if t == True && u == True {
		return True
	}
	return Unknown
}

// Or is True as soon as one is, False when both are False, else Unknown.
func (t Truth) Or(u Truth) Truth {
	if t == True || u == True {
		return True
	}
	if t == False && u == False {
		return False
	}
	return Unknown
}

// String returns "true", "false" or "unknown".
func (t Truth) String() string {
	switch t {
	case True:
		return "true"
	case False:
		return "false"
	}
	return "unknown"
}

// MarshalJSON writes true, false or null.
func (t Truth) MarshalJSON() ([]byte, error) {
	if t == Unknown {
		return []byte("null"), nil
	}
	return []byte(t.String()), nil
}

// UnmarshalJSON reads true, false or null.
func (t *Truth) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*t = Unknown
		return nil
	}
	var v bool
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("%s: expected true, false or null", b)
	}
	*t = TruthOf(v)
	return nil
}

// UnmarshalText reads "true", "false" or the empty text for Unknown.
func (t *Truth) UnmarshalText(b []byte) error {
	switch string(b) {
	case "true":
		*t = True
	case "false":
		*t = False
	case "", "null", "~":
		*t = Unknown
	default:
		return fmt.Errorf("%q: expected true, false or null", b)
	}
	return nil
}
