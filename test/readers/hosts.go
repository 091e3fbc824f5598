package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/util/resolver"
	resolverconfig "github.com/moby/buildkit/util/resolver/config"
)

// hostsCase: whom does buildkitd contact for an image of each origin?
type hostsCase struct {
	TOML string `json:"toml"`
	// MountPath is the folder that TOML says its files to be in, and Files what is in it.
	MountPath string            `json:"mountPath"`
	Files     map[string]string `json:"files"`
	Origins   []string          `json:"origins"`
}

// contacts for one origin, in order; Failed: every pull of it is an error.
type contacts struct {
	Failed bool      `json:"failed"`
	Hosts  []contact `json:"hosts"`
}

type contact struct {
	Host               string `json:"host"`
	Scheme             string `json:"scheme"`
	Path               string `json:"path"`
	Pull               bool   `json:"pull"`
	Resolve            bool   `json:"resolve"`
	Push               bool   `json:"push"`
	InsecureSkipVerify bool   `json:"insecureSkipVerify"`
	// FallsBackToHTTP: HTTPS first, and plain HTTP when that fails.
	FallsBackToHTTP bool `json:"fallsBackToHTTP"`
	// Trusts are those of the files whose certificates it takes for authorities, sorted.
	Trusts []string `json:"trusts"`
}

func hosts(c hostsCase) ([]contacts, error) {
	loaded, err := config.Load(strings.NewReader(c.TOML))
	if err != nil {
		return nil, errors.New("config.Load refuses it")
	}
	dir, err := os.MkdirTemp("", "readers-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for name, content := range c.Files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return nil, err
		}
	}
	registryHosts := resolver.NewRegistryConfig(mounted(loaded.Registries, c.MountPath, dir))
	answer := make([]contacts, len(c.Origins))
	for i, origin := range c.Origins {
		answer[i] = contactsFor(origin, registryHosts, c.Files)
	}
	return answer, nil
}

// mounted moves the paths of files below the mount path to where they really are.
func mounted(tables map[string]resolverconfig.RegistryConfig, mountPath, dir string) map[string]resolverconfig.RegistryConfig {
	moved := map[string]resolverconfig.RegistryConfig{}
	for host, table := range tables {
		table.RootCAs = slices.Clone(table.RootCAs)
		for i, path := range table.RootCAs {
			if rest, ok := strings.CutPrefix(path, mountPath+"/"); ok {
				table.RootCAs[i] = filepath.Join(dir, rest)
			}
		}
		moved[host] = table
	}
	return moved
}

func contactsFor(origin string, registryHosts docker.RegistryHosts, files map[string]string) contacts {
	list, err := registryHosts(origin)
	if err != nil {
		return contacts{Failed: true, Hosts: []contact{}}
	}
	result := contacts{Hosts: make([]contact, len(list))}
	for i, host := range list {
		tlsConfig, fallsBack := transportOf(host.Client)
		result.Hosts[i] = contact{
			Host:               host.Host,
			Scheme:             host.Scheme,
			Path:               host.Path,
			Pull:               host.Capabilities.Has(docker.HostCapabilityPull),
			Resolve:            host.Capabilities.Has(docker.HostCapabilityResolve),
			Push:               host.Capabilities.Has(docker.HostCapabilityPush),
			InsecureSkipVerify: tlsConfig.InsecureSkipVerify,
			FallsBackToHTTP:    fallsBack,
			Trusts:             trusted(tlsConfig.RootCAs, files),
		}
	}
	return result
}

// transportOf looks below the tracing and the fallback that BuildKit wraps around a transport, which
// keep it in unexported fields.
func transportOf(client *http.Client) (tlsConfig *tls.Config, fallsBack bool) {
	value := reflect.ValueOf(client.Transport)
	for value.Type() != reflect.TypeFor[*http.Transport]() {
		inner := value.Elem().FieldByName("rt")
		if !inner.IsValid() {
			fallsBack = true
			inner = value.Elem().FieldByName("super")
		}
		value = inner.Elem()
	}
	tlsConfig = (*http.Transport)(value.UnsafePointer()).TLSClientConfig
	if tlsConfig == nil {
		tlsConfig = &tls.Config{}
	}
	return tlsConfig, fallsBack
}

func trusted(roots *x509.CertPool, files map[string]string) []string {
	names := []string{}
	for name, content := range files {
		if certificates := certificatesOf(content); len(certificates) > 0 && allVerify(certificates, roots) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func certificatesOf(content string) []*x509.Certificate {
	var certificates []*x509.Certificate
	for rest := []byte(content); ; {
		block, next := pem.Decode(rest)
		if block == nil {
			return certificates
		}
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			certificates = append(certificates, certificate)
		}
		rest = next
	}
}

func allVerify(certificates []*x509.Certificate, roots *x509.CertPool) bool {
	for _, certificate := range certificates {
		_, err := certificate.Verify(x509.VerifyOptions{
			Roots:     roots,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		})
		if err != nil {
			return false
		}
	}
	return true
}
