// Package verdict computes what a hook decides. [Ask] evaluates the hook's
// expressions on its record: first the result, then whether the release is
// rolled back, then whether it is stopped. [Standing] says whether the record,
// a policy or nothing yet decides, and [Combine] combines the decisions of an
// event's hooks (contract, "Decisions").
//
// What it may not know: Temporal, HTTP. Workflows decide with it, and the
// lock's page predicts with it. A verdict by expressions is computed once, in
// an activity, and recorded.
package verdict
