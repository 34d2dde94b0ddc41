package faults

import (
	"net/http"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

// plague is one way in which a registry, the network or the provider's process fails.
type plague struct {
	name  string
	fault devregistry.Fault
	// lasts: it is also played from the request on. Then it is lasting, and nothing can be made good before the next run.
	lasts, lasting bool
	// readsOnly: it makes sense for requests that change nothing.
	readsOnly bool
	// hangs: the registry never answers, and the client hangs up when its time-out is over.
	hangs bool
	// cancels: the user interrupts the run while the request hangs.
	cancels bool
	kill    kill
}

// kill says what is lost with the process after the request.
type kill int

const (
	alive          kill = iota
	killPlugin          // the answer of the call under way
	killEverything      // the whole run: the state stays as it was before
)

// leavesTraces reports whether the run may end without having been able to find out what its last request did.
func (p plague) leavesTraces() bool { return p.lasting || p.kill != alive }

// fits reports whether the plague makes sense for a request.
func (p plague) fits(method string) bool { return !p.readsOnly || method == http.MethodGet }

func plagues() []plague {
	once := []plague{
		{name: "429 with Retry-After", fault: devregistry.Fault{Kind: devregistry.FaultRateLimit, RetryAfter: "1"}},
		{name: "429", fault: devregistry.Fault{Kind: devregistry.FaultRateLimit}},
		{name: "503 with Retry-After", fault: devregistry.Fault{Kind: devregistry.FaultStatus, Status: http.StatusServiceUnavailable, RetryAfter: "1"}},
		{name: "503", fault: devregistry.Fault{Kind: devregistry.FaultStatus, Status: http.StatusServiceUnavailable}, lasts: true},
		{name: "500", fault: devregistry.Fault{Kind: devregistry.FaultStatus, Status: http.StatusInternalServerError}},
		{name: "reset before the write", fault: devregistry.Fault{Kind: devregistry.FaultResetBefore}, lasts: true},
		{name: "reset after the write", fault: devregistry.Fault{Kind: devregistry.FaultResetAfter}, lasts: true},
		{name: "truncated body", fault: devregistry.Fault{Kind: devregistry.FaultTruncated}},
		{name: "HTML instead of JSON", fault: devregistry.Fault{Kind: devregistry.FaultHTML}, lasts: true},
		{name: "a proxy's 404", fault: devregistry.Fault{Kind: devregistry.FaultHTML, Status: http.StatusNotFound}},
		{name: "lost rights", fault: devregistry.Fault{Kind: devregistry.FaultLostRights}, lasts: true},
		{name: "stray 404", fault: devregistry.Fault{Kind: devregistry.FaultStatus, Status: http.StatusNotFound}, readsOnly: true},
	}
	all := once
	for _, p := range once {
		if p.lasts {
			p.name, p.lasting = "lasting "+p.name, true
			p.fault.Count = -1
			all = append(all, p)
		}
	}
	return append(all,
		plague{name: "no answer", fault: devregistry.Fault{Kind: devregistry.FaultSlow, Delay: "1h"}, hangs: true},
		plague{name: "interrupted", fault: devregistry.Fault{Kind: devregistry.FaultSlow, Delay: "1h"}, cancels: true},
		plague{name: "plugin killed", kill: killPlugin},
		plague{name: "run killed", kill: killEverything},
	)
}

// script gives the faults that hit the k-th request.
func (p plague) script(k int) []devregistry.Fault {
	fault := p.fault
	fault.Endpoint, fault.Nth = "* /", k
	if p.kill != alive {
		// A dead process sends nothing any more.
		fault = devregistry.Fault{Endpoint: "* /", Nth: k + 1, Count: -1, Kind: devregistry.FaultResetBefore}
	}
	return []devregistry.Fault{fault}
}
