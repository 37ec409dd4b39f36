// Package accounts is who may come in: the first account, signing in with
// password and second factor, sessions and devices, step-up, invitations, members
// and tokens for programs.
package accounts

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Service is the use cases of accounts. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	passwords *secret.Passwords
	box       secret.Box
	mails     *mailing.Mailer
	files     *blob.Dir // nil: no logos

	passkeyHost string // relying party id; "": no passkeys
}

// New makes the service. box seals the secrets of second factors.
func New(s *store.Store, p *secret.Passwords, box secret.Box) *Service {
	return &Service{store: s, passwords: p, box: box}
}

// WithMail lets the service write mails, such as invitations.
func (s *Service) WithMail(m *mailing.Mailer) *Service {
	s.mails = m
	return s
}

// Device is where a request comes from, for the session list and the ledger.
type Device struct {
	Address string // IP address
	Name    string // what the browser says of itself, shortened
	Known   string // token of the browser's device cookie (Signed.Device); "": none
}

// Signed is the result of a sign-in: the token for the cookie, shown once.
type Signed struct {
	Token   string
	Session account.Session
	Person  tenant.Person
	Device  string // new token for the device cookie, to be kept for DeviceLasts; "": the cookie stays as it is
}

// sessionHours is how long a session lives when no workspace says otherwise.
const sessionHours = 12

// signIn is the scope of everything that happens before somebody is known.
func signIn() tenant.Scope { return tenant.System("sign-in") }

// FirstRunNeeded reports whether nobody has an account yet.
func (s *Service) FirstRunNeeded(ctx context.Context) (needed bool, err error) {
	err = s.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		people, err := tx.People()
		needed = len(people) == 0
		return err
	})
	return needed, err
}

// FirstRun is what the first-run page asks.
type FirstRun struct {
	Workspace string
	Kind      tenant.Kind
	Name      string
	Email     string
	Password  string
	Language  string // "": pages as the browser asks, mails as the workspace
	Zone      string // IANA name, as the browser tells; "" or one that is not known here: that of the workspace, UTC for a new one
}

// Start makes the first account with its workspace. Conflict once there is one.
func (s *Service) Start(ctx context.Context, f FirstRun, d Device) (Signed, error) {
	var wrong fault.List
	if strings.TrimSpace(f.Workspace) == "" {
		wrong = append(wrong, invalid("workspace", "the workspace has no name", "the name of the provider, the group or the company"))
	}
	if bad := checkKind(f.Kind); bad != nil {
		wrong = append(wrong, bad)
	}
	person, err := s.newPerson(ctx, f.Name, f.Email, f.Password, f.Language, wrong...)
	if err != nil {
		return Signed{}, err
	}
	var signed Signed
	err = s.store.Write(ctx, signIn(), change(person, d), func(tx *store.Tx) error {
		if _, err := tx.Count("first run", attemptsPeriod); err != nil { // one after the other: its row is locked
			return err
		}
		people, err := tx.People()
		if err != nil {
			return err
		}
		if len(people) > 0 {
			return &fault.Error{Kind: fault.Conflict, What: "there is an account already", Expected: "to sign in"}
		}
		if person, err = tx.PutPerson(person); err != nil {
			return err
		}
		w := tenant.Workspace{ID: newID(), Kind: f.Kind, Name: strings.TrimSpace(f.Workspace), Language: cmp.Or(f.Language, "en"), Zone: knownZone(f.Zone)}
		inside := tx.In(w.ID, "")
		if _, err := inside.PutWorkspace(w); err != nil {
			return err
		}
		if _, err := inside.PutMembership(tenant.Membership{Person: person.ID, Role: authz.Owner}); err != nil {
			return err
		}
		signed, err = s.open(tx, person, w.ID, d, false)
		return err
	})
	return signed, err
}

// knownZone is the time zone of a name, "" where there is none: a browser that names
// one of its own keeps nobody out.
func knownZone(name string) string {
	if tenant.KnownZone(name) {
		return name
	}
	return ""
}

// newPerson checks what somebody typed and hashes the password. The error is the list
// of all that is wrong, after what the caller found wrong in the same form.
func (s *Service) newPerson(ctx context.Context, name, email, password, language string, wrong ...*fault.Error) (tenant.Person, error) {
	p := tenant.Person{ID: newID(), Name: strings.TrimSpace(name), Language: language}
	if p.Name == "" || utf8.RuneCountInString(p.Name) > 200 {
		wrong = append(wrong, invalid("name", "the name is empty or too long", "your name, at most 200 characters"))
	}
	var bad *fault.Error
	folded, err := tenant.FoldEmail(email)
	if errors.As(err, &bad) {
		wrong = append(wrong, bad)
	} else if err != nil {
		return p, err
	}
	p.Email = folded
	if bad := checkPassword(password, p.Name, p.Email); bad != nil {
		wrong = append(wrong, bad)
	}
	if len(wrong) > 0 {
		return p, fault.List(wrong)
	}
	p.PasswordHash, err = s.passwords.Hash(ctx, password)
	return p, err
}

// leastPassword is the shortest password in characters (NIST SP 800-63B-4 asks
// for 15 where it is the only factor).
const leastPassword = 12

