package scanning

import (
	"cmp"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/domain/register"
)

// share puts the entries of different registers together that have a domain in common,
// also by way of others.
func share(all []SupplierStanding) (out []SharedSupplier) {
	parent := make([]int, len(all))
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			i = parent[i]
		}
		return i
	}
	of := map[string]int{}
	for i, x := range all {
		for _, d := range domainsOf(x.Supplier) {
			if j, ok := of[d]; ok {
				parent[root(i)] = root(j)
			}
			of[d] = i
		}
	}
	groups := map[int][]SupplierStanding{}
	for i, x := range all {
		groups[root(i)] = append(groups[root(i)], x)
	}
	for _, list := range groups {
		out = append(out, shared(list))
	}
	slices.SortFunc(out, func(x, y SharedSupplier) int {
		return cmp.Or(order(x.Worse, y.Worse), cmp.Compare(y.Grade, x.Grade), cmp.Compare(len(y.Clients), len(x.Clients)), cmp.Compare(x.Name, y.Name), slices.Compare(x.Domains, y.Domains))
	})
	return out
}

// order puts what is true first.
func order(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}

func shared(list []SupplierStanding) SharedSupplier {
	slices.SortStableFunc(list, func(x, y SupplierStanding) int {
		return cmp.Or(cmp.Compare(slices.Index(register.Levels(), x.Supplier.Criticality), slices.Index(register.Levels(), y.Supplier.Criticality)), cmp.Compare(x.Name, y.Name))
	})
	out := SharedSupplier{Name: list[0].Supplier.Name, Clients: list}
	newest := list[0].Last
	for _, x := range list {
		out.Worse = out.Worse || x.GotWorse()
		for _, d := range domainsOf(x.Supplier) {
			if !slices.Contains(out.Domains, d) {
				out.Domains = append(out.Domains, d)
			}
		}
		if x.Last.EndedAt.After(newest.EndedAt) {
			newest = x.Last
		}
	}
	slices.Sort(out.Domains)
	out.Grade = newest.Grade
	return out
}
