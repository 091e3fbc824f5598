package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/moby/buildkit/cmd/buildkitd/config"
)

// buildkitdKeys tells the keys of buildkitd.toml, and what is decoded from each: the name of a scalar,
// [shape] for a list, {"*": shape} for a map and {key: shape, …} for a struct.
func buildkitdKeys(struct{}) (any, error) {
	return shapeOf(reflect.TypeFor[config.Config]())
}

func shapeOf(t reflect.Type) (any, error) {
	switch t {
	case reflect.TypeFor[config.Duration]():
		return "duration", nil
	case reflect.TypeFor[config.DiskSpace]():
		return "size", nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return shapeOf(t.Elem())
	case reflect.Slice:
		item, err := shapeOf(t.Elem())
		return []any{item}, err
	case reflect.Map:
		value, err := shapeOf(t.Elem())
		return map[string]any{"*": value}, err
	case reflect.Struct:
		return fieldsOf(t)
	case reflect.Interface:
		return "any", nil
	case reflect.Bool:
		return "boolean", nil
	case reflect.String:
		return "string", nil
	case reflect.Int, reflect.Int64:
		return "integer", nil
	case reflect.Uint64:
		return "natural", nil
	}
	return nil, fmt.Errorf("no shape is known for %s", t)
}

// As go-toml has it: an embedded struct without a name lends its fields, and a field without a tag is
// called as in Go.
func fieldsOf(t reflect.Type) (map[string]any, error) {
	fields := map[string]any{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
		if name == "-" || !field.IsExported() {
			continue
		}
		shape, err := shapeOf(field.Type)
		if err != nil {
			return nil, err
		}
		if lent, ok := shape.(map[string]any); ok && field.Anonymous && name == "" {
			for key, one := range lent {
				fields[key] = one
			}
			continue
		}
		if name == "" {
			name = field.Name
		}
		fields[name] = shape
	}
	return fields, nil
}
