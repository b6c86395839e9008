// Package expr is Latch's one CEL environment and the ${…} templates that stand on it.
//
// What lives here: compiling, type-checking and evaluating expressions within a budget
// ([Compile], [Expression]); templates whose values are escaped for the place they stand in
// ([CompileTemplate], [Template]); and JSON values in which every string is a template
// ([CompileTree], [Tree]). The rules are those of the contract's sections "Templates" and
// "Decisions".
//
// What it may not know: Temporal, HTTP, the vocabulary of jobs and releases, clocks, randomness.
// Variables come in as JSON ([Variables]) and text or JSON goes out.
//
// Where to start: expression.go for expressions, template.go for templates, limits.go for what
// bounds them. environment.go says what an expression may use, number.go how numbers keep their
// digits, prices.go what a call costs.
//
// # The language
//
// CEL with optional types and the strings, encoders, math, lists and sets extensions. Integers and
// doubles compare with each other. Maps are walked in the order of their keys, so that the same
// input always gives the same output. Messages cannot be constructed.
//
// An integer literal of the data that fits 64 bits is a CEL int, every other number a double. A
// number that is only passed on (selected, chosen by ?:, orValue, first, sort, math.greatest…, put
// into a list or map, turned to text by string or json.encode) goes out with the digits it came in
// with; one that was computed is printed in the shortest form that reads back the same. NaN and
// infinities have no JSON and are an error.
//
// # Values as text and as JSON
//
// As text a string is itself and null is empty; bytes are base64, timestamps RFC 3339, durations
// Go duration strings, types their names; everything else is compact JSON. JSON has the same
// forms, with quotes. Keys of objects are sorted; <, > and & are not escaped; U+2028 and U+2029
// are; what is not UTF-8 becomes U+FFFD. An optional without a value is an error.
package expr
