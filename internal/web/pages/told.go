package pages

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// spoken is the little that sentences need of an object in the ledger.
type spoken struct {
	Title       string   `json:"title"`
	Name        string   `json:"name"`
	Label       string   `json:"label"`
	Email       string   `json:"email"`
	Body        string   `json:"body"`
	Question    string   `json:"question"`
	Requirement string   `json:"requirement"`
	Kind        string   `json:"kind"`
	State       string   `json:"state"`
	Decision    string   `json:"decision"`
	Subject     string   `json:"subject"`
	Class       string   `json:"class"`
	Course      string   `json:"course"`
	Options     []string `json:"options"`
	Archived    bool     `json:"archived"`

	Facts json.RawMessage `json:"facts"`
}

func objectOf(e ledger.Entry) (before, after spoken) {
	// Entries that cannot be read tell no more than their action.
	_ = json.Unmarshal(e.Before, &before)
	_ = json.Unmarshal(e.After, &after)
	return before, after
}

// sentence is what an entry of the ledger says in plain words: the key of the
// message and its argument. ok is false for what needs no telling.
func sentence(ctx context.Context, known *catalog.Catalogue, e ledger.Entry) (key, what, page string, ok bool) {
	before, after := objectOf(e)
	now := after
	verb := "change"
	switch {
	case e.Before == nil && e.After == nil:
		return "", "", "", false
	case e.Before == nil:
		verb = "create"
	case e.After == nil:
		verb, now = "remove", before
	}
	switch e.Kind {
	case "answer":
		q, found := known.Question(now.Question)
		if !found {
			return "answer." + verb, now.Question, "questions", true
		}
		return "answer." + verb, q.Text, "questions?topic=" + escape(q.Topic) + "#" + anchor(q.ID), true
	case "evidence":
		if now.Title == "" {
			now.Title, _ = known.KindTitle(now.Kind)
		}
		return "evidence." + verb, now.Title, "evidence", true
	case "task":
		if verb == "change" && before.State != after.State && after.State == "done" {
			verb = "done"
		}
		return "task." + verb, now.Title, "plan", true
	case "exception", "assertion":
		req, _ := known.Get(now.Requirement)
		return e.Kind + "." + verb, req.Title, "requirements", true
	case "approval":
		if now.Decision != "waiting" {
			verb = now.Decision
		}
		return "approval." + verb, ui.T(ctx, "home.subject."+subjectKey(now.Subject)), "board", true
	case "training":
		return "training." + verb, now.Name + " · " + now.Course, "board", true
	case "determination":
		if verb == "change" {
			return "determination.reopened", "", "scope/result", true
		}
		return "determination." + verb, ui.T(ctx, "report.class."+now.Class+".name"), "scope/result", now.Class != ""
	case "snapshot":
		return "snapshot." + verb, now.Label, "history", verb == "create"
	case "organisation":
		if before.Archived != after.Archived && verb == "change" {
			return "organisation.archive", "", "facts", true
		}
		if verb == "change" && bytes.Equal(before.Facts, after.Facts) {
			return "organisation.manage", "", "manage", true
		}
		return "organisation." + verb, "", "facts", true
	}
	return "", "", "", false
}

func subjectKey(subject string) string {
	if subject == clients.SubjectMeasures || subject == clients.SubjectPlan {
		return subject
	}
	return "other"
}

// tellFor is how long acts of one kind by one person count as one in the telling.
const tellFor = 12 * time.Hour

// mostTold is how many lines the telling has.
const mostTold = 8

// told is the last changes in plain words. Many of one kind by one person become
// one line.
func told(ctx context.Context, r *http.Request, h clients.Home) []ui.Event {
	var out []ui.Event
	var last, page string // of the last line
	count := 0
	many := func() {
		if count > 1 {
			line := &out[len(out)-1]
			line.What, line.URL = ui.T(ctx, "home.told."+last+".many", "count", count), clientURL(r, strings.SplitN(page, "?", 2)[0])
		}
	}
	for _, e := range h.Changes {
		who := e.ActorName
		if who == "" {
			who = e.Actor
		}
		goesOn := func(key string) bool {
			return len(out) > 0 && key == last && out[len(out)-1].Who == who && out[len(out)-1].At.Sub(e.At) < tellFor
		}
		if goesOn(plainKey(e)) { // most do, and what they say need not be read
			count++
			continue
		}
		key, what, at, ok := sentence(ctx, h.In.Catalogue, e)
		if !ok {
			continue
		}
		if goesOn(key) {
			count++
			continue
		}
		if len(out) == mostTold {
			break
		}
		many()
		last, page, count = key, at, 1
		out = append(out, ui.Event{At: e.At, Who: who, What: ui.T(ctx, "home.told."+key, "what", what), URL: clientURL(r, at)})
	}
	many()
	return out
}

// plainKey is the key that sentence gives for entries whose kind and verb say it all,
// otherwise "".
func plainKey(e ledger.Entry) string {
	switch e.Kind {
	case "answer", "evidence", "exception", "assertion", "training":
	default:
		return ""
	}
	switch {
	case e.Before == nil && e.After == nil:
		return ""
	case e.Before == nil:
		return e.Kind + ".create"
	case e.After == nil:
		return e.Kind + ".remove"
	}
	return e.Kind + ".change"
}
