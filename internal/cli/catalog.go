package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law/annex"
)

type catalogCommand struct {
	List      catalogListCommand      `cmd:"" help:"List the requirements."`
	Show      catalogShowCommand      `cmd:"" help:"Show one requirement, question or kind of evidence."`
	Search    catalogSearchCommand    `cmd:"" help:"Search the requirements."`
	Questions catalogQuestionsCommand `cmd:"" help:"List the guided questions with their options."`
	Types     catalogTypesCommand     `cmd:"" help:"List the entity types of Annexes I and II."`
	Evidence  catalogEvidenceCommand  `cmd:"" help:"List the kinds of evidence."`
}

type catalogListCommand struct {
	Framework string `help:"Only this framework: nis2 or cir-2024-2690." enum:"nis2,cir-2024-2690," default:""`
	Under     string `help:"Only what lies below this heading, for example cir.4.2."`
	JSON      bool   `name:"json" help:"One JSON object per line."`
	languageFlag
}

func (c *catalogListCommand) Run(s *session) error {
	t, err := s.catalogText(c.Language)
	if err != nil {
		return err
	}
	if c.Under != "" {
		if _, ok := t.cat.Get(c.Under); !ok {
			return unknownID(c.Under)
		}
	}
	var list []catalog.Requirement
	for _, r := range t.cat.All() {
		if (c.Framework == "" || r.Framework == c.Framework) && (c.Under == "" || r.ID == c.Under || strings.HasPrefix(r.ID, c.Under+".")) {
			list = append(list, r)
		}
	}
	if c.JSON {
		return writeLines(s, list)
	}
	t.requirements(list)
	return nil
}

func unknownID(id string) error {
	return &fault.Error{Kind: fault.NotFound, Field: id, What: "no such id",
		Expected: "an id that \"nisaba catalog list\", \"questions\", \"types\" or \"evidence\" prints"}
}

func writeLines[T any](s *session, list []T) error {
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	for _, v := range list {
		if err := e.Encode(v); err != nil {
			return fmt.Errorf("write the list: %w", err)
		}
	}
	return nil
}

// languageFlag is the language of what a command prints.
type languageFlag struct {
	Language string `help:"Language: en, de or fr." enum:"en,de,fr" default:"en"`
}

// catalogText prints what the catalogue holds in a language.
type catalogText struct {
	text
	p   *locale.Printer
	cat *catalog.Catalogue
}

func (s *session) catalogText(language string) (catalogText, error) {
	p, err := s.printer(language)
	if err != nil {
		return catalogText{}, err
	}
	cat, err := s.catalog(language)
	if err != nil {
		return catalogText{}, err
	}
	return catalogText{text{s.Out}, p, cat.In(language)}, nil
}

// named is the word of the language for an id of the catalogue; in English it is the
// id, which the data have.
func (t catalogText) named(kind, id string) string {
	if t.p.Language == catalog.English {
		return id
	}
	return t.p.T("report." + kind + "." + id)
}

func (t catalogText) requirements(list []catalog.Requirement) {
	rows := make([][]string, 0, len(list))
	for _, r := range list {
		title := r.Title
		if r.MayNotApply() {
			title += " (" + t.p.T("cli.catalog.where_appropriate") + ")"
		}
		rows = append(rows, []string{r.ID, strings.Join(r.Measures, ""), title})
	}
	t.table(0, rows)
}

type catalogShowCommand struct {
	ID string `arg:"" help:"Id, for example cir.4.2.2.c."`
	languageFlag
}

func (c *catalogShowCommand) Run(s *session) error {
	t, err := s.catalogText(c.Language)
	if err != nil {
		return err
	}
	if r, ok := t.cat.Get(c.ID); ok {
		t.requirement(r)
		return nil
	}
	if q, ok := t.cat.Question(c.ID); ok {
		t.question(q)
		return nil
	}
	if title, ok := t.cat.KindTitle(c.ID); ok {
		t.title(title)
		for _, n := range t.cat.Naming(c.ID) {
			r := t.cat.At(n.Leaf)
			t.hang(2, r.ID+"  ", r.Title)
		}
		return nil
	}
	if e, ok := annex.Lookup(c.ID); ok {
		t.title(t.p.Say(e.Title()))
		t.line("%s\n%s", e.ID, t.p.Cite(e.Citation))
		return nil
	}
	return unknownID(c.ID)
}

