package server

import (
	"maps"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"

	"github.com/latch-run/latch/testsuite/freeport"
)

const (
	loopbackIP  = "127.0.0.1"
	clusterName = "active"

	mainStore, visibilityStore = "main", "visibility"

	// historyShards is fixed, since a database file keeps the number it was made
	// with. Two and one are as fast on two cores, more only cost start time.
	historyShards = 4

	// pollsPerSecond is how often a shard may look for new tasks, in a second.
	// Temporal's own 20 make a task wait up to 50 ms for the one before it: with
	// this, a lone run of four activities takes 40 ms in place of 80, and fifty at
	// a time cost as much as before.
	pollsPerSecond = 2000

	// ample is a rate, in requests a second, that one machine does not reach: an
	// embedded server has one tenant, so a limit would only slow its tests.
	ample = 100_000
)

// ports are those of one server's services; all are on loopback.
type ports struct {
	frontend, history, matching, worker int
	http                                int // 0: no HTTP API
}

func choosePorts(o Options) ports {
	p := ports{
		frontend: orFree(o.FrontendPort),
		history:  freeport.Must(),
		matching: freeport.Must(),
		worker:   freeport.Must(),
	}
	if o.HTTP {
		p.http = orFree(o.HTTPPort)
	}
	return p
}

func orFree(given int) int {
	if given == 0 {
		return freeport.Must()
	}
	return given
}

// temporalConfig is the static configuration of a server of one host.
func temporalConfig(p ports, stored databases) *config.Config {
	cfg := &config.Config{
		Services: map[string]config.Service{
			string(primitives.FrontendService): service(p.frontend, p.http),
			string(primitives.HistoryService):  service(p.history, 0),
			string(primitives.MatchingService): service(p.matching, 0),
			string(primitives.WorkerService):   service(p.worker, 0),
		},
		Persistence: config.Persistence{
			DefaultStore:     mainStore,
			VisibilityStore:  visibilityStore,
			NumHistoryShards: historyShards,
			DataStores: map[string]config.DataStore{
				mainStore: {SQL: stored.main}, visibilityStore: {SQL: stored.visibility},
			},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: loopback(p.frontend)},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: loopback(p.frontend)},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchival{State: config.ArchivalDisabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: config.ArchivalDisabled},
		}},
	}
	return cfg
}

func service(grpcPort, httpPort int) config.Service {
	return config.Service{RPC: config.RPC{GRPCPort: grpcPort, HTTPPort: httpPort, BindOnIP: loopbackIP}}
}

// hosts lists the services' addresses, so that no gossip among them is needed.
func hosts(p ports) map[primitives.ServiceName]static.Hosts {
	host := func(port int) static.Hosts {
		return static.Hosts{All: []string{loopback(port)}, Self: loopback(port)}
	}
	return map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: host(p.frontend),
		primitives.HistoryService:  host(p.history),
		primitives.MatchingService: host(p.matching),
		primitives.WorkerService:   host(p.worker),
	}
}

// dynamicConfig is the package's choice of dynamic settings, overridden by the caller's.
func dynamicConfig(override map[string]any) dynamicconfig.StaticClient {
	settings := map[string]any{
		// The server must not call home.
		"frontend.enableServerVersionCheck": false,
		// A new search attribute counts at once, not a cache's lifetime later.
		"system.forceSearchAttributesCacheRefreshOnRead": true,

		"frontend.rps":                     ample,
		"frontend.namespaceRPS":            ample,
		"frontend.namespaceRPS.visibility": ample,
		"frontend.persistenceMaxQPS":       ample,
		"history.rps":                      ample,
		// Timers fire when they are due, and not up to a second later.
		"history.timerProcessorMaxTimeShift":     "1ms",
		"history.transferProcessorMaxPollRPS":    pollsPerSecond,
		"history.timerProcessorMaxPollRPS":       pollsPerSecond,
		"history.persistenceMaxQPS":              ample,
		"matching.rps":                           ample,
		"matching.persistenceMaxQPS":             ample,
		"worker.persistenceMaxQPS":               ample,
		"system.visibilityPersistenceMaxReadQPS": ample,
	}
	maps.Copy(settings, override)

	client := make(dynamicconfig.StaticClient, len(settings))
	for key, value := range settings {
		client[dynamicconfig.MakeKey(key)] = value
	}
	return client
}
