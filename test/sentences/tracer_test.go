package sentences

import (
	"go/ast"
	"go/constant"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// hole stands in a sentence for what is only known when it is said.
const hole = "\x00"

// many is how many texts one expression may be before it becomes a hole.
const many = 14

// tracer follows expressions to the texts that they can be.
type tracer struct {
	*program
	busy  map[any]bool     // cycles end here
	cuts  int              // how often they did
	parts map[string]bool  // texts in the place of a hole, because there are many of them
	known map[any][]string // of what was followed to its end without a cut
	lists bool             // texts that are joined are followed one by one
}

func (p *program) tracer() *tracer {
	return &tracer{program: p, busy: map[any]bool{}, parts: map[string]bool{}, known: map[any][]string{}}
}

// once follows what key stands for, unless that is under way or known already.
func (t *tracer) once(key any, follow func() []string) []string {
	if texts, ok := t.known[key]; ok {
		return texts
	}
	if t.busy[key] {
		t.cuts++
		return nil
	}
	cuts := t.cuts
	t.busy[key] = true
	texts := compact(follow())
	delete(t.busy, key)
	if t.cuts == cuts {
		t.known[key] = texts
	}
	return texts
}

// texts are the texts that an expression can be, with a hole for what cannot be
// known from the source.
func (t *tracer) texts(e ast.Expr) []string {
	if e == nil {
		return nil
	}
	if v := t.info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return []string{constant.StringVal(v)}
	}
	return t.once(e, func() []string { return t.expression(e) })
}

func (t *tracer) expression(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return t.texts(e.X)
	case *ast.BinaryExpr:
		return t.join(t.texts(e.X), t.texts(e.Y))
	case *ast.CallExpr:
		return t.call(e)
	case *ast.Ident, *ast.SelectorExpr:
		if v, ok := t.object(e).(*types.Var); ok {
			return t.variable(v)
		}
	case *ast.IndexExpr:
		return t.elements(e.X)
	}
	return t.byType(e)
}

// join is every text of the one before every text of the other. Of too many, the
// texts become parts on their own.
func (t *tracer) join(a, b []string) []string {
	a, b = compact(a), compact(b)
	if len(a)*len(b) > many {
		if len(b) > 1 {
			b = t.part(b)
		}
		if len(a) > many {
			a = t.part(a)
		}
	}
	var out []string
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

func (t *tracer) part(texts []string) []string {
	for _, s := range texts {
		t.parts[s] = true
	}
	return []string{hole}
}

func compact(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return slices.Compact(texts)
}

// byType is a hole, or the constants of the type of e when it is one of words.
func (t *tracer) byType(e ast.Expr) []string {
	at := t.info.Types[e].Type
	if o := t.object(e); o != nil {
		at = o.Type()
	}
	if named, ok := at.(*types.Named); ok {
		if words := t.words[named]; len(words) > 0 && len(words) <= many {
			return words
		}
	}
	return []string{hole}
}

// variable follows a variable or a field to whatever it becomes.
func (t *tracer) variable(v *types.Var) []string {
	v = v.Origin()
	return t.once(v, func() []string { return t.becomes(v) })
}

func (t *tracer) becomes(v *types.Var) []string {
	if named, ok := v.Type().(*types.Named); ok && len(t.words[named]) > 0 {
		return t.words[named]
	}
	if t.grown[v] {
		return []string{hole}
	}
	var out []string
	known := false
	if at, ok := t.params[v]; ok {
		known = true
		out = append(out, t.arguments(at)...)
	}
	for _, w := range t.writes[v] {
		known = true
		out = append(out, t.texts(w)...)
	}
	if r, ok := t.results[v]; ok {
		known = true
		out = append(out, t.result(r.call, r.index)...)
	}
	if x, ok := t.ranged[v]; ok {
		known = true
		out = append(out, t.elements(x)...)
	}
	if !known {
		return []string{hole}
	}
	return out
}

// arguments are the texts that callers pass as a parameter.
func (t *tracer) arguments(at parameter) []string {
	calls := t.calls[at.of]
	if at.literal != nil {
		calls = nil
		for v, lit := range t.literals {
			if lit == at.literal {
				calls = t.invoked[v]
			}
		}
	}
	if len(calls) == 0 && at.of == nil {
		return []string{hole} // a function that is handed on: nobody knows who calls it
	}
	var out []string
	for _, c := range calls {
		if at.variadic {
			return []string{hole}
		}
		if at.index < len(c.Args) {
			out = append(out, t.texts(c.Args[at.index])...)
		}
	}
	return out
}

// elements are the texts in a list or a table of texts.
func (t *tracer) elements(e ast.Expr) []string {
	var out []string
	switch e := e.(type) {
	case *ast.CompositeLit:
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				x = kv.Value
			}
			out = append(out, t.texts(x)...)
		}
		return out
	case *ast.CallExpr:
		if id, ok := e.Fun.(*ast.Ident); ok && t.lists && id.Name == "append" && !e.Ellipsis.IsValid() {
			out = t.elements(e.Args[0])
			for _, x := range e.Args[1:] {
				out = append(out, t.texts(x)...)
			}
			return out
		}
	case *ast.Ident, *ast.SelectorExpr:
		if v, ok := t.object(e).(*types.Var); ok {
			type listed struct{ v *types.Var }
			out = t.once(listed{v.Origin()}, func() (all []string) {
				for _, w := range t.writes[v.Origin()] {
					all = append(all, t.elements(w)...)
				}
				return all
			})
		}
	}
	if len(out) == 0 {
		return t.byType(e)
	}
	return out
}

