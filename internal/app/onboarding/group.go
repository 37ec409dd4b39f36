package onboarding

import (
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/law"
)

// The relations of another enterprise to the organisation.
const (
	LinkedTo    = "linked"  // control, counted in full
	PartnerWith = "partner" // 25 % or more without control, counted pro rata
)

// Enterprise is one row of the question about the group. Texts are as typed.
type Enterprise struct {
	From                                    string // where the row comes from, for example "linked:0"; "" for a new one
	Relation, Name                          string
	Share, Employees, Turnover, BalanceText string
	Investor                                string // "yes", "no" or "" when not known
}

// Enterprises are the rows that the facts fill. Enterprises of enterprises are
// not among them; they are kept as they are.
func Enterprises(f *organisation.File) []Enterprise {
	var out []Enterprise
	for i, l := range f.Group.Linked {
		out = append(out, Enterprise{From: LinkedTo + ":" + strconv.Itoa(i), Relation: LinkedTo, Name: l.Name,
			Employees: FigureText(l.Employees), Turnover: FigureText(l.Turnover), BalanceText: FigureText(l.BalanceSheet)})
	}
	for i, p := range f.Group.Partners {
		e := Enterprise{From: PartnerWith + ":" + strconv.Itoa(i), Relation: PartnerWith, Name: p.Name, Share: FigureText(p.Share),
			Employees: FigureText(p.Employees), Turnover: FigureText(p.Turnover), BalanceText: FigureText(p.BalanceSheet)}
		switch p.Investor {
		case law.True:
			e.Investor = Yes
		case law.False:
			e.Investor = No
		}
		out = append(out, e)
	}
	return out
}

// FigureText is a figure as a form shows it, "" when it is not known.
func FigureText(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

// mostEnterprises bounds the rows of the question about the group.
const mostEnterprises = 100

// Rows are the rows that an answer holds, blank ones among them.
func (in Input) Rows() []Enterprise {
	var out []Enterprise
	for i := range mostEnterprises {
		n := "_" + strconv.Itoa(i)
		if _, ok := in.Values["relation"+n]; !ok {
			break
		}
		out = append(out, Enterprise{From: in.Get("from" + n), Relation: in.Get("relation" + n), Name: in.Get("name" + n), Share: in.Get("share" + n),
			Employees: in.Get("employees" + n), Turnover: in.Get("turnover" + n), BalanceText: in.Get("balance" + n), Investor: in.Get("investor" + n)})
	}
	return out
}

func (e Enterprise) blank() bool {
	return e.Name == "" && e.Share == "" && e.Employees == "" && e.Turnover == "" && e.BalanceText == ""
}

// applyGroup replaces the linked and partner enterprises. Not knowing whether
// there are any is one linked enterprise of which nothing is known.
func applyGroup(f *organisation.File, in Input, wrong Wrong) {
	before := f.Group
	f.Group = organisation.Group{}
	if in.Unknown {
		f.Group.Linked = []organisation.Linked{{}}
		return
	}
	switch in.Get("member") {
	case No:
		return
	case Yes:
	default:
		wrong["member"] = problem("choose")
		return
	}
	for i, row := range in.Rows() {
		if !row.blank() {
			addEnterprise(f, before, in, i, row, wrong)
		}
	}
	if len(wrong) == 0 && len(f.Group.Linked)+len(f.Group.Partners) == 0 {
		wrong["name_0"] = problem("group.none")
	}
}

func addEnterprise(f *organisation.File, before organisation.Group, in Input, i int, row Enterprise, wrong Wrong) {
	n := "_" + strconv.Itoa(i)
	employees, _ := amount(in, "employees"+n, wrong)
	turnover, _ := amount(in, "turnover"+n, wrong)
	balance, _ := amount(in, "balance"+n, wrong)
	share, _ := amount(in, "share"+n, wrong)
	from, at, _ := strings.Cut(row.From, ":")
	index, err := strconv.Atoi(at)
	if row.Relation == LinkedTo {
		l := organisation.Linked{}
		if err == nil && from == LinkedTo && index >= 0 && index < len(before.Linked) {
			l.Partners = before.Linked[index].Partners
		}
		l.Name, l.Employees, l.Turnover, l.BalanceSheet = row.Name, employees, turnover, balance
		f.Group.Linked = append(f.Group.Linked, l)
		return
	}
	if row.Relation != PartnerWith {
		wrong["relation"+n] = problem("choose")
		return
	}
	p := organisation.Partner{}
	if err == nil && from == PartnerWith && index >= 0 && index < len(before.Partners) {
		p.Linked = before.Partners[index].Linked
	}
	if share != nil && *share > 100 {
		wrong["share"+n] = problem("share")
	}
	p.Name, p.Share, p.Employees, p.Turnover, p.BalanceSheet = row.Name, share, employees, turnover, balance
	switch row.Investor {
	case Yes:
		p.Investor = law.True
	case No:
		p.Investor = law.False
	}
	f.Group.Partners = append(f.Group.Partners, p)
}

// most is the largest figure that is taken, staff or euros.
const most = 1e14

// amount reads a figure; nil when nothing was typed. ok is false when it cannot
// be read.
func amount(in Input, name string, wrong Wrong) (v *float64, ok bool) {
	text := in.Get(name)
	if text == "" {
		return nil, true
	}
	n, ok := ParseAmount(text)
	if !ok || n < 0 || n > most {
		wrong[name] = problem("number", "text", text)
		return nil, false
	}
	return &n, true
}

// ParseAmount reads a number as people of different languages type it: spaces and
// apostrophes group digits. With both a comma and a point, the later one is the
// decimal sign; one that occurs several times, or is followed by exactly three
// digits, groups digits. Groups have three digits, and the first no leading zero:
// anything else is no figure, so that a slip of the hand decides no class. A euro
// sign around it is ignored.
func ParseAmount(text string) (v float64, ok bool) {
	text = strings.TrimSpace(strings.NewReplacer("€", "", "EUR", "").Replace(text))
	text = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'").Replace(text)
	whole, rest := text, ""
	if at := decimalSign(text); at >= 0 {
		whole, rest = text[:at], text[at+1:]
		if !digits(rest) {
			return 0, false
		}
	}
	if whole, ok = ungrouped(whole); !ok {
		return 0, false
	}
	v, err := strconv.ParseFloat(whole+"."+rest, 64)
	return v, err == nil
}

// decimalSign is where the decimal sign stands, -1 for none.
func decimalSign(text string) int {
	point, comma := strings.LastIndexByte(text, '.'), strings.LastIndexByte(text, ',')
	at := max(point, comma)
	if at < 0 || point >= 0 && comma >= 0 {
		return at
	}
	if strings.Count(text, text[at:at+1]) > 1 {
		return -1
	}
	if _, groups := ungrouped(text); groups {
		return -1
	}
	return at
}

// ungrouped takes the signs between groups of three digits out of a whole number.
func ungrouped(text string) (out string, ok bool) {
	at := strings.IndexAny(text, " '.,")
	if at < 0 {
		return text, digits(text)
	}
	groups := strings.Split(text, text[at:at+1])
	for i, g := range groups {
		if !digits(g) || i > 0 && len(g) != 3 || i == 0 && (len(g) > 3 || g[0] == '0') {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
