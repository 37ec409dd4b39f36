package cli

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/server"
)

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Make an API token; it is shown once."`
	List   tokenListCommand   `cmd:"" help:"The tokens of a workspace, with their last use."`
	Revoke tokenRevokeCommand `cmd:"" help:"End a token at once."`
}

// member says in whose name a command works: tokens carry rights, and rights are
// somebody's.
type member struct {
	place
	As        string `required:"" help:"Address of the member in whose name this is done." placeholder:"EMAIL"`
	Workspace string `help:"Id or name. Default: the only one there is."`
}

func (c member) run(s *session, f func(context.Context, accounts.Operator, accounts.Visit) error) error {
	return c.local(s, func(ctx context.Context, l *server.Local) error {
		v, err := l.Accounts.As(ctx, c.As, c.Workspace)
		if err != nil {
			return err
		}
		return f(ctx, l.Accounts, v)
	})
}

type tokenCreateCommand struct {
	member
	Name         string `arg:"" help:"What the token is for."`
	Role         string `help:"owner, consultant, editor, contributor, auditor or board." default:"auditor"`
	Organisation string `help:"Id of the one organisation that it reaches. Default: the whole workspace."`
	Days         int    `help:"How many days it lasts." default:"90"`
}

func (c *tokenCreateCommand) Run(s *session) error {
	return c.run(s, func(ctx context.Context, o accounts.Operator, v accounts.Visit) error {
		text, made, err := o.CreateToken(ctx, v, accounts.NewToken{Name: c.Name, Organisation: c.Organisation, Role: tenant.Role(c.Role),
			Expires: s.Now().Add(time.Duration(c.Days) * 24 * time.Hour)})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.Out, "%s\nThe token of %q, %s until %s, is shown once. Send it as: Authorization: Bearer TOKEN\n",
			text, made.Name, made.Role, made.ExpiresAt.UTC().Format(time.DateOnly))
		return err
	})
}

type tokenListCommand struct {
	member
	JSON bool `name:"json" help:"For programs."`
}

func (c *tokenListCommand) Run(s *session) error {
	return c.run(s, func(ctx context.Context, o accounts.Operator, v accounts.Visit) error {
		list, err := o.Tokens(ctx, v)
		if err != nil {
			return err
		}
		if c.JSON {
			return s.printJSON(list)
		}
		w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tROLE\tREACHES\tMADE BY\tLASTS UNTIL\tLAST USED\tSTATE")
		for _, t := range list {
			reaches, used, state := t.Reaches, "never", "works"
			if reaches == "" {
				reaches = "whole workspace"
			}
			if !t.UsedAt.IsZero() {
				used = t.UsedAt.UTC().Format(time.RFC3339)
			}
			if !t.Works {
				state = "does not work"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, t.Role, reaches, t.Maker, t.ExpiresAt.UTC().Format(time.DateOnly), used, state)
		}
		return w.Flush()
	})
}

type tokenRevokeCommand struct {
	member
	ID string `arg:"" name:"id" help:"Id that \"nisaba token list\" prints."`
}

func (c *tokenRevokeCommand) Run(s *session) error {
	return c.run(s, func(ctx context.Context, o accounts.Operator, v accounts.Visit) error {
		if err := o.RevokeToken(ctx, v, c.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.Out, "The token is revoked.")
		return err
	})
}
