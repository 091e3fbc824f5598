package main

import (
	"os"
	"path/filepath"

	"github.com/docker/cli/cli/config"
	"go.podman.io/image/v5/docker/reference"
	auth "go.podman.io/image/v5/pkg/docker/config"
	"go.podman.io/image/v5/types"
)

// podmanReader looks up as Podman, Buildah and CRI-O do with --authfile.
func podmanReader(dir string) func(ask) outcome {
	sys := &types.SystemContext{
		AuthFilePath:                filepath.Join(dir, config.ConfigFileName),
		SystemRegistriesConfPath:    os.DevNull,
		SystemRegistriesConfDirPath: dir,
	}
	return func(one ask) outcome {
		ref, err := reference.ParseNormalizedNamed(one.name())
		if err != nil {
			return failed()
		}
		got, err := auth.GetCredentialsForRef(sys, ref)
		if err != nil {
			return failed()
		}
		return found(credential{
			User:          []byte(got.Username),
			Password:      []byte(got.Password),
			IdentityToken: got.IdentityToken,
		})
	}
}
