package cli

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/issuer"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/loopback"
	environment "github.com/latch-run/latch/internal/settings"
)

// configureOIDC reads the settings of the OpenID Connect issuer and reports all their problems.
// Without an issuer it returns none, and refuses the settings that need one.
func configureOIDC(given environment.API, linkKey string) (api.OIDC, error) {
	var problems []error
	note := func(variable string, err error) { problems = append(problems, environment.Named(variable, err)) }
	secret, err := oidcSecret(given)
	problems = append(problems, err)
	if given.OIDCIssuer == "" {
		problems = append(problems, needIssuer(given, secret))
		return api.OIDC{}, errors.Join(problems...)
	}
	note("LATCH_OIDC_ISSUER", checkIssuer(given.OIDCIssuer))
	if given.OIDCAudience == "" && given.OIDCClientID == "" {
		note("LATCH_OIDC_AUDIENCE, LATCH_OIDC_CLIENT_ID", errors.New("set the first for programs' tokens, the second for logins, or both"))
	}
	if given.OIDCClientID == "" && secret != "" {
		note("LATCH_OIDC_CLIENT_SECRET", errors.New("there is no client; set LATCH_OIDC_CLIENT_ID"))
	}
	if given.OIDCClientID != "" && given.URL == "" {
		note("LATCH_API_URL", errors.New("LATCH_OIDC_CLIENT_ID needs it: the issuer sends browsers back to it"))
	}
	if given.OIDCGroupsClaim == "" {
		note("LATCH_OIDC_GROUPS_CLAIM", errors.New("is empty; leave it out for the claim groups"))
	}
	note("LATCH_LINK_KEY, which LATCH_OIDC_ISSUER needs", locklink.CheckKey([]byte(linkKey)))
	roles, err := api.ParseRoles(given.OIDCRoles)
	if err == nil && len(roles) == 0 {
		err = errors.New("is not set, so nobody could do anything; for example sre=lock,admins=admin")
	}
	note("LATCH_OIDC_ROLES", err)
	asked := issuer.New(issuer.Options{URL: given.OIDCIssuer, Audience: given.OIDCAudience, ClientID: given.OIDCClientID,
		ClientSecret: secret, GroupsClaim: given.OIDCGroupsClaim})
	return api.OIDC{Issuer: asked, Roles: roles}, errors.Join(problems...)
}

// oidcSecret reads the client's secret, without the line's end that editors put into a file.
func oidcSecret(given environment.API) (string, error) {
	_, text, err := environment.Given{Variable: "LATCH_OIDC_CLIENT_SECRET", Value: given.OIDCClientSecret,
		FileVariable: "LATCH_OIDC_CLIENT_SECRET_FILE", File: given.OIDCClientSecretFile}.Text()
	if given.OIDCClientSecretFile != "" {
		text = strings.TrimRight(text, "\r\n")
		if err == nil && text == "" {
			err = environment.Named("LATCH_OIDC_CLIENT_SECRET_FILE", errors.New("is empty; leave it out for a public client"))
		}
	}
	return text, err
}

// needIssuer returns an error for settings that do nothing without an issuer.
func needIssuer(given environment.API, secret string) error {
	var set []string
	for _, each := range []struct{ variable, value string }{{"LATCH_OIDC_AUDIENCE", given.OIDCAudience},
		{"LATCH_OIDC_CLIENT_ID", given.OIDCClientID}, {"LATCH_OIDC_CLIENT_SECRET", secret}, {"LATCH_OIDC_ROLES", given.OIDCRoles}} {
		if each.value != "" {
			set = append(set, each.variable)
		}
	}
	if len(set) == 0 {
		return nil
	}
	return fmt.Errorf("%s: there is no issuer; set LATCH_OIDC_ISSUER", strings.Join(set, ", "))
}

// checkIssuer returns an error unless tokens may come from the address: with TLS, or on this machine.
func checkIssuer(address string) error {
	parsed, err := url.Parse(address)
	switch {
	case err != nil || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "":
		return errors.New("is not an https URL such as https://login.example.com/realms/main")
	case parsed.Scheme == "https", parsed.Scheme == "http" && loopback.Is(parsed.Hostname()):
		return nil
	default:
		return fmt.Errorf("%q is without TLS; only an issuer on this machine may be", parsed.Redacted())
	}
}
