// Package sentences proves that every sentence of a fault that people can cause
// through the pages and the interface for programs is there in each language.
package sentences

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
)

const module = "github.com/nisaba-platform/nisaba"

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// program is the type-checked source of every package of the module that stands
// behind the pages and the interface for programs.
type program struct {
	files   *token.FileSet
	info    *types.Info
	sources []source

	calls    map[*types.Func][]*ast.CallExpr // who calls a function
	bodies   map[*types.Func]*ast.FuncDecl
	writes   map[*types.Var][]ast.Expr   // what a variable or field becomes
	literals map[*types.Var]*ast.FuncLit // the function that a variable holds
	invoked  map[*types.Var][]*ast.CallExpr
	params   map[*types.Var]parameter
	results  map[*types.Var]tupleResult // variables of "a, b := f()"
	ranged   map[*types.Var]ast.Expr    // variables of "for _, v := range x"
	words    map[types.Type][]string    // constants of a named string type
	uses     map[*types.Func][]*types.Func
	owners   map[*types.Var]string    // the type of a field
	named    map[string][]*types.Func // methods by name, for calls through interfaces
	grown    map[*types.Var]bool      // what becomes more than its assignments say: by +=, or through its address
}

type source struct {
	path string
	file *ast.File
}

// parameter is one of a function, declared or literal.
type parameter struct {
	of       *types.Func
	literal  *ast.FuncLit
	index    int
	variadic bool
}

// tupleResult is the index-th result of a call.
type tupleResult struct {
	call  *ast.CallExpr
	index int
}

// loadProgram type-checks from source what the named packages consist of; the
// packages of others come from the compiler's export data.
func loadProgram(t *testing.T, roots ...string) *program {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Export,Dir,GoFiles"}, roots...)...)
	cmd.Stderr, cmd.Env = os.Stderr, append(os.Environ(), "CGO_ENABLED=0") // as the packages are built anyway
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -export: %v", err)
	}
	p := &program{files: token.NewFileSet(), calls: map[*types.Func][]*ast.CallExpr{}, bodies: map[*types.Func]*ast.FuncDecl{},
		writes: map[*types.Var][]ast.Expr{}, literals: map[*types.Var]*ast.FuncLit{}, invoked: map[*types.Var][]*ast.CallExpr{},
		params: map[*types.Var]parameter{}, results: map[*types.Var]tupleResult{}, ranged: map[*types.Var]ast.Expr{}, words: map[types.Type][]string{},
		uses: map[*types.Func][]*types.Func{}, named: map[string][]*types.Func{}, owners: map[*types.Var]string{}, grown: map[*types.Var]bool{},
		info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}}}
	exports, checked := map[string]string{}, map[string]*types.Package{}
	compiled := importer.ForCompiler(p.files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	config := types.Config{Importer: importerFunc(func(path string) (*types.Package, error) {
		if own := checked[path]; own != nil {
			return own, nil
		}
		return compiled.Import(path)
	})}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		exports[l.ImportPath] = l.Export
		if !strings.HasPrefix(l.ImportPath, module+"/") {
			continue
		}
		if checked[l.ImportPath], err = p.check(config, l); err != nil {
			t.Fatalf("%s: %v", l.ImportPath, err)
		}
	}
	for _, s := range p.sources {
		p.index(s.file)
	}
	for _, own := range checked {
		p.own(own)
	}
	return p
}

