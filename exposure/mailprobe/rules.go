package mailprobe

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Rules is a policy of MTA-STS, RFC 8461.
type Rules struct {
	Mode   string // "enforce", "testing" or "none"
	MaxAge int    // seconds
	MX     []string
}

// Limits of RFC 8461 section 3.2 and 3.3.
const (
	longestRules  = 64 << 10
	longestAge    = 31557600
	goodAge       = 604800
	mostRuleLines = 200
)

// ParseSTS reads the record that announces a policy, and returns its id.
func ParseSTS(record string) (string, error) {
	if !begins(record, "STSv1") {
		return "", errors.New("it does not begin with v=STSv1")
	}
	list, err := tags(record)
	if err != nil {
		return "", err
	}
	id, ok := value(list, "id")
	if !ok || len(id) < 1 || len(id) > 32 || strings.Trim(strings.ToLower(id), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return "", errors.New("id: expected up to 32 letters and digits")
	}
	return id, nil
}

// ParseRules reads a policy.
func ParseRules(body string) (Rules, error) {
	if len(body) > longestRules {
		return Rules{}, errTooLong
	}
	r := Rules{MaxAge: -1}
	version, lines := false, bufio.NewScanner(strings.NewReader(body))
	for n := 0; lines.Scan(); n++ {
		line := strings.Trim(lines.Text(), " \t\r")
		if line == "" {
			continue
		}
		if n > mostRuleLines {
			return r, errTooLong
		}
		key, v, ok := strings.Cut(line, ":")
		if v = strings.Trim(v, " \t"); !ok {
			return r, fmt.Errorf("%q is no rule", exposure.Clip(line))
		}
		switch strings.Trim(key, " \t") {
		case "version":
			if version = v == "STSv1"; !version {
				return r, fmt.Errorf("the version %q is not known", exposure.Clip(v))
			}
		case "mode":
			if r.Mode == "" {
				r.Mode = v
			}
		case "max_age":
			age, err := strconv.Atoi(v)
			if err != nil || age < 0 || age > longestAge {
				return r, fmt.Errorf("max_age: expected a number of seconds up to %d", longestAge)
			}
			if r.MaxAge < 0 {
				r.MaxAge = age
			}
		case "mx":
			r.MX = append(r.MX, fold(v))
		}
	}
	switch {
	case lines.Err() != nil:
		return r, fmt.Errorf("read the policy: %w", lines.Err())
	case !version:
		return r, errors.New("the version is missing")
	case r.Mode != "enforce" && r.Mode != "testing" && r.Mode != "none":
		return r, fmt.Errorf("the mode %q is not known", exposure.Clip(r.Mode))
	case r.MaxAge < 0:
		return r, errors.New("max_age is missing")
	case r.Mode != "none" && len(r.MX) == 0:
		return r, errors.New("no mail server is named")
	}
	return r, nil
}

// Names reports whether a policy names a mail server. A * stands for one label.
func (r Rules) Names(host string) bool {
	for _, p := range r.MX {
		if p == host {
			return true
		}
		if rest, ok := strings.CutPrefix(p, "*."); ok {
			if _, parent, has := strings.Cut(host, "."); has && parent == rest {
				return true
			}
		}
	}
	return false
}

// ParseReporting reads a record of TLS-RPT, RFC 8460, and returns where reports go.
func ParseReporting(record string) ([]string, error) {
	if !begins(record, "TLSRPTv1") {
		return nil, errors.New("it does not begin with v=TLSRPTv1")
	}
	list, err := tags(record)
	if err != nil {
		return nil, err
	}
	rua, _ := value(list, "rua")
	var out []string
	for part := range strings.SplitSeq(rua, ",") {
		part = strings.Trim(part, " \t")
		if u, err := url.Parse(part); err == nil && u.Scheme == "https" && u.Host != "" {
			out = append(out, part)
			continue
		}
		if _, err := mailto(part); err != nil {
			return nil, fmt.Errorf("rua: expected mailto: or https: addresses, not %q", exposure.Clip(part))
		}
		out = append(out, part)
	}
	return out, nil
}
