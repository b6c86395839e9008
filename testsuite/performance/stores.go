package main

// What Temporal keeps its state in.
const (
	storeMemory = "memory"
	storeFile   = "file"
)

var (
	storeNames    = []string{storeMemory, storeFile}
	defaultStores = []string{storeMemory}
)

// storeTitles are the stores' names in a report.
var storeTitles = map[string]string{
	storeMemory: "SQLite in memory", storeFile: "a SQLite file",
}
