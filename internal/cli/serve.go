package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/server"
)

type serveCommand struct {
	Addr         string   `help:"Address to listen on." default:"127.0.0.1:8080"`
	Data         string   `help:"Folder of the database, the key and the files." default:"nisaba-data" type:"path"`
	DatabaseURL  string   `name:"database-url" env:"NISABA_DATABASE_URL" help:"PostgreSQL database, postgres://…. Default: SQLite in the data folder."`
	HTTPS        bool     `name:"https" help:"Browsers reach the server by https, through a proxy."`
	Proxy        []string `env:"NISABA_PROXY" placeholder:"ADDRESS" help:"Reverse proxies, as 10.0.0.5 or 10.0.0.0/8, whose X-Forwarded-For says where a request comes from. Default: this machine, with --https and an address of this machine; else none."`
	BaseURL      string   `name:"base-url" env:"NISABA_BASE_URL" help:"Address under which people reach the platform, for links in mails: https://nisaba.example.org."`
	SMTP         string   `name:"smtp" env:"NISABA_SMTP" help:"Mail server: smtp://user@mail.example.org:587 (STARTTLS), smtps:// or, on this machine, smtp+plain://. Without one, mails wait."`
	MailFrom     string   `env:"NISABA_MAIL_FROM" help:"Address that mails come from."`
	Password     string   `name:"smtp-password-file" env:"NISABA_SMTP_PASSWORD_FILE" type:"path" help:"File with the password of the mail server; or the variable NISABA_SMTP_PASSWORD."`
	Host         []string `help:"Name under which browsers reach the server. Default: any, or this machine's own names when it listens on a loopback address."`
	ScanCommand  string   `name:"scan-command" env:"NISABA_SCAN_COMMAND" help:"Program that looks for harmful content in uploaded files, with its arguments, for example \"clamdscan --no-summary -\". It gets the file on standard input; exit status 0 says clean, 1 harmful. Default: none."`
	Resolver     []string `name:"exposure-resolver" env:"NISABA_EXPOSURE_RESOLVER" help:"Recursive resolvers that scans of the outside ask about names, as 192.0.2.53. Default: those of this machine."`
	ScanData     []string `name:"exposure-data" sep:"none" placeholder:"KIND=FILE" help:"What scans of the outside know from files, once for each; the kinds are those of nisaba scan --data."`
	ScanLoopback bool     `name:"exposure-loopback" help:"For tests: addresses of this machine may be targets of scans."`
	AlarmCommand string   `name:"alarm-command" env:"NISABA_ALARM_COMMAND" help:"Program that sends alarms of reporting deadlines as text messages or calls, with its arguments. It gets each alarm as JSON on standard input; exit status 0 says sent. Default: none."`
	AlarmPrivate bool     `name:"alarm-private" env:"NISABA_ALARM_PRIVATE" help:"Webhooks of alarms may lie in the server's own network, and use http."`
	FilingLocal  bool     `name:"filing-local" env:"NISABA_FILING_LOCAL" help:"Reports may be filed with authorities on this machine and in private networks, and on this machine without TLS. For trials and closed networks."`
	IntakeSMTP   string   `name:"intake-smtp" env:"NISABA_INTAKE_SMTP" placeholder:"HOST:PORT" help:"Address on which mails to the secret addresses of organisations are taken in as security events. Default: none are."`
	IntakeDomain string   `name:"intake-domain" env:"NISABA_INTAKE_DOMAIN" help:"Domain of these addresses, whose mail server (MX) leads here. Default: the host of --base-url."`
	IntakeCert   string   `name:"intake-cert" env:"NISABA_INTAKE_CERT" type:"path" help:"Certificate (PEM) for mails over STARTTLS. Default: none, for a server behind another mail server."`
	IntakeKey    string   `name:"intake-key" env:"NISABA_INTAKE_KEY" type:"path" help:"Its private key (PEM)."`
	TimestampURL string   `name:"timestamp-url" env:"NISABA_TIMESTAMP_URL" help:"Time-stamping authority (RFC 3161) that signs the time of each checkpoint of the ledgers: http://timestamp.example.org. Default: none."`
	TimestampCA  string   `name:"timestamp-ca" env:"NISABA_TIMESTAMP_CA" type:"path" help:"File with the root certificates (PEM) that the authority's certificate must lead to. Default: any."`
}

