package tenant_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

func TestScope(t *testing.T) {
	var zero tenant.Scope
	all := tenant.System("test")
	one := all.In("w", "o")
	for _, tc := range []struct {
		name  string
		s     tenant.Scope
		zero  bool
		all   bool
		org   string
		other bool // covers organisation "other"
	}{
		{"zero", zero, true, false, "", false},
		{"system", all, false, true, "", true},
		{"system without a reason", tenant.System(""), true, false, "", false},
		{"workspace", all.In("w", ""), false, false, "", true},
		{"organisation", one, false, false, "o", false},
		{"narrowed twice", one.In("w2", ""), true, false, "", false},
		{"nowhere", all.In("", "o"), true, false, "", false},
		{"zero stays zero", zero.In("w", ""), true, false, "", false},
	} {
		if tc.s.IsZero() != tc.zero || tc.s.Everything() != tc.all || tc.s.OrganisationID() != tc.org || tc.s.Covers("other") != tc.other {
			t.Errorf("%s: %+v", tc.name, tc.s)
		}
	}
}

func TestPolicyAllows(t *testing.T) {
	p := tenant.Policy{AddressRanges: []string{"192.0.2.0/24", "2001:db8::/32", "nonsense"}}
	for from, want := range map[string]bool{
		"192.0.2.7": true, "192.0.3.7": false, "2001:db8::1": true, "2001:db9::1": false, "::ffff:192.0.2.9": true,
	} {
		if got := p.Allows(netip.MustParseAddr(from)); got != want {
			t.Errorf("%s: %v", from, got)
		}
	}
	if !(tenant.Policy{}).Allows(netip.MustParseAddr("203.0.113.1")) {
		t.Error("no ranges must mean everywhere")
	}
	if (tenant.Policy{AddressRanges: []string{"nonsense"}}).Allows(netip.MustParseAddr("203.0.113.1")) {
		t.Error("a bad range let somebody in")
	}
}

func TestFoldEmail(t *testing.T) {
	if got, err := tenant.FoldEmail("  Ana.Lopez@Example.ORG "); err != nil || got != "ana.lopez@example.org" {
		t.Errorf("%q %v", got, err)
	}
	for _, bad := range []string{"", "ana", "@example.org", "ana@", "a b@example.org", "a@b\r\nBcc: x@y", strings.Repeat("a", 250) + "@example.org"} {
		if got, err := tenant.FoldEmail(bad); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func TestSecretsOfAPersonNeverReachJSON(t *testing.T) {
	b, err := json.Marshal(tenant.Person{PasswordHash: "SECRET1", TOTPSecret: "SECRET2"})
	if err != nil || strings.Contains(string(b), "SECRET") {
		t.Errorf("%s %v", b, err)
	}
	b, err = json.Marshal(tenant.Invitation{TokenHash: "SECRET3"})
	if err != nil || strings.Contains(string(b), "SECRET") {
		t.Errorf("%s %v", b, err)
	}
}

func TestInvitationOpen(t *testing.T) {
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		i    tenant.Invitation
		want bool
	}{
		{tenant.Invitation{ExpiresAt: now.Add(1)}, true},
		{tenant.Invitation{ExpiresAt: now}, false},
		{tenant.Invitation{ExpiresAt: now.Add(1), AcceptedAt: now}, false},
	} {
		if tc.i.Open(now) != tc.want {
			t.Errorf("%+v", tc.i)
		}
	}
}
