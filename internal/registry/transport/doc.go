// Package transport carries requests to a registry: TLS, proxies, credentials, request classes, retries, decoding of
// answers and errors, redaction and logging. It is the only package that touches resty, and it knows nothing of the
// two registries: a dialect says how errors look and how the credential is sent.
//
// Three rules shape it. A request that may have had an effect is never repeated unless repeating is harmless; when its
// answer is lost the caller gets registry.KindUncertain. A success is believed only if it is what was asked for: an
// HTML page, an empty body or another type is an error. And nothing that was sent as a secret is ever printed.
package transport
