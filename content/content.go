// Package content holds the data of Nisaba: frameworks, questions, country packs,
// legal tables and the message catalogue, embedded in the binary.
package content

import "embed"

// FS is the embedded data. Its folders: frameworks, questions, countries, law, messages.
//
//go:embed all:frameworks all:questions all:countries all:law all:messages *.yaml
var FS embed.FS
