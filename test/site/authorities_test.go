package site

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

const authorityKey = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="

func authorityForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/authorities":          {"authority": {"CSIRT"}, "url": {"https://nis.example.org"}, "authority_key": {authorityKey}},
		client + "/authorities/register": {"endpoint": {"x"}, "code": {"y"}},
		client + "/authorities/remove":   {"endpoint": {"x"}},
	}
}

// TestAuthorities: an authority is added, registered with a code and removed; what
// cannot be used is said beside its field.
func TestAuthorities(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	form := url.Values{"authority": {"CSIRT"}, "url": {"http://nis.example.org"}, "authority_key": {authorityKey}}
	if status, page, _ := v.post(organisation+"/authorities", form); status != 422 || !strings.Contains(page, `value="CSIRT"`) {
		t.Errorf("an address without https: %d", status)
	}
	form.Set("url", "https://csirt.example.org")
	form.Set("authority_key", "short")
	if status, _, _ := v.post(organisation+"/authorities", form); status != 422 {
		t.Errorf("a key that is none: %d", status)
	}
	form.Set("authority_key", authorityKey)
	if status, _, _ := v.post(organisation+"/authorities", form); status != 200 {
		t.Errorf("added: %d", status)
	}
	_, page := v.get(organisation + "/authorities")
	id := regexp.MustCompile(`name="endpoint" value="([^"]+)"`).FindStringSubmatch(page)
	if id == nil || !strings.Contains(page, "https://csirt.example.org") {
		t.Fatalf("the authority is not listed:\n%.3000s", page)
	}
	if status, _, _ := v.post(organisation+"/authorities/register", url.Values{"endpoint": {id[1]}, "code": {""}}); status != 422 {
		t.Errorf("without a code: %d", status)
	}
	if status, _, _ := v.post(organisation+"/authorities/remove", url.Values{"endpoint": {id[1]}}); status != 200 {
		t.Errorf("removed: %d", status)
	}
	if _, page := v.get(organisation + "/authorities"); strings.Contains(page, "https://csirt.example.org") {
		t.Error("it is still there")
	}
}
