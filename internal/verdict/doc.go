// Package verdict says what a hook decides. [Ask] puts the hook's expressions to
// its record: what the result is, then whether the release is to be rolled back,
// then whether it is to be stopped. [Standing] says whether the record, a policy
// or nothing yet decides, and [Combine] what several hooks of an event come to
// (contract, "Decisions").
//
// It knows neither Temporal nor HTTP. Workflows decide by it, and the lock's
// page foretells by it. A verdict of expressions is computed once, in an
// activity, and recorded.
package verdict
