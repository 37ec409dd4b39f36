package mailprobe

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Limits of records: longer ones are not read.
const (
	longestRecord = 8192
	mostTags      = 64
)

var errTooLong = errors.New("the record is too long")

// tag is one part of a record such as "p=reject".
type tag struct{ name, value string }

// tags reads a list of the form of RFC 6376 section 3.2, as DKIM, DMARC, TLS-RPT and
// BIMI use it.
func tags(record string) (out []tag, err error) {
	if len(record) > longestRecord {
		return nil, errTooLong
	}
	for part := range strings.SplitSeq(record, ";") {
		part = strings.Trim(part, " \t\r\n")
		if part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.Trim(name, " \t\r\n")
		if !ok || name == "" || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, fmt.Errorf("%q is no tag", exposure.Clip(part))
		}
		for _, t := range out {
			if t.name == name {
				return nil, fmt.Errorf("the tag %s stands twice", name)
			}
		}
		if out = append(out, tag{name, strings.Trim(value, " \t\r\n")}); len(out) > mostTags {
			return nil, errTooLong
		}
	}
	return out, nil
}

func value(list []tag, name string) (string, bool) {
	for _, t := range list {
		if t.name == name {
			return t.value, true
		}
	}
	return "", false
}

// begins reports whether a record is of a version: its first tag is v with it.
func begins(record, version string) bool {
	first, _, _ := strings.Cut(record, ";")
	name, v, ok := strings.Cut(first, "=")
	return ok && strings.Trim(name, " \t") == "v" && strings.Trim(v, " \t") == version
}
