package registry

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// NormalizeURL brings a base URL to the one form in which servers are compared: lower-case scheme and host, no default
// port, no user info, query or fragment, no final slash and no final `/artifactory`, which clients add themselves. The
// rest of the path is kept, since a reverse proxy may need it.
func NormalizeURL(raw string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		// url.Error repeats its input, which may hold a password.
		return "", errors.New("not a URL")
	}
	u.Scheme = strings.ToLower(u.Scheme)
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("the URL must start with https:// (or http://)")
	case u.Hostname() == "":
		return "", errors.New("the URL names no host")
	case u.User != nil:
		return "", errors.New("the URL holds a user name or password; use the provider's credential arguments instead")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", errors.New("the URL must not have a query or a fragment")
	}
	u.Host = normalizeHost(u)
	for trimmed := true; trimmed; {
		var path string
		path, trimmed = strings.CutSuffix(strings.TrimRight(u.Path, "/"), "/artifactory")
		u.Path = path
	}
	u.RawPath = ""
	return u.String(), nil
}

func normalizeHost(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" || (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, port)
}
