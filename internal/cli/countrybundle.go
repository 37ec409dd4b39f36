package cli

import (
	"archive/zip"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law/country"
)

// countriesFlag names the folder of an installed bundle.
const countriesFlag = "--countries DIR (or the environment variable NISABA_COUNTRIES)"

// openBundle opens a folder or a zip file; done closes it.
func openBundle(path string) (bundle fs.FS, done func(), err error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		b, err := country.Bundle(os.DirFS(path))
		return b, func() {}, err
	}
	if err == nil {
		var z *zip.ReadCloser
		if z, err = zip.OpenReader(path); err == nil {
			b, err := country.Bundle(z)
			return b, func() { _ = z.Close() }, err
		}
	}
	return nil, nil, &fault.Error{Kind: fault.NotFound, File: path, What: "the country packs cannot be opened",
		Expected: "a folder or a zip file with a bundle, or one pack <code>.yaml", Cause: err}
}

// openCountries is the set in use: the installed bundle when a folder is named,
// verified on every run, else the one in the program. A bundle that is older than
// the program gives way to the built-in one, with a notice.
func (s *session) openCountries() (*country.Set, error) {
	builtIn, err := country.Load(content.FS)
	if err != nil || s.countriesDir == "" {
		return builtIn, err
	}
	if _, err := os.Stat(s.countriesDir); err != nil {
		return nil, &fault.Error{Kind: fault.NotFound, File: s.countriesDir, What: "there are no country packs",
			Expected: "a folder that \"nisaba country update\" has written", Cause: err}
	}
	set, err := openSigned(os.DirFS(s.countriesDir), builtIn.Version)
	if errors.Is(err, country.ErrOlder) {
		fmt.Fprintf(s.Err, "%s: %v. The built-in packs, version %d, are used.\n", s.countriesDir, err, builtIn.Version)
		return builtIn, nil
	}
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, File: s.countriesDir, What: err.Error(),
			Expected: "packs as \"nisaba country update\" has installed them", Cause: err}
	}
	return set, nil
}

// openSigned opens a bundle signed with the key that is built in.
func openSigned(bundle fs.FS, atLeast int) (*country.Set, error) {
	key, err := country.PublicKey(content.FS)
	if err != nil {
		return nil, err
	}
	return country.Open(bundle, atLeast, key)
}

// addSentences puts the sentences that bundles bring along into the catalogue.
func (s *session) addSentences(c *locale.Catalogue) error {
	all := s.sentences
	if s.countriesDir != "" {
		set, err := s.countrySet()
		if err != nil {
			return err
		}
		all = append([]map[string][]byte{set.Messages()}, all...)
	}
	for _, bundle := range all {
		for language, file := range bundle {
			if err := c.Extend(language, "country.", file); err != nil {
				return &fault.Error{Kind: fault.Invalid, File: "messages/" + language + ".json", What: err.Error(),
					Expected: "messages of country packs", Cause: err}
			}
		}
	}
	return nil
}

type countryUpdateCommand struct {
	Bundle string `arg:"" help:"Folder or zip file with the signed bundle."`
}

func (c *countryUpdateCommand) Run(s *session) error {
	if s.countriesDir == "" {
		return argument("--countries", "it is not said where the packs are to be installed", countriesFlag)
	}
	least, err := s.leastVersion()
	if err != nil {
		return err
	}
	bundle, done, err := openBundle(c.Bundle)
	if err != nil {
		return err
	}
	defer done()
	set, err := openSigned(bundle, least)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, File: c.Bundle, What: err.Error(),
			Expected: fmt.Sprintf("a signed bundle of version %d or later", least), Cause: err}
	}
	if err := install(bundle, s.countriesDir); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "Country packs version %d installed in %s. Later runs use them with %s.\n", set.Version, s.countriesDir, countriesFlag)
	return err
}

