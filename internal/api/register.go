package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// area registers the operations of one part of the interface.
type area struct {
	api  *API
	name string
}

// operation says what an operation is; its input and output types say the rest.
type operation struct {
	id, route, summary string // route is method and path below Prefix
	status             int    // 0: 200, or 204 without a body
	largest            int64  // bytes of the body; 0: one megabyte
	produces           string // media type of an answer that is no JSON
	bytes              bool   // the body is a file
}

// outcome is a type of what operations answer with. All reach the library as replies.
type outcome[O any] interface {
	*O
	reply() *reply // nil: no body
}

// reply is the answer of every operation, as the library sees it. The document is told
// of the types behind it.
type reply struct {
	ETag string `header:"ETag" hidden:"true"`
	Body any
}

// add registers an operation. What it does is told who works; errors become
// problems.
func add[I, O any, P outcome[O]](a area, op operation, do func(context.Context, accounts.Visit, *I) (*O, error)) {
	h := a.describe(op)
	a.answers(&h, reflect.TypeFor[O]())
	offer(a, h, reflect.TypeFor[I](), func(ctx context.Context, v accounts.Visit, in any) (*reply, error) {
		out, err := do(ctx, v, in.(*I))
		if err != nil {
			return nil, err
		}
		return P(out).reply(), nil
	})
	if h.DefaultStatus == http.StatusNoContent {
		h.Responses["204"].Content = nil
	}
}

// stream registers an operation whose answer is a file.
func stream[I any](a area, op operation, do func(context.Context, accounts.Visit, *I) (*huma.StreamResponse, error)) {
	offer(a, a.describe(op), reflect.TypeFor[I](), func(ctx context.Context, v accounts.Visit, in any) (*huma.StreamResponse, error) {
		return do(ctx, v, in.(*I))
	})
}

// describe notes the operation and returns what the document says of it, without its
// input and output.
func (a area) describe(op operation) huma.Operation {
	method, path, _ := strings.Cut(op.route, " ")
	full := Prefix + path
	h := huma.Operation{OperationID: op.id, Method: method, Path: full, Summary: op.summary, Tags: []string{a.name},
		DefaultStatus: op.status, MaxBodyBytes: op.largest, Responses: map[string]*huma.Response{},
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests}}
	if method != http.MethodGet {
		h.Errors = append(h.Errors, http.StatusConflict)
	}
	if method == http.MethodPost {
		h.Parameters = []*huma.Param{{Name: repeatHeader, In: "header", Description: "Names the request, so that it can be repeated safely for a day.", Schema: &huma.Schema{Type: huma.TypeString}}}
	}
	if op.bytes {
		h.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	}
	if op.produces != "" {
		h.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{op.produces: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	}
	if op.largest > 0 {
		a.api.large[method+" "+full] = op.largest
	}
	a.api.all = append(a.api.all, Operation{op.id, method, full, op.summary, a.name, method != http.MethodGet})
	return h
}

// answers tells the document of the type of an answer.
func (a area) answers(h *huma.Operation, output reflect.Type) {
	schemas := a.api.huma.OpenAPI().Components.Schemas
	content, ok := output.FieldByName("Body")
	if !ok {
		h.DefaultStatus = cmp.Or(h.DefaultStatus, http.StatusNoContent)
		return
	}
	h.DefaultStatus = cmp.Or(h.DefaultStatus, http.StatusOK)
	r := &huma.Response{Description: http.StatusText(h.DefaultStatus), Headers: map[string]*huma.Param{},
		Content: map[string]*huma.MediaType{"application/json": {Schema: huma.SchemaFromField(schemas, content, output.Name()+content.Name)}}}
	if version, ok := output.FieldByName("ETag"); ok {
		r.Headers["ETag"] = &huma.Header{Schema: huma.SchemaFromField(schemas, version, "")}
	}
	h.Responses[strconv.Itoa(h.DefaultStatus)] = r
}

// none is the input or output of operations that have none.
type none struct{}

func (*none) reply() *reply { return nil }

// At is the path of an organisation.
type At struct {
	Organisation string `path:"organisation" doc:"Id of the organisation."`
}

// One is the path of a thing of an organisation.
type One struct {
	At
	ID string `path:"id" doc:"Id."`
}

// body is an answer with a JSON body.
type body[T any] struct {
	Body T
}

func (b *body[T]) reply() *reply { return &reply{Body: b.Body} }

func answerWith[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{v}, nil
}

// versioned is an answer with a version.
type versioned[T any] struct {
	ETag string `header:"ETag" doc:"Version; send it back as If-Match to change this."`
	Body T
}

func (v *versioned[T]) reply() *reply { return &reply{ETag: v.ETag, Body: v.Body} }

func tag(version int64) string { return fmt.Sprintf(`"%d"`, version) }

// Expecting is the version that a change is made from.
type Expecting struct {
	IfMatch string `header:"If-Match" doc:"ETag of what is changed. Another version answers 412, none 428."`
}

func (e Expecting) version() (int64, error) {
	if e.IfMatch == "" {
		return 0, errUnconditional
	}
	n, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(e.IfMatch, "W/"), `"`), 10, 64)
	if err != nil || n < 1 {
		return 0, errStale{&fault.Error{Kind: fault.Conflict, What: "this was never the version of anything", Expected: "the ETag as it was sent"}}
	}
	return n, nil
}

// outdated marks a conflict as one with If-Match.
func outdated(err error) error {
	if err != nil && fault.KindOf(err) == fault.Conflict {
		return errStale{err}
	}
	return err
}

// created is the answer to a new thing.
type created struct {
	ID string `json:"id"`
}

// Paging is a part of a long list.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"How many at most."`
	After string `query:"after" doc:"Value of next in the answer before."`
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Send as after for what follows; left out at the end."`
}

// page cuts the part out of a list; key names its items. An unknown After is
// Invalid, because what it named is gone.
func page[T any](list []T, key func(T) string, p Paging) (*body[Page[T]], error) {
	from := 0
	if p.After != "" {
		from = -1
		for i, v := range list {
			if key(v) == p.After {
				from = i + 1
			}
		}
		if from < 0 {
			return nil, &fault.Error{Kind: fault.Invalid, Field: "after", What: "what after names is not in the list any more", Expected: "the value of next, or to begin again"}
		}
	}
	out := Page[T]{Items: list[from:min(len(list), from+p.Limit)]}
	if out.Items == nil {
		out.Items = []T{}
	}
	if from+p.Limit < len(list) {
		out.Next = key(out.Items[len(out.Items)-1])
	}
	return &body[Page[T]]{out}, nil
}

// list turns domain values into those of the interface.
func list[A, B any](from []A, f func(A) B) []B {
	out := make([]B, 0, len(from))
	for _, v := range from {
		out = append(out, f(v))
	}
	return out
}

// some is a list that is never null.
func some(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
