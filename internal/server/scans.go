package server

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// scanKey is the file with the key that signs what may be scanned, and scanFolder
// holds the journals of scans that run.
const (
	scanKey    = "scan.key"
	scanFolder = "scans"
)

func (c Config) scans(s *store.Store, organisations *clients.Service, mailer *mailing.Mailer) (*scanning.Service, error) {
	key, err := loadScanKey(filepath.Join(c.Data, scanKey))
	if err != nil {
		return nil, err
	}
	return scanning.New(s, organisations, c.Knowledge.Catalogue, scanning.Options{Key: key, Folder: filepath.Join(c.Data, scanFolder), Scanner: c.Knowledge.Program, Mails: mailer,
		Loopback: c.ScanLoopback, TXT: c.ScanTXT, Resolver: c.ScanResolver, Resolvers: c.ScanResolvers, Data: c.ScanData})
}

// loadScanKey reads the key, or makes it. A permit that was signed with a lost key
// can still be read; it only cannot be used again.
func loadScanKey(path string) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		b, err = makeScanKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("the key of the scans: %w", err)
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("the key of the scans in %s cannot be read; remove the file to have a new one made", path)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func makeScanKey(path string) ([]byte, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return nil, err
	}
	b := []byte(hex.EncodeToString(seed) + "\n")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(b)
	return b, errors.Join(err, f.Sync(), f.Close())
}
