package scanning

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// systemResolver asks the resolver of this machine, or the one it was given.
type systemResolver struct{ r *net.Resolver }

// SystemResolver finds addresses with the resolver of this machine; with at, it asks
// that name server.
func SystemResolver(at netip.AddrPort) exposure.Resolver {
	if !at.IsValid() {
		return systemResolver{net.DefaultResolver}
	}
	return systemResolver{resolverAt(at)}
}

// resolverAt asks one recursive resolver.
func resolverAt(at netip.AddrPort) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, at.String())
	}}
}

// textsAt reads the texts of a name at the first of several recursive resolvers that
// answers; without any, at that of this machine.
func textsAt(list []netip.AddrPort) func(ctx context.Context, name string) ([]string, error) {
	if len(list) == 0 {
		return net.DefaultResolver.LookupTXT
	}
	return func(ctx context.Context, name string) (texts []string, err error) {
		for _, at := range list {
			texts, err = resolverAt(at).LookupTXT(ctx, name)
			var missing *net.DNSError
			if err == nil || errors.As(err, &missing) && missing.IsNotFound {
				return texts, err
			}
		}
		return nil, err
	}
}

// Addresses implements exposure.Resolver.
func (s systemResolver) Addresses(ctx context.Context, name string) (exposure.Answer, error) {
	var a exposure.Answer
	list, err := s.r.LookupNetIP(ctx, "ip", name+".")
	if err != nil {
		return a, err
	}
	for _, address := range list {
		a.Addresses = append(a.Addresses, address.Unmap())
	}
	if target, err := s.r.LookupCNAME(ctx, name+"."); err == nil {
		if target = strings.ToLower(strings.TrimSuffix(target, ".")); target != name {
			a.Chain = []string{target}
		}
	}
	return a, nil
}
