package server

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/api"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/delegating"
	"github.com/nisaba-platform/nisaba/internal/app/feeding"
	"github.com/nisaba-platform/nisaba/internal/app/filing"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/app/proving"
	"github.com/nisaba-platform/nisaba/internal/app/registers"
	"github.com/nisaba-platform/nisaba/internal/app/reporting"
	"github.com/nisaba-platform/nisaba/internal/app/workbench"
	"github.com/nisaba-platform/nisaba/internal/app/working"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/checklist"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/mail"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/tsa"
	"github.com/nisaba-platform/nisaba/internal/viruscheck"
	webfiling "github.com/nisaba-platform/nisaba/internal/web/filing"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/live"
	"github.com/nisaba-platform/nisaba/internal/web/pages"
	forms "github.com/nisaba-platform/nisaba/law/reporting"
)

// MailConfig is how mails are sent.
type MailConfig struct {
	Server   string // smtp://user@host:587, smtps:// or, on this machine, smtp+plain://; "": mails are held
	From     string // the sender's address
	Password string // of the user in Server, when it is not written there
}

// TimestampConfig is who signs the time of the checkpoints of the ledgers.
type TimestampConfig struct {
	URL   string // of the authority (RFC 3161); "": nobody
	Roots []byte // certificates in PEM that its certificate must lead to; empty: any
}

// heldFor is how old a mail may be that waited for the server to be set up.
const heldFor = 7 * 24 * time.Hour

// wire puts the parts together.
func wire(s *store.Store, c Config, box secret.Box, passwords *secret.Passwords, files *blob.Dir, look *viruscheck.Command) (*Server, error) {
	if s.Engine() == "PostgreSQL" && !s.RowSecurity() {
		c.Log.Warn("the database account bypasses row-level security; use one that is no superuser, so that the database keeps workspaces apart too")
	}
	mailer, err := c.mailer(box, files)
	if err != nil {
		return nil, err
	}
	signer, err := loadSigner(filepath.Join(c.Data, ledgerKey))
	if err != nil {
		return nil, err
	}
	people := accounts.New(s, passwords, box).WithMail(mailer).WithFiles(files)
	people.UsePasskeys(c.passkeyHost())
	var options []clients.Option
	if look != nil {
		options = append(options, clients.WithScanner(look))
	}
	organisations := clients.New(s, c.Knowledge, files, options...)
	documents := reporting.New(s, organisations, files, c.Messages, mailer)
	notices := noticing.New(s, organisations, mailer, box)
	keys, err := publicKeys(c.Data)
	if err != nil {
		return nil, err
	}
	roots, err := c.stampRoots()
	if err != nil {
		return nil, err
	}
	proofs := proving.New(s, keys).WithRoots(roots).WithWitness(sealFile(filepath.Join(c.Data, ledgerSeals)))
	books, err := playbook.Load(content.FS)
	if err != nil {
		return nil, err
	}
	points, err := checklist.Load(content.FS)
	if err != nil {
		return nil, err
	}
	reports, err := forms.Load(content.FS)
	if err != nil {
		return nil, err
	}
	ways, intake := filing.New(s, box, filing.Options{Local: c.FilingLocal}), authority.New(s, box, authority.Options{Forms: reports, Clients: organisations, Mails: mailer, Knowledge: c.Knowledge, Scanner: scannerOf(look), Files: files, Checklists: points})
	cases := incidents.New(s, reports, c.Knowledge.Countries).WithFiles(files).WithScanner(scannerOf(look)).WithPlaybooks(books).WithCatalogue(c.Knowledge.Catalogue).WithBinders(c.Messages, mailer)
	letters, err := c.takeMails(cases, box, mailer, files)
	if err != nil {
		return nil, err
	}
	scans, err := c.scans(s, organisations, mailer)
	if err != nil {
		return nil, err
	}
	alarms, err := c.alarms(s, mailer, box)
	if err != nil {
		return nil, err
	}
	bench, links := workbench.New(s, organisations, c.Knowledge), delegating.New(s, organisations, c.Knowledge.Catalogue, mailer)
	feeds, background, lists := feeding.New(s, organisations, c.Messages), working.New(s), registers.New(s)
	streams := live.New(notices, background, c.Clock)
	programs := c.programs(api.Options{Accounts: people, Clients: organisations, Proving: proofs, Incidents: cases, Alarms: alarms, Bench: bench, Links: links,
		Work: background, Streams: streams, Notices: notices, Reporting: documents, Feeds: feeds, Filing: ways, Scanning: scans, Registers: lists, Authority: intake})
	site, err := pages.New(pages.Options{Accounts: people, Notices: notices, Mails: mailer, Work: background, Streams: streams, Clients: organisations, Proving: proofs, Programs: programs,
		Bench: bench, Links: links, Reporting: documents, Feeds: feeds,
		Incidents: cases, Alarms: alarms, Filing: ways, Scanning: scans, Registers: lists, Authority: intake, Messages: c.Messages, Clock: c.Clock, Log: c.Log, Guard: guard.Options{HTTPS: c.HTTPS, Hosts: c.hosts(), Proxies: c.proxies()}})
	if err != nil {
		return nil, err
	}
	runner := jobs.New(s, jobs.Options{Workers: c.Workers, Poll: c.Poll, Log: c.Log})
	runner.Deliver(mailing.Kind, mailer)
	if err := documents.Schedule(runner); err != nil {
		return nil, err
	}
	if err := c.keepHouse(s, runner, signer); err != nil {
		return nil, err
	}
	if err := organisations.Install(runner); err != nil {
		return nil, err
	}
	if err := notices.Install(runner); err != nil {
		return nil, err
	}
	if err := errors.Join(cases.Install(runner), ways.Install(runner), intake.Install(runner), scans.Install(runner)); err != nil {
		return nil, err
	}
	handler := http.NewServeMux()
	handler.Handle(webfiling.Prefix, webfiling.Handler(intake, c.Log, c.proxies()))
	handler.Handle("GET "+healthPath, health(s, c.Log))
	handler.Handle("/", site.Routes())
	alarms.Install(runner)
	return &Server{config: c, store: s, site: site, streams: streams, handler: handler, people: people, runner: runner, mailer: mailer, alarms: alarms, mailbox: letters}, nil
}

