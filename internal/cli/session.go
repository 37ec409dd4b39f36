package cli

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exchange/contract"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
)

// session loads the embedded data on first use, so that a command pays only for
// what it needs.
type session struct {
	System
	catalogue struct {
		once sync.Once
		c    *catalog.Catalogue
		err  error
	}
	countries    *country.Set
	countriesDir string              // folder of an installed bundle of country packs, "" for the built-in ones
	sentences    []map[string][]byte // that other bundles bring along, by language
}

func (s *session) today() law.Date { return law.DateOf(s.Now()) }

// printer renders in a language, "" for English; only that language is read.
func (s *session) printer(lang string) (*locale.Printer, error) {
	if lang == "" {
		lang = "en"
	}
	m, err := locale.Load(content.FS, "messages", lang)
	if err != nil {
		return nil, fmt.Errorf("load the messages: %w", err)
	}
	if err := s.addSentences(m); err != nil {
		return nil, err
	}
	return m.Printer(lang), nil
}

// catalog is the catalogue in English and, from the first use on, in the languages
// that it names.
func (s *session) catalog(languages ...string) (*catalog.Catalogue, error) {
	s.catalogue.once.Do(func() { s.catalogue.c, s.catalogue.err = catalog.Load(content.FS, languages...) })
	if s.catalogue.err != nil {
		return nil, fmt.Errorf("load the catalogue: %w", s.catalogue.err)
	}
	return s.catalogue.c, nil
}

func (s *session) countrySet() (*country.Set, error) {
	if s.countries == nil {
		set, err := s.openCountries()
		if err != nil {
			return nil, fmt.Errorf("load the country packs: %w", err)
		}
		s.countries = set
	}
	return s.countries, nil
}

// lines answers JSON Lines from a file or, for "-", from standard input.
func (s *session) lines(path string, answer contract.Answer) error {
	var in io.Reader = s.In
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return &fault.Error{Kind: fault.NotFound, File: path, What: "the file cannot be opened",
				Expected: "a readable file of JSON Lines, or - for standard input", Cause: err}
		}
		defer f.Close()
		in = f
	}
	ok, err := contract.Run(in, s.Out, answer)
	if err != nil {
		return err
	}
	if !ok {
		return errSomeFailed
	}
	return nil
}
