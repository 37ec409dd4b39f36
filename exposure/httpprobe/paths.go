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
	p.search(ctx, c)
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

// search asks for every path of the lists, once, and keeps what is there.
func (p *paths) search(ctx context.Context, c *Client) {
	type wanted struct {
		signature
		list  string
		found *[]signature
	}
	var all []wanted
	for _, l := range []struct {
		name  string
		list  []signature
		found *[]signature
	}{{"sensitive", known().Sensitive, &p.sensitive}, {"consoles", known().Consoles, &p.consoles}, {"portals", known().Portals, &p.portals}} {
		for _, sig := range l.list {
			if sig.Path != "" {
				all = append(all, wanted{sig, l.name, l.found})
			}
		}
	}
	answers, failures := make([]*Answer, len(all)), 0
	c.sideBySide(len(all), func(by *Client, i int) error {
		a, err := by.Get(ctx, all[i].Path, largestProbe)
		if err == nil && (a.Status == 429 || a.Status == 503) {
			err = fmt.Errorf("status %d", a.Status)
		}
		if err != nil {
			return err
		}
		if answers[i] = a; by == c {
			failures = 0
		}
		return nil
	}, func(_ int, err error) bool {
		if failures++; failures == mostFailures || ctx.Err() != nil || errors.Is(err, exposure.ErrStopped) {
			p.stopped = err
		}
		return p.stopped == nil
	})
	p.asked = map[string]int{}
	for i, a := range answers {
		if a == nil {
			continue
		}
		p.asked[all[i].list]++
		// What the server says for every path shows nothing.
		if sig := all[i]; !bytes.Equal(a.Body, p.baseline.Body) && !sig.fits(p.baseline, "") && sig.fits(a, "") {
			*sig.found = append(*sig.found, sig.signature)
		}
	}
}
