package country

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// problem is a mistake in a pack: where it is and what was expected.
type problem struct {
	file, field string
	line        int
	text        string
}

// Error prints file:line: field: what is wrong; what was expected.
func (p *problem) Error() string {
	if p.field == "" {
		return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.text)
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.file, p.line, p.field, p.text)
}

// parseDocument reads exactly one YAML document.
func parseDocument(file string, data []byte) (*yaml.Node, error) {
	var doc yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, &problem{file: file, line: 1, text: "the file is empty; expected a country pack"}
	} else if err != nil {
		return nil, syntax(file, err)
	}
	var second yaml.Node
	if err := d.Decode(&second); err == nil {
		return nil, &problem{file: file, line: max(second.Line, 1), text: "a second document; expected one pack per file"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntax(file, err)
	}
	if len(doc.Content) != 1 {
		return nil, &problem{file: file, line: 1, text: "no content; expected a country pack"}
	}
	return doc.Content[0], nil
}

// syntax moves the line out of the text of the YAML library.
func syntax(file string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if _, scan := fmt.Sscanf(text, "line %d:", &line); scan == nil {
		_, text, _ = strings.Cut(text, ": ")
	}
	return &problem{file: file, line: line, text: text}
}

// decoder fills structs from YAML nodes. Unlike the library's it knows the line
// and the path of every mistake, and refuses unknown and repeated fields and
// aliases.
type decoder struct {
	file   string
	fields map[reflect.Type]map[string][]int // yaml name → field index
}

func (d *decoder) fail(n *yaml.Node, path, format string, args ...any) error {
	return &problem{file: d.file, line: n.Line, field: path, text: fmt.Sprintf(format, args...)}
}

func (d *decoder) decode(n *yaml.Node, v reflect.Value, path string) error {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return d.fail(n, path, "aliases and anchors are not allowed; expected the value itself")
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return d.text(n, u, path)
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.mapping(n, v, path)
	case reflect.Map:
		return d.table(n, v, path)
	case reflect.Slice:
		return d.list(n, v, path)
	case reflect.Int:
		if n.ShortTag() != "!!int" || n.Decode(v.Addr().Interface()) != nil {
			return d.fail(n, path, "%s; expected a whole number", describe(n))
		}
		return nil
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return d.fail(n, path, "%s; expected a text (put it in quotes)", describe(n))
	}
	v.SetString(n.Value)
	return nil
}

func (d *decoder) text(n *yaml.Node, u encoding.TextUnmarshaler, path string) error {
	if n.Kind != yaml.ScalarNode {
		return d.fail(n, path, "%s; expected a single value", describe(n))
	}
	value := n.Value
	if n.ShortTag() == "!!null" {
		value = ""
	}
	if err := u.UnmarshalText([]byte(value)); err != nil {
		return d.fail(n, path, "%v", err)
	}
	return nil
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) error {
	known := d.fieldsOf(v.Type())
	return d.pairs(n, path, func(key, value *yaml.Node, at string) error {
		index, ok := known[key.Value]
		if !ok {
			return d.fail(key, at, "no such field; expected one of %s", strings.Join(sortedNames(known), ", "))
		}
		return d.decode(value, v.FieldByIndex(index), at)
	})
}

func (d *decoder) table(n *yaml.Node, v reflect.Value, path string) error {
	v.Set(reflect.MakeMap(v.Type()))
	return d.pairs(n, path, func(key, value *yaml.Node, at string) error {
		element := reflect.New(v.Type().Elem()).Elem()
		if err := d.decode(value, element, at); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(key.Value), element)
		return nil
	})
}

func (d *decoder) pairs(n *yaml.Node, path string, each func(key, value *yaml.Node, at string) error) error {
	if n.Kind != yaml.MappingNode {
		return d.fail(n, path, "%s; expected fields with values", describe(n))
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := join(path, key.Value)
		if key.Kind != yaml.ScalarNode || key.Anchor != "" {
			return d.fail(key, path, "%s as a field name; expected a word", describe(key))
		}
		if seen[key.Value] {
			return d.fail(key, at, "the field is given twice")
		}
		seen[key.Value] = true
		if err := each(key, n.Content[i+1], at); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) error {
	if n.Kind != yaml.SequenceNode {
		return d.fail(n, path, "%s; expected a list", describe(n))
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, element := range n.Content {
		if err := d.decode(element, v.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf maps the yaml names of a struct, those of inlined structs included, to
// their fields.
func (d *decoder) fieldsOf(t reflect.Type) map[string][]int {
	if known, ok := d.fields[t]; ok {
		return known
	}
	known := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if option != "inline" && name != "" {
			known[name] = f.Index
		}
	}
	d.fields[t] = known
	return known
}

func sortedNames(known map[string][]int) []string {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a group of fields"
	case yaml.SequenceNode:
		return "a list"
	}
	const most = 40
	if r := []rune(n.Value); len(r) > most {
		return fmt.Sprintf("%q…", string(r[:most]))
	}
	return fmt.Sprintf("%q", n.Value)
}

// lineOf finds the line of a field path such as "deviations[1].terms.final_report",
// or of the nearest field around it that is there.
func lineOf(n *yaml.Node, path string) int {
	line := max(n.Line, 1)
	for path != "" && n != nil {
		step, rest, _ := strings.Cut(path, ".")
		name, index, indexed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		if n = child(n, name); n == nil {
			break
		}
		line = n.Line
		if indexed {
			var i int
			if _, err := fmt.Sscan(index, &i); err != nil || i >= len(n.Content) {
				break
			}
			n = n.Content[i]
			line = n.Line
		}
		path = rest
	}
	return line
}

func child(n *yaml.Node, name string) *yaml.Node {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}
