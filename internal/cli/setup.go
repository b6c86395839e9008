package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
)

func setupCommand(e *env) *cobra.Command {
	return remoteNeeding(e, serverOf, &cobra.Command{Use: "setup", Short: "Create the search attributes that Latch can use", Args: cobra.NoArgs,
		Long: `Create in the namespace those of Latch's search attributes that it lacks. By them
runs are found by id, status, open locks and webhooks. One that exists with
another type is reported, and then nothing is created. Run again, it creates
nothing more.

Workers set them with LATCH_SEARCH_ATTRIBUTES=true.`},
		func(ctx context.Context, open opener, _ []string) error { return runSetup(ctx, open, e) })
}

// runSetup creates the missing search attributes.
func runSetup(ctx context.Context, open opener, e *env) error {
	world, err := open(ctx)
	if err != nil {
		return err
	}
	server, err := world.Server()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	known, err := server.SearchAttributes(ctx)
	if err != nil {
		return fmt.Errorf("list the search attributes of namespace %q: %w", server.Namespace(), err)
	}
	missing, err := missingAttributes(known)
	if err != nil {
		return err
	}
	created := []string{}
	if len(missing) > 0 {
		if err := server.AddSearchAttributes(ctx, missing); err != nil {
			return fmt.Errorf("create search attributes in namespace %q: %w", server.Namespace(), err)
		}
	}
	for name := range missing {
		created = append(created, name)
	}
	slices.Sort(created)
	if e.out.JSON {
		e.out.Value(map[string]any{"namespace": server.Namespace(), "created": created})
		return nil
	}
	if len(created) == 0 {
		e.out.Printf("Namespace %s has all of Latch's search attributes.\n", output.Printable(server.Namespace()))
		return nil
	}
	e.out.Printf("Created in namespace %s: %s. Start the workers with LATCH_SEARCH_ATTRIBUTES=true.\n", output.Printable(server.Namespace()), strings.Join(created, ", "))
	return nil
}

// missingAttributes returns the types of the search attributes to create. Its error names all
// that exist with another type.
func missingAttributes(known map[string]enumspb.IndexedValueType) (map[string]enumspb.IndexedValueType, error) {
	missing := map[string]enumspb.IndexedValueType{}
	var wrong []string
	for _, each := range attributes {
		kind, there := known[each.name]
		switch {
		case !there:
			missing[each.name] = each.kind
		case kind != each.kind:
			wrong = append(wrong, fmt.Sprintf("%s is a %s, and Latch needs a %s", each.name, kind, each.kind))
		}
	}
	if len(wrong) > 0 {
		return nil, failure.New(failure.Refused, "nothing was created: %s; remove it with temporal operator search-attribute remove, and run this again", strings.Join(wrong, "; "))
	}
	return missing, nil
}
