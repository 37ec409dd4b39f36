// Package stix reads and writes indicators of compromise as bundles of STIX 2.1
// (OASIS Standard, 10 June 2021): https://docs.oasis-open.org/cti/stix/v2.1/.
package stix

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
)

// official are the ids of the markings of the Traffic Light Protocol 2.0, from the
// common object repository of OASIS (extension-definition
// 60a3c5c5-0d10-413e-aab3-9e08dde9e88d).
var official = map[string]string{
	"CLEAR":        "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
	"GREEN":        "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
	"AMBER":        "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
	"AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
	"RED":          "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}

// earlier are those of version 1, which STIX 2.1 has in itself (section 7.2.1.4).
var earlier = map[string]string{
	"CLEAR": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
	"GREEN": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
	"AMBER": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
	"RED":   "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}

// object is what is read of the objects of a bundle.
type object struct {
	Type        string            `json:"type"`
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Pattern     string            `json:"pattern"`
	PatternType string            `json:"pattern_type"`
	ValidFrom   string            `json:"valid_from"`
	First       string            `json:"first_observed"`
	Value       string            `json:"value"`
	Key         string            `json:"key"`
	Hashes      map[string]string `json:"hashes"`
	Markings    []string          `json:"object_marking_refs"`
	Revoked     bool              `json:"revoked"`
}

func (o object) tlp() string {
	for _, label := range indicators.Labels() { // of two, the one that restricts more
		if id := earlier[label]; slices.Contains(o.Markings, official[label]) || id != "" && slices.Contains(o.Markings, id) {
			return label
		}
	}
	return ""
}

// Read reads a bundle object by object, however long it is: indicators with a
// pattern of STIX, and observed addresses, domains, files and keys. Objects of
// other kinds are no rows. It ends with the error of f, or when the text is no
// bundle.
func Read(r io.Reader, f func(indicators.Row) error) error {
	d := json.NewDecoder(r)
	if err := open(d); err != nil {
		return err
	}
	for n := 1; d.More(); n++ {
		var o object
		if err := d.Decode(&o); err != nil {
			var shape *json.UnmarshalTypeError
			if !errors.As(err, &shape) {
				return fmt.Errorf("object %d is no JSON: %w", n, err)
			}
			if err := f(indicators.Row{Line: n, Err: errors.New("the object has not the form of STIX 2.1")}); err != nil {
				return err
			}
			continue
		}
		if err := o.rows(n, f); err != nil {
			return err
		}
	}
	return nil
}

// errNoBundle is for a text that is not what Read reads.
var errNoBundle = errors.New("the text is no bundle of STIX 2.1 with objects")

// open goes to the first object.
func open(d *json.Decoder) error {
	t, err := d.Token()
	if t == json.Delim('[') { // objects without a bundle
		return nil
	}
	if err != nil || t != json.Delim('{') {
		return errors.Join(errNoBundle, err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return errors.Join(errNoBundle, err)
		}
		if key == "objects" {
			if t, err = d.Token(); err != nil || t != json.Delim('[') {
				return errors.Join(errNoBundle, err)
			}
			return nil
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return errors.Join(errNoBundle, err)
		}
	}
	return errNoBundle
}

func (o object) rows(n int, f func(indicators.Row) error) error {
	note := o.Name
	if o.Description != "" && o.Description != o.Name {
		note = strings.TrimSpace(note + ". " + o.Description)
		note = strings.TrimPrefix(note, ". ")
	}
	seen := indicators.Moment(o.ValidFrom)
	if o.Type == "observed-data" {
		seen = indicators.Moment(o.First)
	}
	emit := func(kind, value string) error {
		return indicators.Emit(indicators.Row{Line: n, Indicator: indicators.Indicator{Type: kind, Value: value, TLP: o.tlp(), Note: note, SeenAt: seen}}, f)
	}
	switch o.Type {
	case "indicator":
		if o.Revoked {
			return nil
		}
		if o.PatternType != "" && o.PatternType != "stix" {
			return f(indicators.Row{Line: n, Text: o.Name, Err: fmt.Errorf("patterns of the type %.20q cannot be read; expected stix", o.PatternType)})
		}
		found, err := parsePattern(o.Pattern)
		if err != nil {
			return f(indicators.Row{Line: n, Text: shorten(o.Pattern), Err: err})
		}
		for _, x := range found {
			if err := emit(x.Type, x.Value); err != nil {
				return err
			}
		}
	case "ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr":
		note = ""
		return emit(paths[o.Type+":value"], o.Value)
	case "mutex":
		value := o.Name
		note = ""
		return emit(indicators.Mutex, value)
	case "windows-registry-key":
		return emit(indicators.Registry, o.Key)
	case "file":
		for algorithm, value := range o.Hashes {
			if kind := paths["file:hashes."+algorithm]; kind != "" {
				if err := emit(kind, value); err != nil {
					return err
				}
			}
		}
		if value := o.Name; value != "" {
			note = ""
			return emit(indicators.Filename, value)
		}
	case "vulnerability":
		return emit(indicators.CVE, o.Name)
	}
	return nil
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:120])
	}
	return s
}
