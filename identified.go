package latch

// These are the ways in which the name of a person is known (contract, "Who did it"). Only
// [IdentifiedByKey], [IdentifiedByOIDC] and [IdentifiedBySlack] prove a name.
const (
	// IdentifiedByKey is a name of LATCH_API_KEYS.
	IdentifiedByKey = "key"
	// IdentifiedByOIDC is a name that the API's OpenID Connect issuer has confirmed.
	IdentifiedByOIDC = "oidc"
	// IdentifiedBySlack is the confirmed e-mail address of a member of the Slack workspace, whom
	// LATCH_PEOPLE names.
	IdentifiedBySlack = "slack"
	// IdentifiedByLink is a name that a visitor with only a lock's link has typed.
	IdentifiedByLink = "link"
	// IdentifiedByLocal is a caller on the machine of an API that has no keys.
	IdentifiedByLocal = "local"
	// IdentifiedByTemporal is a name in a message that was sent to Temporal, not to the API.
	IdentifiedByTemporal = "temporal"
)

// IsProven reports whether a name that is known in this way is that of its owner.
func IsProven(identifiedBy string) bool {
	return identifiedBy == IdentifiedByKey || identifiedBy == IdentifiedByOIDC || identifiedBy == IdentifiedBySlack
}

// Person returns the name for people, with how it is known if that was the API: "ann, oidc".
func (d *DecidedBy) Person() string {
	if d.By == "" || d.IdentifiedBy == "" || d.IdentifiedBy == IdentifiedByTemporal {
		return d.By
	}
	return d.By + ", " + d.IdentifiedBy
}
