package stix

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // UUID version 5 is made with it (RFC 9562), and nothing depends on its strength
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
)

// Bundle says of what a bundle is.
type Bundle struct {
	Maker   string    // id of the organisation that made it
	Name    string    // its name
	KnownAt time.Time // since when it is kept here
	Case    string    // id of what it is about
	About   string    // what it is about: the reference of the case
	MadeAt  time.Time
}

// extension is that of the Traffic Light Protocol 2.0.
const extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

// stamp is a time as objects have it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Write writes a bundle with an identity and an object per row, each marked with the
// official object of its TLP label: an indicator with a pattern, or a vulnerability,
// which is nothing that a pattern can observe. The same rows at the same time are the
// same bytes, because ids follow from the content (UUID version 5); a later bundle of
// the case has the same objects in a newer version (created stays, modified moves,
// section 3.6). A row that comes twice is written once. Indicators of the type other
// have no pattern and are left out; left says how many.
func Write(w io.Writer, about Bundle, each func(func(indicators.Indicator) error) error) (left int, err error) {
	out := bufio.NewWriter(w)
	made := stamp(about.MadeAt)
	identity := "identity--" + uuid("identity/"+about.Maker)
	if _, err := fmt.Fprintf(out, `{"type":"bundle","id":"bundle--%s","objects":[`, uuid("bundle/"+about.Case+"/"+made)); err != nil {
		return 0, fmt.Errorf("write the bundle: %w", err)
	}
	first := true
	put := func(v any) error {
		if !first {
			if err := out.WriteByte(','); err != nil {
				return err
			}
		}
		first = false
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		_, err = out.Write(b)
		return err
	}
	err = put(map[string]any{"type": "identity", "spec_version": "2.1", "id": identity, "created": since(about.KnownAt, about.MadeAt), "modified": made,
		"name": about.Name, "identity_class": "organization"})
	written := map[string]bool{}
	if err == nil {
		err = each(func(i indicators.Indicator) error {
			v := about.object(i)
			if v == nil {
				left++
				return nil
			}
			id, _ := v["id"].(string)
			if written[id] {
				return nil
			}
			written[id] = true
			if label := official[i.TLP]; label != "" {
				if !written[label] {
					written[label] = true
					err := put(map[string]any{"type": "marking-definition", "spec_version": "2.1", "id": label, "created": "2022-10-01T00:00:00.000Z", "name": "TLP:" + i.TLP,
						"extensions": map[string]any{extension: map[string]any{"extension_type": "property-extension", "tlp_2_0": strings.ToLower(i.TLP)}}})
					if err != nil {
						return err
					}
				}
				v["object_marking_refs"] = []string{label}
			}
			if i.Note != "" {
				v["description"] = i.Note
			}
			v["spec_version"], v["created"], v["modified"], v["created_by_ref"] = "2.1", since(i.AddedAt, about.MadeAt), made, identity
			return put(v)
		})
	}
	if err == nil {
		_, err = out.WriteString("]}\n")
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return left, fmt.Errorf("write the bundle: %w", err)
	}
	return left, nil
}

// since is when an object was made; never after it was changed.
func since(at, made time.Time) string {
	if at.IsZero() || at.After(made) {
		at = made
	}
	return stamp(at)
}

// object is what is special to the kind of a row; nil for a row without an object.
func (b Bundle) object(i indicators.Indicator) map[string]any {
	if i.Type == indicators.CVE {
		return map[string]any{"type": "vulnerability", "id": "vulnerability--" + uuid("vulnerability/"+b.Case+"/"+i.Value), "name": i.Value,
			"external_references": []map[string]string{{"source_name": "cve", "external_id": i.Value}}}
	}
	p := pattern(i)
	if p == "" {
		return nil
	}
	from := b.MadeAt
	if !i.SeenAt.IsZero() {
		from = i.SeenAt
	}
	return map[string]any{"type": "indicator", "id": "indicator--" + uuid("indicator/"+b.Case+"/"+p), "name": b.About, "indicator_types": []string{"malicious-activity"},
		"pattern": p, "pattern_type": "stix", "valid_from": stamp(from)}
}

// pattern is the pattern of an indicator; "" when it has none.
func pattern(i indicators.Indicator) string {
	path := map[string]string{indicators.Domain: "domain-name:value", indicators.URL: "url:value", indicators.Email: "email-addr:value",
		indicators.MD5: "file:hashes.MD5", indicators.SHA1: "file:hashes.'SHA-1'", indicators.SHA256: "file:hashes.'SHA-256'",
		indicators.SHA512: "file:hashes.'SHA-512'", indicators.Filename: "file:name", indicators.Registry: "windows-registry-key:key",
		indicators.Mutex: "mutex:name"}[i.Type]
	if i.Type == indicators.IP {
		path = "ipv4-addr:value"
		text, _, _ := strings.Cut(i.Value, "/")
		if a, err := netip.ParseAddr(text); err == nil && a.Is6() {
			path = "ipv6-addr:value"
		}
	}
	if path == "" {
		return ""
	}
	return "[" + path + " = '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(i.Value) + "']"
}

// space is our own name space of ids; that of OASIS is for observed objects alone
// (STIX 2.1, section 2.9).
const space = "3b8f2c64-7d0e-4d52-9c1b-5a2f6f0e8a17"

// uuid is a UUID of version 5 for a name.
func uuid(name string) string {
	ns, err := hex.DecodeString(strings.ReplaceAll(space, "-", ""))
	if err != nil {
		panic("the name space is no UUID: " + err.Error())
	}
	sum := sha1.Sum(append(ns, name...)) //nolint:gosec // see above
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
