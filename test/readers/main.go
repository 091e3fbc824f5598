// Readers asks the real readers of our outputs what they make of them: the packages of BuildKit,
// kubelet, containers/image, go-containerregistry and containerd, in the versions of go.mod.
//
// A case is one line of JSON on stdin, {"op": …, …}; its answer is one line on stdout, either
// {"answer": …} or {"failure": "…"} for a case that is none. It ends when stdin does, so that both a
// test that keeps asking and `readers < cases.jsonl` work.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// A case may hold a whole Secret, which has 1 MiB, in base64.
const maxLine = 16 << 20

// operations has an entry for each "op": what it does with a case. One file each.
var operations = map[string]func(line json.RawMessage) (any, error){
	"buildkitdKeys": decoded(buildkitdKeys),
	"containerd":    decoded(containerd),
	"hosts":         decoded(hosts),
	"lookup":        decoded(lookup),
	"reference":     decoded(readReference),
	"route":         decoded(route),
	"toml":          decoded(readTOML),
}

func main() {
	// No reader shall see the machine's own logins and helpers.
	os.Clearenv()
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	for lines.Scan() {
		if err := answers.Encode(answerTo(lines.Bytes())); err != nil {
			return err
		}
	}
	return lines.Err()
}

type reply struct {
	Answer  any    `json:"answer,omitempty"`
	Failure string `json:"failure,omitempty"`
}

func answerTo(line []byte) reply {
	answer, err := run(line)
	if err != nil {
		return reply{Failure: err.Error()}
	}
	return reply{Answer: answer}
}

func run(line []byte) (any, error) {
	var head struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, err
	}
	operation, ok := operations[head.Op]
	if !ok {
		return nil, errors.New("no such op")
	}
	return operation(line)
}

// decoded gives an operation its case in its own type.
func decoded[Case, Answer any](operation func(Case) (Answer, error)) func(json.RawMessage) (any, error) {
	return func(line json.RawMessage) (any, error) {
		var input Case
		if err := json.Unmarshal(line, &input); err != nil {
			return nil, err
		}
		return operation(input)
	}
}
