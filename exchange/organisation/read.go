package organisation

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/law"
)

// ReadFile reads and checks a file. Errors are a fault.List with file, line,
// field and what was expected; nothing is returned from a faulty file.
func ReadFile(path string) (*File, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, &fault.Error{Kind: fault.NotFound, File: path, What: "the file cannot be opened",
			Expected: "a readable file; \"nisaba init\" writes one", Cause: err}
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, File: path, What: "the file cannot be read",
			Expected: "a readable text file", Cause: err}
	}
	return Read(path, b)
}

// Read decodes and checks the bytes of a file; name stands in the errors.
func Read(name string, b []byte) (*File, error) {
	if len(b) > MaxBytes {
		return nil, &fault.Error{Kind: fault.Invalid, File: name, What: "the file is too large",
			Expected: fmt.Sprintf("at most %d MB", MaxBytes>>20)}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(b, &root); err != nil {
		return nil, syntaxFault(name, err)
	}
	if len(root.Content) == 0 {
		return nil, &fault.Error{Kind: fault.Invalid, File: name, Line: 1, What: "the file is empty",
			Expected: "an organisation file; \"nisaba init\" writes one"}
	}
	d := decoder{file: name}
	var f File
	d.value(root.Content[0], reflect.ValueOf(&f).Elem(), "", "")
	d.check(&f)
	if len(d.faults) > 0 {
		return nil, d.faults
	}
	f.name, f.lines = name, d.lines
	return &f, nil
}

var lineInMessage = regexp.MustCompile(`line (\d+)`)

func syntaxFault(name string, err error) error {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	f := &fault.Error{Kind: fault.Invalid, File: name, What: what, Expected: "well-formed YAML"}
	if m := lineInMessage.FindStringSubmatch(what); m != nil {
		f.Line, _ = strconv.Atoi(m[1])
		f.What = strings.TrimPrefix(what, m[0]+": ")
	}
	return f
}

// decoder walks the YAML tree along the types of the format and collects faults.
type decoder struct {
	file   string
	faults fault.List
	lines  map[string]int // field path → line, for checks after decoding
}

// mostFaults bounds the list: a file that is wrong everywhere needs no thousand lines.
const mostFaults = 50

func (d *decoder) fail(n *yaml.Node, field, what, expected string) {
	d.failAt(n.Line, field, what, expected)
}

func (d *decoder) failAt(line int, field, what, expected string) {
	if len(d.faults) < mostFaults {
		d.faults = append(d.faults, &fault.Error{Kind: fault.Invalid, File: d.file, Line: line,
			Field: field, What: what, Expected: expected})
	}
}

var (
	dateType    = reflect.TypeFor[law.Date]()
	truthType   = reflect.TypeFor[law.Truth]()
	settingType = reflect.TypeFor[Setting]()
	answerType  = reflect.TypeFor[Answer]()
)

func (d *decoder) value(n *yaml.Node, v reflect.Value, field string, tag reflect.StructTag) {
	if d.lines == nil {
		d.lines = map[string]int{}
	}
	d.lines[field] = n.Line
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		d.fail(n, field, "anchors and aliases are not used in this file", "the value written out")
		return
	}
	if isNull(n) && v.Type() != truthType && v.Type() != settingType {
		leftOut(v)
		return
	}
	switch v.Type() {
	case dateType:
		d.date(n, v, field)
		return
	case truthType:
		d.truth(n, v, field)
		return
	case settingType:
		d.setting(n, v, field)
		return
	case answerType:
		d.answer(n, v, field)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.object(n, v, field)
	case reflect.Slice:
		d.list(n, v, field)
	case reflect.Map:
		d.mapping(n, v, field)
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		d.value(n, p.Elem(), field, tag)
		v.Set(p)
	default:
		d.scalar(n, v, field, tag)
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func (d *decoder) object(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, field, "found "+kindName(n), "a group of fields")
		return
	}
	fields := fieldsOf(v.Type())
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		index, ok := fields.index[key.Value]
		at := join(field, key.Value)
		switch {
		case !ok:
			d.fail(key, at, "no such field", "one of "+strings.Join(fields.names, ", "))
		case seen[key.Value]:
			d.fail(key, at, "the field is given twice", "it once")
		default:
			seen[key.Value] = true
			d.value(n.Content[i+1], v.Field(index), at, v.Type().Field(index).Tag)
		}
	}
	for i, name := range fields.names {
		tag := v.Type().Field(fields.order[i]).Tag
		if tag.Get("required") == "true" && !seen[name] {
			d.fail(n, join(field, name), "the field is missing", strings.TrimSuffix(lowerFirst(tag.Get("doc")), "."))
		}
	}
	for i, name := range fields.names {
		if !seen[name] {
			leftOutField(v, fields.order[i])
		}
	}
}

// leftOut gives the fields of a group that the file leaves out the value that
// the absence stands for; most stay unknown.
func leftOut(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for _, i := range fieldsOf(v.Type()).order {
		leftOutField(v, i)
	}
}

func leftOutField(v reflect.Value, i int) {
	if v.Type().Field(i).Tag.Get("absent") == "false" {
		v.Field(i).Set(reflect.ValueOf(law.False))
		return
	}
	leftOut(v.Field(i))
}

// fieldSet is the names of a struct's fields in their order.
type fieldSet struct {
	names []string
	order []int
	index map[string]int
}

// fieldSets keeps what fieldsOf found of each type.
var fieldSets sync.Map

