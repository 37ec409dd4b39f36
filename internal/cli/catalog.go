package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
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
}

func (c *catalogListCommand) Run(s *session) error {
	cat, err := s.catalog()
	if err != nil {
		return err
	}
	if c.Under != "" {
		if _, ok := cat.Get(c.Under); !ok {
			return unknownID(c.Under)
		}
	}
	var list []catalog.Requirement
	for _, r := range cat.All() {
		if (c.Framework == "" || r.Framework == c.Framework) && (c.Under == "" || r.ID == c.Under || strings.HasPrefix(r.ID, c.Under+".")) {
			list = append(list, r)
		}
	}
	if c.JSON {
		return writeLines(s, list)
	}
	printRequirements(text{s.Out}, list)
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

func printRequirements(t text, list []catalog.Requirement) {
	rows := make([][]string, 0, len(list))
	for _, r := range list {
		title := r.Title
		if r.MayNotApply() {
			title += " (where appropriate)"
		}
		rows = append(rows, []string{r.ID, strings.Join(r.Measures, ""), title})
	}
	t.table(0, rows)
}

type catalogShowCommand struct {
	ID string `arg:"" help:"Id, for example cir.4.2.2.c."`
}

func (c *catalogShowCommand) Run(s *session) error {
	cat, err := s.catalog()
	if err != nil {
		return err
	}
	t := text{s.Out}
	if r, ok := cat.Get(c.ID); ok {
		showRequirement(t, cat, r)
		return nil
	}
	if q, ok := cat.Question(c.ID); ok {
		showQuestion(t, q)
		return nil
	}
	if title, ok := cat.KindTitle(c.ID); ok {
		t.title(title)
		for _, n := range cat.Naming(c.ID) {
			r := cat.At(n.Leaf)
			t.hang(2, r.ID+"  ", r.Title)
		}
		return nil
	}
	if e, ok := annex.Lookup(c.ID); ok {
		p, err := s.printer("en")
		if err != nil {
			return err
		}
		t.title(p.Say(e.Title()))
		t.line("%s\n%s", e.ID, e.Citation)
		return nil
	}
	return unknownID(c.ID)
}

func showRequirement(t text, cat *catalog.Catalogue, r catalog.Requirement) {
	t.title(r.Title)
	t.line("%s\n%s\n", r.ID, r.Citation)
	t.para(0, r.Explanation)
	if r.Good != "" {
		t.heading("What good looks like")
		t.para(2, r.Good)
	}
	if r.MayNotApply() {
		t.heading("Where appropriate")
		t.para(2, "If you decide that this point does not apply, write down why in words that an outsider understands (Implementing Regulation (EU) 2024/2690 Art. 2(2)).")
	}
	if len(r.Evidence) > 0 {
		t.heading("Evidence")
		for _, e := range r.Evidence {
			title, _ := cat.KindTitle(e.Kind)
			t.hang(2, "- ", fmt.Sprintf("%s (%s): %s. Counts for %d months.", title, e.Kind, e.Text, e.ValidMonths))
		}
	}
	if r.IsLeaf() {
		t.heading("Work")
		t.line("  %g to %g person-days · owner: %s · phase: %s · weight: %g", r.Effort[0], r.Effort[1], r.Owner, r.Phase, r.Weight)
	}
	if qs := cat.InformedBy(r.ID); len(qs) > 0 {
		t.heading("Questions that inform it")
		for _, q := range qs {
			t.hang(2, q.ID+"  ", q.Text)
		}
	}
	if children := cat.Children(r.ID); len(children) > 0 {
		t.heading("Below it")
		printRequirements(t, children)
	}
}

type catalogSearchCommand struct {
	Words []string `arg:"" help:"Words to look for."`
}

func (c *catalogSearchCommand) Run(s *session) error {
	cat, err := s.catalog()
	if err != nil {
		return err
	}
	found := cat.Search(strings.Join(c.Words, " "))
	if len(found) == 0 {
		fmt.Fprintln(s.Err, "Nothing found. Try fewer or other words; \"nisaba catalog list\" prints everything.")
		return nil
	}
	printRequirements(text{s.Out}, found)
	return nil
}

type catalogQuestionsCommand struct {
	Topic string `help:"Only this topic: a to j, governance, reporting or registration."`
}

func (c *catalogQuestionsCommand) Run(s *session) error {
	cat, err := s.catalog()
	if err != nil {
		return err
	}
	for _, q := range cat.Questions() {
		if c.Topic == "" || c.Topic == q.Topic {
			showQuestion(text{s.Out}, q)
			fmt.Fprintln(s.Out)
		}
	}
	return nil
}

func showQuestion(t text, q catalog.Question) {
	t.hang(0, q.ID+"  ", q.Text)
	t.hang(4, "Why: ", q.Why)
	if q.Help != "" {
		t.hang(4, "Help: ", q.Help)
	}
	if q.Type == catalog.Many {
		t.line("    Choose all that apply:")
	}
	for _, o := range q.Options {
		t.hang(4, o.ID+": ", o.Text)
	}
}

type catalogTypesCommand struct{}

func (c *catalogTypesCommand) Run(s *session) error {
	p, err := s.printer("en")
	if err != nil {
		return err
	}
	var rows [][]string
	for _, e := range annex.All() {
		place := "Annex " + string(e.Annex)
		if !e.Listed() {
			place = "an article"
		}
		rows = append(rows, []string{e.ID, place, p.Say(e.Title())})
	}
	text{s.Out}.table(0, rows)
	return nil
}

type catalogEvidenceCommand struct{}

func (c *catalogEvidenceCommand) Run(s *session) error {
	cat, err := s.catalog()
	if err != nil {
		return err
	}
	var rows [][]string
	for _, k := range cat.Kinds() {
		rows = append(rows, []string{k.ID, k.Title})
	}
	text{s.Out}.table(0, rows)
	return nil
}