func (c *serveCommand) Run(s *session) error {
	k, err := s.knowledge(accounts.Languages()...)
	if err != nil {
		return err
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		return err
	}
	server.Spare()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	mails, err := c.mail()
	if err != nil {
		return err
	}
	stamps, err := c.timestamps()
	if err != nil {
		return err
	}
	resolvers, err := resolverList("--exposure-resolver", c.Resolver)
	if err != nil {
		return err
	}
	proxies, err := proxyList(c.Proxy)
	if err != nil {
		return err
	}
	v, err := server.Open(ctx, server.Config{Address: c.Addr, Data: c.Data, DatabaseURL: c.DatabaseURL, HTTPS: c.HTTPS, Hosts: c.Host, Proxies: proxies, ScanCommand: c.ScanCommand,
		BaseURL: c.BaseURL, Mail: mails, Alarms: server.AlarmConfig{Command: c.AlarmCommand, Private: c.AlarmPrivate}, FilingLocal: c.FilingLocal, Timestamps: stamps,
		Mailbox:       server.MailboxConfig{Address: c.IntakeSMTP, Domain: c.IntakeDomain, Certificate: c.IntakeCert, Key: c.IntakeKey},
		ScanResolvers: resolvers, ScanData: c.ScanData, ScanLoopback: c.ScanLoopback,
		Knowledge: k, Messages: messages, Log: slog.New(slog.NewTextHandler(s.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	defer v.Close() //nolint:errcheck // the program ends
	return v.Serve(ctx, s.Out)
}

// proxyList reads --proxy.
func proxyList(list []string) (out []netip.Prefix, err error) {
	for _, p := range list {
		prefix, err := netip.ParsePrefix(p)
		if at, single := netip.ParseAddr(p); single == nil {
			prefix, err = at.Prefix(at.BitLen())
		}
		if err != nil {
			return nil, argument("--proxy", fmt.Sprintf("%q is no address", p), "an address or a range, such as 10.0.0.5 or 10.0.0.0/8")
		}
		if prefix.Bits() == 0 {
			return nil, argument("--proxy", p+" is every address, so that everybody could say to be anybody", "the addresses of the proxies alone")
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

// timestamps is who signs the time of checkpoints.
func (c *serveCommand) timestamps() (server.TimestampConfig, error) {
	out := server.TimestampConfig{URL: c.TimestampURL}
	if c.TimestampCA == "" {
		return out, nil
	}
	var err error
	if out.Roots, err = os.ReadFile(c.TimestampCA); err != nil {
		return out, &fault.Error{Kind: fault.NotFound, File: c.TimestampCA, What: "the file with the root certificates cannot be read", Expected: "certificates in PEM", Cause: err}
	}
	return out, nil
}

// mail is how mails are sent. The password comes from the environment or a file,
// so that it does not stand in the list of processes.
func (c *serveCommand) mail() (server.MailConfig, error) {
	m := server.MailConfig{Server: c.SMTP, From: c.MailFrom, Password: os.Getenv("NISABA_SMTP_PASSWORD")}
	if c.Password == "" {
		return m, nil
	}
	b, err := os.ReadFile(c.Password)
	if err != nil {
		return m, &fault.Error{Kind: fault.NotFound, File: c.Password, What: "the file with the mail password cannot be read",
			Expected: "a file that holds the password and nothing else", Cause: err}
	}
	m.Password = strings.TrimRight(string(b), "\r\n")
	return m, nil
}
