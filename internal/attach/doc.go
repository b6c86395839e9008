// Package attach combines the webhooks of a run: its own, and the registered ones that apply to
// it. Enforced ones are never left out, and no run may use their ids.
//
// It is pure, so that workflow code may call it. Start reading at [Merge].
package attach
