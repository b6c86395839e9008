// Package postgres runs the machine's own installation of PostgreSQL's server, with a data
// folder of the caller's. It listens on loopback and trusts every connection.
//
// It knows PostgreSQL and nothing of Temporal or Latch. Start reading at [Start], or at [New]
// for a test.
package postgres
