package organisation

import (
	"reflect"
	"strconv"
	"strings"
)

// Schema is the JSON Schema (2020-12) of the input file, made from the same
// structs that read it.
func Schema() map[string]any {
	b := schemaBuilder{defs: map[string]any{}}
	root := b.object(reflect.TypeFor[File]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Nisaba organisation file"
	root["$defs"] = b.defs
	return root
}

type schemaBuilder struct{ defs map[string]any }

func (b schemaBuilder) of(t reflect.Type, tag reflect.StructTag) map[string]any {
	s := b.plain(t, tag)
	if doc := tag.Get("doc"); doc != "" {
		s["description"] = doc
	}
	return s
}

func (b schemaBuilder) plain(t reflect.Type, tag reflect.StructTag) map[string]any {
	switch t {
	case dateType:
		return map[string]any{"type": []string{"string", "null"}, "format": "date"}
	case truthType:
		return map[string]any{"type": []string{"boolean", "null"}}
	case settingType:
		return map[string]any{"type": []string{"boolean", "string", "number", "null"}}
	case answerType:
		return map[string]any{"oneOf": []any{
			map[string]any{"type": "string"},
			map[string]any{"type": "array", "items": map[string]any{"type": "string"}},
			b.reference(t),
		}}
	}
	switch t.Kind() {
	case reflect.Struct:
		return b.reference(t)
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": b.plain(t.Elem(), "")}
	case reflect.Map:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": b.plain(t.Elem(), "")}
	case reflect.Pointer:
		return nullable(b.plain(t.Elem(), tag))
	case reflect.Bool:
		return map[string]any{"type": []string{"boolean", "null"}}
	case reflect.Int:
		return bounded(map[string]any{"type": "integer"}, tag)
	case reflect.Float64:
		return bounded(map[string]any{"type": "number"}, tag)
	}
	return b.text(tag)
}

func (b schemaBuilder) text(tag reflect.StructTag) map[string]any {
	s := map[string]any{"type": "string"}
	required := tag.Get("required") == "true"
	if enum := tag.Get("enum"); enum != "" {
		values := []any{}
		for _, v := range strings.Split(enum, ",") {
			values = append(values, v)
		}
		if !required {
			values = append(values, nil)
		}
		s["enum"] = values
	}
	if p := tag.Get("pattern"); p != "" {
		s["pattern"] = p
	}
	if required {
		s["minLength"] = 1
		return s
	}
	return nullable(s)
}

// reference adds the definition of a struct once and points at it, which also
// ends the recursion of group links.
func (b schemaBuilder) reference(t reflect.Type) map[string]any {
	name := t.Name()
	if _, known := b.defs[name]; !known {
		b.defs[name] = nil
		b.defs[name] = b.object(t)
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

func (b schemaBuilder) object(t reflect.Type) map[string]any {
	properties := map[string]any{}
	var required []string
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		if name == "" {
			continue
		}
		properties[name] = b.of(f.Type, f.Tag)
		if f.Tag.Get("required") == "true" {
			required = append(required, name)
		}
	}
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func nullable(s map[string]any) map[string]any {
	if kind, ok := s["type"].(string); ok {
		s["type"] = []string{kind, "null"}
	}
	return s
}

func bounded(s map[string]any, tag reflect.StructTag) map[string]any {
	for key, name := range map[string]string{"min": "minimum", "max": "maximum"} {
		if v, err := strconv.ParseFloat(tag.Get(key), 64); err == nil {
			s[name] = v
		}
	}
	return s
}
