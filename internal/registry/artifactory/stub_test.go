package artifactory_test

import (
	"encoding/base64"
	"testing"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/artifactory"
	"github.com/registry-identity/terraform-provider-registry/internal/registry/transport/transporttest"
)

type (
	scripted = transporttest.Script
	reply    = transporttest.Reply
)

var (
	ok       = transporttest.OK
	refuse   = transporttest.Refuse
	wantKind = transporttest.WantKind
)

// script gives a registry that talks to scripted answers.
func script(t *testing.T, answers scripted) (*registry.Registry, *transporttest.Server) {
	t.Helper()
	client, server := transporttest.Start(t, answers)
	return artifactory.New(client, nil), server
}

// jwt is an unsigned token with the given payload.
func jwt(payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(payload)) + ".c2lnbmF0dXJl"
}

// gone is how Access says that something does not exist.
func gone(what string) reply {
	return refuse(404, `{"errors":[{"code":"NOT_FOUND","message":"`+what+` not found"}]}`)
}

const notFound = `{"errors":[{"code":"NOT_FOUND","message":"User not found","detail":"alice"}]}`
