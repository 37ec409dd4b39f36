package accounts

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// ceremonyLasts is how long a challenge can be answered.
const ceremonyLasts = 5 * time.Minute

// ErrNoPasskeys is returned where passkeys cannot be used: browsers bind them to a
// name, and the server is not reached under the one that it was set up for.
var ErrNoPasskeys = &fault.Error{Kind: fault.Invalid, What: "passkeys cannot be used at this address",
	Expected: "https and the name of the server, or localhost"}

// ErrPasskey is the only answer to a passkey that does not let somebody in:
// unknown, cloned, of a disabled person, an old or foreign challenge.
var ErrPasskey = &fault.Error{Kind: fault.Forbidden, What: "this passkey could not be used", Expected: "another attempt, or the password"}

// UsePasskeys turns passkeys on for the name under which browsers reach the
// server. Passkeys of one name do not work under another. An IP address is no
// name for browsers: on this machine it is "localhost".
func (s *Service) UsePasskeys(host string) {
	if net.ParseIP(host) == nil {
		s.passkeyHost = strings.ToLower(host)
	}
}

// PasskeysAt reports whether passkeys work on pages of the origin, such as
// "https://nisaba.example.org".
func (s *Service) PasskeysAt(origin string) bool {
	_, err := s.relyingParty(origin)
	return err == nil
}

// PasskeyHost is the name for which passkeys are set up; "" = none.
func (s *Service) PasskeyHost() string { return s.passkeyHost }

func (s *Service) relyingParty(origin string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(origin)
	if err != nil || s.passkeyHost == "" || strings.ToLower(u.Hostname()) != s.passkeyHost || u.Scheme != "https" && s.passkeyHost != "localhost" {
		return nil, ErrNoPasskeys
	}
	limit := webauthn.TimeoutConfig{Enforce: true, Timeout: ceremonyLasts, TimeoutUVD: ceremonyLasts}
	rp, err := webauthn.New(&webauthn.Config{RPID: s.passkeyHost, RPDisplayName: "Nisaba", RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired},
		Timeouts: webauthn.TimeoutsConfig{Login: limit, Registration: limit}})
	if err != nil {
		return nil, fmt.Errorf("prepare passkeys: %w", err)
	}
	return rp, nil
}

// holder is a person as the library wants it.
type holder struct {
	person      tenant.Person
	credentials []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.person.ID) }
func (h holder) WebAuthnName() string                       { return h.person.Email }
func (h holder) WebAuthnDisplayName() string                { return h.person.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

func holderOf(tx *store.Tx, p tenant.Person) (holder, error) {
	h := holder{person: p}
	keys, err := tx.PasskeysOf(p.ID)
	if err != nil {
		return h, err
	}
	for _, k := range keys {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(k.Credential), &c); err != nil {
			return h, fmt.Errorf("read passkey %s: %w", k.ID, err)
		}
		h.credentials = append(h.credentials, c)
	}
	return h, nil
}

// Ceremony is a challenge that waits for its answer: the options for the browser
// as JSON, and the token that the browser sends back with the answer.
type Ceremony struct {
	Token   string
	Options []byte
}

// purposes of ceremonies; a challenge of one answers no other.
const (
	toRegister = "register"
	toSignIn   = "sign-in"
	toStepUp   = "step-up"
)

type ceremonyState struct {
	Purpose string
	Session *webauthn.SessionData
}

// keep stores a challenge. It works once and for a few minutes.
func (s *Service) keep(ctx context.Context, purpose, person string, options any, session *webauthn.SessionData) (c Ceremony, err error) {
	if c.Options, err = json.Marshal(options); err != nil {
		return c, fmt.Errorf("write the options of a passkey: %w", err)
	}
	data, err := json.Marshal(ceremonyState{purpose, session})
	if err != nil {
		return c, fmt.Errorf("write the state of a passkey: %w", err)
	}
	token, hash := secret.NewToken()
	c.Token = token
	err = s.store.Write(ctx, signIn(), store.Change{Actor: "system"}, func(tx *store.Tx) error {
		return tx.AddPass(account.Pass{Hash: hash, Kind: account.Challenge, Person: person, Data: string(data), ExpiresAt: tx.Now().Add(ceremonyLasts)})
	})
	return c, err
}

