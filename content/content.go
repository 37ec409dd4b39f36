// Package content holds the data of Nisaba: frameworks, questions, country packs,
// legal tables and the message catalogue, embedded in the binary.
package content

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
)

// FS is the embedded data. Its folders: frameworks, questions, translations, countries, law, messages, reports, playbooks, checklists, exposure.
//
//go:embed all:frameworks all:questions all:translations all:countries all:law all:messages all:reports all:playbooks all:checklists all:exposure *.yaml
var FS embed.FS

// Edition names the requirements, questions and kinds of evidence by what they
// are: the first twelve hexadecimal digits of a SHA-256 over names and bytes. Two
// reports of the same edition were made with the same catalogue. Translations do not
// count: they change no requirement, no effect and no figure, and an assessment
// compares with an earlier one in any language.
func Edition() (string, error) {
	h := sha256.New()
	for _, root := range []string{"frameworks", "questions", "evidence-kinds.yaml"} {
		err := fs.WalkDir(FS, root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := FS.ReadFile(path)
			if err != nil {
				return err
			}
			h.Write([]byte(path + "\x00"))
			h.Write(b)
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}
