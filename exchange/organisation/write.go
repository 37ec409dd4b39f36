package organisation

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/law"
)

// YAML writes the file in the form that Read accepts, without the fields that
// have the value which their absence stands for. Reading it gives the same file.
// A number that is none (NaN or infinite) is a fault.
func (f *File) YAML() ([]byte, error) {
	root, err := f.tree()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("write the organisation file: %w", err)
	}
	return b.Bytes(), e.Close()
}

// JSON is YAML as one line of JSON, which Read accepts as well.
func (f *File) JSON() ([]byte, error) {
	root, err := f.tree()
	if err != nil {
		return nil, err
	}
	return appendJSON(nil, root), nil
}

// tree is the file as nodes of YAML.
func (f *File) tree() (*yaml.Node, error) {
	c := *f
	if c.Format == "" {
		c.Format = Format
	}
	return node(reflect.ValueOf(c), "")
}

// node is the value as it stands in the file.
func node(v reflect.Value, field string) (*yaml.Node, error) {
	switch x := v.Interface().(type) {
	case law.Date:
		if x.IsZero() {
			return null(), nil
		}
		return text(x.String()), nil
	case law.Truth:
		return truthNode(x), nil
	case Setting:
		return x.node(field)
	case Answer:
		if len(x.Options) == 1 && x.By == "" && x.Note == "" && x.On.IsZero() {
			return text(x.Options[0]), nil
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return null(), nil
		}
		return node(v.Elem(), field)
	case reflect.Struct:
		return objectNode(v, field)
	case reflect.Slice:
		return listNode(v, field)
	case reflect.Map:
		return mapNode(v, field)
	case reflect.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v.Bool())}, nil
	case reflect.Int:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(v.Int(), 10)}, nil
	case reflect.Float64:
		return numberNode(v.Float(), field)
	}
	return text(v.String()), nil
}

func null() *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"} }

// plain are the texts that need no quotes; the encoder quotes those of them that
// YAML would read as something else.
var plain = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9 ._/-]*[A-Za-z0-9])?$`)

func text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.ToValidUTF8(s, "�")}
	if !plain.MatchString(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func truthNode(t law.Truth) *yaml.Node {
	if !t.Known() {
		return null()
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: t.String()}
}

func (s Setting) node(field string) (*yaml.Node, error) {
	switch {
	case s.Number != nil:
		return numberNode(*s.Number, field)
	case s.Word != "":
		return text(s.Word), nil
	}
	return truthNode(s.Truth), nil
}

func numberNode(f float64, field string) (*yaml.Node, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, &fault.Error{Kind: fault.Invalid, Field: field, What: "this is no number", Expected: "a number, or nothing when it is not known"}
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatFloat(f, 'f', -1, 64)}
	if strings.Contains(n.Value, ".") {
		n.Tag = "!!float"
	}
	return n, nil
}

func objectNode(v reflect.Value, field string) (*yaml.Node, error) {
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	fields := fieldsOf(v.Type())
	for i, name := range fields.names {
		f, tag := v.Field(fields.order[i]), v.Type().Field(fields.order[i]).Tag
		if tag.Get("required") != "true" && isAbsent(f, tag) {
			continue
		}
		n, err := node(f, join(field, name))
		if err != nil {
			return nil, err
		}
		out.Content = append(out.Content, text(name), n)
	}
	return out, nil
}

// isAbsent reports whether the field has the value that it gets when the file
// leaves it out.
func isAbsent(v reflect.Value, tag reflect.StructTag) bool {
	if t, ok := v.Interface().(law.Truth); ok {
		return t == law.TruthOf(false) && tag.Get("absent") == "false" || t == law.Unknown && tag.Get("absent") == ""
	}
	if v.Kind() != reflect.Struct || v.Type() == dateType {
		return v.IsZero()
	}
	for _, i := range fieldsOf(v.Type()).order {
		if !isAbsent(v.Field(i), v.Type().Field(i).Tag) {
			return false
		}
	}
	return true
}

func listNode(v reflect.Value, field string) (*yaml.Node, error) {
	if v.IsNil() {
		return null(), nil
	}
	out := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for i := range v.Len() {
		n, err := node(v.Index(i), fmt.Sprintf("%s[%d]", field, i))
		if err != nil {
			return nil, err
		}
		out.Content = append(out.Content, n)
	}
	if v.Len() == 0 || v.Type().Elem().Kind() == reflect.String {
		out.Style = yaml.FlowStyle
	}
	return out, nil
}

func mapNode(v reflect.Value, field string) (*yaml.Node, error) {
	if v.IsNil() {
		return null(), nil
	}
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	if v.Len() == 0 {
		out.Style = yaml.FlowStyle
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		n, err := node(v.MapIndex(k), join(field, k.String()))
		if err != nil {
			return nil, err
		}
		out.Content = append(out.Content, text(k.String()), n)
	}
	return out, nil
}

func appendJSON(b []byte, n *yaml.Node) []byte {
	switch {
	case n.Kind == yaml.MappingNode:
		b = append(b, '{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, n.Content[i].Value), ':')
			b = appendJSON(b, n.Content[i+1])
		}
		return append(b, '}')
	case n.Kind == yaml.SequenceNode:
		b = append(b, '[')
		for i, item := range n.Content {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item)
		}
		return append(b, ']')
	case n.Tag == "!!str":
		return appendText(b, n.Value)
	}
	return append(b, n.Value...)
}

// appendText quotes a text so that JSON and YAML read the same: YAML takes no
// control characters, and no surrogate pairs.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}
