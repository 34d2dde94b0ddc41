package transport

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Connection settings. The idle connections cover Terraform's parallelism with room to spare; the idle time stays below
// the keep-alive of common servers and proxies (60 s and 75 s), since a request written to a connection that is just
// being closed is an uncertain one.
const (
	dialTimeout       = 10 * time.Second
	handshakeTimeout  = 10 * time.Second
	idleConnections   = 64
	idleTimeout       = 45 * time.Second
	http2PingInterval = 15 * time.Second
	http2PingTimeout  = 10 * time.Second
)

// newHTTPTransport builds the connection layer: HTTP/2 where the server has it, TLS 1.2 or newer.
func newHTTPTransport(cfg Config) (*http.Transport, error) {
	tlsConfig, err := newTLSConfig(cfg)
	if err != nil {
		return nil, err
	}
	proxy := http.ProxyFromEnvironment
	if !cfg.ProxyURL.Empty() {
		u, err := parseProxy(cfg.ProxyURL.Reveal())
		if err != nil {
			return nil, err
		}
		proxy = http.ProxyURL(u)
	}
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    handshakeTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           idleConnections,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idleTimeout,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeader,
		// Without pings a connection that died silently swallows one request per time-out.
		HTTP2: &http.HTTP2Config{SendPingTimeout: http2PingInterval, PingTimeout: http2PingTimeout},
	}, nil
}

func newTLSConfig(cfg Config) (*tls.Config, error) {
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: cfg.InsecureSkipVerify, //nolint:gosec // the user's explicit choice, off by default
	}
	if cfg.CAPEM != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool() // a machine without a system pool still has the given one
		}
		if !pool.AppendCertsFromPEM([]byte(cfg.CAPEM)) {
			return nil, configError("`ca_certificate`", "it holds no PEM certificate", "Give the certificate text or the path of a PEM file.")
		}
		c.RootCAs = pool
	}
	if (cfg.ClientCertPEM == "") != cfg.ClientKeyPEM.Empty() {
		return nil, configError("`client_certificate`", "certificate and key belong together, and one of them is missing", "")
	}
	if cfg.ClientCertPEM != "" {
		pair, err := tls.X509KeyPair([]byte(cfg.ClientCertPEM), []byte(cfg.ClientKeyPEM.Reveal()))
		if err != nil {
			return nil, configError("`client_certificate`", "certificate and key are not a PEM pair that belongs together", "")
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// parseProxy never quotes the value: it may hold a password.
func parseProxy(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return nil, configError("`proxy`", "it is not an http, https or socks5 URL", "Write it as http://proxy.example.com:3128.")
	}
	return u, nil
}
