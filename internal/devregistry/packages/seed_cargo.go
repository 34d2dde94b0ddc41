package packages

import "fmt"

// seedCargo makes the built-in crate, a library without dependencies.
func seedCargo() []CargoCrate {
	const name, version = "acme-hello", "1.0.0"
	stem := name + "-" + version
	return []CargoCrate{{
		Repository: "cargo-private", Name: name, Version: version,
		Entry: map[string]any{"deps": []any{}, "features": map[string]any{}, "links": nil},
		Content: tarGz(stem+"/", []file{
			{"Cargo.toml", fmt.Sprintf("[package]\nname = %q\nversion = %q\nedition = \"2021\"\nlicense = \"MIT\"\n"+
				"description = \"Says hello; a crate that comes with the embedded registry\"\n", name, version)},
			{"src/lib.rs", fmt.Sprintf("/// Names the crate and its version.\npub fn hello() -> &'static str {\n    %q\n}\n",
				"hello from "+name+" "+version)},
		}),
	}}
}
