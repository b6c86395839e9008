package protocol

// These are prefixes of the ids of updates that the API sends. They tell a run the origin of an
// update, and the role that the API has checked. The rest of the id is random.
const (
	// UpdateViaAPI marks a call of the API by a key of any role.
	UpdateViaAPI = "api-"
	// UpdateByAdmin marks a call by the role admin. It begins with UpdateViaAPI.
	UpdateByAdmin = UpdateViaAPI + "admin-"
	// UpdateViaPage marks a button of a lock's page.
	UpdateViaPage = "page-"
)
