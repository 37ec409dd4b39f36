package ports

import (
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
)

// TestIndustrial: a controller is seen without a byte being sent to it; asked for
// its name only with both consents. SSH on port 2222 is no controller.
func TestIndustrial(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sent []byte
	answer := "NI\x00\x00\x00\x12\xff\x2b\x0e\x01\x01\x00\x00\x02\x00\x03ACM\x01\x02X1"
	serve(t, "127.2.0.6:502", func(c net.Conn) {
		b := make([]byte, 256)
		n, err := c.Read(b)
		mu.Lock()
		sent = append(sent, b[:n]...)
		mu.Unlock()
		if err == nil {
			c.Write([]byte(answer))
			drain(c)
		}
	})
	serve(t, "127.2.0.6:2222", goodSSH())
	s := lab()
	s.OT = true
	host := exposure.Target{Address: netip.MustParseAddr("127.2.0.6")}
	settings := map[string]string{SettingPorts: "502,2222"}
	got := scan(t, s, settings, exposure.Data{}, host)
	if f := find(got, "OT-01"); f.Outcome != exposure.Fail || f.Severity != exposure.Critical || !strings.Contains(f.Observed, "open: Modbus on port 502; nothing was sent") {
		t.Errorf("%+v", f)
	}
	if f := find(got, "PORT-05"); f.Outcome != exposure.Pass || f.Target.Port != 2222 {
		t.Errorf("%+v", f)
	}
	mu.Lock()
	if len(sent) != 0 || find(got, "OT-02").Check != "" {
		t.Errorf("%q was sent", sent)
	}
	mu.Unlock()
	s.Classes = append(s.Classes, exposure.Intrusive)
	settings[SettingPorts] = "502"
	if f := find(scan(t, s, settings, exposure.Data{}, host), "OT-02"); f.Outcome != exposure.Info || f.Observed != "Modbus: ACM X1" {
		t.Errorf("%+v", f)
	}
}

// TestBACnet: building automation answers on UDP; it is asked once, by consent only.
func TestBACnet(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	udp(t, "127.2.0.9:47808", func([]byte) []string {
		asked.Add(1)
		return []string{"\x81\x0a\x00\x17\x01\x00\x30\x01\x0c\x0c\x02\x3f\xff\xff\x19\x4b\x3e\xc4\x02\x00\x04\xd2\x3f"}
	})
	s := lab()
	s.OT = true
	host := exposure.Target{Address: netip.MustParseAddr("127.2.0.9")}
	settings := map[string]string{SettingPorts: "47808"}
	if got := scan(t, s, settings, exposure.Data{}, host); asked.Load() != 0 || find(got, "OT-01").Outcome == exposure.Fail {
		t.Errorf("asked %d times without consent", asked.Load())
	}
	s.Classes = append(s.Classes, exposure.Intrusive)
	got := scan(t, s, settings, exposure.Data{}, host)
	if f := find(got, "OT-02"); asked.Load() != 1 || f.Outcome != exposure.Info || f.Observed != "BACnet: device 1234" {
		t.Errorf("%+v after %d questions", f, asked.Load())
	}
	if f := find(got, "OT-01"); f.Outcome != exposure.Fail || f.Observed != "BACnet answers on UDP port 47808" {
		t.Errorf("%+v", f)
	}
}
