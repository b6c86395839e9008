package issuer

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Bounds of what is taken from a token, in bytes.
const (
	maximumName  = 320
	maximumGroup = 200
)

// A Person is whom a token is about: a person, or a program with an account of its own.
type Person struct {
	// Name is the verified e-mail address in lower case, or oidc:<sub>@<issuer>. It always
	// contains "@", which no name of an API key does.
	Name string
	// Groups are sorted. Those with names that nobody could show are left out.
	Groups []string
	// Until is when the token ends.
	Until time.Time
}

// personOf returns whom a checked token is about.
func (i *Issuer) personOf(token *oidc.IDToken) (*Person, error) {
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		return nil, refused("the token's claims are not an object")
	}
	name, err := i.nameOf(token.Subject, claims)
	if err != nil {
		return nil, err
	}
	return &Person{Name: name, Groups: groupsOf(claims, i.options.GroupsClaim), Until: token.Expiry}, nil
}

// nameOf returns the person's name. Another claim than these two, such as preferred_username, is
// neither unique nor does it stay the same (OpenID Connect Core 1.0, section 5.7).
func (i *Issuer) nameOf(subject string, claims map[string]json.RawMessage) (string, error) {
	var address string
	_ = json.Unmarshal(claims["email"], &address) // anything else is no address
	if verified := string(claims["email_verified"]); verified == "true" || verified == `"true"` {
		if address = strings.ToLower(address); IsAddress(address) {
			return address, nil
		}
	}
	name := "oidc:" + subject + "@" + i.Host()
	if subject == "" || len(name) > maximumName || !isShown(name) {
		return "", refused("the token's sub is empty, too long, or has a character that cannot be shown")
	}
	return name, nil
}

// IsAddress reports whether a text is an e-mail address that can be a name: what people write, and
// never what looks like another kind of name.
func IsAddress(text string) bool {
	local, domain, found := strings.Cut(text, "@")
	strange := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`@:"(),;<>[]\`, r) }
	return found && local != "" && domain != "" && len(text) <= maximumName && isShown(text) &&
		!strings.ContainsFunc(local, strange) && !strings.ContainsFunc(domain, strange)
}

func isShown(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}

// groupsOf returns the groups in a claim: a list of names, or one name. The claim's name may itself
// contain dots.
func groupsOf(claims map[string]json.RawMessage, claim string) []string {
	var groups []string
	value := claimAt(claims, claim)
	var one string
	if json.Unmarshal(value, &groups) != nil && json.Unmarshal(value, &one) == nil {
		groups = []string{one}
	}
	groups = slices.DeleteFunc(groups, func(group string) bool {
		return group == "" || len(group) > maximumGroup || !isShown(group)
	})
	slices.Sort(groups)
	return slices.Compact(groups)
}

func claimAt(claims map[string]json.RawMessage, path string) json.RawMessage {
	if value, is := claims[path]; is {
		return value
	}
	name, rest, nested := strings.Cut(path, ".")
	var within map[string]json.RawMessage
	if !nested || json.Unmarshal(claims[name], &within) != nil {
		return nil
	}
	return claimAt(within, rest)
}
