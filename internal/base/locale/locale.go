// Package locale renders messages for people: it loads the message catalogue
// (content/messages/<language>/*.json, go-i18n format) and prints numbers, dates
// and money the way a language writes them.
package locale

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/nisaba-platform/nisaba/law"
)

// Catalogue is the loaded message catalogue. It is safe for concurrent use.
type Catalogue struct {
	bundle    *i18n.Bundle
	languages []string
	simple    map[string]map[string]pattern // by language and key
	others    map[string]map[string]bool    // by language: the keys of the messages in the bundle
	sentences map[string]*sentences         // of faults, by language
	findings  map[string]*sentences         // of scans, by language
	sources   map[string]*sentences         // of what was read, by language
}

// Languages lists the languages that have messages, sorted.
func (c *Catalogue) Languages() []string { return slices.Clone(c.languages) }

// Load reads <root>/<language>/*.json. When languages are named, only those and
// English, the fallback of every key, are read. An unknown language or a file
// that does not parse is an error.
func Load(fsys fs.FS, root string, languages ...string) (*Catalogue, error) {
	c := &Catalogue{bundle: i18n.NewBundle(language.English), simple: map[string]map[string]pattern{}, others: map[string]map[string]bool{}, sentences: map[string]*sentences{}, findings: map[string]*sentences{}, sources: map[string]*sentences{}}
	if len(languages) == 0 {
		entries, err := fs.ReadDir(fsys, root)
		if err != nil {
			return nil, fmt.Errorf("read the message catalogue: %w", err)
		}
		for _, e := range entries {
			languages = append(languages, e.Name())
		}
	} else if !slices.Contains(languages, "en") {
		languages = append(languages, "en")
	}
	slices.Sort(languages)
	for _, l := range slices.Compact(languages) {
		if err := c.loadLanguage(fsys, root, l); err != nil {
			return nil, err
		}
		c.languages = append(c.languages, l)
	}
	return c, nil
}

func (c *Catalogue) loadLanguage(fsys fs.FS, root, lang string) error {
	files, err := fs.Glob(fsys, path.Join(root, lang, "*.json"))
	if err != nil {
		return fmt.Errorf("list messages of %q: %w", lang, err)
	}
	if len(files) == 0 {
		return fmt.Errorf("no messages for the language %q", lang)
	}
	for _, f := range files {
		b, err := fs.ReadFile(fsys, f)
		if err != nil {
			return fmt.Errorf("read messages: %w", err)
		}
		if err := c.add(lang, path.Base(f[:len(f)-len(".json")]), b); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
	}
	if c.sentences[lang], err = loadSentences(fsys, path.Join(root, lang, "sentences")); err != nil {
		return err
	}
	if c.findings[lang], err = loadSentences(fsys, path.Join(root, lang, "findings")); err != nil {
		return err
	}
	c.sources[lang], err = loadSentences(fsys, path.Join(root, lang, "sources"))
	return err
}

// Negotiate is the first language of an Accept-Language header (RFC 9110 section
// 12.5.4) that has messages, English when none has.
func (c *Catalogue) Negotiate(header string) string {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return "en"
	}
	for _, t := range tags {
		if base, _ := t.Base(); slices.Contains(c.languages, base.String()) {
			return base.String()
		}
	}
	return "en"
}

// Extend adds the messages of a JSON file, or puts them in place of those with
// the same key. Every key must begin with prefix, so that data from elsewhere
// cannot change what belongs to others. Call it before the catalogue is shared.
func (c *Catalogue) Extend(lang, prefix string, file []byte) error {
	var keys map[string]any
	if err := json.Unmarshal(file, &keys); err != nil {
		return fmt.Errorf("messages of %q: %w", lang, err)
	}
	for k := range keys {
		if !strings.HasPrefix(k, prefix) {
			return fmt.Errorf("messages of %q: %q; expected keys that begin with %q", lang, k, prefix)
		}
	}
	if err := c.add(lang, "extension", file); err != nil {
		return fmt.Errorf("messages of %q: %w", lang, err)
	}
	return nil
}

// Printer renders in one language; a key that the language lacks comes in English.
func (c *Catalogue) Printer(lang string) *Printer {
	tag := language.Make(lang)
	return &Printer{
		Language:  lang,
		localizer: i18n.NewLocalizer(c.bundle, lang, "en"),
		simple:    c.simple[lang],
		others:    c.others[lang],
		english:   c.simple["en"],
		sentences: c.sentences[lang],
		findings:  c.findings[lang],
		sources:   c.sources[lang],
		numbers:   message.NewPrinter(tag),
	}
}