type importerFunc func(string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

func (p *program) check(config types.Config, l listed) (*types.Package, error) {
	var files []*ast.File
	for _, name := range l.GoFiles {
		f, err := parser.ParseFile(p.files, filepath.Join(l.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
		p.sources = append(p.sources, source{strings.TrimPrefix(l.ImportPath, module+"/") + "/" + name, f})
	}
	return config.Check(l.ImportPath, p.files, files, p.info)
}

// own notes the fields of the types of a package.
func (p *program) own(pkg *types.Package) {
	for _, name := range pkg.Scope().Names() {
		o, named := pkg.Scope().Lookup(name).(*types.TypeName)
		if !named || o.IsAlias() {
			continue
		}
		if st, ok := o.Type().Underlying().(*types.Struct); ok {
			for i := range st.NumFields() {
				p.owners[st.Field(i)] = pkg.Path() + "." + name
			}
		}
	}
}

// index notes calls, bodies, parameters and what variables and fields become.
func (p *program) index(f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if fn, ok := p.info.Defs[n.Name].(*types.Func); ok {
				p.bodies[fn] = n
				p.parameters(n.Type, parameter{of: fn})
				p.mentions(fn, n)
			}
		case *ast.FuncLit:
			p.parameters(n.Type, parameter{literal: n})
		case *ast.CallExpr:
			switch callee := p.object(n.Fun).(type) {
			case *types.Func:
				p.calls[callee.Origin()] = append(p.calls[callee.Origin()], n)
			case *types.Var:
				p.invoked[callee] = append(p.invoked[callee], n)
			}
		case *ast.UnaryExpr:
			if v, ok := p.object(n.X).(*types.Var); ok && n.Op == token.AND {
				p.grown[v.Origin()] = true
			}
		case *ast.AssignStmt:
			if n.Tok == token.ADD_ASSIGN {
				if v, ok := p.object(n.Lhs[0]).(*types.Var); ok {
					p.grown[v.Origin()] = true
				}
				return true
			}
			p.assign(n.Lhs, n.Rhs)
		case *ast.ValueSpec:
			left := make([]ast.Expr, len(n.Names))
			for i, name := range n.Names {
				left[i] = name
			}
			p.assign(left, n.Values)
			if c, ok := p.info.Defs[n.Names[0]].(*types.Const); ok && c.Val().Kind() == constant.String {
				for _, name := range n.Names {
					c := p.info.Defs[name]
					p.words[c.Type()] = append(p.words[c.Type()], constant.StringVal(c.(*types.Const).Val()))
				}
			}
		case *ast.RangeStmt:
			if v, ok := p.object(n.Value).(*types.Var); ok {
				p.ranged[v] = n.X
			}
		case *ast.CompositeLit:
			p.fields(n)
		}
		return true
	})
}

// mentions notes which functions stand in the body of one, called or handed on.
func (p *program) mentions(fn *types.Func, body *ast.FuncDecl) {
	if body.Recv != nil {
		p.named[fn.Name()] = append(p.named[fn.Name()], fn)
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if other, ok := p.info.Uses[id].(*types.Func); ok {
				p.uses[fn] = append(p.uses[fn], other.Origin())
			}
		}
		return true
	})
}

// behind are the functions that pages can come to: what their packages declare,
// what sets up the work behind them, and everything mentioned from there on. A
// method of an interface stands for all methods of its name.
func (p *program) behind(faces ...string) map[*types.Func]bool {
	seen := map[*types.Func]bool{}
	var visit func(fn *types.Func)
	visit = func(fn *types.Func) {
		if seen[fn] {
			return
		}
		seen[fn] = true
		for _, other := range p.uses[fn] {
			visit(other)
		}
		if recv := fn.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
			for _, method := range p.named[fn.Name()] {
				visit(method)
			}
		}
	}
	for fn := range p.bodies {
		if fn.Pkg() != nil && slices.Contains(faces, fn.Pkg().Path()) || fn.Name() == "Install" || fn.Name() == "init" {
			visit(fn)
		}
	}
	return seen
}

func (p *program) parameters(f *ast.FuncType, at parameter) {
	for _, field := range f.Params.List {
		_, at.variadic = field.Type.(*ast.Ellipsis)
		for _, name := range field.Names {
			if v, ok := p.info.Defs[name].(*types.Var); ok {
				p.params[v] = at
			}
			at.index++
		}
		if len(field.Names) == 0 {
			at.index++
		}
	}
}

func (p *program) assign(left, right []ast.Expr) {
	for i, l := range left {
		v, ok := p.object(l).(*types.Var)
		if !ok {
			continue
		}
		if len(left) == len(right) {
			p.writes[v.Origin()] = append(p.writes[v.Origin()], right[i])
			if lit, ok := right[i].(*ast.FuncLit); ok {
				p.literals[v] = lit
			}
		} else if len(right) == 1 {
			if call, ok := right[0].(*ast.CallExpr); ok {
				p.results[v] = tupleResult{call, i}
			}
		}
	}
}

// fields notes what the fields of a struct literal become.
func (p *program) fields(lit *ast.CompositeLit) {
	at := p.info.Types[lit].Type
	if at == nil {
		return
	}
	if ptr, ok := at.Underlying().(*types.Pointer); ok {
		at = ptr.Elem()
	}
	st, ok := at.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if v, ok := p.object(kv.Key).(*types.Var); ok {
				p.writes[v.Origin()] = append(p.writes[v.Origin()], kv.Value)
			}
			continue
		}
		v := st.Field(i).Origin()
		p.writes[v] = append(p.writes[v], e)
	}
}

