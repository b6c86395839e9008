package main

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// options are the options of the command line.
type options struct {
	rows   *regexp.Regexp
	rounds int
	length time.Duration
	// jobs and releases are those of the rows about long sequences and waiting releases.
	jobs, releases int
	stores         []string
	// output is "table" or "json", on standard output.
	output string
	// jsonFile and docFile are written as well, unless empty.
	jsonFile, docFile string
	quiet             bool
	// all is true if no row and no store is left out.
	all bool
}

// The numbers of a whole run, whose figures are for the document.
const (
	allJobs     = 1000
	allReleases = 10_000
)

func readOptions(args []string) (options, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	rows := flags.String("rows", ".", "rows to measure: a regular expression of their names")
	rounds := flags.Int("rounds", 5, "how often each side takes its turn")
	seconds := flags.Float64("seconds", 2.5, "how long a turn takes, in seconds, where a rate is measured")
	jobs := flags.Int("jobs", allJobs, "how many jobs the long sequence has (row sequence)")
	releases := flags.Int("releases", allReleases, "how many releases wait on a lock (row waiting)")
	store := flags.String("store", "all", "what Temporal keeps its state in: "+strings.Join(storeNames, ", ")+"; all is "+
		strings.Join(defaultStores, " and ")+", the latter where its programs are found")
	output := flags.String("output", "table", "table or json")
	jsonFile := flags.String("json", "", "a file that gets the figures as JSON")
	docFile := flags.String("doc", "", "a Markdown file whose section gets the table, if all rows are measured, on all stores")
	quiet := flags.Bool("quiet", false, "report no progress")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "bench measures Latch beside hand-written Temporal code. Its exit code is 1 if a row could not be measured.")
		flags.PrintDefaults()
		fmt.Fprintln(flags.Output(), "Rows:")
		for _, r := range allRows(options{jobs: *jobs, releases: *releases}) {
			fmt.Fprintf(flags.Output(), "  %-20s %s\n", r.name, r.title)
		}
	}
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	o := options{rounds: *rounds, length: time.Duration(*seconds * float64(time.Second)), jobs: *jobs, releases: *releases,
		output: *output, jsonFile: *jsonFile, docFile: *docFile, quiet: *quiet}
	o.all = *rows == "." && *store == "all" && *jobs == allJobs && *releases == allReleases
	return o, o.check(flags.Args(), *rows, *store)
}

// check parses the options, and returns an error for invalid ones.
func (o *options) check(rest []string, rows, store string) (err error) {
	if o.rows, err = regexp.Compile(rows); err != nil {
		return fmt.Errorf("-rows: %q is not a regular expression: %w", rows, err)
	}
	switch {
	case len(rest) > 0:
		return fmt.Errorf("it takes no argument, not %q", rest)
	case o.rounds < 1:
		return fmt.Errorf("-rounds: %d: at least 1", o.rounds)
	case o.length <= 0:
		return fmt.Errorf("-seconds: %g: more than 0", o.length.Seconds())
	case o.jobs < 1:
		return fmt.Errorf("-jobs: %d: at least 1", o.jobs)
	case o.releases < 1:
		return fmt.Errorf("-releases: %d: at least 1", o.releases)
	case o.output != "table" && o.output != "json":
		return fmt.Errorf("-output: %q is neither table nor json", o.output)
	case store == "all":
		o.stores = defaultStores
	case !slices.Contains(storeNames, store):
		return fmt.Errorf("-store: %q is not all or one of %s", store, strings.Join(storeNames, ", "))
	default:
		o.stores = []string{store}
	}
	if !slices.ContainsFunc(allRows(*o), func(r row) bool { return o.rows.MatchString(r.name) }) {
		return fmt.Errorf("-rows: no row's name matches %q", rows)
	}
	return nil
}
