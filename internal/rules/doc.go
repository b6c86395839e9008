// Package rules tests the rules by which a webhook decides, with fixtures of records and their
// expected results and decisions. It decides by internal/verdict, like workflows, and knows
// neither files nor the command line. Start reading at [Suite] and [Hook.Run].
package rules