// challenge takes the state of a ceremony. It is gone afterwards, whatever the
// answer is: the transaction ends here.
func (s *Service) challenge(ctx context.Context, purpose, person, token string) (session webauthn.SessionData, err error) {
	var p account.Pass
	err = s.store.Write(ctx, signIn(), store.Change{Actor: "system"}, func(tx *store.Tx) error {
		p, err = tx.TakePass(account.Challenge, secret.TokenHash(token))
		return err
	})
	if isNotFound(err) || err == nil && p.Person != person {
		return session, ErrPasskey
	}
	if err != nil {
		return session, err
	}
	var state ceremonyState
	if err := json.Unmarshal([]byte(p.Data), &state); err != nil || state.Purpose != purpose || state.Session == nil {
		return session, ErrPasskey
	}
	return *state.Session, nil
}

// Passkeys lists the passkeys of the person, oldest first.
func (s *Service) Passkeys(ctx context.Context, v Visit) (list []account.Passkey, err error) {
	err = s.store.Glance(ctx, signIn(), func(tx *store.Tx) error {
		list, err = tx.PasskeysOf(v.Person.ID)
		return err
	})
	return list, err
}

// BeginPasskey begins to add a passkey. The visit must have stepped up.
func (s *Service) BeginPasskey(ctx context.Context, v Visit, origin string) (c Ceremony, err error) {
	if !v.Actor.SteppedUp(s.store.Now()) {
		return c, ErrStepUp
	}
	rp, err := s.relyingParty(origin)
	if err != nil {
		return c, err
	}
	var h holder
	err = s.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		h, err = holderOf(tx, v.Person)
		return err
	})
	if err != nil {
		return c, err
	}
	options, session, err := rp.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.credentials).CredentialDescriptors()))
	if err != nil {
		return c, fmt.Errorf("begin to register a passkey: %w", err)
	}
	return s.keep(ctx, toRegister, v.Person.ID, options.Response, session)
}

// AddPasskey ends what BeginPasskey began with the browser's response. The first
// second factor of a person comes with recovery codes, which are shown once. The
// session has shown two factors with it and goes on under a new token.
func (s *Service) AddPasskey(ctx context.Context, v Visit, origin, token, name, response string) (codes []string, signed Signed, err error) {
	if !v.Actor.SteppedUp(s.store.Now()) {
		return nil, signed, ErrStepUp
	}
	if name, err = passkeyName(name); err != nil {
		return nil, signed, err
	}
	rp, err := s.relyingParty(origin)
	if err != nil {
		return nil, signed, err
	}
	session, err := s.challenge(ctx, toRegister, v.Person.ID, token)
	if err != nil {
		return nil, signed, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(response))
	if err != nil {
		return nil, signed, ErrPasskey
	}
	credential, err := rp.CreateCredential(holder{person: v.Person}, session, parsed)
	if err != nil {
		return nil, signed, ErrPasskey
	}
	stored, err := json.Marshal(credential)
	if err != nil {
		return nil, signed, fmt.Errorf("write the passkey: %w", err)
	}
	err = s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		had, err := hasFactor(tx, v.Person)
		if err != nil {
			return err
		}
		key := account.Passkey{ID: base64.RawURLEncoding.EncodeToString(credential.ID), Person: v.Person.ID, Name: name, Credential: string(stored)}
		if _, err := tx.Passkey(key.ID); !isNotFound(err) {
			return errors.Join(err, ErrPasskey) // another person's, or there already
		}
		if _, err := tx.PutPasskey(key); err != nil {
			return err
		}
		if !had {
			var hashes []string
			codes, hashes = newRecoveryCodes(v.Person.ID)
			if err := tx.ReplaceRecoveryCodes(v.Person.ID, hashes); err != nil {
				return err
			}
		}
		signed, err = renew(tx, v, func(session *account.Session) { session.MFA = true })
		return err
	})
	return codes, signed, err
}

// passkeyName is a name for a passkey as it is kept.
func passkeyName(name string) (string, error) {
	if name = strings.TrimSpace(name); name == "" || utf8.RuneCountInString(name) > 100 {
		return "", invalid("name", "the passkey has no name, or a long one", "a name for the device, at most 100 characters")
	}
	return name, nil
}

// passkeyOf is a passkey of the person; NotFound for another person's.
func passkeyOf(tx *store.Tx, person, id string) (account.Passkey, error) {
	k, err := tx.Passkey(id)
	if err == nil && k.Person != person {
		err = &fault.Error{Kind: fault.NotFound, What: "there is no such passkey"}
	}
	return k, err
}

// RenamePasskey gives a passkey another name; NotFound for another person's.
func (s *Service) RenamePasskey(ctx context.Context, v Visit, id, name string) error {
	name, err := passkeyName(name)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		k, err := passkeyOf(tx, v.Person.ID, id)
		if err != nil || k.Name == name {
			return err
		}
		k.Name = name
		_, err = tx.PutPasskey(k)
		return err
	})
}

