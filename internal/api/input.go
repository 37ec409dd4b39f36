package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
)

// The library makes all its code again for each type of input: nearly four megabytes of
// the binary for all operations. So it sees two types, bare and bodied; it reads bodies
// and checks them against the document, and the parameters are read here, into the type
// of the operation, by the same tags and with the same checks.

// bare is a request without JSON, as the library sees it.
type bare struct{ input reflect.Value } // a pointer to the input of the operation

// bodied is a request with JSON.
type bodied struct {
	bare
	Body json.RawMessage
}

// input says how the input of an operation is read.
type input struct {
	of         reflect.Type
	parameters []parameter
	body       []int // index of the field Body; empty: none
	defaults   bool  // fields below Body have some
	schemas    huma.Registry
}

// parameter is a field of an input that is no body.
type parameter struct {
	field    []int
	name, in string
	required bool
	unless   string // what counts when nothing is sent
	schema   *huma.Schema
}

// inputKey is where an operation has its input in the library's metadata.
const inputKey = "input"

// takes tells the document of the input of an operation.
func (a area) takes(h *huma.Operation, of reflect.Type) input {
	in := input{of: of, schemas: a.api.huma.OpenAPI().Components.Schemas}
	for _, f := range reflect.VisibleFields(of) {
		if f.Name == "Body" {
			in.body, in.defaults = f.Index, hasDefaults(f.Type)
			hint := h.OperationID + "Request"
			if of.Name() != "" {
				hint = of.Name() + f.Name
			}
			h.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: huma.SchemaFromField(in.schemas, f, hint)}}}
			continue
		}
		if p, ok := parameterOf(f, in.schemas); ok {
			in.parameters = append(in.parameters, p)
			h.Parameters = append(h.Parameters, p.described())
		}
	}
	h.Metadata = map[string]any{inputKey: in}
	return in
}

func parameterOf(f reflect.StructField, schemas huma.Registry) (parameter, bool) {
	for _, in := range []string{"path", "query", "header"} {
		if name := f.Tag.Get(in); name != "" {
			return parameter{field: f.Index, name: name, in: in, required: in == "path" || f.Tag.Get("required") == "true",
				unless: unless(f), schema: huma.SchemaFromField(schemas, f, "")}, true
		}
	}
	return parameter{}, false
}

// unless is the default of a field, "" for none. One that cannot be read panics, as in
// the library: the server does not start.
func unless(f reflect.StructField) string {
	text := f.Tag.Get("default")
	if text == "" {
		return ""
	}
	if err := set(reflect.New(f.Type).Elem(), text); err != nil {
		panic(fmt.Sprintf("the default of %s: %v", f.Name, err))
	}
	return text
}

func (p parameter) described() *huma.Param {
	d := &huma.Param{Name: p.name, Description: p.schema.Description, In: p.in, Required: p.required, Schema: p.schema}
	if p.in == "query" {
		d.Explode = new(bool) // several values stand in one parameter, with commas
	}
	return d
}

// Resolve reads the parameters into a new input of the operation.
func (b *bare) Resolve(c huma.Context) []error {
	in, ok := c.Operation().Metadata[inputKey].(input)
	if !ok {
		return []error{fmt.Errorf("operation %s has no input", c.Operation().OperationID)}
	}
	b.input = reflect.New(in.of)
	var found huma.ValidateResult
	in.refuseUnknown(c, &found)
	for _, p := range in.parameters {
		p.read(c, b.input.Elem().FieldByIndex(p.field), in.schemas, &found)
	}
	if own, ok := b.input.Interface().(huma.Resolver); ok && len(found.Errors) == 0 {
		return own.Resolve(c)
	}
	return found.Errors
}

