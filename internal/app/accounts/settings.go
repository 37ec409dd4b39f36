package accounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/internal/app/branding"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// mostSessionHours is the longest session that a policy may allow: a month.
const mostSessionHours = 31 * 24

// WithFiles lets the service keep logos.
func (s *Service) WithFiles(files *blob.Dir) *Service {
	s.files = files
	return s
}

// Languages of the texts that the platform writes by itself.
func Languages() []string { return []string{"en", "de", "fr"} }

// WorkspaceSettings is what the settings page of a workspace changes. Version is
// that of the workspace which the page showed.
type WorkspaceSettings struct {
	Name       string
	Kind       tenant.Kind
	Language   string
	Zone       string // IANA name
	Colour     string // #rrggbb; "" = the colour of the platform
	PreparedBy string // printed on reports
	Version    int64
}

// manageWorkspace is the scope for changes of the workspace, after a step-up.
func (v Visit) manageWorkspace(now time.Time) (tenant.Scope, error) {
	scope, err := v.Actor.Workspace(authz.WorkspaceManage)
	if err == nil && !v.Actor.SteppedUp(now) {
		err = ErrStepUp
	}
	return scope, err
}

// changeWorkspace changes the workspace of the visit; Conflict when the page
// showed an older version. Version 0 takes what there is.
func (s *Service) changeWorkspace(ctx context.Context, v Visit, version int64, change func(*tenant.Workspace) error) error {
	scope, err := v.manageWorkspace(s.store.Now())
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, v.change(), func(tx *store.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		if version != 0 {
			w.Version = version
		}
		if err := change(&w); err != nil {
			return err
		}
		_, err = tx.PutWorkspace(w)
		return err
	})
}

// SetWorkspace changes name, kind, language, time zone and branding.
func (s *Service) SetWorkspace(ctx context.Context, v Visit, n WorkspaceSettings) error {
	if _, err := v.manageWorkspace(s.store.Now()); err != nil {
		return err
	}
	n.Name, n.PreparedBy = strings.TrimSpace(n.Name), strings.TrimSpace(n.PreparedBy)
	var list fault.List
	wrong := func(field, what, expected string) {
		list = append(list, &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected})
	}
	if n.Name == "" || utf8.RuneCountInString(n.Name) > 200 {
		wrong("name", "the name is empty or too long", "a name of at most 200 characters")
	}
	if utf8.RuneCountInString(n.PreparedBy) > 200 {
		wrong("prepared_by", "the text is too long", "at most 200 characters")
	}
	if bad := checkKind(n.Kind); bad != nil {
		list = append(list, bad)
	}
	if !slices.Contains(Languages(), n.Language) {
		wrong("language", "there is no such language here", "one of "+strings.Join(Languages(), ", "))
	}
	if bad := tenant.CheckZone(n.Zone); bad != nil {
		list = append(list, bad)
	}
	colour, err := branding.Colour(n.Colour)
	var bad *fault.Error
	if errors.As(err, &bad) {
		list = append(list, bad)
	}
	if len(list) > 0 {
		return list
	}
	return s.changeWorkspace(ctx, v, n.Version, func(w *tenant.Workspace) error {
		w.Name, w.Kind, w.Language, w.Brand.Colour, w.Brand.PreparedBy = n.Name, n.Kind, n.Language, colour, n.PreparedBy
		if w.Zone != "" || n.Zone != "UTC" { // without a name it is UTC already
			w.Zone = n.Zone
		}
		return nil
	})
}

// checkKind says what is wrong with a kind of workspace, nil when there is one.
func checkKind(k tenant.Kind) *fault.Error {
	if slices.Contains(tenant.Kinds(), k) {
		return nil
	}
	return invalid("kind", "there is no such kind of workspace", "a provider, a group, one organisation or an authority")
}

// SetLogo stores a PNG or JPEG as the logo of the workspace, decoded and written
// again so that nothing but the picture is kept; anything else is Invalid.
func (s *Service) SetLogo(ctx context.Context, v Visit, file []byte) error {
	if _, err := v.manageWorkspace(s.store.Now()); err != nil {
		return err
	}
	hash, err := branding.KeepLogo(s.files, file)
	if err != nil {
		return err
	}
	return s.putLogo(ctx, v, hash)
}

