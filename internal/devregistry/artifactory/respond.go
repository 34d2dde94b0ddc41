package artifactory

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxBody bounds what a JSON or form request may send, in bytes.
const maxBody = 4 << 20

// problem is an answer that is not a success. Which shape it takes depends on the path alone: Access and Artifactory
// are two services behind one address and disagree about errors.
type problem struct {
	status  int
	message string
	detail  string
}

func (p *problem) Error() string { return p.message }

func newProblem(status int, message string) *problem {
	return &problem{status: status, message: message}
}

func badRequest(message string) *problem { return newProblem(http.StatusBadRequest, message) }
func notFound(message string) *problem   { return newProblem(http.StatusNotFound, message) }
func conflict(message string) *problem   { return newProblem(http.StatusConflict, message) }

var errForbidden = newProblem(http.StatusForbidden, "Forbidden")

// forbidden is a 403 that says what was not allowed.
func forbidden(message string) *problem { return newProblem(http.StatusForbidden, message) }

// notModelled is the honest answer for what the real server can do and this one cannot; README.md lists them.
func notModelled(what string) *problem {
	return &problem{
		status:  http.StatusNotImplemented,
		message: what + " is not modelled by the embedded registry",
		detail:  "see internal/devregistry/README.md",
	}
}

// isAccess tells which of the two services answers for a path.
func isAccess(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/access/") }

var accessCodes = map[int]string{
	http.StatusBadRequest:           "BAD_REQUEST",
	http.StatusUnauthorized:         "UNAUTHORIZED",
	http.StatusForbidden:            "FORBIDDEN",
	http.StatusNotFound:             "NOT_FOUND",
	http.StatusMethodNotAllowed:     "METHOD_NOT_ALLOWED",
	http.StatusConflict:             "CONFLICT",
	http.StatusUnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
	http.StatusTooManyRequests:      "TOO_MANY_REQUESTS",
	http.StatusNotImplemented:       "NOT_IMPLEMENTED",
	http.StatusServiceUnavailable:   "SERVICE_UNAVAILABLE",
}

// WriteError writes an error in the shape of the service that answers for the request's path.
func WriteError(w http.ResponseWriter, r *http.Request, status int, message string) {
	writeProblem(w, r, newProblem(status, message))
}

func writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	if !errors.As(err, &p) {
		p = newProblem(http.StatusInternalServerError, err.Error())
	}
	if isAccess(r) {
		type accessError struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Detail  string `json:"detail,omitempty"`
		}
		code, known := accessCodes[p.status]
		if !known {
			code = "INTERNAL_SERVER_ERROR"
		}
		writeJSON(w, p.status, map[string][]accessError{"errors": {{Code: code, Message: p.message, Detail: p.detail}}})
		return
	}
	if isDocker(r) {
		writeDockerError(w, p)
		return
	}
	type artifactoryError struct {
		Status  int    `json:"status"`
		Message string `json:"message"`
	}
	if p.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Artifactory Realm"`)
	}
	writeJSON(w, p.status, map[string][]artifactoryError{"errors": {{Status: p.status, Message: p.message}}})
}

// writeJSON answers with a JSON body. The client is gone when the write fails, so there is nobody to tell.
func writeJSON(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encoded)
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// readJSON decodes a request body into target. Unknown members are ignored, as the real server does; another content
// type is 415, and what is not JSON of the right types 400.
func readJSON(w http.ResponseWriter, r *http.Request, target any) error {
	if !isMedia(r, "json") {
		return newProblem(http.StatusUnsupportedMediaType, "HTTP 415 Unsupported Media Type")
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(target); err != nil {
		return badRequest("Failed to parse the request body as JSON")
	}
	return nil
}

// isMedia tells whether the request's content type is application/WORD or application/…+WORD.
func isMedia(r *http.Request, word string) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return false
	}
	_, subtype, _ := strings.Cut(media, "/")
	return subtype == word || strings.HasSuffix(subtype, "+"+word)
}
