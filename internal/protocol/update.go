package protocol

// Prefixes of the ids of updates that the API sends. From them a run knows which
// way an update came, and what the API vouches for; the rest of the id is random.
const (
	// UpdateViaAPI is for a call of the API by a key of any role.
	UpdateViaAPI = "api-"
	// UpdateByAdmin is for a call by the role admin. It begins with UpdateViaAPI.
	UpdateByAdmin = UpdateViaAPI + "admin-"
	// UpdateViaPage is for a button of a lock's page.
	UpdateViaPage = "page-"
)
