// Package storetest opens stores for tests: on SQLite, and on a PostgreSQL that it
// starts in a temporary folder.
package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// Server is a PostgreSQL server in a temporary folder.
type Server struct {
	folder string
	cmd    *exec.Cmd
	exited chan struct{}
	names  atomic.Int64
	once   sync.Once // makes the database that Prepared copies
	err    error
}

// The account of tests is not the superuser, so that row-level security counts.
const account = "nisaba"

var errNoPostgres = errors.New("no PostgreSQL here: initdb is neither on the PATH nor below /usr/lib/postgresql")

func binary(name string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", errNoPostgres
	}
	return found[len(found)-1], nil
}

// Installed reports whether there is a PostgreSQL to start.
func Installed() bool {
	_, err := binary("initdb")
	return err == nil
}

// identity is the account that runs the server: PostgreSQL refuses to run as root.
func identity() (*syscall.SysProcAttr, int, int, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attr, os.Getuid(), os.Getgid(), nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err != nil {
			return nil, 0, 0, err
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return attr, uid, gid, nil
	}
	return nil, 0, 0, errors.New("PostgreSQL does not run as root, and there is no account postgres or nobody")
}

// Start starts a server; end it with Stop.
func Start() (*Server, error) {
	initdb, err := binary("initdb")
	if err != nil {
		return nil, err
	}
	postgres, err := binary("postgres")
	if err != nil {
		return nil, err
	}
	attr, uid, gid, err := identity()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "nisaba-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder, exited: make(chan struct{})}
	if err := s.start(initdb, postgres, attr, uid, gid); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Server) start(initdb, postgres string, attr *syscall.SysProcAttr, uid, gid int) error {
	if err := os.Chown(s.folder, uid, gid); err != nil {
		return err
	}
	data := filepath.Join(s.folder, "data")
	create := exec.Command(initdb, "--pgdata="+data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	create.Dir, create.SysProcAttr = s.folder, attr
	if out, err := create.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	s.cmd = exec.Command(postgres, "-D", data, "-k", s.folder, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "logging_collector=off")
	var log bytes.Buffer
	s.cmd.Dir, s.cmd.SysProcAttr, s.cmd.Stderr = s.folder, dieWithParent(attr), &log
	if err := s.run(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if err := s.await(); err != nil {
		return fmt.Errorf("postgres does not answer: %w\n%s", err, log.String())
	}
	return s.admin(`CREATE ROLE ` + account + ` LOGIN`)
}

// run starts the process on a thread that stays, because the kernel ends the
// server when the thread that started it ends.
func (s *Server) run() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			_ = s.cmd.Wait() // how it ended says nothing: Stop interrupts it
			close(s.exited)
		}
	}()
	return <-started
}

func (s *Server) await() error {
	var err error
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		if err = s.admin(`SELECT 1`); err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return errors.New("it ended")
		case <-time.After(50 * time.Millisecond):
		}
	}
	return err
}

func (s *Server) url(database, as string) string {
	return fmt.Sprintf("postgres:///%s?host=%s&user=%s", database, s.folder, as)
}

// admin runs statements as the superuser. The limits of the product are not for these:
// on a loaded machine a new database takes its time.
func (s *Server) admin(statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	db, err := sqldb.Open(ctx, s.url("postgres", "postgres"), sqldb.Options{MaxConnections: 1})
	if err != nil {
		return err
	}
	for _, statement := range append([]string{`SET statement_timeout = 0`, `SET lock_timeout = 0`}, statements...) {
		if _, err := db.Pool().ExecContext(ctx, statement); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	return db.Close()
}

// Database makes an empty database and returns its URL.
func (s *Server) Database() (string, error) { return s.copyOf("template1") }

// Prepared makes a database whose schema is up to date and returns its URL.
func (s *Server) Prepared() (string, error) {
	s.once.Do(func() {
		if s.err = s.admin(`CREATE DATABASE nisaba_empty OWNER ` + account); s.err == nil {
			s.err = prepare(s.url("nisaba_empty", account))
		}
	})
	if s.err != nil {
		return "", s.err
	}
	return s.copyOf("nisaba_empty")
}

func (s *Server) copyOf(template string) (string, error) {
	name := fmt.Sprintf("nisaba_%d", s.names.Add(1))
	return s.url(name, account), s.admin(`CREATE DATABASE ` + name + ` TEMPLATE ` + template + ` OWNER ` + account)
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error {
	if s.cmd != nil && s.cmd.Process != nil {
		if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) { // fast shutdown
			return err
		}
		<-s.exited
	}
	return os.RemoveAll(s.folder)
}

// Kit holds the server of one test program, started when the first test needs it.
type Kit struct {
	once   sync.Once
	server *Server
	err    error
}

// Main runs the tests of a package and ends the server that they started. Call it
// in TestMain.
func (k *Kit) Main(m *testing.M) int {
	code := m.Run()
	if k.server != nil {
		if err := k.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
			return max(code, 1)
		}
	}
	return code
}

// Spent is the processor time of PostgreSQL so far, 0 where it is not known.
func (k *Kit) Spent() time.Duration {
	if k.server == nil {
		return 0
	}
	return spent(k.server.cmd.Process.Pid)
}

// Postgres returns the URL of an empty database. The test is skipped, with the
// reason, when there is no PostgreSQL; any other failure fails it.
func (k *Kit) Postgres(t testing.TB) string { return k.database(t, (*Server).Database) }

// Prepared is Postgres with the schema up to date.
func (k *Kit) Prepared(t testing.TB) string { return k.database(t, (*Server).Prepared) }

func (k *Kit) database(t testing.TB, make func(*Server) (string, error)) string {
	t.Helper()
	k.once.Do(func() { k.server, k.err = Start() })
	if errors.Is(k.err, errNoPostgres) {
		t.Skip(k.err)
	}
	if k.err != nil {
		t.Fatal(k.err)
	}
	url, err := make(k.server)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// Raw opens the database behind the store, for tests that look below it.
func Raw(t testing.TB, target string) *sql.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), target, sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db.Pool()
}
