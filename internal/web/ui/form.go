package ui

import (
	"context"
	"errors"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// Errors holds, per field name, what is wrong with it. The name "" stands for the
// whole form.
type Errors map[string]string

// ErrorsOf turns the faults of err into errors beside their fields, in the reader's
// language. It reports false for an error that the person at the form cannot mend.
func ErrorsOf(ctx context.Context, err error) (Errors, bool) {
	var list fault.List
	var one *fault.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = fault.List{one}
	}
	if len(list) == 0 {
		return nil, false
	}
	out := Errors{}
	for _, f := range list {
		if f.Kind != fault.Invalid && f.Kind != fault.Conflict {
			return nil, false
		}
		if _, ok := out[f.Field]; !ok {
			out[f.Field] = FaultText(ctx, f)
		}
	}
	return out, true
}

// FaultText is the sentence of a fault in the reader's language, with what was
// expected.
func FaultText(ctx context.Context, f *fault.Error) string {
	p := From(ctx).Printer
	what, _ := p.Sentence(f.What)
	if f.Expected == "" {
		return upperFirst(what)
	}
	expected, _ := p.Sentence(f.Expected)
	return upperFirst(p.T("ui.fault", "what", what, "expected", expected))
}

// FieldName is the name of a value in words: of a field of a form that has no label of
// its own, or of a record.
func FieldName(ctx context.Context, name string) string {
	if key := "ledger.field." + name; From(ctx).Printer != nil && From(ctx).Printer.Has(key) {
		return T(ctx, key)
	}
	return strings.ReplaceAll(name, "_", " ")
}

// Failure is the text of an error, also of one that was kept, in the reader's
// language as far as it says what faults say.
func Failure(ctx context.Context, text string) string {
	return From(ctx).Printer.Failure(text)
}

func upperFirst(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// FormProps describe a form. The names of its fields in Order give the error
// summary its order.
type FormProps struct {
	ID         string
	Action     string // "" is the address of the page
	Get        bool   // a search, not a change
	Files      bool   // has file fields
	Autosave   bool   // shows what happens to each change; htmx sends it
	Errors     Errors
	Fields     []Field          // those whose errors the summary names, in order
	Attributes templ.Attributes // for htmx
}

func (p FormProps) method() string {
	if p.Get {
		return "get"
	}
	return "post"
}

// Field is one field of a form.
type Field struct {
	Name         string // unique in the form
	ID           string // "" is "f-" and the name; set it when a page repeats a name
	Label        string
	HideLabel    bool   // for screen readers only, for example in tables
	Hint         string // how to fill it in
	Error        string // what is wrong with it
	Value        string
	Required     bool
	Disabled     bool
	Autocomplete string
	InputMode    string
	Placeholder  string // an example, never the label
	Min, Max     string // for numbers and dates
	Step         string
	MaxLength    int
	Rows         int    // of a text area; 0 is 4
	Unit         string // after a number, for example "hours"
	Accept       string // kinds of files
	Multiple     bool   // several files or choices
	Twice        bool   // of a time: the clocks showed it twice, and it is asked which is meant
	Second       bool   // the second one is
	Attributes   templ.Attributes
}

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return "f-" + f.Name
}

// attributes are those which every input has.
func (f Field) attributes() templ.Attributes {
	a := templ.Attributes{"id": f.id(), "name": f.Name}
	put := func(name, value string) {
		if value != "" {
			a[name] = value
		}
	}
	if f.Required {
		a["required"] = true
	}
	if f.Disabled {
		a["disabled"] = true
	}
	if f.Multiple {
		a["multiple"] = true
	}
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	put("aria-describedby", f.describedBy())
	put("autocomplete", f.Autocomplete)
	put("inputmode", f.InputMode)
	put("placeholder", f.Placeholder)
	put("min", f.Min)
	put("max", f.Max)
	put("step", f.Step)
	put("accept", f.Accept)
	if f.MaxLength > 0 {
		a["maxlength"] = f.MaxLength
	}
	for k, v := range f.Attributes {
		a[k] = v
	}
	return a
}

// describedBy lists the ids of the hint and the error.
func (f Field) describedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.id()+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.id()+"-error")
	}
	return strings.Join(ids, " ")
}

// Option is one choice.
type Option struct {
	Value, Label, Hint string
	Words              string // further words by which a filter finds it
	Selected, Disabled bool
}

// Choices builds options from value, label pairs with the given values selected.
func Choices(selected []string, valueLabel ...string) []Option {
	var out []Option
	for i := 0; i+1 < len(valueLabel); i += 2 {
		o := Option{Value: valueLabel[i], Label: valueLabel[i+1]}
		for _, s := range selected {
			o.Selected = o.Selected || s == o.Value
		}
		out = append(out, o)
	}
	return out
}
