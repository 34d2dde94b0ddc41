package packages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"runtime"
	"strings"

	"github.com/google/go-containerregistry/pkg/registry"
)

// imagesOf is the image store of a repository. Each has one of its own, or a layer would be had through any repository by
// those who know its digest. The caller holds the lock.
func (p *Packages) imagesOf(repository string) http.Handler {
	if p.images[repository] == nil {
		p.images[repository] = registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true))
	}
	return p.images[repository]
}

// serveOCI answers the distribution API below a repository (https://github.com/opencontainers/distribution-spec). Path is
// IMAGE/manifests/TAG and the like.
func (p *Packages) serveOCI(w http.ResponseWriter, r *http.Request, req Request) {
	p.mu.Lock()
	images := p.imagesOf(req.Repository)
	p.mu.Unlock()
	if !isRead(r) {
		allowed := mayWrite
		if r.Method == http.MethodDelete {
			allowed = mayRemove
		}
		if !allowed(w, req, req.Path) || !mayMoveTag(w, r, req, images) {
			return
		}
	}
	inner := r.Clone(r.Context())
	inner.URL = &url.URL{Path: "/v2/" + req.Path, RawQuery: r.URL.RawQuery}
	images.ServeHTTP(&relocated{ResponseWriter: w, base: req.BaseURL}, inner)
}

// mayMoveTag decides about a tag that would point elsewhere, and answers the request when it must stay: Artifactory asks
// for the delete right, Artifact Keeper moves it.
func mayMoveTag(w http.ResponseWriter, r *http.Request, req Request, images http.Handler) bool {
	image, tag, isManifest := strings.Cut(req.Path, "/manifests/")
	if req.Style != Artifactory || r.Method != http.MethodPut || !isManifest || strings.Contains(tag, ":") {
		return true
	}
	answer := &headers{header: http.Header{}}
	head := (&http.Request{Method: http.MethodHead, URL: &url.URL{Path: "/v2/" + req.Path}, Header: http.Header{}}).WithContext(r.Context())
	images.ServeHTTP(answer, head)
	return answer.status != http.StatusOK || mayRemove(w, req, image+"/"+tag+"/manifest.json")
}

// relocated puts the repository's address in front of locations, which the image store gives from its own root.
type relocated struct {
	http.ResponseWriter
	base string
}

func (r *relocated) WriteHeader(status int) {
	if path, ok := strings.CutPrefix(r.Header().Get("Location"), "/v2/"); ok {
		r.Header().Set("Location", r.base+"/"+path)
	}
	r.ResponseWriter.WriteHeader(status)
}

// headers is an answer of which only the head is of interest.
type headers struct {
	header http.Header
	status int
}

func (h *headers) Header() http.Header { return h.header }
func (h *headers) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

func (h *headers) Write(p []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return len(p), nil
}

// The media types of Docker's own image format, which every client knows; older ones of Docker read no manifest of the OCI's
// (https://distribution.github.io/distribution/spec/manifest-v2-2/).
const (
	imageManifest = "application/vnd.docker.distribution.manifest.v2+json"
	imageConfig   = "application/vnd.docker.container.image.v1+json"
	imageLayer    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

// pushImage puts an image into a store the way a client would.
func pushImage(images http.Handler, image OCIImage) error {
	digest := func(b []byte) string { return "sha256:" + sha256Hex(b) }
	layer := gzipped(image.Layer)
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "created": seedTime, "config": map[string]any{"Cmd": []string{"/hello"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest(image.Layer)}},
	})
	if err != nil {
		return err
	}
	describe := func(media string, b []byte) map[string]any {
		return map[string]any{"mediaType": media, "digest": digest(b), "size": len(b)}
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": imageManifest, "config": describe(imageConfig, config),
		"layers": []any{describe(imageLayer, layer)},
	})
	if err != nil {
		return err
	}
	send := func(method, path, query, media string, body []byte) error {
		answer := &headers{header: http.Header{}}
		images.ServeHTTP(answer, &http.Request{
			Method: method, URL: &url.URL{Path: "/v2/" + image.Name + path, RawQuery: query}, ContentLength: int64(len(body)),
			Header: http.Header{"Content-Type": {media}}, Body: io.NopCloser(bytes.NewReader(body)),
		})
		if answer.status != http.StatusCreated {
			return fmt.Errorf("pushing %s:%s: %s %s answers %d", image.Name, image.Tag, method, path, answer.status)
		}
		return nil
	}
	for _, blob := range [][]byte{config, layer} {
		query := url.Values{"digest": {digest(blob)}}.Encode()
		if err := send(http.MethodPost, "/blobs/uploads/", query, "application/octet-stream", blob); err != nil {
			return err
		}
	}
	return send(http.MethodPut, "/manifests/"+image.Tag, "", imageManifest, manifest)
}
