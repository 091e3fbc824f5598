package main

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/util/resolver"
)

// referenceCase: which image is this?
type referenceCase struct {
	Text string `json:"text"`
}

// imageName is the whole name of an image; Refused: it is none.
type imageName struct {
	Refused bool   `json:"refused"`
	Domain  string `json:"domain"`
	Path    string `json:"path"`
	Tag     string `json:"tag"`
	Digest  string `json:"digest"`
}

func readReference(c referenceCase) (imageName, error) {
	named, err := reference.ParseNormalizedNamed(c.Text)
	if err != nil {
		return imageName{Refused: true}, nil
	}
	result := imageName{Domain: reference.Domain(named), Path: reference.Path(named)}
	if tagged, ok := named.(reference.Tagged); ok {
		result.Tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		result.Digest = digested.Digest().String()
	}
	return result, nil
}

// routeCase: which URLs are asked for the manifest of an image when every host answers 401?
type routeCase struct {
	TOML  string `json:"toml"`
	Image string `json:"image"`
}

// asked has the distinct URLs in order. Starts: buildkitd takes the file. Failed: every pull of the
// image is an error before anybody is asked.
type asked struct {
	Starts bool     `json:"starts"`
	Failed bool     `json:"failed"`
	URLs   []string `json:"urls"`
}

// route puts BuildKit's hosts into the resolver that BuildKit uses, with a transport that contacts
// nobody.
func route(c routeCase) (asked, error) {
	named, err := reference.ParseNormalizedNamed(c.Image)
	if err != nil {
		return asked{}, err
	}
	loaded, err := config.Load(strings.NewReader(c.TOML))
	if err != nil {
		return asked{URLs: []string{}}, nil
	}
	result := asked{Starts: true, URLs: []string{}}
	closed := closedDoor{urls: &result.URLs}
	registryHosts := resolver.NewRegistryConfig(loaded.Registries)
	docker.NewResolver(docker.ResolverOptions{
		Hosts: func(origin string) ([]docker.RegistryHost, error) {
			hosts, err := registryHosts(origin)
			result.Failed = err != nil
			for i := range hosts {
				hosts[i].Client = &http.Client{Transport: closed}
			}
			return hosts, err
		},
	}).Resolve(context.Background(), reference.TagNameOnly(named).String())
	return result, nil
}

// closedDoor answers 401 to everything and writes down the URLs of manifests.
type closedDoor struct{ urls *[]string }

func (door closedDoor) RoundTrip(request *http.Request) (*http.Response, error) {
	url := request.URL.String()
	if strings.Contains(url, "/manifests/") && !slices.Contains(*door.urls, url) {
		*door.urls = append(*door.urls, url)
	}
	return &http.Response{
		StatusCode: http.StatusUnauthorized,
		Header:     http.Header{},
		Body:       http.NoBody,
		Request:    request,
	}, nil
}
