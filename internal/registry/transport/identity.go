package transport

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/registry-identity/terraform-provider-registry/internal/registry"
)

// Identity is a token of an outside issuer (OpenID Connect) that the registry exchanges for one of its own.
type Identity struct {
	// Provider is what the registry's exchange knows the issuer by: a name on Artifactory, a UUID on Artifact Keeper.
	Provider string
	// Token is the outside token; TokenFile is the path of a file that holds it. One of the two.
	Token     registry.Secret
	TokenFile string
	// Mapping and Project narrow the exchange; only Artifactory's has them.
	Mapping, Project string
}

// Empty reports whether there is no identity at all.
func (i Identity) Empty() bool { return i == Identity{} }

// maxIdentity bounds a token file in bytes. Servers refuse headers that are longer.
const maxIdentity = 64 << 10

// Read gives the outside token. A file is read every time: who renews the token writes it there.
func (i Identity) Read() (registry.Secret, error) {
	if i.TokenFile == "" {
		return i.Token, nil
	}
	file, err := os.Open(i.TokenFile)
	if err != nil {
		return registry.Secret{}, configError("`oidc.token_file`", err.Error(), "")
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxIdentity+1))
	if err == nil && len(data) > maxIdentity {
		err = errors.New("it is too long for a token")
	}
	if err != nil {
		return registry.Secret{}, configError("`oidc.token_file`", fmt.Sprintf("%s: %v", i.TokenFile, err), "")
	}
	return cleanToken("`oidc.token_file`", string(data))
}

// clean trims and checks what is known before the first request.
func (i Identity) clean() (Identity, error) {
	if i.Empty() {
		return i, nil
	}
	i.Provider = strings.TrimSpace(i.Provider)
	switch {
	case i.Provider == "":
		return Identity{}, configError("`oidc.provider_name`", "it is missing", "Say which OIDC provider of the registry trusts the token.")
	case i.Token.Empty() == (i.TokenFile == ""):
		return Identity{}, configError("`oidc.token`", "it takes a token or the path of a file with one, and exactly one of the two", "")
	case i.TokenFile != "":
		return i, nil
	}
	var err error
	i.Token, err = cleanToken("`oidc.token`", i.Token.Reveal())
	return i, err
}

// cleanToken never quotes the value, which becomes a secret when it is a token: a file of something else is full of honest words
// that would be masked from then on. Identity tokens are JSON web tokens: three parts with dots between.
func cleanToken(object, token string) (registry.Secret, error) {
	text := strings.TrimSpace(token)
	if strings.ContainsFunc(text, notPrintableASCII) || strings.Count(text, ".") != 2 {
		return registry.Secret{}, configError(object, "it is no JSON web token",
			"Give the identity token that the CI system or identity provider issues for this run, as it is.")
	}
	return registry.NewSecret(text), nil
}
