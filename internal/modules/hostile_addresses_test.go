package modules

import (
	"maps"
	"slices"
	"strings"
)

// An address is a template: HOST is the registry's host with its port, PATH a path of a repository in it, AT a place for one of
// the odd texts below. Whoever reads the address in one way comes to the registry, and in another way to evil.example.
var hostilePositions = map[string]string{
	"user name":              "https://evil.exampleAT@HOST/PATH",
	"second user name":       "https://jane@evil.exampleAT@HOST/PATH",
	"path of another host":   "https://evil.example/AT@HOST/PATH",
	"other host after it":    "https://HOSTAT@evil.example/PATH",
	"longer host":            "https://HOSTAT.evil.example/PATH",
	"between host and path":  "https://HOSTAT/PATH",
	"before the host":        "https://ATHOST/PATH",
	"within the host":        "https://regATistry.example.com/PATH",
	"before the scheme":      "AThttps://HOST/PATH",
	"within the scheme":      "httpsAT://HOST/PATH",
	"between the slashes":    "https:/AT/HOST/PATH",
	"within the path":        "https://HOST/PATHAT/../../evil",
	"beside the path":        "https://HOST/PATHAT",
	"within the first part":  "https://HOST/ATPATH",
	"user name of the right": "https://janeAT@HOST/PATH",
}

// odd is what clients read differently, or what no address of ours has.
var odd = map[string]string{
	"question mark": "?", "number sign": "#", "backslash": `\`, "two backslashes": `\\`, "semicolon": ";", "comma": ",", "ampersand": "&",
	"blank": " ", "tab": "\t", "line feed": "\n", "carriage return": "\r", "vertical tab": "\v", "form feed": "\f",
	"start of heading": "\x01", "escape": "\x1b", "delete": "\x7f", "next line": "\u0085", "no-break space": "\u00a0",
	"encoded slash": "%2f", "encoded slash in capitals": "%2F", "encoded backslash": "%5c", "encoded question mark": "%3f",
	"encoded number sign": "%23", "encoded at": "%40", "encoded colon": "%3a", "encoded dot": "%2e", "encoded nothing": "%00",
	"encoded line feed": "%0a", "encoded carriage return": "%0d", "encoded percent": "%25", "encoded twice": "%252f", "lone percent": "%",
	"ideographic full stop": "\u3002", "fullwidth full stop": "\uff0e", "halfwidth full stop": "\uff61", "fraction slash": "\u2044",
	"division slash": "\u2215", "fullwidth slash": "\uff0f", "fullwidth at": "\uff20", "fullwidth question mark": "\uff1f",
	"fullwidth number sign": "\uff03", "fullwidth colon": "\uff1a", "small at": "\ufe6b", "account of": "\u2100", "soft hyphen": "\u00ad",
	"zero width space": "\u200b", "kelvin sign": "\u212a", "long s": "\u017f", "dotless i": "\u0131", "invalid byte": "\xff", "overlong slash": "\xc0\xaf",
	"opening bracket": "[", "closing bracket": "]", "opening brace": "{", "less than": "<", "bar": "|", "caret": "^", "grave accent": "`",
	"quote": "'", "double quote": `"`, "asterisk": "*", "dollar": "$", "opening parenthesis": "(", "equals": "=",
}

