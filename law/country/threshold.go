package country

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// Threshold is a national figure above which an incident is significant, beside
// the criteria of the Union (Directive (EU) 2022/2555 Art. 5 lets national law be
// stricter). Its Text or Value is the sentence of the national act.
type Threshold struct {
	ID       string `yaml:"id" json:"id"`             // for example "sig.xx.users"
	Citation string `yaml:"citation" json:"citation"` // act and provision
	Field    string `yaml:"field" json:"field"`       // name of a number in the significance contract, for example "users_affected"
	Above    int    `yaml:"above" json:"above"`       // in the unit of the field; significant when more
	Fact     `yaml:",inline"`
}

var thresholdPattern = regexp.MustCompile(`^sig(\.[a-z0-9_-]+)+$`)

func checkThresholds(thresholds []Threshold, bad complain) {
	seen := map[string]bool{}
	for i, t := range thresholds {
		path := fmt.Sprintf("thresholds[%d]", i)
		if !thresholdPattern.MatchString(t.ID) || seen[t.ID] {
			bad(path+".id", "%q; expected an id of its own, for example \"sig.xx.users\"", t.ID)
		}
		seen[t.ID] = true
		if strings.TrimSpace(t.Citation) == "" {
			bad(path+".citation", "expected the act and the provision")
		}
		if f, ok := significance.ParseField(t.Field); !ok || f.Info().Unit == significance.YesNo {
			bad(path+".field", "%q; expected a number of the significance contract, for example \"users_affected\"", t.Field)
		}
		if t.Above < 0 {
			bad(path+".above", "%d; expected 0 or more", t.Above)
		}
		checkFact(path, t.Fact, bad)
	}
}

// Limits are the national thresholds as the significance test takes them.
func (p Pack) Limits() []significance.Limit {
	var out []significance.Limit
	for _, t := range p.Thresholds {
		if f, ok := significance.ParseField(t.Field); ok {
			out = append(out, significance.Limit{Rule: t.ID, Citation: t.Citation, Field: f, Above: float64(t.Above)})
		}
	}
	return out
}

func (t Threshold) field() Field {
	return Field{Path: "thresholds." + t.ID, Label: label("threshold"),
		Value:  law.Say("country.threshold", "text", t.Say(), "above", t.Above, "citation", t.Citation),
		Source: t.Source, Checked: t.Checked, Confidence: t.Confidence}
}
