package posture

import "github.com/nisaba-platform/nisaba/catalog"

// Expected is the overall score and those of the measures, by the formula of Score,
// when some leaves count as met and everything else stays. With none it gives what
// Posture.Scores has under the same keys.
func Expected(cat *catalog.Catalogue, p Posture, met []string) []Score {
	closes := set(met)
	list := []Score{{Key: "overall"}}
	for m := 'a'; m <= 'j'; m++ {
		list = append(list, Score{Key: "measure." + string(m)})
	}
	for i := range p.Results {
		r := &p.Results[i]
		if r.Weight == 0 {
			continue
		}
		status := r.once(closes)
		list[0].add(status, r.Weight)
		leaf, _ := cat.Get(r.Requirement)
		for _, m := range leaf.Measures {
			list[1+int(m[0]-'a')].add(status, r.Weight)
		}
	}
	var out []Score
	for i := range list {
		list[i].finish()
		if list[i].Key == "overall" || !list[i].empty() {
			out = append(out, list[i])
		}
	}
	return out
}