// hostileWhole are addresses with an oddity of their own.
var hostileWhole = []string{
	// The scheme.
	"//HOST/PATH", "///HOST/PATH", "/PATH", "", "https:/HOST/PATH", "https:HOST/PATH", "https:///HOST/PATH", "https:////HOST/PATH",
	"https://", "https:///", "://HOST/PATH", "http://HOST/PATH", "HTTP://HOST/PATH", "http://HOST:443/PATH", "https+http://HOST/PATH",
	"ftp://HOST/PATH", "file://HOST/PATH", "git+https://HOST/PATH", "git://HOST/PATH", "ssh://HOST/PATH", "oci://HOST/PATH",
	"javascript://HOST/PATH", "data:HOST/PATH", "sparse+http://HOST/PATH", "sparse+sparse+https://HOST/PATH", "url:https://HOST/PATH",
	"https://https://HOST/PATH", "https://evil.example/https://HOST/PATH", "evil.example://HOST/PATH", "https:evil.example://HOST/PATH",
	"https://http:@HOST/PATH", "hhttps://HOST/PATH", "httpss://HOST/PATH", "https://evil.example://HOST/PATH",
	// The user name.
	"https://jane@bob@HOST/PATH", "https://jane@@HOST/PATH", "https://@@HOST/PATH", "https://@HOST/PATH", "https://:@HOST/PATH",
	"https://jane:@HOST/PATH", "https://jane:x@HOST/PATH", "https://jane:x:y@HOST/PATH", "https://bob@HOST/PATH", "https://:x@HOST/PATH",
	"https://evil.example@HOST/PATH", "https://evil.example:443@HOST/PATH", "https://HOST@evil.example/PATH", "https://HOST:443@evil.example/PATH",
	"https://HOST:@evil.example/PATH", "https://jane%@HOST/PATH", "https://jane%4@HOST/PATH", "https://evil.example/@HOST/PATH",
	"https://evil.example:443/@HOST/PATH", "https://evil.example/..@HOST/PATH", "https://evil.example/PATH@HOST/PATH",
	// The host.
	"https://HOST./PATH", "https://HOST../PATH", "https://.HOST/PATH", "https://..HOST/PATH", "https://www.HOST/PATH", "https://HOST.evil.example/PATH",
	"https://evil-HOST/PATH", "https://evilHOST/PATH", "https://HOST-/PATH", "https://-HOST/PATH", "https://_HOST/PATH", "https://HOST_/PATH",
	"https://registry..example.com/PATH", "https://registry.example.co/PATH", "https://registry-example.com/PATH", "https://registryxexample.com/PATH",
	"https://*/PATH", "https://*.example.com/PATH", "https://registry.example.???/PATH", "https://[HOST]/PATH", "https://[::1]/PATH",
	"https://[::ffff:127.0.0.1]/PATH", "https://[fe80::1%25HOST]/PATH", "https://[v1.HOST]/PATH", "https://[::1]@HOST/PATH", "https://[HOST/PATH",
	"https://127.0.0.1/PATH", "https://2130706433/PATH", "https://0x7f.1/PATH", "https://localhost/PATH",
	// The port.
	"https://HOST:/PATH", "https://HOST:0/PATH", "https://HOST:80/PATH", "https://HOST:0443/PATH", "https://HOST:00443/PATH", "https://HOST:4433/PATH",
	"https://HOST:443:443/PATH", "https://HOST::443/PATH", "https://HOST:443@evil.example/PATH", "https://HOST:+443/PATH", "https://HOST:-443/PATH",
	"https://HOST:443x/PATH", "https://HOST:x443/PATH", "https://HOST:0x1bb/PATH", "https://HOST:443.0/PATH", "https://HOST:65979/PATH",
	"https://HOST:4294967739/PATH", "https://HOST:18446744073709552059/PATH", "https://HOST:https/PATH", "https://HOST:443.evil.example/PATH",
	"https://HOST:evil.example/PATH", "https://HOST:443evil.example/PATH", "https://HOST:4 43/PATH", "https://HOST:\u0664\u0664\u0663/PATH",
	// The path.
	"https://HOST/..", "https://HOST/.", "https://HOST/../PATH", "https://HOST/./PATH", "https://HOST/PATH/..", "https://HOST/PATH/../../evil",
	"https://HOST/PATH/.", "https://HOST//evil.example/PATH", "https://HOST//PATH", "https://HOST/PATH//", "https://HOST/PATH//evil",
	"https://HOST/PATH/%2e%2e/evil", "https://HOST/PATH/.%2E/evil", "https://HOST/PATH/%2e/evil", "https://HOST/PATH/..;/evil", "https://HOST/PATH;/../evil",
	"https://HOST/PATH/..%2fevil", "https://HOST/PATH/..%5cevil", `https://HOST/PATH/..\evil`, "https://HOST/PATH?x=/", "https://HOST/PATH#/",
	"https://HOST/PATH?@evil.example/", "https://HOST/PATH#@evil.example/", "https://HOST?/PATH", "https://HOST#/PATH", `https://HOST\PATH`,
	`https:\\HOST\PATH`, `https:/\HOST/PATH`, `https:\/HOST/PATH`, `\\HOST\PATH`, "https://HOST?", "https://HOST#",
	"https://HOST/%61rtifactory/api/pypi/pypi-virtual/simple", "https://HOST/PATH%", "https://HOST/PATH%zz",
	// Several at once.
	"https://evil.example https://HOST/PATH", "https://evil.example\nhttps://HOST/PATH", "https://HOST/PATH\nhttps://evil.example", "HOST HOST", "evil.example HOST",
}

// hostileAddresses are the whole ones, and of the odd texts at the positions one part of several.
func hostileAddresses(host, path string, part, parts int) []string {
	place := strings.NewReplacer("HOST", host, "PATH", path)
	var addresses []string
	for i, position := range slices.Sorted(maps.Values(hostilePositions)) {
		for j, text := range slices.Sorted(maps.Values(odd)) {
			if (i+j)%parts == part%parts {
				addresses = append(addresses, strings.ReplaceAll(place.Replace(position), "AT", text))
			}
		}
	}
	for _, address := range hostileWhole {
		addresses = append(addresses, place.Replace(address))
	}
	return addresses
}
