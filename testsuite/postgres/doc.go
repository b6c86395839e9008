// Package postgres runs PostgreSQL's own server, as the machine has it
// installed, with a data folder of the caller's. It listens on loopback and
// trusts whoever connects there.
//
// It knows PostgreSQL and nothing of Temporal or Latch. Start reading at [Start],
// or at [New] for a test.
package postgres
