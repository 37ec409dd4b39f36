package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/server"
)

type userCommand struct {
	List              userListCommand    `cmd:"" help:"Everybody who has an account, with roles and factors."`
	Add               userAddCommand     `cmd:"" help:"Make an account with a role in a workspace."`
	ResetPassword     userPasswordReset  `cmd:"" help:"Give an account another password and end its sessions."`
	Disable           userDisableCommand `cmd:"" help:"Keep a person out; their sessions end."`
	Enable            userEnableCommand  `cmd:"" help:"Let a person in again."`
	ResetSecondFactor userFactorReset    `cmd:"" help:"Take codes, recovery codes and passkeys from an account whose owner lost them."`
}

type userListCommand struct {
	place
	JSON bool `name:"json" help:"For programs."`
}

func (c *userListCommand) Run(s *session) error {
	return c.local(s, func(ctx context.Context, l *server.Local) error {
		list, err := l.Accounts.List(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return s.printJSON(list)
		}
		if len(list) == 0 {
			_, err := fmt.Fprintln(s.Out, "Nobody has an account yet. Open the server in a browser, or run: nisaba user add")
			return err
		}
		w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ADDRESS\tNAME\tSTATE\tFACTORS\tROLES")
		for _, a := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.Email, a.Name, state(a), factors(a), roles(a))
		}
		return w.Flush()
	})
}

func state(a accounts.Account) string {
	if a.Disabled {
		return "disabled"
	}
	return "enabled"
}

func factors(a accounts.Account) string {
	var out []string
	if a.Password {
		out = append(out, "password")
	}
	if a.SecondFactor {
		out = append(out, "codes")
	}
	if a.Passkeys > 0 {
		out = append(out, fmt.Sprintf("%d passkeys", a.Passkeys))
	}
	return strings.Join(out, ", ")
}

func roles(a accounts.Account) string {
	var out []string
	for _, m := range a.Memberships {
		role := string(m.Role) + " in " + m.WorkspaceName
		if m.Organisation != "" {
			role += " (organisation " + m.Organisation + ")"
		}
		out = append(out, role)
	}
	return strings.Join(out, ", ")
}

type userAddCommand struct {
	place
	Email         string `arg:"" help:"Address to sign in with."`
	Name          string `required:"" help:"Name, as it stands in records."`
	Role          string `help:"owner, consultant, editor, contributor, auditor or board. Default: editor, or owner of a new workspace."`
	Workspace     string `help:"Id or name. Default: the only one there is." xor:"workspace"`
	NewWorkspace  string `help:"Name of a workspace to make; the person becomes its owner." xor:"workspace"`
	Kind          string `help:"Kind of the new workspace: company, group, provider or authority." enum:"company,group,provider,authority" default:"company"`
	Zone          string `help:"Time zone of the new workspace, for example Europe/Vienna. Default: UTC."`
	Language      string `help:"en, de or fr. Default: pages as the browser asks, mails as the workspace." enum:"en,de,fr," default:""`
	PasswordStdin bool   `help:"Read the password from standard input. Default: one is made and printed."`
}

func (c *userAddCommand) Run(s *session) error {
	password, err := s.password(c.PasswordStdin)
	if err != nil {
		return err
	}
	n := accounts.NewAccount{Email: c.Email, Name: c.Name, Password: password, Workspace: c.Workspace, Role: tenant.Role(c.Role), Language: c.Language}
	if c.NewWorkspace != "" {
		n.Workspace, n.Make, n.Kind, n.Zone = c.NewWorkspace, true, tenant.Kind(c.Kind), c.Zone
	}
	if c.Role == "" {
		n.Role = "editor"
		if n.Make {
			n.Role = "owner"
		}
	}
	return c.local(s, func(ctx context.Context, l *server.Local) error {
		made, err := l.Accounts.Add(ctx, n)
		if err != nil {
			return err
		}
		return s.tellPassword(c.Email, made, c.PasswordStdin)
	})
}

// tellPassword prints a password that was made here; one that was given stays
// with whoever gave it.
func (s *session) tellPassword(email, password string, given bool) error {
	if given {
		_, err := fmt.Fprintf(s.Out, "%s can sign in.\n", email)
		return err
	}
	_, err := fmt.Fprintf(s.Out, "%s can sign in with this password, shown once:\n%s\n", email, password)
	return err
}

type userPasswordReset struct {
	place
	Email         string `arg:"" help:"Address of the account."`
	PasswordStdin bool   `help:"Read the password from standard input. Default: one is made and printed."`
}

func (c *userPasswordReset) Run(s *session) error {
	password, err := s.password(c.PasswordStdin)
	if err != nil {
		return err
	}
	return c.local(s, func(ctx context.Context, l *server.Local) error {
		made, err := l.Accounts.ResetPassword(ctx, c.Email, password)
		if err != nil {
			return err
		}
		return s.tellPassword(c.Email, made, c.PasswordStdin)
	})
}

type userDisableCommand struct {
	place
	Email string `arg:"" help:"Address of the account."`
}

func (c *userDisableCommand) Run(s *session) error {
	return c.local(s, func(ctx context.Context, l *server.Local) error {
		if err := l.Accounts.Disable(ctx, c.Email, true); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.Out, "%s is disabled; all sessions ended.\n", c.Email)
		return err
	})
}

type userEnableCommand struct {
	place
	Email string `arg:"" help:"Address of the account."`
}

func (c *userEnableCommand) Run(s *session) error {
	return c.local(s, func(ctx context.Context, l *server.Local) error {
		if err := l.Accounts.Disable(ctx, c.Email, false); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.Out, "%s can sign in again.\n", c.Email)
		return err
	})
}

type userFactorReset struct {
	place
	Email string `arg:"" help:"Address of the account."`
}

func (c *userFactorReset) Run(s *session) error {
	return c.local(s, func(ctx context.Context, l *server.Local) error {
		if err := l.Accounts.ResetSecondFactor(ctx, c.Email); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.Out, "%s signs in with the password alone until a second factor is set up again.\n", c.Email)
		return err
	})
}
