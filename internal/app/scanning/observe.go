package scanning

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// rule says of which requirements the checks of an area speak, beside the points of
// the annex that they name.
type rule struct {
	Area         exposure.Area `yaml:"area"`
	Requirements []string      `yaml:"requirements"`
}

// loadRules reads the rules. Requirements that the catalogue does not know are an
// error.
func loadRules(content fs.FS, cat *catalog.Catalogue) (rules []rule, err error) {
	b, err := fs.ReadFile(content, "exposure/observations.yaml")
	if err != nil {
		return nil, fmt.Errorf("load what scans say about requirements: %w", err)
	}
	if err := yaml.Unmarshal(b, &rules); err != nil {
		return nil, fmt.Errorf("load what scans say about requirements: %w", err)
	}
	var errs []error
	for _, r := range rules {
		for _, id := range r.Requirements {
			if _, ok := cat.Get(id); !ok {
				errs = append(errs, fmt.Errorf("exposure/observations.yaml: there is no requirement %q", id))
			}
		}
	}
	return rules, errors.Join(errs...)
}

// requirements are those of which a check speaks.
func (s *Service) requirements(c exposure.Check) (out []string) {
	for _, p := range c.Points {
		if id := "cir." + p; s.known(id) {
			out = append(out, id)
		}
	}
	for _, r := range s.rules {
		if r.Area == c.Area {
			out = append(out, r.Requirements...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *Service) known(id string) bool {
	_, ok := s.catalogue.Get(id)
	return ok
}

// says is what a finding says about a requirement; "" when it says nothing against
// it.
func says(f exposure.Finding) posture.Status {
	switch {
	case f.Outcome != exposure.Fail:
		return ""
	case f.Severity == exposure.Critical || f.Severity == exposure.High:
		return posture.NotMet
	case f.Severity == exposure.Medium:
		return posture.PartlyMet
	}
	return ""
}

// observe turns findings into what the assessment compares with the answers: for
// each requirement the worst, one observation for each check that says it.
func (s *Service) observe(list []exposure.Finding, source string, on law.Date) (out []posture.Observation) {
	type key struct{ requirement, check string }
	seen := map[key]int{}
	for _, f := range list {
		status := says(f)
		if status == "" {
			continue
		}
		c, _ := s.knowledge.Catalogue.Get(f.Check)
		for _, id := range s.requirements(c) {
			k := key{id, f.Check}
			if i, ok := seen[k]; ok {
				if status == posture.NotMet {
					out[i].Says = status
				}
				continue
			}
			seen[k] = len(out)
			out = append(out, posture.Observation{Source: source + ": " + f.Check + " " + c.Title, Ref: ID(f), Requirement: id, Says: status, On: on})
		}
	}
	return out
}
