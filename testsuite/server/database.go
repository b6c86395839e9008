package server

import (
	"fmt"
	"maps"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// databases are where a server keeps its state. Visibility, which lists and
// counts runs, has a database and so a connection of its own: a run's three
// writes to it are the server's dearest, and nothing has to wait for them.
type databases struct {
	main, visibility *config.SQL
}

// prepareDatabases makes the schemas of new databases, and registers the
// namespaces that the store lacks.
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
	// In spite of its package's name, it takes any SQL store.
	if err := sqlite.CreateNamespaces(database, namespaces...); err != nil {
		return fmt.Errorf("temporal server: registering namespaces %q: %w", o.Namespaces, err)
	}
	return nil
}

// missingAttributes are the wanted ones that a namespace, whose custom
// attributes are given, has not.
func missingAttributes(want, have map[string]enumspb.IndexedValueType) map[string]enumspb.IndexedValueType {
	missing := map[string]enumspb.IndexedValueType{}
	for name, kind := range want {
		if _, ok := have[name]; !ok {
			missing[name] = kind
		}
	}
	return missing
}