// Printer renders messages, numbers, dates and money in one language.
type Printer struct {
	Language  string
	localizer *i18n.Localizer
	simple    map[string]pattern
	others    map[string]bool
	english   map[string]pattern
	sentences *sentences
	findings  *sentences
	sources   *sentences
	numbers   *message.Printer
}

// Say renders a message. A key that no language has comes back in double angle
// brackets, so that tests and readers see it.
func (p *Printer) Say(m law.Message) string {
	if m.Key == "" {
		return ""
	}
	text := p.simple[m.Key]
	if text == nil && !p.others[m.Key] {
		text = p.english[m.Key]
	}
	if text != nil {
		return text.fill(p, m.Args)
	}
	data := make(map[string]any, len(m.Args))
	config := &i18n.LocalizeConfig{MessageID: m.Key, TemplateData: data}
	for _, a := range m.Args {
		if a.Name == "count" {
			config.PluralCount = pluralCount(a.Value)
		}
		data[a.Name] = p.arg(a.Value)
	}
	s, err := p.localizer.Localize(config)
	if err != nil && s == "" {
		return "⟪" + m.Key + "⟫"
	}
	return s
}

// T renders a key with name, value pairs.
func (p *Printer) T(key string, nameValue ...any) string {
	return p.Say(law.Say(key, nameValue...))
}

// Has reports whether the printer's own language has the key.
func (p *Printer) Has(key string) bool {
	return p.simple[key] != nil || p.others[key]
}

func pluralCount(v any) any {
	switch n := v.(type) {
	case int64:
		return int(n)
	case float64:
		return fmt.Sprintf("%g", n)
	}
	return v
}

func (p *Printer) arg(v any) any {
	switch v := v.(type) {
	case law.Message:
		return p.Say(v)
	case []law.Message:
		parts := make([]string, len(v))
		for i, m := range v {
			parts[i] = p.Say(m)
		}
		return p.List(parts)
	case law.Date:
		return p.Date(v)
	case int:
		return p.Number(float64(v), 0)
	case int64:
		return p.Number(float64(v), 0)
	case float64:
		return p.Number(v, 2)
	case []string:
		return p.List(v)
	}
	return v
}

// List joins parts with commas.
func (p *Printer) List(parts []string) string { return strings.Join(parts, ", ") }

// Number prints with the language's separators and at most the given decimals.
func (p *Printer) Number(v float64, decimals int) string {
	if n := int(v); n >= 0 && n < 1000 && float64(n) == v && !math.Signbit(v) { // most are; our languages write them alike
		if _, ours := months[p.Language]; ours {
			return strconv.Itoa(n)
		}
	}
	return p.numbers.Sprint(number.Decimal(v, number.MaxFractionDigits(decimals)))
}

// Euros prints whole euros, for example "EUR 10,000,000".
func (p *Printer) Euros(v int64) string {
	return "EUR\u00a0" + p.Number(float64(v), 0)
}

// Money prints hundredths of a currency (ISO 4217), for example "EUR 1,200" or
// "EUR 1,200.50".
func (p *Printer) Money(cents int64, currency string) string {
	scale := number.Scale(2)
	if cents%100 == 0 {
		scale = number.Scale(0)
	}
	return currency + "\u00a0" + p.numbers.Sprint(number.Decimal(float64(cents)/100, scale))
}

// Percent prints v (0–100) with at most the given decimals and the sign.
func (p *Printer) Percent(v float64, decimals int) string {
	if p.Language == "en" {
		return p.Number(v, decimals) + "%"
	}
	return p.Number(v, decimals) + "\u00a0%"
}

var months = map[string][12]string{
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	"de": {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
}

// Date prints a day in words, for example "25 November 2026"; "" for no date.
// A language without month names gets YYYY-MM-DD.
func (p *Printer) Date(d law.Date) string {
	if d.IsZero() {
		return ""
	}
	names, ok := months[p.Language]
	if !ok {
		return d.String()
	}
	day := fmt.Sprint(d.Day)
	switch {
	case p.Language == "de":
		day += "."
	case p.Language == "fr" && d.Day == 1:
		day = "1er"
	}
	return fmt.Sprintf("%s %s %d", day, names[d.Month-1], d.Year)
}
