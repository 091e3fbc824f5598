package main

import (
	"os"
	"path/filepath"

	"github.com/docker/cli/cli/config"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"
)

// kubeletReader looks up as kubelet does for a pod with the file as its imagePullSecret, on a node
// without logins of its own.
func kubeletReader(dir string) func(ask) outcome {
	content, err := os.ReadFile(filepath.Join(dir, config.ConfigFileName))
	if err != nil {
		return func(ask) outcome { return failed() }
	}
	keyring, err := secrets.MakeDockerKeyring([]v1.Secret{{
		Type: v1.SecretTypeDockerConfigJson,
		Data: map[string][]byte{v1.DockerConfigJsonKey: content},
	}}, &credentialprovider.BasicDockerKeyring{})
	if err != nil {
		return func(ask) outcome { return failed() }
	}
	return func(one ask) outcome {
		matches, _ := keyring.Lookup(one.name())
		result := outcome{Tries: []credential{}}
		for _, match := range matches {
			result.Tries = append(result.Tries, credential{
				User:          []byte(match.Username),
				Password:      []byte(match.Password),
				IdentityToken: match.IdentityToken,
				RegistryToken: match.RegistryToken,
			})
		}
		return result
	}
}
