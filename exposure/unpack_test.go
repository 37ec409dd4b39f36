package exposure_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
)

// TestUnpack: both forms are read alike, and neither may be longer than the limit.
func TestUnpack(t *testing.T) {
	t.Parallel()
	pack := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, s)
		z.Close()
		return b.String()
	}
	bomb := pack(strings.Repeat("0", 1<<20))
	for _, tc := range []struct{ name, file, want, fault string }{
		{"plain", "AS1,192.0.2.0/24,24", "AS1,192.0.2.0/24,24", ""},
		{"packed", pack("AS1,192.0.2.0/24,24"), "AS1,192.0.2.0/24,24", ""},
		{"one byte", "x", "x", ""},
		{"up to the limit", strings.Repeat("x", 64), strings.Repeat("x", 64), ""},
		{"empty", "", "", "empty"},
		{"too long", strings.Repeat("x", 65), "", "longer"},
		{"too long when unpacked", bomb, "", "longer"},
		{"cut off", bomb[:20], "", "unexpected EOF"},
		{"no gzip after all", "\x1f\x8b no", "", "unpacked"},
	} {
		r, err := exposure.Unpack(strings.NewReader(tc.file), 64)
		var got []byte
		if err == nil {
			got, err = io.ReadAll(r)
		}
		switch {
		case tc.fault == "" && (err != nil || string(got) != tc.want):
			t.Errorf("%s: %q, %v", tc.name, got, err)
		case tc.fault != "" && (err == nil || !strings.Contains(err.Error(), tc.fault)):
			t.Errorf("%s: %v, want %q", tc.name, err, tc.fault)
		}
	}
}
