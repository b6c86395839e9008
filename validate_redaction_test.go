package latch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// "Webhook", redact: names of headers and JSON Pointers, strictly.
func TestContractRedaction(t *testing.T) {
	t.Parallel()
	const at = "webhooks[0].redact"
	pointer := func(path, meant string) string {
		return `"` + path + `" is not a JSON Pointer (RFC 6901) such as ` + meant + `; a part that is * stands for every member or element`
	}
	var rules []rule
	for _, each := range []struct {
		name, redact string
		want         []string
	}{
		{"both", `{"headers":["X-Internal-*","set-me","*"],"json":["/customer/email","/*/0/a~1b~0c","/","/a//b"]}`, nil},
		{"neither", `{}`, []string{at + ": give headers, json or both"}},
		{"empty lists", `{"headers":[],"json":[]}`, []string{at + ": give headers, json or both"}},
		{"another key", `{"body":["/a"]}`,
			[]string{at + ".body: unknown key; the keys here are headers, json", at + ": give headers, json or both"}},
		{"headers", `{"headers":["X A","","X-A\r\n"]}`, []string{
			at + `.headers[0]: "X A" is not the name of an HTTP header; * stands for any characters, as in X-Internal-*`,
			at + `.headers[1]: "" is not the name of an HTTP header; * stands for any characters, as in X-Internal-*`,
			at + `.headers[2]: "X-A\r\n" is not the name of an HTTP header; * stands for any characters, as in X-Internal-*`}},
		{"paths of other kinds", `{"json":["$.customer.email","customer.orders[*].id","","a~b","/a~2"]}`, []string{
			at + ".json[0]: " + pointer("$.customer.email", "/customer/email"),
			at + ".json[1]: " + pointer("customer.orders[*].id", "/customer/orders/*/id"),
			at + ".json[2]: " + pointer("", "/customer/email"), at + ".json[3]: " + pointer("a~b", "/customer/email"),
			at + ".json[4]: " + pointer("/a~2", "/customer/email")}},
		{"long", `{"json":["/` + strings.Repeat("a", 512) + `"]}`, []string{at + ".json[0]: has 513 bytes; the limit is 512"}},
		{"many", `{"headers":["X"` + strings.Repeat(`,"X"`, 100) + `]}`, []string{at + ".headers: there are 101; the limit is 100"}},
	} {
		rules = append(rules, rule{each.name, "release",
			aWebhook(`"id":"w","url":"https://example.com/","event":"RELEASE_COMPLETE","redact":` + each.redact), each.want})
	}
	hold(t, rules)
}

func TestARedactionWithoutEntriesIsNone(t *testing.T) {
	t.Parallel()
	require.Empty(t, (*latch.Redaction)(nil).Validate())
	require.Empty(t, (&latch.Redaction{}).Validate(), "of a worker, which may have none")
	require.Len(t, (&latch.Redaction{Headers: []string{""}, JSON: []string{""}}).Validate(), 2)
}
