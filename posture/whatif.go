package posture

import (
	"slices"
)

// WhatIf is the overall score after some tasks are done: the leaves that they
// close count as met, everything else stays.
func WhatIf(p Posture, done []Task) Score {
	var closed []string
	for _, t := range done {
		closed = append(closed, t.Requirements...)
	}
	return rescore(&p, closed)
}

// once is the status of a result when the requirements in closes are met.
func (r *Result) once(closes map[string]bool) Status {
	if closes[r.Requirement] && r.Status != NotApplicable {
		return Met
	}
	return r.Status
}

func rescore(p *Posture, closed []string) Score {
	closes := set(closed)
	s := Score{Key: "overall"}
	for i := range p.Results {
		r := &p.Results[i]
		if r.Weight == 0 {
			continue
		}
		s.add(r.once(closes), r.Weight)
	}
	s.finish()
	return s
}

// gain is the points of the overall score that closing some leaves brings.
func gain(p *Posture, closed []string) float64 {
	return rescore(p, closed).Points - rescore(p, nil).Points
}

// Best is a choice of tasks with what it does to the overall score.
type Best struct {
	Tasks []Task  `json:"tasks"` // in the order of the plan
	From  float64 `json:"from"`  // points today
	To    float64 `json:"to"`    // points when all are done
}

// BestTasks chooses at most n tasks of a plan that together raise the overall
// score most, among the choices that can be done without any other task: what a
// chosen task depends on is chosen with it. It takes, step by step, the task
// whose gain together with what it still needs is highest per task.
func BestTasks(p Posture, tasks []Task, n int) Best {
	byID := make(map[string]int, len(tasks))
	for i := range tasks {
		byID[tasks[i].ID] = i
	}
	chosen := make([]bool, len(tasks))
	for left := n; left > 0; {
		var best []int
		bestGain := 0.0
		for i := range tasks {
			if chosen[i] {
				continue
			}
			need := needs(tasks, byID, i, chosen)
			sum := 0.0
			for _, j := range need {
				sum += tasks[j].Gain
			}
			if each := sum / float64(len(need)); len(need) <= left && each > bestGain {
				best, bestGain = need, each
			}
		}
		if best == nil {
			break
		}
		for _, j := range best {
			chosen[j] = true
		}
		left -= len(best)
	}
	out := Best{Tasks: []Task{}, From: rescore(&p, nil).Points}
	for i := range tasks {
		if chosen[i] {
			out.Tasks = append(out.Tasks, tasks[i])
		}
	}
	out.To = WhatIf(p, out.Tasks).Points
	return out
}

// needs is a task with everything before it that is not chosen yet.
func needs(tasks []Task, byID map[string]int, task int, chosen []bool) []int {
	out := []int{task}
	for n := 0; n < len(out); n++ {
		for _, id := range tasks[out[n]].After {
			if j, ok := byID[id]; ok && !chosen[j] && !slices.Contains(out, j) {
				out = append(out, j)
			}
		}
	}
	return out
}
