// Package approval decides locks by votes: who may approve, which votes stand, what is missing.
//
// What lives here: [Rules] with [Rules.Cast], which takes one vote, and [Rules.Tally], which says
// what the votes come to. Both are pure, so that workflow code may call them.
//
// What it may not know: how a name is proven, forms, Temporal, HTTP. Start reading at rules.go.
package approval
