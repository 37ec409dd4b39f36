package incidents

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/report/pdf"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// The jobs that keep binders fresh: one of the server each night, which asks for one of
// each workspace.
const (
	binderNight = "incidents.binders"
	bindersKind = "incidents.binders.workspace"
)

// binderSetting is the setting of an organisation that holds its Keeping.
const binderSetting = "incidents.binder"

// Limits of the copies that are kept.
const (
	MostCopies    = 5
	MostReceivers = 5              // of mails with the binder
	BinderAge     = 48 * time.Hour // after which a copy counts as old
	largestBinder = 64 << 20
)

// Copy is a binder as it was once.
type Copy struct {
	At       time.Time `json:"at"`             // as its pages say
	Since    time.Time `json:"since,omitzero"` // since when binders have said the same, their day and turns aside
	SHA256   string    `json:"sha256"`         // of the PDF
	Size     int64     `json:"size"`           // bytes
	Language string    `json:"language"`
	Contents string    `json:"contents"` // hash of what is in it, its day aside
	Own      string    `json:"own"`      // hash of the workspace's own playbooks in it; "": left out, because who made it does not see them
}

// Keeping is the copies of the binder of an organisation.
type Keeping struct {
	Receivers []string `json:"receivers,omitempty"` // mail addresses that get each new binder
	ByName    string   `json:"by_name,omitempty"`   // who named them
	Copies    []Copy   `json:"copies,omitempty"`    // newest first
}

// BinderStanding is how fresh the newest copy is.
type BinderStanding struct {
	Keeping
	Changed bool      // what a binder says today differs from the newest copy
	Now     time.Time // of the comparison
}

// Kept is the newest copy; ok is false while there is none.
func (b BinderStanding) Kept() (c Copy, ok bool) {
	if len(b.Copies) == 0 {
		return Copy{}, false
	}
	return b.Copies[0], true
}

// Old reports whether the newest copy was not made anew for BinderAge.
func (b BinderStanding) Old() bool {
	c, ok := b.Kept()
	return ok && b.Now.Sub(c.At) > BinderAge
}

// WithBinders gives the service what it needs to keep binders: the words that they are
// written in, and what mails them.
func (s *Service) WithBinders(messages *locale.Catalogue, m *mailing.Mailer) *Service {
	s.messages, s.mailer = messages, m
	return s
}

// installBinders adds the nightly job.
func (s *Service) installBinders(r *jobs.Runner) error {
	r.Handle(binderNight, s.askForBinders)
	r.Handle(bindersKind, s.refreshBinders)
	return r.Every(binderNight, binderNight, "daily 01:20")
}

func (s *Service) askForBinders(ctx context.Context, run *jobs.Run) error {
	var workspaces []tenant.Workspace
	err := s.store.Read(ctx, run.Scope(), func(tx *store.Tx) (err error) {
		workspaces, err = tx.Workspaces()
		return err
	})
	if err != nil {
		return err
	}
	return run.Finish(ctx, nil, func(tx *store.Tx) error {
		for _, w := range workspaces {
			if w.Kind == tenant.Authority {
				continue
			}
			if _, err := jobs.Enqueue(tx.In(w.ID, ""), bindersKind, struct{}{}, work.Job{Unique: bindersKind}); err != nil {
				return err
			}
		}
		return nil
	})
}

// refreshBinders brings the binders of a workspace up to date, each in a transaction of
// its own. One that fails does not keep the others.
func (s *Service) refreshBinders(ctx context.Context, run *jobs.Run) error {
	var list []tenant.Organisation
	var playbooks []playbook.Playbook
	err := s.store.Read(ctx, run.Scope(), func(tx *store.Tx) (err error) {
		if playbooks, err = ownPlaybooks(tx); err != nil {
			return err
		}
		all, err := tx.Organisations()
		list = slices.DeleteFunc(all, func(o tenant.Organisation) bool { return o.Archived || o.Template })
		return err
	})
	if err != nil {
		return err
	}
	own := func(b *Binder) error {
		b.Playbooks, b.whole = append(b.Playbooks, playbooks...), true
		return nil
	}
	var failed []error
	for i, o := range list {
		run.Progress(float64(i)/float64(len(list)), o.Name)
		err := s.refreshBinder(ctx, run.Scope(), run.Change(), o.ID, own, false)
		switch k := fault.KindOf(err); {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && k != fault.NotFound && k != fault.Conflict: // removed, or refreshed by hand, meanwhile
			failed = append(failed, fmt.Errorf("binder of %s: %w", o.Name, err))
		}
	}
	return errors.Join(append(failed, run.Finish(ctx, nil, func(*store.Tx) error { return nil }))...)
}

