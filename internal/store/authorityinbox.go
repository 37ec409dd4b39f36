package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// inboxColumns are those of a report without its content, which a list never reads.
const inboxColumns = `id, organisation_id, case_id, report, corrects, stage, form, form_version, key_id, media, sha256, receipt, submitted_at, due_at, received_at,
	channel, regime, sector, class, cross_border, voluntary, exercise, late, answer_due, answered_at, review, reviewed_by, reviewed_by_name, reviewed_at, mend_due, version`

func inboxFields(r *authority.Report) []any {
	return []any{&r.ID, &r.Organisation, &r.Case, &r.Report, &r.Corrects, &r.Stage, &r.Form, &r.FormVersion, &r.KeyID, &r.Media, &r.SHA256, &r.Receipt,
		sqldb.Time(&r.SubmittedAt), sqldb.Time(&r.DueAt), sqldb.Time(&r.ReceivedAt), &r.Channel, &r.Regime, &r.Sector, &r.Class, &r.CrossBorder, &r.Voluntary,
		&r.Exercise, &r.Late, sqldb.Time(&r.AnswerDue), sqldb.Time(&r.AnsweredAt), &r.Review, &r.ReviewedBy, &r.ReviewedByName, sqldb.Time(&r.ReviewedAt), sqldb.Time(&r.MendDue), &r.Version}
}

// unanswered is a report whose answer is due and was not given. Its words are those
// of the index.
const unanswered = "answer_due > 0 AND answered_at = 0"

// inboxShows are the conditions of Filter.Show.
func inboxShows(show string, now time.Time) (condition string, args []any) {
	switch show {
	case "unanswered":
		return unanswered, nil
	case "overdue":
		return unanswered + " AND answer_due < ?", []any{now.UnixMilli()}
	case "late":
		return "late", nil
	case "unmended":
		return "review = 'revision' AND review <> 'passed' AND mend_due > 0 AND mend_due < ?", []any{now.UnixMilli()}
	case "new", "revision":
		return "review = ? AND review <> 'passed'", []any{show}
	}
	return "1 = 1", nil
}

// AuthorityInbox lists at most limit reports in reach, the last received first,
// without their content; after is the last row of the page before, the zero Report
// for the first page. text limits them to entities whose name has all its words and
// to cases with the reference.
func (tx *Tx) AuthorityInbox(f authority.Filter, text string, after authority.Report, limit int) ([]authority.Row, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	condition, more := inboxShows(f.Show, tx.now)
	where := []string{within, condition}
	args = append(args, more...)
	for _, c := range []struct{ column, value string }{{"regime", f.Regime}, {"stage", f.Stage}, {"sector", f.Sector}, {"class", f.Class}, {"organisation_id", f.Organisation}} {
		if c.value != "" {
			where, args = append(where, c.column+" = ?"), append(args, c.value)
		}
	}
	if f.CrossBorder {
		where = append(where, "cross_border = 'yes'")
	}
	order := "received_at DESC, id DESC"
	if strings.TrimSpace(text) != "" {
		condition, more, err := tx.named(text)
		if err != nil {
			return nil, err
		}
		where, args = append(where, condition), append(args, more...)
		if len(more) <= 10 { // few rows: sorting them is less than looking through all in order
			order = "+" + order
		}
	}
	if after.ID != "" {
		where, args = append(where, "(received_at, id) < (?, ?)"), append(args, after.ReceivedAt.UnixMilli(), after.ID)
	}
	list, err := sqldb.Collect(tx.q, inboxFields, `SELECT `+inboxColumns+` FROM authority_reports WHERE `+strings.Join(where, " AND ")+
		fmt.Sprintf(` ORDER BY %s LIMIT %d`, order, limit), args...)
	if err != nil {
		return nil, fmt.Errorf("list the inbox: %w", err)
	}
	return tx.inboxRows(list)
}

// mostNamed is how many entities a search in the inbox takes.
const mostNamed = 200