// leastVersion is the version that a new bundle must have at least: that of the
// program, or of a sound bundle that is installed already.
func (s *session) leastVersion() (int, error) {
	builtIn, err := country.Load(content.FS)
	if err != nil {
		return 0, fmt.Errorf("load the country packs: %w", err)
	}
	if installed, err := openSigned(os.DirFS(s.countriesDir), builtIn.Version); err == nil {
		return installed.Version, nil
	}
	return builtIn.Version, nil
}

// install copies a verified bundle beside the folder, verifies the copy and puts
// it in place with one renaming, so that a broken copy is never used.
func install(bundle fs.FS, folder string) error {
	failed := func(err error) error {
		return &fault.Error{Kind: fault.Invalid, File: folder, What: "the country packs cannot be installed: " + err.Error(),
			Expected: "a folder of its own, empty or written by \"nisaba country update\", that may be written to", Cause: err}
	}
	if err := replaceable(folder); err != nil {
		return failed(err)
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return failed(err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(folder), ".countries-")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(temp)
	fresh, old := filepath.Join(temp, "new"), filepath.Join(temp, "old")
	if err := os.CopyFS(fresh, bundle); err != nil {
		return failed(err)
	}
	if _, err := openSigned(os.DirFS(fresh), 1); err != nil {
		return failed(err)
	}
	if err := os.Rename(folder, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err)
	}
	if err := os.Rename(fresh, folder); err != nil {
		return failed(errors.Join(err, os.Rename(old, folder)))
	}
	return nil
}

// replaceable refuses a folder that holds something else than country packs.
func replaceable(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(folder, "packs.note")); err != nil {
		return errors.New("the folder holds other files")
	}
	return nil
}

type countrySignCommand struct {
	Dir     string `arg:"" help:"Folder with the 27 packs." type:"existingdir"`
	Key     string `required:"" help:"File with the private key. Keep it outside the repository."`
	Version *int   `help:"Version of the bundle. Default: one more than the list in the folder says."`
	NewKey  bool   `help:"Make a new pair of keys first; the public key goes to packs.pub in the folder."`
}

func (c *countrySignCommand) Run(s *session) error {
	public := filepath.Join(c.Dir, "packs.pub")
	if c.NewKey {
		if err := c.makeKey(public); err != nil {
			return err
		}
	}
	private, err := os.ReadFile(c.Key)
	if err != nil {
		return &fault.Error{Kind: fault.NotFound, File: c.Key, What: "the private key cannot be read",
			Expected: "a file that \"nisaba country sign --new-key\" has written", Cause: err}
	}
	version, err := c.version()
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, File: c.Dir, What: err.Error(), Cause: err}
	}
	note, err := country.Sign(os.DirFS(c.Dir), string(private), version)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, File: c.Dir, What: err.Error(), Cause: err}
	}
	key, err := country.PublicOf(string(private))
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, File: c.Key, What: err.Error(), Cause: err}
	}
	if known, err := os.ReadFile(public); err != nil || strings.TrimSpace(string(known)) != key {
		return &fault.Error{Kind: fault.Invalid, File: public, What: "the public key does not belong to " + c.Key,
			Expected: "the key with which earlier bundles were signed, or --new-key for a new one", Cause: err}
	}
	if err := writeFile(filepath.Join(c.Dir, "packs.note"), note); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%s signed as version %d.\n", c.Dir, version)
	return err
}

func (c *countrySignCommand) version() (int, error) {
	if c.Version != nil {
		return *c.Version, nil
	}
	set, err := country.Load(os.DirFS(c.Dir))
	if err != nil {
		return 0, err
	}
	return set.Version + 1, nil
}

// makeKey writes a new private key, readable by its owner only, and never over
// another one.
func (c *countrySignCommand) makeKey(public string) error {
	private, key, err := country.NewKey(rand.Reader)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.Key, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, File: c.Key, What: "the private key cannot be written",
			Expected: "the name of a file that does not exist yet", Cause: err}
	}
	_, err = f.WriteString(private + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the private key: %w", err)
	}
	return writeFile(public, []byte(key+"\n"))
}
