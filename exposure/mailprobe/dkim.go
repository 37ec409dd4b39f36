package mailprobe

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// DKIM is a key of RFC 6376.
type DKIM struct {
	Kind    string // "rsa" or "ed25519"
	Bits    int    // 0 for a key that was taken back
	Revoked bool   // p is empty
	Test    bool   // t=y
	Hashes  []string
}

// ParseDKIM reads the record of a selector.
func ParseDKIM(record string) (DKIM, error) {
	list, err := tags(record)
	if err != nil {
		return DKIM{}, err
	}
	if v, ok := value(list, "v"); ok && (v != "DKIM1" || list[0].name != "v") {
		return DKIM{}, errors.New("v is not DKIM1, or does not stand first")
	}
	k := DKIM{Kind: "rsa"}
	if v, ok := value(list, "k"); ok {
		k.Kind = strings.ToLower(v)
	}
	if v, ok := value(list, "t"); ok {
		k.Test = slices.Contains(words(v), "y")
	}
	if v, ok := value(list, "h"); ok {
		k.Hashes = words(strings.ToLower(v))
	}
	p, ok := value(list, "p")
	if !ok {
		return k, errors.New("the key (p) is missing")
	}
	p = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, p)
	if p == "" {
		k.Revoked = true
		return k, nil
	}
	raw, err := base64.StdEncoding.DecodeString(p)
	if err != nil {
		if raw, err = base64.RawStdEncoding.DecodeString(p); err != nil {
			return k, errors.New("the key is not in base64")
		}
	}
	k.Bits, err = keyBits(k.Kind, raw)
	return k, err
}

func words(s string) (out []string) {
	for w := range strings.SplitSeq(s, ":") {
		out = append(out, strings.TrimSpace(w))
	}
	return out
}

func keyBits(kind string, raw []byte) (int, error) {
	switch kind {
	case "ed25519":
		if len(raw) != ed25519.PublicKeySize {
			return 0, fmt.Errorf("an Ed25519 key has %d bytes, this one %d", ed25519.PublicKeySize, len(raw))
		}
		return 256, nil
	case "rsa":
		if key, err := x509.ParsePKIXPublicKey(raw); err == nil {
			if r, ok := key.(*rsa.PublicKey); ok {
				return r.N.BitLen(), nil
			}
			return 0, errors.New("the key is no RSA key")
		}
		if key, err := x509.ParsePKCS1PublicKey(raw); err == nil {
			return key.N.BitLen(), nil
		}
		return 0, errors.New("the key cannot be read")
	}
	return 0, fmt.Errorf("the kind of key %q is not known", exposure.Clip(kind))
}

// selectors are the usual ones, because keys cannot be listed.
var selectors = []string{"default", "selector1", "selector2", "google", "k1", "k2", "k3", "s1", "s2", "mail", "dkim", "smtp", "mx", "email", "key1", "key2", "sig1",
	"mandrill", "everlytickey1", "everlytickey2", "fm1", "fm2", "fm3", "protonmail", "protonmail2", "protonmail3", "zoho", "pm", "mbo0001", "mbo0002", "s2048", "20230601",
	"amazonses", "mailjet", "scph", "pic", "cm", "hs1", "hs2", "ed25519"}