// RefreshBinder keeps a copy of the binder as it is now.
func (s *Service) RefreshBinder(ctx context.Context, a authz.Actor, organisation string) error {
	scope, err := a.Organisation(ctx, organisation, authz.IncidentEdit)
	if err != nil {
		return err
	}
	own := func(b *Binder) error { return s.withOwn(ctx, a, b) }
	return s.refreshBinder(ctx, scope, acting.Change(a), organisation, own, true)
}

// refreshBinder makes the binder anew, so that its day and its turns are those of now. The
// copy takes the place of one that says the same otherwise, unless it is asked for. The
// paper is written between two transactions, so that nobody waits for it.
func (s *Service) refreshBinder(ctx context.Context, scope tenant.Scope, by store.Change, organisation string, own func(*Binder) error, always bool) error {
	if s.files == nil || s.messages == nil {
		return conflict("binders cannot be kept here", "a service with files and words")
	}
	var k Keeping
	var version int64
	var b Binder
	err := s.store.Read(ctx, scope, func(tx *store.Tx) (err error) { // the newest one is compared with what is known now
		if k, version, err = keeping(tx, organisation); err != nil {
			return err
		}
		b, err = s.binder(tx, organisation)
		return err
	})
	if err != nil {
		return err
	}
	if err := own(&b); err != nil {
		return err
	}
	newest, had := BinderStanding{Keeping: k}.Kept()
	changed, err := b.differs(newest)
	if err != nil {
		return err
	}
	c, err := s.keepBinder(b)
	if err != nil {
		return err
	}
	if had && !changed {
		c.Since = newest.Since
		if !always {
			k.Copies = k.Copies[1:]
		}
	}
	k.Copies = append([]Copy{c}, k.Copies...)
	k.Copies = k.Copies[:min(len(k.Copies), MostCopies)]
	return s.store.Write(ctx, scope, by, func(tx *store.Tx) error {
		if changed {
			if err := s.mailBinder(tx, organisation, b, k); err != nil {
				return err
			}
		}
		return putKeeping(tx, organisation, k, version)
	})
}

// keepBinder writes the PDF and keeps its file.
func (s *Service) keepBinder(b Binder) (Copy, error) {
	var file bytes.Buffer
	if err := pdf.Write(&file, b.Document(s.messages.Printer(b.Language))); err != nil {
		return Copy{}, fmt.Errorf("write the binder of %s: %w", b.Name, err)
	}
	f, err := s.files.Put(&file, largestBinder)
	if err != nil {
		return Copy{}, err
	}
	c := Copy{At: b.On, Since: b.On, SHA256: f.SHA256, Size: f.Bytes, Language: b.Language}
	c.Contents, c.Own, err = b.hashes()
	return c, err
}

// mailBinder posts the newest copy to the receivers, once each.
func (s *Service) mailBinder(tx *store.Tx, organisation string, b Binder, k Keeping) error {
	for _, to := range k.Receivers {
		_, err := s.mailer.Post(tx, mailing.Letter{Key: "binder/" + organisation + "/" + k.Copies[0].SHA256 + "/" + to, Organisation: organisation, To: to, Language: b.Language,
			Message: "binder.mail", Arguments: []any{"organisation", b.Name, "sha256", k.Copies[0].SHA256, "name", k.ByName, "link", s.mailer.Link("/organisations/" + organisation + "/binder")},
			File: k.Copies[0].SHA256, FileName: b.FileName(".pdf"), FileType: "application/pdf"})
		if err != nil {
			return err
		}
	}
	return nil
}

// FileName is the name of a file with the binder.
func (b Binder) FileName(ending string) string {
	return "incident-binder-" + law.DateOf(b.On.In(b.Zone)).String() + ending
}

// MailBinder names the addresses that get the newest binder at once and each new one
// later, in place of those before; none ends it. Addresses need not belong to members: the binder is for the day on which
// their own mail does not work.
func (s *Service) MailBinder(ctx context.Context, a authz.Actor, organisation string, receivers []string) error {
	var kept []string
	for _, r := range receivers {
		if r = strings.TrimSpace(r); r == "" || slices.Contains(kept, r) {
			continue
		}
		if address, err := mail.ParseAddress(r); err != nil || address.Address != r || len(r) > 254 {
			return invalid("receivers", fmt.Sprintf("%q is no e-mail address", r), "addresses such as name@example.org, one per line")
		}
		kept = append(kept, r)
	}
	if len(kept) > MostReceivers {
		return invalid("receivers", "there are too many addresses", fmt.Sprintf("at most %d", MostReceivers))
	}
	return s.write(ctx, a, organisation, authz.IncidentDecide, func(tx *store.Tx) error {
		k, version, err := keeping(tx, organisation)
		if err != nil {
			return err
		}
		k.Receivers, k.ByName = kept, a.Name
		if len(k.Copies) > 0 {
			file, err := facts(tx, organisation)
			if err != nil {
				return err
			}
			zone, err := s.homeZone(tx, organisation)
			if err != nil {
				return err
			}
			if err := s.mailBinder(tx, organisation, Binder{Name: file.Organisation.Name, Language: k.Copies[0].Language, On: k.Copies[0].At, Zone: tenant.ZoneOf(zone)}, k); err != nil {
				return err
			}
		}
		return putKeeping(tx, organisation, k, version)
	})
}

