// Package eventbatch says which custom events share a run of latch.EmitBatch, and
// how many of them one run takes. Start with [MayShare].
package eventbatch
