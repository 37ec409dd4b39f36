package ledger

import (
	"regexp"
	"strconv"
	"strings"
)

// Because is the reason of an entry that undoes another one or restores its value: the
// number of that one as data, which each reader gets told in their own language, and
// after it why, what whoever did it gave as a reason ("" for none).
func Because(entry int64, why string) string {
	text := "entry " + strconv.FormatInt(entry, 10)
	if why != "" {
		text += ": " + why
	}
	return text
}

// because reads what Because writes, and the English sentences of older ledgers.
var because = regexp.MustCompile(`(?s)^(?:undo of |as after )?entry ([0-9]+)(?:: (.*))?$`)

// Rewound tells of an entry that undoes another one, or restores its value, which
// (ok), and what was given as the reason besides.
func (e Entry) Rewound() (entry int64, why string, ok bool) {
	if !strings.HasSuffix(e.Action, ".undo") && !strings.HasSuffix(e.Action, ".restore") {
		return 0, "", false
	}
	m := because.FindStringSubmatch(e.Reason)
	if m == nil {
		return 0, "", false
	}
	entry, err := strconv.ParseInt(m[1], 10, 64)
	return entry, m[2], err == nil
}
