package packages

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxUpload bounds a published body, in bytes.
const maxUpload = 64 << 20

// textError is the error writer of last resort.
func textError(w http.ResponseWriter, status int, _, message string) { writeText(w, status, message) }

// writeText answers with exactly the text, unlike http.Error, which adds a line feed that the imitated servers do not send.
func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// writeJSON answers with a JSON document that is not worth revalidating.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // every document served here is made of maps, slices and strings
		writeText(w, http.StatusInternalServerError, "cannot encode the answer")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// writeIndex answers with an index document. Clients may keep it but must revalidate, or a fresh publish would stay
// invisible and a revoked token would go unnoticed.
func writeIndex(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Accept")
	h.Set("ETag", `"`+sha256Hex(body)+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// writeFile answers with a stored file. Ranges and conditions work as for any static file, and Artifactory adds the
// checksum headers its own tools verify downloads with.
func writeFile(w http.ResponseWriter, r *http.Request, req Request, name, contentType string, content []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	etag := sha256Hex(content)
	if req.Style == Artifactory {
		etag = sha1Hex(content)
		h.Set("X-Artifactory-Filename", name)
		h.Set("X-Checksum-Md5", md5Hex(content))
		h.Set("X-Checksum-Sha1", etag)
		h.Set("X-Checksum-Sha256", sha256Hex(content))
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// mayWrite reports whether the request may publish, and answers it when it may not. What is the thing to be written, as
// in "acme/hello/1.0.0".
func mayWrite(w http.ResponseWriter, req Request, what string) bool {
	switch {
	case req.CanWrite:
		return true
	case req.User == "":
		req.Errors(w, http.StatusUnauthorized, "UNAUTHORIZED", "Authentication required")
	case req.Style == Artifactory:
		req.Errors(w, http.StatusForbidden, "FORBIDDEN", fmt.Sprintf(
			"User '%s' is not permitted to deploy '%s' into '%s:%s'.", req.User, what, req.Repository, what))
	default:
		req.Errors(w, http.StatusForbidden, "FORBIDDEN", "You do not have write permission for this repository")
	}
	return false
}

// mayReplace decides about something that exists: Artifact Keeper never replaces, Artifactory asks for the delete right.
// It answers the request when the thing must stay; conflict is what Artifact Keeper says then.
func mayReplace(w http.ResponseWriter, req Request, what, conflict string) bool {
	switch {
	case req.Style == ArtifactKeeper && req.Format == FormatGo:
		writeText(w, http.StatusConflict, conflict)
	case req.Style == ArtifactKeeper:
		req.Errors(w, http.StatusConflict, "CONFLICT", conflict)
	default:
		return mayRemove(w, req, what)
	}
	return false
}

// mayRemove reports whether the request may delete, and answers it when it may not.
func mayRemove(w http.ResponseWriter, req Request, what string) bool {
	switch {
	case req.CanDelete:
		return true
	case req.User == "":
		req.Errors(w, http.StatusUnauthorized, "UNAUTHORIZED", "Authentication required")
	default:
		req.Errors(w, http.StatusForbidden, "FORBIDDEN", fmt.Sprintf(
			"Not enough permissions to delete/overwrite artifact '%s:%s' (user '%s' needs DELETE permission).",
			req.Repository, what, req.User))
	}
	return false
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

func methodNotAllowed(w http.ResponseWriter, req Request, allow string) {
	w.Header().Set("Allow", allow)
	req.Errors(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Method not allowed")
}

// readBody reads a whole request body within the upload limit, and answers the request when that fails. Handlers read it
// before they refuse: a client that is still sending would see a broken connection and never the reason.
func readBody(w http.ResponseWriter, r *http.Request, req Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpload))
	if err != nil {
		badUpload(w, req, err)
		return nil, false
	}
	return body, true
}

// badUpload answers a body that could not be read.
func badUpload(w http.ResponseWriter, req Request, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		req.Errors(w, http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", "The upload is too large")
		return
	}
	invalid(w, req, "Cannot read the upload: "+err.Error())
}

func invalid(w http.ResponseWriter, req Request, message string) {
	req.Errors(w, http.StatusBadRequest, "VALIDATION_ERROR", message)
}

func sha256Hex(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }

// The weaker digests are what the protocols and Artifactory's headers ask for beside SHA-256.
func sha1Hex(b []byte) string { sum := sha1.Sum(b); return hex.EncodeToString(sum[:]) }
func md5Hex(b []byte) string  { sum := md5.Sum(b); return hex.EncodeToString(sum[:]) }
