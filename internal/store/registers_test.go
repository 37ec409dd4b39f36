package store_test

import (
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

func registerProbes() map[string]probe {
	return map[string]probe{
		"assets": byID((*store.Tx).PutAsset,
			func(w world, k string) register.Asset {
				return register.Asset{ID: k, Organisation: w.organisation, Name: k, Kind: "server", Hosts: []string{"www.example.org"}, PortsSaid: true, Ports: []uint16{80, 443},
					Criticality: "high", Owner: "Eva", Location: "Graz", Supplier: "Host", Note: "n"}
			},
			(*store.Tx).Asset, (*store.Tx).Assets, func(v register.Asset) string { return v.ID }, (*store.Tx).RemoveAsset),
		"supplier_requests": kept((*store.Tx).PutSupplierRequest,
			func(w world, k string) register.Request {
				return register.Request{ID: k, Organisation: w.organisation, Supplier: "s", Scan: "x", Address: "c@example.org", Language: "de", Body: "b", AskedBy: "p", AskedName: "Eva"}
			},
			(*store.Tx).SupplierRequest, (*store.Tx).SupplierRequests, func(v register.Request) string { return v.ID }),
		"suppliers": byID((*store.Tx).PutSupplier,
			func(w world, k string) register.Supplier {
				return register.Supplier{ID: k, Organisation: w.organisation, Name: k, Supplies: "hosting", Criticality: "critical", Contact: "c", Email: "c@example.org", Language: "de", Owner: "Eva",
					Domains: []string{"example.net"}, ReviewBy: law.MustDate("2027-01-31"), Note: "n"}
			},
			(*store.Tx).Supplier, (*store.Tx).Suppliers, func(v register.Supplier) string { return v.ID }, (*store.Tx).RemoveSupplier),
		"risks": byID((*store.Tx).PutRisk,
			func(w world, k string) register.Risk {
				return register.Risk{ID: k, Organisation: w.organisation, Title: "t", Scenario: "s", Asset: "a", Origin: "exposure.TLS-03", Incident: "i", Requirements: []string{"cir.2.1.1"},
					Likelihood: 4, Impact: 5, Reason: "r", Owner: "Eva", Treatment: register.Accept, Measures: "m", Left: register.Rest{Likelihood: 1, Impact: 2}, Acceptance: "because",
					AcceptedBy: "p", AcceptedName: "P", AcceptedOn: law.MustDate("2026-11-01"), ReviewBy: law.MustDate("2027-10-31"), ClosedOn: law.MustDate("2026-11-02")}
			},
			(*store.Tx).Risk, (*store.Tx).Risks, func(v register.Risk) string { return v.ID }, (*store.Tx).RemoveRisk),
	}
}
