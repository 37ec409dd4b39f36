package certprobe

import (
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"testing"
)

// TestRoca: a modulus that is a power of 65537 modulo every small prime is found,
// and keys of an honest generator are not.
func TestRoca(t *testing.T) {
	product := big.NewInt(1)
	for _, p := range rocaPrimes {
		product.Mul(product, big.NewInt(p))
	}
	n := new(big.Int).Exp(big.NewInt(65537), big.NewInt(123_456_789), product)
	n.Add(n, new(big.Int).Mul(product, new(big.Int).Lsh(big.NewInt(3), 1800)))
	if !roca(n) {
		t.Error("the shape is not found")
	}
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if roca(k.N) {
		t.Error("an honest key is taken for a bad one")
	}
}
