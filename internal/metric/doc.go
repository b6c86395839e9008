// Package metric is the catalogue of Latch's own metrics: their names, kinds,
// labels and texts.
//
// What lives here: the names by which workflows, activities and the API count
// ([Deliveries] and the others), and [All], from which the documents, the help
// texts on the metrics page and the tests are made.
//
// Values are recorded through the SDK's client.MetricsHandler, so that a worker
// of a user's own has them wherever its other metrics go.
//
// What it may not know: where metrics go.
//
// Where to start: [All].
package metric
