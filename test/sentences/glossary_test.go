package sentences

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/content"
)

// foldersOf lists the folders with the texts of a language.
func foldersOf(language string) []string {
	return []string{"messages/" + language, "translations/" + language, "exposure/checks/" + language}
}

// values calls do with each text of a file of messages or translations; keys are left out.
func values(v any, do func(string)) {
	switch v := v.(type) {
	case string:
		do(v)
	case []any:
		for _, x := range v {
			values(x, do)
		}
	case map[string]any:
		for _, x := range v {
			values(x, do)
		}
	}
}

// texts calls do with each text of a language and its file.
func texts(t *testing.T, language string, do func(file, text string)) {
	t.Helper()
	for _, folder := range foldersOf(language) {
		err := fs.WalkDir(content.FS, folder, func(file string, d fs.DirEntry, err error) error {
			// Templates of other acts have the words of these.
			if err != nil || d.IsDir() || strings.HasSuffix(file, "/dora.json") {
				return err
			}
			b, err := fs.ReadFile(content.FS, file)
			if err != nil {
				return err
			}
			var v any
			if strings.HasSuffix(file, ".json") {
				err = json.Unmarshal(b, &v)
			} else {
				err = yaml.Unmarshal(b, &v)
			}
			values(v, func(text string) { do(file, text) })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestGlossary: no German or French text has a word that the glossary has another for.
func TestGlossary(t *testing.T) {
	b, err := os.ReadFile("../../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	not := map[string][]string{}
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(strings.ReplaceAll(line, `\|`, "\x00"), "|")
		if len(cells) != 8 || strings.HasPrefix(cells[1], "-") {
			continue
		}
		for language, cell := range map[string]string{"de": cells[4], "fr": cells[5]} {
			for _, m := range quoted.FindAllStringSubmatch(strings.ReplaceAll(cell, "\x00", "|"), -1) {
				not[language] = append(not[language], m[1])
			}
		}
	}
	for language, list := range not {
		if len(list) < 10 {
			t.Errorf("%s: the glossary has %d words to avoid; was it read?", language, len(list))
		}
		avoid := regexp.MustCompile(strings.Join(list, "|"))
		texts(t, language, func(file, text string) {
			if at := avoid.FindStringIndex(text); at != nil {
				t.Errorf("%s: %q in %.160q", file, text[at[0]:at[1]], text)
			}
		})
	}
}
