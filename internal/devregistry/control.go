package devregistry

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/record"
	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// controlHandler serves /_dev/: what tests in another process use instead of the fields of Server. It asks for no
// credentials, which is why Options.Control has to be set.
func (s *Server) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_dev/requests", s.getRequests)
	mux.HandleFunc("PUT /_dev/faults", s.putFaults)
	mux.HandleFunc("PUT /_dev/clock", s.putClock)
	mux.HandleFunc("PUT /_dev/integrations", s.putIntegrations)
	mux.HandleFunc("POST /_dev/reset", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.Reset(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// getRequests shows the log and its counts by endpoint; ?reset=1 empties it afterwards.
func (s *Server) getRequests(w http.ResponseWriter, r *http.Request) {
	entries := s.Log.Entries()
	counts := map[string]int{}
	for _, e := range entries {
		counts[e.Endpoint]++
	}
	if reset, _ := strconv.ParseBool(r.URL.Query().Get("reset")); reset {
		s.Log.Reset()
	}
	answer(w, struct {
		Requests []record.Entry `json:"requests"`
		Counts   map[string]int `json:"counts"`
	}{append([]record.Entry{}, entries...), counts})
}

// putFaults takes {"faults":[…]} and replaces the script.
func (s *Server) putFaults(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Faults []Fault `json:"faults"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := s.Faults.Set(body.Faults...); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// putClock takes {"advance":"36h"}, or {"now":"2030-01-02T03:04:05Z"}, and answers with the new time.
func (s *Server) putClock(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Advance string    `json:"advance"`
		Now     time.Time `json:"now"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !body.Now.IsZero() {
		s.Store.Advance(body.Now.Sub(s.Store.Now()))
	}
	if body.Advance != "" {
		advance, err := time.ParseDuration(body.Advance)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.Store.Advance(advance)
	}
	answer(w, map[string]time.Time{"now": s.Store.Now()})
}

// putIntegrations takes {"integrations":[{"client_id":…,"client_secret":…,"redirect_uris":[…],"lifetime":"2m"}]} and replaces
// the OAuth clients. A lifetime of none is an hour.
func (s *Server) putIntegrations(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Integrations []struct {
			ClientID     string   `json:"client_id"`
			ClientSecret string   `json:"client_secret"`
			RedirectURIs []string `json:"redirect_uris"`
			Lifetime     string   `json:"lifetime"`
		} `json:"integrations"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	clients := make([]*state.Integration, 0, len(body.Integrations))
	for _, client := range body.Integrations {
		lifetime := seededIntegration.Lifetime
		if client.Lifetime != "" {
			var err error
			if lifetime, err = time.ParseDuration(client.Lifetime); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
		clients = append(clients, &state.Integration{
			ClientID: client.ClientID, ClientSecret: client.ClientSecret, Name: client.ClientID,
			RedirectURIs: client.RedirectURIs, Lifetime: lifetime,
		})
	}
	s.Store.Update(func(st *state.State) { st.Artifactory.Integrations = clients })
	w.WriteHeader(http.StatusNoContent)
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	// The client is gone when this fails.
	_ = json.NewEncoder(w).Encode(body)
}
