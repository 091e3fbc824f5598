package main

import (
	"bytes"
	"context"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/session/auth/authprovider"
)

// buildkitReader looks up as buildctl does (moby/buildkit cmd/buildctl/build.go): buildkitd asks the
// session for the credential of a host.
func buildkitReader(string) func(ask) outcome {
	var warnings bytes.Buffer
	find := authprovider.LoadAuthConfig(config.LoadDefaultConfigFile(&warnings))
	return func(one ask) outcome {
		host, err := docker.DefaultHost(one.Host) // docker.io is contacted as registry-1.docker.io
		if err != nil {
			return failed()
		}
		auth, err := find(context.Background(), host, nil, nil)
		if err != nil {
			return failed()
		}
		result := found(credential{
			User:          []byte(auth.Username),
			Password:      []byte(auth.Password),
			IdentityToken: auth.IdentityToken,
			RegistryToken: auth.RegistryToken,
		})
		result.Warned = warnings.Len() > 0
		return result
	}
}
