package filing

import (
	"crypto/ed25519"

	"github.com/dunglas/httpsfv"
)

// VerifyBase checks the first signature of a message whatever it covers, for the
// vectors of RFC 9421.
func VerifyBase(m *Message, public ed25519.PublicKey) error {
	inputs, err := httpsfv.UnmarshalDictionary(m.Header.Values("Signature-Input"))
	if err != nil {
		return err
	}
	values, err := httpsfv.UnmarshalDictionary(m.Header.Values("Signature"))
	if err != nil {
		return err
	}
	name := inputs.Names()[0]
	list, _ := inputs.Get(name)
	value, _ := values.Get(name)
	b, err := base(m, list.(httpsfv.InnerList))
	if err != nil {
		return err
	}
	if !ed25519.Verify(public, b, value.(httpsfv.Item).Value.([]byte)) {
		return bad("the signature is not that of the key")
	}
	return nil
}
