package scan

import (
	"context"
	"errors"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// addressCheck says whether anything could be looked at. The probe does not list it,
// because it finds the targets of the others and always runs.
const addressCheck = "SCN-01"

var errNoAddress = errors.New("the name has no address")

// basics is the probe that finds addresses of names.
func basics() []exposure.Probe {
	return []exposure.Probe{{Name: "addresses", Level: exposure.OfDomain, Class: exposure.Passive, Run: findAddresses}}
}

// verdict is the outcome of an error: what the scope does not cover was left out on
// purpose.
func verdict(err error) (exposure.Outcome, string) {
	var r *exposure.Refusal
	if errors.As(err, &r) {
		return exposure.NotTested, err.Error()
	}
	return exposure.Error, err.Error()
}

func findAddresses(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	addresses, err := s.Dialer.Lookup(ctx, t.Name)
	if errors.Is(err, exposure.ErrStopped) || ctx.Err() != nil {
		return err
	}
	if err == nil && len(addresses) == 0 {
		err = errNoAddress
	}
	if err != nil {
		o, reason := verdict(err)
		s.Skip(addressCheck, t, o, reason)
		return nil
	}
	var words []string
	for _, a := range addresses {
		words = append(words, a.String())
		s.Discover(exposure.Target{Declared: t.Declared, Name: t.Name, Address: a})
	}
	s.Report(addressCheck, t, exposure.Info, strings.Join(words, ", "))
	return nil
}