func fieldsOf(t reflect.Type) fieldSet {
	if known, ok := fieldSets.Load(t); ok {
		return known.(fieldSet)
	}
	s := fieldSet{index: map[string]int{}}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			s.names, s.order = append(s.names, name), append(s.order, i)
			s.index[name] = i
		}
	}
	fieldSets.Store(t, s)
	return s
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, field, "found "+kindName(n), "a list")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		at := fmt.Sprintf("%s[%d]", field, i)
		if isNull(c) {
			d.fail(c, at, "the entry is empty", "a value, or no entry")
			continue
		}
		d.value(c, out.Index(i), at, "")
	}
	v.Set(out)
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, field, "found "+kindName(n), "a list of name: value pairs")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := reflect.ValueOf(n.Content[i].Value)
		at := join(field, n.Content[i].Value)
		if v.MapIndex(key).IsValid() {
			d.fail(n.Content[i], at, "the name is given twice", "it once")
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(n.Content[i+1], item, at, "")
		v.SetMapIndex(key, item)
	}
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, field string, tag reflect.StructTag) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, field, "found "+kindName(n), expectedScalar(v, tag))
		return
	}
	switch v.Kind() {
	case reflect.String:
		d.text(n, v, field, tag)
	case reflect.Bool:
		b, err := strconv.ParseBool(n.Value)
		if err != nil || n.Tag != "!!bool" {
			d.fail(n, field, found(n), "true or false")
			return
		}
		v.SetBool(b)
	default:
		d.number(n, v, field, tag)
	}
}

func (d *decoder) text(n *yaml.Node, v reflect.Value, field string, tag reflect.StructTag) {
	if enum := tag.Get("enum"); enum != "" && !slices.Contains(strings.Split(enum, ","), n.Value) {
		d.fail(n, field, found(n), strings.ReplaceAll(enum, ",", ", "))
		return
	}
	if p := tag.Get("pattern"); p != "" && !regexp.MustCompile(p).MatchString(n.Value) {
		d.fail(n, field, found(n), strings.TrimSuffix(lowerFirst(tag.Get("doc")), "."))
		return
	}
	if tag.Get("required") == "true" && strings.TrimSpace(n.Value) == "" {
		d.fail(n, field, "the text is empty", strings.TrimSuffix(lowerFirst(tag.Get("doc")), "."))
		return
	}
	v.SetString(n.Value)
}

func (d *decoder) number(n *yaml.Node, v reflect.Value, field string, tag reflect.StructTag) {
	f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
	if err != nil || n.Tag != "!!int" && n.Tag != "!!float" || f != f || f > 1e15 || f < -1e15 {
		d.fail(n, field, found(n), expectedScalar(v, tag))
		return
	}
	if least := tag.Get("min"); least != "" {
		if m, _ := strconv.ParseFloat(least, 64); f < m {
			d.fail(n, field, found(n), expectedScalar(v, tag))
			return
		}
	}
	if most := tag.Get("max"); most != "" {
		if m, _ := strconv.ParseFloat(most, 64); f > m {
			d.fail(n, field, found(n), expectedScalar(v, tag))
			return
		}
	}
	if v.Kind() == reflect.Int {
		if f != float64(int64(f)) {
			d.fail(n, field, found(n), expectedScalar(v, tag))
			return
		}
		v.SetInt(int64(f))
		return
	}
	v.SetFloat(f)
}

func expectedScalar(v reflect.Value, tag reflect.StructTag) string {
	kind := "a text"
	switch v.Kind() {
	case reflect.Int:
		kind = "a whole number"
	case reflect.Float64:
		kind = "a number"
	case reflect.Bool:
		kind = "true or false"
	}
	switch least, most := tag.Get("min"), tag.Get("max"); {
	case least != "" && most != "":
		return kind + " from " + least + " to " + most
	case least != "":
		return kind + " of " + least + " or more"
	}
	return kind
}

func (d *decoder) date(n *yaml.Node, v reflect.Value, field string) {
	day, err := law.ParseDate(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		d.fail(n, field, found(n), "a date as YYYY-MM-DD, for example 2026-03-31")
		return
	}
	v.Set(reflect.ValueOf(day))
}

func (d *decoder) truth(n *yaml.Node, v reflect.Value, field string) {
	var t law.Truth
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" && !isNull(n) || !isNull(n) && t.UnmarshalText([]byte(strings.ToLower(n.Value))) != nil {
		d.fail(n, field, found(n), "true, false or null (not known)")
		return
	}
	v.Set(reflect.ValueOf(t))
}

func (d *decoder) setting(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, field, "found "+kindName(n), "true, false, null, a word or a number")
		return
	}
	var s Setting
	switch n.Tag {
	case "!!null":
	case "!!bool":
		s.Truth = law.TruthOf(strings.EqualFold(n.Value, "true"))
	case "!!int", "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			s.Number = &f
		}
	default:
		s.Word = n.Value
	}
	v.Set(reflect.ValueOf(s))
}

func (d *decoder) answer(n *yaml.Node, v reflect.Value, field string) {
	var a Answer
	switch n.Kind {
	case yaml.ScalarNode:
		a.Options = []string{n.Value}
	case yaml.SequenceNode:
		d.list(n, reflect.ValueOf(&a.Options).Elem(), field)
	default:
		d.object(n, reflect.ValueOf(&a).Elem(), field)
	}
	v.Set(reflect.ValueOf(a))
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a group of fields"
	case yaml.SequenceNode:
		return "a list"
	}
	return strconv.Quote(n.Value)
}

func found(n *yaml.Node) string {
	if r := []rune(n.Value); len(r) > 60 {
		return "found " + strconv.Quote(string(r[:60])) + "…"
	}
	return "found " + kindName(n)
}

func join(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
