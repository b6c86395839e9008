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
// bounds them. environment.go says what an expression may use, declare.go and check.go how it is
// type-checked, number.go and arithmetic.go what numbers are, meter.go and functions.go what a call
// costs, reads.go what an expression reads. The attacks that the limits must stand are in
// hostile_test.go.
//
// # The language
//
// CEL with optional types and the strings, encoders, math, lists and sets extensions. Maps are
// walked in the order of their keys, so that the same input always gives the same output. Messages
// cannot be constructed. Checking an expression takes time and memory in proportion to its source:
// what a list or a map holds is dyn to the type-checker, and functions have no type parameters.
//
// # Numbers
//
// A number of the data is a double, and an int only where a double would be another number (above
// 2^53). Ints and doubles compare with each other and may be mixed in arithmetic; where a function
// or an index wants an int, a whole double is taken, and an int where it wants a double. Ints
// alone, such as literals and sizes, compute as CEL has it: 7 / 2 is 3. Division by zero is an
// error, and so is any other result that is NaN or infinite.
//
// A number that is only passed on (selected, chosen by ?:, orValue, first, sort, math.greatest…, put
// into a list or map, turned to text by string or json.encode) goes out with the digits it came in
// with; one that was computed is printed in the shortest form that reads back the same.
//
// # Versions and times
//
// semver(…) makes a version of a string ([version]), and versions compare by their precedence.
// now, run.started_at, release.started_at and job.started_at are timestamps (moment.go); the
// caller says what time it is. Other times of the data are strings.
//
// # Values as text and as JSON
//
// As text a string is itself and null is empty; bytes are base64, timestamps RFC 3339 in UTC with
// milliseconds, durations Go duration strings, types their names; everything else is compact JSON.
// JSON has the same forms, with quotes. Keys of objects are sorted; <, > and & are not escaped;
// U+2028 and U+2029 are; what is not UTF-8 becomes U+FFFD. An optional without a value is an error.
package expr
