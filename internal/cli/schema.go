package cli

import (
	"encoding/json"
	"fmt"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
)

type schemaCommand struct {
	Name string `arg:"" help:"organisation." enum:"organisation"`
}

func (c *schemaCommand) Run(s *session) error {
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(organisation.Schema()); err != nil {
		return fmt.Errorf("write the schema: %w", err)
	}
	return nil
}
