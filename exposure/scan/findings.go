package scan

import (
	"iter"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Findings are what a scan found: in memory (List), or on the disk (*Spool), so that a
// scan of many hosts needs no more memory than one of few. They can be read as often as
// somebody asks; after an error nothing more comes.
type Findings interface {
	// Worst yields all of them in the order of the function Worst.
	Worst() iter.Seq2[exposure.Finding, error]
	// Of yields those of a declared target, in the same order.
	Of(declared string) ([]exposure.Finding, error)
}

// List holds findings in memory.
type List []exposure.Finding

// Worst implements Findings.
func (l List) Worst() iter.Seq2[exposure.Finding, error] {
	return func(yield func(exposure.Finding, error) bool) {
		for _, f := range Worst(l) {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// Of implements Findings.
func (l List) Of(declared string) (out []exposure.Finding, _ error) {
	for _, f := range Worst(l) {
		if f.Target.Declared == declared {
			out = append(out, f)
		}
	}
	return out, nil
}

// Problems yields the failures and warnings, worst first, and nothing after an error.
func Problems(list Findings) iter.Seq2[exposure.Finding, error] {
	return func(yield func(exposure.Finding, error) bool) {
		for f, err := range list.Worst() {
			if err == nil && !bad(&f) { // the order puts them before everything else
				return
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}
