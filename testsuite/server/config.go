package server

import (
	"maps"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"

	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/freeport"
)

const (
	loopbackIP  = "127.0.0.1"
	clusterName = "active"

	mainStore, visibilityStore = "main", "visibility"

	// historyShards is fixed, because a database file keeps the number it was created with. One,
	// two and four are equally fast on two cores; more only cost start time.
	historyShards = 4

	// pollsPerSecond is how often per second a shard may look for new tasks. With Temporal's
	// default of 20, a task waits up to 50 ms for the one before it. With this value, a single run
	// of four activities takes 40 ms instead of 80, and fifty concurrent runs cost no more than
	// before.
	pollsPerSecond = 2000

	// ackInterval is how often a shard forgets the tasks that it has carried out. It goes through
	// all that it remembers whenever it looks for tasks. With Temporal's default of 30 seconds,
	// jobs of four activities slow down by a third within 45 seconds; with this value, by a tenth.
	ackInterval = "1s"

	// ample is a rate, in requests per second, that one machine does not reach. An embedded server
	// has a single tenant, so a limit would only slow down its tests.
	ample = 100_000
)

// ports are the ports of one server's services, all on loopback.
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

// temporalConfig returns the static configuration of a server on one host.
func temporalConfig(p ports, stored databases) *config.Config {
	cfg := &config.Config{
		// The services may take twice as long to start. Temporal's default is 15
		// seconds, which a busy machine exceeds.
		Global: config.Global{Membership: config.Membership{MaxJoinDuration: hang.Limit / 2}},
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

// hosts lists the addresses of the services, so that they need no gossip.
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

// dynamicConfig returns the package's dynamic settings, overridden by the caller's.
func dynamicConfig(kept bool, override map[string]any) dynamicconfig.StaticClient {
	settings := map[string]any{
		// The server must not contact Temporal.
		"frontend.enableServerVersionCheck": false,
		// The attributes that kept databases lack are added once the services run, which then have
		// to read them each time. That costs each run some 0.8 ms of CPU.
		"system.forceSearchAttributesCacheRefreshOnRead": kept,
		// Attributes that others add take effect within this time, instead of two seconds.
		"system.namespaceCacheRefreshInterval": "250ms",

		"frontend.rps":                     ample,
		"frontend.namespaceRPS":            ample,
		"frontend.namespaceRPS.visibility": ample,
		"frontend.persistenceMaxQPS":       ample,
		"history.rps":                      ample,
		// Timers fire when they are due, not up to a second later.
		"history.timerProcessorMaxTimeShift":           "1ms",
		"history.transferProcessorMaxPollRPS":          pollsPerSecond,
		"history.timerProcessorMaxPollRPS":             pollsPerSecond,
		"history.persistenceMaxQPS":                    ample,
		"history.transferProcessorUpdateAckInterval":   ackInterval,
		"history.timerProcessorUpdateAckInterval":      ackInterval,
		"history.visibilityProcessorUpdateAckInterval": ackInterval,
		"matching.rps":                           ample,
		"matching.persistenceMaxQPS":             ample,
		"worker.persistenceMaxQPS":               ample,
		"system.visibilityPersistenceMaxReadQPS": ample,

		// Runs may have completion callbacks to this machine.
		"callback.allowedAddresses": []any{
			map[string]any{"Pattern": "127.0.0.1:*", "AllowInsecure": true},
			map[string]any{"Pattern": "localhost:*", "AllowInsecure": true},
			map[string]any{"Pattern": "[::1]:*", "AllowInsecure": true},
		},
	}
	maps.Copy(settings, override)

	client := make(dynamicconfig.StaticClient, len(settings))
	for key, value := range settings {
		client[dynamicconfig.MakeKey(key)] = value
	}
	return client
}