// BinderStanding says which copies are kept and whether the newest one still says what a
// binder of now would.
func (s *Service) BinderStanding(ctx context.Context, a authz.Actor, organisation string) (out BinderStanding, err error) {
	var b Binder
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		out = BinderStanding{Now: tx.Now()}
		if out.Keeping, _, err = keeping(tx, organisation); err != nil || len(out.Copies) == 0 {
			return err
		}
		b, err = s.binder(tx, organisation)
		return err
	})
	if err != nil || len(out.Copies) == 0 {
		return out, err
	}
	if err := s.withOwn(ctx, a, &b); err != nil {
		return out, err
	}
	out.Changed, err = b.differs(out.Copies[0])
	return out, err
}

// BinderCopy opens a kept copy by its hash. The caller closes it.
func (s *Service) BinderCopy(ctx context.Context, a authz.Actor, organisation, hash string) (c Copy, file io.ReadSeekCloser, err error) {
	standing, err := s.BinderStanding(ctx, a, organisation)
	if err != nil {
		return c, nil, err
	}
	i := slices.IndexFunc(standing.Copies, func(c Copy) bool { return c.SHA256 == hash })
	if i < 0 || s.files == nil {
		return c, nil, missing("copy of the binder")
	}
	file, err = s.files.Open(hash)
	if errors.Is(err, blob.ErrNotFound) {
		return c, nil, missing("file of this copy any more")
	}
	return standing.Copies[i], file, err
}

func keeping(tx *store.Tx, organisation string) (k Keeping, version int64, err error) {
	x, err := tx.Setting(organisation, binderSetting)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return k, 0, nil
	}
	if err != nil {
		return k, 0, err
	}
	if err := json.Unmarshal(x.Value, &k); err != nil {
		return k, 0, fmt.Errorf("read the copies of the binder: %w", err)
	}
	return k, x.Version, nil
}

func putKeeping(tx *store.Tx, organisation string, k Keeping, version int64) error {
	value, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("write the copies of the binder: %w", err)
	}
	_, err = tx.PutSetting(desk.Setting{Organisation: organisation, Name: binderSetting, Value: value, Version: version})
	return err
}

// differs reports whether the binder says something else than a copy, as far as the
// person sees it.
func (b Binder) differs(c Copy) (bool, error) {
	contents, own, err := b.hashes()
	return contents != c.Contents || b.whole && own != c.Own, err
}

// hashes are those of what the binder says, its day and the turns that follow from it
// aside: of all but the workspace's own playbooks, and of these.
func (b Binder) hashes() (contents, own string, err error) {
	type form struct {
		ID      string
		Version int
	}
	said := struct {
		Name, Language              string
		Contacts, Roster, Playbooks any
		People                      [][3]string
		Countries                   []any
		Terms                       []string
		Forms                       []form
	}{Name: b.Name, Language: b.Language, Contacts: b.Contacts, Roster: b.Roster}
	for _, m := range b.People {
		said.People = append(said.People, [3]string{m.Name, m.Email, string(m.Role)})
	}
	for _, p := range b.Countries {
		said.Countries = append(said.Countries, p.Code, p.Zone, p.Authority, p.CSIRT, p.Reporting, p.Registration.Portal, p.Terms())
	}
	for _, t := range b.Terms {
		said.Terms = append(said.Terms, t.ID+" "+t.Period.String())
	}
	for _, f := range b.Forms {
		said.Forms = append(said.Forms, form{f.ID, f.Version})
	}
	var program, workspace []playbook.Playbook
	for _, p := range b.Playbooks {
		if p.Own {
			workspace = append(workspace, p)
		} else {
			program = append(program, p)
		}
	}
	said.Playbooks = program
	if contents, err = hashOf(said); err != nil || !b.whole {
		return contents, "", err
	}
	own, err = hashOf(workspace)
	return contents, own, err
}

func hashOf(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("compare the binder: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
