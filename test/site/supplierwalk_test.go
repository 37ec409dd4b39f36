package site

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/browser"
	"github.com/nisaba-platform/nisaba/test/dnslab"
)

// The supplier of the walk: its web, its name server and its mail server, each at an
// address of its own.
const (
	walkWeb  = "127.77.0.29"
	walkName = "127.77.0.30"
	walkMail = "127.77.0.31"
)

// heard are the questions to the supplier's name server.
type heard struct {
	mu   sync.Mutex
	list []dns.Question
}

func (h *heard) hear(q dns.Question) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, q)
}

// none reports whether no question is of a kind that no visitor asks.
func (h *heard) none(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.list) == 0 {
		t.Error("the name server of the supplier was not asked")
	}
	for _, q := range h.list {
		name := strings.ToLower(strings.TrimSuffix(q.Name, "."))
		if slices.Contains([]uint16{dns.TypeAXFR, dns.TypeIXFR, dns.TypeANY}, q.Qtype) || q.Qclass != dns.ClassINET || name != "hosting.test" && !strings.HasSuffix(name, ".hosting.test") {
			t.Errorf("no visitor asks for %s", q.String())
		}
	}
}

// supplierZones runs the supplier's zone: the resolver that scans ask, and the server of
// the zone, which listens where name servers do.
func supplierZones(t *testing.T, hear func(dns.Question)) netip.AddrPort {
	t.Helper()
	if l, err := net.ListenPacket("udp", walkName+":53"); err != nil {
		t.Skipf("the port of name servers cannot be opened: %v", err)
	} else {
		l.Close()
	}
	lab, err := dnslab.Start([]*dnslab.Zone{{Name: ".", Text: "@ NS ns1.lab.\n"}, {Name: "test", Text: "@ NS ns1.lab.\n"}, {Name: "hosting.test", Text: "@ NS ns1\nns1 A " + walkName + "\n@ A " + walkWeb +
		"\n@ MX 10 mail\nmail A " + walkMail + "\nwww A " + walkMail + "\n@ TXT \"v=spf1 -all\"\n"}}, []dnslab.Host{{Address: walkName, Port: 53, Zones: []string{"hosting.test"}, Transfer: true, Recursive: true, Version: "9", Heard: hear}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lab.Close() })
	return lab.Resolver
}

// counted listens at the ports of an address and counts who comes.
func counted(t *testing.T, address string, ports ...string) *atomic.Int32 {
	t.Helper()
	came := new(atomic.Int32)
	for _, port := range ports {
		l, err := net.Listen("tcp", net.JoinHostPort(address, port))
		if errors.Is(err, syscall.EADDRINUSE) {
			t.Skipf("another program has the port on all addresses: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				came.Add(1)
				io.WriteString(c, "220 mail.hosting.test\r\n")
				c.Close()
			}
		}()
	}
	return came
}

