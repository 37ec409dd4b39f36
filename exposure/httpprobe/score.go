package httpprobe

import (
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Score is a mark as the MDN HTTP Observatory gives it, from 0 upwards, and its
// letter. It is derived from the findings of one web service and its site, with the
// points of the Observatory's score chart as of commit 01b47110e065; preload lists
// are not known here, so that their extra points are missing.
type Score struct {
	Points int
	Letter string // "A+" to "F"
}

// From this many points on, extra points count.
const extraFrom = 90

// ScoreOf derives the score. ok is false when a check that counts is missing or
// ended with an error: then no mark is better than a wrong one.
func ScoreOf(findings []exposure.Finding) (s Score, ok bool) {
	by := map[string]exposure.Finding{}
	for _, f := range findings {
		by[f.Check] = f
	}
	less, extra := 0, 0
	for _, check := range []string{"HTTP-02", "HTTP-03", "HTTP-04", "HTTP-05", "HTTP-06", "HTTP-07", "HTTP-08", "HTTP-09", "HTTP-10", "HTTP-11"} {
		f, there := by[check]
		if !there || f.Outcome == exposure.Error || f.Outcome == exposure.NotTested {
			return Score{}, false
		}
		if n := points(f, by); n < 0 {
			less += n
		} else {
			extra += n
		}
	}
	s.Points = max(0, 100+less)
	if s.Points >= extraFrom {
		s.Points += extra
	}
	s.Letter = letter(s.Points)
	return s, true
}

// letters are the least points of a letter.
var letters = []struct {
	least  int
	letter string
}{{100, "A+"}, {90, "A"}, {85, "A-"}, {80, "B+"}, {70, "B"}, {65, "B-"}, {60, "C+"}, {50, "C"}, {45, "C-"}, {40, "D+"}, {30, "D"}, {25, "D-"}, {0, "F"}}

func letter(points int) string {
	for _, l := range letters {
		if points >= l.least {
			return l.letter
		}
	}
	return "F"
}

// points of one finding: negative ones are taken off.
func points(f exposure.Finding, by map[string]exposure.Finding) int {
	fail, pass, warn := f.Outcome == exposure.Fail, f.Outcome == exposure.Pass, f.Outcome == exposure.Warn
	has := func(text string) bool { return strings.Contains(f.Observed, text) }
	switch f.Check {
	case "HTTP-02":
		switch {
		case fail:
			return -20
		case warn && has("another place"):
			return -5
		case warn:
			return -10
		}
	case "HTTP-03":
		switch {
		case fail && has("less than six months"):
			return -10
		case fail || f.Outcome == exposure.NotApplicable && strings.Contains(f.Reason, "HTTPS only"):
			return -20
		}
	case "HTTP-04":
		return policyPoints(f)
	case "HTTP-05":
		switch {
		case fail:
			return -20
		case pass && has("frame-ancestors"):
			return 5
		}
	case "HTTP-06":
		if fail {
			return -5
		}
	case "HTTP-07":
		switch {
		case pass, warn && has("strict-origin") && !has("not set"):
			return 5
		case fail, warn && !has("not set"):
			return -5
		}
	case "HTTP-08":
		if has("Cross-Origin-Resource-Policy: same-") {
			return 10
		}
	case "HTTP-09":
		if fail {
			return -50
		}
	case "HTTP-10":
		return cookiePoints(f, by["HTTP-03"].Outcome == exposure.Pass)
	case "HTTP-11":
		switch {
		case fail && f.Severity == exposure.High:
			return -50
		case fail:
			return -5
		case pass:
			return 5
		}
	}
	return 0
}

func policyPoints(f exposure.Finding) int {
	switch {
	case f.Outcome == exposure.Pass && strings.Contains(f.Observed, "default-src 'none'"):
		return 10
	case f.Outcome == exposure.Pass:
		return 5
	case f.Outcome != exposure.Fail:
		return 0
	case strings.Contains(f.Observed, noPolicy) || strings.Contains(f.Observed, onlyReports):
		return -25
	case strings.Contains(f.Observed, "unsafe-eval") && !strings.Contains(f.Observed, "unsafe-inline") && !strings.Contains(f.Observed, "anywhere"):
		return -10
	}
	return -20
}

func cookiePoints(f exposure.Finding, hsts bool) int {
	session, open := f.Severity == exposure.High, strings.Contains(f.Observed, "no Secure")
	switch {
	case f.Outcome == exposure.Pass && f.Observed != noCookie:
		return 5
	case f.Outcome == exposure.Warn:
		return 0
	case f.Outcome != exposure.Fail:
		return 0
	case session && open && hsts:
		return -10
	case session && open:
		return -40
	case session:
		return -30
	case open && hsts:
		return -5
	}
	return -20
}
