package server

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	v12 "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/tools/common/schema"
	sqltool "go.temporal.io/server/tools/sql"
)

// PostgreSQL is a PostgreSQL server, 12 or later, without TLS. Its databases
// "temporal" and "temporal_visibility" are created at the first start and used
// again at later ones, for which they must have this server's schema.
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
		kept, err := p.make(each.database, each.name, each.version)
		stored.kept = stored.kept || kept
		if err != nil {
			return stored, fmt.Errorf("temporal server: PostgreSQL at %s: database %s: %w", p.Address, each.database.DatabaseName, err)
		}
	}
	return stored, nil
}

// duplicateDatabase is PostgreSQL's code for a database that is there already.
const duplicateDatabase = "42P04"

// make creates a database with its schema, unless it is kept from an earlier start.
func (p *PostgreSQL) make(database *config.SQL, schemaName, version string) (kept bool, err error) {
	err = sqltool.DoCreateDatabase(p.config(database.DatabaseName), "postgres", log.NewNoopLogger())
	if refused, ok := errors.AsType[*pgconn.PgError](err); err != nil && (!ok || refused.Code != duplicateDatabase) {
		return false, err
	}
	connection, err := sqltool.NewConnection(database, log.NewNoopLogger())
	if err != nil {
		return false, err
	}
	defer connection.Close()
	switch found, err := connection.ReadSchemaVersion(); {
	case err != nil:
		return false, schema.NewSetupSchemaTask(connection,
			&schema.SetupConfig{SchemaName: schemaName, InitialVersion: version}, log.NewNoopLogger()).Run()
	case found != version:
		return true, fmt.Errorf("its schema has version %s, this server needs %s: drop the database, or upgrade it with temporal-sql-tool", found, version)
	}
	return true, nil
}

func (p *PostgreSQL) config(database string) *config.SQL {
	return &config.SQL{PluginName: postgresql.PluginNamePGX, ConnectProtocol: "tcp", ConnectAddr: p.Address,
		DatabaseName: database, User: p.User, Password: p.Password, MaxConns: maximumConnections, MaxIdleConns: maximumConnections}
}
