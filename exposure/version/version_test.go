package version_test

import (
	"os/exec"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure/version"
)

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestCompare(t *testing.T) {
	for _, tc := range []struct {
		compare func(a, b string) int
		a, b    string
		want    int
	}{
		{version.Compare, "1.10.0", "1.9.3", 1},
		{version.Compare, "1.0", "1.0.0", 0},
		{version.Compare, "3.0.0-beta1", "3.0.0", -1},
		{version.Compare, "1.9.0b1", "1.9.0", -1},
		{version.Compare, "9.6p1", "9.6", 1},
		{version.Compare, "9.3p2", "9.3p1", 1},
		{version.Compare, "1.1.1w", "1.1.1", 1},
		{version.Compare, "1.1.1w", "1.1.1k", 1},
		{version.Compare, "v2.4.62", "2.4.62", 0},
		{version.Compare, "8.0.30", "8.0.4", 1},
		{version.CompareDebian, "2.4.57-2", "2.4.57-2+deb12u1", -1},
		{version.CompareDebian, "1:9.2p1-2+deb12u3", "1:9.2p1-2+deb12u2", 1},
		{version.CompareDebian, "1:1.0", "2.0", 1},
		{version.CompareDebian, "1.0~rc1-1", "1.0-1", -1},
		{version.CompareDebian, "1.0-1", "1.0-1", 0},
		{version.CompareDebian, "1.2.3a", "1.2.3+b", -1},
		{version.CompareRPM, "2.4.57-11.el9_4.1", "2.4.57-11.el9", 1},
		{version.CompareRPM, "1.0~rc1", "1.0", -1},
		{version.CompareRPM, "1.0^git1", "1.0", 1},
		{version.CompareRPM, "1.0^git1", "1.0.1", -1},
		{version.CompareRPM, "1.0", "1.0-5", 0},
		{version.CompareRPM, "1:1.0", "2.0", 1},
		{version.CompareRPM, "10abc", "10.1abc", -1},
	} {
		if got := sign(tc.compare(tc.a, tc.b)); got != tc.want {
			t.Errorf("%s against %s: %d, want %d", tc.a, tc.b, got, tc.want)
		}
		if got := sign(tc.compare(tc.b, tc.a)); got != -tc.want {
			t.Errorf("%s against %s: %d, want %d", tc.b, tc.a, got, -tc.want)
		}
	}
}

// TestDebianAgreesWithDpkg compares with the program that decides.
func TestDebianAgreesWithDpkg(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("dpkg is not installed")
	}
	list := []string{"1.0", "1.0-1", "1.0~rc1-1", "1.0+b1", "1.0a", "1:0.9", "1.0-1+deb12u2", "1.0-1+deb12u10", "1.0.1", "0", "1.0-1~bpo11+1"}
	for _, a := range list {
		for _, b := range list {
			want := 0
			switch {
			case exec.Command(dpkg, "--compare-versions", a, "lt", b).Run() == nil:
				want = -1
			case exec.Command(dpkg, "--compare-versions", a, "gt", b).Run() == nil:
				want = 1
			}
			if got := sign(version.CompareDebian(a, b)); got != want {
				t.Errorf("%s against %s: %d, dpkg says %d", a, b, got, want)
			}
		}
	}
}

// FuzzCompare: every order is one, whatever the text.
func FuzzCompare(f *testing.F) {
	f.Add("1.0", "1.0-rc1")
	f.Add("1:2~a^b", "0")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 1000 {
			t.Skip()
		}
		for _, compare := range []func(a, b string) int{version.Compare, version.CompareDebian, version.CompareRPM} {
			if sign(compare(a, b)) != -sign(compare(b, a)) {
				t.Errorf("%q and %q have no order", a, b)
			}
			if compare(a, a) != 0 {
				t.Errorf("%q differs from itself", a)
			}
		}
	})
}
