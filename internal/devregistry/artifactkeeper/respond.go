package artifactkeeper

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
)

// apiError is a handler's error, sent as {"code","message"} (Artifact Keeper: error.rs).
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// The error kinds of the server's handlers.
func authFailed(message string) error {
	return &apiError{http.StatusUnauthorized, "AUTH_ERROR", message}
}

func forbidden(message string) error { return &apiError{http.StatusForbidden, "FORBIDDEN", message} }

func notFound(message string) error { return &apiError{http.StatusNotFound, "NOT_FOUND", message} }

func conflict(message string) error { return &apiError{http.StatusConflict, "CONFLICT", message} }

func invalid(message string) error {
	return &apiError{http.StatusBadRequest, "VALIDATION_ERROR", message}
}

// databaseError is what a violated constraint turns into where the server does not map it to something kinder.
func databaseError() error {
	return &apiError{http.StatusInternalServerError, "DATABASE_ERROR", "Database operation failed"}
}

func internalError() error {
	return &apiError{http.StatusInternalServerError, "INTERNAL_ERROR", "Internal server error"}
}

// notModelled is the answer for what the real server has and this one does not; the code is none of the real ones.
func notModelled(what string) error {
	return &apiError{http.StatusNotImplemented, "NOT_IMPLEMENTED", "the embedded registry does not model " + what}
}

// textError is a middleware's or an extractor's error: plain text, with challenges only where the server sends them.
type textError struct {
	status      int
	body        string
	challenges  []string
	contentType string
}

func (e *textError) Error() string { return e.body }

// refused is an error of the hard and admin layers, which send no challenge.
func refused(status int, body string) error {
	return &textError{status: status, body: body}
}

// The challenges of optional routes and package formats. Cargo makes that client send its token bare; it would give up
// on the other two (Artifact Keeper: api/middleware/auth.rs).
const (
	challengeBasic  = `Basic realm="artifact-keeper"`
	challengeBearer = `Bearer realm="artifact-keeper", charset="UTF-8"`
	challengeCargo  = `Cargo`
)

// challenged is the 401 of optional routes and package formats. A browser gets the Bearer challenge alone, so that it does
// not open its own password dialog.
func challenged(r *http.Request) error {
	e := nativeError(http.StatusUnauthorized, "Authentication required")
	e.challenges = challengesFor(r)
	return e
}

func challengesFor(r *http.Request) []string {
	if r.Header.Get("Sec-Fetch-Mode") != "" || strings.HasPrefix(r.Header.Get("Accept"), "text/html") {
		return []string{challengeBearer}
	}
	return []string{challengeBasic, challengeBearer, challengeCargo}
}

// nativeError is a refusal of the package formats' middleware.
func nativeError(status int, body string) *textError {
	return &textError{status: status, body: body, contentType: "text/plain"}
}

// guardError is the shape of the guards in front of all routes.
type guardError struct {
	status     int
	body       any
	challenges []string
}

func (e *guardError) Error() string { return http.StatusText(e.status) }

// responder is a result that is not plain JSON with status 200.
type responder interface{ respond(w http.ResponseWriter) }

// noContent is an empty 204.
type noContent struct{}

func (noContent) respond(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }

func writeResult(w http.ResponseWriter, result any) {
	switch v := result.(type) {
	case nil:
		w.WriteHeader(http.StatusOK)
	case responder:
		v.respond(w)
	default:
		writeJSON(w, http.StatusOK, v)
	}
}

// WriteError answers with an error of this status as if it came from where such errors come from: handlers miss objects and
// fail in JSON, the layers in front of them refuse in text.
func WriteError(w http.ResponseWriter, status int) {
	switch status {
	case http.StatusNotFound:
		writeError(w, notFound("Not found"))
	case http.StatusInternalServerError:
		writeError(w, internalError())
	default:
		writeError(w, refused(status, http.StatusText(status)))
	}
}

func writeError(w http.ResponseWriter, err error) {
	var api *apiError
	var text *textError
	var guard *guardError
	switch {
	case errors.As(err, &api):
		if api.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		writeJSON(w, api.status, struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		}{api.code, api.message})
	case errors.As(err, &text):
		contentType := text.contentType
		if contentType == "" {
			contentType = "text/plain; charset=utf-8"
		}
		w.Header().Set("Content-Type", contentType)
		for _, c := range text.challenges {
			w.Header().Add("WWW-Authenticate", c)
		}
		w.WriteHeader(text.status)
		_, _ = w.Write([]byte(text.body))
	case errors.As(err, &guard):
		for _, c := range guard.challenges {
			w.Header().Add("WWW-Authenticate", c)
		}
		writeJSON(w, guard.status, guard.body)
	default:
		writeError(w, internalError())
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		writeError(w, internalError())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// storedJSON is JSON kept as it was sent, null when there is none.
func storedJSON(raw []byte) any {
	if raw == nil {
		return nil
	}
	return json.RawMessage(raw)
}

// stamp is a time as the server writes it: UTC with the microseconds of its database, in groups of three digits and
// without a fraction when there is none.
type stamp time.Time

// MarshalJSON implements json.Marshaler.
func (t stamp) MarshalJSON() ([]byte, error) {
	at := time.Time(t).UTC().Truncate(time.Microsecond)
	layout := "2006-01-02T15:04:05.000000Z"
	switch ns := at.Nanosecond(); {
	case ns == 0:
		layout = "2006-01-02T15:04:05Z"
	case ns%int(time.Millisecond) == 0:
		layout = "2006-01-02T15:04:05.000Z"
	}
	return []byte(`"` + at.Format(layout) + `"`), nil
}

// stampOrNull is null for a time that never was.
func stampOrNull(t time.Time) *stamp {
	if t.IsZero() {
		return nil
	}
	s := stamp(t)
	return &s
}
