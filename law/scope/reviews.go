package scope

import (
	"slices"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// reviews are the points that a person should look at: claims that have no
// effect on the class, doubts of the text, and choices of national law.
func (m *model) reviews(d *Determination) []law.Message {
	f := m.facts
	var out []law.Message
	say := func(holds bool, key string, args ...any) {
		if holds {
			out = append(out, law.Say("scope.review."+key, args...))
		}
	}
	say(d.WhatIf, "what-if")
	for _, id := range m.unknownTypes {
		say(true, "unknown-type", "type", id)
	}
	if len(f.Definition) > 0 {
		say(f.stated(AncillaryActivity) == law.True, "ancillary")
		say(f.stated(IntraGroupOnly) == law.True, "intra-group")
		say(f.stated(SoleProviderClaimed) == law.True, "sole-provider")
		say(f.stated(PublicSafetyClaimed) == law.True, "public-safety")
		say(f.stated(NetworkPublic) == law.False && m.claimed.has(atECS) && f.hasFact(NetworkPublic), "private-network")
		say(f.stated(ServesSecurityBodiesOnly) == law.True, "serves-security-bodies")
	}
	m.sizeReviews(say)
	say(m.identified > 0 && f.EntityTypesKnown && !m.anyListed(d), "identified-without-type")
	say(f.PublicOwnership.Known && f.PublicOwnership.Value >= 25, "public-ownership")
	say(f.Security == SecurityMarginal || f.Security == SecurityPredominant && d.Class != law.Out, "security-activity")
	if d.Class == law.Out {
		return out
	}
	say(slices.ContainsFunc(d.Grounds, func(g Ground) bool { return g.Rule == "scope.2.2.f.ii" }) &&
		d.Size == law.Large, "regional-large")
	say(m.mixedDORA(d.EntityTypes), "dora-mixed")
	say(len(d.Jurisdiction) == 0, "no-jurisdiction")
	say(d.Representative && !InUnion(f.RepresentativeIn), "representative")
	return out
}

func (f *Facts) hasFact(name string) bool { _, ok := f.Definition[name]; return ok }

// sizeReviews are the doubts about the size.
func (m *model) sizeReviews(say func(bool, string, ...any)) {
	f := m.facts
	for i := range f.Partners {
		p := &f.Partners[i]
		say(p.Share.Known && p.Share.Value > investorUpTo, "partner-majority", "share", p.Share.Value)
	}
	gap := false
	for i := 1; i < len(m.sizer.years); i++ {
		gap = gap || m.sizer.years[i].Year > m.sizer.years[i-1].Year+1
	}
	say(gap, "year-gap")
	say(m.independent == law.True, "recital-16")
}

// anyListed reports whether an Annex I or II type remains or may remain.
func (m *model) anyListed(d *Determination) bool {
	listed := func(id string) bool {
		t, ok := annex.Find(id)
		return ok && t.Listed()
	}
	return slices.ContainsFunc(d.EntityTypes, listed) || slices.ContainsFunc(d.MaybeTypes, listed)
}

// mixedDORA reports whether a financial entity under DORA has other listed
// activities too.
func (m *model) mixedDORA(types []string) bool {
	financial, other := false, false
	for _, id := range types {
		if annex.In(id, annex.DORA) {
			financial = true
		} else {
			other = true
		}
	}
	return financial && other
}
