package cli

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/server"
)

type serveCommand struct {
	Addr        string   `help:"Address to listen on." default:"127.0.0.1:8080"`
	Data        string   `help:"Folder of the database, the key and the files." default:"nisaba-data" type:"path"`
	DatabaseURL string   `name:"database-url" env:"NISABA_DATABASE_URL" help:"PostgreSQL database, postgres://…. Default: SQLite in the data folder."`
	HTTPS       bool     `name:"https" help:"Browsers reach the server by https, through a proxy."`
	Host        []string `help:"Name under which browsers reach the server. Default: any, or this machine's own names when it listens on a loopback address."`
	ScanCommand string   `name:"scan-command" env:"NISABA_SCAN_COMMAND" help:"Program that looks for harmful content in uploaded files, with its arguments, for example \"clamdscan --no-summary -\". It gets the file on standard input; exit status 0 says clean, 1 harmful. Default: none."`
}

func (c *serveCommand) Run(s *session) error {
	k, err := s.knowledge()
	if err != nil {
		return err
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	v, err := server.Open(ctx, server.Config{Address: c.Addr, Data: c.Data, DatabaseURL: c.DatabaseURL, HTTPS: c.HTTPS, Hosts: c.Host, ScanCommand: c.ScanCommand,
		Knowledge: k, Messages: messages, Log: slog.New(slog.NewTextHandler(s.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	defer v.Close() //nolint:errcheck // the program ends
	return v.Serve(ctx, s.Out)
}
