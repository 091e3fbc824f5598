package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/remotes/docker/config"
)

// containerdCase: a node pulls through mirrors of hosts.toml, with the credential that kubelet found
// for the origin. Every host asks for a Basic login, and none takes it.
type containerdCase struct {
	User     string `json:"user"`
	Password string `json:"password"`
	Mirrors  int    `json:"mirrors"`
}

// containerd answers the logins that each host was sent, in order of use, the origin last.
func containerd(c containerdCase) ([][]login, error) {
	servers := make([]*doorkeeper, c.Mirrors+1)
	for i := range servers {
		servers[i] = newDoorkeeper()
		defer servers[i].Close()
	}
	origin := servers[c.Mirrors]
	dir, err := hostsDirectory(servers)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	resolver := docker.NewResolver(docker.ResolverOptions{
		Hosts: config.ConfigureHosts(ctx, config.HostOptions{
			HostDir: config.HostDirFromRoot(dir),
			// What CRI makes of a credential whose server address is empty, as kubelet leaves it
			// (containerd v2.4.2 internal/cri/server/images/image_pull.go ParseAuth).
			Credentials: func(string) (string, string, error) { return c.User, c.Password, nil },
		}),
	})
	if _, _, err := resolver.Resolve(ctx, origin.host()+"/team/base:1"); err == nil {
		return nil, fmt.Errorf("an image was found where there is none")
	}
	sent := make([][]login, len(servers))
	for i, server := range servers {
		sent[i] = server.logins()
	}
	return sent, nil
}

// hostsDirectory is what containerd calls config_path: a folder for the last of the servers, whose
// mirrors the others are.
func hostsDirectory(servers []*doorkeeper) (string, error) {
	root, err := os.MkdirTemp("", "readers-")
	if err != nil {
		return "", err
	}
	origin := servers[len(servers)-1]
	var file strings.Builder
	fmt.Fprintf(&file, "server = %q\n", origin.URL)
	for _, mirror := range servers[:len(servers)-1] {
		fmt.Fprintf(&file, "[host.%q]\ncapabilities = [\"pull\", \"resolve\"]\n", mirror.URL)
	}
	dir := filepath.Join(root, origin.host())
	if err := os.Mkdir(dir, 0o700); err != nil {
		return root, err
	}
	return root, os.WriteFile(filepath.Join(dir, "hosts.toml"), []byte(file.String()), 0o600)
}

type login struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// doorkeeper is a registry that asks for a Basic login and writes down what it is given.
type doorkeeper struct {
	*httptest.Server
	mutex sync.Mutex
	given []login
}

func newDoorkeeper() *doorkeeper {
	keeper := &doorkeeper{}
	keeper.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); ok {
			keeper.mutex.Lock()
			keeper.given = append(keeper.given, login{user, password})
			keeper.mutex.Unlock()
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="doorkeeper"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	return keeper
}

func (keeper *doorkeeper) host() string { return strings.TrimPrefix(keeper.URL, "http://") }

// logins are the distinct ones, in order.
func (keeper *doorkeeper) logins() []login {
	keeper.mutex.Lock()
	defer keeper.mutex.Unlock()
	distinct := []login{}
	seen := map[login]bool{}
	for _, one := range keeper.given {
		if !seen[one] {
			distinct = append(distinct, one)
		}
		seen[one] = true
	}
	return distinct
}
