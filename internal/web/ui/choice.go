package ui

import (
	"maps"
	"slices"
)

func areaRows(f Field) int {
	if f.Rows > 0 {
		return f.Rows
	}
	return 4
}

func valueOr(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// unnamed are the errors of fields that the form does not list.
func unnamed(errs Errors, fields []Field) []string {
	known := map[string]bool{"": true}
	for _, f := range fields {
		known[f.Name] = true
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(errs)) {
		if !known[name] {
			out = append(out, name+": "+errs[name])
		}
	}
	return out
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
