package httpprobe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/nisaba-platform/nisaba/exposure"
)

// paths is what lies about at a place.
type paths struct {
	skipped   string         // why nothing was looked for
	stopped   error          // why not everything was looked for
	asked     map[string]int // answers by list: "sensitive", "consoles", "portals"
	baseline  *Answer        // of a path that nobody has
	sensitive []signature
	consoles  []signature
	portals   []signature
}

// mostFailures in a row end the search: the server does not want to be asked.
const mostFailures = 3

// lookAround asks for paths that should not be there. It first learns how the
// server answers for a path that cannot exist.
func lookAround(ctx context.Context, c *Client, v *view) (p paths) {
	sum := sha256.Sum256([]byte(v.target.String()))
	base, err := c.Get(ctx, "/nisaba-"+hex.EncodeToString(sum[:8]), largestProbe)
	if err != nil {
		p.stopped = err
		return p
	}
	p.baseline = base
	if to, ok := base.redirect(); ok && !sameOrigin(to, &c.base) {
		p.skipped = "every path leads to " + to.Hostname()
		p.start(v)
		return p
	}
	p.start(v)
	p.asked = map[string]int{}
	search := search{ctx: ctx, client: c, baseline: base, p: &p}
	search.list("sensitive", known().Sensitive, &p.sensitive)
	search.list("consoles", known().Consoles, &p.consoles)
	search.list("portals", known().Portals, &p.portals)
	return p
}

// start recognises the start page.
func (p *paths) start(v *view) {
	for _, s := range known().Consoles {
		if s.Path == "" && s.fits(v.page, v.title) {
			p.consoles = append(p.consoles, s)
		}
	}
	for _, s := range known().Portals {
		if s.Path == "" && s.fits(v.page, v.title) {
			p.portals = append(p.portals, s)
		}
	}
}

type search struct {
	ctx      context.Context
	client   *Client
	baseline *Answer
	p        *paths
	failures int
}

// list asks for every path of a list, once, and keeps what is there.
func (s *search) list(name string, list []signature, found *[]signature) {
	for _, sig := range list {
		if sig.Path == "" || s.p.stopped != nil {
			continue
		}
		a, err := s.client.Get(s.ctx, sig.Path, largestProbe)
		if err == nil && (a.Status == 429 || a.Status == 503) {
			err = fmt.Errorf("status %d", a.Status)
		}
		if err != nil {
			s.failures++
			if s.failures == mostFailures || s.ctx.Err() != nil || errors.Is(err, exposure.ErrStopped) {
				s.p.stopped = err
			}
			continue
		}
		s.failures = 0
		s.p.asked[name]++
		// What the server says for every path shows nothing.
		if !bytes.Equal(a.Body, s.baseline.Body) && !sig.fits(s.baseline, "") && sig.fits(a, "") {
			*found = append(*found, sig)
		}
	}
}
