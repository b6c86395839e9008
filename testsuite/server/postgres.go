package server

import (
	"fmt"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	v12 "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/tools/common/schema"
	sqltool "go.temporal.io/server/tools/sql"
)

// PostgreSQL is a PostgreSQL server, 12 or later, without TLS. Its databases
// "temporal" and "temporal_visibility" are created and must not exist.
type PostgreSQL struct {
	// Address is host:port.
	Address string

	// User must be allowed to create databases. Password may be empty.
	User, Password string
}

// maximumConnections bounds the connections of each of Temporal's services to
// each database.
const maximumConnections = 20

// prepare creates the databases and their schemas, like Temporal's own tool.
func (p *PostgreSQL) prepare() (databases, error) {
	stored := databases{main: p.config("temporal"), visibility: p.config("temporal_visibility")}
	for _, each := range []struct {
		database      *config.SQL
		name, version string
	}{
		{stored.main, "postgresql/v12/temporal", v12.Version},
		{stored.visibility, "postgresql/v12/visibility", v12.VisibilityVersion},
	} {
		if err := p.make(each.database, each.name, each.version); err != nil {
			return stored, fmt.Errorf("temporal server: PostgreSQL at %s: database %s: %w", p.Address, each.database.DatabaseName, err)
		}
	}
	return stored, nil
}

func (p *PostgreSQL) make(database *config.SQL, schemaName, version string) error {
	if err := sqltool.DoCreateDatabase(p.config(database.DatabaseName), "postgres", log.NewNoopLogger()); err != nil {
		return err
	}
	connection, err := sqltool.NewConnection(database, log.NewNoopLogger())
	if err != nil {
		return err
	}
	defer connection.Close()
	return schema.NewSetupSchemaTask(connection, &schema.SetupConfig{SchemaName: schemaName, InitialVersion: version}, log.NewNoopLogger()).Run()
}

func (p *PostgreSQL) config(database string) *config.SQL {
	return &config.SQL{PluginName: postgresql.PluginNamePGX, ConnectProtocol: "tcp", ConnectAddr: p.Address,
		DatabaseName: database, User: p.User, Password: p.Password, MaxConns: maximumConnections, MaxIdleConns: maximumConnections}
}