// object is what a name, a selector or an instance of a generic function stands for.
func (p *program) object(e ast.Expr) types.Object {
	switch e := e.(type) {
	case *ast.Ident:
		if o := p.info.Defs[e]; o != nil {
			return o
		}
		return p.info.Uses[e]
	case *ast.SelectorExpr:
		return p.info.Uses[e.Sel]
	case *ast.ParenExpr:
		return p.object(e.X)
	case *ast.IndexExpr:
		if o, ok := p.object(e.X).(*types.Func); ok {
			return o
		}
	case *ast.IndexListExpr:
		return p.object(e.X)
	}
	return nil
}

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
	case *ast.Ident, *ast.SelectorExpr:
		if v, ok := t.object(e).(*types.Var); ok {
			for _, w := range t.writes[v.Origin()] {
				out = append(out, t.elements(w)...)
			}
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

// said is a sentence of a fault, with where it is made.
type said struct{ text, at string }

// sentences are the texts of all faults that people can cause: What and Expected
// of every fault whose kind is not Internal. Holes are numbered {1}, {2}, …
func (p *program) sentences(faces ...string) []said {
	found, reached, tr := map[string]string{}, p.behind(faces...), p.tracer()
	for _, s := range p.sources {
		for _, d := range s.file.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok && !reached[p.info.Defs[fd.Name].(*types.Func)] {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				lit, ok := n.(*ast.CompositeLit)
				if !ok || !isFault(p.info.Types[lit].Type) {
					return true
				}
				at := fmt.Sprintf("%s:%d", s.path, p.files.Position(lit.Pos()).Line)
				for _, text := range tr.faultTexts(lit) {
					if _, ok := found[text]; !ok {
						found[text] = at
					}
				}
				return true
			})
		}
	}
	for part := range tr.parts {
		if _, ok := found[numbered(part)]; !ok {
			found[numbered(part)] = "part of a sentence"
		}
	}
	var out []said
	for _, text := range slices.Sorted(maps.Keys(found)) {
		out = append(out, said{text, found[text]})
	}
	return out
}

func isFault(t types.Type) bool {
	if t == nil {
		return false
	}
	if ptr, ok := t.Underlying().(*types.Pointer); ok {
		t = ptr.Elem()
	}
	named, ok := t.(*types.Named)
	return ok && named.Obj().Name() == "Error" && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == module+"/internal/base/fault"
}

// faultTexts are the texts of one fault, none when it is Internal.
func (t *tracer) faultTexts(lit *ast.CompositeLit) []string {
	kind, texts := false, []string(nil)
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return []string{"a fault without the names of its fields"}
		}
		switch kv.Key.(*ast.Ident).Name {
		case "Kind":
			v := t.info.Types[kv.Value].Value
			kind = v == nil || constant.Sign(v) != 0
		case "What", "Expected":
			texts = append(texts, t.texts(kv.Value)...)
		}
	}
	if !kind {
		return nil
	}
	var out []string
	for _, s := range texts {
		if s != "" {
			out = append(out, numbered(s))
		}
	}
	return out
}

// numbered writes the holes as {1}, {2}, …; holes side by side are one.
func numbered(s string) string {
	for strings.Contains(s, hole+hole) {
		s = strings.ReplaceAll(s, hole+hole, hole)
	}
	for n := 1; strings.Contains(s, hole); n++ {
		s = strings.Replace(s, hole, "{"+strconv.Itoa(n)+"}", 1)
	}
	return s
}

// kept are the fields in which the text of a fault is kept until a page shows it.
var kept = map[string]string{
	module + "/internal/domain/incident.Problem": "What",
	module + "/internal/domain/survey.Target":    "Problem",
	module + "/internal/store.LedgerFault":       "What",
}

// keptTexts are the texts that these fields can hold.
func (p *program) keptTexts(t *testing.T) (out []said) {
	t.Helper()
	seen := 0
	for v := range p.writes {
		owner, ok := p.owners[v]
		if !ok || kept[owner] != v.Name() {
			continue
		}
		seen++
		tr := p.tracer()
		for _, text := range append(tr.variable(v), slices.Sorted(maps.Keys(tr.parts))...) {
			out = append(out, said{numbered(text), owner + "." + v.Name()})
		}
	}
	if seen != len(kept) {
		t.Errorf("%d of the kept fields are written; mend the table", seen)
	}
	return out
}

var (
	letters = regexp.MustCompile(`[A-Za-z]{2}`)
	place   = regexp.MustCompile(`\{[0-9]+\}`)
	// identifiers of forms and formats are the same in every language
	identifier = regexp.MustCompile(`^[a-z0-9]+([._/=-][a-z0-9]+)+$`)
)

// translated reports whether a text has its translation, or each part of one that
// errors make with semicolons.
func translated(p *locale.Printer, text string) bool {
	if _, ok := p.Sentence(text); ok || !needsTranslation(text) {
		return true
	}
	one, rest, found := strings.Cut(text, "; ")
	return found && translated(p, one) && translated(p, rest)
}

