package assessing

import (
	"sync"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/posture"
)

// said keeps what an assessment says in languages other than that of the catalogue
// that it was made with, so that each costs its time once. All copies of an Input
// share it.
type said struct {
	mu         sync.Mutex
	byLanguage map[*catalog.Catalogue]texts
}

// texts is the parts of an Input that hold texts of the catalogue: titles of tasks,
// and questions and answers in what a status rests on.
type texts struct {
	posture posture.Posture
	tasks   []posture.Task
	whatIf  posture.Best
}

// In is the same assessment with the texts of the catalogue in a language, for people
// to read. Statuses, scores, gaps and days are the same. What cannot be had in the
// language is English.
func (in Input) In(language string) Input {
	known := in.Catalogue.In(language)
	if known == in.Catalogue {
		return in
	}
	t := in.textsOf(known)
	in.Catalogue, in.Posture, in.Tasks, in.WhatIf = known, t.posture, t.tasks, t.whatIf
	return in
}

// textsOf makes the assessment once more from the same statements. It is cheap, and
// nothing can be left out that a message says.
func (in Input) textsOf(known *catalog.Catalogue) texts {
	s := in.said
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.byLanguage[known]
	if ok {
		return t
	}
	t.posture = posture.Assess(known, in.Statements, in.AsOf)
	if in.planned {
		t.tasks = posture.Plan(known, t.posture, in.Statements, deadlines(in.Duties))
		t.whatIf = posture.BestTasks(t.posture, t.tasks, tasksOfWhatIf)
	}
	s.byLanguage[known] = t
	return t
}
