package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/demo"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// The account that the example workspace belongs to.
const (
	DemoEmail    = demo.Email
	DemoPassword = demo.Password
)

// HasDemo reports whether the folder holds the data of a server.
func HasDemo(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, databaseFile))
	return err == nil
}

// BuildDemo makes the data of a server with the example workspace, as of now, in
// c.Data, which must not exist or be empty. It is made beside it and moved when it
// is whole, so that a demo that was broken off is never taken for one. progress
// may be nil.
func BuildDemo(ctx context.Context, c Config, now time.Time, progress func(done, all int)) (err error) {
	cannot := func(err error) error {
		return &fault.Error{Kind: fault.Invalid, File: c.Data, What: "the folder cannot be made",
			Expected: "--data with a folder that may be written to, and that is empty or does not exist", Cause: err}
	}
	if err := os.MkdirAll(filepath.Dir(c.Data), 0o700); err != nil {
		return cannot(err)
	}
	part, err := os.MkdirTemp(filepath.Dir(c.Data), ".nisaba-demo-*")
	if err != nil {
		return cannot(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(part)) }()
	if err := fillDemo(ctx, c, part, now, progress); err != nil {
		return err
	}
	if err := os.Remove(c.Data); err != nil && !errors.Is(err, os.ErrNotExist) {
		return cannot(err)
	}
	if err := os.Rename(part, c.Data); err != nil {
		return cannot(err)
	}
	return nil
}

func fillDemo(ctx context.Context, c Config, folder string, now time.Time, progress func(done, all int)) (err error) {
	box, err := secret.LoadKey(filepath.Join(folder, masterKey))
	if err != nil {
		return err
	}
	files, err := blob.Open(filepath.Join(folder, "files"))
	if err != nil {
		return err
	}
	passwords, err := secret.NewPasswords(secret.DefaultCost, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	moving := clock.At(demo.Begins(now))
	s, err := store.Open(ctx, filepath.Join(folder, databaseFile), store.Options{Clock: moving})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return demo.Build(ctx, demo.Server{Accounts: accounts.New(s, passwords, box), Clients: clients.New(s, c.Knowledge, files),
		Knowledge: c.Knowledge, Clock: moving}, now, progress)
}

// SignInLink is the path of a page that signs the owner of the address in, once,
// from this machine only.
func (s *Server) SignInLink(ctx context.Context, email string) (string, error) {
	token, err := s.people.Operator().SignInLink(ctx, email)
	return "/enter/" + token, err
}
