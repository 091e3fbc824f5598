package main

import (
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

// kanikoReader looks up as kaniko, crane and others on go-containerregistry do. It is given the
// folder by DOCKER_CONFIG, and loads at each lookup.
func kanikoReader(string) func(ask) outcome {
	return func(one ask) outcome {
		repository, err := name.NewRepository(one.name())
		if err != nil {
			return failed()
		}
		authenticator, err := authn.DefaultKeychain.Resolve(repository)
		if err != nil {
			return failed()
		}
		auth, err := authenticator.Authorization()
		if err != nil {
			return failed()
		}
		return found(credential{
			User:          []byte(auth.Username),
			Password:      []byte(auth.Password),
			IdentityToken: auth.IdentityToken,
			RegistryToken: auth.RegistryToken,
		})
	}
}
