package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Time-based one-time passwords as RFC 6238 has them and as apps expect them.
const (
	codePeriod = 30 // seconds
	// codeSkew is how many periods before and after now are accepted.
	codeSkew      = 1
	recoveryCodes = 10
)

var codeOptions = totp.ValidateOpts{Period: codePeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// Enrolment is a second factor that is not confirmed yet.
type Enrolment struct {
	Secret string // base32, for typing in
	URL    string // otpauth://, for a QR code
}

// Enrol makes the secret of a second factor. Nothing is stored before Confirm.
func (s *Service) Enrol(p tenant.Person) (Enrolment, error) {
	return enrolment(p, nil)
}

// EnrolAgain is the enrolment with a secret that Enrol made, for a page that is shown
// once more. A text that is no secret of Enrol is Invalid.
func (s *Service) EnrolAgain(p tenant.Person, secretText string) (Enrolment, error) {
	bytes, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secretText)
	if err != nil || len(bytes) == 0 || len(bytes) > longestSecret {
		return Enrolment{}, invalid("code", "the key of the second factor is damaged", "the key that the page shows")
	}
	return enrolment(p, bytes)
}

// longestSecret bounds the secrets that come back with a form, in bytes.
const longestSecret = 64

// enrolment makes the enrolment of a secret, of a new one when it is nil.
func enrolment(p tenant.Person, secretBytes []byte) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Nisaba", AccountName: p.Email, Period: codePeriod,
		Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1, Secret: secretBytes})
	if err != nil {
		return Enrolment{}, err
	}
	return Enrolment{Secret: key.Secret(), URL: key.URL()}, nil
}

// Confirm turns the second factor on with a first code, ends all other sessions,
// and returns the recovery codes, which are shown once. The session goes on under
// a new token. The visit must have stepped up, so that a session somebody left open
// does not become a lock on the account; Conflict where there is an app already.
func (s *Service) Confirm(ctx context.Context, v Visit, secretText, code string) (codes []string, signed Signed, err error) {
	if !v.Actor.SteppedUp(s.store.Now()) {
		return nil, signed, ErrStepUp
	}
	sealed, err := s.box.Seal("totp", v.Person.ID, []byte(secretText))
	if err != nil {
		return nil, signed, err
	}
	codes, hashes := newRecoveryCodes(v.Person.ID)
	err = s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		p, err := tx.Person(v.Person.ID)
		if err != nil {
			return err
		}
		if p.TOTPSecret != "" {
			return errHasFactor
		}
		step, ok := matchStep(secretText, code, tx.Now())
		if !ok {
			return invalid("code", "the code does not match", "the six digits that the app shows now; check the clock of the device")
		}
		p.TOTPSecret, p.TOTPLastStep = sealed, step
		if _, err := tx.PutPerson(p); err != nil {
			return err
		}
		if err := endOthers(tx, p.ID, v.Session.ID); err != nil {
			return err
		}
		if signed, err = renew(tx, v, func(session *account.Session) { session.MFA = true }); err != nil {
			return err
		}
		return tx.ReplaceRecoveryCodes(p.ID, hashes)
	})
	return codes, signed, err
}