// call follows a call: what makes texts of texts is carried out, functions of the
// module are followed to what they return.
func (t *tracer) call(c *ast.CallExpr) []string {
	if t.info.Types[c.Fun].IsType() && len(c.Args) == 1 {
		return t.texts(c.Args[0])
	}
	fn, ok := t.object(c.Fun).(*types.Func)
	if !ok {
		if v, ok := t.object(c.Fun).(*types.Var); ok && t.literals[v] != nil {
			return t.returned(t.literals[v].Body, 0)
		}
		return []string{hole}
	}
	switch fn.FullName() {
	case "fmt.Sprintf", "fmt.Errorf":
		return t.format(c.Args)
	case "errors.New":
		return t.texts(c.Args[0])
	case "strings.Join", module + "/exposure.Few", module + "/exposure/mailprobe.list", module + "/exposure/httpprobe.list": // one of the list, for all
		if t.lists {
			return t.elements(c.Args[0])
		}
	case "strings.ReplaceAll":
		var out []string
		old, to := t.texts(c.Args[1]), t.texts(c.Args[2])
		for _, s := range t.texts(c.Args[0]) {
			out = append(out, strings.ReplaceAll(s, old[0], to[0]))
		}
		return out
	case "(error).Error", "(*" + module + "/internal/base/fault.Error).Error":
		return t.texts(c.Fun.(*ast.SelectorExpr).X)
	case module + "/internal/web/ui.T", "(*" + module + "/internal/base/locale.Printer).Say", "(*" + module + "/internal/base/locale.Printer).T":
		return nil // in the reader's language already
	}
	return t.result(c, 0)
}

// result is what the index-th result of a call can be.
func (t *tracer) result(c *ast.CallExpr, index int) []string {
	fn, ok := t.object(c.Fun).(*types.Func)
	if !ok || t.bodies[fn.Origin()] == nil || fn.Name() == "String" { // a value in words: a day, an address
		return []string{hole}
	}
	return t.returned(t.bodies[fn.Origin()].Body, index)
}

func (t *tracer) returned(body *ast.BlockStmt, index int) []string {
	type result struct {
		body  *ast.BlockStmt
		index int
	}
	return t.once(result{body, index}, func() []string { return t.returns(body, index) })
}

func (t *tracer) returns(body *ast.BlockStmt, index int) []string {
	var out []string
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			switch {
			case len(n.Results) == 1 && index > 0: // return f()
				if c, ok := n.Results[0].(*ast.CallExpr); ok {
					out = append(out, t.result(c, index)...)
				}
			case index < len(n.Results):
				if id, ok := n.Results[index].(*ast.Ident); !ok || id.Name != "nil" {
					out = append(out, t.texts(n.Results[index])...)
				}
			}
		}
		return true
	})
	return out
}

var verb = regexp.MustCompile(`%[-+# 0]*[0-9]*(\.[0-9]+)?[a-zA-Z%]`)

// format is a format with what its verbs print.
func (t *tracer) format(args []ast.Expr) []string {
	var out []string
	for _, f := range t.texts(args[0]) {
		made, at, next := []string{""}, 0, 1
		for _, m := range verb.FindAllStringIndex(f, -1) {
			made = t.join(made, []string{f[at:m[0]]})
			at = m[1]
			what := []string{hole}
			switch v := f[m[0]:m[1]]; {
			case v == "%%":
				what = []string{"%"}
				next--
			case v == "%s" || v == "%v" || v == "%w":
				if next < len(args) {
					if found := t.texts(args[next]); len(found) > 0 {
						what = found
					}
				}
			}
			next++
			made = t.join(made, what)
		}
		out = append(out, t.join(made, []string{f[at:]})...)
	}
	return out
}
