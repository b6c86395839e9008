package latch

// Modes of a [Concurrency].
const (
	ConcurrencyQueue  = "queue"
	ConcurrencyLatest = "latest"
	ConcurrencyRefuse = "refuse"
)

// A Concurrency has releases of the same key run one at a time, in a namespace.
type Concurrency struct {
	Key string `json:"key" latch:"plain"`
	// Mode says what a release does while another one holds the key: "queue" (the
	// default) waits behind those that wait, "latest" cancels those and waits, "refuse"
	// fails.
	Mode string `json:"mode,omitempty" latch:"plain" unset:"queue"`
}

// A Turn is a release that holds a concurrency key, or waits for it.
type Turn struct {
	ID         string `json:"id"`
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// Since is when it asked for its turn.
	Since Time `json:"since"`
}

// Turns says which release holds a concurrency key, and which wait, in their order.
type Turns struct {
	Key     string `json:"key"`
	HeldBy  *Turn  `json:"held_by,omitempty"`
	Waiting []Turn `json:"waiting"`
}

// A TurnStatus is where a release with a concurrency key stands.
type TurnStatus struct {
	Key  string `json:"key"`
	Mode string `json:"mode"`
	// Held reports that it is the release's turn.
	Held bool `json:"held"`
	// HeldBy and Ahead are the release whose turn it was when this one began to wait,
	// and how many waited before it.
	HeldBy *Turn `json:"held_by,omitempty"`
	Ahead  int   `json:"ahead,omitempty"`
}

func (c *Concurrency) validate(problems *Problems, path string) {
	if c == nil {
		return
	}
	if requireText(problems, field(path, "key"), c.Key) {
		requireID(problems, field(path, "key"), c.Key)
	}
	oneOf(problems, field(path, "mode"), c.Mode, ConcurrencyQueue, ConcurrencyLatest, ConcurrencyRefuse)
}
