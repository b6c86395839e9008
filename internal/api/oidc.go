package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/issuer"
	"github.com/latch-run/latch/internal/typo"
)

// OIDC is how persons call who are known to an OpenID Connect issuer. Without an
// issuer nobody does.
type OIDC struct {
	Issuer *issuer.Issuer
	Roles  GroupRoles
}

// GroupRoles are the roles of groups of the issuer.
type GroupRoles map[string]Role

// ParseRoles parses roles in the format of LATCH_OIDC_ROLES: group=role,
// separated by commas or line breaks, each split at the last "=". All problems
// are reported at once.
func ParseRoles(text string) (GroupRoles, error) {
	roles := GroupRoles{}
	var problems []error
	for _, entry := range entriesOf(text) {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		at := strings.LastIndex(entry, "=")
		group, name := strings.TrimSpace(entry[:max(at, 0)]), strings.TrimSpace(entry[at+1:])
		switch _, twice := roles[group]; {
		case at < 0 || group == "":
			problems = append(problems, fmt.Errorf("%q is not group=role", entry))
		case roleOf(name) == 0:
			problems = append(problems, fmt.Errorf("%s: %q is not a role; the roles are admin, run, lock and read%s", group, name,
				typo.Hint(name, slices.Sorted(maps.Values(roleNames)))))
		case checkGroup(group) != nil:
			problems = append(problems, fmt.Errorf("the group %w", checkGroup(group)))
		case twice:
			problems = append(problems, fmt.Errorf("%s: the group is given twice", group))
		default:
			roles[group] = roleOf(name)
		}
	}
	return roles, errors.Join(problems...)
}

// of returns the greatest role of the groups, or 0 if none of them has one.
func (g GroupRoles) of(groups []string) (role Role) {
	for _, group := range groups {
		role = max(role, g[group])
	}
	return role
}

// isToken reports whether a request sends a token of the issuer instead of a
// key. Only the Authorization header may hold one, as Bearer: addresses stand in logs.
func (a *API) isToken(r *http.Request) bool {
	value, is := bearerOf(r)
	return is && a.oidc.Issuer != nil && issuer.IsToken(value)
}

// checkToken returns the caller whom a token is about.
func (a *API) checkToken(ctx context.Context, token string) (*Caller, *Problem) {
	person, err := a.oidc.Issuer.Check(ctx, token)
	if err != nil {
		return nil, a.tokenProblem(ctx, err)
	}
	return a.callerFor(person)
}

// callerFor gives a person the role of their groups. Without one they may not
// call.
func (a *API) callerFor(person *issuer.Person) (*Caller, *Problem) {
	known := &Caller{Name: person.Name, Groups: person.Groups, Role: a.oidc.Roles.of(person.Groups), Via: latch.IdentifiedByOIDC}
	if known.Role == 0 {
		return known, NewProblem(http.StatusForbidden,
			"%s may not use this API: LATCH_OIDC_ROLES gives none of your groups a role (%s).", person.Name, groupsShown(person.Groups))
	}
	return known, nil
}

// groupsShown returns a few groups for a message.
func groupsShown(groups []string) string {
	const most = 10
	switch {
	case len(groups) == 0:
		return "the issuer names no group of yours"
	case len(groups) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(groups[:most], ", "), len(groups)-most)
	default:
		return strings.Join(groups, ", ")
	}
}

// tokenProblem returns the problem for a token or a login that was not accepted,
// or that could not be checked.
func (a *API) tokenProblem(ctx context.Context, err error) *Problem {
	var refused *issuer.Refused
	if errors.As(err, &refused) {
		return NewProblem(http.StatusUnauthorized, "%s.", upperFirst(refused.Reason))
	}
	a.Logger.WarnContext(ctx, "the OpenID Connect issuer is out of reach", "error", err)
	return unavailable("The OpenID Connect issuer %s is out of reach, so tokens and logins cannot be checked. "+
		"API keys are accepted as before.", a.oidc.Issuer.URL())
}

func upperFirst(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
