// Package rules tests the rules by which a webhook decides: fixtures of records
// in, expected results and decisions out. It decides by internal/verdict, as
// workflows do, and knows neither files nor the command line. Start reading at
// [Suite] and [Hook.Run].
package rules
