package server

import (
	"fmt"
	"maps"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// databases are where a server stores its state. Visibility, which lists and
// counts runs, has its own database and therefore its own connection: its three
// writes per run are the server's most expensive ones, and nothing else has to
// wait for them.
type databases struct {
	main, visibility *config.SQL

	// kept says that they are of an earlier start. Their namespaces may lack search attributes.
	kept bool
}

// prepareDatabases creates the schemas of new databases, and registers
// namespaces that do not exist.
func prepareDatabases(o Options) (stored databases, err error) {
	switch {
	case o.PostgreSQL != nil:
		stored, err = o.PostgreSQL.prepare()
	case o.DatabaseFile != "":
		stored, err = prepareFiles(o.DatabaseFile, o.Synced)
	default:
		stored, err = prepareMemory()
	}
	if err != nil {
		return stored, err
	}
	return stored, registerNamespaces(o, stored.main)
}

func registerNamespaces(o Options, database *config.SQL) error {
	namespaces := make([]*sqlite.NamespaceConfig, len(o.Namespaces))
	for i, name := range o.Namespaces {
		namespace, err := sqlite.NewNamespaceConfig(clusterName, name, false, maps.Clone(o.SearchAttributes))
		if err != nil {
			return fmt.Errorf("temporal server: namespace %q: %w", name, err)
		}
		namespace.Detail.Config.Retention = durationpb.New(o.Retention)
		namespaces[i] = namespace
	}
	// Despite the name of its package, it works with any SQL store.
	if err := sqlite.CreateNamespaces(database, namespaces...); err != nil {
		return fmt.Errorf("temporal server: registering namespaces %q: %w", o.Namespaces, err)
	}
	return nil
}

// missingAttributes returns the wanted attributes that a namespace does not
// have.
func missingAttributes(want, have map[string]enumspb.IndexedValueType) map[string]enumspb.IndexedValueType {
	missing := map[string]enumspb.IndexedValueType{}
	for name, kind := range want {
		if _, ok := have[name]; !ok {
			missing[name] = kind
		}
	}
	return missing
}
