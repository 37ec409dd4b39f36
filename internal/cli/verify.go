package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/server"
)

type verifyLedgerCommand struct {
	place
	Proof string `help:"Check this proof file instead; no server is needed." type:"path" placeholder:"FILE"`
	Key   string `help:"Public key of the server that signed the proof, or a file with it." placeholder:"KEY"`
	Roots string `name:"timestamp-ca" help:"File with the root certificates (PEM) that those of time stamps must lead to. Default: those that \"nisaba serve --timestamp-ca\" has kept." type:"path" placeholder:"FILE"`
	JSON  bool   `name:"json" help:"For programs."`
}

func (c *verifyLedgerCommand) Run(s *session) error {
	if c.Proof != "" {
		return c.proof(s)
	}
	if c.Key != "" {
		return &fault.Error{Kind: fault.Invalid, Field: "--key", What: "a key is given without a proof", Expected: "--proof with the proof file"}
	}
	roots, err := readRoots(c.Roots)
	if err != nil {
		return err
	}
	return c.local(s, func(ctx context.Context, l *server.Local) error {
		list, err := l.Upkeep.Verify(ctx, roots)
		if err != nil {
			return err
		}
		if !c.JSON {
			return printLedgers(s, list)
		}
		if err := s.printJSON(list); err != nil {
			return err
		}
		for _, x := range list {
			if len(x.Faults) > 0 {
				return errSomeFailed
			}
		}
		return nil
	})
}

// readRoots reads root certificates (PEM); none without a file.
func readRoots(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	roots, err := os.ReadFile(file)
	if err != nil {
		return nil, &fault.Error{Kind: fault.NotFound, File: file, What: "the file with the root certificates cannot be read", Expected: "certificates in PEM", Cause: err}
	}
	return roots, nil
}

// proofResult is what a proof shows, for programs.
type proofResult struct {
	OK        bool          `json:"ok"`
	What      string        `json:"what,omitempty"` // why it does not hold
	Workspace string        `json:"workspace"`
	Size      int64         `json:"size"`
	Earlier   int64         `json:"earlier,omitempty"` // size of the earlier ledger
	Signed    bool          `json:"signed"`
	Origin    string        `json:"origin,omitempty"`
	Entry     *ledger.Entry `json:"entry,omitempty"`
}

// proof checks a proof file with the public key alone.
func (c *verifyLedgerCommand) proof(s *session) error {
	f, err := os.Open(c.Proof)
	if err != nil {
		return &fault.Error{Kind: fault.NotFound, File: c.Proof, What: "the proof cannot be opened", Expected: "a proof file that the ledger page gave", Cause: err}
	}
	defer f.Close()
	p, err := ledger.ReadProof(f)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, File: c.Proof, What: err.Error(), Expected: "a proof file that the ledger page gave", Cause: err}
	}
	key, err := readKey(c.Key)
	if err != nil {
		return err
	}
	r := proofResult{Workspace: p.Workspace, Size: p.Head.Size}
	if p.Earlier != nil {
		r.Earlier = p.Earlier.Size
	}
	v, err := p.Check(key)
	r.OK, r.Signed, r.Origin, r.Entry = err == nil, v.Signed, v.Origin, v.Entry
	if err != nil {
		r.What = err.Error()
	} else if key != "" && !v.Signed {
		r.OK, r.What = false, "no signed checkpoint is in the proof: nothing says that the root is the server's"
	}
	if c.JSON {
		err = s.printJSON(r)
	} else {
		err = r.print(s, key != "")
	}
	if err == nil && !r.OK {
		err = errSomeFailed
	}
	return err
}

// readKey is the key itself, or the content of a file.
func readKey(key string) (string, error) {
	if key == "" {
		return "", nil
	}
	b, err := os.ReadFile(key)
	if errors.Is(err, fs.ErrNotExist) && strings.Count(key, "+") >= 2 {
		return key, nil
	}
	if err != nil {
		return "", &fault.Error{Kind: fault.NotFound, Field: "--key", What: "the key cannot be read", Expected: "a public key such as nisaba+1a2b3c4d+A…, or a file with it", Cause: err}
	}
	return strings.TrimSpace(string(b)), nil
}

func (r proofResult) print(s *session, key bool) error {
	if !r.OK {
		_, err := fmt.Fprintf(s.Out, "The proof does not hold: %s.\n", r.What)
		return err
	}
	if e := r.Entry; e != nil {
		fmt.Fprintf(s.Out, "Entry %d is in the ledger of %d entries of workspace %s.\n", e.Seq, r.Size, r.Workspace)
		fmt.Fprintf(s.Out, "  %s  %s  %s %s  by %s %s\n", e.At.Format(time.RFC3339), e.Action, e.Kind, e.Object, e.Actor, e.ActorName)
	}
	if r.Earlier > 0 {
		fmt.Fprintf(s.Out, "The ledger of %d entries continues that of %d: nothing before was changed.\n", r.Size, r.Earlier)
	}
	if r.Signed {
		_, err := fmt.Fprintf(s.Out, "Signed by %s.\n", r.Origin)
		return err
	}
	if !key {
		_, err := fmt.Fprintln(s.Out, "The signature was not checked: give the public key of the server with --key.")
		return err
	}
	return nil
}
