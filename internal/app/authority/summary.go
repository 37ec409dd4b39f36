package authority

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Quarter is three months.
type Quarter struct{ Year, Number int }

// QuarterOf is the quarter of an instant in UTC.
func QuarterOf(t time.Time) Quarter {
	t = t.UTC()
	return Quarter{t.Year(), (int(t.Month())-1)/3 + 1}
}

// ParseQuarter reads "2026Q3".
func ParseQuarter(text string) (Quarter, error) {
	year, number, _ := strings.Cut(text, "Q")
	q := Quarter{}
	var err error
	if q.Year, err = strconv.Atoi(year); err == nil {
		q.Number, err = strconv.Atoi(number)
	}
	if err != nil || q.Year < 2000 || q.Year > 2200 || q.Number < 1 || q.Number > 4 || q.String() != text {
		return q, invalid("quarter", "there is no such quarter", "such as 2026Q3")
	}
	return q, nil
}

func (q Quarter) String() string { return strconv.Itoa(q.Year) + "Q" + strconv.Itoa(q.Number) }

// From is the first instant of the quarter, To the first after it, in UTC.
func (q Quarter) From() time.Time {
	return time.Date(q.Year, time.Month(3*q.Number-2), 1, 0, 0, 0, 0, time.UTC)
}

// To is the first instant after the quarter.
func (q Quarter) To() time.Time { return q.From().AddDate(0, 3, 0) }

// Before is the quarter before.
func (q Quarter) Before() Quarter { return QuarterOf(q.From().AddDate(0, 0, -1)) }

// After is the quarter after.
func (q Quarter) After() Quarter { return QuarterOf(q.To()) }

// What was notified, Directive (EU) 2022/2555 Art. 23(9).
const (
	Significant = "significant" // incidents under Art. 23(1)
	Voluntary   = "incident"    // other incidents, Art. 30
	CyberThreat = "threat"
	NearMiss    = "near_miss"
)

// SummaryTable is a table of the summary.
type SummaryTable struct {
	ID string `json:"id"` // "kind", "cause" or "cross_border": what the columns are; the rows are sectors
	authority.Published
}

// Summary is what the single point of contact sends to ENISA every three months:
// anonymised and aggregated, Directive (EU) 2022/2555 Art. 23(9). No field list is
// laid down; the columns are those that the article and the notifications name.
type Summary struct {
	Format    string         `json:"format"`
	Authority string         `json:"authority"`
	Quarter   string         `json:"quarter"`
	From      law.Date       `json:"from"`
	To        law.Date       `json:"to"` // last day
	FewerThan int            `json:"suppressed_below"`
	Tables    []SummaryTable `json:"tables"`
}

// SummaryFormat names the shape of Summary.
const SummaryFormat = "nisaba-summary/1"

// counted is one case of a quarter.
type counted struct {
	sector, kind, cause, abroad string
}

// Summary makes the summary of a quarter from the cases under NIS2 of which a report
// came in it, each once with what its last report of the quarter says. Exercises do
// not count.
func (s *Service) Summary(ctx context.Context, a authz.Actor, q Quarter) (out Summary, err error) {
	cases := map[string]counted{}
	out = Summary{Format: SummaryFormat, Quarter: q.String(), From: law.DateOf(q.From()), To: law.DateOf(q.To()).AddDays(-1), FewerThan: authority.FewerThan}
	err = s.survey(ctx, a, func(tx *store.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		out.Authority = w.Name
		return tx.EachAuthorityReport(q.From(), q.To(), func(r authority.Report) error {
			if r.Regime == string(clocks.NIS2) && !r.Exercise {
				cases[r.Case] = count(r, cases[r.Case])
			}
			return nil
		})
	})
	if err != nil {
		return out, err
	}
	for _, t := range []struct {
		id      string
		columns []string
		of      func(counted) string
	}{
		{"kind", []string{Significant, Voluntary, CyberThreat, NearMiss}, func(c counted) string { return c.kind }},
		{"cause", []string{"system_failures", "natural_phenomena", "human_errors", "malicious_actions", "third_party_failures", "unknown"}, func(c counted) string { return c.cause }},
		{"cross_border", []string{"yes", "no", "unknown"}, func(c counted) string { return c.abroad }},
	} {
		out.Tables = append(out.Tables, SummaryTable{t.id, tabulate(cases, t.columns, t.of).Publish()})
	}
	return out, nil
}

// count is what a case is counted under after one more report; what that one does not say
// stays as the one before said it.
func count(r authority.Report, before counted) counted {
	c := counted{sector: r.Sector, kind: Significant, cause: cmp.Or(before.cause, "unknown"), abroad: cmp.Or(r.CrossBorder, before.abroad, "unknown")}
	f, err := incident.Thaw([]byte(r.Content))
	if err != nil || r.Media != authority.JSON {
		f.Values = reporting.Values{}
	}
	if r.Voluntary {
		c.kind = Voluntary
		if k := f.Values["report_kind"].Text; k == CyberThreat || k == NearMiss {
			c.kind = k
		} else if k == "" && (before.kind == CyberThreat || before.kind == NearMiss) {
			c.kind = before.kind
		}
	}
	if v := f.Values["root_cause"]; v.Unknown {
		c.cause = "unknown"
	} else if v.Text != "" {
		c.cause = v.Text
	}
	return c
}

