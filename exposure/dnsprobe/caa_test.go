package dnsprobe_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
)

// TestAuthorities: who may certify, as RFC 8659 says.
func TestAuthorities(t *testing.T) {
	encrypt, ok := dnsprobe.Issuer("Let's Encrypt")
	if _, known := dnsprobe.Issuer("Nobody Knows Ltd"); !ok || known {
		t.Fatal("the list of authorities")
	}
	for name, tc := range map[string]struct {
		records        []dnsprobe.CAA
		plain, special bool // plain names, names with *
	}{
		"none":            {nil, true, true},
		"only iodef":      {[]dnsprobe.CAA{{Tag: "iodef", Value: "mailto:x@example.org"}}, true, true},
		"named":           {[]dnsprobe.CAA{{Tag: "issue", Value: "letsencrypt.org"}}, true, true},
		"with parameters": {[]dnsprobe.CAA{{Tag: "issue", Value: " LetsEncrypt.org ; accounturi=https://x.example/1"}}, true, true},
		"other":           {[]dnsprobe.CAA{{Tag: "issue", Value: "ca.example"}}, false, false},
		"nobody":          {[]dnsprobe.CAA{{Tag: "issue", Value: ";"}}, false, false},
		"no wildcards":    {[]dnsprobe.CAA{{Tag: "issue", Value: "letsencrypt.org"}, {Tag: "issuewild", Value: ";"}}, true, false},
		"only wildcards":  {[]dnsprobe.CAA{{Tag: "issue", Value: ";"}, {Tag: "issuewild", Value: "letsencrypt.org"}}, false, true},
		"unreadable":      {[]dnsprobe.CAA{{Tag: "issue", Value: "%%%%%"}}, false, false},
		"critical":        {[]dnsprobe.CAA{{Tag: "issue", Value: "letsencrypt.org"}, {Tag: "tbs", Critical: true}}, false, false},
		"unknown":         {[]dnsprobe.CAA{{Tag: "issue", Value: "letsencrypt.org"}, {Tag: "tbs"}}, true, true},
	} {
		a := dnsprobe.Authorities{At: "example.org", Records: tc.records}
		if got := a.Allows(encrypt, false); got != tc.plain {
			t.Errorf("%s: %v, want %v", name, got, tc.plain)
		}
		if got := a.Allows(encrypt, true); got != tc.special {
			t.Errorf("%s, with *: %v, want %v", name, got, tc.special)
		}
	}
}
