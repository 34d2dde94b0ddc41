package membership

import (
	"errors"
	"strings"
)

// edge is one user in one group.
type edge struct{ group, username string }

// id is what users write to import the edge.
func (e edge) id() string { return e.group + "/" + e.username }

// parseID reads an edge's id. Groups of Artifact Keeper may have a slash in their name and people do not, so the last one
// separates.
func parseID(id string) (edge, error) {
	at := strings.LastIndex(id, "/")
	if at <= 0 || at == len(id)-1 {
		return edge{}, errors.New("it is not of the form GROUP/USER, such as developers/alice")
	}
	return edge{group: id[:at], username: id[at+1:]}, nil
}