// named is the condition that a report belongs to an entity whose name has the words
// of text, or to a case with the reference.
func (tx *Tx) named(text string) (string, []any, error) {
	within, args, err := tx.within("id")
	if err != nil {
		return "", nil, err
	}
	var entities []any
	fields := strings.Fields(catalog.Fold(text))
	err = tx.q.Each(func(r sqldb.Row) error {
		var id, name string
		if err := r.Scan(&id, &name); err != nil {
			return err
		}
		name = catalog.Fold(name)
		if len(entities) < mostNamed && !slices.ContainsFunc(fields, func(w string) bool { return !strings.Contains(name, w) }) {
			entities = append(entities, id)
		}
		return nil
	}, `SELECT id, name FROM organisations WHERE `+within, args...)
	if err != nil {
		return "", nil, fmt.Errorf("look for entities: %w", err)
	}
	text = strings.TrimSpace(text)
	list, err := authorityCases.list(tx, "(reference = ? OR entity_reference = ?)", "id LIMIT 200", text, text)
	if err != nil {
		return "", nil, err
	}
	var cases []any
	for _, c := range list {
		cases = append(cases, c.ID)
	}
	var any []string
	if len(cases) > 0 {
		any = append(any, "case_id IN "+sqldb.Marks(len(cases)))
	}
	if len(entities) > 0 {
		any = append(any, "organisation_id IN "+sqldb.Marks(len(entities)))
	}
	if len(any) == 0 {
		return "1 = 0", nil, nil
	}
	return "(" + strings.Join(any, " OR ") + ")", append(cases, entities...), nil
}

// inboxRows adds what a list shows of cases and entities. They are read by
// themselves: see ownWorkspace.
func (tx *Tx) inboxRows(list []authority.Report) ([]authority.Row, error) {
	var cases, entities []string
	for _, r := range list {
		cases, entities = append(cases, r.Case), append(entities, r.Organisation)
	}
	known, err := tx.casesByID(cases)
	if err != nil {
		return nil, err
	}
	names, err := tx.OrganisationNames(entities)
	if err != nil {
		return nil, err
	}
	out := make([]authority.Row, 0, len(list))
	for _, r := range list {
		c := known[r.Case]
		out = append(out, authority.Row{Report: r, Reference: c.Reference, EntityReference: c.EntityReference, Country: c.Country, State: c.State, Handler: c.Handler,
			Name: names[r.Organisation]})
	}
	return out, nil
}

func (tx *Tx) casesByID(ids []string) (map[string]authority.Case, error) {
	out := map[string]authority.Case{}
	if len(ids) == 0 {
		return out, nil
	}
	list, err := authorityCases.list(tx, "id IN "+sqldb.Marks(len(ids)), "id", texts(ids)...)
	for _, c := range list {
		out[c.ID] = c
	}
	return out, err
}

// OrganisationNames are the names of organisations in reach, by id.
func (tx *Tx) OrganisationNames(ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	within, args, err := tx.within("id")
	if err != nil {
		return nil, err
	}
	type named struct{ id, name string }
	list, err := sqldb.Collect(tx.q, func(n *named) []any { return []any{&n.id, &n.name} },
		`SELECT id, name FROM organisations WHERE `+within+` AND id IN `+sqldb.Marks(len(ids)), append(args, texts(ids)...)...)
	if err != nil {
		return nil, fmt.Errorf("look up names: %w", err)
	}
	for _, n := range list {
		out[n.id] = n.name
	}
	return out, nil
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// AuthorityCounts counts the reports in reach that wait for the authority.
func (tx *Tx) AuthorityCounts() (c authority.Counts, err error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return c, err
	}
	for _, q := range []struct {
		to   *int
		show string
	}{{&c.Unanswered, "unanswered"}, {&c.Overdue, "overdue"}, {&c.New, "new"}, {&c.Revision, "revision"}, {&c.Unmended, "unmended"}} {
		condition, more := inboxShows(q.show, tx.now)
		*q.to, _, err = sqldb.One(tx.q, sqldb.Single[int], `SELECT COUNT(*) FROM authority_reports WHERE `+within+` AND `+condition,
			append(append([]any{}, args...), more...)...)
		if err != nil {
			return c, fmt.Errorf("count the inbox: %w", err)
		}
	}
	return c, nil
}

// EachAuthorityReport calls f with the reports in reach that came from one instant
// until before another, with their content, in the order in which they came.
func (tx *Tx) EachAuthorityReport(from, to time.Time, f func(authority.Report) error) error {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return err
	}
	err = tx.q.Each(func(row sqldb.Row) error {
		var r authority.Report
		if err := row.Scan(authorityReports.fields(&r)...); err != nil {
			return err
		}
		return f(r)
	}, authorityReports.selects+` WHERE `+within+` AND received_at >= ? AND received_at < ? ORDER BY received_at, id`, append(args, from.UnixMilli(), to.UnixMilli())...)
	if err != nil {
		return fmt.Errorf("read reports: %w", err)
	}
	return nil
}