func (s *Service) hash(ctx context.Context, password string, own ...string) (string, error) {
	if bad := checkPassword(password, own...); bad != nil {
		return "", bad
	}
	return s.passwords.Hash(ctx, password)
}

// checkPassword says what speaks against a password for somebody who is known by some
// words, nil when nothing does.
func checkPassword(password string, own ...string) *fault.Error {
	n := utf8.RuneCountInString(password)
	if n < leastPassword || len(password) > 256 {
		return invalid("password", "the password is too short or too long", "12 to 256 characters; several words are easy to remember")
	}
	folded := strings.ToLower(password)
	for _, word := range own {
		if word = strings.ToLower(word); len(word) > 3 && strings.Contains(folded, word) {
			return invalid("password", "the password contains your name or address", "a password that nobody can guess from who you are")
		}
	}
	if strings.Trim(folded, folded[:1]) == "" {
		return invalid("password", "the password repeats one character", "several words")
	}
	if guessedFirst(folded) {
		return invalid("password", "the password is one of those that are guessed first", "several words that do not belong together")
	}
	return nil
}

// commonWords are what the most used passwords consist of besides figures and signs,
// in the languages of the pages.
var commonWords = []string{"password", "passwort", "motdepasse", "qwerty", "qwertyuiop", "qwertz", "qwertzuiop", "azerty", "azertyuiop", "asdfghjkl", "abc", "abcdef",
	"abcdefghijkl", "letmein", "welcome", "willkommen", "bienvenue", "bonjour", "hallo", "hello", "iloveyou", "ichliebedich", "jetaime", "admin", "administrator",
	"administrateur", "root", "user", "login", "test", "testtest", "changeme", "changeit", "secret", "geheim", "sunshine", "princess", "football", "fussball",
	"baseball", "monkey", "dragon", "master", "superman", "batman", "starwars", "schalke", "spring", "summer", "autumn", "winter", "sommer", "herbst", "nisaba"}

// guessedFirst reports whether a password in small letters is a well-known word, also
// twice, with figures and signs around it or in place of letters, or a number of
// fewer than twenty figures (NIST SP 800-63B-4 asks to compare with what is commonly used).
func guessedFirst(folded string) bool {
	if strings.Trim(folded, "0123456789 .-/+") == "" && len(folded) < 20 {
		return true
	}
	for _, spelt := range []string{folded, strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "@", "a", "$", "s").Replace(strings.TrimRight(folded, "0123456789!?.#*"))} {
		letters := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, spelt)
		half := letters[:len(letters)/2]
		if slices.Contains(commonWords, letters) || letters == half+half && slices.Contains(commonWords, half) {
			return true
		}
	}
	return false
}

// Attempts to sign in within a period; then the answer is the same for every
// password until the period ends. One place is a browser that the person signed in
// with before, or else an address. The places that are not known have a limit for
// all of them together too, against guessing from many addresses; a known browser
// is not part of it, so that nobody can lock the owner of an account out.
const (
	attempts         = 10
	attemptsOfOthers = 100
	attemptsPeriod   = 15 * time.Minute
)

// ErrSignIn is the only answer to a failed sign-in: it does not say whether the
// account exists.
var ErrSignIn = &fault.Error{Kind: fault.Forbidden, What: "address, password or code do not match, or there were too many attempts",
	Expected: "another attempt; after ten failures from one place, in a quarter of an hour"}

// SignIn checks address, password and, where the account has a second factor, its
// code (from the app, or a recovery code). needCode says that the password was
// right and a code must follow; the same call with the code completes it.
func (s *Service) SignIn(ctx context.Context, email, password, code string, d Device) (signed Signed, needCode bool, err error) {
	folded, err := tenant.FoldEmail(email)
	if err != nil {
		folded = "?" // hashed all the same, so that the time tells nothing
	}
	var person tenant.Person
	allowed := false
	err = s.store.Write(ctx, signIn(), store.Change{Actor: "system", From: d.Address}, func(tx *store.Tx) error {
		if person, err = tx.PersonByEmail(folded); fault.KindOf(err) == fault.NotFound {
			person, err = tenant.Person{}, nil
		}
		if err == nil {
			allowed, err = attempt(tx, folded, person, d)
		}
		return err
	})
	if err != nil {
		return Signed{}, false, err
	}
	hash := person.PasswordHash
	if person.Disabled || !allowed {
		hash = ""
	}
	stale, err := s.passwords.Check(ctx, hash, password)
	if errors.Is(err, secret.ErrPassword) {
		return Signed{}, false, ErrSignIn
	}
	if err != nil {
		return Signed{}, false, err
	}
	if needCode, err = s.wantsCode(ctx, person, code); err != nil || needCode {
		return Signed{}, needCode, err
	}
	signed, err = s.complete(ctx, person, code, password, stale, d)
	return signed, false, err
}

// place is the counter of the attempts on an account from one place.
func place(folded string, d Device, known bool) string {
	from := d.Address
	if known {
		from = "device " + d.Known
	}
	return "sign-in " + secret.TokenHash(folded+" "+from)
}

