// Package overload tries again what Temporal refuses under load. It knows
// nothing of what is tried. Start reading at [Again].
package overload
