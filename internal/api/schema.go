package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/latch-run/latch"
)

// init describes arrays as never null: no response contains a null array.
func init() { huma.DefaultArrayNullable = false }

// Types that describe types of the vocabulary whose JSON differs from their Go
// fields.
type (
	durationText string
	instantText  string
	anyObject    struct{}
)

// Schema describes a duration as a string such as "90s".
func (durationText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Description: "A Go duration, such as 90s or 4h", Examples: []any{"90s"}}
}

// Schema describes an instant as a string in RFC 3339.
func (instantText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Description: "RFC 3339, UTC, with milliseconds"}
}

// Schema describes any JSON object.
func (anyObject) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// openAPI returns the document without routes; each route adds itself.
func openAPI(public string) *huma.OpenAPI {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[latch.Duration](), reflect.TypeFor[durationText]())
	registry.RegisterTypeAlias(reflect.TypeFor[latch.Time](), reflect.TypeFor[instantText]())
	registry.RegisterTypeAlias(reflect.TypeFor[latch.Object](), reflect.TypeFor[anyObject]())
	described := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{Title: "Latch", Version: latch.Version,
			Description: "Releases and custom events, the webhooks that hold them, and the locks that wait to be removed."},
		Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
			"bearer": {Type: "http", Scheme: "bearer"},
			"header": {Type: "apiKey", In: "header", Name: "X-API-Key"},
			"query":  {Type: "apiKey", In: "query", Name: "API_KEY"},
		}},
		Security: []map[string][]string{{"bearer": {}}, {"header": {}}, {"query": {}}},
	}
	if public != "" {
		described.Servers = []*huma.Server{{URL: public}}
	}
	return described
}

// An Operation describes a route in the OpenAPI document.
type Operation struct {
	ID, Method, Path string
	Summary, About   string
	// Role is the least role that the route requires. A route that requires no
	// key is Public instead; the API does not start with a route that is
	// neither.
	Role   Role
	Public bool
	// Linked is true if a lock's link replaces a key. The handler checks it.
	Linked bool
	// Status is the status of success, 200 if 0; Errors are the error statuses
	// beyond those that every route has.
	Status int
	Errors []int
	// Required is true if the body must be present; Large if it is a
	// definition, with the larger bound, rather than a message.
	Required, Large bool
	// Act is the action as the audit calls it, such as [latch.AuditReleaseStop]. A
	// route whose method is not GET needs one, or [NotAct].
	Act string
	// Takes is how long the answer may take; 0 is what the server allows.
	Takes time.Duration
	// Load is how the route's requests count, unless their input says so. It is for [Register]
	// alone; see [API.Enter].
	Load Load
}

// allow extends the time in which an answer must be written. A server without
// such a limit stays without.
func allow(limit time.Duration) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		_, w := humago.Unwrap(ctx)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit))
		next(ctx)
	}
}

// Register adds a route. Unless B is NoBody, the body is described as a B, and
// the handler decodes it itself: strictly, by the vocabulary's rules.
func Register[B, I, O any](a *API, o Operation, handler func(context.Context, *I) (*O, error)) {
	described := huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary, Description: o.About, DefaultStatus: o.Status,
		Extensions: o.declaration(), Metadata: o.metadata(), SkipValidateBody: true,
		Errors: append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable}, o.Errors...),
	}
	if o.Takes > 0 {
		described.Middlewares = huma.Middlewares{allow(o.Takes)}
	}
	kind := reflect.TypeFor[B]()
	if kind != reflect.TypeFor[NoBody]() {
		described.RequestBody = &huma.RequestBody{}
		described.MaxBodyBytes = maximumMessage + 1
		described.Errors = append(described.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity)
		if o.Large || o.Status == http.StatusCreated {
			described.MaxBodyBytes = maximumBody + 1
		}
	}
	handler = entering(a, o.Load, handler)
	huma.Register(a.huma, described, func(ctx context.Context, input *I) (*O, error) {
		output, err := handler(ctx, input)
		err = a.Explain(ctx, err)
		a.finishAct(ctx, err)
		return output, err
	})
	if described.RequestBody != nil {
		described.RequestBody.Required = o.Required || o.Status == http.StatusCreated || o.ID == "skip-hook"
		described.RequestBody.Content = map[string]*huma.MediaType{
			"application/json": {Schema: a.huma.OpenAPI().Components.Schemas.Schema(kind, true, kind.Name())},
		}
	}
}

// NoBody marks a route without a body.
type NoBody struct{}