// tabulate counts cases by sector and a column; a value that is no column counts
// in the last.
func tabulate(cases map[string]counted, columns []string, of func(counted) string) authority.Table {
	t := authority.Table{Columns: columns}
	at := map[string]int{}
	for _, c := range cases {
		i, ok := at[c.sector]
		if !ok {
			i = len(t.Rows)
			at[c.sector] = i
			t.Rows, t.Cells = append(t.Rows, c.sector), append(t.Cells, make([]int, len(columns)))
		}
		j := slices.Index(columns, of(c))
		if j < 0 {
			j = len(columns) - 1
		}
		t.Cells[i][j]++
	}
	order := make([]int, len(t.Rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(t.Rows[a], t.Rows[b]) })
	out := authority.Table{Rows: []string{}, Columns: columns}
	for _, i := range order {
		out.Rows, out.Cells = append(out.Rows, t.Rows[i]), append(out.Cells, t.Cells[i])
	}
	return out
}

// Lines are the tables of the summary as lines of a spreadsheet: table, sector,
// column, count. A suppressed count is "<" and a total stands under "total".
func (s Summary) Lines() (head []string, rows [][]string) {
	head = []string{"quarter", "table", "sector", "column", "count"}
	for _, t := range s.Tables {
		if t.Withheld {
			rows = append(rows, []string{s.Quarter, t.ID, "total", "total", "<" + strconv.Itoa(s.FewerThan)})
			continue
		}
		for i, sector := range t.Rows {
			if sector == "" {
				sector = "other"
			}
			for j, column := range t.Columns {
				n := strconv.Itoa(t.Cells[i][j].Count)
				if t.Cells[i][j].Suppressed {
					n = "<"
				}
				rows = append(rows, []string{s.Quarter, t.ID, sector, column, n})
			}
			rows = append(rows, []string{s.Quarter, t.ID, sector, "total", strconv.Itoa(t.RowSums[i])})
		}
		for j, column := range t.Columns {
			rows = append(rows, []string{s.Quarter, t.ID, "total", column, strconv.Itoa(t.ColSums[j])})
		}
		rows = append(rows, []string{s.Quarter, t.ID, "total", "total", strconv.Itoa(t.Total)})
	}
	return head, rows
}

// Statistics is how the authority and its entities did in a quarter. It is not
// anonymised and stays in the house.
type Statistics struct {
	Quarter  Quarter
	Reports  int
	Late     int
	Due      int // reports with a deadline, which Late is a part of
	Answers  int // that were due
	InTime   int // given within 24 hours, Art. 23(5)
	Open     int // not given yet
	Entities int
	Abroad   int // with a possible impact abroad
}

// Year gives the statistics of the four quarters of a year.
func (s *Service) Year(ctx context.Context, a authz.Actor, year int) (out []Statistics, err error) {
	for n := 1; n <= 4; n++ {
		out = append(out, Statistics{Quarter: Quarter{year, n}})
	}
	err = s.survey(ctx, a, func(tx *store.Tx) error {
		entities := map[[2]string]bool{}
		return tx.EachAuthorityReport(out[0].Quarter.From(), out[3].Quarter.To(), func(r authority.Report) error {
			if r.Exercise {
				return nil
			}
			x := &out[QuarterOf(r.ReceivedAt).Number-1]
			x.Reports++
			x.add(r)
			if at := [2]string{x.Quarter.String(), r.Organisation}; !entities[at] {
				entities[at] = true
				x.Entities++
			}
			return nil
		})
	})
	return out, err
}

func (x *Statistics) add(r authority.Report) {
	if r.Late {
		x.Late++
	}
	if !r.DueAt.IsZero() || r.Late {
		x.Due++
	}
	if r.CrossBorder == "yes" {
		x.Abroad++
	}
	switch {
	case r.AnswerDue.IsZero():
	case r.AnsweredAt.IsZero():
		x.Answers++
		x.Open++
	default:
		x.Answers++
		if !r.AnsweredAt.After(r.AnswerDue) {
			x.InTime++
		}
	}
}

// Situation is the view across entities in which a large-scale incident shows.
type Situation struct {
	Days    int         `json:"days"`
	AsOf    time.Time   `json:"as_of"`
	Cases   int         `json:"cases"`
	Sectors []Affection `json:"sectors"`
	States  []string    `json:"states"` // Member States that reports name
}

// Affection is how a sector is affected.
type Affection struct {
	Sector   string `json:"sector"`
	Cases    int    `json:"cases"`
	Entities int    `json:"entities"`
	Abroad   int    `json:"cross_border"`
	High     int    `json:"high_severity"`
	Users    int64  `json:"users_affected"` // as far as it was said
}