func (t catalogText) requirement(r catalog.Requirement) {
	t.title(r.Title)
	t.line("%s\n%s\n", r.ID, t.p.Cite(r.Citation))
	t.para(0, r.Explanation)
	if r.Good != "" {
		t.heading(t.p.T("cli.catalog.good"))
		t.para(2, r.Good)
	}
	if r.MayNotApply() {
		t.heading(t.p.T("cli.catalog.may_not_apply"))
		t.para(2, t.p.T("cli.catalog.may_not_apply.text"))
	}
	if len(r.Evidence) > 0 {
		t.heading(t.p.T("cli.catalog.evidence"))
		for _, e := range r.Evidence {
			title, _ := t.cat.KindTitle(e.Kind)
			t.hang(2, "- ", t.p.T("cli.catalog.evidence.item", "title", title, "id", e.Kind, "text", e.Text, "count", e.ValidMonths))
		}
	}
	if r.IsLeaf() {
		t.heading(t.p.T("cli.catalog.work"))
		t.line("  %s", t.p.T("cli.catalog.work.text", "from", t.figure(r.Effort[0]), "to", t.figure(r.Effort[1]),
			"owner", t.named("role", r.Owner), "phase", t.named("phase", string(r.Phase)), "weight", t.figure(r.Weight)))
	}
	if qs := t.cat.InformedBy(r.ID); len(qs) > 0 {
		t.heading(t.p.T("cli.catalog.informed_by"))
		for _, q := range qs {
			t.hang(2, q.ID+"  ", q.Text)
		}
	}
	if children := t.cat.Children(r.ID); len(children) > 0 {
		t.heading(t.p.T("cli.catalog.below"))
		t.requirements(children)
	}
}

// figure is a number with the decimals that it has, as the language writes it.
func (t catalogText) figure(v float64) string {
	_, decimals, _ := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), ".")
	return t.p.Number(v, len(decimals))
}

type catalogSearchCommand struct {
	Words []string `arg:"" help:"Words to look for, in the language."`
	languageFlag
}

func (c *catalogSearchCommand) Run(s *session) error {
	t, err := s.catalogText(c.Language)
	if err != nil {
		return err
	}
	found := t.cat.Search(strings.Join(c.Words, " "))
	if len(found) == 0 {
		fmt.Fprintln(s.Err, t.p.T("cli.catalog.nothing"))
		return nil
	}
	t.requirements(found)
	return nil
}

type catalogQuestionsCommand struct {
	Topic string `help:"Only this topic: a to j, governance, reporting or registration."`
	languageFlag
}

func (c *catalogQuestionsCommand) Run(s *session) error {
	t, err := s.catalogText(c.Language)
	if err != nil {
		return err
	}
	for _, q := range t.cat.Questions() {
		if c.Topic == "" || c.Topic == q.Topic {
			t.question(q)
			t.line("")
		}
	}
	return nil
}

func (t catalogText) question(q catalog.Question) {
	t.hang(0, q.ID+"  ", q.Text)
	t.hang(4, t.p.T("cli.catalog.why")+" ", q.Why)
	if q.Help != "" {
		t.hang(4, t.p.T("cli.catalog.help")+" ", q.Help)
	}
	if q.Type == catalog.Many {
		t.line("    %s", t.p.T("cli.catalog.many"))
	}
	for _, o := range q.Options {
		t.hang(4, o.ID+": ", o.Text)
	}
}

type catalogTypesCommand struct{ languageFlag }

func (c *catalogTypesCommand) Run(s *session) error {
	p, err := s.printer(c.Language)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, e := range annex.All() {
		place := p.T("cli.catalog.annex", "number", string(e.Annex))
		if !e.Listed() {
			place = p.T("cli.catalog.article")
		}
		rows = append(rows, []string{e.ID, place, p.Say(e.Title())})
	}
	text{s.Out}.table(0, rows)
	return nil
}

type catalogEvidenceCommand struct{ languageFlag }

func (c *catalogEvidenceCommand) Run(s *session) error {
	t, err := s.catalogText(c.Language)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, k := range t.cat.Kinds() {
		rows = append(rows, []string{k.ID, k.Title})
	}
	t.table(0, rows)
	return nil
}
