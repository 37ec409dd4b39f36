package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/server"
)

// serve shows the example workspace in the browser; it is made when it is not
// there yet.
func (c *demoCommand) serve(s *session) error {
	if err := onlyHere(c.Addr); err != nil {
		return err
	}
	k, err := s.knowledge(accounts.Languages()...)
	if err != nil {
		return err
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		return err
	}
	p := messages.Printer("en")
	if c.Data == "" {
		if c.Data, err = demoFolder(); err != nil {
			return err
		}
	}
	server.Spare()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	config := server.Config{Address: c.Addr, Data: c.Data, Knowledge: k, Messages: messages,
		Log: slog.New(slog.NewTextHandler(s.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if !server.HasDemo(c.Data) {
		if err := c.build(ctx, s, config); err != nil {
			return err
		}
	}
	var v *server.Server
	config.Listening = func(base string) error {
		path, err := v.SignInLink(ctx, server.DemoEmail)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(s.Out, p.T("cli.demo.serve", "folder", c.Data, "link", base+path, "email", server.DemoEmail, "password", server.DemoPassword))
		return err
	}
	if v, err = server.Open(ctx, config); err != nil {
		return err
	}
	defer v.Close() //nolint:errcheck // the program ends
	return v.Serve(ctx, s.Out)
}

// build makes the example workspace and tells on standard error how far it is.
func (c *demoCommand) build(ctx context.Context, s *session, config server.Config) error {
	fmt.Fprintf(s.Err, "Making the example workspace in %s\n", c.Data)
	last := -1
	err := server.BuildDemo(ctx, config, s.Now().UTC().Truncate(time.Millisecond), func(done, all int) {
		if percent := 100 * done / all; percent/10 != last/10 || last < 0 {
			last = percent
			fmt.Fprintf(s.Err, "%3d %%\n", percent)
		}
	})
	return err
}

// onlyHere refuses an address that other machines reach: the password of the
// example is known to everybody.
func onlyHere(address string) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &fault.Error{Kind: fault.Invalid, Field: "--addr", What: "the example is served to this machine only", Expected: "an address such as 127.0.0.1:8080"}
	}
	return nil
}

// demoFolder is where the example stays between two runs: the user's folder for
// what can be made again.
func demoFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", &fault.Error{Kind: fault.Invalid, Field: "--data", What: "there is no folder for the example", Expected: "--data with a folder", Cause: err}
	}
	return filepath.Join(cache, "nisaba", "demo"), nil
}
