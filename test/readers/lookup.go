package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
)

// lookupCase: which credential does each reader find in this file?
type lookupCase struct {
	// Config is the bytes of config.json.
	Config []byte `json:"config"`
	// DockerAuthConfig is the environment variable of docker's own reader; empty: not set.
	DockerAuthConfig string `json:"dockerAuthConfig"`
	Asks             []ask  `json:"asks"`
	// Loads is how many fresh loads of the file are looked at: what depends on the order of a Go map
	// shows up as several outcomes.
	Loads int `json:"loads"`
}

// ask is one pull: the host that would be contacted, and the repository there.
type ask struct {
	Host       string `json:"host"`
	Repository string `json:"repository"`
}

// name of the image, as all readers but BuildKit are asked. They take a host for one only if it has a
// dot or a port, or is localhost.
func (a ask) name() string { return a.Host + "/" + a.Repository }

// outcome of one lookup. No tries: anonymous.
type outcome struct {
	// Tries are the credentials in the order of use; kubelet alone has several.
	Tries []credential `json:"tries"`
	// Failed: the reader gave up; the pull would not start.
	Failed bool `json:"failed"`
	// Warned: the file could not be read to its end, and the reader went on with what it had.
	Warned bool `json:"warned"`
}

// credential holds bytes, which JSON has as base64: a password need not be text.
type credential struct {
	User          []byte `json:"user"`
	Password      []byte `json:"password"`
	IdentityToken string `json:"identityToken"`
	RegistryToken string `json:"registryToken"`
}

func (c credential) isEmpty() bool {
	return len(c.User) == 0 && len(c.Password) == 0 && c.IdentityToken == "" && c.RegistryToken == ""
}

func found(c credential) outcome {
	if c.isEmpty() {
		return outcome{Tries: []credential{}}
	}
	return outcome{Tries: []credential{c}}
}

func failed() outcome { return outcome{Tries: []credential{}, Failed: true} }

// reader loads dir/config.json afresh and gives the lookup in it. One file each.
type reader func(dir string) func(ask) outcome

var readers = map[string]reader{
	"buildkit": buildkitReader,
	"kaniko":   kanikoReader,
	"kubelet":  kubeletReader,
	"podman":   podmanReader,
}

// lookup answers, for each reader and each ask, the distinct outcomes in a fixed order.
func lookup(c lookupCase) (map[string][][]outcome, error) {
	dir, err := os.MkdirTemp("", "readers-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, config.ConfigFileName), c.Config, 0o600); err != nil {
		return nil, err
	}
	restore := setEnvironment(dir, c.DockerAuthConfig)
	defer restore()

	answer := map[string][][]outcome{}
	for name, load := range readers {
		answer[name] = distinctOutcomes(c, func() func(ask) outcome { return load(dir) })
	}
	return answer, nil
}

func setEnvironment(dir, dockerAuthConfig string) (restore func()) {
	config.SetDir(dir)
	os.Setenv("HOME", dir)
	os.Setenv("DOCKER_CONFIG", dir)
	if dockerAuthConfig != "" {
		os.Setenv(configfile.DockerEnvConfigKey, dockerAuthConfig)
	}
	return os.Clearenv
}

func distinctOutcomes(c lookupCase, load func() func(ask) outcome) [][]outcome {
	seen := make([]map[string]outcome, len(c.Asks))
	for i := range seen {
		seen[i] = map[string]outcome{}
	}
	for range max(c.Loads, 1) {
		find := load()
		for i, one := range c.Asks {
			result := find(one)
			text, err := json.Marshal(result)
			if err != nil {
				panic(err) // strings and bytes always marshal
			}
			seen[i][string(text)] = result
		}
	}
	all := make([][]outcome, len(c.Asks))
	for i, results := range seen {
		all[i] = sortedByKey(results)
	}
	return all
}

func sortedByKey(results map[string]outcome) []outcome {
	keys := make([]string, 0, len(results))
	for key := range results {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	sorted := make([]outcome, len(keys))
	for i, key := range keys {
		sorted[i] = results[key]
	}
	return sorted
}
