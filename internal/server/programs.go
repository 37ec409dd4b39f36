package server

import (
	"github.com/nisaba-platform/nisaba/internal/api"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/alarming"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/app/proving"
	"github.com/nisaba-platform/nisaba/internal/web/pages"
)

// programs is the interface for programs beside the pages.
func (c Config) programs(people *accounts.Service, organisations *clients.Service, proofs *proving.Service, cases *incidents.Service, alarms *alarming.Service) (pages.Programs, error) {
	a := api.New(api.Options{Accounts: people, Clients: organisations, Proving: proofs, Incidents: cases, Alarms: alarms, Catalogue: c.Knowledge.Catalogue,
		Messages: c.Messages, Clock: c.Clock, Log: c.Log, Version: "1"})
	h, err := a.Handler()
	out := pages.Programs{Prefix: api.Prefix, Handler: h, Document: api.Prefix + "openapi.json"}
	for _, o := range a.Operations() {
		out.Operations = append(out.Operations, pages.Operation{Method: o.Method, Path: o.Path, Summary: o.Summary, Area: o.Area})
	}
	return out, err
}
