package protocol

import (
	"slices"
	"strings"

	"github.com/latch-run/latch"
)

// These are prefixes of the ids of updates that the API sends. They tell a run the origin of an
// update, and the role that the API has checked. After it stands how the caller's name is known (see
// [UpdatePrefix]); the rest of the id is random.
const (
	// UpdateViaAPI marks a call of the API by a key of any role.
	UpdateViaAPI = "api-"
	// UpdateByAdmin marks a call by the role admin. It begins with UpdateViaAPI.
	UpdateByAdmin = UpdateViaAPI + "admin-"
	// UpdateByRunner marks a call by the role run, where that role matters. It begins with
	// UpdateViaAPI.
	UpdateByRunner = UpdateViaAPI + "run-"
	// UpdateViaPage marks a button of a lock's page.
	UpdateViaPage = "page-"
	// UpdateViaSlack marks a click on a message in Slack.
	UpdateViaSlack = "slack-"
)

// UpdatePrefix returns the beginning of the id of an update that arrives in a way, such as
// [UpdateViaAPI], from a caller whose name is known by identifiedBy.
func UpdatePrefix(way, identifiedBy string) string { return way + identifiedBy + "-" }

// IdentifiedByOf returns how the name of an update's sender is known, by the update's id. It
// returns "" for an update that an API of an earlier version has sent.
func IdentifiedByOf(id string) string {
	for _, way := range []string{UpdateByAdmin, UpdateByRunner, UpdateViaAPI, UpdateViaPage, UpdateViaSlack} {
		rest, is := strings.CutPrefix(id, way)
		if !is {
			continue
		}
		known, _, _ := strings.Cut(rest, "-")
		if slices.Contains(identifiedByAPI, known) {
			return known
		}
		return ""
	}
	return latch.IdentifiedByTemporal
}

// identifiedByAPI are the ways in which the API knows a caller.
var identifiedByAPI = []string{latch.IdentifiedByKey, latch.IdentifiedByOIDC, latch.IdentifiedBySlack,
	latch.IdentifiedByLink, latch.IdentifiedByLocal}
