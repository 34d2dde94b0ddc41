package packages

// seedOCI makes the built-in image. It holds a text file: what clients do with an image ends before it runs.
func seedOCI() []OCIImage {
	return []OCIImage{{
		Repository: "docker-private", Name: "acme/hello", Tag: "1.0.0",
		Layer: tarred([]file{{"hello.txt", "hello from acme/hello 1.0.0\n"}}),
	}}
}
