package cli

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/chat"
	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/loopback"
	environment "github.com/latch-run/latch/internal/settings"
	"github.com/latch-run/latch/internal/slack"
)

// configureSlack reads the settings of the Slack app and reports all their problems. Without a
// signing secret it returns none, and refuses the settings that need one. proven says that callers
// have to prove who they are.
func configureSlack(given environment.API, linkKey string, proven bool) (chat.Options, error) {
	var problems []error
	note := func(variable string, err error) { problems = append(problems, environment.Named(variable, err)) }
	secret := oneLine("LATCH_SLACK_SIGNING_SECRET", given.SlackSigningSecret, given.SlackSigningSecretFile, &problems)
	token := oneLine("LATCH_SLACK_BOT_TOKEN", given.SlackBotToken, given.SlackBotTokenFile, &problems)
	name, text, err := environment.Given{Variable: "LATCH_PEOPLE", Value: given.People,
		FileVariable: "LATCH_PEOPLE_FILE", File: given.PeopleFile}.Text()
	problems = append(problems, err)
	people, err := api.ParsePeople(text)
	note(name, err)
	if secret == "" {
		if token != "" && given.SlackSigningSecretFile == "" {
			note("LATCH_SLACK_BOT_TOKEN", errors.New("there is no app to click in; set LATCH_SLACK_SIGNING_SECRET"))
		}
		return chat.Options{}, errors.Join(problems...)
	}
	if token == "" {
		note("LATCH_SLACK_BOT_TOKEN",
			errors.New("is not set, and LATCH_SLACK_SIGNING_SECRET needs it: Slack tells by it who clicks"))
	}
	if err == nil && len(people) == 0 {
		note(name, errors.New("names nobody, so no click would count; for example alice@example.com@sre"))
	}
	if !proven {
		note("LATCH_SLACK_SIGNING_SECRET", errors.New("needs LATCH_API_KEYS or LATCH_OIDC_ISSUER: "+
			"without them this machine alone may call, and Slack may not"))
	}
	note("LATCH_LINK_KEY, which LATCH_SLACK_SIGNING_SECRET needs", locklink.CheckKey([]byte(linkKey)))
	client, err := slackClient(given, token)
	problems = append(problems, err)
	return chat.Options{SigningSecret: []byte(secret), Client: client, People: people}, errors.Join(problems...)
}

// oneLine reads a secret, without the line's end that editors put into a file.
func oneLine(variable, value, file string, problems *[]error) string {
	_, text, err := environment.Given{Variable: variable, Value: value, FileVariable: variable + "_FILE", File: file}.Text()
	if file != "" {
		text = strings.TrimRight(text, "\r\n")
		if err == nil && text == "" {
			err = environment.Named(variable+"_FILE", errors.New("is empty"))
		}
	}
	*problems = append(*problems, err)
	return text
}

// slackClient returns what calls Slack, through the guard that keeps calls from addresses that are
// not public.
func slackClient(given environment.API, token string) (*slack.Client, error) {
	if err := slack.CheckURL(given.SlackURL); err != nil {
		return nil, environment.Named("LATCH_SLACK_URL", err)
	}
	at, _ := url.Parse(given.SlackURL) // it was checked
	var allow []string
	if loopback.Is(at.Hostname()) {
		allow = []string{at.Hostname()}
	}
	proxied := egress.Proxied{URL: given.EgressProxy}
	if proxied.URL != "" {
		proxied.Resolves = []string{at.Hostname(), "hooks." + at.Hostname()}
	}
	guard, err := egress.New(allow, proxied)
	if err != nil {
		return nil, fmt.Errorf("calls to Slack: %w", err)
	}
	return slack.NewClient(given.SlackURL, token, guard.Transport(nil))
}