// Situation counts the open cases under NIS2 of which a report came in the last days,
// by sector, each with the last answer to every question: a later report, or a paper, need
// not repeat what was said.
func (s *Service) Situation(ctx context.Context, a authz.Actor, days int) (out Situation, err error) {
	if days < 1 || days > 366 {
		return out, invalid("days", "the number of days is too small or too large", "1 to 366")
	}
	err = s.survey(ctx, a, func(tx *store.Tx) error {
		out, err = situation(tx, days)
		return err
	})
	return out, err
}

func situation(tx *store.Tx, days int) (out Situation, err error) {
	out = Situation{Days: days, AsOf: tx.Now(), Sectors: []Affection{}, States: []string{}}
	last, abroad, said := map[string]authority.Report{}, map[string]string{}, map[string]reporting.Values{}
	err = tx.EachAuthorityReport(tx.Now().AddDate(0, 0, -days), tx.Now().Add(time.Second), func(r authority.Report) error {
		if r.Regime == string(clocks.NIS2) && !r.Exercise {
			last[r.Case] = r
			if r.CrossBorder == "yes" || r.CrossBorder == "no" {
				abroad[r.Case] = r.CrossBorder
			}
			if said[r.Case] == nil {
				said[r.Case] = reporting.Values{}
			}
			hear(said[r.Case], r)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	sectors, entities := map[string]*Affection{}, map[[2]string]bool{}
	for id, r := range last {
		c, err := tx.AuthorityCase(id)
		if err != nil {
			return out, err
		}
		if c.State != authority.Open {
			continue
		}
		out.Cases++
		x := sectors[r.Sector]
		if x == nil {
			x = &Affection{Sector: r.Sector}
			sectors[r.Sector] = x
		}
		x.Cases++
		if at := [2]string{r.Sector, r.Organisation}; !entities[at] {
			entities[at] = true
			x.Entities++
		}
		if abroad[id] == "yes" {
			x.Abroad++
		}
		out.States = append(out.States, x.say(said[id])...)
	}
	slices.Sort(out.States)
	out.States = slices.Compact(out.States)
	for _, x := range sectors {
		out.Sectors = append(out.Sectors, *x)
	}
	slices.SortFunc(out.Sectors, func(x, y Affection) int {
		if x.Cases != y.Cases {
			return y.Cases - x.Cases
		}
		return strings.Compare(x.Sector, y.Sector)
	})
	return out, nil
}

// hear adds what a report says to what was said before.
func hear(said reporting.Values, r authority.Report) {
	f, err := incident.Thaw([]byte(r.Content))
	if err != nil || r.Media != authority.JSON {
		return
	}
	for _, field := range []string{"severity", "users_affected", "cross_border_states"} {
		if v := f.Values[field]; !v.Empty() {
			said[field] = v
		}
	}
}

// say adds what the reports of a case say, and returns the Member States that they
// name.
func (x *Affection) say(said reporting.Values) []string {
	if said["severity"].Text == "high" {
		x.High++
	}
	if n, err := strconv.ParseInt(said["users_affected"].Text, 10, 64); err == nil && n > 0 && n < 1e10 {
		x.Users += n
	}
	return slices.DeleteFunc(slices.Clone(said["cross_border_states"].List), func(s string) bool { return !slices.Contains(reporting.MemberStates(), s) })
}

// SituationNote is a note on the situation, for EU-CyCLONe and others.
type SituationNote struct {
	authority.Record
	Figures Situation // as they were when it was written
}

// Notes lists the notes on the situation, newest first.
func (s *Service) Notes(ctx context.Context, a authz.Actor) (out []SituationNote, err error) {
	err = s.survey(ctx, a, func(tx *store.Tx) error {
		list, err := tx.SituationNotes()
		for _, r := range list {
			n := SituationNote{Record: r}
			if err := json.Unmarshal([]byte(r.Outcome), &n.Figures); err != nil {
				return err
			}
			out = append(out, n)
		}
		return err
	})
	return out, err
}

// Assess writes a note on the situation with the figures of now. The level is the
// words of the authority: no official scale is claimed.
func (s *Service) Assess(ctx context.Context, a authz.Actor, level, title, text string, days int) error {
	return s.manage(ctx, a, authz.IncidentDecide, func(tx *store.Tx) error {
		level, title, text = strings.TrimSpace(level), strings.TrimSpace(title), strings.TrimSpace(text)
		switch {
		case title == "" || len(title) > 300:
			return invalid("title", "the title is missing or too long", "up to 300 characters")
		case level == "" || len(level) > 300:
			return invalid("level", "the level is missing or too long", "your own words")
		case text == "" || len(text) > reporting.LongestText:
			return invalid("text", "the text is missing or too long", "up to 20 kB")
		case days < 1 || days > 366:
			return invalid("days", "the number of days is too small or too large", "1 to 366")
		}
		figures, err := situation(tx, days)
		if err != nil {
			return err
		}
		b, err := json.Marshal(figures)
		if err != nil {
			return err
		}
		_, err = tx.PutAuthorityRecord(authority.Record{Kind: authority.Situation, Title: title, Body: text, Purpose: level, Outcome: string(b), By: a.Person, ByName: a.Name})
		return err
	})
}
