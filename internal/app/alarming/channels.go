package alarming

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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
// inboxes, which have them all.
type Channels struct {
	Mail    bool   `json:"mail"`              // to those who want mails at once
	URL     string `json:"url,omitempty"`     // of a webhook; "": none
	Command bool   `json:"command,omitempty"` // the alarm command of the server
	Sealed  string `json:"sealed,omitempty"`  // secret that signs the webhook
}

// setting is the name under which channels are kept.
const setting = "incident.alarms"

// purpose of the sealed secrets.
const purpose = "alarm-webhook"

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

// Channels returns the channels of an organisation. The secret stays sealed.
func (s *Service) Channels(ctx context.Context, a authz.Actor, organisation string) (c Channels, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.IncidentRead)
	if err != nil {
		return c, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		c, err = s.channelsOf(tx, organisation)
		c.Sealed = ""
		return err
	})
	return c, err
}

// Choose keeps the channels of an organisation. A webhook with a new address gets a
// new secret, which is returned once; with the same address it keeps its own, and ""
// is returned.
func (s *Service) Choose(ctx context.Context, a authz.Actor, organisation string, c Channels) (key string, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.OrganisationEdit)
	if err != nil {
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
	err = s.store.Write(ctx, scope, store.Change{Actor: a.Person, ActorName: a.Name, From: a.From}, func(tx *store.Tx) error {
		before, err := s.channelsOf(tx, organisation)
		if err != nil {
			return err
		}
		switch c.Sealed = ""; {
		case c.URL != "" && c.URL == before.URL:
			c.Sealed = before.Sealed
		case c.URL != "":
			key, _ = secret.NewToken()
			if c.Sealed, err = s.Box.Seal(purpose, organisation, []byte(key)); err != nil {
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
	key, err := s.Box.Open(purpose, e.Organisation, c.Sealed)
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
