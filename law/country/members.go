package country

import (
	"slices"
	"strings"
)

// Codes lists the 27 Member States by ISO 3166-1 alpha-2 code, sorted.
func Codes() []string {
	return []string{
		"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
		"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
	}
}

func isMember(code string) bool {
	_, found := slices.BinarySearch(Codes(), code)
	return found
}

// canonical accepts lower case, and EL for Greece.
func canonical(code string) string {
	code = strings.ToUpper(code)
	if code == "EL" {
		return "GR"
	}
	return code
}

func lower(code string) string { return strings.ToLower(code) }