// RemoveLogo takes the logo of the workspace away.
func (s *Service) RemoveLogo(ctx context.Context, v Visit) error {
	return s.putLogo(ctx, v, "")
}

func (s *Service) putLogo(ctx context.Context, v Visit, hash string) error {
	return s.changeWorkspace(ctx, v, 0, func(w *tenant.Workspace) error {
		w.Brand.Logo = hash
		return nil
	})
}

// Logo is the logo of the workspace of the visit as PNG; NotFound when it has none.
func (s *Service) Logo(v Visit) (png []byte, err error) {
	if _, err := v.Actor.Reach(authz.OrganisationRead); err != nil {
		return nil, err
	}
	return branding.Logo(s.files, v.Workspace.Brand.Logo)
}

// SetPolicy changes what the workspace demands of its members. It refuses a policy
// that would keep out whoever sets it, with this session and from this address.
func (s *Service) SetPolicy(ctx context.Context, v Visit, d Device, p tenant.Policy, version int64) error {
	if _, err := v.manageWorkspace(s.store.Now()); err != nil {
		return err
	}
	ranges, err := parseRanges(p.AddressRanges)
	if err != nil {
		return err
	}
	p.AddressRanges = ranges
	if p.SessionHours < 0 || p.SessionHours > mostSessionHours {
		return invalid("session_hours", "sessions cannot last that long", fmt.Sprintf("1 to %d hours, or nothing for the usual %d", mostSessionHours, sessionHours))
	}
	address, err := netip.ParseAddr(d.Address)
	if len(p.AddressRanges) > 0 && (err != nil || !p.Allows(address)) {
		return invalid("ranges", "you would lock yourself out: you come from "+d.Address, "a range that holds your own address")
	}
	if p.RequireMFA && !v.Session.MFA && v.Actor.Session == authz.Browser {
		return invalid("mfa", "you would lock yourself out: you have not signed in with a second factor", "a passkey or an app under \"Your account\" first")
	}
	return s.changeWorkspace(ctx, v, version, func(w *tenant.Workspace) error {
		w.Policy = p
		return nil
	})
}

// mostRanges is how many address ranges a policy may have.
const mostRanges = 100

// parseRanges reads address ranges: a single address stands for itself.
func parseRanges(lines []string) (ranges []string, err error) {
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(line)
		if err != nil {
			address, failed := netip.ParseAddr(line)
			if failed != nil || address.Zone() != "" {
				return nil, invalid("ranges", "this is not a range of addresses: "+line, "one per line, such as 192.0.2.0/24 or 2001:db8::/32")
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		if text := prefix.Masked().String(); !slices.Contains(ranges, text) {
			ranges = append(ranges, text)
		}
	}
	if len(ranges) > mostRanges {
		return nil, invalid("ranges", "these are too many ranges", fmt.Sprintf("at most %d", mostRanges))
	}
	return ranges, nil
}

// NewWorkspace makes another workspace that belongs to the person, in their time zone,
// and enters it.
func (s *Service) NewWorkspace(ctx context.Context, v Visit, name string, kind tenant.Kind) error {
	if name = strings.TrimSpace(name); name == "" || utf8.RuneCountInString(name) > 200 {
		return invalid("workspace", "the workspace has no name, or a long one", "the name of the provider, the group or the company")
	}
	if bad := checkKind(kind); bad != nil {
		return bad
	}
	if v.Actor.Session != authz.Browser {
		return &fault.Error{Kind: fault.Forbidden, What: "a token makes no workspaces"}
	}
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		n, err := tx.Count("workspaces of "+v.Person.ID, 24*time.Hour)
		if err != nil {
			return err
		}
		if n > mostNewWorkspaces {
			return &fault.Error{Kind: fault.Conflict, Field: "workspace", What: "you have made many workspaces today", Expected: "to go on tomorrow"}
		}
		w := tenant.Workspace{ID: newID(), Kind: kind, Name: name, Language: v.Person.Language, Zone: cmp.Or(v.Person.Zone, v.Workspace.Zone)}
		inside := tx.In(w.ID, "")
		if _, err := inside.PutWorkspace(w); err != nil {
			return err
		}
		if _, err := inside.PutMembership(tenant.Membership{Person: v.Person.ID, Role: authz.Owner}); err != nil {
			return err
		}
		return show(tx, v, w.ID)
	})
}

