package ui

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/a-h/templ"
)

func areaRows(f Field) int {
	if f.Rows > 0 {
		return f.Rows
	}
	return 4
}

func valueOr(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// unnamed are the errors of fields that the form does not list.
func unnamed(ctx context.Context, errs Errors, fields []Field) []string {
	known := map[string]bool{"": true}
	for _, f := range fields {
		known[f.Name] = true
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(errs)) {
		if !known[name] {
			out = append(out, Label(ctx, FieldName(ctx, name))+errs[name])
		}
	}
	return out
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// quoted adds an attribute, also one whose value is empty.
func (m *markup) quoted(name, value string) {
	m.raw(" ", name, `="`)
	m.text(value)
	m.raw(`"`)
}

// flag adds an attribute without a value.
func (m *markup) flag(name string, on bool) {
	if on {
		m.raw(" ", name)
	}
}

// choosable are the options of a selection.
func choosable(f Field, options []Option) templ.Component {
	return byHand(func(_ context.Context, m *markup) {
		for _, o := range options {
			m.raw("<option")
			m.quoted("value", o.Value)
			m.flag("selected", o.Selected || f.Value != "" && f.Value == o.Value)
			m.flag("disabled", o.Disabled)
			m.raw(">")
			m.text(o.Label)
			m.raw("</option>")
		}
	})
}

// choice is one of several boxes or buttons to choose.
func choice(kind string, f Field, i int, o Option) templ.Component {
	return byHand(func(ctx context.Context, m *markup) {
		m.raw(`<label class="choice"`)
		if o.Words != "" {
			m.quoted("data-words", o.Words)
		}
		m.raw(`><input type="`, kind, `"`)
		m.quoted("id", f.id()+"-"+strconv.Itoa(i))
		m.quoted("name", f.Name)
		m.quoted("value", o.Value)
		m.flag("checked", o.Selected || kind == "radio" && f.Value != "" && f.Value == o.Value)
		m.flag("disabled", o.Disabled || f.Disabled)
		m.flag("required", f.Required && kind == "radio")
		_ = templ.RenderAttributes(ctx, m, f.Attributes) // a buffer takes everything
		m.raw("><span>")
		m.text(o.Label)
		if o.Hint != "" {
			m.raw(" <small>")
			m.text(o.Hint)
			m.raw("</small>")
		}
		m.raw("</span></label>")
	})
}
