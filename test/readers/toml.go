package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/moby/buildkit/cmd/buildkitd/config"
	resolverconfig "github.com/moby/buildkit/util/resolver/config"
	tomlv1 "github.com/pelletier/go-toml"
	tomlv2 "github.com/pelletier/go-toml/v2"
)

// tomlCase: what is read of this buildkitd.toml?
type tomlCase struct {
	TOML string `json:"toml"`
}

type tomlAnswer struct {
	// Loads: BuildKit's own config.Load takes it. What it reads into the registry tables follows.
	Loads      bool                `json:"loads"`
	Registries map[string]registry `json:"registries"`
	// V1 is the reader of BuildKit 0.12, V2 that of later ones, both without a struct.
	V1 reading `json:"v1"`
	V2 reading `json:"v2"`
}

// registry is a table of BuildKit's, with null for what is not set.
type registry struct {
	Mirrors      []string            `json:"mirrors"`
	HTTP         *bool               `json:"http"`
	Insecure     *bool               `json:"insecure"`
	CA           []string            `json:"ca"`
	KeyPair      []map[string]string `json:"keypair"`
	TLSConfigDir []string            `json:"tlsconfigdir"`
}

type reading struct {
	Loads bool `json:"loads"`
	// Table has maps and lists as they are, and scalars as {"type": …, "value": "…"}.
	Table any `json:"table"`
	// Registries are those that this version reads into BuildKit's struct.
	Registries map[string]registry `json:"registries"`
}

func readTOML(c tomlCase) (tomlAnswer, error) {
	loaded, err := config.Load(strings.NewReader(c.TOML))
	return tomlAnswer{
		Loads:      err == nil,
		Registries: registriesOf(loaded.Registries),
		V1: readWith(c.TOML, func(text string, into any) error {
			return tomlv1.Unmarshal([]byte(text), into)
		}),
		V2: readWith(c.TOML, func(text string, into any) error {
			return tomlv2.Unmarshal([]byte(text), into)
		}),
	}, nil
}

func readWith(text string, unmarshal func(string, any) error) reading {
	table := map[string]any{}
	if err := unmarshal(text, &table); err != nil {
		return reading{}
	}
	var file struct {
		Registries map[string]resolverconfig.RegistryConfig `toml:"registry"`
	}
	if err := unmarshal(text, &file); err != nil {
		return reading{}
	}
	return reading{Loads: true, Table: tagged(table), Registries: registriesOf(file.Registries)}
}

func registriesOf(tables map[string]resolverconfig.RegistryConfig) map[string]registry {
	all := map[string]registry{}
	for host, table := range tables {
		one := registry{
			Mirrors:      table.Mirrors,
			HTTP:         table.PlainHTTP,
			Insecure:     table.Insecure,
			CA:           table.RootCAs,
			TLSConfigDir: table.TLSConfigDir,
		}
		for _, pair := range table.KeyPairs {
			one.KeyPair = append(one.KeyPair, map[string]string{"key": pair.Key, "cert": pair.Certificate})
		}
		all[host] = one
	}
	return all
}

// tagged says the types that JSON has not got. A float is its 64 bits in hexadecimal.
func tagged(value any) any {
	switch value := value.(type) {
	case map[string]any:
		table := map[string]any{}
		for key, item := range value {
			table[key] = tagged(item)
		}
		return table
	case []any:
		return taggedList(value)
	case []map[string]any:
		return taggedList(value)
	case string:
		return scalar("string", value)
	case int64:
		return scalar("integer", strconv.FormatInt(value, 10))
	case float64:
		return scalar("float", strconv.FormatUint(math.Float64bits(value), 16))
	case bool:
		return scalar("boolean", strconv.FormatBool(value))
	default:
		return scalar("other", fmt.Sprint(value))
	}
}

func taggedList[Item any](items []Item) []any {
	list := make([]any, len(items))
	for i, item := range items {
		list[i] = tagged(item)
	}
	return list
}

func scalar(kind, value string) map[string]string {
	return map[string]string{"type": kind, "value": value}
}
