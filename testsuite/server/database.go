package server

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// databaseConfig is the SQLite store: the file, or a database in memory of this
// server's own.
func databaseConfig(file string) *config.SQL {
	if file == "" {
		return &config.SQL{
			PluginName:        sqliteplugin.PluginName,
			DatabaseName:      uuid.NewString(),
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}
	}
	return &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: file,
		ConnectAttributes: map[string]string{
			"mode": "rwc", "journal_mode": "wal", "synchronous": "normal",
		},
	}
}

// prepareDatabase makes the schema of a new file and registers the namespaces
// that the store lacks. A store in memory gets its schema when it is opened.
func prepareDatabase(o Options, database *config.SQL) error {
	if o.DatabaseFile != "" {
		if err := setUpSchema(o.DatabaseFile, database); err != nil {
			return err
		}
	}
	namespaces := make([]*sqlite.NamespaceConfig, len(o.Namespaces))
	for i, name := range o.Namespaces {
		namespace, err := sqlite.NewNamespaceConfig(clusterName, name, false, maps.Clone(o.SearchAttributes))
		if err != nil {
			return fmt.Errorf("temporal server: namespace %q: %w", name, err)
		}
		namespace.Detail.Config.Retention = durationpb.New(o.Retention)
		namespaces[i] = namespace
	}
	if err := sqlite.CreateNamespaces(database, namespaces...); err != nil {
		return fmt.Errorf("temporal server: registering namespaces %q: %w", o.Namespaces, err)
	}
	return nil
}

func setUpSchema(file string, database *config.SQL) error {
	info, err := os.Stat(file)
	switch {
	case err == nil && info.Size() > 0:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("temporal server: database file: %w", err)
	}
	if err := sqlite.SetupSchema(database); err != nil {
		return fmt.Errorf("temporal server: database file %q: making its schema: %w; does its folder exist?", file, err)
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
