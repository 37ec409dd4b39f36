package pages

import "github.com/nisaba-platform/nisaba/internal/domain/filing"

// answersTo are the answers that were given to a message of an authority.
func answersTo(m filing.Message, list []filing.Message) (out []filing.Message) {
	for _, x := range list {
		if x.Number == 0 && x.About == m.Remote {
			out = append(out, x)
		}
	}
	return out
}
