package sentences

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
