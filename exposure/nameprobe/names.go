package nameprobe

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Limits of imported lists.
const (
	largestList = 256 << 20
	longestLine = 1 << 20
	mostNames   = 1_000_000
)

// Names is a list of names and where it comes from.
type Names struct {
	Source string
	list   []string // folded, sorted, each once
}

// Len is how many names the list holds.
func (n *Names) Len() int { return len(n.list) }

// below lists the names below a domain, and the domain.
func (n *Names) below(domain string) (out []string) {
	for _, name := range n.list {
		if exposure.Below(name, domain) {
			out = append(out, name)
		}
	}
	return out
}

// LoadNames reads names out of any text: one a line, or a table whose cells are
// separated by commas, semicolons or tabulators. What is no name is passed over.
func LoadNames(r io.Reader, source string) (*Names, error) {
	b := builder{}
	lines := bufio.NewScanner(io.LimitReader(r, largestList))
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		for _, word := range strings.FieldsFunc(lines.Text(), func(r rune) bool { return strings.ContainsRune(" ,;\t\"'|", r) }) {
			b.add(word)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the list of names: %w", err)
	}
	return b.names(source)
}

// LoadCT reads an export of crt.sh in JSON.
func LoadCT(r io.Reader, source string) (*Names, error) {
	b := builder{}
	d := json.NewDecoder(io.LimitReader(r, largestList))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, errors.Join(err, errors.New("the export of certificates is no list in JSON"))
	}
	for d.More() {
		var item struct {
			NameValue  string `json:"name_value"`
			CommonName string `json:"common_name"`
		}
		if err := d.Decode(&item); err != nil {
			return nil, fmt.Errorf("read the export of certificates: %w", err)
		}
		for _, name := range strings.Fields(item.NameValue + " " + item.CommonName) {
			b.add(name)
		}
	}
	if _, err := d.Token(); err != nil { // an export that was cut off is not taken
		return nil, fmt.Errorf("read the export of certificates: %w", err)
	}
	return b.names(source)
}

// builder collects names.
type builder map[string]bool

// add keeps what is the name of a host; wildcards count as the name below which
// they stand.
func (b builder) add(word string) {
	name, err := exposure.FoldName(strings.TrimPrefix(word, "*."))
	if err != nil || len(b) >= mostNames || !hostName(name) {
		return
	}
	b[name] = true
}

// hostName reports whether a folded name can be that of a host: with a dot, and not
// a number or an address at the end.
func hostName(name string) bool {
	if !strings.Contains(name, ".") || strings.Contains(name, "..") || strings.HasPrefix(name, ".") {
		return false
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	return last != "" && strings.ContainsAny(last, "abcdefghijklmnopqrstuvwxyz") && !strings.ContainsAny(name, "/@:")
}

func (b builder) names(source string) (*Names, error) {
	if len(b) == 0 {
		return nil, errors.New("the list holds no name of a host")
	}
	n := &Names{Source: source}
	for name := range b {
		n.list = append(n.list, name)
	}
	slices.Sort(n.list)
	return n, nil
}
