package alarming

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/notify"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Channels is how the alarms of an organisation leave the platform, beside the
// inboxes, which have them all. A step is one of Begins: a channel is silent before it.
type Channels struct {
	Mail        bool   `json:"mail"`                   // to those who want mails at once
	OthersFrom  string `json:"others_from,omitempty"`  // step from which mails go beyond the lead and who is on call
	URL         string `json:"url,omitempty"`          // of a webhook; "": none
	URLFrom     string `json:"url_from,omitempty"`     // step
	Command     bool   `json:"command,omitempty"`      // the alarm command of the server
	CommandFrom string `json:"command_from,omitempty"` // step
	Sealed      string `json:"sealed,omitempty"`       // secret that signs the webhook
}

// Begins lists the steps at which a channel may begin; "" is the first.
func Begins() []string { return []string{"", "half", "4h", "1h", "overdue"} }

// check says what is wrong with the steps.
func (c Channels) check() error {
	for field, step := range map[string]string{"others_from": c.OthersFrom, "url_from": c.URLFrom, "command_from": c.CommandFrom} {
		if !slices.Contains(Begins(), step) {
			return &fault.Error{Kind: fault.Invalid, Field: field, What: "there is no such step", Expected: "half, 4h, 1h, overdue, or nothing for the start"}
		}
	}
	return nil
}

// setting is the name under which channels are kept.
const setting = "incident.alarms"

// purpose of the sealed secrets.
const purpose = "alarm-webhook"

// ownerOf is to whom the secret of a webhook is bound.
func ownerOf(scope tenant.Scope, organisation string) string {
	if organisation == "" {
		return "workspace " + scope.WorkspaceID()
	}
	return organisation
}

// channelsOf are the channels of an organisation: by mail, until it chose.
func (s *Service) channelsOf(tx *store.Tx, organisation string) (Channels, error) {
	kept, err := tx.Setting(organisation, setting)
	if fault.KindOf(err) == fault.NotFound {
		return Channels{Mail: true}, nil
	}
	if err != nil {
		return Channels{}, err
	}
	var c Channels
	if err := json.Unmarshal(kept.Value, &c); err != nil {
		return c, fmt.Errorf("read the alarm channels of %s: %w", organisation, err)
	}
	return c, nil
}

// reach is the scope in which an actor sees or changes the channels of an organisation,
// or of an authority ("").
func (s *Service) reach(ctx context.Context, a authz.Actor, organisation string, need authz.Permission) (tenant.Scope, error) {
	if organisation == "" {
		return a.Workspace(need)
	}
	return a.Organisation(ctx, organisation, need)
}

// belongs refuses channels that nothing uses: those of an entity of an authority, and
// those of a workspace that is no authority.
func belongs(tx *store.Tx, organisation string) error {
	w, err := tx.Workspace()
	if err == nil && (w.Kind == tenant.Authority) != (organisation == "") {
		err = &fault.Error{Kind: fault.NotFound, What: "there are no such alarms"}
	}
	return err
}

// Channels returns the channels of an organisation, or of an authority (""). The secret
// stays sealed.
func (s *Service) Channels(ctx context.Context, a authz.Actor, organisation string) (c Channels, err error) {
	scope, err := s.reach(ctx, a, organisation, authz.IncidentRead)
	if err != nil {
		return c, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		if err := belongs(tx, organisation); err != nil {
			return err
		}
		c, err = s.channelsOf(tx, organisation)
		c.Sealed = ""
		return err
	})
	return c, err
}

// Choose keeps the channels of an organisation, or of an authority (""). A webhook with a new address gets a
// new secret, which is returned once; with the same address it keeps its own, and ""
// is returned.
func (s *Service) Choose(ctx context.Context, a authz.Actor, organisation string, c Channels) (key string, err error) {
	scope, err := s.reach(ctx, a, organisation, authz.OrganisationEdit)
	if err != nil {
		return "", err
	}
	if err := c.check(); err != nil {
		return "", err
	}
	if c.URL != "" {
		if err := s.Web.Check(c.URL); err != nil {
			return "", err
		}
	}
	if c.Command && s.Command == nil {
		return "", &fault.Error{Kind: fault.Invalid, Field: "command", What: "this server has no alarm command", Expected: "a server that was started with --alarm-command"}
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		if err := belongs(tx, organisation); err != nil {
			return err
		}
		before, err := s.channelsOf(tx, organisation)
		if err != nil {
			return err
		}
		switch c.Sealed = ""; {
		case c.URL != "" && c.URL == before.URL:
			c.Sealed = before.Sealed
		case c.URL != "":
			key, _ = secret.NewToken()
			if c.Sealed, err = s.Box.Seal(purpose, ownerOf(scope, organisation), []byte(key)); err != nil {
				return fmt.Errorf("seal the secret of a webhook: %w", err)
			}
		}
		value, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("write the alarm channels: %w", err)
		}
		kept, err := tx.Setting(organisation, setting)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		_, err = tx.PutSetting(desk.Setting{Organisation: organisation, Name: setting, Value: value, Version: kept.Version})
		return err
	})
	return key, err
}

var errWithdrawn = errors.New("the organisation has no such channel any more")

// sendWeb delivers an alarm to the address that the organisation has now.
func (s *Service) sendWeb(ctx context.Context, e work.Effect) (string, error) {
	var c Channels
	var at notify.Request
	err := s.store.Read(ctx, tenant.System("deliver an alarm").In(e.Workspace, e.Organisation), func(tx *store.Tx) (err error) {
		at.At = tx.Now()
		c, err = s.channelsOf(tx, e.Organisation)
		return err
	})
	if err != nil {
		return "", err
	}
	if c.URL == "" {
		return "", jobs.Permanent(errWithdrawn)
	}
	key, err := s.Box.Open(purpose, ownerOf(tenant.System("deliver an alarm").In(e.Workspace, ""), e.Organisation), c.Sealed)
	if err != nil {
		return "", jobs.Permanent(fmt.Errorf("open the secret of the webhook: %w", err))
	}
	at.Address, at.Secret, at.Key, at.Body = c.URL, string(key), e.Key, e.Payload
	return s.Web.Send(ctx, at)
}

// sendCommand hands an alarm to the command of the server.
func (s *Service) sendCommand(ctx context.Context, e work.Effect) (string, error) {
	if s.Command == nil {
		return "", fmt.Errorf("the alarm command is %w", jobs.ErrNotSetUp)
	}
	return s.Command.Run(ctx, e.Payload)
}
