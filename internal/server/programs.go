package server

import (
	"github.com/nisaba-platform/nisaba/internal/api"
	"github.com/nisaba-platform/nisaba/internal/web/pages"
)

// programs is the interface for programs beside the pages.
func (c Config) programs(o api.Options) pages.Programs {
	o.Catalogue, o.Messages, o.Clock, o.Log, o.Version = c.Knowledge.Catalogue, c.Messages, c.Clock, c.Log, "1"
	a := api.New(o)
	out := pages.Programs{Prefix: api.Prefix, Handler: a.Handler(), Problem: a.Problem, Document: api.Prefix + "openapi.json"}
	for _, o := range a.Operations() {
		out.Operations = append(out.Operations, pages.Operation{Method: o.Method, Path: o.Path, Summary: o.Summary, Area: o.Area})
	}
	return out
}