// needsTranslation: whatever has words of its own, and is not an identifier.
func needsTranslation(text string) bool {
	return letters.MatchString(place.ReplaceAllString(text, "")) && !identifier.MatchString(text)
}

// TestSentencesOfFaults finds every sentence that a fault can say behind the pages
// and the interface for programs, and asks for it in German and French. A sentence
// that is new belongs in content/messages/de/sentences/faults.json and in that of
// fr: the English sentence as it is printed here, and its translation.
func TestSentencesOfFaults(t *testing.T) {
	faces := []string{module + "/internal/web/pages", module + "/internal/api"}
	p := loadProgram(t, faces...)
	all := append(p.sentences(faces...), p.keptTexts(t)...)
	if len(all) < 800 {
		t.Fatalf("only %d sentences were found; this test no longer sees them", len(all))
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, s := range all {
		said[s.text] = true
	}
	for way, text := range map[string]string{
		"a literal":                        "this link was used already, or is too old",
		"a parameter":                      "the password does not match",
		"a field of a table":               "the task has no title",
		"a format":                         "you would lock yourself out: you come from {1}",
		"a kind of record, as a part":      "scan target",
		"an error of another package":      "the address of the authority is not https",
		"a switch that returns two texts":  "the time is in the future",
		"an error that wraps other errors": "no record: {1}; no file: {2}",
	} {
		if !said[text] {
			t.Errorf("%s was not followed to %q", way, text)
		}
	}
	for _, s := range all {
		for _, lang := range []string{"de", "fr"} {
			if !translated(messages.Printer(lang), s.text) {
				t.Errorf("%s: %q is not in content/messages/%s/sentences/faults.json", s.at, s.text, lang)
			}
		}
	}
	for _, lang := range []string{"de", "fr"} {
		for from, to := range translations(t, lang) {
			if !said[from] {
				t.Errorf("%s: nothing says %q any more: take it out", lang, from)
			}
			if a, b := places(from), places(to); !slices.Equal(a, b) {
				t.Errorf("%s: %q has the places %v, its translation %v", lang, from, a, b)
			}
		}
	}
}

// TestDeeds: what a role does not allow is named in words, in each language.
func TestDeeds(t *testing.T) {
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range authz.Permissions() {
		deed := p.Deed()
		if deed == string(p) || seen[deed] {
			t.Errorf("%s has no words of its own", p)
		}
		seen[deed] = true
		for _, lang := range []string{"de", "fr"} {
			if _, ok := messages.Printer(lang).Sentence(deed); !ok {
				t.Errorf("%q is not in content/messages/%s/sentences/permissions.json", deed, lang)
			}
		}
	}
}

// humaTexts are where the library that checks requests against the document says
// what is wrong with them.
var humaTexts = regexp.MustCompile(`(?:\.Add\([^"]*|errors\.New\(|Msg: +|Msg[A-Z]\w+ += |Sprintf\(|WriteErr\(api, ctx, [^"]*)("(?:[^"\\]|\\.)*")( *\+)?`)

var comments = regexp.MustCompile(`(?m)^\s*//.*$`)

// TestProblemsOfRequests: what the library says of a request is there in German and
// French. Texts to which it adds a detail have it in a place at the end.
func TestProblemsOfRequests(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/danielgtaylor/huma/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range []string{"huma.go", "validate.go", "validation/messages.go"} {
		source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range humaTexts.FindAllStringSubmatch(comments.ReplaceAllString(string(source), ""), -1) {
			text, err := strconv.Unquote(m[1])
			if err != nil {
				t.Fatal(err)
			}
			for n := 1; regexp.MustCompile(`%[vsdq]`).MatchString(text); n++ {
				at := regexp.MustCompile(`%[vsdq]`).FindStringIndex(text)
				text = text[:at[0]] + "{" + strconv.Itoa(n) + "}" + text[at[1]:]
			}
			if m[2] != "" {
				text += "{1}"
			}
			if !strings.Contains(text, " ") {
				continue // a name
			}
			found++
			for _, lang := range []string{"de", "fr"} {
				if _, ok := messages.Printer(lang).Sentence(text); !ok && needsTranslation(text) {
					t.Errorf("%s: %q is not in content/messages/%s/sentences/problems.json", name, text, lang)
				}
			}
		}
	}
	if found < 80 {
		t.Errorf("only %d texts were found; this test no longer sees them", found)
	}
}

func translations(t *testing.T, lang string) map[string]string {
	t.Helper()
	b, err := fs.ReadFile(content.FS, "messages/"+lang+"/sentences/faults.json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]string
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func places(text string) []string {
	found := place.FindAllString(text, -1)
	slices.Sort(found)
	return found
}
