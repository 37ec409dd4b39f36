package significance

import "github.com/nisaba-platform/nisaba/law"

// Facts are what is known about one incident. The zero value knows nothing. It
// is a plain value: copies are independent but for the EntityTypes slice.
type Facts struct {
	// EntityTypes are the ids of law/annex for the services that the incident
	// affects; an empty list is an organisation without a listed activity.
	EntityTypes []string
	// TypesKnown is false while nobody stated the entity types.
	TypesKnown bool

	values [fieldCount]value
	stated set
}

// value is one fact: absent, known, or stated as not known.
type value struct {
	state  state
	truth  law.Truth // of a yes/no fact
	number float64   // of a number
}

type state uint8

const (
	absent state = iota
	null
	known
)

// SetTruth states a yes/no fact; Unknown states that it is not known.
func (f *Facts) SetTruth(field Field, t law.Truth) {
	v := value{state: known, truth: t}
	if !t.Known() {
		v.state = null
	}
	f.put(field, v)
}

func (f *Facts) put(field Field, v value) {
	f.values[field] = v
	f.stated |= bit(field)
}

// SetNumber states a number in the unit of the field, not negative.
func (f *Facts) SetNumber(field Field, n float64) { f.put(field, value{state: known, number: n}) }

// SetUnknown states that a fact is not known, so that no presumption holds.
func (f *Facts) SetUnknown(field Field) { f.put(field, value{state: null}) }

// Truth is a yes/no fact after its presumption.
func (f *Facts) Truth(field Field) law.Truth { return f.value(field).truth }

// Number is a number after its presumption; ok is false while it is unknown.
func (f *Facts) Number(field Field) (n float64, ok bool) {
	v := f.value(field)
	return v.number, v.state == known
}

// Stated reports whether the fact was set, even as not known.
func (f *Facts) Stated(field Field) bool { return f.stated&bit(field) != 0 }

// value follows the presumptions; the result is known or null.
func (f *Facts) value(field Field) value {
	for {
		v := f.values[field]
		if v.state != absent {
			return v
		}
		switch fields[field].Absent {
		case AsNo:
			return value{state: known, truth: law.False}
		case AsNone:
			if f.stated&fields[field].group != 0 {
				return value{state: null}
			}
			return value{state: known, truth: law.False}
		case AsYes:
			return value{state: known, truth: law.True}
		case AsOther:
			field = fields[field].Other
		default:
			return value{state: null}
		}
	}
}

// set is a set of fields.
type set uint64

func bit(field Field) set { return 1 << field }

// unknown is the fields that would have to be stated for these to be known.
func (f *Facts) unknown(of ...Field) set {
	var s set
	for _, field := range of {
		for f.values[field].state == absent && fields[field].Absent == AsOther {
			field = fields[field].Other
		}
		if f.value(field).state == null {
			s |= bit(field)
		}
	}
	return s
}

func (s set) names() []string {
	var names []string
	for field := range fieldCount {
		if s&bit(field) != 0 {
			names = append(names, field.String())
		}
	}
	return names
}
