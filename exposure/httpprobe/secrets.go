package httpprobe

import (
	"hash/crc32"
	"math"
	"strings"
)

// leak is a key that was found in a page. The key itself is not kept.
type leak struct {
	what  string
	where string // path
	start string // the first characters, so that the owner recognises it
}

// findSecrets looks for keys in text. Look-alikes are sorted out by checksum or
// by how random they are.
func findSecrets(text []byte, where string) (out []leak) {
	for _, s := range known().Secrets {
		for _, found := range s.Body.FindAll(text, 20) {
			if genuine(s.Check, string(found)) {
				out = append(out, leak{s.What, where, string(found[:min(len(found), 6)]) + "…"})
				break
			}
		}
	}
	return out
}

func genuine(check, text string) bool {
	switch check {
	case "crc":
		return checksum(text)
	case "entropy":
		return entropy(text) >= 3 && !strings.Contains(strings.ToUpper(text), "EXAMPLE") && !strings.Contains(strings.ToLower(text), "xxxx")
	}
	return true
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// checksum tests the last six characters of tokens of GitHub and npm: the CRC-32
// of the thirty before, in base 62.
func checksum(token string) bool {
	_, secret, ok := strings.Cut(token, "_")
	if !ok || len(secret) != 36 {
		return false
	}
	sum := crc32.ChecksumIEEE([]byte(secret[:30]))
	want := make([]byte, 6)
	for i := len(want) - 1; i >= 0; i-- {
		want[i] = base62[sum%62]
		sum /= 62
	}
	return string(want) == secret[30:]
}

// entropy is how many bits a character of the text carries (Shannon).
func entropy(text string) (bits float64) {
	count := map[rune]float64{}
	for _, r := range text {
		count[r]++
	}
	n := float64(len([]rune(text)))
	for _, c := range count {
		bits -= c / n * math.Log2(c/n)
	}
	return bits
}
