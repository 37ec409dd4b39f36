package ledger

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// member is a field of a JSON object with its value as it stands there.
type member struct {
	name  string
	value json.RawMessage
}

// object is the fields of a JSON object by name; nothing has none. Lists of changes
// ask it twice for every entry, so it copies nothing and makes no map.
func object(b json.RawMessage) ([]member, error) {
	if len(b) == 0 {
		return nil, nil
	}
	b = bytes.TrimSpace(b)
	if !json.Valid(b) || b[0] != '{' && string(b) != "null" {
		return nil, errors.New("no JSON object")
	}
	if b[0] == 'n' {
		return nil, nil
	}
	out := make([]member, 0, 16)
	for at := 1; ; {
		from := at + bytes.IndexByte(b[at:], '"')
		if from < at { // the end of an empty object
			break
		}
		to := textEnd(b, from)
		name, err := nameOf(b[from:to])
		if err != nil {
			return nil, err
		}
		from = to + bytes.IndexByte(b[to:], ':') + 1
		at = valueEnd(b, from)
		value := bytes.TrimSpace(b[from:at])
		out = append(out, member{name, json.RawMessage(value[:len(value):len(value)])})
		if b[at] == '}' {
			break
		}
	}
	slices.SortStableFunc(out, func(x, y member) int { return strings.Compare(x.name, y.name) })
	return newest(out), nil
}

// newest keeps the last of several fields with one name, as decoders do.
func newest(sorted []member) []member {
	out := sorted[:0]
	for i, m := range sorted {
		if i+1 == len(sorted) || sorted[i+1].name != m.name {
			out = append(out, m)
		}
	}
	return out
}

// nameOf is the text of a quoted name.
func nameOf(quoted []byte) (name string, err error) {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1 : len(quoted)-1]), nil
	}
	err = json.Unmarshal(quoted, &name)
	return name, err
}

// textEnd is the place behind the text that begins at the quote.
func textEnd(b []byte, at int) int {
	for at++; b[at] != '"'; at++ {
		if b[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// valueEnd is the place of the comma or brace behind the value of a field.
func valueEnd(b []byte, at int) int {
	for depth := 0; ; at++ {
		switch b[at] {
		case '"':
			at = textEnd(b, at) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at
			}
			depth--
		case ',':
			if depth == 0 {
				return at
			}
		}
	}
}

// differences are the fields of two objects, sorted by name, that differ.
func differences(before, after []member) []Field {
	out := make([]Field, 0, max(len(before), len(after)))
	for len(before) > 0 || len(after) > 0 {
		var f Field
		var side int
		switch {
		case len(before) == 0:
			side = 1
		case len(after) == 0:
			side = -1
		default:
			side = cmp.Compare(before[0].name, after[0].name)
		}
		if side <= 0 {
			f.Name, f.Before, before = before[0].name, before[0].value, before[1:]
		}
		if side >= 0 {
			f.Name, f.After, after = after[0].name, after[0].value, after[1:]
		}
		if !bytes.Equal(f.Before, f.After) {
			out = append(out, f)
		}
	}
	return out
}
