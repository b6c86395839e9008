package urlmask

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// IsCredential reports whether the name of a parameter, a header or a variable
// says that its value is a credential. It looks at the last word of the name,
// as in api_key, accessToken, X-Amz-Signature or token[], in any case.
func IsCredential(name string) bool {
	words := wordsOf(decode(name))
	if len(words) == 0 {
		return false
	}
	whole, last := strings.Join(words, ""), words[len(words)-1]
	switch {
	case slices.Contains(harmless, whole):
		return false
	case slices.Contains(wholeNames, whole), slices.Contains(lastWords, strings.TrimSuffix(last, "s")), slices.Contains(lastWords, last):
		return true
	case slices.ContainsFunc(words, func(word string) bool { return slices.Contains(anyWords, strings.TrimSuffix(word, "s")) }):
		return true
	default:
		return slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(whole, ending) })
	}
}

var (
	// wholeNames are names of credentials if they are the whole name.
	wholeNames = []string{"code", "sas", "authorization", "authcode", "authorizationcode", "oauthcode", "accesscode", "xauth", "bearer", "cookie", "session", "sessionid", "sid", "ticket", "assertion", "samlrequest", "samlresponse"}
	// lastWords make a name that ends with them the name of a credential.
	lastWords = []string{"key", "token", "secret", "signature", "sig", "hmac", "password", "passwd", "passphrase", "pwd", "pass", "auth", "jwt", "otp", "pin", "credential"}
	// anyWords do so anywhere in a name.
	anyWords = []string{"secret", "password", "passwd", "passphrase", "pwd"}
	// endings do so in a name written as one word.
	endings = []string{"apikey", "appkey", "accesskey", "secretkey", "sharedkey", "privatekey", "authkey", "masterkey", "accountkey", "signingkey", "subscriptionkey",
		"routingkey", "integrationkey", "webhookkey", "token", "secret", "signature", "password", "passwd"}
	// harmless are names that end like those of credentials but are not.
	harmless = []string{"sortkey", "primarykey", "foreignkey", "partitionkey", "projectkey", "issuekey", "cachekey", "objectkey", "groupkey", "orderkey",
		"publickey", "idempotencykey", "xidempotencykey", "pagetoken", "nextpagetoken", "nexttoken", "continuationtoken", "synctoken"}
)

// wordsOf splits a name at characters that are not letters or digits, and at
// capitals that begin a word. Digits at the end of a word are left out.
func wordsOf(name string) []string {
	var spaced strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(letters[i-1]) || unicode.IsUpper(letters[i-1]) && i+1 < len(letters) && unicode.IsLower(letters[i+1])):
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(unicode.ToLower(r))
	}
	var words []string
	for word := range strings.FieldsSeq(spaced.String()) {
		if word = strings.TrimRight(word, "0123456789"); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// maximumEscapes is how many times a text may have been percent-encoded for
// credentials in it to be found.
const maximumEscapes = 3

// decode undoes percent-encoding. It leaves invalid escapes alone.
func decode(text string) string {
	for range maximumEscapes {
		if !strings.ContainsAny(text, "%+") {
			break
		}
		var decoded strings.Builder
		for i := 0; i < len(text); i++ {
			if text[i] == '%' && i+2 < len(text) {
				if plain, err := url.PathUnescape(text[i : i+3]); err == nil {
					decoded.WriteString(plain)
					i += 2
					continue
				}
			}
			decoded.WriteByte(text[i])
		}
		if decoded.String() == text {
			break
		}
		text = decoded.String()
	}
	return text
}