// refuseUnknown finds the parameters that the operation does not have: a mistyped
// filter must not look like one that found everything.
func (in input) refuseUnknown(c huma.Context, found *huma.ValidateResult) {
	u := c.URL()
	for _, name := range slices.Sorted(maps.Keys(u.Query())) {
		if !slices.ContainsFunc(in.parameters, func(p parameter) bool { return p.in == "query" && p.name == name }) {
			found.Add(at("query", name), "", "unknown query parameter")
		}
	}
}

func at(in, name string) *huma.PathBuffer {
	place := huma.NewPathBuffer(nil, 0)
	place.Push(in)
	place.Push(name)
	return place
}

func (p parameter) read(c huma.Context, field reflect.Value, schemas huma.Registry, found *huma.ValidateResult) {
	var text string
	switch p.in {
	case "path":
		text = c.Param(p.name)
	case "query":
		text = c.Query(p.name)
	case "header":
		text = c.Header(p.name)
	}
	if text == "" {
		text = p.unless
	}
	place := at(p.in, p.name)
	if text == "" {
		if p.required {
			found.Add(place, "", "required "+p.in+" parameter is missing")
		}
		return
	}
	if err := set(field, text); err != nil {
		found.Add(place, text, err.Error())
		return
	}
	var value any = text // of texts and times
	switch field.Kind() {
	case reflect.Int, reflect.Int64:
		value = field.Int()
	case reflect.Bool:
		value = field.Bool()
	case reflect.Slice:
		value = field.Interface()
	}
	huma.Validate(schemas, p.schema, place, huma.ModeWriteToServer, value, found)
}

// set reads a text into a field; errors are in the words of the library.
func set(field reflect.Value, text string) error {
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, field.Type().Bits())
		if err != nil {
			return errors.New("invalid integer")
		}
		field.SetInt(n)
	case reflect.Bool:
		v, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("invalid boolean")
		}
		field.SetBool(v)
	default:
		return setOther(field, text)
	}
	return nil
}

func setOther(field reflect.Value, text string) error {
	switch into := field.Addr().Interface().(type) {
	case *[]string:
		*into = strings.Split(text, ",")
	case *time.Time:
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return fmt.Errorf("invalid date/time for format %s", time.RFC3339Nano)
		}
		*into = t
	default:
		return fmt.Errorf("no parameter can be a %s", field.Type())
	}
	return nil
}

// offer hands an operation to the library. do gets a pointer to the input.
func offer[O any](a area, h huma.Operation, of reflect.Type, do func(context.Context, accounts.Visit, any) (*O, error)) {
	in := a.takes(&h, of)
	answer := func(ctx context.Context, b *bare) (*O, error) {
		out, err := do(ctx, visitOf(ctx), b.input.Interface())
		if err != nil {
			return nil, a.api.problem(ctx, err)
		}
		return out, nil
	}
	if in.body == nil {
		huma.Register(a.api.huma, h, answer)
		return
	}
	huma.Register(a.api.huma, h, func(ctx context.Context, b *bodied) (*O, error) {
		if err := in.decode(b.Body, b.input.Elem()); err != nil {
			return nil, err
		}
		return answer(ctx, &b.bare)
	})
}

// decode reads a body that the document allows; it may still not fit, such as a date
// that does not exist.
func (in input) decode(text []byte, into reflect.Value) error {
	body := into.FieldByIndex(in.body)
	if err := decode(text, body.Addr().Interface()); err != nil {
		return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body", Message: err.Error(), Value: string(text)})
	}
	if in.defaults {
		fill(body)
	}
	return nil
}

// hasDefaults reports whether fields of a type, or of what it holds, have a default.
func hasDefaults(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return hasDefaults(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if unless(f) != "" || f.IsExported() && hasDefaults(f.Type) {
				return true
			}
		}
	}
	return false
}

// fill puts the defaults where nothing was sent.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if text := f.Tag.Get("default"); text != "" && v.Field(i).IsZero() {
				_ = set(v.Field(i), text) // it was read once when the operation was added
			} else if f.IsExported() {
				fill(v.Field(i))
			}
		}
	}
}
