package packages

import "net/http"

type (
	npmPackage struct{}
	goModule   struct{}
	pyProject  struct{}
)

func (p *Packages) load(Catalog)                                                  {}
func (p *Packages) serveNPM(w http.ResponseWriter, r *http.Request, req Request)  {}
func (p *Packages) serveGo(w http.ResponseWriter, r *http.Request, req Request)   {}
func (p *Packages) servePyPI(w http.ResponseWriter, r *http.Request, req Request) {}

// textError writes a plain error.
func textError(w http.ResponseWriter, status int, _, message string) { http.Error(w, message, status) }
