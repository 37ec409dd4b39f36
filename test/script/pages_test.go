package script

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// visitors are the browsers of scripts: each script has one, which keeps its cookies and
// the last page.
type visitors struct {
	mu  sync.Mutex
	all map[*testscript.TestScript]*visitor
}

type visitor struct {
	client *http.Client
	page   string // with the address to which it led before it
}

func (v *visitors) of(ts *testscript.TestScript) *visitor {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all[ts] == nil {
		jar, err := cookiejar.New(nil)
		ts.Check(err)
		if v.all == nil {
			v.all = map[*testscript.TestScript]*visitor{}
		}
		v.all[ts] = &visitor{client: &http.Client{Jar: jar}}
	}
	return v.all[ts]
}

// form sends a form, "form URL name=value …"; name=@file sends what the file says. It
// fails, as "! form" expects, when the form comes back with errors.
func (v *visitors) form(ts *testscript.TestScript, refused bool, args []string) {
	visitor, form := v.of(ts), url.Values{}
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		if file, ok := strings.CutPrefix(value, "@"); ok {
			text, err := os.ReadFile(ts.MkAbs(file))
			ts.Check(err)
			value = string(text)
		}
		form.Add(name, value)
	}
	r, err := visitor.client.PostForm(args[0], form)
	ts.Check(err)
	page, err := io.ReadAll(r.Body)
	ts.Check(errors.Join(err, r.Body.Close()))
	visitor.page = r.Request.URL.Path + "\n" + string(page)
	if refused != (r.StatusCode != http.StatusOK) {
		ts.Fatalf("%s: %s\n%.3000s", args[0], r.Status, visitor.page[max(0, strings.Index(visitor.page, "<main")):])
	}
}

// find sets a variable to what the expression finds first in the address and the text of
// the last page: "find NAME expression".
func (v *visitors) find(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile(args[1]).FindStringSubmatch(v.of(ts).page)
	if m == nil {
		ts.Fatalf("the page has no %s:\n%.3000s", args[1], v.of(ts).page)
	}
	ts.Setenv(args[0], m[1])
}

// await looks at a page until it has a text: "await URL text".
func (v *visitors) await(ts *testscript.TestScript, _ bool, args []string) {
	page := []byte(nil)
	for end := time.Now().Add(4 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		r, err := v.of(ts).client.Get(args[0])
		ts.Check(err)
		page, err = io.ReadAll(r.Body)
		ts.Check(errors.Join(err, r.Body.Close()))
		if strings.Contains(string(page), args[1]) {
			return
		}
	}
	ts.Fatalf("%s never had %q:\n%.3000s", args[0], args[1], page)
}