// stampRoots keeps the roots of the authority for time stamps, and returns all that
// were kept.
func (c Config) stampRoots() (*x509.CertPool, error) {
	if _, err := tsa.Roots(c.Timestamps.Roots); err != nil {
		return nil, err
	}
	if len(c.Timestamps.Roots) > 0 {
		if err := keepRoots(c.Data, c.Timestamps.Roots); err != nil {
			return nil, err
		}
	}
	kept, err := keptRoots(c.Data)
	if err != nil {
		return nil, err
	}
	return tsa.Roots(kept)
}

// keepHouse adds the schedules of the house, with time stamps when there is an
// authority for them.
func (c Config) keepHouse(s *store.Store, runner *jobs.Runner, signer ledger.Signer) error {
	witness := sealFile(filepath.Join(c.Data, ledgerSeals))
	if c.Timestamps.URL == "" {
		return runner.KeepHouse(signer, c.origin(), witness)
	}
	authority, err := tsa.New(c.Timestamps.URL, c.Timestamps.Roots)
	if err != nil {
		return err
	}
	stamping := proving.NewStamping(s, authority)
	runner.Deliver(proving.StampKind, stamping)
	return runner.KeepHouse(signer, c.origin(), witness, stamping.Ask)
}

// Work runs jobs until ctx ends; Serve calls it. Mails that waited for the server
// to be set up are sent first.
func (s *Server) Work(ctx context.Context) error {
	if s.mailer.Ready() {
		if _, _, err := s.runner.Resume(ctx, mailing.Kind, heldFor); err != nil {
			return fmt.Errorf("send the mails that were held: %w", err)
		}
	}
	watching, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); s.alarms.Watch(watching) }()
	err := s.runner.Run(ctx)
	stop()
	<-ended
	return err
}

// base is the address of the platform in links.
func (c Config) base() string {
	if c.BaseURL != "" {
		return c.BaseURL
	}
	if c.HTTPS {
		return "https://" + c.Address
	}
	return "http://" + c.Address
}

// origin names the server in the checkpoints of its ledgers.
func (c Config) origin() string {
	if u, err := url.Parse(c.BaseURL); err == nil && u.Host != "" {
		return u.Host
	}
	return "nisaba"
}

func (c Config) mailer(box secret.Box, files *blob.Dir) (*mailing.Mailer, error) {
	o := mailing.Options{Box: box, Messages: c.Messages, Base: c.base(), Files: files}
	if c.Mail.Server != "" {
		if c.BaseURL == "" {
			return nil, &fault.Error{Kind: fault.Invalid, Field: "--base-url", What: "mails need the address of the platform for their links",
				Expected: "for example --base-url https://nisaba.example.org"}
		}
		address, err := withPassword(c.Mail.Server, c.Mail.Password)
		if err != nil {
			return nil, err
		}
		if o.Server, err = mail.New(address, c.Mail.From); err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Field: "--smtp, --mail-from", What: err.Error()}
		}
	}
	m, err := mailing.New(o)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Field: "--base-url", What: err.Error()}
	}
	return m, nil
}

// withPassword puts the password into the address of the mail server.
func withPassword(address, password string) (string, error) {
	if password == "" {
		return address, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.User == nil || u.User.Username() == "" {
		return "", &fault.Error{Kind: fault.Invalid, Field: "--smtp", What: "there is a password for the mail server but no user",
			Expected: "for example smtp://user@mail.example.org:587"}
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// loadSigner reads the key that signs the checkpoints of the ledgers, or makes it:
// two lines, the private key (readable by the server only) and the public one.
func loadSigner(path string) (ledger.Signer, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		b, err = makeSigner(path)
	}
	if err != nil {
		return ledger.Signer{}, fmt.Errorf("the key of the ledger: %w", err)
	}
	private, public, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	signer, err := ledger.NewSigner(private, public)
	if err != nil {
		return ledger.Signer{}, fmt.Errorf("the key of the ledger in %s: %w", path, err)
	}
	return signer, nil
}

func makeSigner(path string) ([]byte, error) {
	private, public, err := ledger.GenerateKey(rand.Reader, "nisaba")
	if err != nil {
		return nil, err
	}
	b := []byte(private + "\n" + public + "\n")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(b)
	return b, errors.Join(err, f.Sync(), f.Close())
}

// passkeyHost is the name to which passkeys are bound: that of the base address, or
// the first host that is a name. Browsers take no IP address for one; a server on
// this machine is "localhost" for them.
func (c Config) passkeyHost() string {
	if u, err := url.Parse(c.BaseURL); err == nil && u.Hostname() != "" && net.ParseIP(u.Hostname()) == nil {
		return u.Hostname()
	}
	for _, h := range c.hosts() {
		if net.ParseIP(h) == nil {
			return h
		}
	}
	return ""
}