// TestSupplierWalk goes through every form about a supplier in a browser. The supplier
// has a real name in a real zone: a visit asks its name server, opens its page, and
// does nothing else.
func TestSupplierWalk(t *testing.T) {
	var host supplierHost
	host.open(t, walkWeb)
	var questions heard
	resolver := supplierZones(t, questions.hear)
	mailed := counted(t, walkMail, "25", "80", "443", "465", "587")
	box := mailtest.Start(t)
	site, _ := start(t, func(c *server.Config) {
		c.ScanLoopback, c.ScanResolvers, c.Poll = true, []netip.AddrPort{resolver}, 20*time.Millisecond
		c.Mail, c.BaseURL = server.MailConfig{Server: box.Address, From: "nisaba@example.org"}, "http://127.0.0.1"
	})
	v, second := newVisitor(t, site), newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	second.joinAs(v, "consultant")

	b := browser.Start(t)
	enter(b, site)
	w := formWalk{t, b, site + organisation}
	w.b.Open(w.at+"/suppliers", 1280, false)
	w.press(`main a[href$="/suppliers/new"]`, "")
	w.fill(map[string]string{"name": "Muster Hosting", "supplies": "Hosting", "domains": "hosting.test", "email": "security@hosting.test"})
	w.press(`form[action$="/suppliers"] button.primary`, "Muster Hosting")
	_, page := v.get(organisation + "/suppliers")
	of := "/suppliers/" + regexp.MustCompile(`suppliers/([0-9a-f-]{36})`).FindStringSubmatch(page)[1] + "/exposure"

	// the visit
	w.b.Open(w.at+of, 1280, false)
	w.press(`form[action$="/exposure/scan"] button`, "HTTP leads to HTTPS")
	questions.none(t)
	if n := mailed.Load() + host.came.Load(); n != 0 {
		t.Errorf("%d contacts beside name server and web", n)
	}
	host.mu.Lock()
	if !slices.Contains(host.asked, "GET /") {
		t.Errorf("the page was not opened: %v", host.asked)
	}
	host.mu.Unlock()
	for check, says := range map[string]string{"DNS-01": "one name server", "MAIL-02": "v=spf1 -all", "DNS-06": "did not consent", "MAIL-12": "did not consent", "PORT-00": "did not consent", "CERT-01": "Failed"} {
		if _, page := v.get(organisation + of + "/checks/" + check); !strings.Contains(page, says) {
			t.Errorf("%s does not say %q", check, says)
		}
	}

	// what is seen becomes a task, a risk and evidence
	for form, leads := range map[string]string{"task": "Have Muster Hosting mend", "risk": "Weak points of the supplier Muster Hosting", "evidence": "Look from outside at Muster Hosting"} {
		w.b.Open(w.at+of, 1280, false)
		w.press(`form[action$="/exposure/`+form+`"] button`, leads)
	}

	// one check again
	w.b.Open(w.at+of+"/checks/HTTP-02", 1280, false)
	w.press(`form[action$="/exposure/rescan"] button`, "HTTP-02")

	// the letter: wrong, then right
	w.b.Open(w.at+of, 1280, false)
	w.press(`form[action$="/exposure/targets"] button`, "nisaba-scan=")
	w.fill(map[string]string{"address": "nobody@", "note": "Please by the end of the month."})
	w.do(`document.querySelector('form[action$="/exposure/request"]').noValidate = true`)
	w.press(`form[action$="/exposure/request"] button.primary`, "no address of mail")
	w.fill(map[string]string{"address": "security@hosting.test"})
	w.press(`form[action$="/exposure/request"] button.primary`, "Letters to the supplier")

	// consent: no record; a letter of two people; taken away
	w.press(`form[action$="/targets/prove"] button.primary`, "No record")
	w.do(`document.querySelector('form[action$="/targets/letter"]').closest("details").open = true`)
	w.fill(map[string]string{"letter": "Signed by the owner"})
	w.press(`form[action$="/targets/letter"] button`, "A letter waits for the second person")
	target := regexp.MustCompile(`name="target" value="([^"]+)"`)
	_, page = v.get(organisation + of)
	second.must(organisation+of+"/targets/approve", url.Values{"target": {target.FindStringSubmatch(page)[1]}})
	w.b.Open(w.at+of, 1280, false)
	w.sees("With consent: all checks")
	w.press(`form[action$="/targets/remove"] button`, "Without consent: as a visitor")

	w.b.Open(w.at+"/suppliers", 1280, false)
	w.do(`document.querySelector('form[action$="/suppliers-plan"] input[name=weekly]').click()`)
	w.press(`form[action$="/suppliers-plan"] button`, "Weekly look")
	w.sees("Muster Hosting")
	if !browser.Evaluate[bool](b, `document.querySelector('form[action$="/suppliers-plan"] input[name=weekly]').checked`) {
		t.Error("the weekly look is not on")
	}
	w.b.Open(w.at+of, 1280, false)
	checkHere(t, b, "supplier-walked", 1280)
}

// formWalk is a way through pages of one organisation.
type formWalk struct {
	t  *testing.T
	b  *browser.Browser
	at string
}

// press clicks what a selector finds and waits until another page is there and says a
// text.
func (w formWalk) press(selector, then string) {
	w.t.Helper()
	until(w.t, w.b, `document.readyState === "complete"`)
	w.do(`document.querySelector("main").dataset.before = "yes"`)
	w.b.Do(chromedp.ScrollIntoView(selector), chromedp.Click(selector))
	until(w.t, w.b, `document.querySelector("main") !== null && document.querySelector("main").dataset.before === undefined`)
	w.sees(then)
}

// sees waits until the page says a text.
func (w formWalk) sees(text string) {
	w.t.Helper()
	until(w.t, w.b, `document.readyState === "complete" && document.querySelector("main").innerText.includes(`+strconv.Quote(text)+`)`)
}

// fill writes into fields by their names.
func (w formWalk) fill(fields map[string]string) {
	w.t.Helper()
	for name, text := range fields {
		field := `main [name="` + name + `"]`
		w.b.Do(chromedp.WaitVisible(field))
		w.do(`document.querySelector(` + strconv.Quote(field) + `).value = ""`)
		w.b.Do(chromedp.SendKeys(field, text))
	}
}

func (w formWalk) do(script string) { w.t.Helper(); w.b.Do(chromedp.Evaluate[chromedp.Void](script)) }
