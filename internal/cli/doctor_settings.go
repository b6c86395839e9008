package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	environment "github.com/latch-run/latch/internal/settings"
	"github.com/latch-run/latch/plugin"
)

// examineSettings checks the settings of a worker and an API with this environment.
func examineSettings(e *env, d *diagnosis) {
	_, err := environment.From[environment.Worker](e.environ)
	_, plugging := plugin.FromEnv()
	examineReadable(d, "settings of the worker", errors.Join(err, plugging))
	_, err = configureServe()
	examineReadable(d, "settings of the API", err)
	for _, unknown := range environment.Unknowns(e.environ) {
		status := findingWrong
		if unknown.Meant == "" { // another program may read it
			status = findingNote
		}
		d.add("settings", status, unknown.String(), "correct its name, or leave it out")
	}
	examineSecrets(e, d)
	if isSet(e, "LATCH_ALLOW_COMMANDS") {
		d.add("commands", findingNote, "whoever writes a job or release runs programs as the worker's user", "leave LATCH_ALLOW_COMMANDS out where nobody needs command tasks")
	}
}

// isSet reports whether a boolean variable is true.
func isSet(e *env, variable string) bool {
	set, err := strconv.ParseBool(e.environ.get(variable))
	return err == nil && set
}

// examineReadable adds each setting that cannot be read.
func examineReadable(d *diagnosis, check string, err error) {
	if err == nil {
		d.add(check, findingOK, "can be read", "")
		return
	}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			d.add(check, findingWrong, line, "correct it, or it does not start")
		}
	}
}

// examineSecrets names the secrets that may be sent to any host.
func examineSecrets(e *env, d *diagnosis) {
	const check = "secrets"
	from, err := readSurroundings(e)
	if err != nil {
		return // reported with the worker's settings
	}
	store := from.store
	names, unbound := store.Names(), store.Unbound()
	for _, name := range unbound {
		message := fmt.Sprintf("%q is bound to no host: whoever writes a job, release or event may send it anywhere", name)
		if store.HostsRequired() {
			message = fmt.Sprintf("%q is bound to no host, so it goes nowhere", name)
		}
		d.add(check, findingWrong, message, "add to LATCH_SECRETS_HOSTS: "+name+"=<its receiver's host>")
	}
	switch {
	case len(names) == 0:
		d.add(check, findingOK, "there are none in this environment", "")
	case len(unbound) == 0:
		d.add(check, findingOK, fmt.Sprintf("all %d are bound to hosts", len(names)), "")
	}
	if len(names) > 0 && !store.HostsRequired() {
		d.add(check, findingNote, "a secret that is added later may go anywhere until it is bound", "LATCH_SECRETS_HOSTS_REQUIRED=true")
	}
}
