package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
)

type demoCommand struct {
	Out   string `help:"Folder for the three examples and their reports." default:"nisaba-demo" type:"path"`
	Serve bool   `help:"Show an example workspace in the browser instead: 12 clients, 14 months of history, signed in as its consultant."`
	Addr  string `help:"With --serve: address to listen on, of this machine only." default:"127.0.0.1:8080"`
	Data  string `help:"With --serve: folder of the example. It is made when it is missing and used again. Default: the user's cache folder." type:"path"`
}

// demonstration is one example with its result.
type demonstration struct {
	name  string // file name in examples
	in    assessing.Input
	files assessing.Files
	err   error
}

func (c *demoCommand) Run(s *session) error {
	if c.Serve {
		return c.serve(s)
	}
	k, err := s.knowledge()
	if err != nil {
		return err
	}
	p, err := s.printer("en")
	if err != nil {
		return err
	}
	var all []demonstration
	for _, name := range examples.Names() {
		all = append(all, demonstration{name: name})
	}
	var wait sync.WaitGroup
	for i := range all {
		wait.Go(func() { all[i].run(k, p, c.Out, assessing.Options{Today: s.today()}) })
	}
	wait.Wait()
	out := bufio.NewWriter(s.Out)
	for _, d := range all {
		if d.err != nil {
			return errors.Join(d.err, out.Flush())
		}
		assessmentText{text{out}, p, d.in}.print(d.files)
		fmt.Fprintln(out)
	}
	text{out}.para(0, p.T("cli.demo.next", "file", filepath.Join(c.Out, strings.TrimSuffix(all[0].name, ".yaml"), "organisation.yaml")))
	return out.Flush()
}

// run does the whole job for one example in its own folder.
func (d *demonstration) run(k assessing.Knowledge, p *locale.Printer, out string, opt assessing.Options) {
	var source []byte
	var f *organisation.File
	if source, d.err = examples.FS.ReadFile(d.name); d.err != nil {
		return
	}
	if f, d.err = organisation.Read(d.name, source); d.err != nil {
		return
	}
	if d.in, d.err = assessing.Assess(k, f, opt); d.err != nil {
		return
	}
	folder := filepath.Join(out, strings.TrimSuffix(d.name, ".yaml"))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		d.err = &fault.Error{Kind: fault.Invalid, File: folder, What: "the folder cannot be made",
			Expected: "--out with a folder that may be written to", Cause: err}
		return
	}
	if d.err = writeFile(filepath.Join(folder, "organisation.yaml"), source); d.err != nil {
		return
	}
	d.files, d.err = assessing.Write(folder, d.in, p)
}