// mostNewWorkspaces is how many workspaces a person may make in a day.
const mostNewWorkspaces = 20

// show makes a workspace the one that the session shows.
func show(tx *store.Tx, v Visit, workspace string) error {
	session, err := tx.Session(v.Session.ID)
	if err != nil {
		return err
	}
	session.Workspace = workspace
	_, err = tx.PutSession(session)
	return err
}

// Leave ends the person's memberships in a workspace; NotFound when there are none.
// The last owner stays. Tokens that the person made stop with it.
func (s *Service) Leave(ctx context.Context, v Visit, workspace string) error {
	none := &fault.Error{Kind: fault.NotFound, What: "there is no such workspace"}
	if workspace == "" {
		return none // to leave it means all of them
	}
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		left, err := leave(tx, v.Person.ID, workspace)
		if err == nil && !left {
			err = none
		}
		if err != nil {
			return err
		}
		return endShown(tx, v.Person.ID, workspace)
	})
}

// leave removes the memberships of a person in one workspace, or in all ("").
func leave(tx *store.Tx, person, workspace string) (left bool, err error) {
	memberships, err := tx.MembershipsOf(person)
	if err != nil {
		return false, err
	}
	for _, m := range memberships {
		if workspace != "" && m.Workspace != workspace {
			continue
		}
		inside := tx.In(m.Workspace, "")
		if m.Role == authz.Owner && m.Organisation == "" {
			if err := anotherOwner(inside, person); err != nil {
				return false, err
			}
		}
		if err := inside.RemoveMembership(person, m.Organisation); err != nil {
			return false, err
		}
		left = true
	}
	return left, nil
}

// endShown leads the person's sessions out of a workspace.
func endShown(tx *store.Tx, person, workspace string) error {
	sessions, err := tx.SessionsOf(person)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		if session.Workspace != workspace {
			continue
		}
		session.Workspace = ""
		if _, err := tx.PutSession(session); err != nil {
			return err
		}
	}
	return nil
}

// Erase ends a person's account: name and address are replaced, password, second
// factors, sessions, known browsers and memberships are removed, and nobody can
// sign in any more. The visit must have stepped up; the last owner of a workspace
// hands it over first. What the ledger recorded before stays: it proves who did
// what, as the law asks of it, and cannot be altered unnoticed.
func (s *Service) Erase(ctx context.Context, v Visit) error {
	if !v.Actor.SteppedUp(s.store.Now()) || v.Actor.Session != authz.Browser {
		return ErrStepUp
	}
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		if _, err := leave(tx, v.Person.ID, ""); err != nil {
			return err
		}
		if err := disarm(tx, v.Person.ID); err != nil {
			return err
		}
		p, err := tx.Person(v.Person.ID)
		if err != nil {
			return err
		}
		p.Name, p.Email, p.Language, p.Digest = "Erased person "+p.ID[len(p.ID)-6:], "erased-"+p.ID+"@erased.invalid", "", ""
		p.PasswordHash, p.TOTPSecret, p.TOTPLastStep, p.Disabled = "", "", 0, true
		_, err = tx.PutPerson(p)
		return err
	})
}

// disarm removes everything by which a person can prove who they are.
func disarm(tx *store.Tx, person string) error {
	keys, err := tx.PasskeysOf(person)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := tx.RemovePasskey(k.ID); err != nil {
			return err
		}
	}
	if err := tx.ReplaceRecoveryCodes(person, nil); err != nil {
		return err
	}
	for _, kind := range []account.PassKind{account.KnownDevice, account.PasswordReset, account.Challenge} {
		if err := tx.RemovePassesOf(person, kind); err != nil {
			return err
		}
	}
	return endOthers(tx, person, "")
}
