package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

// The checks that say whether anything could be looked at. The probes do not list
// them, because they find the targets of the others and always run.
const (
	addressCheck = "SCN-01"
	serviceCheck = "SCN-02"
)

var errNoAddress = errors.New("the name has no address")

// basics are the probes that find addresses of names, and the protocol of a port.
func basics() []exposure.Probe {
	return []exposure.Probe{
		{Name: "addresses", Level: exposure.OfDomain, Class: exposure.Passive, Run: findAddresses},
		{Name: "services", Level: exposure.OfHost, Class: exposure.Handshake, Run: findServices},
		{Name: "protocol", Level: exposure.OfService, Class: exposure.Handshake, Wants: unknown, Run: findProtocol},
	}
}

// verdict is the outcome of an error: what the scope does not cover was left out on
// purpose.
func verdict(err error) (exposure.Outcome, string) {
	var r *exposure.Refusal
	if errors.As(err, &r) {
		return exposure.NotTested, err.Error()
	}
	return exposure.Error, err.Error()
}

func findAddresses(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	addresses, err := s.Dialer.Lookup(ctx, t.Name)
	if errors.Is(err, exposure.ErrStopped) || ctx.Err() != nil {
		return err
	}
	if err == nil && len(addresses) == 0 {
		err = errNoAddress
	}
	if err != nil {
		o, reason := verdict(err)
		s.Skip(addressCheck, t, o, reason)
		return nil
	}
	var words []string
	for _, a := range addresses {
		words = append(words, a.String())
		s.Discover(exposure.Target{Declared: t.Declared, Name: t.Name, Address: a})
	}
	s.Report(addressCheck, t, exposure.Info, strings.Join(words, ", "))
	return nil
}

// usualPorts are those on which the services stand that the probes know.
var usualPorts = []uint16{21, 22, 25, 53, 80, 110, 119, 143, 389, 443, 465, 563, 587, 636, 853, 990, 993, 995,
	1433, 3306, 3389, 4190, 5222, 5223, 5269, 5432, 8080, 8443}

// findServices connects to each port and hands on those that are open.
func findServices(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	ports := usualPorts
	if list := s.Settings[PortsSetting]; list != "" {
		var err error
		if ports, err = ParsePorts(list); err != nil {
			return err
		}
	}
	var mu sync.Mutex
	var open []uint16
	var refused error
	work := make(chan uint16)
	var wait sync.WaitGroup
	for range min(len(ports), s.Dialer.Permit().Scope().Rate.Parallel) {
		wait.Go(func() {
			for port := range work {
				c, err := s.Dialer.Dial(ctx, exposure.Request{Name: t.Name, Address: netip.AddrPortFrom(t.Address, port), Class: exposure.Handshake, Timeout: portPatience})
				var r *exposure.Refusal
				mu.Lock()
				switch {
				case err == nil:
					open = append(open, port)
				case errors.As(err, &r):
					refused = err
				}
				mu.Unlock()
				if err == nil {
					c.Close()
				}
			}
		})
	}
	for _, port := range ports {
		work <- port
	}
	close(work)
	wait.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	slices.Sort(open)
	s.Record(services(s, t, ports, open, refused))
	for _, port := range open {
		s.Discover(exposure.Target{Declared: t.Declared, Name: t.Name, Address: t.Address, Port: port})
	}
	return nil
}

// portPatience is how long a port may take to answer.
const portPatience = 2 * time.Second

func services(s *exposure.Session, t exposure.Target, asked, open []uint16, refused error) exposure.Finding {
	f := s.Finding(serviceCheck, t)
	f.Outcome, f.Reproduce = exposure.Info, "nmap -Pn -sT -p "+joined(asked)+" "+t.Address.String()
	switch {
	case len(open) > 0:
		f.Observed = "open: " + joined(open)
	case refused != nil:
		f.Outcome, f.Reason = exposure.NotTested, refused.Error()
	default:
		f.Observed = fmt.Sprintf("none of %d ports answers", len(asked))
	}
	return f
}

func joined(ports []uint16) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = fmt.Sprint(p)
	}
	return strings.Join(words, ",")
}

// unknown reports whether nobody said yet what a port speaks.
func unknown(t exposure.Target) bool { return t.Service == "" && !tlsprobe.Wanted(t) }

// findProtocol sees whether an unknown service speaks TLS from the first byte on.
func findProtocol(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	speaks, err := speaksTLS(ctx, s.Dialer, t)
	if errors.Is(err, exposure.ErrStopped) || ctx.Err() != nil {
		return err
	}
	if err == nil && speaks {
		t.Service = "tls"
		s.Discover(t)
	}
	return nil
}

// hello asks for TLS 1.0 to 1.3 with one suite each; whoever speaks TLS answers with
// a record, be it an alert.
var hello = []byte("\x16\x03\x01\x00\x3b\x01\x00\x00\x37\x03\x03" + "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f" +
	"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f" + "\x00" +
	"\x00\x10\xc0\x2b\xc0\x2f\xc0\x13\xc0\x09\x00\x9e\x00\x2f\x00\x35\x00\x0a" + "\x01\x00")

func speaksTLS(ctx context.Context, d *exposure.Dialer, t exposure.Target) (bool, error) {
	c, err := d.Dial(ctx, exposure.Request{Name: t.Name, Address: netip.AddrPortFrom(t.Address, t.Port), Class: exposure.Handshake})
	if err != nil {
		return false, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(portPatience))
	if _, err := c.Write(hello); err != nil {
		return false, err
	}
	var head [3]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return false, err
	}
	return (head[0] == 0x15 || head[0] == 0x16) && head[1] == 3 && head[2] <= 4, nil
}
