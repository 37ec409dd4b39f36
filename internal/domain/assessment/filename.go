package assessment

import (
	"path"
	"strings"
	"unicode"
)

// longestName bounds the names of files, in characters.
const longestName = 200

// FileName is a name without folders and without characters that do not print, of
// at most 200 characters.
func FileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`<>:"/|?*`, r) {
			return '_'
		}
		return r
	}, name))
	if runes := []rune(name); len(runes) > longestName {
		end := []rune(path.Ext(name))
		end = end[:min(len(end), 20)]
		name = string(runes[:longestName-len(end)]) + string(end)
	}
	if strings.Trim(name, "._ ") == "" {
		return "file"
	}
	return name
}
