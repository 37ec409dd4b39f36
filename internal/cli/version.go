package cli

import (
	"fmt"

	"github.com/nisaba-platform/nisaba/content"
)

// version is that of CHANGELOG.md.
const version = "0.1.0"

// program is the name with which reports are signed.
const program = "Nisaba " + version

type versionCommand struct{}

func (c *versionCommand) Run(s *session) error {
	edition, err := content.Edition()
	if err != nil {
		return fmt.Errorf("read the embedded data: %w", err)
	}
	set, err := s.countrySet()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%s\ndata %s\ncountry packs %d\n", program, edition, set.Version)
	return err
}
