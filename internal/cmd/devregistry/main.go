// Command devregistry runs the embedded registry until it is interrupted. When it is ready it prints one line of JSON
// that says where it is and what it holds.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/registry-identity/terraform-provider-registry/internal/devregistry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "devregistry:", err)
		}
		os.Exit(1)
	}
}

// ready is the line that is printed. It holds no secret: the administrator's token is in the file it names.
type ready struct {
	URL            string                         `json:"url"`
	Dialect        devregistry.Dialect            `json:"dialect"`
	CAFile         string                         `json:"ca_file"`
	AdminTokenFile string                         `json:"admin_token_file"`
	Repositories   []devregistry.SeededRepository `json:"repositories"`
	Packages       []seededPackage                `json:"packages"`
	Users          []devregistry.SeededUser       `json:"users"`
}

// seededPackage names a package version that can be installed.
type seededPackage struct {
	Repository string `json:"repository"`
	Format     string `json:"format"`
	Name       string `json:"name"`
	Version    string `json:"version"`
}

func seededPackages(server *devregistry.Server) []seededPackage {
	list := make([]seededPackage, 0, len(server.Packages))
	for _, p := range server.Packages {
		list = append(list, seededPackage(p))
	}
	return list
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("devregistry", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dialect := flags.String("dialect", string(devregistry.Artifactory), "registry to imitate: artifactory or artifact_keeper")
	listen := flags.String("listen", "127.0.0.1:8443", "address to listen on; port 0 takes a free one")
	stateDir := flags.String("state-dir", ".dev", "folder for ca.pem and admin-token")
	latency := flags.Duration("latency", 0, "delay added to every request")
	requestLog := flags.String("request-log", "", "file to append one JSON line per request to")
	private := flags.Bool("allow-private-addresses", false, "let Artifact Keeper reach directories and issuers on private addresses")
	trusted := flags.String("trusted-ca", "", "PEM file of an authority that Artifactory trusts directories of")
	control := flags.Bool("control", true, "serve the control endpoints under /_dev/")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	opts := devregistry.Options{
		Dialect: devregistry.Dialect(*dialect), Listen: *listen, StateDir: *stateDir, Latency: *latency, Control: *control,
	}
	opts.ArtifactKeeper.AllowPrivateIssuers = *private
	if *trusted != "" {
		pem, err := os.ReadFile(*trusted)
		if err != nil {
			return err
		}
		opts.DirectoryCAs = [][]byte{pem}
	}
	if *requestLog != "" {
		file, openErr := os.OpenFile(*requestLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if openErr != nil {
			return openErr
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		opts.RequestLog = file
	}
	server, err := devregistry.Start(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := json.NewEncoder(stdout).Encode(ready{
		URL: server.URL, Dialect: server.Dialect, CAFile: server.CAFile, AdminTokenFile: server.AdminTokenFile,
		Repositories: server.Repositories, Packages: seededPackages(server), Users: server.Users,
	}); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
