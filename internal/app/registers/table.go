package registers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// LargestTable is how many bytes a table of assets may have.
const LargestTable = 4 << 20

// Columns are those of a table of assets. Only "name" must be there.
func Columns() []string {
	return []string{"name", "kind", "hosts", "ports", "criticality", "owner", "location", "supplier", "note"}
}

// Rows are the assets as the rows of a table that can be imported again.
func Rows(list []register.Asset) (out [][]string) {
	for _, a := range list {
		out = append(out, []string{a.Name, a.Kind, strings.Join(a.Hosts, " "), a.PortsText(), a.Criticality, a.Owner, a.Location, a.Supplier, a.Note})
	}
	return out
}

// Imported says what came of a table.
type Imported struct {
	Added, Changed, Same int
}

// mostFaults is how many mistakes of a table are named at once.
const mostFaults = 20

// ImportAssets takes assets over from a table (CSV, UTF-8) with the Columns in any
// order. An asset of the same name is changed in the columns that the table has; none
// is removed. Either the whole table is taken over or, with a fault for each line that
// cannot be used, nothing.
func (s *Service) ImportAssets(ctx context.Context, a authz.Actor, organisation, name string, data []byte) (out Imported, err error) {
	if _, err := a.Organisation(ctx, organisation, authz.AssessmentEdit); err != nil {
		return out, err
	}
	lines, head, err := parse(name, data)
	if err != nil {
		return out, err
	}
	err = s.write(ctx, a, organisation, func(tx *store.Tx) error {
		out = Imported{}
		return take(tx, organisation, name, head, lines, &out)
	})
	return out, err
}

// line is one row of a table by its columns.
type line struct {
	number int
	cells  map[string]string
}

func parse(name string, data []byte) (lines []line, head []string, err error) {
	if len(data) > LargestTable {
		return nil, nil, invalid("file", "the table is too large", fmt.Sprintf("up to %d MB", LargestTable>>20))
	}
	all, err := delimited.Read(name, data)
	if err != nil {
		var one *fault.Error
		if errors.As(err, &one) {
			one.Field = "file"
		}
		return nil, nil, err
	}
	if len(all) < 2 {
		return nil, nil, invalid("file", "there is no asset in the table", "a first line with names of columns, and a line for each asset")
	}
	for _, column := range all[0] {
		column = strings.ToLower(strings.TrimSpace(column))
		if !slices.Contains(Columns(), column) || slices.Contains(head, column) {
			return nil, nil, invalid("file", "the table has a column "+strconv.Quote(column), "each at most once: "+strings.Join(Columns(), ", "))
		}
		head = append(head, column)
	}
	if !slices.Contains(head, "name") {
		return nil, nil, invalid("file", "the table has no column \"name\"", "columns among "+strings.Join(Columns(), ", "))
	}
	for i, row := range all[1:] {
		l := line{i + 2, map[string]string{}}
		for n, cell := range row[:min(len(row), len(head))] {
			// A spreadsheet's guard against formulas is no part of the text.
			if rest, guarded := strings.CutPrefix(cell, "'"); guarded && delimited.Safe(rest) == cell {
				cell = rest
			}
			l.cells[head[n]] = strings.TrimSpace(cell)
		}
		if len(strings.TrimSpace(strings.Join(row, ""))) > 0 {
			lines = append(lines, l)
		}
	}
	return lines, head, nil
}

func take(tx *store.Tx, organisation, name string, head []string, lines []line, out *Imported) error {
	all, err := tx.Assets(organisation)
	if err != nil {
		return err
	}
	of, seen := map[string]register.Asset{}, map[string]int{}
	for _, x := range all {
		of[x.Name] = x
	}
	var wrong fault.List
	var changed []register.Asset
	for _, l := range lines {
		old, known := of[l.cells["name"]]
		now, err := fill(old, head, l.cells)
		var f *fault.Error
		switch {
		case errors.As(err, &f):
			f.File, f.Line, f.Field = name, l.number, place(len(wrong))
			wrong = append(wrong, f)
		case err != nil:
			return err
		case seen[now.Name] > 0:
			wrong = append(wrong, &fault.Error{Kind: fault.Invalid, File: name, Line: l.number, Field: place(len(wrong)), What: "the name stands in line " + strconv.Itoa(seen[now.Name]) + " already", Expected: "each name once"})
		case known && slices.Equal(Rows([]register.Asset{old})[0], Rows([]register.Asset{now})[0]):
			out.Same++
		case known:
			out.Changed++
			changed = append(changed, now)
		default:
			out.Added++
			now.Organisation = organisation
			changed = append(changed, now)
		}
		if err == nil {
			seen[now.Name] = l.number
		}
		if len(wrong) >= mostFaults {
			return wrong
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	if len(all)+out.Added > most {
		return invalid("file", "the register would be too long", fmt.Sprintf("up to %d assets", most))
	}
	for _, x := range changed {
		if _, err := tx.PutAsset(x); err != nil {
			return err
		}
	}
	return nil
}

// place is the field to which a fault of a table belongs: the first stands beside the
// file, the others beside nothing.
func place(n int) string {
	if n == 0 {
		return "file"
	}
	return "file." + strconv.Itoa(n)
}

// fill takes the columns of a line over into an asset.
func fill(x register.Asset, head []string, cells map[string]string) (register.Asset, error) {
	for _, column := range head {
		cell := cells[column]
		switch column {
		case "name":
			x.Name = cell
		case "kind":
			x.Kind = strings.ToLower(cell)
		case "hosts":
			x.Hosts = register.Words(cell)
		case "ports":
			var err error
			if x.Ports, x.PortsSaid, err = register.ParsePorts(cell); err != nil {
				return x, err
			}
		case "criticality":
			x.Criticality = strings.ToLower(cell)
		case "owner":
			x.Owner = cell
		case "location":
			x.Location = cell
		case "supplier":
			x.Supplier = cell
		case "note":
			x.Note = cell
		}
	}
	return x.Tidy()
}