// Remaining is what a person signs in with when one of their passkeys is gone.
type Remaining struct {
	Passkey  account.Passkey // that would go
	Passkeys int             // others; without any, the password is asked for before the passkey goes
	App      bool            // codes of an app beside the password
	Demands  []string        // names of their workspaces that demand a second factor
}

// Without tells what remains without a passkey; NotFound for another person's.
func (s *Service) Without(ctx context.Context, v Visit, id string) (r Remaining, err error) {
	err = s.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		if r.Passkey, err = passkeyOf(tx, v.Person.ID, id); err != nil {
			return err
		}
		keys, err := tx.PasskeysOf(v.Person.ID)
		r.Passkeys, r.App = len(keys)-1, v.Person.TOTPSecret != ""
		return err
	})
	if err != nil {
		return r, err
	}
	choices, err := s.Workspaces(ctx, v)
	for _, c := range choices {
		if c.Workspace.Policy.RequireMFA {
			r.Demands = append(r.Demands, c.Workspace.Name)
		}
	}
	return r, err
}

// RemovePasskey takes a passkey away; NotFound for another person's. The visit must
// have stepped up. With the last one the password becomes the way in again: it has to be
// given (else Invalid), so that nobody who forgot it locks themself out. The recovery
// codes go with the last second factor.
func (s *Service) RemovePasskey(ctx context.Context, v Visit, id, password string) error {
	if !v.Actor.SteppedUp(s.store.Now()) {
		return ErrStepUp
	}
	left, err := s.Without(ctx, v, id)
	if err == nil && left.Passkeys == 0 {
		err = s.knowsPassword(ctx, v, password)
	}
	if err != nil {
		return err
	}
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		if _, err := passkeyOf(tx, v.Person.ID, id); err != nil {
			return err
		}
		keys, err := tx.PasskeysOf(v.Person.ID)
		if err == nil && len(keys)-1 < left.Passkeys {
			err = errTurned
		}
		if err != nil {
			return err
		}
		if err := tx.RemovePasskey(id); err != nil {
			return err
		}
		if left, err := hasFactor(tx, v.Person); err != nil || left {
			return err
		}
		return tx.ReplaceRecoveryCodes(v.Person.ID, nil)
	})
}

// errTurned is returned when another passkey went at the same time.
var errTurned = &fault.Error{Kind: fault.Conflict, What: "your passkeys changed at the same time", Expected: "another look at what remains"}

// knowsPassword checks the password of the person, within the limits of step-ups.
func (s *Service) knowsPassword(ctx context.Context, v Visit, password string) error {
	allowed := false
	err := s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		n, err := tx.Count("step-up "+v.Session.ID, attemptsPeriod)
		allowed = n <= attempts
		return err
	})
	if err != nil {
		return err
	}
	if !allowed {
		return invalid("password", "there were too many attempts", "another attempt in a quarter of an hour")
	}
	if _, err := s.passwords.Check(ctx, v.Person.PasswordHash, password); err != nil {
		return invalid("password", "the password does not match", "the password that you sign in with when there is no passkey")
	}
	return nil
}

// BeginPasskeySignIn begins a sign-in that names nobody: the browser knows whose
// passkeys it has.
func (s *Service) BeginPasskeySignIn(ctx context.Context, origin string) (c Ceremony, err error) {
	rp, err := s.relyingParty(origin)
	if err != nil {
		return c, err
	}
	options, session, err := rp.BeginDiscoverableLogin()
	if err != nil {
		return c, fmt.Errorf("begin to sign in with a passkey: %w", err)
	}
	return s.keep(ctx, toSignIn, "", options.Response, session)
}

// PasskeySignIn ends what BeginPasskeySignIn began with the browser's response. A
// passkey with its check of the user counts as two factors.
func (s *Service) PasskeySignIn(ctx context.Context, origin, token, response string, d Device) (signed Signed, err error) {
	session, rp, err := s.answered(ctx, origin, toSignIn, "", token)
	if err != nil {
		return signed, err
	}
	return s.usePasskey(ctx, rp, session, response, d, func(tx *store.Tx, p tenant.Person) (Signed, error) {
		workspace, err := firstWorkspace(tx, p.ID, d, true)
		if err != nil {
			return Signed{}, err
		}
		return s.open(tx, p, workspace, d, true)
	})
}

