package artifactory

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry/state"
)

// tokenRequest is the body of POST /access/api/v1/tokens (JFrog help: "Create Token", "Refresh Token").
type tokenRequest struct {
	GrantType        string    `json:"grant_type"`
	Username         string    `json:"username"`
	ProjectKey       string    `json:"project_key"` // "" is sent by clients that mean none
	Scope            string    `json:"scope"`
	ExpiresIn        *int64    `json:"expires_in"` // seconds; nil: the server's default, 0: never
	Refreshable      looseBool `json:"refreshable"`
	Description      string    `json:"description"`
	Audience         string    `json:"audience"`
	IncludeReference looseBool `json:"include_reference_token"`
	ForceRevocable   looseBool `json:"force_revocable"`
	RefreshToken     string    `json:"refresh_token"`
	AccessToken      string    `json:"access_token"`
}

// looseBool reads true and "true", since form-minded clients quote it, and null as false.
type looseBool bool

// UnmarshalJSON implements json.Unmarshaler.
func (b *looseBool) UnmarshalJSON(data []byte) error {
	var quoted *string
	if json.Unmarshal(data, &quoted) == nil && quoted != nil {
		value, err := strconv.ParseBool(*quoted)
		*b = looseBool(value)
		return err
	}
	return json.Unmarshal(data, (*bool)(b))
}

// readTokenRequest takes a form or JSON.
func readTokenRequest(w http.ResponseWriter, r *http.Request) (tokenRequest, error) {
	var req tokenRequest
	if !isMedia(r, "x-www-form-urlencoded") {
		return req, readJSON(w, r, &req)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return req, badRequest("Failed to parse the request body as a form")
	}
	return req, req.fromForm(r.PostForm)
}

func (q *tokenRequest) fromForm(form url.Values) error {
	for name, target := range map[string]*string{
		"grant_type": &q.GrantType, "username": &q.Username, "project_key": &q.ProjectKey, "scope": &q.Scope,
		"description": &q.Description, "audience": &q.Audience, "refresh_token": &q.RefreshToken,
		"access_token": &q.AccessToken,
	} {
		*target = form.Get(name)
	}
	for name, target := range map[string]*looseBool{
		"refreshable": &q.Refreshable, "include_reference_token": &q.IncludeReference, "force_revocable": &q.ForceRevocable,
	} {
		if value := form.Get(name); value != "" {
			parsed, err := strconv.ParseBool(value)
			if err != nil {
				return badRequest("Not a boolean: " + name)
			}
			*target = looseBool(parsed)
		}
	}
	if value := form.Get("expires_in"); value != "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return badRequest("Not a number: expires_in")
		}
		q.ExpiresIn = &seconds
	}
	return nil
}

// audiencePattern is one service, or all, an audience may name; maxExpiresIn keeps time arithmetic in range (seconds).
var audiencePattern = regexp.MustCompile(`^(\*|jf(rt|xr|pip|ds|mc|ac|evt|md|con)@\S+|\*@\*)$`)

const maxExpiresIn = 100 * 365 * 24 * 3600

func (q *tokenRequest) validate() error {
	for name, limit := range map[string]struct {
		value string
		max   int
	}{
		"username": {q.Username, 255}, "scope": {q.Scope, 500}, "description": {q.Description, 1024},
		"audience": {q.Audience, 255},
	} {
		if len([]rune(limit.value)) > limit.max {
			return badRequest("Value of " + name + " is too long, the maximum length is " + strconv.Itoa(limit.max))
		}
	}
	if q.ExpiresIn != nil && (*q.ExpiresIn < 0 || *q.ExpiresIn > maxExpiresIn) {
		return badRequest("Invalid value for expires_in: " + strconv.FormatInt(*q.ExpiresIn, 10))
	}
	for _, entry := range strings.Fields(q.Audience) {
		if !audiencePattern.MatchString(entry) {
			return badRequest("Invalid audience: " + entry)
		}
	}
	return nil
}

// newSecrets makes the reference and refresh token of a new token: their digests go into it, their values into the
// answer, which is the only place they ever appear.
func newSecrets(token *state.Token, reference bool) minted {
	var answer minted
	if reference {
		answer.ReferenceToken = newReference(token)
		token.Hash = state.Digest(answer.ReferenceToken)
	}
	if token.Refreshable {
		answer.RefreshToken = uuid.NewString()
		token.RefreshHash = state.Digest(answer.RefreshToken)
	}
	return answer
}

// Reference tokens have 64 characters and begin alike (JFrog help: "Understanding Identity Tokens").
const (
	referenceLength = 64
	referenceMark   = "reftkn:01:"
)

// newReference makes a reference token: base64 of a mark, the expiry in epoch seconds and random letters.
func newReference(token *state.Token) string {
	expiry := "0000000000"
	if !token.ExpiresAt.IsZero() {
		expiry = strconv.FormatInt(token.ExpiresAt.Unix(), 10)
		expiry = strings.Repeat("0", max(0, 10-len(expiry))) + expiry
	}
	plain := referenceMark + expiry + ":" + rand.Text() + rand.Text()
	return base64.StdEncoding.EncodeToString([]byte(plain[:referenceLength/4*3]))
}

func looksLikeReference(value string) bool {
	return len(value) == referenceLength && strings.HasPrefix(value, "cmVmd")
}

func tokenByReference(st *state.State, value string) *state.Token {
	digest := state.Digest(value)
	for _, t := range st.Tokens {
		if bytes.Equal(t.Hash, digest) && t.RevokedAt.IsZero() {
			return t
		}
	}
	return nil
}
