package organisation

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Facts is a copy of the file without answers, evidence, exceptions and
// assertions, and without the day of the assessment: what is true of the
// organisation whatever its measures are.
func (f *File) Facts() *File {
	c := f.Clone()
	c.Answers, c.Evidence, c.Exceptions, c.Assertions = nil, nil, nil, nil
	c.AssessedOn = File{}.AssessedOn
	return c
}

// Clone is a copy that shares nothing that can be changed.
func (f *File) Clone() *File {
	c := *f
	copyInto(reflect.ValueOf(&c).Elem())
	return &c
}

// copyInto replaces what v shares with others by copies.
func copyInto(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, i := range fieldsOf(v.Type()).order {
			copyInto(v.Field(i))
		}
		if v.Type() == settingType {
			copyInto(v.FieldByName("Number"))
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		v.Set(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v))
		if k := v.Type().Elem().Kind(); k == reflect.Struct {
			for i := range v.Len() {
				copyInto(v.Index(i))
			}
		}
	case reflect.Map:
		if v.IsNil() {
			return
		}
		if answers, ok := v.Interface().(map[string]Answer); ok { // by far the most of a file
			answers = maps.Clone(answers)
			for question, a := range answers {
				a.Options = slices.Clone(a.Options)
				answers[question] = a
			}
			v.Set(reflect.ValueOf(answers))
			return
		}
		m := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			item := reflect.New(v.Type().Elem()).Elem()
			item.Set(it.Value())
			copyInto(item)
			m.SetMapIndex(it.Key(), item)
		}
		v.Set(m)
	case reflect.Pointer:
		if !v.IsNil() {
			p := reflect.New(v.Type().Elem())
			p.Elem().Set(v.Elem())
			v.Set(p)
		}
	}
}

// Changed names the fields in which two files differ, sorted, for example
// "figures[0].employees". A fault of either file is returned.
func Changed(a, b *File) ([]string, error) {
	all, err := Differences(a, b)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(all))
	for i, d := range all {
		out[i] = d.Field
	}
	return out, nil
}

// Difference is one field in which two files differ. The values are JSON: a
// scalar, null, or a list of words; "" where the file leaves the field out.
type Difference struct {
	Field, Before, After string
}

// Differences are the fields in which two files differ with their values, by
// field. A fault of either file is returned.
func Differences(a, b *File) ([]Difference, error) {
	before, err := a.tree()
	if err != nil {
		return nil, err
	}
	after, err := b.tree()
	if err != nil {
		return nil, err
	}
	x, y := map[string]string{}, map[string]string{}
	flatten(before, "", x)
	flatten(after, "", y)
	fields := slices.AppendSeq(slices.Collect(maps.Keys(x)), maps.Keys(y))
	slices.Sort(fields)
	out := []Difference{}
	for _, field := range slices.Compact(fields) {
		v, stated := x[field]
		w, states := y[field]
		if v != w || stated != states {
			out = append(out, Difference{Field: field, Before: v, After: w})
		}
	}
	return out, nil
}

// FactFields lists the fields that Differences of two Facts can name, each once and
// without positions, for example "figures.employees". What a map holds is "*".
// Enterprises that hang on linked or partner enterprises have the fields of these.
func FactFields() []string {
	var out []string
	facts := fieldsOf(reflect.TypeFor[File]())
	for i, name := range facts.names {
		switch name {
		case "answers", "evidence", "exceptions", "assertions", "assessed_on":
		default:
			out = appendFields(out, name, reflect.TypeFor[File]().Field(facts.order[i]).Type)
		}
	}
	return out
}

func appendFields(out []string, name string, t reflect.Type) []string {
	switch {
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return appendFields(out, name, t.Elem())
	case t.Kind() == reflect.Map:
		return append(out, name+".*")
	case t.Kind() != reflect.Struct || len(fieldsOf(t).names) == 0:
		return append(out, name)
	}
	set := fieldsOf(t)
	for i, part := range set.names {
		if within := name + "."; strings.Contains(within, ".linked.") || strings.Contains(within, ".partners.") {
			if part == "linked" || part == "partners" {
				continue
			}
		}
		out = appendFields(out, join(name, part), t.Field(set.order[i]).Type)
	}
	return out
}

var position = regexp.MustCompile(`\[[0-9]+\]`)

// FieldName is the name under which a field of Differences is known to people:
// without its position and without the section of the file that it stands in, for
// example "employees" of "group.linked[0].partners[1].employees" is
// "partners.employees".
func FieldName(field string) string {
	name := position.ReplaceAllString(field, "")
	for _, section := range []string{"activity.", "group.", "establishment.", "status."} {
		name = strings.TrimPrefix(name, section)
	}
	if i := max(strings.LastIndex(name, "linked."), strings.LastIndex(name, "partners.")); i >= 0 {
		name = name[i:]
	}
	return name
}

// flatten lists the values of the tree by their fields. Lists of words are one
// value, because their order says little.
func flatten(n *yaml.Node, field string, into map[string]string) {
	switch {
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			flatten(n.Content[i+1], join(field, n.Content[i].Value), into)
		}
	case n.Kind == yaml.SequenceNode && n.Style != yaml.FlowStyle:
		for i, item := range n.Content {
			flatten(item, field+"["+strconv.Itoa(i)+"]", into)
		}
	default:
		into[field] = string(appendJSON(nil, n))
	}
}
