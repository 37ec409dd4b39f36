package accounts

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/useragent"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// DeviceLasts is how long a browser is remembered after the person first signed
// in with it.
const DeviceLasts = 365 * 24 * time.Hour

// deviceHash binds the token of a browser to one person.
func deviceHash(token, person string) string { return secret.TokenHash(token + " " + person) }

// knownDevice reports whether the person signed in with this browser before. It
// asks the database for nobody too, so that the time tells nothing.
func knownDevice(tx *store.Tx, person string, d Device) (bool, error) {
	p, err := tx.Pass(account.KnownDevice, deviceHash(d.Known, person))
	if isNotFound(err) {
		return false, nil
	}
	return err == nil && d.Known != "" && person != "" && p.Person == person, err
}

// meetDevice remembers a browser that the person signs in with for the first time,
// under a new token, and tells people who have used another one before.
func (s *Service) meetDevice(tx *store.Tx, p tenant.Person, workspace string, d Device) (token string, err error) {
	known, err := knownDevice(tx, p.ID, d)
	if err != nil || known {
		return "", err
	}
	before, err := tx.CountPasses(p.ID, account.KnownDevice)
	if err != nil {
		return "", err
	}
	token, _ = secret.NewToken()
	err = tx.AddPass(account.Pass{Hash: deviceHash(token, p.ID), Kind: account.KnownDevice, Person: p.ID, Data: d.Name, ExpiresAt: tx.Now().Add(DeviceLasts)})
	if err != nil || before == 0 || workspace == "" {
		return token, err
	}
	args, err := json.Marshal(law.Say("", "address", d.Address).Args)
	if err != nil {
		return token, fmt.Errorf("write the notice: %w", err)
	}
	inside := tx.In(workspace, "")
	notice := desk.Notice{Person: p.ID, Key: "account.notice.new_device", Args: args, Link: "/account"}
	if !s.mails.Ready() {
		return token, inside.Notify(notice)
	}
	if err := inside.NotifySettled(notice); err != nil {
		return token, err
	}
	_, err = s.mails.Post(inside, mailing.Letter{Key: "device/" + deviceHash(token, p.ID), To: p.Email, Language: p.Language, Message: "access.mail.new_device",
		Arguments: []any{"name", p.Name, "device", useragent.Name(d.Name), "address", d.Address, "link", s.mails.Link("/account")}})
	return token, err
}
