// Package expr implements Latch's CEL environment and the ${…} templates based on it.
//
// What lives here: compiling, type-checking and evaluating expressions within a budget
// ([Compile], [Expression]); templates whose values are escaped for the place they stand in
// ([CompileTemplate], [Template]); and JSON values in which every string is a template
// ([CompileTree], [Tree]). The rules are those of the contract's sections "Templates" and
// "Decisions".
//
// What it may not know: Temporal, HTTP, the vocabulary of jobs and releases, clocks, randomness.
// Variables are passed in as JSON ([Variables]); results are text or JSON.
//
// Where to start: expression.go for expressions, template.go for templates, limits.go for their
// bounds. environment.go defines what an expression may use, declare.go and check.go how it is
// type-checked, number.go and arithmetic.go how numbers work, meter.go and functions.go what a call
// costs, reads.go what an expression reads. The attacks that the limits must withstand are in
// hostile_test.go.
//
// # The language
//
// CEL with optional types and the strings, encoders, math, lists and sets extensions. Maps are
// iterated in the order of their keys, so that the same input always gives the same output.
// Messages cannot be constructed. Checking an expression takes time and memory in proportion to its
// source: the type-checker sees the elements of lists and maps as dyn, and functions have no type
// parameters.
//
// # Numbers
//
// A number in the data is a double, or an int only if a double would change its value (above 2^53).
// Ints and doubles compare with each other and may be mixed in arithmetic. A whole double is
// accepted where a function or an index wants an int, and an int where it wants a double. Ints
// alone, such as literals and sizes, compute as in CEL: 7 / 2 is 3. Division by zero is an error,
// and so is any other result that is NaN or infinite.
//
// A number that is only passed on (selected, chosen by ?:, orValue, first, sort, math.greatest…,
// put into a list or map, converted to text by string or json.encode) keeps the digits it had in
// the data. A computed number is printed in the shortest form that reads back the same.
//
// # Versions and times
//
// semver(…) parses a string as a version ([version]), and versions compare by precedence. now,
// run.started_at, release.started_at and job.started_at are timestamps (moment.go); the caller sets
// now. All other times in the data are strings.
//
// # Values as text and as JSON
//
// As text a string is itself and null is empty; bytes are base64, timestamps RFC 3339 in UTC with
// milliseconds, durations Go duration strings, types their names; everything else is compact JSON.
// JSON has the same forms, with quotes. Keys of objects are sorted; <, > and & are not escaped;
// U+2028 and U+2029 are; what is not UTF-8 becomes U+FFFD. An optional without a value is an error.
package expr
