package locale

// Text is a text of data by language, such as the step of a playbook. A text that
// somebody wrote in one language stands under "".
type Text map[string]string

// In is the text in a language, or the one that there is.
func (t Text) In(language string) string {
	for _, l := range []string{language, "", "en"} {
		if s := t[l]; s != "" {
			return s
		}
	}
	return ""
}

// Whole reports whether the text is there in each language of the program, and in no other.
func (t Text) Whole() bool { return len(t) == 3 && t["en"] != "" && t["de"] != "" && t["fr"] != "" }