// BeginPasskeyStepUp begins a fresh proof of identity by one of the person's
// passkeys.
func (s *Service) BeginPasskeyStepUp(ctx context.Context, v Visit, origin string) (c Ceremony, err error) {
	rp, err := s.relyingParty(origin)
	if err != nil {
		return c, err
	}
	options, session, err := rp.BeginDiscoverableLogin()
	if err != nil {
		return c, fmt.Errorf("begin a step-up with a passkey: %w", err)
	}
	return s.keep(ctx, toStepUp, v.Person.ID, options.Response, session)
}

// PasskeyStepUp ends what BeginPasskeyStepUp began. The session goes on under a
// new token and has shown two factors.
func (s *Service) PasskeyStepUp(ctx context.Context, v Visit, origin, token, response string) (signed Signed, err error) {
	session, rp, err := s.answered(ctx, origin, toStepUp, v.Person.ID, token)
	if err != nil {
		return signed, err
	}
	return s.usePasskey(ctx, rp, session, response, Device{Address: v.Actor.From}, func(tx *store.Tx, p tenant.Person) (Signed, error) {
		if p.ID != v.Person.ID {
			return Signed{}, ErrPasskey
		}
		return renew(tx, v, func(session *account.Session) { session.MFA, session.StepUpAt = true, tx.Now() })
	})
}

func (s *Service) answered(ctx context.Context, origin, purpose, person, token string) (session webauthn.SessionData, rp *webauthn.WebAuthn, err error) {
	if rp, err = s.relyingParty(origin); err != nil {
		return session, nil, err
	}
	session, err = s.challenge(ctx, purpose, person, token)
	return session, rp, err
}

// usePasskey checks the response of a browser and goes on with then. A passkey
// whose counter does not move on may have been copied: it is refused, that is
// recorded, and the person is told.
func (s *Service) usePasskey(ctx context.Context, rp *webauthn.WebAuthn, session webauthn.SessionData, response string, d Device,
	then func(*store.Tx, tenant.Person) (Signed, error)) (signed Signed, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(response))
	if err != nil {
		return signed, ErrPasskey
	}
	var claimed tenant.Person // not proved yet: names the actor in the ledger
	err = s.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		claimed, err = tx.Person(string(parsed.Response.UserHandle))
		return err
	})
	if isNotFound(err) {
		return signed, ErrPasskey
	}
	if err != nil {
		return signed, err
	}
	cloned := false
	err = s.store.Write(ctx, signIn(), change(claimed, d), func(tx *store.Tx) error {
		cloned = false
		person, credential, err := matchPasskey(tx, rp, session, parsed)
		if err != nil {
			return err
		}
		key, err := tx.Passkey(base64.RawURLEncoding.EncodeToString(credential.ID))
		if err != nil {
			return err
		}
		if cloned = credential.Authenticator.CloneWarning; cloned {
			return warnOfClone(tx, person, key)
		}
		stored, err := json.Marshal(credential)
		if err != nil {
			return fmt.Errorf("write the passkey: %w", err)
		}
		key.Credential, key.UsedAt = string(stored), tx.Now()
		if _, err := tx.PutPasskey(key); err != nil {
			return err
		}
		signed, err = then(tx, person)
		return err
	})
	if err == nil && cloned {
		err = ErrPasskey
	}
	return signed, err
}

// matchPasskey finds the person of a response and checks its signature.
func matchPasskey(tx *store.Tx, rp *webauthn.WebAuthn, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (tenant.Person, *webauthn.Credential, error) {
	var h holder
	var trouble error // of the database, which must not look like a wrong passkey
	find := func(_, handle []byte) (webauthn.User, error) {
		person, err := tx.Person(string(handle))
		if isNotFound(err) || err == nil && person.Disabled {
			return nil, ErrPasskey
		}
		if err == nil {
			h, err = holderOf(tx, person)
		}
		trouble = err
		return h, err
	}
	_, credential, err := rp.ValidatePasskeyLogin(find, session, parsed)
	if trouble != nil {
		return h.person, nil, trouble
	}
	if err != nil {
		return h.person, nil, ErrPasskey
	}
	return h.person, credential, nil
}

func warnOfClone(tx *store.Tx, p tenant.Person, key account.Passkey) error {
	if err := tx.Note("passkey.clone_refused", "passkey", key.ID, "", "the counter of the passkey did not move on"); err != nil {
		return err
	}
	memberships, err := tx.MembershipsOf(p.ID)
	if err != nil || len(memberships) == 0 {
		return err
	}
	return tx.In(memberships[0].Workspace, "").Notify(desk.Notice{Person: p.ID, Key: "account.notice.cloned_passkey", Link: "/account"})
}

func isNotFound(err error) bool { return err != nil && fault.KindOf(err) == fault.NotFound }
