package clients

import (
	"context"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/branding"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// SetBrand changes the colour of an organisation ("#rrggbb", "" for that of the
// workspace) and who its reports say that they are prepared by. Conflict when
// version is not the newest.
func (s *Service) SetBrand(ctx context.Context, a authz.Actor, organisation string, version int64, colour, preparedBy string) error {
	if _, err := a.Organisation(ctx, organisation, authz.OrganisationEdit); err != nil {
		return err
	}
	colour, err := branding.Colour(colour)
	if err != nil {
		return err
	}
	preparedBy = strings.TrimSpace(preparedBy)
	if len([]rune(preparedBy)) > 200 {
		return invalid("prepared_by", "the text is too long", "at most 200 characters")
	}
	return s.write(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		o, err := newest(tx, organisation, version)
		if err != nil {
			return err
		}
		return s.amend(tx, o, branded(colour, preparedBy))
	})
}

func branded(colour, preparedBy string) func(*organisation.File) {
	return func(f *organisation.File) {
		f.Organisation.Brand.Colour, f.Organisation.Brand.PreparedBy = colour, preparedBy
	}
}

// SetLogo stores a PNG or JPEG as the logo of an organisation; anything else is Invalid.
func (s *Service) SetLogo(ctx context.Context, a authz.Actor, organisation string, file []byte) error {
	if _, err := a.Organisation(ctx, organisation, authz.OrganisationEdit); err != nil {
		return err
	}
	hash, err := branding.KeepLogo(s.files, file)
	if err != nil {
		return err
	}
	return s.putLogo(ctx, a, organisation, hash)
}

// RemoveLogo takes the logo of an organisation away: that of the workspace is shown
// again.
func (s *Service) RemoveLogo(ctx context.Context, a authz.Actor, organisation string) error {
	return s.putLogo(ctx, a, organisation, "")
}

func (s *Service) putLogo(ctx context.Context, a authz.Actor, organisation, hash string) error {
	return s.write(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		o, err := tx.Organisation(organisation)
		if err != nil {
			return err
		}
		o.Brand.Logo = hash
		_, err = tx.PutOrganisation(o)
		return err
	})
}

// Logo is the logo of an organisation as PNG; NotFound when it has none.
func (s *Service) Logo(ctx context.Context, a authz.Actor, organisation string) ([]byte, error) {
	hash := ""
	err := s.read(ctx, a, organisation, authz.OrganisationRead, func(tx *store.Tx) error {
		o, err := tx.Organisation(organisation)
		hash = o.Brand.Logo
		return err
	})
	if err != nil {
		return nil, err
	}
	if hash == "" {
		return nil, &fault.Error{Kind: fault.NotFound, What: "there is no logo"}
	}
	return branding.Logo(s.files, hash)
}
