// Package server wires the platform together: database, key, files, use cases,
// pages; and stops it in good order.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/alarming"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/mailbox"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/viruscheck"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/live"
	"github.com/nisaba-platform/nisaba/internal/web/pages"
)

// Config is how a server is run.
type Config struct {
	Address     string // HOST:PORT
	Data        string // folder of key and files, and of the SQLite database
	DatabaseURL string // postgres://…; "": SQLite in Data
	HTTPS       bool   // browsers come by https, through a proxy
	Hosts       []string
	Proxies     []netip.Prefix // whose X-Forwarded-For says where a request comes from; see proxies
	ScanCommand string         // looks for harmful content in uploads, see viruscheck.New; "": none
	Knowledge   assessing.Knowledge
	Messages    *locale.Catalogue
	Log         *slog.Logger
	Clock       clock.Clock // nil: the machine's

	// BaseURL is the address under which people reach the platform, as it stands in
	// mails, such as https://nisaba.example.org. "" is the address that the server
	// listens on; it is demanded when mails are sent.
	BaseURL string
	Mail    MailConfig
	Alarms  AlarmConfig

	// Listening is called once by Serve when the server listens, with its address
	// such as http://127.0.0.1:8080; nil: nobody wants to know.
	Listening func(base string) error

	Timestamps TimestampConfig
	Mailbox    MailboxConfig

	// FilingLocal lets reports be filed with authorities on this machine and in
	// private networks, and on this machine without TLS. Otherwise they go to the
	// public Internet over https only.
	FilingLocal bool

	// ScanLoopback lets addresses of this machine be targets of scans, for tests.
	// ScanTXT reads the records that prove names; nil: at ScanResolvers.
	// ScanResolver finds their addresses; nil: likewise.
	ScanLoopback bool
	ScanTXT      func(ctx context.Context, name string) (texts []string, err error)
	ScanResolver exposure.Resolver

	// ScanResolvers are the recursive resolvers of scans; nil: those of this machine.
	// ScanData are files with what the operator has, as scan.Imports says.
	ScanResolvers []netip.AddrPort
	ScanData      []string

	Workers int           // jobs at a time; 0: 4
	Poll    time.Duration // how often the queue is looked at; 0: one second
}

// Server is a prepared server.
type Server struct {
	config  Config
	store   *store.Store
	site    *pages.Site
	streams *live.Streams
	handler http.Handler
	people  *accounts.Service
	runner  *jobs.Runner
	mailer  *mailing.Mailer
	alarms  *alarming.Service
	mailbox *mailbox.Server // nil: no mails are taken in
}

// Open prepares a server: it makes the data folder, opens the database and brings
// it up to date. The caller closes it.
func Open(ctx context.Context, c Config) (*Server, error) {
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, File: c.Data, What: "the data folder cannot be made",
			Expected: "--data with a folder that may be written to", Cause: err}
	}
	target := c.DatabaseURL
	if target == "" {
		target = filepath.Join(c.Data, "nisaba.db")
	}
	box, err := secret.LoadKey(filepath.Join(c.Data, "key"))
	if err != nil {
		return nil, err
	}
	files, err := blob.Open(filepath.Join(c.Data, "files"))
	if err != nil {
		return nil, err
	}
	var look *viruscheck.Command
	if c.ScanCommand != "" {
		if look, err = viruscheck.New(c.ScanCommand, viruscheck.Limit); err != nil {
			return nil, err
		}
	}
	passwords, err := secret.NewPasswords(secret.DefaultCost, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, target, store.Options{Clock: c.Clock})
	if err != nil {
		return nil, err
	}
	v, err := wire(s, c, box, passwords, files, look)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return v, nil
}

// hosts are the names under which the server answers. A server that listens on
// this machine only answers to the machine's own names, so that no page of another
// name that resolves here can talk to it.
func (c Config) hosts() []string {
	if len(c.Hosts) > 0 {
		return c.Hosts
	}
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil || host != "localhost" && (net.ParseIP(host) == nil || !net.ParseIP(host).IsLoopback()) {
		return nil
	}
	own := []string{"localhost", "127.0.0.1", "::1"}
	if u, err := url.Parse(c.BaseURL); err == nil && u.Hostname() != "" {
		own = append(own, u.Hostname())
	}
	return own
}

// proxies are the reverse proxies that are believed. Where browsers come by https and
// the server listens on this machine only, the proxy is on this machine too.
func (c Config) proxies() []netip.Prefix {
	if len(c.Proxies) > 0 || !c.HTTPS {
		return c.Proxies
	}
	host, _, err := net.SplitHostPort(c.Address)
	if at, bad := netip.ParseAddr(host); err == nil && (host == "localhost" || bad == nil && at.IsLoopback()) {
		return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	return nil
}

// Handler is every page.
func (s *Server) Handler() http.Handler { return s.handler }

// Routes lists every registered page.
func (s *Server) Routes() []pages.Route { return s.site.Table() }

// Close closes the database.
func (s *Server) Close() error { return s.store.Close() }

// patience is how long running requests may take when the server is stopped.
const patience = 10 * time.Second

// Serve answers requests and runs jobs until ctx ends, then lets what is running
// finish.
func (s *Server) Serve(ctx context.Context, out io.Writer) error {
	l, err := net.Listen("tcp", s.config.Address)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Field: "--addr", What: "the server cannot listen on " + s.config.Address,
			Expected: "a free address such as 127.0.0.1:8080", Cause: err}
	}
	h := guard.Server(s.config.Address, s.handler, s.config.Log)
	h.RegisterOnShutdown(s.streams.End)
	fmt.Fprintf(out, "Nisaba listens on http://%s (%s)\n", l.Addr(), strings.ToLower(s.store.Engine()))
	if s.config.Listening != nil {
		if err := s.config.Listening("http://" + l.Addr().String()); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	working, stopWork := context.WithCancel(ctx)
	defer stopWork()
	mailed, err := s.listenForMail(working, out)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	worked, served := make(chan error, 1), make(chan error, 1)
	go func() { worked <- s.Work(working) }()
	go func() { served <- h.Serve(l) }()
	select {
	case err = <-served:
		err = fmt.Errorf("serve: %w", err)
		stopWork()
	case err = <-worked:
		err = errors.Join(err, stop(ctx, h))
		return err
	case err = <-mailed:
		stopWork()
		return errors.Join(err, stop(ctx, h), <-worked)
	case <-ctx.Done():
		err = stop(ctx, h)
	}
	err = errors.Join(err, <-worked)
	if mailed != nil {
		err = errors.Join(err, <-mailed)
	}
	return err
}

// stop lets running requests finish.
func stop(ctx context.Context, h *http.Server) error {
	until, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := h.Shutdown(until); err != nil {
		return errors.Join(fmt.Errorf("stop: %w", err), h.Close())
	}
	return nil
}
