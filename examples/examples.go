// Package examples holds three organisations that never existed, described the
// way real ones are: answers, documents, expired evidence, contradictions and
// exceptions.
package examples

import "embed"

// FS holds the organisation files.
//
//go:embed *.yaml
var FS embed.FS

// Names lists the files in the order of the demonstration.
func Names() []string {
	return []string{"managed-service-provider.yaml", "water-supplier.yaml", "food-manufacturer.yaml"}
}