func endOthers(tx *store.Tx, person, keep string) error {
	sessions, err := tx.SessionsOf(person)
	if err != nil {
		return err
	}
	for _, other := range sessions {
		if other.ID != keep {
			if err := tx.RemoveSession(other.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func newRecoveryCodes(person string) (codes, hashes []string) {
	for range recoveryCodes {
		text := strings.ToLower(rand.Text()[:16])
		code := text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
		codes, hashes = append(codes, code), append(hashes, recoveryHash(person, code))
	}
	return codes, hashes
}

// recoveryHash is bound to the person. The codes carry 80 random bits, so that a
// plain hash is enough. Case, dashes and spaces do not matter: people copy the codes from
// paper.
func recoveryHash(person, code string) string {
	plain := strings.Map(func(r rune) rune {
		if r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, code)
	return secret.TokenHash(person + " " + plain)
}

// checkCode accepts a code of the app once, or uses up a recovery code.
func (s *Service) checkCode(tx *store.Tx, p tenant.Person, code string) error {
	if p.TOTPSecret != "" {
		plain, err := s.box.Open("totp", p.ID, p.TOTPSecret)
		if err != nil {
			return &fault.Error{Kind: fault.Internal, What: "the second factor cannot be read with the key of this server", Cause: err}
		}
		if step, ok := matchStep(string(plain), code, tx.Now()); ok {
			fresh, err := tx.AcceptTOTPStep(p.ID, step)
			if err == nil && !fresh {
				err = ErrSignIn
			}
			return err
		}
	}
	used, err := tx.UseRecoveryCode(p.ID, recoveryHash(p.ID, code))
	if err != nil {
		return err
	}
	if !used {
		return ErrSignIn
	}
	return nil
}

// matchStep finds the period whose code it is.
func matchStep(secretText, code string, now time.Time) (step int64, ok bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	for skew := -codeSkew; skew <= codeSkew; skew++ {
		at := now.Add(time.Duration(skew) * codePeriod * time.Second)
		if match, err := totp.ValidateCustom(code, secretText, at, codeOptions); err == nil && match {
			return at.Unix() / codePeriod, true
		}
	}
	return 0, false
}

// errHasFactor is returned where another app would silently take the place of one.
var errHasFactor = &fault.Error{Kind: fault.Conflict, What: "codes of an app are on already", Expected: "to turn them off first"}

// errNoFactor is returned where recovery codes would replace nothing.
var errNoFactor = &fault.Error{Kind: fault.Conflict, What: "there is no second factor that recovery codes could replace", Expected: "a second factor or a passkey first"}

// NewRecoveryCodes throws the recovery codes of the person away and returns new ones,
// which are shown once; Conflict without a second factor. The visit must have stepped up.
func (s *Service) NewRecoveryCodes(ctx context.Context, v Visit) (codes []string, err error) {
	if !v.Actor.SteppedUp(s.store.Now()) {
		return nil, ErrStepUp
	}
	codes, hashes := newRecoveryCodes(v.Person.ID)
	err = s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		has, err := hasFactor(tx, v.Person)
		if err == nil && !has {
			err = errNoFactor
		}
		if err != nil {
			return err
		}
		return tx.ReplaceRecoveryCodes(v.Person.ID, hashes)
	})
	return codes, err
}

// RecoveryCodesLeft counts the recovery codes of the person that still work.
func (s *Service) RecoveryCodesLeft(ctx context.Context, v Visit) (left int, err error) {
	err = s.store.Glance(ctx, signIn(), func(tx *store.Tx) error {
		codes, err := tx.RecoveryCodesOf(v.Person.ID)
		for _, c := range codes {
			if c.UsedAt.IsZero() {
				left++
			}
		}
		return err
	})
	return left, err
}

// RemoveFactor turns the codes of the app off. The visit must have stepped up. The
// recovery codes go too, unless there is a passkey that they may have to replace.
func (s *Service) RemoveFactor(ctx context.Context, v Visit) error {
	if !v.Actor.SteppedUp(s.store.Now()) {
		return ErrStepUp
	}
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		p, err := tx.Person(v.Person.ID)
		if err != nil {
			return err
		}
		p.TOTPSecret, p.TOTPLastStep = "", 0
		if _, err := tx.PutPerson(p); err != nil {
			return err
		}
		if left, err := hasFactor(tx, p); err != nil || left {
			return err
		}
		return tx.ReplaceRecoveryCodes(p.ID, nil)
	})
}

// ErrStepUp asks for a fresh proof of identity.
var ErrStepUp = &fault.Error{Kind: fault.Forbidden, What: "this needs a fresh proof of who you are", Expected: "your password again"}

// errOldPassword is one answer for a wrong password and for too many attempts.
var errOldPassword = invalid("old", "the password does not match, or there were too many attempts", "the password that you sign in with now")

// ChangePassword sets another password and ends all other sessions. The session
// goes on under a new token. Attempts count with those of StepUp: nobody guesses the
// password through a session that was left open.
func (s *Service) ChangePassword(ctx context.Context, v Visit, old, fresh string) (signed Signed, err error) {
	err = s.prove(ctx, v, old)
	if errors.Is(err, ErrSignIn) {
		return signed, errOldPassword
	}
	if err != nil {
		return signed, err
	}
	hash, err := s.hash(ctx, fresh, v.Person.Name, v.Person.Email)
	if err != nil {
		return signed, err
	}
	err = s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		p, err := tx.Person(v.Person.ID)
		if err != nil {
			return err
		}
		if p.PasswordHash != v.Person.PasswordHash {
			return errOldPassword // it was changed or reset meanwhile
		}
		p.PasswordHash = hash
		if _, err := tx.PutPerson(p); err != nil {
			return err
		}
		if err := endOthers(tx, p.ID, v.Session.ID); err != nil {
			return err
		}
		signed, err = renew(tx, v, func(*account.Session) {})
		return err
	})
	return signed, err
}
