package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latch-run/latch"
)

// roleExtension is the extension of an operation in the OpenAPI document that
// states the least role it requires. The API enforces what the document states;
// there is no other list.
const roleExtension = "x-latch-role"

// roleNone is its value for an operation that requires no key.
const roleNone = "none"

// linkExtension is true for an operation for which a lock's link replaces a
// key.
const linkExtension = "x-latch-link"

// declaration returns the extensions that state who may call.
func (o Operation) declaration() map[string]any {
	stated := map[string]any{roleExtension: o.Role.String()}
	if o.Public {
		stated[roleExtension] = roleNone
	}
	if o.Linked {
		stated[linkExtension] = true
	}
	return stated
}

// declaredRole returns the role that an operation states, and whether it is
// public, that is, requires no key. declared is false if it states neither;
// then nobody may call it.
func declaredRole(o *huma.Operation) (needed Role, public, declared bool) {
	stated, _ := o.Extensions[roleExtension].(string)
	if stated == roleNone {
		return 0, true, true
	}
	needed = roleOf(stated)
	return needed, false, needed.known()
}

// checkRoutes returns an error for every operation in the document without a
// role, or that may change something and has no act for the audit.
func (a *API) checkRoutes() error {
	var problems []error
	for path, item := range a.huma.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Options, item.Head, item.Patch, item.Trace} {
			if o == nil {
				continue
			}
			if _, _, declared := declaredRole(o); !declared {
				problems = append(problems, fmt.Errorf("%s %s (%s) declares no role; give it one of admin, run, lock and read, or make it public",
					o.Method, path, o.OperationID))
			}
			act, _ := o.Metadata[actMetadata].(string)
			if o.Method != http.MethodGet && act != NotAct && !slices.Contains(latch.AuditActions(), act) {
				problems = append(problems, fmt.Errorf("%s %s (%s) declares no act; give it one of latch.AuditActions, or NotAct if it changes nothing",
					o.Method, path, o.OperationID))
			}
		}
	}
	return errors.Join(problems...)
}

// checkRole is huma's middleware that enforces the role which an operation
// declares. It rejects all calls of an operation that declares none.
func (a *API) checkRole(ctx huma.Context, next func(huma.Context)) {
	needed, public, _ := declaredRole(ctx.Operation())
	if public {
		next(ctx)
		return
	}
	if refused := MayDo(CallerOf(ctx.Context()), needed); refused != nil {
		a.refuseRole(ctx.Context(), ctx.Operation(), refused)
		for name, values := range refused.GetHeaders() {
			ctx.SetHeader(name, values[0])
		}
		_ = writeHuma(ctx, refused) // the caller has gone away
		return
	}
	next(beginAct(ctx))
}

// MayDo returns a problem for a caller without a key, or with an insufficient
// role. An unknown role, on either side, is a problem too.
func MayDo(known *Caller, needed Role) *Problem {
	switch {
	case known == nil:
		return NewProblem(http.StatusUnauthorized, "An API key is required, as Authorization: Bearer …, X-API-Key or ?API_KEY=.")
	case !needed.known():
		return NewProblem(http.StatusForbidden, "This route declares no role, so nobody may call it. This is an error of the server.")
	case !known.Role.known() || known.Role < needed:
		return NewProblem(http.StatusForbidden, "%s has the role %s; this route requires %s.", known.Shown(), known.Role, needed)
	default:
		return nil
	}
}

// Handle adds a route that writes its own response, outside of huma, to the
// document and the mux. The pattern may match more than the document's path.
// Handle enforces the role unless the route is public or linked.
func (a *API) Handle(o Operation, pattern string, handler http.HandlerFunc) {
	described := &huma.Operation{OperationID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary, Description: o.About,
		Extensions: o.declaration(), Metadata: o.metadata(), Responses: map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK)}}}
	if o.Public {
		described.Security = []map[string][]string{}
		a.open[o.Method+" "+pattern] = true
	}
	for _, name := range pathParameters(o.Path) {
		described.Parameters = append(described.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	for _, status := range o.Errors {
		described.Responses[fmt.Sprint(status)] = &huma.Response{Description: http.StatusText(status)}
	}
	a.huma.OpenAPI().AddOperation(described)
	a.mux.HandleFunc(o.Method+" "+pattern, func(w http.ResponseWriter, r *http.Request) {
		if !o.Public && !o.Linked {
			if refused := MayDo(CallerOf(r.Context()), o.Role); refused != nil {
				a.refuseRole(r.Context(), described, refused)
				WriteProblem(w, refused)
				return
			}
		}
		handler(w, r)
	})
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// pathParameters returns the names in braces in a path.
func pathParameters(path string) []string {
	var names []string
	for _, match := range pathParameter.FindAllStringSubmatch(path, -1) {
		names = append(names, match[1])
	}
	return names
}

// writeHuma writes a problem from huma's middleware.
func writeHuma(ctx huma.Context, p *Problem) error {
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(p.Status)
	return json.NewEncoder(ctx.BodyWriter()).Encode(p)
}