// attempt counts one attempt to sign in and reports whether it is within the limits.
func attempt(tx *store.Tx, folded string, p tenant.Person, d Device) (allowed bool, err error) {
	known, err := knownDevice(tx, p.ID, d)
	if err != nil {
		return false, err
	}
	n, err := tx.Count(place(folded, d, known), attemptsPeriod)
	if err != nil || known {
		return n <= attempts, err
	}
	all, err := tx.Count("sign-in of others "+secret.TokenHash(folded), attemptsPeriod)
	return n <= attempts && all <= attemptsOfOthers, err
}

// wantsCode reports whether the second factor of a person is still to be shown.
func (s *Service) wantsCode(ctx context.Context, p tenant.Person, code string) (bool, error) {
	if strings.TrimSpace(code) != "" {
		return false, nil
	}
	wanted := false
	err := s.store.Read(ctx, signIn(), func(tx *store.Tx) (err error) {
		wanted, err = hasFactor(tx, p)
		return err
	})
	return wanted, err
}

// hasFactor reports whether the person signs in with two factors: an app, or a
// passkey. In place of either a recovery code works once.
func hasFactor(tx *store.Tx, p tenant.Person) (bool, error) {
	if p.TOTPSecret != "" {
		return true, nil
	}
	keys, err := tx.PasskeysOf(p.ID)
	return len(keys) > 0, err
}

// complete checks the code and opens the session.
func (s *Service) complete(ctx context.Context, person tenant.Person, code, password string, stale bool, d Device) (signed Signed, err error) {
	fresh := ""
	if stale {
		if fresh, err = s.passwords.Hash(ctx, password); err != nil {
			return Signed{}, err
		}
	}
	err = s.store.Write(ctx, signIn(), change(person, d), func(tx *store.Tx) error {
		now, err := tx.Person(person.ID)
		if isNotFound(err) || err == nil && (now.Disabled || now.PasswordHash != person.PasswordHash) {
			return ErrSignIn // while the password was checked, the account was closed or got another one
		}
		if err != nil {
			return err
		}
		mfa, err := hasFactor(tx, now)
		if err != nil {
			return err
		}
		if mfa {
			if err := s.checkCode(tx, now, code); err != nil {
				return err
			}
		}
		if fresh != "" {
			now.PasswordHash = fresh
			if now, err = tx.PutPerson(now); err != nil {
				return err
			}
		}
		workspace, err := firstWorkspace(tx, person.ID, d, mfa)
		if err != nil {
			return err
		}
		if signed, err = s.open(tx, now, workspace, d, mfa); err != nil {
			return err
		}
		known := signed.Device == ""
		return tx.ResetCount(place(now.Email, d, known))
	})
	return signed, err
}

// firstWorkspace is the first workspace whose policy lets the person in, "" when
// there is none.
func firstWorkspace(tx *store.Tx, person string, d Device, mfa bool) (string, error) {
	memberships, err := tx.MembershipsOf(person)
	if err != nil {
		return "", err
	}
	for _, m := range memberships {
		w, err := tx.In(m.Workspace, "").Workspace()
		if err != nil {
			return "", err
		}
		if admits(w.Policy, d, mfa) == nil {
			return w.ID, nil
		}
	}
	return "", nil
}

// ErrNeedsFactor is returned when the workspace demands a second factor that the
// session has not shown.
var ErrNeedsFactor = &fault.Error{Kind: fault.Forbidden, What: "this workspace demands a second factor",
	Expected: "to set one up under \"Your account\" and to sign in with it"}

func admits(p tenant.Policy, d Device, mfa bool) error {
	address, err := netip.ParseAddr(d.Address)
	if len(p.AddressRanges) > 0 && (err != nil || !p.Allows(address)) {
		return &fault.Error{Kind: fault.Forbidden, What: "this workspace can only be used from certain addresses"}
	}
	if p.RequireMFA && !mfa {
		return ErrNeedsFactor
	}
	return nil
}

// open makes a session, and remembers a device that is new and tells the person.
func (s *Service) open(tx *store.Tx, p tenant.Person, workspace string, d Device, mfa bool) (Signed, error) {
	hours := sessionHours
	if workspace != "" {
		w, err := tx.In(workspace, "").Workspace()
		if err != nil {
			return Signed{}, err
		}
		if w.Policy.SessionHours > 0 {
			hours = w.Policy.SessionHours
		}
	}
	device, err := s.meetDevice(tx, p, workspace, d)
	if err != nil {
		return Signed{}, err
	}
	token, hash := secret.NewToken()
	session, err := tx.PutSession(account.Session{
		Person: p.ID, Workspace: workspace, TokenHash: hash, From: d.Address, Device: d.Name, MFA: mfa,
		StepUpAt: tx.Now(), SeenAt: tx.Now(), ExpiresAt: tx.Now().Add(time.Duration(hours) * time.Hour),
	})
	return Signed{Token: token, Session: session, Person: p, Device: device}, err
}

func change(p tenant.Person, d Device) store.Change {
	return store.Change{Actor: p.ID, ActorName: p.Name, From: d.Address}
}

func invalid(field, what, expected string) *fault.Error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}
